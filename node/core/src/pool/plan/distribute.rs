//! Rewards in the megapool are split between the node and the others. Anybody may. Source:
//! `RocketMegapoolDelegate.distribute`.

use super::Facts;
use super::calls::Megapool;
use super::ground;
use super::shown::{Idle, Shown};
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};

/// With less than this for the node, wei, the gas is not worth it: 0.1 ETH.
pub(super) const WORTH: u128 = 100_000_000_000_000_000;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let ours = facts.megapool()?.split.as_ref()?.node;
    if ours.0 < alloy_primitives::U256::from(WORTH) {
        return None;
    }
    let step = open(&facts.shown()).ok()?;
    let words = if step.waits.is_empty() {
        format!("{}, {ours} ETH of them for the node", step.words)
    } else {
        step.words
    };
    let mut waits = ground::money(facts);
    waits.extend(step.waits);
    Some(Step {
        words,
        waits,
        ..step
    })
}

/// The step, for whatever node.
pub(in crate::pool) fn open(shown: &Shown<'_>) -> Result<Step, Idle> {
    let megapool = shown.megapool()?;
    let last = megapool.distributed.ok_or(Idle::NoneStaked)?;
    if megapool.pending_rewards.is_zero() {
        return Err(Idle::NoRewards);
    }
    let is_held = megapool.exiting > 0 || megapool.locked > 0;
    let there = megapool.pending_rewards;
    // The contract counts what came back of a validator with the rewards until that is proved.
    let words = if is_held {
        format!("rewards are split; with what came back of validators {there} ETH is there")
    } else {
        format!("{there} ETH of rewards are split")
    };
    Ok(Step {
        kind: Kind::Distribute,
        deed: format!("{}:{last}", megapool.place.address),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(megapool.place, &Megapool::distributeCall {}, &[])),
        words,
        waits: is_held.then_some(Wait::Leaving).into_iter().collect(),
    })
}
