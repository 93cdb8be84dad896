//! Head votes that are not the duty's, nor the own view's.

use proto::eth::{Checkpoint, CommitteeIndex};
use proto::{DutyKind, Epoch, Slot};

use super::super::value::tests::chain;
use super::*;

fn vote() -> HeadVote {
    HeadVote {
        slot: Slot(17),
        index: CommitteeIndex(0),
        beacon_block_root: [1; 32].into(),
        source: Checkpoint {
            epoch: Epoch(1),
            root: [2; 32].into(),
        },
        target: Checkpoint {
            epoch: Epoch(2),
            root: [3; 32].into(),
        },
    }
}

const DUTY: DutyId = DutyId {
    slot: Slot(17),
    kind: DutyKind::Head,
};

#[test]
fn a_head_vote_of_another_slot_epoch_or_index_is_refused() {
    let own = vote();
    let check = |data: &HeadVote| check_head(data, DUTY, &chain());
    assert_eq!(check(&vote()), Ok(()));
    assert_eq!(
        check(&HeadVote {
            slot: Slot(18),
            ..vote()
        }),
        Err(Flaw::OtherDuty)
    );
    let index = CommitteeIndex(1);
    assert_eq!(check(&HeadVote { index, ..vote() }), Err(Flaw::OtherDuty));
    let target = Checkpoint {
        epoch: Epoch(3),
        ..own.target
    };
    assert_eq!(check(&HeadVote { target, ..vote() }), Err(Flaw::OtherDuty));
}

/// Holesky, February 2025: a leader on a bad chain could carry the others onto its target.
#[test]
fn holesky_2025_another_target_is_not_accepted_from_a_leader() {
    let other = Checkpoint {
        epoch: Epoch(2),
        root: [9; 32].into(),
    };
    let proposed = HeadVote {
        target: other,
        ..vote()
    };
    assert_eq!(
        check_target(&proposed, &vote()),
        Err(Doubt::OtherCheckpoints)
    );
}

#[test]
fn the_source_is_checked_even_when_a_value_is_forced() {
    let source = Checkpoint {
        epoch: Epoch(0),
        root: [2; 32].into(),
    };
    let proposed = HeadVote { source, ..vote() };
    let own = vote();
    let verdict = check_source(&proposed, Some(&own));
    assert_eq!(verdict, Err(Doubt::OtherCheckpoints));
}

#[test]
fn a_peer_without_a_view_gives_no_vote() {
    assert_eq!(check_source(&vote(), None), Err(Doubt::NoView));
}
