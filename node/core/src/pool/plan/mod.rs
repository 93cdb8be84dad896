//! What is to be done at Rocket Pool, as steps that follow from what is seen and what is agreed.
//!
//! | file | plans |
//! |---|---|
//! | `safe` | the Safe that is the node account is created, and owned by whom it was agreed |
//! | `register` | the account becomes a node |
//! | `addresses` | the agreed withdrawal addresses are proposed, and confirm themselves |
//! | `megapool` | the megapool is made |
//! | `smoothing` | into the smoothing pool, and out of it |
//! | `dequeue` | out of the queue, if fewer validators are wished for |
//! | `debt` | what the megapool owes |
//! | `deposit` | deposits of the lock's keys |
//! | `assign` | 31 ETH for who is first in the queue |
//! | `stake` | the proof that a validator is ours |
//! | `leave` | the proof that one leaves, or does not |
//! | `balance` | the proof of what came back |
//! | `distribute`, `claim` | rewards and what is paid out, unless the intent says no |
//! | `ground` | when money may move |
//! | `shown` | what steps follow from that anybody may take, for whatever node |
//! | `step` | what a step is |
//! | `calls` | the functions that are called, and no others |
//!
//! A plan is a value: whoever sees the same and has the same agreement has the same bytes, whatever
//! stands in the own config and whatever was sent before. **Is it done?** is asked at the newest
//! block, so a step goes as soon as the world has what it does. **May money move?** must hold at
//! the newest block and at the finalised one.
//!
//! Source: the contracts of Rocket Pool at v1.4, which name the checks in their functions.
//!
//! Never here: prices, nonces, sending, proofs; and nothing that a withdrawal address does by
//! itself is ever sent: it is shown.

mod addresses;
pub(in crate::pool) mod assign;
pub(in crate::pool) mod balance;
pub(in crate::pool) mod calls;
pub(in crate::pool) mod claim;
pub(in crate::pool) mod debt;
mod deposit;
mod dequeue;
pub(in crate::pool) mod distribute;
pub(in crate::pool) mod ground;
pub(in crate::pool) mod leave;
mod megapool;
mod register;
mod safe;
mod shown;
mod smoothing;
pub(in crate::pool) mod stake;
mod step;

use std::collections::BTreeMap;

use proto::agreement::PoolTerms;
use proto::definition::checksummed;
use proto::eth::DepositData;
use proto::intent::Aims;
use proto::{Address, PublicKey};
use thiserror::Error;

use super::book::Place;
use super::contracts::{Contract, Contracts};
use super::megapool::{Deployed, Validator};
use super::sight::Sight;
use super::view::Node;
use crate::safe::founding::Founding;
pub use deposit::MOST_AT_ONCE;
pub use leave::{KeptBy, ToLeave, to_leave};
pub use shown::{Idle, Shown};
pub(in crate::pool) use step::at;
pub use step::{Body, Call, Due, Kind, Leaving, Need, Proven, Repeat, Sender, Step, Wait};

/// What is seen is not what was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "what was seen is of the {what} {found}, and the agreement names {agreed}: look at the node \
     that was agreed on"
)]
pub struct NotOurs {
    what: &'static str,
    found: String,
    agreed: String,
}

/// All that a plan follows from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    sight: &'a Sight,
    terms: &'a PoolTerms,
    aims: &'a Aims,
    keys: &'a [PublicKey],
    made: Made<'a>,
    founding: Option<&'a Founding>,
}

/// What the peers have made or seen elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// Deposits of 1 ETH that the cluster's keys have signed, verified.
    pub deposits: &'a BTreeMap<PublicKey, DepositData>,
    /// The validators of whom the beacon chain says that they leave.
    pub leaving: &'a BTreeMap<PublicKey, Leaving>,
    /// Whether every peer has demanded the smoothing pool as fee recipient for two final epochs.
    pub pays_smoothing_pool: bool,
}

impl<'a> Facts<'a> {
    /// What is seen, what is agreed and aimed at, the keys of the lock in their order, and what was
    /// made.
    ///
    /// # Errors
    /// If what is seen is another node, or another Rocket Pool.
    pub fn new(
        sight: &'a Sight,
        (terms, aims): (&'a PoolTerms, &'a Aims),
        keys: &'a [PublicKey],
        made: Made<'a>,
    ) -> Result<Self, NotOurs> {
        let refuse = |what, found: Address, agreed: Address| match found == agreed {
            true => Ok(()),
            false => Err(NotOurs {
                what,
                found: checksummed(&found),
                agreed: checksummed(&agreed),
            }),
        };
        refuse("node account", sight.node, terms.fixed.node_account)?;
        let storage = terms.fixed.rocket_storage;
        for view in [Some(&sight.head), sight.finalised.as_ref()]
            .into_iter()
            .flatten()
        {
            refuse("RocketStorage", view.contracts.storage.address, storage)?;
        }
        Ok(Self {
            sight,
            terms,
            aims,
            keys,
            made,
            founding: None,
        })
    }

    /// The same where the node account is the Safe with this founding.
    #[must_use]
    pub fn of_safe(self, founding: Option<&'a Founding>) -> Self {
        Self { founding, ..self }
    }

    /// Which node it is.
    pub(in crate::pool) fn subject(&self) -> Address {
        self.sight.node
    }

    pub(in crate::pool) fn terms(&self) -> &'a PoolTerms {
        self.terms
    }

    /// Whether it is a node at the newest block.
    pub(in crate::pool) fn is_registered(&self) -> bool {
        self.node().is_some()
    }

    /// Where a contract is at the newest block.
    pub(in crate::pool) fn at(&self, contract: Contract) -> Option<Place> {
        self.contracts().at(contract)
    }

    fn contracts(&self) -> &'a Contracts {
        &self.sight.head.contracts
    }

    fn node(&self) -> Option<&'a Node> {
        self.sight.node_at_head()
    }

    fn megapool(&self) -> Option<&'a Deployed> {
        self.shown().megapool().ok()
    }

    /// What of it steps follow from that anybody may take.
    fn shown(&self) -> Shown<'a> {
        Shown {
            view: &self.sight.head,
            leaving: self.made.leaving,
        }
    }

    /// The keys that are to be deposited: the first so many of the lock, but those that are to
    /// leave. Who leaves counts among them, so nobody takes its place.
    fn wished(&self) -> impl Iterator<Item = &'a PublicKey> {
        let count = usize::try_from(self.aims.validators).unwrap_or(usize::MAX);
        let exits = &self.aims.exits;
        let first = self.keys.iter().take(count);
        first.filter(move |key| !exits.contains(key))
    }

    fn is_wished(&self, key: &PublicKey) -> bool {
        self.wished().any(|it| it == key)
    }

    fn is_to_leave(&self, key: &PublicKey) -> bool {
        self.aims.exits.contains(key)
    }

    /// The validators of the megapool whose keys are of this cluster.
    fn validators(&self) -> impl Iterator<Item = &'a Validator> {
        let all = self.megapool().into_iter().flat_map(|it| &it.validators);
        all.filter(|it| self.keys.contains(&it.pubkey))
    }
}

/// The steps that are to be done, in the order in which one account would send them. Those that
/// wait are there too, with what for.
pub fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(safe::plan(facts));
    steps.extend(register::plan(facts));
    steps.extend(addresses::plan(facts));
    steps.extend(megapool::plan(facts));
    steps.extend(smoothing::plan(facts));
    steps.extend(dequeue::plan(facts));
    steps.extend(debt::plan(facts));
    steps.extend(deposit::plan(facts));
    steps.extend(assign::plan(facts));
    steps.extend(stake::plan(facts));
    steps.extend(leave::plan(facts));
    steps.extend(balance::plan(facts));
    if facts.aims.claims {
        steps.extend(distribute::plan(facts));
        steps.extend(claim::plan(facts));
    }
    steps
}

#[cfg(test)]
mod tests;
