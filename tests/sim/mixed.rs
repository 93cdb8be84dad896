//! Clusters in the middle of an upgrade: some peers speak the version before ours.

use node_core::duties::Input;
use node_core::duties::fault::Breach;
use proto::Versions;

use crate::faults::Fault;
use crate::old;
use crate::scenarios::ms;
use crate::world::{FIRST, World};

/// A world of n peers of which these are not upgraded yet.
fn world(n: usize, seed: u64, old: impl IntoIterator<Item = usize>) -> World {
    let mut world = World::new(n, seed);
    for peer in old {
        world.peers[peer].versions = old::VERSIONS;
    }
    world
}

#[test]
fn two_upgraded_peers_and_two_old_ones_perform_every_duty_and_blame_nobody() {
    for seed in 0..4 {
        let mut world = world(4, seed, [0, 3]);
        world.run_to(FIRST + 12);
        world.assert_all_done(FIRST..FIRST + 11);
        assert_eq!(world.blamed, Default::default());
        assert_eq!(world.passed_over, Default::default());
    }
}

#[test]
fn a_cluster_that_is_upgraded_one_by_one_loses_no_duty() {
    let mut world = world(4, 5, 0..4);
    for peer in 0..4 {
        let slot = FIRST + 3 * peer as u64 + 1;
        world.run_until(slot, ms(2_000));
        world.fault(Fault::Kill(peer));
        world.run_until(slot, ms(5_000));
        world.peers[peer].versions = Versions::OURS;
        world.fault(Fault::Start(peer));
    }
    world.run_to(FIRST + 15);
    world.assert_all_done(FIRST..FIRST + 14);
    assert_eq!(world.blamed, Default::default());
}

#[test]
fn what_a_later_version_says_is_counted_and_is_no_fault() {
    let mut world = World::new(4, 6);
    world.run_to(FIRST + 1);
    let sender = world.peers[2].index;
    let frame = vec![0x9a, 0x06, 1, 7]; // Field 99.
    let kind = vec![0x12, 4, 0x08, 9, 0x10, 99]; // A vote on kind 99.
    for bytes in [frame.clone(), frame, kind] {
        world.feed(0, Input::Frame(sender, bytes));
    }
    assert_eq!(world.blamed, Default::default());
    assert_eq!(world.passed_over[&(0, 2, "a frame")], 2);
    assert_eq!(world.passed_over[&(0, 2, "a duty kind")], 1);
    world.run_to(FIRST + 4);
    world.assert_all_done(FIRST..FIRST + 3);
    let torn = vec![0x9a, 0x06, 9];
    world.feed(0, Input::Frame(sender, torn));
    assert!(world.blamed.contains(&(0, 2, Breach::BadFrame)));
}
