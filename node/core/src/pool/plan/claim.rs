//! What the node gets back goes to the withdrawal address, after what the megapool owes is paid
//! from it. Source: `RocketMegapoolDelegate.claim`.

use alloy_primitives::U256;

use super::Facts;
use super::calls::Megapool;
use super::distribute::WORTH;
use super::ground;
use super::shown::{Idle, Shown, out};
use super::step::{Body, Call, Kind, Repeat, Sender, Step, at};
use crate::pool::amount::Wei;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let megapool = facts.megapool()?;
    let (refund, debt) = (megapool.refund.0, megapool.debt.0);
    let paid = refund.saturating_sub(debt);
    let pays_debt = !refund.is_zero() && !debt.is_zero();
    if !pays_debt && paid < U256::from(WORTH) {
        return None;
    }
    let step = open(&facts.shown()).ok()?;
    let waits = ground::money(facts);
    Some(Step { waits, ..step })
}

/// The step, for whatever node.
pub(in crate::pool) fn open(shown: &Shown<'_>) -> Result<Step, Idle> {
    let megapool = shown.megapool()?;
    let (refund, debt) = (megapool.refund.0, megapool.debt.0);
    if refund.is_zero() {
        return Err(Idle::NoRefund);
    }
    let owner = shown.node().map(|node| node.account.withdrawal);
    Ok(Step {
        kind: Kind::Claim,
        deed: format!(
            "{}:{refund}:{}:{}",
            megapool.place.address,
            megapool.distributed.unwrap_or(0),
            out(megapool)
        ),
        sender: Sender::NodeOrWithdrawal,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(megapool.place, &Megapool::claimCall {}, &[])),
        words: format!(
            "{} ETH go to {}, after {} ETH of debt",
            Wei(refund.saturating_sub(debt)),
            at(&owner.ok_or(Idle::NoMegapool)?),
            Wei(refund.min(debt))
        ),
        waits: Vec::new(),
    })
}
