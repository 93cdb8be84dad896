//! The validator that is first in the queue gets 31 ETH, and 1 ETH of the bond goes to the beacon
//! chain. Whoever deposits into the pool does this by the way. Source:
//! `RocketDepositPool.assignDeposits`.

use alloy_primitives::U256;

use super::Facts;
use super::calls::DepositPool;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::contracts::Contract;
use crate::pool::megapool::Stage;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let turn = |stage: Stage| match stage {
        Stage::Queued { before, .. } => Some(before.unwrap_or(u64::MAX)),
        Stage::Prestaked { .. }
        | Stage::Staked
        | Stage::Exiting
        | Stage::Exited { .. }
        | Stage::Dissolved
        | Stage::Dequeued => None,
    };
    let wished = facts
        .validators()
        .filter(|it| facts.wished().contains(&it.pubkey));
    let first = wished.filter_map(|it| turn(it.stage)).min()?;
    let network = &facts.sight.head.network;
    let queues = network.queues.as_ref()?;
    let to = facts.contracts().at(Contract::DepositPool)?;
    let mut waits = Vec::new();
    if !network.may_assign {
        waits.push(Wait::Closed("assignments"));
    }
    if first > 0 {
        waits.push(Wait::Turn(first));
    } else if !queues.can_assign {
        waits.push(Wait::PoolEther);
    }
    let call = DepositPool::assignDepositsCall { most: U256::ONE };
    Some(Step {
        kind: Kind::Assign,
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(to, &call, &["1"])),
        words: "the first validator in the queue gets its ether from the deposit pool".to_owned(),
        waits,
    })
}
