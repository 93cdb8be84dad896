//! Scripts of exits: who approves, who is away, who lies.

use node_core::duties::Input;
use node_core::duties::fault::Breach;
use proto::control::{Answer, ExitRequest as Order, Stage, Which};
use proto::exit::{ExitWord, Says, TERM};
use proto::frame::{Frame, SentExitWord};
use proto::{Epoch, ValidatorPosition};

use crate::faults::Fault;
use crate::old;
use crate::peer::BeaconNode;
use crate::scenarios::ms;
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// The validator that leaves.
const V: u32 = 1;

/// A world of four that has run for a slot, these operators having approved.
fn approved(seed: u64, operators: &[usize]) -> World {
    let mut world = World::new(4, seed);
    world.run_until(FIRST + 1, ms(1_000));
    say_yes(&mut world, operators);
    world
}

/// These operators approve, one after the other.
fn say_yes(world: &mut World, operators: &[usize]) {
    for operator in operators {
        world.approve(*operator, V);
        let later = world.now + ms(500);
        let slot = world.chain.spec.slot_at(later).unwrap();
        world.run_until(slot.0, later.since(world.chain.spec.start_of(slot)));
    }
}

/// How the exit stands on this peer.
fn stage(world: &mut World, peer: usize) -> Option<(Stage, Vec<u32>)> {
    world.order(peer, Order::List);
    let (_, Answer::Exits(exits)) = world.exits.answers.last().unwrap() else {
        panic!("a list was asked for");
    };
    let exit = exits.iter().find(|exit| exit.validator.0 == V)?;
    Some((exit.stage.clone(), exit.too_old.clone()))
}

impl World {
    fn assert_left(&mut self, slot: u64) {
        self.run_to(slot);
        self.assert_safe();
        assert!(self.leaves(V), "{:?}\n{}", self.exits.told, self.name());
    }
}

#[test]
fn three_of_four_approve_and_every_peer_sees_the_validator_leave() {
    for away in 0..4 {
        let operators: Vec<usize> = (0..4).filter(|peer| *peer != away).collect();
        let mut world = approved(900, &operators);
        world.assert_left(FIRST + 5);
        for peer in 0..4 {
            let (stage, _) = stage(&mut world, peer).unwrap();
            assert!(matches!(stage, Stage::Leaving { .. }), "{stage:?}");
        }
        world.assert_all_done(FIRST..FIRST + 4);
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn two_of_four_approve_and_nothing_is_signed() {
    let mut world = approved(901, &[0, 3]);
    world.run_to(FIRST + 6);
    world.assert_safe();
    assert!(!world.leaves(V));
    assert_eq!(world.exits.shares, Default::default());
    assert_eq!(stage(&mut world, 1).unwrap().0, Stage::Waiting);
}

#[test]
fn a_peer_with_a_bad_share_is_named_and_the_exit_waits_for_a_good_one() {
    let mut world = World::new(4, 902);
    world.corrupt(2, Villain::BadShares);
    // It knows its good share, and would give the whole to the chain by itself.
    world.peers[2].refuses = true;
    world.run_until(FIRST + 1, ms(1_000));
    world.fault(Fault::Kill(3));
    say_yes(&mut world, &[0, 1, 2]);
    world.run_to(FIRST + 4);
    world.assert_safe();
    for peer in [0, 1] {
        assert!(world.blamed.contains(&(peer, 2, Breach::BadShare)));
    }
    assert!(!world.leaves(V));
    world.fault(Fault::Start(3));
    world.assert_left(FIRST + 7);
}

#[test]
fn words_outlast_the_death_of_every_process() {
    let mut world = approved(903, &[0, 1]);
    for peer in 0..4 {
        world.fault(Fault::LosePower(peer));
    }
    world.run_to(FIRST + 5);
    assert!(!world.leaves(V));
    say_yes(&mut world, &[3]);
    world.assert_left(FIRST + 8);
}

#[test]
fn a_peer_that_was_away_hears_from_others_what_an_operator_said_who_is_away_now() {
    let mut world = World::new(4, 904);
    world.run_until(FIRST + 1, ms(1_000));
    world.fault(Fault::Kill(3));
    say_yes(&mut world, &[0]);
    world.fault(Fault::Kill(0));
    world.run_to(FIRST + 2);
    world.fault(Fault::Start(3));
    world.run_until(FIRST + 2, ms(3_000));
    say_yes(&mut world, &[3, 2]);
    world.assert_left(FIRST + 6);
}

#[test]
fn peers_that_die_while_they_sign_sign_again() {
    for seed in 905..911 {
        let mut world = approved(seed, &[0, 1, 2]);
        let after = ms(100 * (seed - 904));
        let slot = world.chain.spec.slot_at(world.now).unwrap();
        world.run_until(slot.0 + 1, after);
        for peer in [0, 1] {
            world.fault(Fault::Kill(peer));
        }
        world.run_until(slot.0 + 1, after + ms(2_000));
        for peer in [0, 1] {
            world.fault(Fault::Start(peer));
        }
        world.assert_left(slot.0 + 5);
    }
}

#[test]
fn one_old_peer_is_never_sent_a_frame_of_exits_and_the_three_others_do_without_it() {
    let mut world = World::new(4, 920);
    world.peers[3].versions = old::VERSIONS;
    world.run_until(FIRST + 1, ms(1_000));
    say_yes(&mut world, &[0, 1, 2]);
    world.assert_left(FIRST + 5);
    world.assert_all_done(FIRST..FIRST + 4);
    assert_eq!(world.passed_over, Default::default());
}

#[test]
fn with_two_old_peers_nothing_is_signed_and_each_peer_says_whose_program_is_too_old() {
    let mut world = World::new(4, 921);
    for peer in [1, 3] {
        world.peers[peer].versions = old::VERSIONS;
    }
    world.run_until(FIRST + 1, ms(1_000));
    say_yes(&mut world, &[0, 1, 2, 3]);
    world.run_to(FIRST + 5);
    world.assert_safe();
    assert!(!world.leaves(V));
    assert_eq!(stage(&mut world, 0), Some((Stage::Waiting, vec![1, 3])));
}

#[test]
fn an_operator_who_says_two_epochs_holds_up_nobody() {
    for seed in 930..936 {
        let mut world = World::new(4, seed);
        world.corrupt(1, Villain::Undecided);
        world.run_until(FIRST + 1, ms(1_000));
        say_yes(&mut world, &[1, 0, 2, 3]);
        world.assert_left(FIRST + 6);
    }
}

#[test]
fn two_who_begin_at_once_in_two_epochs_come_to_one_and_sign_no_share_twice() {
    let mut world = World::new(4, 940);
    // The clock of the second is an epoch behind that of the first when both begin.
    world.peers[1].skew_micros = -500_000;
    world.run_until(FIRST + 4, ms(200));
    world.fault(Fault::Cut(0, 1, 10));
    world.run_until(FIRST + 4, ms(250));
    for operator in [0, 1] {
        world.approve(operator, V);
    }
    world.run_until(FIRST + 4, ms(5_000));
    world.fault(Fault::Mend(0, 1));
    world.run_until(FIRST + 5, ms(1_000));
    say_yes(&mut world, &[2]);
    world.assert_left(FIRST + 9);
    let epochs: Vec<Epoch> = world
        .exits
        .shares
        .iter()
        .map(|(_, _, epoch)| *epoch)
        .collect();
    assert_eq!(epochs, [Epoch(4); 4], "{:?}", world.exits.shares);
}

#[test]
fn beacon_nodes_that_are_silent_keep_their_peers_from_signing_and_no_others() {
    let mut world = approved(950, &[0, 1]);
    world.run_until(FIRST + 2, ms(1_000));
    world.fault(Fault::Beacon(0, BeaconNode::Dead));
    say_yes(&mut world, &[2]);
    world.assert_left(FIRST + 5);
    assert!(world.exits.shares.iter().all(|(peer, _, _)| *peer != 0));
    let mut world = approved(951, &[0, 1]);
    world.run_until(FIRST + 2, ms(1_000));
    for peer in [0, 1] {
        world.fault(Fault::Beacon(peer, BeaconNode::Dead));
    }
    say_yes(&mut world, &[2]);
    world.run_to(FIRST + 5);
    assert!(!world.leaves(V));
    assert_eq!(stage(&mut world, 0).unwrap().0, Stage::Asking);
    world.fault(Fault::Beacon(1, BeaconNode::Sound));
    world.assert_left(FIRST + 8);
}

#[test]
fn words_that_are_not_their_operators_are_refused_and_their_sender_named() {
    let mut world = approved(960, &[0]);
    let lock = world.cluster.lock.hash();
    let now = world.now.micros() / 1_000_000;
    let says = Says::Approved {
        epoch: Epoch(4),
        until: now + TERM,
    };
    let said = |lock, validator: u32| ExitWord {
        lock,
        validator: world.cluster.lock.validators[validator as usize].public_key,
        said_at: now,
        says,
    };
    let by = |signer: usize, said: &ExitWord| SentExitWord {
        operator: 1,
        validator: ValidatorPosition(V),
        said_at: said.said_at,
        says: said.says,
        signature: world.cluster.identities[signer].sign_bare(said),
    };
    let forged = [
        by(2, &said(lock, V)),
        by(1, &said([9; 32].into(), V)),
        by(1, &said(lock, 0)),
    ];
    let over = ExitWord {
        said_at: now - 2 * TERM,
        says: Says::Approved {
            epoch: Epoch(3),
            until: now - TERM,
        },
        ..said(lock, V)
    };
    let over = by(1, &over);
    world.checks.bad.insert(2);
    let sender = world.peers[2].index;
    for word in forged {
        world.blamed.clear();
        let frame = Frame::ExitWords(vec![word]).encode();
        world.feed(0, Input::Frame(sender, frame));
        assert!(world.blamed.contains(&(0, 2, Breach::ExitWord)));
    }
    world.blamed.clear();
    let frame = Frame::ExitWords(vec![over]).encode();
    world.feed(0, Input::Frame(sender, frame));
    assert_eq!(world.blamed, Default::default());
    say_yes(&mut world, &[3]);
    world.run_to(FIRST + 5);
    assert!(!world.leaves(V), "two approve");
    assert_eq!(world.exits.shares, Default::default());
}

#[test]
fn who_withdraws_before_the_third_has_approved_is_not_counted() {
    let mut world = approved(970, &[0, 1]);
    let which = Which::Position(ValidatorPosition(V));
    world.order(1, Order::Withdraw(which));
    world.run_to(FIRST + 3);
    say_yes(&mut world, &[2]);
    world.run_to(FIRST + 5);
    assert!(!world.leaves(V));
    assert_eq!(world.exits.shares, Default::default());
    say_yes(&mut world, &[3]);
    world.assert_left(FIRST + 8);
}
