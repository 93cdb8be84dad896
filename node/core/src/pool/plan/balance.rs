//! What came back of a validator that has left is proved, and split. The node and its withdrawal
//! address may at once, others days later.
//!
//! The contract takes any withdrawal after the exit for the final one, so it has to be the true
//! one, and soon: whoever tops up an exited validator can prove that small sum in its place.
//! Source: `RocketMegapoolManager.notifyFinalBalance`.

use super::Facts;
use super::ground;
use super::shown::{Idle, Shown, deed};
use super::step::{Body, Kind, Need, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let shown = facts.shown();
    let step = |it: &Validator| {
        let step = open(&shown, it).ok()?;
        let waits = ground::money(facts);
        Some(Step { waits, ..step })
    };
    facts.validators().filter_map(step).collect()
}

/// The step for this validator, for whatever node.
pub(in crate::pool) fn open(shown: &Shown<'_>, validator: &Validator) -> Result<Step, Idle> {
    let leaving = shown.leaving.get(&validator.pubkey);
    let slot = leaving.and_then(|leaving| leaving.withdrawn);
    let slot = slot.filter(|_| validator.stage == Stage::Exiting);
    Ok(Step {
        kind: Kind::FinalBalance(validator.id),
        deed: deed(shown.megapool()?, validator),
        sender: Sender::NodeOrWithdrawal,
        repeat: Repeat::Idempotent,
        body: Body::Needs(Need::Withdrawal {
            of: shown.proven(validator, None)?,
            slot: slot.ok_or(Idle::NoneBack)?.0,
        }),
        words: format!(
            "what came back of validator {} is proved and split",
            validator.id
        ),
        waits: Vec::new(),
    })
}
