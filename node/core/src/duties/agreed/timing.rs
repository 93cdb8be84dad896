//! When the rounds of a duty end.

use std::time::Duration;

use consensus::Timing;
use proto::DutyId;
use proto::eth::ChainSpec;

use super::kind::begin;

/// What two answers of a beacon node may take at least: one that builds a block, one that knows it.
const ANSWERS: Duration = Duration::from_millis(250);

/// When the rounds of `duty` end.
pub fn timing(duty: DutyId, chain: &ChainSpec, round_trip: Duration) -> Timing {
    let (start, grace) = begin(duty, chain, round_trip);
    Timing {
        start,
        grace,
        round: 6 * round_trip + (chain.slot_duration() / 12).max(ANSWERS),
        pull: 2 * round_trip,
    }
}
