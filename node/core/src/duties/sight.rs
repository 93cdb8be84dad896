//! Whether the own beacon node gives this peer sight of the chain, which a leader needs.
//!
//! A node that hangs answers nothing, so a deadline of the core must tell: the question how the
//! node is, put in the slot before each that the cluster proposes in, in that slot itself, and
//! whenever the node gives no value, is to be answered within a twenty-fourth of a slot. A peer
//! that is blind says so to the others, who skip the rounds it would lead; it goes on asking, and
//! takes itself back with the first good answer. It votes as ever, as far as it can judge.

use std::time::Duration;

use proto::eth::ChainSpec;
use proto::{Slot, Timestamp};

/// Questions that may wait for an answer at a time.
const UNANSWERED: usize = 2;
/// The least time for an answer, on chains of short slots.
const PATIENCE: Duration = Duration::from_millis(250);
/// The least time between two questions to a node that is not sound.
const AGAIN: Duration = Duration::from_millis(500);

/// How a beacon node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It follows the chain, and its execution client checks it.
    Sound,
    /// It says that it is syncing, optimistic, or without its execution client.
    Behind,
    /// It says nothing, or that it failed.
    Mute,
}

/// What the own beacon node has shown of itself.
#[derive(Debug)]
pub struct Lookout {
    condition: Condition,
    unanswered: usize,
    /// When the node counts as mute, while it owes an answer.
    overdue_at: Option<Timestamp>,
    /// When a node that is not sound is asked again.
    again_at: Option<Timestamp>,
    /// The last slot in which it was asked for the sake of a proposal.
    asked_in: Option<Slot>,
}

impl Default for Lookout {
    /// A node counts as sound until it shows otherwise.
    fn default() -> Self {
        Self {
            condition: Condition::Sound,
            unanswered: 0,
            overdue_at: None,
            again_at: None,
            asked_in: None,
        }
    }
}

impl Lookout {
    /// How the node is, as far as it has shown.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// When it wants [`Lookout::look`].
    pub fn deadline(&self) -> Option<Timestamp> {
        [self.overdue_at, self.again_at].into_iter().flatten().min()
    }

    /// Time has passed: whether the node is to be asked how it is. `proposing` is the present slot,
    /// if the cluster proposes in it or in the next.
    pub fn look(&mut self, now: Timestamp, proposing: Option<Slot>, chain: &ChainSpec) -> bool {
        if self.overdue_at.take_if(|at| *at <= now).is_some() {
            self.show(Condition::Mute, now, chain);
        }
        let is_new = proposing > self.asked_in;
        if is_new {
            self.asked_in = proposing;
        }
        let is_due = self.again_at.is_some_and(|at| at <= now);
        (is_new || is_due) && self.ask(now, chain)
    }

    /// There is a reason to ask the node how it is: whether it is to be asked.
    pub fn ask(&mut self, now: Timestamp, chain: &ChainSpec) -> bool {
        self.again_at = self.later(now, chain);
        if self.unanswered >= UNANSWERED {
            return false;
        }
        self.unanswered += 1;
        let patience = (chain.slot_duration() / 24).max(PATIENCE);
        self.overdue_at.get_or_insert(now + patience);
        true
    }

    /// The node has answered the question how it is.
    pub fn answered(&mut self, condition: Condition, now: Timestamp, chain: &ChainSpec) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.show(condition, now, chain);
    }

    /// The node has shown how it is, by an answer or by its silence.
    pub fn show(&mut self, condition: Condition, now: Timestamp, chain: &ChainSpec) {
        self.condition = condition;
        self.overdue_at = None;
        self.again_at = self.later(now, chain);
    }

    fn later(&self, now: Timestamp, chain: &ChainSpec) -> Option<Timestamp> {
        let pause = (chain.slot_duration() / 12).max(AGAIN);
        (self.condition != Condition::Sound).then(|| now + pause)
    }
}

#[cfg(test)]
mod tests;
