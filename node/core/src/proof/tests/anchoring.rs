//! Which block a proof is made for.

use std::time::Duration;

use proto::eth::ChainSpec;
use proto::{Root, Slot, Timestamp, example as chain};

use crate::proof::Unprovable;
use crate::proof::anchor::{
    Anchor, Candidate, Choice, HASTE, MARGIN_SLOTS, MOST_AGE, Need, Next, Passed, RING_SLOTS,
    Standing,
};

const NEED: Need = Need {
    since: Slot(900),
    deadline: None,
};

/// Slots of 12 seconds since the Unix epoch, 8 an epoch.
fn spec(changes: &[(&str, &str)]) -> ChainSpec {
    chain::chain(Root::ZERO, changes)
}

fn root(slot: u64) -> Root {
    [slot as u8; 32].into()
}

/// A block, and the next one two slots later.
fn block(standing: Standing, slot: u64) -> Candidate {
    Candidate {
        standing,
        slot: Slot(slot),
        root: root(slot),
        has_payload: true,
        next: Some(Next {
            slot: Slot(slot + 2),
            parent: root(slot),
        }),
    }
}

fn three() -> [Candidate; 3] {
    [
        block(Standing::Head, 1000),
        block(Standing::Finalised, 920),
        block(Standing::Justified, 960),
    ]
}

fn at(slot: u64) -> Timestamp {
    spec(&[]).start_of(Slot(slot))
}

fn anchor(standing: Standing, slot: u64) -> Choice {
    Choice::Prove(Anchor {
        standing,
        slot: Slot(slot),
        root: root(slot),
        slot_timestamp: (slot + 2) * 12,
    })
}

/// Why the only block is passed over.
fn passed(need: Need, now: Timestamp, only: Candidate) -> Option<Passed> {
    match need.choose(&spec(&[]), now, &[only]) {
        Choice::Prove(_) => None,
        Choice::Wait { mut passed, .. } => passed.pop().map(|(_, why)| why),
    }
}

#[test]
fn the_finalised_block_is_shown_by_the_time_of_the_next_that_was_not_missed() {
    let choice = NEED.choose(&spec(&[]), at(1003), &three());
    assert_eq!(choice, anchor(Standing::Finalised, 920));
}

#[test]
fn the_call_must_be_mined_within_the_hour_with_a_margin() {
    let only = block(Standing::Finalised, 920);
    let last = 922 + 3600 / 12 - MARGIN_SLOTS;
    assert_eq!(passed(NEED, at(last), only.clone()), None);
    let late = at(last) + Duration::from_micros(1);
    let age_s = (last - 922) * 12;
    let too_old = Passed::TooOld {
        age_s,
        most_s: MOST_AGE.as_secs(),
    };
    assert_eq!(passed(NEED, late, only), Some(too_old));
}

#[test]
fn where_slots_are_short_the_ring_ends_before_the_hour() {
    let short = spec(&[("SLOT_DURATION_MS", "200")]);
    let only = [block(Standing::Finalised, 920)];
    let last = short.start_of(Slot(922 + RING_SLOTS - MARGIN_SLOTS));
    let choice = NEED.choose(&short, last, &only);
    assert!(matches!(choice, Choice::Prove(_)), "{choice:?}");
    let late = last + Duration::from_micros(1);
    let choice = NEED.choose(&short, late, &only);
    assert!(matches!(choice, Choice::Wait { .. }), "{choice:?}");
}

#[test]
fn without_finality_a_proof_waits_until_its_deadline_is_near() {
    let now = at(1300);
    let far = Need {
        deadline: Some(now + HASTE + Duration::from_secs(1)),
        ..NEED
    };
    let Choice::Wait { until, passed } = far.choose(&spec(&[]), now, &three()) else {
        panic!("the finalised block is too old");
    };
    assert_eq!(until, Some(now + Duration::from_secs(1)));
    assert!(matches!(
        passed[..],
        [(Standing::Finalised, Passed::TooOld { .. })]
    ));
    let never = NEED.choose(&spec(&[]), now, &three());
    assert!(matches!(never, Choice::Wait { until: None, .. }));
}

#[test]
fn near_the_deadline_the_justified_block_does_and_then_the_head() {
    let near = |slot| Need {
        deadline: Some(at(slot) + HASTE),
        ..NEED
    };
    let justified = near(1200).choose(&spec(&[]), at(1200), &three());
    assert_eq!(justified, anchor(Standing::Justified, 960));
    let head = near(1250).choose(&spec(&[]), at(1250), &three());
    assert_eq!(head, anchor(Standing::Head, 1000));
    let Choice::Wait { until, passed } = near(1300).choose(&spec(&[]), at(1300), &three()) else {
        panic!("all are too old");
    };
    assert_eq!((until, passed.len()), (None, 3));
    let fresh = near(1003).choose(&spec(&[]), at(1003), &three());
    assert_eq!(
        fresh,
        anchor(Standing::Finalised, 920),
        "as long as it does"
    );
}

#[test]
fn a_block_that_cannot_be_shown_is_passed_over_with_the_reason() {
    let only = || block(Standing::Finalised, 920);
    let because = |change: &dyn Fn(&mut Candidate)| {
        let mut it = only();
        change(&mut it);
        passed(NEED, at(1003), it)
    };
    let (slot, since) = (Slot(899), Slot(900));
    let early = Passed::TooEarly { slot, since };
    assert_eq!(because(&|it| it.slot = slot), Some(early));
    let empty = Passed::NoPayload(Slot(920));
    assert_eq!(because(&|it| it.has_payload = false), Some(empty));
    let alone = Passed::NoNext(Slot(920));
    assert_eq!(because(&|it| it.next = None), Some(alone));
    let other = || Some(Passed::OtherNext { next: Slot(922) });
    assert_eq!(because(&|it| it.root = root(1)), other());
    assert_eq!(because(&|it| it.slot = Slot(922)), other());
}

#[test]
fn a_block_of_a_fork_to_come_is_passed_over_by_name() {
    let spec = spec(&[
        ("GLOAS_FORK_EPOCH", "115"),
        ("GLOAS_FORK_VERSION", "0x07000001"),
    ]);
    let of = |slot| NEED.choose(&spec, at(1003), &[block(Standing::Finalised, slot)]);
    assert!(matches!(of(919), Choice::Prove(_)));
    let Choice::Wait { passed, .. } = of(920) else {
        panic!("slot 920 lies in epoch 115");
    };
    let [(_, Passed::Unprovable(Unprovable::Newer { fork, .. }))] = &passed[..] else {
        panic!("{passed:?}");
    };
    assert_eq!(fork, "gloas");
}
