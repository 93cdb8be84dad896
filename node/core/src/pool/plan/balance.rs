//! What came back of a validator that has left is proved, and split. The node and its withdrawal
//! address may at once, others days later.
//!
//! The contract takes any withdrawal after the exit for the final one, so it has to be the true
//! one, and soon: whoever tops up an exited validator can prove that small sum in its place.
//! Source: `RocketMegapoolManager.notifyFinalBalance`.

use super::Facts;
use super::ground;
use super::step::{Body, Kind, Need, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let step = |validator: &Validator| {
        let leaving = facts.made.leaving.get(&validator.pubkey)?;
        let slot = leaving
            .withdrawn
            .filter(|_| validator.stage == Stage::Exiting)?;
        Some(Step {
            kind: Kind::FinalBalance(validator.id),
            sender: Sender::NodeOrWithdrawal,
            repeat: Repeat::Idempotent,
            body: Body::Needs(Need::Withdrawal {
                of: facts.proven(validator)?,
                slot: slot.0,
            }),
            words: format!(
                "what came back of validator {} is proved and split",
                validator.id
            ),
            waits: ground::money(facts),
        })
    };
    facts.validators().filter_map(step).collect()
}
