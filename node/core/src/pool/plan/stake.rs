//! A validator whose 1 ETH lies at the beacon chain is proved to have our credentials, and gets the
//! other 31 ETH. Anybody may; after the term anybody may dissolve it instead. Source:
//! `RocketMegapoolManager.stake`.

use super::Facts;
use super::step::{Body, Kind, Need, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let step = |validator: &Validator| {
        let Stage::Prestaked { dissolvable, .. } = validator.stage else {
            return None;
        };
        Some(Step {
            kind: Kind::Stake(validator.id),
            sender: Sender::Anybody,
            repeat: Repeat::Idempotent,
            body: Body::Needs(Need::Validator(facts.proven(validator)?)),
            words: format!(
                "validator {} is proved to be ours and gets its 31 ETH, before {dissolvable} (Unix \
                 seconds)",
                validator.id
            ),
            waits: Vec::new(),
        })
    };
    facts.validators().filter_map(step).collect()
}
