//! Which validators of a megapool leave, and in which block what they had came back, as the
//! operator's own beacon node has it.
//!
//! A balance comes back when the sweep of withdrawals reaches the validator, on mainnet days after
//! it could. The sweep goes through the registry in one direction and begins anew behind its end,
//! so the block is found without reading all of them: the last withdrawal of a full block shows how
//! far the sweep has come. It is looked for from the validator's own withdrawable epoch on, and the
//! first one is the true one: whoever tops it up later makes small ones behind it.
//!
//! Source: consensus-specs `electra/beacon-chain.md` (`get_expected_withdrawals`).
//!
//! Never here: what is to be done about it.

use std::collections::BTreeMap;

use node_core::pool::megapool::{Deployed, Stage, Validator};
use node_core::pool::plan::Leaving;
use node_core::proof::withdrawals_of;
use proto::eth::{Block, ChainSpec, ValidatorIndex};
use proto::{Epoch, PublicKey, Slot};

use crate::beacon::{BeaconClient, BeaconError, BlockId, StateId, ValidatorState};

/// The epoch that stands for never.
pub(super) const NEVER: Epoch = Epoch(u64::MAX);
/// So many slots are looked at one by one, before others are passed over.
const ONE_BY_ONE: u64 = 64;
/// How much further the next look is than all slots before it: an eighth. A sweep that has not come
/// to the validator yet cannot begin anew within that.
const FURTHER: u64 = 8;
/// How many slots in a row may be missed, or have room left, before the search gives up. A sweep
/// that leaves room in its blocks has come to everybody within the first slots.
const MOST_EMPTY: u64 = 64;
/// With so much still there, gwei, nothing has come back: half of what a validator has. Who tops one
/// up as far as that gives all of it away.
const STILL_THERE: u64 = 16_000_000_000;

/// Whom the beacon node is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a> {
    pub beacon: &'a BeaconClient,
    pub spec: &'a ChainSpec,
}

/// The validators of this megapool that leave. What was found `before` is not looked for again.
///
/// # Errors
/// If the beacon node does not answer.
pub async fn leaving(
    chain: Chain<'_>,
    megapool: &Deployed,
    before: &BTreeMap<PublicKey, Leaving>,
) -> Result<BTreeMap<PublicKey, Leaving>, BeaconError> {
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
    let mut found = BTreeMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let known = chain.beacon.known_validators(StateId::Head, &keys).await?;
    for state in known.known {
        let withdrawable = state.validator.withdrawable_epoch;
        let Some(withdrawable) = withdrawable.filter(|epoch| *epoch != NEVER) else {
            continue;
        };
        let before = before.get(&state.validator.pubkey);
        let before = before.filter(|it| it.withdrawable == withdrawable);
        let withdrawn = match before.and_then(|it| it.withdrawn) {
            Some(slot) => Some(slot),
            None => chain.withdrawn(&state, withdrawable).await?,
        };
        let leaving = Leaving {
            withdrawable,
            withdrawn,
        };
        found.insert(state.validator.pubkey, leaving);
    }
    Ok(found)
}

/// Whether a sweep that was at `from` and is at `to` has come past `index` on the way.
fn has_passed(from: u64, to: u64, index: u64) -> bool {
    match from <= to {
        true => from < index && index <= to,
        false => index > from || index <= to,
    }
}

impl Chain<'_> {
    /// The slot of the block that paid the validator out, if that is final.
    async fn withdrawn(
        &self,
        state: &ValidatorState,
        withdrawable: Epoch,
    ) -> Result<Option<Slot>, BeaconError> {
        if state.balance >= STILL_THERE {
            return Ok(None);
        }
        let first = self.spec.first_slot(withdrawable).0;
        let finalised = self.beacon.known_block(BlockId::Finalized).await?;
        let Some(last) = finalised.map(|block| block.header.slot.0) else {
            return Ok(None);
        };
        let index = state.index;
        let mut from = None;
        for slot in first..=last.min(first + ONE_BY_ONE) {
            if let Some(block) = self.block(slot).await? {
                if !withdrawals_of(&block, index).is_empty() {
                    return Ok(Some(Slot(slot)));
                }
                from = position(&block).or(from);
            }
        }
        let (mut at, Some(mut place)) = (first + ONE_BY_ONE, from) else {
            return Ok(None);
        };
        while at < last {
            let further = ((at - first) / FURTHER).max(1);
            let next = last.min(at + further);
            let Some(there) = self.position_before(next, at).await? else {
                return Ok(None);
            };
            if has_passed(place, there, index.0) {
                return self.between((at, place), next, index).await;
            }
            (at, place) = (next, there);
        }
        Ok(None)
    }

    /// The slot behind `from` and up to `to` whose block paid the validator out.
    async fn between(
        &self,
        (mut from, mut place): (u64, u64),
        mut to: u64,
        index: ValidatorIndex,
    ) -> Result<Option<Slot>, BeaconError> {
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            match self.position_before(middle, from).await? {
                Some(there) if has_passed(place, there, index.0) => to = middle,
                Some(there) => (from, place) = (middle, there),
                None => from = middle,
            }
        }
        let block = self.block(to).await?;
        let is_it = block.is_some_and(|block| !withdrawals_of(&block, index).is_empty());
        Ok(is_it.then_some(Slot(to)))
    }

    /// How far the sweep had come at this slot, by the last full block up to it, if there is one
    /// behind `after`.
    async fn position_before(&self, slot: u64, after: u64) -> Result<Option<u64>, BeaconError> {
        for slot in (after + 1..=slot).rev().take(MOST_EMPTY as usize) {
            if let Some(there) = self.block(slot).await?.as_ref().and_then(position) {
                return Ok(Some(there));
            }
        }
        Ok(None)
    }

    async fn block(&self, slot: u64) -> Result<Option<Block>, BeaconError> {
        let signed = self
            .beacon
            .block(self.spec, BlockId::Slot(Slot(slot)))
            .await?;
        Ok(signed.map(|signed| signed.block))
    }
}

/// How far the sweep had come in a block, if that is full: what others have asked for stands before
/// it, and never fills a block.
fn position(block: &Block) -> Option<u64> {
    let parts = block.parts();
    let is_full = parts.withdrawals.len() as u64 == parts.withdrawals_limit;
    let last = parts.withdrawals.last().filter(|_| is_full);
    last.map(|it| it.validator_index.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_that_begins_anew_behind_the_end_has_passed_what_is_on_both_sides() {
        assert!(has_passed(10, 20, 15));
        assert!(has_passed(10, 20, 20));
        assert!(!has_passed(10, 20, 10));
        assert!(!has_passed(10, 20, 21));
        assert!(has_passed(90, 5, 95));
        assert!(has_passed(90, 5, 3));
        assert!(!has_passed(90, 5, 50));
        assert!(!has_passed(90, 5, 90));
        assert!(!has_passed(7, 7, 7));
    }
}
