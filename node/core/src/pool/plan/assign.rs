//! The validator that is first in the queue gets 31 ETH, and 1 ETH of the bond goes to the beacon
//! chain. Anybody may; whoever deposits into the pool does this by the way. Source:
//! `RocketDepositPool.assignDeposits`.

use alloy_primitives::U256;

use super::Facts;
use super::calls::DepositPool;
use super::shown::{Idle, Shown, deed};
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::contracts::Contract;
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    // Who is to leave gets there by way of its ether.
    let is_ours = |it: &Validator| facts.is_wished(&it.pubkey) || facts.is_to_leave(&it.pubkey);
    open(&facts.shown(), is_ours).ok()
}

/// The step for the first of these validators, for whatever node.
pub(in crate::pool) fn open(
    shown: &Shown<'_>,
    is_meant: impl Fn(&Validator) -> bool,
) -> Result<Step, Idle> {
    let megapool = shown.megapool()?;
    let turn = |stage: Stage| match stage {
        Stage::Queued { before, .. } => Some(before.unwrap_or(u64::MAX)),
        Stage::Prestaked { .. }
        | Stage::Staked
        | Stage::Exiting
        | Stage::Exited { .. }
        | Stage::Dissolved
        | Stage::Dequeued => None,
    };
    let meant = megapool.validators.iter().filter(|it| is_meant(it));
    let queued = meant.filter_map(|it| Some((turn(it.stage)?, it)));
    let first = queued.min_by_key(|(turn, _)| *turn);
    let (turn, validator) = first.ok_or(Idle::NoneQueued)?;
    let network = &shown.view.network;
    let queues = network.queues.as_ref().ok_or(Idle::NoMegapool)?;
    let to = shown.contracts().at(Contract::DepositPool);
    let mut waits = Vec::new();
    if !network.may_assign {
        waits.push(Wait::Closed("assignments"));
    }
    if turn > 0 {
        waits.push(Wait::Turn(turn));
    } else if !queues.can_assign {
        waits.push(Wait::PoolEther);
    }
    let call = DepositPool::assignDepositsCall { most: U256::ONE };
    Ok(Step {
        kind: Kind::Assign,
        deed: format!("{}:{}", deed(megapool, validator), queues.index),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(to.ok_or(Idle::NoMegapool)?, &call, &["1"])),
        words: format!(
            "the first validator in the queue gets its ether from the deposit pool: it is \
             validator {} of the node when its turn has come",
            validator.id
        ),
        waits,
    })
}
