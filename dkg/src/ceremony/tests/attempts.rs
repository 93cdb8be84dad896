//! Leaving an attempt that some have acknowledged, and coming back to it: at most one finishes.

use proto::ceremony::{Context, Frame, Spoken};

use super::crash::all_but_one_acknowledged;
use super::world::{Tamper, World, participant};
use crate::ceremony::deal::open;
use crate::ceremony::*;

/// Keeps its acknowledgement, and that it is finished, to itself.
const SECRETIVE: Tamper = |villain, _, frame| {
    let own = |signer| signer == villain.who.me;
    match &frame {
        Frame::Spoken(Spoken::Ack(ack)) if own(ack.signer) => Vec::new(),
        Frame::Spoken(Spoken::Done(done)) if own(done.signer) => Vec::new(),
        Frame::Spoken(_) | Frame::Accusation(_) => vec![frame],
    }
};

/// A world in which the last peer alone is finished with attempt 0, and lured all others into
/// attempt 1 by the lie that it has acknowledged nothing.
fn lured(seed: u64) -> World {
    let mut world = World::new(4, 1, seed);
    let villain = world.peer(3);
    world.villains.insert(villain, SECRETIVE);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    for peer in world.size.all() {
        let finished = world.heard[&peer].finished.is_some();
        assert_eq!(finished, peer == villain, "the acknowledgement is withheld");
    }
    let liar = participant(&world.terms, villain);
    let context = Context {
        terms: world.terms.hash(),
        attempt: 1,
    };
    let lie = liar
        .identity
        .sign(villain, open(&liar, context, Vec::new()));
    let lie = Frame::Spoken(Spoken::Opening(lie.into_signed())).encode();
    for peer in world.honest() {
        world.inject(villain, peer, lie.clone());
    }
    world.run();
    for peer in world.honest() {
        assert_eq!(world.disks[&peer].position.attempt, 1);
        assert!(world.heard[&peer].finished.is_none());
    }
    world
}

#[test]
fn an_abandoned_attempt_that_turns_out_to_be_finished_is_returned_to_by_all() {
    for seed in 0..5 {
        let mut world = lured(seed);
        // The certificate turns up at one of them.
        world.villains.clear();
        let (villain, one) = (world.peer(3), world.peer(0));
        world.give(villain, Input::Up(one));
        world.run();
        world.assert_all_finished();
        for disk in world.disks.values() {
            assert_eq!(disk.position.attempt, 0);
        }
    }
}

#[test]
fn a_peer_that_crashes_on_its_way_back_to_an_attempt_still_returns() {
    let mut world = lured(6);
    world.villains.clear();
    let (villain, one) = (world.peer(3), world.peer(0));
    world.give(villain, Input::Up(one));
    while world.disks[&one].position.attempt == 1 {
        assert!(world.deliver());
    }
    world.crash(one);
    world.start(one);
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 0));
}

#[test]
fn no_acknowledgement_but_all_of_them_makes_a_peer_go_back() {
    let mut world = lured(7);
    let (villain, one) = (world.peer(3), world.peer(0));
    // Everything but the villain's own acknowledgement.
    world.give(villain, Input::Up(one));
    world.run();
    assert_eq!(world.disks[&one].position.attempt, 1);
    assert!(world.heard[&one].finished.is_none());
}

#[test]
fn a_peer_that_acknowledged_other_keys_before_a_crash_says_so_and_stops_there() {
    let mut world = World::started(4, 1, 8);
    let (victim, villain) = (world.peer(0), world.peer(3));
    while world.disks[&victim].position.acked.is_empty() {
        assert!(world.deliver());
    }
    let acked = world.disks[&victim].position.acked.clone();
    // Everybody loses power, and one comes back with another seed: it deals anew.
    for peer in world.size.all() {
        world.crash(peer);
    }
    world.reseeded.insert(villain);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    let progress = world.heard[&victim].progress.unwrap();
    assert_eq!(progress.step, Step::Contradicted);
    assert_eq!(
        world.disks[&victim].position.acked, acked,
        "it never acknowledges two"
    );
    for heard in world.heard.values() {
        assert!(heard.finished.is_none(), "no keys without everybody");
        assert!(heard.blames.is_empty(), "nobody has seen both deals");
    }
}

#[test]
fn a_peer_that_comes_back_jumps_over_the_attempts_that_it_missed() {
    let mut world = all_but_one_acknowledged(0);
    let (opener, absent) = (world.peer(0), world.peer(1));
    assert_eq!(world.disks[&absent].position.acked.len(), 1);
    world.crash(absent);
    // Whoever never acknowledged attempt 0 opens the next one, and the one after that.
    world.disks.get_mut(&opener).unwrap().position.attempt = 1;
    world.start(opener);
    world.run();
    world.give(opener, Input::Retry);
    world.run();
    for position in [0, 2, 3] {
        assert!(world.heard[&world.peer(position)].jumps.is_empty());
        assert_eq!(world.disks[&world.peer(position)].position.attempt, 2);
    }
    world.start(absent);
    world.run();
    world.assert_all_finished();
    for disk in world.disks.values() {
        assert_eq!(disk.position.attempt, 2);
        assert!(disk.position.acked.iter().all(|acked| acked.attempt != 1));
    }
}

#[test]
fn who_opens_the_last_attempt_at_once_is_named_and_no_other_can_be_opened() {
    let mut world = World::started(4, 1, 9);
    let jumper = world.peer(3);
    world.crash(jumper);
    world.disks.get_mut(&jumper).unwrap().position.attempt = MAX_ATTEMPT;
    // It tells one peer, and the others hear of it from that one.
    world.villains.insert(jumper, |_, to, frame| match frame {
        Frame::Spoken(Spoken::Opening(_)) if to.position() == 0 => vec![frame],
        Frame::Spoken(_) | Frame::Accusation(_) => Vec::new(),
    });
    world.start(jumper);
    world.run();
    for peer in world.honest() {
        assert_eq!(world.disks[&peer].position.attempt, MAX_ATTEMPT);
        world.give(peer, Input::Retry);
        let heard = &world.heard[&peer];
        assert_eq!(heard.refused, [Refused::LastAttempt]);
        assert_eq!(heard.progress.unwrap().attempt, MAX_ATTEMPT);
    }
    for peer in world.honest() {
        let named = &world.heard[&peer].jumps;
        assert_eq!(*named, [(jumper, MAX_ATTEMPT)], "not whoever followed it");
    }
}

#[test]
fn two_peers_that_may_not_follow_each_other_tell_it_once() {
    let mut world = all_but_one_acknowledged(0);
    let (opener, absent) = (world.peer(0), world.peer(1));
    world.crash(absent);
    world.disks.get_mut(&opener).unwrap().position.attempt = 1;
    world.start(opener);
    world.run();
    // Only who promised never to acknowledge attempt 0 can make the one that did follow.
    world.crash(opener);
    world.start(absent);
    let deliveries = std::iter::from_fn(|| world.deliver().then_some(()));
    assert!(deliveries.take(1000).count() < 100, "they fall silent");
    world.start(opener);
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}
