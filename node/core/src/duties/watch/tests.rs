//! What is foreign, and what is not, by what was heard.

use proto::eth::{AttestationData, BeaconBlockHeader, Checkpoint, CommitteeIndex, ValidatorIndex};
use proto::{Epoch, SignatureBytes};

use super::*;
use crate::outcome::Owed;

const SLOT: Slot = Slot(20);
const OURS: ValidatorPosition = ValidatorPosition(1);

fn peer(index: u8) -> PeerIndex {
    size().all().nth(index.into()).unwrap()
}

fn size() -> ClusterSize {
    ClusterSize::of(4).unwrap()
}

fn data(byte: u8) -> AttestationData {
    let checkpoint = Checkpoint {
        epoch: Epoch(2),
        root: Root::ZERO,
    };
    AttestationData {
        slot: SLOT,
        index: CommitteeIndex(0),
        beacon_block_root: [byte; 32].into(),
        source: checkpoint,
        target: checkpoint,
    }
}

fn head() -> DutyId {
    let kind = DutyKind::Head;
    DutyId { slot: SLOT, kind }
}

fn stray(work: Work, bears: Bears) -> Stray {
    let index = ValidatorIndex(7);
    Stray {
        owed: Owed {
            slot: SLOT,
            work,
            index,
        },
        block: [9; 32].into(),
        bears,
    }
}

fn vote(byte: u8) -> Stray {
    stray(Work::Attestation, Bears::Vote(data(byte)))
}

fn block() -> Stray {
    let header = BeaconBlockHeader {
        slot: SLOT,
        proposer_index: ValidatorIndex(7),
        parent_root: Root::ZERO,
        state_root: Root::ZERO,
        body_root: Root::ZERO,
    };
    let signature = SignatureBytes::from([0; 96]);
    stray(Work::Block, Bears::Block(header, signature))
}

/// Sessions to these have been there for long.
fn watch(up: impl IntoIterator<Item = u8>) -> Watch {
    let mut watch = Watch::default();
    for index in up {
        watch.up(peer(index), Slot(SLOT.0 - 2));
    }
    watch
}

fn committed(values: &[AttestationData]) -> Said {
    Said {
        committed: values.iter().map(hash_tree_root).collect(),
        ..Said::default()
    }
}

fn is_foreign(watch: &Watch, stray: &Stray) -> bool {
    watch.is_foreign(stray, OURS, size())
}

#[test]
fn beside_what_t_shares_have_signed_everything_is_foreign_whoever_was_heard() {
    let mut watch = watch([]);
    let signed = |of: ValidatorPosition| Said {
        signed: Some((Signed::Vote(data(1)), BTreeSet::from([of]))),
        ..committed(&[data(1), data(2)])
    };
    watch.close(head(), peer(0), signed(OURS));
    assert!(!is_foreign(&watch, &vote(1)));
    assert!(is_foreign(&watch, &vote(2)), "whoever COMMITted to it");
    // Of a validator for which no t shares came nothing is known.
    watch.close(head(), peer(0), signed(ValidatorPosition(2)));
    assert!(!is_foreign(&watch, &vote(1)));
    assert!(!is_foreign(&watch, &vote(2)));
    assert!(!is_foreign(&watch, &vote(3)), "too few were heard");
}

#[test]
fn what_nobody_has_committed_to_is_foreign_where_t_peers_were_heard() {
    let mut watch = watch([1, 3]);
    watch.close(head(), peer(0), committed(&[data(1)]));
    assert!(is_foreign(&watch, &vote(2)));
    assert!(!is_foreign(&watch, &vote(1)), "others may have signed it");
    let mut watch = self::watch([3]);
    watch.close(head(), peer(0), committed(&[]));
    assert!(!is_foreign(&watch, &vote(2)), "one may have been missed");
}

#[test]
fn a_peer_counts_as_heard_only_if_everything_of_it_was() {
    let doubts: [fn(&mut Watch); 6] = [
        |watch| watch.down(peer(1)),
        |watch| {
            watch.down(peer(1));
            watch.up(peer(1), Slot(SLOT.0 - 1));
        },
        // A session that takes the place of another.
        |watch| watch.up(peer(1), SLOT),
        |watch| watch.unread(peer(1), SLOT),
        // The own clock is late.
        |watch| watch.late_clock(SLOT, Slot(SLOT.0 - 2)),
        // Its clock is ahead.
        |watch| watch.untimely(peer(1), head()),
    ];
    for (number, doubt) in doubts.into_iter().enumerate() {
        let mut watch = watch([1, 3]);
        doubt(&mut watch);
        watch.close(head(), peer(0), committed(&[]));
        assert!(!is_foreign(&watch, &vote(2)), "doubt {number}");
    }
    // Its COMMIT comes when the duty is over, or what comes then cannot be read.
    let late: [fn(&mut Watch); 2] = [
        |watch| watch.untimely(peer(1), head()),
        |watch| watch.unread(peer(1), SLOT.next()),
    ];
    for doubt in late {
        let mut watch = watch([1, 3]);
        watch.close(head(), peer(0), committed(&[]));
        doubt(&mut watch);
        assert!(!is_foreign(&watch, &vote(2)));
    }
}

#[test]
fn a_block_is_foreign_beside_another_and_where_nobody_has_signed_any() {
    let mut watch = watch([1, 3]);
    let kind = DutyKind::Block;
    let duty = DutyId { slot: SLOT, kind };
    watch.close(duty, peer(0), committed(&[]));
    assert!(is_foreign(&watch, &block()));
    watch.close(duty, peer(0), committed(&[data(1)]));
    assert!(!is_foreign(&watch, &block()), "it may be this one");
    let other: Root = [8; 32].into();
    for (root, foreign) in [(other, true), (block().block, false)] {
        let signed = Said {
            signed: Some((Signed::Block(root), BTreeSet::from([OURS]))),
            ..committed(&[data(1)])
        };
        watch.close(duty, peer(0), signed);
        assert_eq!(is_foreign(&watch, &block()), foreign);
    }
}

#[test]
fn of_a_duty_that_was_not_open_here_nothing_is_foreign_and_old_ones_are_forgotten() {
    let mut watch = watch([1, 2, 3]);
    assert!(!is_foreign(&watch, &vote(1)));
    watch.close(head(), peer(0), committed(&[]));
    watch.forget(Slot(SLOT.0 + KEPT));
    assert!(is_foreign(&watch, &vote(1)));
    watch.forget(Slot(SLOT.0 + KEPT + 1));
    assert!(!is_foreign(&watch, &vote(1)));
}

/// Its COMMIT may have been on the way, or this clock was ahead and its duty is still to come.
#[test]
fn a_session_that_ends_after_a_duty_may_have_lost_what_was_said_in_it() {
    let ends: [fn(&mut Watch); 2] = [
        |watch| watch.down(peer(1)),
        |watch| watch.up(peer(1), SLOT.next().next()),
    ];
    for end in ends {
        let mut watch = watch([1, 3]);
        watch.close(head(), peer(0), committed(&[]));
        end(&mut watch);
        assert!(!is_foreign(&watch, &vote(2)));
    }
}

/// A node closes a duty two slots after its own.
#[test]
fn what_cannot_be_read_right_after_a_duty_may_be_of_it() {
    let mut watch = watch([1, 3]);
    watch.close(head(), peer(0), committed(&[]));
    watch.unread(peer(1), SLOT.next().next());
    assert!(!is_foreign(&watch, &vote(2)));
}

#[test]
fn a_head_of_a_time_that_no_clock_is_late_by_blinds_nobody_for_ever() {
    let mut watch = watch([1, 3]);
    watch.late_clock(Slot(u64::MAX), SLOT);
    let slot = Slot(SLOT.0 + 1000);
    let duty = DutyId { slot, ..head() };
    watch.close(duty, peer(0), committed(&[]));
    let mut vote = vote(2);
    vote.owed.slot = slot;
    assert!(is_foreign(&watch, &vote), "1000 slots later");
}
