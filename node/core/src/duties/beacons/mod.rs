//! Several own beacon nodes as one: which of them is asked, waited for and believed.
//!
//! The core asks once; the shell puts the question to every own node of the cluster's chain as one
//! [`Poll`], which says when enough has been answered, and what that is. With one node there is
//! nothing to decide, and none of this is used.
//!
//! | module | decides |
//! |---|---|
//! | `health` | how a node is: whether it is waited for, and who comes before whom |
//! | `manner` | in which manner several nodes answer a question |
//! | `poll` | when a question is answered, and by whom |
//! | `choice` | which of several answers is taken |
//! | `heads` | which head event counts |
//!
//! What a majority of all own nodes says alike is taken at once: a node that lies, stands still or
//! is on another branch is outvoted where there are three. Where no majority agrees, the answers
//! that come within a short grace are weighed, and in the end the operator's order decides, nodes
//! that are not well behind those that are. Of two nodes that differ one may be wrong, and nothing
//! here tells which: the votes of the other peers may (`agreed`), and a vote may be lost.
//!
//! A node that was found silent, far behind or of no use is asked as ever, and not waited for. One
//! that has not said that it is on the cluster's chain is not asked.
//!
//! What is many answers about one state, a proof or what was deposited, is not asked like this: the
//! program reads it from one node, whole.
//!
//! Never here: a beacon node that is talked to, and a clock.

mod choice;
mod heads;
mod health;
mod manner;
mod poll;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use proto::eth::ChainSpec;
use proto::{Root, Slot, Timestamp};

pub use health::{Identity, Report, Standing};
pub use manner::nothing;
pub use poll::{Chosen, Poll};

use super::schedule::Head;
use super::{Request, Response};
use heads::Heads;
use health::Health;
use manner::{Manner, Worth};

/// A node's place in the operator's order of preference, 0 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub usize);

/// How a node is now, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Whether it is waited for, and if not, why.
    pub standing: Standing,
    /// Whether it comes before all others.
    pub is_first: bool,
    /// The slot of its newest head.
    pub head: Option<Slot>,
    /// Its last words on itself.
    pub report: Option<Report>,
    /// How long it takes for a short answer, on average.
    pub answer: Option<Duration>,
}

/// What is known of all own beacon nodes.
#[derive(Debug)]
pub struct Beacons {
    chain: Arc<ChainSpec>,
    nodes: Vec<Health>,
    heads: Heads,
    /// The last block that one of them has built for this peer, and which one.
    built: Option<(Root, Place)>,
}

impl Beacons {
    /// So many nodes of which nothing is known.
    pub fn new(chain: Arc<ChainSpec>, count: usize) -> Self {
        Self {
            chain,
            nodes: vec![Health::default(); count],
            heads: Heads::new(count),
            built: None,
        }
    }

    /// All of them, in the operator's order.
    pub fn places(&self) -> impl Iterator<Item = Place> + use<> {
        (0..self.nodes.len()).map(Place)
    }

    /// More than half of all own nodes, well or not: so many cannot be outvoted.
    fn majority(&self) -> usize {
        self.nodes.len() / 2 + 1
    }

    /// A node has said which chain it is on, or nothing can be said of it any more.
    pub fn identify(&mut self, place: Place, identity: Identity) {
        self.nodes[place.0].identify(identity);
    }

    /// Which chain it is on.
    pub fn identity(&self, place: Place) -> Identity {
        self.nodes[place.0].identity()
    }

    /// A question that takes a node a moment was put to it.
    pub fn asked(&mut self, place: Place, now: Timestamp) {
        self.nodes[place.0].asked(now);
    }

    /// It has answered such a question after this time.
    pub fn answered(&mut self, place: Place, took: Duration, response: &Response) {
        let is_useful = manner::worth(response) != Worth::Nothing;
        self.nodes[place.0].answered(took, is_useful, &self.chain);
    }

    /// It was asked how it is, and has said so after this time, or has not.
    pub fn reported(&mut self, place: Place, took: Duration, report: Option<Report>) {
        self.nodes[place.0].reported(took, report, &self.chain);
    }

    /// How a node is.
    pub fn standing(&self, place: Place, now: Timestamp) -> Standing {
        let heads = (self.head_slot(place), self.reached(now));
        self.nodes[place.0].standing(now, heads, &self.chain)
    }

    /// The slot that the chain has reached by the own nodes, none of the future: where there are
    /// three or more, one that a majority of them has reached.
    fn reached(&self, now: Timestamp) -> Option<Slot> {
        let next = self.chain.slot_at(now)?.next();
        let heads = self.places().map(|place| self.head_slot(place));
        let mut heads: Vec<Option<Slot>> =
            heads.map(|head| head.filter(|at| *at <= next)).collect();
        heads.sort_by(|a, b| b.cmp(a));
        match heads.len() {
            0..=2 => heads.first().copied().flatten(),
            _ => heads[self.majority() - 1],
        }
    }

    fn head_slot(&self, place: Place) -> Option<Slot> {
        let told = self.nodes[place.0].report().map(|report| report.head);
        told.max(self.heads.newest(place).map(|head| head.slot))
    }

    /// Those on the cluster's chain, the best first.
    fn ranked(&self, now: Timestamp) -> Vec<(Standing, Place)> {
        let all = self
            .places()
            .map(|place| (self.standing(place, now), place));
        let mut ranked: Vec<_> = all.filter(|(standing, _)| standing.is_asked()).collect();
        ranked.sort();
        ranked
    }

    /// All of them as they are now, in the operator's order.
    pub fn seen(&self, now: Timestamp) -> Vec<Seen> {
        let first = self.ranked(now).first().map(|(_, place)| *place);
        let seen = |place: Place| Seen {
            standing: self.standing(place, now),
            is_first: Some(place) == first,
            head: self.head_slot(place),
            report: self.nodes[place.0].report(),
            answer: self.nodes[place.0].average(),
        };
        self.places().map(seen).collect()
    }

    /// How `request` is put to them.
    pub fn poll(&self, request: &Request, now: Timestamp) -> Poll {
        let told = self.heads.told();
        let expected = match (manner::topic(request), Manner::of(request)) {
            (Some(topic), _) => told.and_then(|head| head.settles(&self.chain, topic)),
            (None, Manner::Built) => told.map(|head| head.block),
            (None, _) => None,
        };
        let setting = poll::Setting {
            count: self.nodes.len(),
            majority: self.majority(),
            expected,
            slot_duration: self.chain.slot_duration(),
        };
        let mut ranked = self.ranked(now);
        if Manner::of(request) != Manner::Told {
            ranked.retain(|(_, place)| !self.nodes[place.0].is_overasked());
        }
        Poll::new(request, ranked, setting)
    }

    /// A node has built a block for this peer: nobody else's is taken from it unchecked.
    pub fn built(&mut self, block: Root, by: Place) {
        self.built = Some((block, by));
    }

    /// Whether this node has built the block.
    pub fn has_built(&self, block: Root, place: Place) -> bool {
        self.built == Some((block, place))
    }

    /// A node's event stream stands, or has ended; whose newest head counts now, if that is news.
    pub fn hears(&mut self, place: Place, hears: bool, now: Timestamp) -> Option<Place> {
        self.heads.hears(place, hears);
        self.settle(now)
    }

    /// Whether any event stream stands.
    pub fn is_heard(&self) -> bool {
        self.heads.is_heard()
    }

    /// A node has a new head; whose newest head counts now, if that is news.
    pub fn heard(&mut self, place: Place, head: Head, now: Timestamp) -> Option<Place> {
        self.heads.heard(place, head);
        self.settle(now)
    }

    /// Time has passed; whose newest head counts now, if that is news.
    pub fn settle(&mut self, now: Timestamp) -> Option<Place> {
        let (ranked, majority) = (self.ranked(now), self.majority());
        self.heads.settle(now, &ranked, (majority, &self.chain))
    }

    /// When [`Beacons::settle`] is wanted.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.heads.deadline()
    }
}
