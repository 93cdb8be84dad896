//! What a running peer has to do with Rocket Pool: errands for the thread that looks at it, what
//! that thread found, and what of it the node keeps.
//!
//! Looking takes as long as the operator's own nodes need, so no duty waits for it: an [`Errand`]
//! leaves as an [`Output`](super::Output), and what comes of it arrives as a [`Found`] in an
//! [`Input`](super::Input), at some later time or never. A peer whose cluster has no agreement on
//! Rocket Pool has no such thread, and runs no errands.
//!
//! # How to add an errand
//!
//! A variant of [`Errand`] with all that has to be known to run it, and one of [`Found`] for what
//! came of it; an arm in the thread (`run` in `node/src/pool/watch`), which asks and tells and
//! decides nothing, and an arm in [`Pool::take`]. The channels are bounded. An errand that finds
//! its channel full is lost, and the operator is told: whoever needs the answer asks again.
//!
//! Never here: asking a node.

use std::sync::Arc;

use proto::Epoch;
use proto::agreement::Version;

use super::note::Note;
use crate::pool::sight::Sight;

/// What the thread that looks at Rocket Pool is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Look at the node account, at the newest block and at the finalised one.
    Look,
}

/// What it found.
#[derive(Debug, Clone)]
pub enum Found {
    /// What was seen.
    Looked(Arc<Looked>),
}

/// What was seen, and by which version of the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The node account at both blocks.
    pub sight: Sight,
    /// The version that was in force then, verified against the lock.
    pub version: Version,
}

/// What a node keeps of it.
#[derive(Debug, Default)]
pub struct Pool {
    is_watched: bool,
    /// The last epoch in which it was asked for a look.
    asked_in: Option<Epoch>,
    last: Option<Arc<Looked>>,
}

impl Pool {
    /// From now on somebody looks.
    pub(super) fn watch(&mut self) {
        self.is_watched = true;
    }

    /// What was seen last.
    pub fn last(&self) -> Option<&Looked> {
        self.last.as_deref()
    }

    /// The errand of this epoch, once.
    pub(super) fn due(&mut self, epoch: Epoch) -> Option<Errand> {
        if !self.is_watched || self.asked_in >= Some(epoch) {
            return None;
        }
        self.asked_in = Some(epoch);
        Some(Errand::Look)
    }

    /// Takes in what was found; what the operator is told of it.
    pub(super) fn take(&mut self, found: Found) -> Note {
        match found {
            Found::Looked(looked) => {
                self.last = Some(Arc::clone(&looked));
                Note::Looked(looked)
            }
        }
    }
}

#[cfg(test)]
mod tests;
