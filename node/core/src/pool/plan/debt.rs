//! What the megapool owes, as far as its own refund does not pay it. Until it is paid there are no
//! new validators. Anybody may pay. Source: `RocketMegapoolDelegate.repayDebt`.

use super::Facts;
use super::calls::Megapool;
use super::ground;
use super::shown::{Idle, Shown, out};
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::amount::Wei;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let step = open(&facts.shown()).ok()?;
    let owed = step.call()?.value;
    let mut waits = ground::money(facts);
    let there = facts.node()?.account.balance;
    if there < owed {
        waits.push(Wait::Ether(Wei(owed.0 - there.0)));
    }
    Some(Step { waits, ..step })
}

/// The step, for whatever node.
pub(in crate::pool) fn open(shown: &Shown<'_>) -> Result<Step, Idle> {
    let megapool = shown.megapool()?;
    let owed = Wei(megapool.debt.0.saturating_sub(megapool.refund.0));
    if owed.is_zero() {
        return Err(Idle::NoDebt);
    }
    Ok(Step {
        kind: Kind::RepayDebt,
        // A later debt of the same amount comes with another validator that leaves.
        deed: format!(
            "{}:{}:{}:{}",
            megapool.place.address,
            megapool.debt.0,
            megapool.refund.0,
            out(megapool)
        ),
        sender: Sender::Anybody,
        repeat: Repeat::OncePerNonce,
        body: Body::Call(Call::of(megapool.place, &Megapool::repayDebtCall {}, &[]).with(owed)),
        words: format!("{owed} ETH that the megapool owes are paid"),
        waits: Vec::new(),
    })
}
