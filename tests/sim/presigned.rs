//! Scripts of exits that were signed in advance: who is gone for good, who lets them be opened.

use node_core::duties::fault::Breach;
use proto::Versions;
use proto::control::{Answer, ExitRequest as Order, Presigned, Stage};

use crate::faults::Fault;
use crate::scenarios::ms;
use crate::villains::Villain;
use crate::world::{FIRST, World, presigning_cluster};

/// The validator that leaves.
const V: u32 = 1;

/// Four peers whose parts of all exits are sealed and held by everybody.
fn sealed(seed: u64) -> World {
    let mut world = World::of(presigning_cluster(4), seed);
    world.run_until(FIRST + 3, ms(1_000));
    for peer in 0..4 {
        for exit in presigned(&mut world, peer) {
            assert_eq!(exit.sealers, [0, 1, 2, 3], "peer {peer}, {}", world.name());
        }
    }
    world
}

/// What this peer holds of exits that were signed in advance.
fn presigned(world: &mut World, peer: usize) -> Vec<Presigned> {
    world.order(peer, Order::Presigned);
    let Some((_, Answer::Presigned(all))) = world.exits.answers.last() else {
        panic!("what was signed in advance was asked for");
    };
    all.clone()
}

/// These operators let it be opened, one after the other.
fn open(world: &mut World, operators: &[usize]) {
    for operator in operators {
        world.open_exit(*operator, V);
        let later = world.now + ms(500);
        let slot = world.chain.spec.slot_at(later).unwrap();
        world.run_until(slot.0, later.since(world.chain.spec.start_of(slot)));
    }
}

#[test]
fn two_of_four_are_gone_for_good_and_the_two_that_are_left_exit_the_validator() {
    for gone in [[2, 3], [0, 1], [0, 3]] {
        let mut world = sealed(1_000);
        for peer in gone {
            world.fault(Fault::Kill(peer));
        }
        let left: Vec<usize> = (0..4).filter(|peer| !gone.contains(peer)).collect();
        for peer in &left {
            world.fault(Fault::LosePower(*peer));
        }
        world.run_to(FIRST + 6);
        open(&mut world, &left);
        world.run_to(FIRST + 9);
        world.assert_safe();
        assert!(world.leaves(V), "{:?}\n{}", world.exits.told, world.name());
        assert!(!world.leaves(0), "the other was not opened");
        for peer in left {
            let told = world.exits.told.get(&(peer, V));
            assert!(matches!(told, Some(Stage::Leaving { .. })), "{told:?}");
        }
    }
}

#[test]
fn one_alone_opens_nothing() {
    let mut world = sealed(1_010);
    for peer in [2, 3] {
        world.fault(Fault::Kill(peer));
    }
    // The other is there, and its operator has not said yes.
    open(&mut world, &[0]);
    world.run_to(FIRST + 8);
    world.fault(Fault::Kill(1));
    world.run_to(FIRST + 11);
    world.assert_safe();
    assert!(!world.leaves(V));
    assert_eq!(world.exits.keys, Default::default());
}

#[test]
fn what_a_peer_sealed_that_is_gone_comes_from_who_has_it() {
    let mut world = World::of(presigning_cluster(4), 1_020);
    world.run_until(FIRST, ms(100));
    world.fault(Fault::Kill(0));
    world.run_until(FIRST + 3, ms(1_000));
    for peer in [2, 3] {
        world.fault(Fault::Kill(peer));
    }
    world.fault(Fault::Start(0));
    world.run_to(FIRST + 9);
    for exit in presigned(&mut world, 0) {
        assert_eq!(exit.sealers, [0, 1, 2, 3], "{}", world.name());
    }
    open(&mut world, &[0, 1]);
    world.run_to(FIRST + 13);
    world.assert_safe();
    assert!(world.leaves(V), "{:?}", world.exits.told);
}

#[test]
fn who_lies_in_what_was_signed_in_advance_is_named_when_it_is_opened_and_holds_up_nobody() {
    let mut world = World::of(presigning_cluster(4), 1_030);
    world.corrupt(1, Villain::BadShares);
    // It knows its good parts, and would give the whole to the chain by itself.
    world.peers[1].refuses = true;
    world.run_until(FIRST + 3, ms(1_000));
    world.fault(Fault::Kill(3));
    open(&mut world, &[0, 1]);
    world.run_to(FIRST + 6);
    // One of the two gives parts of no key: named, and one honest operator opens nothing.
    assert!(world.blamed.contains(&(0, 1, Breach::SealedExit)));
    assert!(!world.leaves(V));
    open(&mut world, &[2]);
    world.run_to(FIRST + 9);
    world.assert_safe();
    assert!(world.leaves(V), "{:?}", world.exits.told);
    for peer in [0, 2] {
        // What it had sealed was no signature of this exit either.
        assert!(world.blamed.contains(&(peer, 1, Breach::BadShare)));
    }
}

#[test]
fn who_seals_one_for_some_and_another_for_others_holds_up_nobody_and_has_nobody_blamed() {
    let mut world = World::of(presigning_cluster(4), 1_035);
    world.corrupt(1, Villain::Undecided);
    world.peers[1].refuses = true;
    world.run_until(FIRST + 3, ms(1_000));
    world.fault(Fault::Kill(2));
    // The first holds one of the two, the last the other.
    open(&mut world, &[0, 3]);
    world.run_to(FIRST + 7);
    world.assert_safe();
    assert!(world.leaves(V), "{:?}", world.exits.told);
}

#[test]
fn peers_of_an_older_version_are_sent_nothing_of_it_and_the_others_do_without_them() {
    let mut world = World::of(presigning_cluster(4), 1_040);
    world.peers[3].versions = Versions::between(1, 9).unwrap();
    world.run_until(FIRST + 3, ms(1_000));
    for exit in presigned(&mut world, 0) {
        assert_eq!(exit.sealers, [0, 1, 2], "{}", world.name());
    }
    for exit in presigned(&mut world, 3) {
        assert_eq!(exit.sealers, [3], "what it has sealed itself");
    }
    open(&mut world, &[0, 2]);
    world.run_to(FIRST + 7);
    world.assert_safe();
    assert!(world.leaves(V), "{:?}", world.exits.told);
    assert_eq!(world.passed_over, Default::default());
}
