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
//! decides nothing, and an arm in `found` of `node/learning.rs`. The channels are bounded. An
//! errand that finds its channel full is lost, and the operator is told: whoever needs the answer
//! asks again.
//!
//! Never here: asking a node.

use std::sync::Arc;

use proto::agreement::PoolVersion;
use proto::eth::DepositData;
use proto::frame::SafeStep;
use proto::{Address, Epoch, PeerIndex, Root};

use super::note::Note;
use crate::pool::consent::{Consent, Demand, OnRecord, Refusal};
use crate::pool::payee::Standing;
use crate::pool::sight::Sight;
use crate::pool::view::Subject;

/// What the thread that looks at Rocket Pool is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Look at the node account, at the newest block and at the finalised one.
    Look,
    /// Judge a demand for deposits.
    Judge(Box<Judgement>),
    /// The deposits that this peer demanded have their signatures, verified: for its coordinator.
    Deposits(Vec<DepositData>),
    /// Whether every peer has taken only blocks that pay the smoothing pool for two final epochs,
    /// so that the node account may go into it: for this peer's coordinator.
    AllPay(bool),
}

/// A demand for deposits that is to be judged at the own nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Who demands.
    pub peer: PeerIndex,
    /// What.
    pub demand: Demand,
    /// What the own record says of its keys.
    pub record: OnRecord,
}

/// Read how a node stands to the smoothing pool: for a proposal, so it waits behind no errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Whose standing it is, and where that is read.
    pub subject: Subject,
    /// After which block.
    pub at: Where,
    /// The contract that said it before.
    pub guess: Option<Address>,
}

/// After which block something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// The newest one.
    Newest,
    /// The one with this hash.
    After(Root),
}

/// What it found.
#[derive(Debug, Clone)]
pub enum Found {
    /// What was seen.
    Looked(Arc<Looked>),
    /// How the node stands to the smoothing pool after one block.
    Stands(Standing),
    /// What a demand of this peer has come to.
    Judged {
        /// Who demands.
        peer: PeerIndex,
        /// What.
        demand: Demand,
        /// Whether the own peer gives its shares.
        verdict: Result<Consent, Box<Refusal>>,
    },
    /// The own coordinator needs these deposits.
    Needed(Demand),
    /// The own account has signed this for the Safe that is the node account, durably.
    Signed(Box<SafeStep>),
    /// This peer has sent what its account in that Safe has not signed.
    Unsigned(PeerIndex),
}

/// What was seen, and by which version of the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The node account at both blocks.
    pub sight: Sight,
    /// What the version says of Rocket Pool that was in force then, verified against the lock.
    pub version: PoolVersion,
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

    /// Whether somebody looks.
    pub fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// What was seen last.
    pub fn last(&self) -> Option<&Looked> {
        self.last.as_deref()
    }

    /// Whether the node account was a Safe when it was looked at last.
    pub fn is_of_safe(&self) -> bool {
        self.last()
            .is_some_and(|looked| looked.version.terms.node_safe.is_some())
    }

    /// The errand of this epoch, once.
    pub(super) fn due(&mut self, epoch: Epoch) -> Option<Errand> {
        if !self.is_watched || self.asked_in >= Some(epoch) {
            return None;
        }
        self.asked_in = Some(epoch);
        Some(Errand::Look)
    }

    /// Takes in what was seen; what the operator is told of it.
    pub(super) fn take(&mut self, looked: Arc<Looked>) -> Note {
        self.last = Some(Arc::clone(&looked));
        Note::Looked(looked)
    }
}

#[cfg(test)]
mod tests;
