//! A validator that leaves is proved to leave, in time: a late notice costs a fine, and until the
//! final balance is proved the megapool distributes nothing. One that was challenged and does not
//! leave is proved not to. Source: `RocketMegapoolManager.notifyExit`, `notifyNotExit`.

use super::Facts;
use super::step::{Body, Kind, Need, Repeat, Sender, Step};
use crate::pool::megapool::{Stage, Validator};

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    facts
        .validators()
        .filter_map(|it| step(facts, it))
        .collect()
}

fn step(facts: &Facts<'_>, validator: &Validator) -> Option<Step> {
    if validator.stage != Stage::Staked {
        return None;
    }
    let id = validator.id;
    let leaving = facts.made.leaving.get(&validator.pubkey);
    let (kind, words) = match (leaving, validator.locked_since) {
        (Some(leaving), _) => {
            let rules = facts.sight.head.network.megapools.as_ref();
            let before = rules.map_or(0, |rules| rules.notify_threshold_epochs);
            let last = leaving.withdrawable.0.saturating_sub(before);
            let words = format!("validator {id} leaves: this is proved, at epoch {last} at last");
            (Kind::NotifyExit(id), words)
        }
        (None, Some(since)) => {
            let words = format!(
                "validator {id} was challenged at {since} (Unix seconds) and does not leave: this \
                 is proved"
            );
            (Kind::NotifyNotExit(id), words)
        }
        (None, None) => return None,
    };
    Some(Step {
        kind,
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Needs(Need::Validator(facts.proven(validator)?)),
        words,
        waits: Vec::new(),
    })
}
