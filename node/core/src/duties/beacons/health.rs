//! How one own beacon node is, by all that it has shown: continuously, from every short question
//! that is put to it and from its own words once in a slot.

use std::time::Duration;

use proto::eth::ChainSpec;
use proto::{Slot, Timestamp};

/// Peers of a node that follows the chain well, at least.
const FEW_PEERS: u64 = 3;
/// Slots by which a node's head may lie behind that of others for a while.
const NEAR: u64 = 1;
/// The least time for a short answer, on chains of short slots.
const PATIENCE: Duration = Duration::from_millis(500);
/// Answers that a node may owe before it is asked no more questions.
const MOST_OWED: usize = 8;

/// On which chain a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Identity {
    /// It has not said yet.
    #[default]
    Unsaid,
    /// The cluster's.
    Ours,
    /// Another one.
    Other,
}

/// What a node says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The slot of its head.
    pub head: Slot,
    /// By how many slots it says that it is behind.
    pub distance: u64,
    /// Whether it says that it is syncing or not ready yet.
    pub is_syncing: bool,
    /// Whether nobody has checked the payload of its head.
    pub is_optimistic: bool,
    /// Whether its execution client cannot be reached.
    pub is_alone: bool,
    /// How many peers it has, where it says that.
    pub peers: Option<u64>,
}

/// How a node is: the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing speaks against it.
    Sound,
    /// It has few peers, or none.
    FewPeers,
    /// It answers late.
    Slow,
    /// Its execution client cannot be reached: it builds no block.
    NoExecution,
    /// Its head is older than that of others, or it is syncing.
    Behind,
    /// Nobody has checked the payload of its head.
    Optimistic,
    /// Its answers were of no use.
    Failing,
    /// It does not answer.
    Mute,
    /// It has not said yet that it is on the cluster's chain.
    Unsaid,
    /// It is on another chain.
    Elsewhere,
}

impl Standing {
    /// Whether its answer is waited for.
    pub fn is_waited_for(self) -> bool {
        self <= Self::FewPeers
    }

    /// Whether it is asked at all.
    pub fn is_asked(self) -> bool {
        self < Self::Unsaid
    }
}

/// What one node has shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    identity: Identity,
    report: Option<Report>,
    /// Whether the last question how it is was not answered.
    is_unreported: bool,
    /// Whether the last answer to another question was of no use.
    is_useless: bool,
    /// How many answers it owes.
    owed: usize,
    /// Since when it owes one, without having given any.
    silent_since: Option<Timestamp>,
    average: Option<Duration>,
}

/// How long a short answer of a node may take.
fn patience(chain: &ChainSpec) -> Duration {
    (chain.slot_duration() / 12).max(PATIENCE)
}

impl Health {
    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    pub(super) fn identify(&mut self, identity: Identity) {
        self.identity = identity;
    }

    pub(super) fn report(&self) -> Option<Report> {
        self.report
    }

    pub(super) fn average(&self) -> Option<Duration> {
        self.average
    }

    /// Whether it owes so much that one more question would only be one more connection.
    pub(super) fn is_overasked(&self) -> bool {
        self.owed >= MOST_OWED
    }

    pub(super) fn asked(&mut self, now: Timestamp) {
        self.owed += 1;
        self.silent_since.get_or_insert(now);
    }

    /// What came of a question after this time.
    pub(super) fn answered(&mut self, took: Duration, is_useful: bool, chain: &ChainSpec) {
        if self.has_said(took, is_useful, chain) {
            self.is_useless = !is_useful;
        }
    }

    /// What came of the question how it is.
    pub(super) fn reported(&mut self, took: Duration, report: Option<Report>, chain: &ChainSpec) {
        self.has_said(took, report.is_some(), chain);
        self.is_unreported = report.is_none();
        self.report = report.or(self.report);
    }

    /// Whether what came of a question is an answer. One that nobody answered comes to nothing in
    /// the end, after a long time.
    fn has_said(&mut self, took: Duration, is_useful: bool, chain: &ChainSpec) -> bool {
        self.owed = self.owed.saturating_sub(1);
        if !is_useful && took >= patience(chain) {
            return false;
        }
        self.silent_since = None;
        // The newest answer counts a quarter: one late answer passes, several do not.
        self.average = Some(match self.average {
            Some(average) => (3 * average + took) / 4,
            None => took,
        });
        true
    }

    /// How it is with this head, while others have reached the slot `reached`.
    pub(super) fn standing(
        &self,
        now: Timestamp,
        (head, reached): (Option<Slot>, Option<Slot>),
        chain: &ChainSpec,
    ) -> Standing {
        match self.identity {
            Identity::Unsaid => return Standing::Unsaid,
            Identity::Other => return Standing::Elsewhere,
            Identity::Ours => {}
        }
        let patience = patience(chain);
        let is_silent = |since: Timestamp| now.since(since) >= patience;
        let after = |slot: Slot| Slot(slot.0.saturating_add(NEAR));
        let ahead = chain.slot_at(now).map(after);
        let is_old = head
            .zip(reached)
            .is_some_and(|(head, reached)| after(head) < reached);
        let is_of_the_future = head.zip(ahead).is_some_and(|(head, ahead)| head > ahead);
        let is_slow = self.average.is_some_and(|average| average >= patience / 2);
        let says = |of: fn(&Report) -> bool| self.report.as_ref().is_some_and(of);
        if self.silent_since.is_some_and(is_silent) {
            Standing::Mute
        } else if self.is_unreported {
            Standing::Failing
        } else if says(|report| report.is_optimistic) {
            Standing::Optimistic
        } else if is_old || is_of_the_future || says(|report| report.is_syncing) {
            Standing::Behind
        } else if self.is_useless {
            Standing::Failing
        } else if says(|report| report.is_alone) {
            Standing::NoExecution
        } else if is_slow {
            Standing::Slow
        } else if says(Report::has_few_peers) {
            Standing::FewPeers
        } else {
            Standing::Sound
        }
    }
}

impl Report {
    fn has_few_peers(&self) -> bool {
        self.peers.is_some_and(|peers| peers < FEW_PEERS)
    }
}
