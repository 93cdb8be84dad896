//! Which validators of a megapool leave, and in which block what they had came back, as the
//! operator's own beacon node has it.
//!
//! A balance comes back when the sweep of withdrawals reaches the validator, on mainnet days after
//! it could: `sweep` finds the block. It is looked for from the validator's own withdrawable epoch
//! on, and the first one is the true one: whoever tops it up later makes small ones behind it.
//!
//! Never here: what is to be done about it.

mod sweep;

use std::collections::BTreeMap;

use node_core::pool::megapool::{Deployed, Stage, Validator};
use node_core::pool::plan::Leaving;
use node_core::proof::{payout_of, withdrawals_of};
use proto::eth::{ChainSpec, ValidatorIndex};
use proto::{Epoch, PublicKey, Slot};
use thiserror::Error;

use crate::beacon::{BeaconClient, BeaconError, BlockId, StateId, ValidatorState};
use crate::checks::chain::UnfitNode;
use crate::checks::own_nodes::{NoneServes, OwnNodes};
use sweep::{Found, Paid, Search};

/// The epoch that stands for never.
pub(super) const NEVER: Epoch = Epoch(u64::MAX);
/// With so much still there, gwei, nothing has come back: half of what a validator has. Who tops
/// one up as far as that gives all of it away.
const STILL_THERE: u64 = 16_000_000_000;

/// Whom the beacon node is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    pub beacon: &'a BeaconClient,
    pub spec: &'a ChainSpec,
}

/// The own beacon nodes, and the chain that they follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    pub(crate) nodes: &'a OwnNodes,
    pub(crate) spec: &'a ChainSpec,
}

impl Own<'_> {
    /// What `work` reads from one of them, whole ([`OwnNodes::whole`]).
    ///
    /// # Errors
    /// If no node serves.
    pub(crate) async fn whole<T, E: From<UnfitNode>>(
        self,
        may_differ: fn(&E) -> bool,
        mut work: impl AsyncFnMut(Chain<'_>) -> Result<T, E>,
    ) -> Result<T, NoneServes<E>> {
        let spec = self.spec;
        let by = async |beacon: &BeaconClient| work(Chain { beacon, spec }).await;
        self.nodes.whole(may_differ, by).await
    }
}

/// Why one node does not show who leaves.
#[derive(Debug, Error)]
pub enum Unseen {
    #[error(transparent)]
    Node(#[from] UnfitNode),
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl Unseen {
    fn may_differ(&self) -> bool {
        match self {
            Self::Node(unfit) => unfit.may_differ(),
            Self::Lost(_) => true,
        }
    }
}

/// The block that paid a validator out is not known, and no other is taken in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "it is not known which block paid out validator {validator} of the beacon chain: your beacon \
     node does not show all blocks behind slot {behind}. Let it fetch them (backfill), or have the \
     final balance proved with one that has them: gantry pool send final-balance --beacon-node URL"
)]
pub struct Lost {
    validator: ValidatorIndex,
    behind: Slot,
}

/// Who leaves.
#[derive(Debug, Default)]
pub struct Seen {
    pub leaving: BTreeMap<PublicKey, Leaving>,
    /// Their first epochs without duties, where the beacon node says them.
    pub exits: BTreeMap<PublicKey, Epoch>,
    /// Who of them was paid out in a block that is not known.
    pub lost: BTreeMap<PublicKey, Lost>,
}

/// The validators of this megapool that leave. What was found `before` is not looked for again. A
/// node that lacks a block that paid one out leaves that to the next.
///
/// # Errors
/// If no own node serves.
pub(crate) async fn leaving(
    own: Own<'_>,
    megapool: &Deployed,
    before: &BTreeMap<PublicKey, Leaving>,
) -> Result<Seen, NoneServes<Unseen>> {
    let mut lacking: Option<Seen> = None;
    let read = own.whole(Unseen::may_differ, async |chain| {
        // In which block one was paid out is final, whoever has found it.
        let before = lacking.as_ref().map_or(before, |seen| &seen.leaving);
        let seen = leaving_by(chain, megapool, before).await;
        let seen = seen.map_err(UnfitNode::from)?;
        match seen.lost.values().next() {
            None => Ok(seen),
            Some(lost) => {
                let lost = *lost;
                lacking = Some(seen);
                Err(lost.into())
            }
        }
    });
    let read = read.await;
    match lacking {
        Some(seen) => Ok(read.unwrap_or(seen)),
        None => read,
    }
}

/// The same, as one node has it.
async fn leaving_by(
    chain: Chain<'_>,
    megapool: &Deployed,
    before: &BTreeMap<PublicKey, Leaving>,
) -> Result<Seen, BeaconError> {
    let may_leave = |it: &&Validator| match it.stage {
        Stage::Staked | Stage::Exiting => true,
        Stage::Queued { .. }
        | Stage::Prestaked { .. }
        | Stage::Exited { .. }
        | Stage::Dissolved
        | Stage::Dequeued => false,
    };
    let staked = megapool.validators.iter().filter(may_leave);
    let keys: Vec<PublicKey> = staked.map(|it| it.pubkey).collect();
    let mut found = Seen::default();
    if keys.is_empty() {
        return Ok(found);
    }
    let known = chain.beacon.known_validators(StateId::Head, &keys).await?;
    for state in known.known {
        let withdrawable = state.validator.withdrawable_epoch;
        let Some(withdrawable) = withdrawable.filter(|epoch| *epoch != NEVER) else {
            continue;
        };
        let key = state.validator.pubkey;
        let before = before.get(&key);
        let before = before.filter(|it| it.withdrawable == withdrawable);
        let known = before.and_then(|it| it.withdrawn);
        let exit = state.validator.exit_epoch;
        found.exits.extend(exit.map(|epoch| (key, epoch)));
        let search = match known {
            Some(slot) => Found::At(slot.0),
            None => chain.withdrawn(&state, withdrawable).await?,
        };
        let withdrawn = match search {
            Found::At(slot) => Some(Slot(slot)),
            Found::NotYet => None,
            Found::Lost(behind) => {
                let lost = Lost {
                    validator: state.index,
                    behind: Slot(behind),
                };
                found.lost.insert(key, lost);
                None
            }
        };
        let leaving = Leaving {
            withdrawable,
            withdrawn,
        };
        found.leaving.insert(key, leaving);
    }
    Ok(found)
}

/// What paid each of these out that have left, gwei, as far as it is final and can be found. What
/// was found `before` is not looked for again.
///
/// # Errors
/// If the beacon node does not answer.
pub async fn paid_out(
    chain: Chain<'_>,
    keys: &[PublicKey],
    before: &mut BTreeMap<PublicKey, u64>,
) -> Result<BTreeMap<PublicKey, u64>, BeaconError> {
    let open = keys.iter().filter(|key| !before.contains_key(*key));
    let open: Vec<PublicKey> = open.copied().collect();
    if !open.is_empty() {
        let known = chain.beacon.known_validators(StateId::Head, &open).await?;
        for state in known.known {
            let withdrawable = state.validator.withdrawable_epoch;
            let Some(withdrawable) = withdrawable.filter(|epoch| *epoch != NEVER) else {
                continue;
            };
            // What is not known yet, or cannot be, accuses nobody.
            let Found::At(slot) = chain.withdrawn(&state, withdrawable).await? else {
                continue;
            };
            let block = BlockId::Slot(Slot(slot));
            let signed = chain.beacon.block(chain.spec, block).await?;
            let paid = signed.and_then(|signed| payout_of(&signed.block, state.index));
            before.extend(paid.map(|(_, paid)| (state.validator.pubkey, paid.amount)));
        }
    }
    Ok(before.clone())
}

impl Chain<'_> {
    /// The slot of the block that paid the validator out, if that is final.
    async fn withdrawn(
        &self,
        state: &ValidatorState,
        withdrawable: Epoch,
    ) -> Result<Found, BeaconError> {
        if state.balance >= STILL_THERE {
            return Ok(Found::NotYet);
        }
        let first = self.spec.first_slot(withdrawable).0;
        let finalised = self.beacon.known_block(BlockId::Finalized).await?;
        let Some(last) = finalised.map(|block| block.header.slot.0) else {
            return Ok(Found::NotYet);
        };
        let search = Search {
            index: state.index.0,
            slots: [first, last],
            block: async |slot| self.paid(slot, state.index).await,
            slot_of: async |root| {
                let known = self.beacon.known_block(BlockId::Root(root)).await?;
                Ok(known.map(|known| known.header.slot.0))
            },
        };
        search.find().await
    }

    /// What the block of a slot shows of the sweep.
    async fn paid(&self, slot: u64, index: ValidatorIndex) -> Result<Option<Paid>, BeaconError> {
        let id = BlockId::Slot(Slot(slot));
        let signed = self.beacon.block(self.spec, id).await?;
        Ok(signed.map(|signed| {
            let parts = signed.block.parts();
            let is_full = parts.withdrawals.len() as u64 == parts.withdrawals_limit;
            let last = parts.withdrawals.last().filter(|_| is_full);
            Paid {
                is_it: !withdrawals_of(&signed.block, index).is_empty(),
                position: last.map(|it| it.validator_index.0),
                root: signed.block.root(),
                parent: signed.block.parent_root(),
            }
        }))
    }
}

#[cfg(test)]
mod tests;
