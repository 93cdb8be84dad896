//! Scripts about disks: full, broken, rolled back, without power.

use node::journal::DiskFault;
use node::vault::Refusal;

use crate::faults::Fault;
use crate::scenarios::{head, ms};
use crate::world::{FIRST, World};

#[test]
fn a_peer_whose_record_is_full_votes_no_more_but_combines_and_the_others_go_on() {
    let mut world = World::new(4, 50);
    world.run_until(FIRST + 1, ms(11_000));
    world.fault(Fault::DiskFull(1));
    world.run_to(FIRST + 10);
    world.assert_all_done(FIRST..FIRST + 9);
    let stopped = world.peers[1]
        .process
        .as_ref()
        .unwrap()
        .node
        .vault()
        .stopped();
    assert_eq!(stopped, Some(Refusal::Poisoned));
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
    let stopped = world.peers[2]
        .process
        .as_ref()
        .unwrap()
        .node
        .vault()
        .stopped();
    assert!(
        matches!(stopped, Some(Refusal::RolledBack { .. })),
        "{stopped:?}"
    );
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
