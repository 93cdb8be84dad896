//! What operators say about the exit of a validator: that they approve of it, that what their peers
//! have signed of it in advance may be opened ([`SealedExit`]), or neither any more.
//!
//! Each says it for himself, under his identity key and for a limited time. t words that approve
//! of one exit in one epoch let the peers sign it: an exit cannot be taken back, so nothing less
//! than a threshold of people decides. A word names its cluster by the lock, and its validator by
//! the group key, so it is worth nothing anywhere else. To open needs n - t + 1: as many as can
//! halt the cluster. Neither yes is ever the other.
//!
//! Of two words of one operator about one validator the later one counts, by the second in which
//! it was said; of two of one second the greater one, so that all peers count the same.
//!
//! Never here: who has said what, or whether that is enough.

mod sealed;

pub use sealed::{ExitPart, SealedExit, SealedText};

use crate::{Epoch, PublicKey, Root, Statement};

/// How long an approval holds unless its operator says otherwise, in seconds: a day, so that
/// people in all time zones can follow.
pub const TERM: u64 = 24 * 60 * 60;

/// How long an approval may hold at most, in seconds: a week.
pub const LONGEST_TERM: u64 = 7 * TERM;

/// What an operator says about the exit of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitWord {
    /// The lock's hash, which names the cluster.
    pub lock: Root,
    /// The validator's group key.
    pub validator: PublicKey,
    /// When it was said, in Unix seconds: above that of every word of this operator before.
    pub said_at: u64,
    /// What is said.
    pub says: Says,
}

/// Yes or no. Which of two is greater decides only between words of one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// The validator may leave.
    Approved {
        /// The epoch of the exit: the first in which the chain takes it.
        epoch: Epoch,
        /// Until when this holds, in Unix seconds.
        until: u64,
    },
    /// What was signed of its exit in advance may be opened. Since version 10.
    Opens {
        /// Until when this holds, in Unix seconds.
        until: u64,
    },
    /// It may not, whatever was said before.
    Withdrawn,
}

impl ExitWord {
    /// Whether this counts and `other`, of the same operator about the same validator, does not.
    pub fn replaces(&self, other: &Self) -> bool {
        (self.said_at, self.says) > (other.said_at, other.says)
    }

    /// Whether it holds no longer than it may.
    pub fn is_within_bounds(&self) -> bool {
        match self.says {
            Says::Approved { until, .. } | Says::Opens { until } => {
                until > self.said_at && until - self.said_at <= LONGEST_TERM
            }
            Says::Withdrawn => true,
        }
    }

    /// From when on it says nothing any more, in Unix seconds. A withdrawal is of interest as long
    /// as an approval that was given before it may hold.
    pub fn ends_at(&self) -> u64 {
        match self.says {
            Says::Approved { until, .. } | Says::Opens { until } => until,
            Says::Withdrawn => self.said_at.saturating_add(LONGEST_TERM),
        }
    }

    /// The epoch that it approves of, at this time in Unix seconds.
    pub fn approves(&self, now: u64) -> Option<Epoch> {
        match self.says {
            Says::Approved { epoch, until } => (now < until).then_some(epoch),
            Says::Opens { .. } | Says::Withdrawn => None,
        }
    }

    /// Whether it lets what was signed in advance be opened, at this time in Unix seconds.
    pub fn opens(&self, now: u64) -> bool {
        match self.says {
            Says::Opens { until } => now < until,
            Says::Approved { .. } | Says::Withdrawn => false,
        }
    }
}

impl Statement for ExitWord {
    const PURPOSE: &'static str = "gantry/exit-word/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.lock.as_bytes());
        write(self.validator.as_bytes());
        write(&self.said_at.to_le_bytes());
        match self.says {
            Says::Approved { epoch, until } => {
                write(&[1]);
                write(&epoch.0.to_le_bytes());
                write(&until.to_le_bytes());
            }
            Says::Opens { until } => {
                write(&[2]);
                write(&until.to_le_bytes());
            }
            Says::Withdrawn => write(&[0]),
        }
    }
}

#[cfg(test)]
mod tests;
