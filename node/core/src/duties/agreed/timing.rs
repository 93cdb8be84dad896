//! When the rounds of a duty end.

use std::time::Duration;

use consensus::Timing;
use proto::{DutyId, DutyKind};

use super::kind::begin;
use crate::duties::facts::Step;

/// What two answers of a beacon node may take at least: one that builds a block, one that knows it.
const ANSWERS: Duration = Duration::from_millis(250);

/// When the rounds of `duty` end. Where others may build blocks, a beacon node waits for them up to
/// a second, and relays are asked for what it has chosen: a round is longer by a twelfth of a slot.
pub fn timing(duty: DutyId, step: &Step<'_>) -> Timing {
    let (chain, round_trip) = (&step.facts.chain, step.peers.quorum_round_trip());
    let (start, grace) = begin(duty, chain, round_trip);
    let twelfth = chain.slot_duration() / 12;
    let may_be_built = duty.kind == DutyKind::Block && step.builders.is_some();
    let bids = if may_be_built {
        twelfth
    } else {
        Duration::ZERO
    };
    Timing {
        start,
        grace,
        round: 6 * round_trip + twelfth.max(ANSWERS) + bids,
        pull: 2 * round_trip,
    }
}
