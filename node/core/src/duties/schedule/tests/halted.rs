//! What is owed by a validator of which nothing is signed.

use proto::eth::{SyncDuty, ValidatorIndex};
use proto::{DutyId, DutyKind};

use super::*;

const OURS: ValidatorPosition = ValidatorPosition(0);

fn duty(at: u64, kind: DutyKind) -> DutyId {
    DutyId {
        slot: Slot(FULU.0 * SLOTS + at),
        kind,
    }
}

/// A validator that attests in the second slot of the epoch, proposes in the fourth, and sits in
/// the sync committee.
fn answered(desk: &mut Desk) {
    desk.schedule.set_syncing(true, false);
    for due in desk.due() {
        if due.topic == Topic::Proposers(FULU) {
            let proposal = ProposerDuty {
                pubkey: key(),
                validator_index: INDEX,
                slot: duty(3, DutyKind::Block).slot,
            };
            let found = Drawn {
                root: None,
                duties: vec![proposal],
            };
            desk.schedule.set_proposers(due, &found);
        } else if due.topic == Topic::Seats(FULU) {
            let seats = SyncDuty {
                pubkey: key(),
                validator_index: INDEX,
                validator_sync_committee_indices: vec![3],
            };
            desk.schedule.set_seats(due, &[seats]);
        } else {
            desk.answer(due, FULU, 1, 2);
        }
    }
}

/// All that is owed and not signed in the epoch, and in the slot before it.
fn withheld(schedule: &Schedule) -> Vec<(u64, &'static str, ValidatorIndex)> {
    let slots = Slot(FULU.0 * SLOTS - 1)..Slot((FULU.0 + 1) * SLOTS);
    let duties = schedule.withheld_in(slots);
    let owed = duties.into_iter().flat_map(|of| {
        let at = (of.slot.0 + 1) - FULU.0 * SLOTS;
        let all = schedule.withheld(of).into_iter();
        all.map(move |(_, index)| (at, of.kind.name(), index))
    });
    owed.collect()
}

#[test]
fn what_a_halted_validator_owes_is_known_whether_it_was_halted_before_or_after_it_was_named() {
    for is_named_first in [true, false] {
        let mut desk = Desk::begun(FULU);
        if is_named_first {
            answered(&mut desk);
            assert_eq!(withheld(&desk.schedule), [], "nothing is halted");
        }
        desk.schedule.halt(OURS);
        if !is_named_first {
            answered(&mut desk);
        }
        let [attests, proposes] = [duty(1, DutyKind::Head), duty(3, DutyKind::Block)];
        assert_eq!(desk.schedule.attesters(attests.slot), []);
        assert_eq!(desk.schedule.proposer(proposes.slot), None);
        assert_eq!(desk.schedule.members(attests.slot), []);
        let owed = withheld(&desk.schedule);
        let mut expected = vec![(2, "head", INDEX), (4, "block", INDEX)];
        // From the slot before the epoch to the last but one of it.
        expected.extend((0..SLOTS).map(|at| (at, "sync_message", INDEX)));
        assert_eq!(owed, expected, "named first: {is_named_first}");
    }
}

#[test]
fn of_a_halted_member_nothing_is_owed_while_the_peers_perform_no_sync_duties() {
    let mut desk = Desk::begun(FULU);
    desk.schedule.halt(OURS);
    answered(&mut desk);
    desk.schedule.set_syncing(false, true);
    let owed = withheld(&desk.schedule);
    assert_eq!(owed, [(2, "head", INDEX), (4, "block", INDEX)]);
    let slots = Slot(FULU.0 * SLOTS)..Slot((FULU.0 + 1) * SLOTS);
    let duties = desk.schedule.withheld_in(slots).len();
    assert_eq!(duties, 2, "nor is a duty named that nobody owes");
}

#[test]
fn of_a_slashed_validator_nothing_is_owed_whether_it_was_named_before_or_after() {
    for is_named_first in [true, false] {
        let mut desk = Desk::begun(FULU);
        desk.schedule.halt(OURS);
        if is_named_first {
            answered(&mut desk);
            assert!(!withheld(&desk.schedule).is_empty(), "it may be resumed");
        }
        let slashed = desk.schedule.registered.get_mut(&OURS).unwrap();
        slashed.slashed = true;
        desk.schedule.halt(OURS);
        if !is_named_first {
            answered(&mut desk);
        }
        assert_eq!(
            withheld(&desk.schedule),
            [],
            "named first: {is_named_first}"
        );
    }
}

#[test]
fn what_halted_validators_owe_is_forgotten_with_its_time() {
    let mut desk = Desk::begun(FULU);
    desk.schedule.halt(OURS);
    answered(&mut desk);
    let all = |desk: &Desk| desk.schedule.withheld_in(Slot(0)..Slot(u64::MAX)).len();
    assert!(all(&desk) > 2);
    desk.now = chain().start_of(Slot((FULU.0 + 3) * SLOTS));
    desk.due();
    assert_eq!(all(&desk), 0);
}

#[test]
fn what_a_halted_validator_owes_follows_the_chain_when_it_turns() {
    let mut desk = Desk::settled(FULU, 1, 2);
    desk.schedule.halt(OURS);
    assert_eq!(withheld(&desk.schedule), [(2, "head", INDEX)]);
    desk.head(FULU, 5, 2);
    desk.answer_all(FULU, 5, 2);
    assert_eq!(withheld(&desk.schedule), [(6, "head", INDEX)]);
}
