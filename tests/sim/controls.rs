//! Worlds that are wrong on purpose. The checkers must notice each, or they are too weak.

use std::collections::BTreeSet;
use std::time::Duration;

use node_core::duties::agreed::value::Value;
use node_core::record::{
    Entry, History, Journal, LogFile, RecordNumber, SignedVote, SimulatedDisk,
};
use node_core::vault::Refusal;
use proto::eth::HeadVote;
use proto::vote::{Commit, Partial, Scope};
use proto::{ClusterSize, DutyId, DutyKind, Epoch, Root, Round, Slot, ValidatorPosition};

use crate::checks::{Checks, Release};
use crate::faults::Fault;
use crate::peer::owner;
use crate::world::{FIRST, World};

/// The first thing that the checkers found.
fn found(world: &World) -> &'static str {
    world
        .checks
        .found
        .first()
        .expect("the checkers must notice")
        .invariant
}

/// The disk says that a record is durable while it is only in its cache.
#[test]
fn a_disk_that_lies_about_a_sync_is_noticed_as_s2() {
    let mut world = World::new(4, 1);
    world.run_to(FIRST);
    let image = world.peers[2].image();
    let cache = SimulatedDisk::new();
    for (file, bytes) in [LogFile::A, LogFile::B].into_iter().zip(image) {
        cache.tamper(file, bytes);
    }
    let owner = owner(&world.cluster, world.peers[2].index);
    let process = world.peers[2].process.as_mut().unwrap();
    // The process goes on writing, but nothing reaches the disk beside it any more.
    let cached = Journal::open(cache, owner).unwrap();
    process.journal = cached;
    world.run_to(FIRST + 4);
    assert_eq!(found(&world), "S2");
}

/// A restarted peer that has forgotten its mark votes a second time in the same slot.
#[test]
fn a_forgotten_restart_mark_is_noticed_as_s14() {
    let world = restarted_after_its_vote(forget_mark);
    assert_eq!(found(&world), "S14");
}

/// The same without forgetting: the mark keeps the peer silent.
#[test]
fn a_restart_mark_that_is_kept_prevents_the_second_vote() {
    restarted_after_its_vote(|_, _| {}).assert_safe();
}

/// A world in which a peer votes, is killed and changed, and starts again in the same slot.
fn restarted_after_its_vote(change: impl FnOnce(&mut World, usize)) -> World {
    let (me, slot) = (1, votes_twice_in());
    let mut world = World::new(4, 2);
    world.run_to(slot);
    // Alone, so that no quorum tells it what to sign.
    (0..4)
        .filter(|other| *other != me)
        .for_each(|other| world.fault(Fault::Cut(me, other, 10)));
    world.run_until(slot, Duration::from_millis(3_000));
    let duty = DutyId {
        slot: Slot(slot),
        kind: DutyKind::Head,
    };
    assert!(world.checks.has_said(me, duty, "PREPARE"));
    world.fault(Fault::Kill(me));
    world.run_until(slot, Duration::from_millis(3_100));
    change(&mut world, me);
    // Meanwhile its beacon node has changed its mind about the head.
    let earlier = world.chain.spec.start_of(Slot(slot));
    world
        .chain
        .arrives(me, (Slot(slot), [0x55; 32].into()), earlier);
    world.fault(Fault::Start(me));
    world.run_to(slot + 1);
    world
}

/// A slot in which a foreign block is attested to.
fn votes_twice_in() -> u64 {
    let world = World::new(4, 2);
    let fits = |slot: &u64| {
        let slot = Slot(*slot);
        world.chain.proposer(slot).is_none() && !world.chain.attesters_in(slot).is_empty()
    };
    (FIRST + 2..FIRST + 8).find(fits).unwrap()
}

/// Writes the record anew with everything but the mark.
fn forget_mark(world: &mut World, peer: usize) {
    let before = world.peers[peer].durable_history(&world.cluster).unwrap();
    let mut after = History::default();
    let keys = before.validators().iter().map(|(key, _)| *key).collect();
    after.add(Entry::Enrolled(keys)).unwrap();
    for (number, (_, marks)) in (0..).zip(before.validators()) {
        after
            .add(Entry::Raised {
                validator: RecordNumber(number),
                marks: marks.watermarks,
            })
            .unwrap();
    }
    while after.sequence() < before.sequence() {
        after.add(Entry::Mark(Slot(0))).unwrap();
    }
    let owner = owner(&world.cluster, world.peers[peer].index);
    world.peers[peer].disk = SimulatedDisk::new();
    Journal::create(world.peers[peer].disk.clone(), owner, after).unwrap();
}

/// Three of four peers release shares of one vote, and two of them of another one, while a third
/// is bad: both signatures can be whole.
#[test]
fn two_votes_of_one_epoch_that_can_both_be_signed_are_noticed_as_s1() {
    let mut world = World::new(4, 3);
    let duty = DutyId {
        slot: Slot(FIRST),
        kind: DutyKind::Head,
    };
    let one = world.chain.head_vote(0, duty.slot, world.now);
    let other = HeadVote {
        beacon_block_root: [9; 32].into(),
        ..one
    };
    let mut checks = Checks::new(ClusterSize::of(4).unwrap());
    checks.bad = BTreeSet::from([3]);
    let mut release = |peer, vote| {
        let value = Value::Head(vote);
        let commit = commit(duty, &value);
        checks.releases(
            peer,
            &commit,
            Release {
                value: &value,
                signing_roots: world.signing_roots(peer, &value, &commit),
                durable: None,
            },
        );
    };
    release(0, one);
    release(1, one);
    release(1, other);
    release(2, other);
    assert!(
        checks
            .found
            .iter()
            .any(|violation| violation.invariant == "S1")
    );
}

fn commit(duty: DutyId, value: &Value) -> Commit {
    Commit {
        scope: Scope {
            lock: [1; 32].into(),
            duty,
        },
        round: Round::ZERO,
        value: consensus::Value::hash(value),
        sequence: 1,
        partials: vec![Partial {
            validator: ValidatorPosition(0),
            signature: [0; 96].into(),
        }],
    }
}

/// A group signature out of nowhere.
#[test]
fn a_submitted_signature_without_enough_shares_is_noticed_as_s11() {
    let mut checks = Checks::new(ClusterSize::of(4).unwrap());
    checks.submits(0, [5; 32].into());
    assert_eq!(checks.found[0].invariant, "S11");
}

/// A vault that refuses what it has on record burns the duty at every retry.
#[test]
fn a_refusal_of_what_is_on_record_is_noticed_as_l7() {
    let mut world = World::new(4, 4);
    let slot = world.head_slots(FIRST..FIRST + 4)[0];
    world.run_to(slot + 1);
    world.assert_safe();
    let duty = DutyId {
        slot: Slot(slot),
        kind: DutyKind::Head,
    };
    world.checks.refuses(0, duty, Refusal::Poisoned);
    world.assert_safe();
    let recorded = SignedVote {
        source: Epoch(0),
        target: Epoch(0),
        signing_root: Root::ZERO,
    };
    let asked = recorded;
    let double = Refusal::DoubleVote { recorded, asked };
    world.checks.refuses(0, duty, double);
    assert_eq!(found(&world), "L7");
}

/// A peer that knows that its record is an old one, and signs.
#[test]
fn a_rolled_back_peer_that_goes_on_is_noticed_as_s12() {
    let mut checks = Checks::new(ClusterSize::of(4).unwrap());
    checks.witnessed((2, 5), 0);
    checks.sends_rolled_back((2, 5), b"one");
    checks.witnessed((2, 5), 1);
    checks.sends_rolled_back((2, 5), b"one");
    assert_eq!(checks.found, [], "what was said before may be repeated");
    checks.sends_rolled_back((2, 5), b"two");
    assert_eq!(checks.found[0].invariant, "S12");
}

/// A record that holds two votes of one epoch: whoever restarts from it could repeat either.
#[test]
fn a_record_with_two_votes_of_one_epoch_is_noticed_as_s3() {
    let mut world = World::new(4, 5);
    let data = world.chain.head_vote(0, Slot(FIRST), world.now);
    let records = [[1; 32], [2; 32]].map(|root| {
        let entry = Entry::Vote {
            data,
            signing_root: root.into(),
            validators: vec![RecordNumber(0)],
        };
        let mut history = History::default();
        let keys = world.cluster.lock.validators.iter();
        let keys = keys.map(|validator| validator.public_key).collect();
        history.add(Entry::Enrolled(keys)).unwrap();
        history.add(entry).unwrap()
    });
    world.checks.recorded(1, &records[..1]);
    world.assert_safe();
    world.checks.recorded(1, &records);
    assert_eq!(found(&world), "S3");
}
