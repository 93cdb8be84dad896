//! Rewards in the megapool are split between the node and the others. Source:
//! `RocketMegapoolDelegate.distribute`.

use super::Facts;
use super::calls::Megapool;
use super::ground;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};

/// With less than this for the node, wei, the gas is not worth it: 0.1 ETH.
pub(super) const WORTH: u128 = 100_000_000_000_000_000;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let megapool = facts.megapool()?;
    // Before the first stake nothing can be distributed.
    megapool.distributed?;
    let ours = megapool.split.as_ref()?.node;
    if ours.0 < alloy_primitives::U256::from(WORTH) {
        return None;
    }
    let mut waits = ground::money(facts);
    if megapool.exiting > 0 || megapool.locked > 0 {
        waits.push(Wait::Leaving);
    }
    Some(Step {
        kind: Kind::Distribute,
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(megapool.place, &Megapool::distributeCall {}, &[])),
        words: format!(
            "{} ETH of rewards are split, {ours} ETH of them for the node",
            megapool.pending_rewards
        ),
        waits,
    })
}
