//! What the contracts show of a node, and the beacon chain of its validators: all that a step
//! follows from which anybody may take, for whatever node.

use std::collections::BTreeMap;

use proto::PublicKey;
use thiserror::Error;

use super::step::{Due, Leaving, Proven};
use crate::pool::contracts::{Contract, Contracts};
use crate::pool::megapool::{Deployed, Stage, Validator};
use crate::pool::view::{Node, View};

/// Why there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Idle {
    /// There is no megapool.
    #[error("the node has no megapool")]
    NoMegapool,
    /// Nothing has come in.
    #[error("the megapool has no rewards to distribute")]
    NoRewards,
    /// Nobody was paid yet, and nobody may be.
    #[error("rewards are distributed only after the megapool's first validator was staked")]
    NoneStaked,
    /// Nobody waits.
    #[error("no validator of this node waits in the queue")]
    NoneQueued,
    /// Nobody has got its ether.
    #[error("no validator of this node has to be staked")]
    NonePrestaked,
    /// Nobody leaves.
    #[error("the beacon node shows no validator of this node that leaves and is not proved to")]
    NoneLeaves,
    /// Nobody is challenged.
    #[error("no validator of this node was challenged that does not leave")]
    NoneChallenged,
    /// Nothing has come back.
    #[error(
        "no validator of this node has left whose balance has come back, finally, and is not proved"
    )]
    NoneBack,
    /// Nothing is owed.
    #[error("the megapool owes nothing that its own refund does not pay")]
    NoDebt,
    /// Nothing is there for the node.
    #[error("the megapool has nothing for the node")]
    NoRefund,
}

/// What a node shows.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The contracts at one block.
    pub view: &'a View,
    /// The validators of whom the beacon chain says that they leave.
    pub leaving: &'a BTreeMap<PublicKey, Leaving>,
}

impl<'a> Shown<'a> {
    pub(super) fn contracts(&self) -> &'a Contracts {
        &self.view.contracts
    }

    pub(super) fn node(&self) -> Option<&'a Node> {
        self.view.node.as_ref()
    }

    pub(in crate::pool) fn megapool(&self) -> Result<&'a Deployed, Idle> {
        let deployed = self.node().and_then(Node::deployed);
        deployed.ok_or(Idle::NoMegapool)
    }

    /// The validator that has to be proved, if there is somebody who verifies it.
    pub(super) fn proven(&self, validator: &Validator, due: Option<Due>) -> Result<Proven, Idle> {
        let leaving = self.leaving.get(&validator.pubkey);
        let verifier = self.contracts().at(Contract::MegapoolManager);
        Ok(Proven {
            verifier: verifier.ok_or(Idle::NoMegapool)?,
            megapool: self.megapool()?.place,
            id: validator.id,
            pubkey: validator.pubkey,
            withdrawable_epoch: leaving.map(|it| it.withdrawable.0),
            since: None,
            due,
        })
    }
}

/// A validator of a megapool, in a name.
pub(super) fn deed(megapool: &Deployed, validator: &Validator) -> String {
    format!("{}:{}", megapool.place.address, validator.id)
}

/// How many validators of the megapool were on their way out at any time: each debt and each refund
/// of a bond comes with one.
pub(super) fn out(megapool: &Deployed) -> usize {
    let is_out = |it: &&Validator| match it.stage {
        Stage::Exiting | Stage::Exited { .. } | Stage::Dissolved => true,
        Stage::Queued { .. } | Stage::Prestaked { .. } | Stage::Staked | Stage::Dequeued => false,
    };
    megapool.validators.iter().filter(is_out).count()
}
