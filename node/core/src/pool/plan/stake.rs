//! A validator whose 1 ETH lies at the beacon chain is proved to have our credentials, and gets the
//! other 31 ETH. Anybody may; after the term anybody may dissolve it instead. Source:
//! `RocketMegapoolManager.stake`.

use super::Facts;
use super::shown::{Idle, Shown, deed};
use super::step::{Body, Due, Kind, Need, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let shown = facts.shown();
    let step = |it: &Validator| open(&shown, it).ok();
    facts.validators().filter_map(step).collect()
}

/// The step for this validator, for whatever node.
pub(in crate::pool) fn open(shown: &Shown<'_>, validator: &Validator) -> Result<Step, Idle> {
    let Stage::Prestaked { dissolvable, .. } = validator.stage else {
        return Err(Idle::NonePrestaked);
    };
    let due = Some(Due::Time(dissolvable));
    Ok(Step {
        kind: Kind::Stake(validator.id),
        deed: deed(shown.megapool()?, validator),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Needs(Need::Validator(shown.proven(validator, due)?)),
        words: format!(
            "validator {} is proved to be ours and gets its 31 ETH, before {dissolvable} (Unix \
             seconds)",
            validator.id
        ),
        waits: Vec::new(),
    })
}
