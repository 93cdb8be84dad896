//! Where the requests of commands wait for their answers: each has a number, by which the core
//! answers it, now or later.
//!
//! Bounded by how many commands the socket lets in at once: one whose command has gone is dropped.

use std::collections::BTreeMap;

use proto::control::{Answer, Request};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot::Sender;

use crate::control::Visit;

/// The requests that are not answered yet.
#[derive(Debug)]
pub struct Desk {
    /// None if this peer does not listen.
    visits: Option<Receiver<Visit>>,
    open: BTreeMap<u64, Sender<Answer>>,
    last: u64,
}

impl Desk {
    pub fn new(visits: Option<Receiver<Visit>>) -> Self {
        Self {
            visits,
            open: BTreeMap::new(),
            last: 0,
        }
    }

    /// The next request with its number; none if no more come. Nothing is lost if the future is
    /// dropped.
    pub async fn next(&mut self) -> Option<(u64, Request)> {
        let Visit { request, reply } = self.visits.as_mut()?.recv().await?;
        self.open.retain(|_, reply| !reply.is_closed());
        self.last += 1;
        self.open.insert(self.last, reply);
        Some((self.last, request))
    }

    /// Answers the request of this number, unless its command has gone.
    pub fn answer(&mut self, number: u64, answer: Answer) {
        if let Some(reply) = self.open.remove(&number) {
            // It may have gone just now.
            reply.send(answer).ok();
        }
    }
}
