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
    let mut waits = ground::money(facts);
    waits.extend(step.waits);
    Some(Step {
        words: format!("{}, {ours} ETH of them for the node", step.words),
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
    Ok(Step {
        kind: Kind::Distribute,
        deed: format!("{}:{last}", megapool.place.address),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(megapool.place, &Megapool::distributeCall {}, &[])),
        words: format!("{} ETH of rewards are split", megapool.pending_rewards),
        waits: is_held.then_some(Wait::Leaving).into_iter().collect(),
    })
}
