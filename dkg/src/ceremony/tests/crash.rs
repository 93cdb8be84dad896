//! A peer loses power between any two outputs and comes back from seed and position.

use super::world::World;
use crate::ceremony::*;

/// How many outputs the victim performs in an undisturbed run of this seed.
fn outputs_of(seed: u64, victim: usize) -> usize {
    let mut world = World::started(4, 1, seed);
    world.run();
    world.assert_all_finished();
    world.performed[&world.peer(victim)]
}

#[test]
fn a_peer_that_loses_power_between_any_two_outputs_comes_back_and_all_finish() {
    let seed = 11;
    for after in 0..outputs_of(seed, 2) {
        let mut world = World::new(4, 1, seed);
        let victim = world.peer(2);
        world.power_cut = Some((victim, after));
        for peer in world.size.all() {
            world.start(peer);
        }
        world.run();
        assert!(
            !world.machines.contains_key(&victim),
            "power cut after {after}"
        );
        world.start(victim);
        world.run();
        world.assert_all_finished();
    }
}

#[test]
fn any_peer_that_crashes_between_any_two_deliveries_comes_back_and_all_finish() {
    let seed = 12;
    let deliveries = {
        let mut world = World::started(4, 1, seed);
        std::iter::from_fn(|| world.deliver().then_some(())).count()
    };
    for after in 0..deliveries {
        let mut world = World::started(4, 1, seed);
        for _ in 0..after {
            world.deliver();
        }
        let victim = world.peer(after % 4);
        world.crash(victim);
        for _ in 0..after % 7 {
            world.deliver();
        }
        world.start(victim);
        world.run();
        world.assert_all_finished();
    }
}

/// Charon's ceremony stores nothing before its end and aborts for all when one peer drops, so some
/// may hold keys and others none. Here nobody holds a certificate before everybody has stored, and
/// whoever holds it completes the others.
#[test]
fn charon_n_of_n_ending_is_atomic_here() {
    let seed = 13;
    for after in 0..outputs_of(seed, 1) {
        let mut world = World::new(4, 1, seed);
        let victim = world.peer(1);
        world.power_cut = Some((victim, after));
        for peer in world.size.all() {
            world.start(peer);
        }
        world.run();
        let anybody_finished = world.heard.values().any(|h| h.finished.is_some());
        let everybody_stored = world.disks.values().all(|disk| !disk.keys.is_empty());
        assert!(
            !anybody_finished || everybody_stored,
            "power cut after {after}"
        );
        world.start(victim);
        world.run();
        world.assert_all_finished();
    }
}

/// Obol story #833: a dealer's bad deals were left in and 999 of 1,000 keys gave bad partial
/// signatures. Here no key is stored before every peer has shown a valid partial signature with
/// every share, and combinations of several subsets have been verified.
#[test]
fn story_833_no_key_is_stored_before_every_share_has_signed() {
    let mut world = World::started(4, 3, 14);
    let silent = world.peer(3);
    while world.deliver() {
        let proven = |h: &super::world::Told| h.progress.is_some_and(|p| p.step > Step::Proving);
        for (peer, disk) in &world.disks {
            assert_eq!(proven(&world.heard[peer]), !disk.keys.is_empty());
        }
        if world.heard[&silent]
            .progress
            .is_some_and(|p| p.step == Step::Proving)
        {
            break;
        }
    }
    world.crash(silent);
    world.run();
    for (peer, disk) in &world.disks {
        let progress = world.heard[peer].progress.unwrap();
        assert!(progress.step == Step::Acknowledging || disk.keys.is_empty());
    }
    world.start(silent);
    world.run();
    world.assert_all_finished();
}

/// A world in which `victim` lost power before it stored, and all others have acknowledged.
pub fn all_but_one_acknowledged(victim: usize) -> World {
    for seed in 15..60 {
        let mut world = World::started(4, 1, seed);
        let victim = world.peer(victim);
        let stored = |world: &World| world.disks.values().filter(|d| !d.keys.is_empty()).count();
        while stored(&world) < 3 && world.deliver() {}
        if world.disks[&victim].keys.is_empty() {
            world.crash(victim);
            world.run();
            if stored(&world) == 3 {
                return world;
            }
        }
    }
    panic!("in some world the victim is the last to store");
}

#[test]
fn an_attempt_that_one_peer_never_acknowledged_can_be_left_by_all() {
    let mut world = all_but_one_acknowledged(0);
    let victim = world.peer(0);
    // The others may not leave by themselves; the one who never acknowledged may, and they follow.
    world.give(world.peer(1), Input::Retry);
    assert_eq!(world.disks[&world.peer(1)].position.attempt, 0);
    world.disks.get_mut(&victim).unwrap().position.attempt = 1;
    world.start(victim);
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}

#[test]
fn an_attempt_that_all_but_one_acknowledged_ends_when_that_one_comes_back() {
    let mut world = all_but_one_acknowledged(0);
    world.start(world.peer(0));
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 0));
}
