//! What the node gets back goes to the withdrawal address, after what the megapool owes is paid
//! from it. Source: `RocketMegapoolDelegate.claim`.

use alloy_primitives::U256;

use super::Facts;
use super::calls::Megapool;
use super::distribute::WORTH;
use super::ground;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, at};
use crate::pool::amount::Wei;

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let megapool = facts.megapool()?;
    let (refund, debt) = (megapool.refund.0, megapool.debt.0);
    let paid = Wei(refund.saturating_sub(debt));
    let pays_debt = !refund.is_zero() && !debt.is_zero();
    if !pays_debt && paid.0 < U256::from(WORTH) {
        return None;
    }
    Some(Step {
        kind: Kind::Claim,
        sender: Sender::NodeOrWithdrawal,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(megapool.place, &Megapool::claimCall {}, &[])),
        words: format!(
            "{paid} ETH go to {}, after {} ETH of debt",
            at(&facts.terms.withdrawal),
            Wei(refund.min(debt))
        ),
        waits: ground::money(facts),
    })
}
