//! Where the requests of commands wait for their answers: each has a number, by which the core
//! answers it, now or later. What is asked of proofs is answered here, as nothing is decided in it.
//!
//! Bounded by how many commands the socket lets in at once: one whose command has gone is dropped.

use std::collections::BTreeMap;

use proto::control::{Answer, ExitRequest, IntentRequest, Request};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot::Sender;

use crate::control::Visit;
use crate::pool::trial::Trials;

/// A request for the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    Exit(ExitRequest),
    Intent(IntentRequest),
}

/// The requests that are not answered yet.
#[derive(Debug)]
pub struct Desk {
    /// None if this peer does not listen.
    visits: Option<Receiver<Visit>>,
    trials: Trials,
    open: BTreeMap<u64, Sender<Answer>>,
    last: u64,
}

impl Desk {
    pub fn new(visits: Option<Receiver<Visit>>, trials: Trials) -> Self {
        Self {
            visits,
            trials,
            open: BTreeMap::new(),
            last: 0,
        }
    }

    /// The next request for the core, with its number; none if no more come. Nothing is lost if the
    /// future is dropped.
    pub async fn next(&mut self) -> Option<(u64, Order)> {
        loop {
            let Visit { request, reply } = self.visits.as_mut()?.recv().await?;
            let answer = match request {
                Request::Exit(request) => {
                    return Some((self.number(reply), Order::Exit(request)));
                }
                Request::Intent(request) => {
                    return Some((self.number(reply), Order::Intent(request)));
                }
                Request::Prove(which) => self.trials.begin(which),
                Request::LookAtProof => self.trials.look(),
            };
            // It may have gone just now.
            reply.send(answer).ok();
        }
    }

    fn number(&mut self, reply: Sender<Answer>) -> u64 {
        self.open.retain(|_, reply| !reply.is_closed());
        self.last += 1;
        self.open.insert(self.last, reply);
        self.last
    }

    /// Answers the request of this number, unless its command has gone.
    pub fn answer(&mut self, number: u64, answer: Answer) {
        if let Some(reply) = self.open.remove(&number) {
            // It may have gone just now.
            reply.send(answer).ok();
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
