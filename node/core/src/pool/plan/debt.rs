//! What the megapool owes, as far as its own refund does not pay it. Until it is paid there are no
//! new validators. Source: `RocketMegapoolDelegate.repayDebt`.

use super::Facts;
use super::calls::Megapool;
use super::ground;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::pool::amount::Wei;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let megapool = facts.megapool()?;
    let owed = Wei(megapool.debt.0.saturating_sub(megapool.refund.0));
    if owed.is_zero() {
        return None;
    }
    let mut waits = ground::money(facts);
    let there = facts.node()?.account.balance;
    if there < owed {
        waits.push(Wait::Ether(Wei(owed.0 - there.0)));
    }
    Some(Step {
        kind: Kind::RepayDebt,
        sender: Sender::Anybody,
        repeat: Repeat::OncePerNonce,
        body: Body::Call(Call::of(megapool.place, &Megapool::repayDebtCall {}, &[]).with(owed)),
        words: format!("{owed} ETH that the megapool owes are paid"),
        waits,
    })
}
