//! Scripts about disks: full, broken, rolled back, without power.

use node_core::duties::note::Phase;
use node_core::record::DiskFault;
use node_core::vault::Refusal;

use crate::faults::Fault;
use crate::scenarios::{head, ms};
use crate::villains::{NEVER_SHOWN, Villain};
use crate::world::{FIRST, World};

fn stopped(world: &World, peer: usize) -> Option<Refusal> {
    let process = world.peers[peer].process.as_ref().unwrap();
    process.node.vault().stopped()
}

#[test]
fn a_peer_whose_record_is_full_votes_no_more_but_combines_and_the_others_go_on() {
    let mut world = World::new(4, 50);
    world.run_until(FIRST + 1, ms(11_000));
    world.fault(Fault::DiskFull(1));
    world.run_to(FIRST + 10);
    world.assert_all_done(FIRST..FIRST + 9);
    assert_eq!(stopped(&world, 1), Some(Refusal::Poisoned));
    for slot in world.head_slots(FIRST + 3..FIRST + 9) {
        assert!(
            !world.checks.has_said(1, head(slot), "PREPARE"),
            "slot {slot}"
        );
        assert!(
            world.signed.contains_key(&(1, head(slot))),
            "it submits in slot {slot}"
        );
    }
}

/// It neither fails nor answers. The peer must not vanish without a word.
#[test]
fn a_peer_whose_disk_hangs_votes_no_more_but_combines_and_the_others_go_on() {
    let mut world = World::new(4, 51);
    world.run_until(FIRST + 1, ms(11_000));
    world.peers[1].sync_ms = (3_600_000, 3_600_000);
    world.run_to(FIRST + 10);
    world.assert_all_done(FIRST..FIRST + 9);
    for slot in world.head_slots(FIRST + 4..FIRST + 9) {
        let voted = world.checks.has_said(1, head(slot), "PREPARE");
        assert!(!voted, "slot {slot}");
        let submits = world.signed.contains_key(&(1, head(slot)));
        assert!(submits, "slot {slot}");
    }
    let node = &world.peers[1].process.as_ref().unwrap().node;
    assert!(node.waits_for_disk() > ms(60_000));
}

/// How long the disk takes is measured from there.
#[test]
fn a_record_that_is_durable_after_t_others_have_signed_is_told_too() {
    let mut world = World::new(4, 52);
    world.peers[1].sync_ms = (400, 400);
    world.run_to(FIRST + 6);
    world.assert_all_done(FIRST + 1..FIRST + 5);
    for slot in world.head_slots(FIRST + 1..FIRST + 5) {
        let at = |phase| world.reached.get(&(1, head(slot), phase)).copied();
        let (durable, others) = (at(Phase::RecordDurable), at(Phase::CommitQuorum));
        assert!(others.is_some(), "slot {slot}");
        assert!(durable > others, "slot {slot}: {durable:?}");
    }
}

#[test]
fn a_rolled_back_data_directory_is_noticed_at_the_handshake() {
    let mut world = World::new(4, 60);
    world.run_until(FIRST + 6, ms(8_000));
    world.fault(Fault::RollBack(2, 4));
    world.run_until(FIRST + 6, ms(9_000));
    world.fault(Fault::Start(2));
    world.run_to(FIRST + 14);
    world.assert_all_done(FIRST..FIRST + 13);
    assert!(
        world.rolled_back[&2] >= 2,
        "f + 1 peers say so: {:?}",
        world.rolled_back
    );
    let stopped = stopped(&world, 2);
    assert!(
        matches!(stopped, Some(Refusal::RolledBack { .. })),
        "{stopped:?}"
    );
}

/// The peers that remember are enough: f + 1 of those that stay.
#[test]
fn a_rolled_back_record_is_noticed_although_one_witness_has_lost_its_memory() {
    let mut world = World::new(4, 61);
    world.run_until(FIRST + 6, ms(8_000));
    world.fault(Fault::RollBack(2, 4));
    world.fault(Fault::Forget(0));
    world.run_until(FIRST + 6, ms(9_000));
    world.fault(Fault::Start(0));
    world.fault(Fault::Start(2));
    world.run_to(FIRST + 14);
    // The one that forgot was restarted too, and votes again after its mark.
    world.assert_all_done(FIRST + 8..FIRST + 13);
    let stopped = stopped(&world, 2);
    assert!(matches!(stopped, Some(Refusal::RolledBack { .. })));
}

/// The marks it wrote alone must not bring it past what the others have seen.
#[test]
fn a_rolled_back_record_is_noticed_however_long_its_peer_was_alone() {
    let mut world = World::new(4, 64);
    world.run_until(FIRST + 6, ms(8_000));
    world.fault(Fault::RollBack(2, 4));
    let others = [0, 1, 3];
    others
        .into_iter()
        .for_each(|other| world.fault(Fault::Cut(2, other, 10)));
    world.fault(Fault::Start(2));
    world.run_to(FIRST + 40);
    assert_eq!(stopped(&world, 2), None, "nobody could say so");
    others
        .into_iter()
        .for_each(|other| world.fault(Fault::Mend(2, other)));
    world.run_to(FIRST + 44);
    world.assert_all_done(FIRST..FIRST + 43);
    assert!(matches!(
        stopped(&world, 2),
        Some(Refusal::RolledBack { .. })
    ));
}

/// Nobody remembers: the peer signs with an old record, as bad as a liar, and within the budget.
#[test]
fn a_rolled_back_record_that_nobody_remembers_slashes_nobody() {
    let mut world = World::new(4, 62);
    world.weather.split_percent = 100;
    world.run_until(FIRST + 6, ms(3_000));
    world.fault(Fault::RollBack(2, 4));
    [0, 1, 3]
        .into_iter()
        .for_each(|peer| world.fault(Fault::Forget(peer)));
    world.run_until(FIRST + 6, ms(4_000));
    (0..4).for_each(|peer| world.fault(Fault::Start(peer)));
    world.run_to(FIRST + 14);
    world.assert_safe();
    assert_eq!(stopped(&world, 2), None, "the old record was not noticed");
}

#[test]
fn two_rolled_back_peers_of_seven_are_both_noticed_and_cost_no_duty() {
    let mut world = World::new(7, 63);
    world.run_until(FIRST + 6, ms(8_000));
    [2, 5]
        .into_iter()
        .for_each(|peer| world.fault(Fault::RollBack(peer, 4)));
    world.run_until(FIRST + 6, ms(9_000));
    [2, 5]
        .into_iter()
        .for_each(|peer| world.fault(Fault::Start(peer)));
    world.run_to(FIRST + 14);
    world.assert_all_done(FIRST..FIRST + 13);
    for peer in [2, 5] {
        let stopped = stopped(&world, peer);
        assert!(matches!(stopped, Some(Refusal::RolledBack { .. })));
    }
}

#[test]
fn all_peers_losing_power_at_once_lose_no_more_than_the_marks_demand() {
    for seed in 0..4 {
        let mut world = World::new(4, 130 + seed);
        world.run_until(FIRST + 3, ms(1_500 + 400 * seed));
        (0..4).for_each(|peer| world.fault(Fault::LosePower(peer)));
        world.run_until(FIRST + 3, ms(2_500 + 400 * seed));
        (0..4).for_each(|peer| world.fault(Fault::Start(peer)));
        world.run_to(FIRST + 10);
        world.assert_all_done(FIRST + 5..FIRST + 9);
    }
}

#[test]
fn a_poisoned_peer_is_told_once_that_its_reveal_is_refused() {
    let mut world = World::new(4, 140);
    world.run_to(FIRST);
    world.fault(Fault::DiskFull(1));
    world.run_to(FIRST + 8);
    world.assert_safe();
    let slots = world.block_slots(FIRST..FIRST + 10).len();
    assert!(
        world.refused_reveals <= slots,
        "{} times",
        world.refused_reveals
    );
}

#[test]
fn the_power_may_fail_in_any_disk_operation_of_a_slot() {
    for operation in 0..20 {
        let mut world = World::new(4, 150 + operation);
        world.run_until(FIRST + 1, ms(500));
        let disk = &world.peers[1].disk;
        disk.plan(disk.operations() + operation, DiskFault::PowerCut);
        world.peers[1].power_cut = true;
        world.run_to(FIRST + 7);
        world.assert_all_done(FIRST + 1..FIRST + 6);
    }
}

#[test]
fn of_four_a_false_witness_stops_nobody() {
    let mut world = World::new(4, 340);
    world.corrupt(3, Villain::FalseWitness);
    world.run_to(FIRST + 9);
    world.assert_all_done(FIRST..FIRST + 8);
    for peer in 0..3 {
        assert!(world.rolled_back[&peer] > 0, "{peer} is told of it");
        assert_eq!(stopped(&world, peer), None, "{peer}");
    }
}

/// Three tolerate no bad one. But it is known who it is, and the others go on once their operators
/// have spoken.
#[test]
fn of_three_a_false_witness_stops_both_until_they_deny_its_claim() {
    let mut world = World::new(3, 341);
    world.corrupt(2, Villain::FalseWitness);
    world.run_to(FIRST + 4);
    world.assert_safe();
    let liar = world.peers[2].index;
    for peer in 0..2 {
        let Some(Refusal::Claimed {
            claimant, claimed, ..
        }) = stopped(&world, peer)
        else {
            panic!("peer {peer}: {:?}", stopped(&world, peer));
        };
        assert_eq!((claimant, claimed), (liar, NEVER_SHOWN), "{peer}");
        world.peers[peer].denied.insert((liar, NEVER_SHOWN));
        world.fault(Fault::Kill(peer));
        world.fault(Fault::Start(peer));
    }
    world.run_to(FIRST + 13);
    world.assert_all_done(FIRST + 6..FIRST + 12);
}
