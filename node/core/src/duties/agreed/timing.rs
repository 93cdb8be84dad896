//! Which round of a duty comes first, and when they end.

use std::time::Duration;

use consensus::{Opening, Timing};
use proto::eth::ChainSpec;
use proto::{DutyId, DutyKind};

/// What two answers of a beacon node may take at least: one that builds a block, one that knows it.
const ANSWERS: Duration = Duration::from_millis(250);

/// How a duty of this kind opens: every peer computes a head vote itself, and only one can supply a
/// block.
pub fn opening(kind: DutyKind) -> Opening {
    match kind {
        DutyKind::Head => Opening::Leaderless,
        DutyKind::Block => Opening::Led,
    }
}

/// When the rounds of `duty` end. Round 0 waits a fortieth of a slot at least: the answers of the
/// peers' beacon nodes lie further apart than three round trips on a fast line, and waiting costs
/// nothing where t votes agree.
pub fn timing(duty: DutyId, chain: &ChainSpec, round_trip: Duration) -> Timing {
    let slot = chain.slot_duration();
    let (start, grace) = match duty.kind {
        DutyKind::Head => {
            let due = chain.attestation_deadline(duty.slot);
            (due, (3 * round_trip).max(slot / 40))
        }
        DutyKind::Block => (chain.start_of(duty.slot), Duration::ZERO),
    };
    Timing {
        start,
        grace,
        round: 6 * round_trip + (slot / 12).max(ANSWERS),
        pull: 2 * round_trip,
    }
}
