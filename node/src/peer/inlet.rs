//! Everything that can reach the loop of a running peer, in the order of its urgency.
//!
//! What is urgent comes first: a durable record, then the peers, then the beacon node's answers;
//! then shares that wait to be combined, then commands, then head events; what may wait comes last.
//! Nothing is bounded by the goodwill of others: however fast peers, answers or head events come, a
//! combination is put behind at most `PATIENCE` of them.

use std::collections::VecDeque;

use futures::StreamExt as _;
use futures::stream::{BoxStream, SelectAll};
use proto::Timestamp;
use tokio::sync::mpsc::Receiver;

use super::alarm::Alarm;
use super::desk::{Desk, Order};
use super::nodes::{Listened, Said};
use super::reading::Told;
use crate::disk::exit_file::Kept;
use crate::disk::intent_file::IntentsKept;
use crate::disk::writer::Written;
use crate::net;
use crate::pool::watch;
use node_core::duties::Deferred;
use node_core::pool::agreement::BuilderPolicy;

/// How many other inputs a combination may be put behind.
const PATIENCE: u32 = 16;

#[derive(Debug)]
pub enum Arrival {
    /// What became of records.
    Written(Written),
    /// Something of the peers.
    Network(net::Event),
    /// What the beacon node says.
    Said(Said),
    /// A head event, or the end of their stream.
    Heard(Listened),
    /// Work that was put off.
    Deferred(Deferred),
    /// What became of words about exits.
    Kept(Kept),
    /// What became of intents.
    IntentsKept(IntentsKept),
    /// What the thread says that looks at Rocket Pool.
    Pool(watch::Said),
    /// On which terms others may build blocks from now on, if they may.
    Builders(Option<BuilderPolicy>),
    /// What the thread says that reads what became of duties.
    Outcome(Told),
    /// What a command asks, with its number.
    Order(u64, Order),
    /// Nothing; time has passed.
    Time,
}

/// Where it comes from.
pub struct Inlet {
    /// What comes from the peers.
    pub events: Receiver<net::Event>,
    /// What the beacon nodes say.
    pub said: Receiver<Said>,
    /// New heads. One stream alone, in a set, since a set looks only into what has woken it:
    /// the way to a stream of HTTP is long, and the loop turns twenty times for each head.
    pub heads: SelectAll<BoxStream<'static, Listened>>,
    /// What became of records.
    pub written: Receiver<Written>,
    /// What became of words about exits.
    pub kept: Receiver<Kept>,
    /// What became of intents.
    pub intents_kept: Receiver<IntentsKept>,
    /// What is said of Rocket Pool; nothing ever comes where nobody looks.
    pub pool: Receiver<watch::Said>,
    /// On which terms others may build blocks, as the agreement changes.
    pub builders: Receiver<Option<BuilderPolicy>>,
    /// What became of duties; nothing ever comes where nobody reads it.
    pub outcomes: Receiver<Told>,
    /// What commands ask.
    pub desk: Desk,
    /// Work put off until nothing urgent waits.
    pub deferred: PutOff,
    /// The time.
    pub alarm: Alarm,
}

#[derive(Debug, Default)]
pub struct PutOff {
    /// Shares to be combined: a signature waits for it.
    urgent: VecDeque<Deferred>,
    /// What only saves time later.
    idle: VecDeque<Deferred>,
    /// How many other inputs came before the oldest urgent one.
    passed: u32,
}

impl PutOff {
    /// Puts work off.
    pub fn push(&mut self, deferred: Deferred) {
        match deferred {
            Deferred::Combine(_) => self.urgent.push_back(deferred),
            Deferred::Presign(_)
            | Deferred::Select(_)
            | Deferred::Deposits
            | Deferred::Registrations
            | Deferred::Presigned => self.idle.push_back(deferred),
        }
    }

    fn is_overdue(&self) -> bool {
        !self.urgent.is_empty() && self.passed >= PATIENCE
    }

    /// Something else was more urgent.
    fn pass(&mut self) {
        self.passed = if self.urgent.is_empty() {
            0
        } else {
            self.passed.saturating_add(1)
        };
    }

    fn urgent(&mut self) -> Arrival {
        self.passed = 0;
        self.urgent
            .pop_front()
            .map_or(Arrival::Time, Arrival::Deferred)
    }

    fn idle(&mut self) -> Arrival {
        self.idle
            .pop_front()
            .map_or(Arrival::Time, Arrival::Deferred)
    }
}

impl Inlet {
    /// What comes next, at the latest at `deadline`.
    pub async fn next(&mut self, deadline: Timestamp) -> Arrival {
        let is_overdue = self.deferred.is_overdue();
        let (is_urgent, is_idle) = (
            !self.deferred.urgent.is_empty(),
            !self.deferred.idle.is_empty(),
        );
        self.deferred.pass();
        tokio::select! {
            biased;
            Some(written) = self.written.recv() => Arrival::Written(written),
            () = std::future::ready(()), if is_overdue => self.deferred.urgent(),
            Some(event) = self.events.recv() => Arrival::Network(event),
            Some(said) = self.said.recv() => Arrival::Said(said),
            () = tokio::task::yield_now(), if is_urgent => self.deferred.urgent(),
            Some(kept) = self.kept.recv() => Arrival::Kept(kept),
            Some(kept) = self.intents_kept.recv() => Arrival::IntentsKept(kept),
            Some(said) = self.pool.recv() => Arrival::Pool(said),
            Some(policy) = self.builders.recv() => Arrival::Builders(policy),
            Some(told) = self.outcomes.recv() => Arrival::Outcome(told),
            Some((number, request)) = self.desk.next() => Arrival::Order(number, request),
            Some(heard) = self.heads.next() => Arrival::Heard(heard),
            () = tokio::task::yield_now(), if is_idle => self.deferred.idle(),
            () = self.alarm.rings(deadline) => Arrival::Time,
        }
    }
}

#[cfg(test)]
mod tests;
