//! Leaving an attempt that some have acknowledged, and coming back to it: at most one finishes.

use proto::PeerIndex;
use proto::ceremony::{Context, Frame, Spoken};

use super::crash::all_but_one_acknowledged;
use super::world::{Tamper, World, participant};
use crate::blame::{Rule, Unfounded};
use crate::ceremony::*;
use crate::sharing::deal::open;

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
    lured_to(1, seed)
}

/// The same with another attempt in place of 1.
fn lured_to(attempt: u32, seed: u64) -> World {
    let mut world = alone_finished(seed);
    let villain = world.peer(3);
    let lie = lie(&world, villain, attempt);
    for peer in world.honest() {
        world.inject(villain, peer, lie.clone());
    }
    world.run();
    for peer in world.honest() {
        assert_eq!(world.disks[&peer].position.attempt, attempt);
        assert!(world.heard[&peer].finished.is_none());
    }
    world
}

/// A world in which the last peer alone is finished with attempt 0.
fn alone_finished(seed: u64) -> World {
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
    world
}

/// The opening of `attempt` by a liar that says it has acknowledged nothing before.
fn lie(world: &World, liar: PeerIndex, attempt: u32) -> Vec<u8> {
    let who = participant(&world.terms, liar);
    let context = Context {
        terms: world.terms.hash(),
        attempt,
    };
    let lie = who.identity.sign(liar, open(&who, context, Vec::new()));
    Frame::Spoken(Spoken::Opening(lie.into_signed())).encode()
}

/// `opener` opens `attempt`, past others.
fn skipping(opener: PeerIndex, attempt: u32) -> Opened {
    Opened {
        opener,
        attempt,
        skips: true,
    }
}

/// Everybody is finished with attempt 0, and every honest peer has convicted the liar.
fn assert_returned_and_named(world: &World, liar: PeerIndex) {
    for peer in world.size.all() {
        let heard = &world.heard[&peer];
        assert!(heard.finished.is_some(), "{peer} at {:?}", heard.progress);
        assert!(heard.faults.is_empty(), "{:?}", heard.faults);
        assert_eq!(world.disks[&peer].position.attempt, 0);
        for (evidence, verdict) in &heard.blames {
            assert_eq!((verdict.culprit, verdict.rule), (liar, Rule::BrokenPromise));
            let file = serde_json::to_string(evidence).unwrap();
            let file: Evidence = serde_json::from_str(&file).unwrap();
            assert_eq!(blame::verify(&file), Ok(*verdict));
        }
        assert!(
            peer == liar || !heard.blames.is_empty(),
            "{peer} names nobody"
        );
    }
    world.assert_agreement();
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
        assert_returned_and_named(&world, villain);
    }
}

#[test]
fn who_opens_an_attempt_against_its_own_acknowledgement_is_convicted_and_not_followed() {
    let mut world = all_but_one_acknowledged(0);
    let (absent, villain) = (world.peer(0), world.peer(3));
    let others = [world.peer(1), world.peer(2)];
    let lie = lie(&world, villain, 1);
    for peer in others {
        world.inject(villain, peer, lie.clone());
    }
    world.run();
    let verdict = Verdict {
        culprit: villain,
        rule: Rule::BrokenPromise,
    };
    for peer in others {
        assert_eq!(world.disks[&peer].position.attempt, 0);
        let named = world.heard[&peer].blames.iter().map(|blame| blame.1);
        assert_eq!(named.collect::<Vec<_>>(), [verdict]);
    }
    // The keys of the first attempt are none the worse for it.
    world.start(absent);
    world.run();
    assert!(world.heard.values().all(|heard| heard.finished.is_some()));
    world.assert_agreement();
}

#[test]
fn an_acknowledgement_convicts_only_whoever_denied_it_later() {
    let world = all_but_one_acknowledged(0);
    let [one, other] = [1, 2].map(|at| world.peer(at));
    let ack = |peer| {
        let ack = world.machines[&peer].attempt.said.acks[&peer].clone();
        Spoken::Ack(ack.into_signed())
    };
    let opening = |attempt, acked: &[u32]| {
        let who = participant(&world.terms, one);
        let context = Context {
            terms: world.terms.hash(),
            attempt,
        };
        let opening = open(&who, context, acked.to_vec());
        Spoken::Opening(who.identity.sign(one, opening).into_signed())
    };
    let verdict = |statements: [Spoken; 2]| {
        blame::verify(&Evidence {
            terms: world.terms.clone(),
            statements: statements.into(),
        })
    };
    let convicted = Verdict {
        culprit: one,
        rule: Rule::BrokenPromise,
    };
    assert_eq!(verdict([opening(2, &[]), ack(one)]), Ok(convicted));
    assert_eq!(verdict([opening(2, &[1]), ack(one)]), Ok(convicted));
    for honest in [opening(2, &[0, 1]), opening(0, &[])] {
        let unfounded = verdict([honest, ack(one)]);
        assert_eq!(unfounded, Err(Unfounded::NoFault));
    }
    let unfounded = verdict([opening(2, &[]), ack(other)]);
    assert_eq!(unfounded, Err(Unfounded::Unrelated));
}

#[test]
fn who_has_opened_a_later_attempt_follows_nobody_to_one_before_it() {
    let mut world = lured_to(5, 11);
    let (villain, one) = (world.peer(3), world.peer(0));
    // The certificate turns up, and the peer loses power when it has just gone back.
    world.villains.clear();
    world.give(villain, Input::Up(one));
    while world.disks[&one].position.attempt == 5 {
        assert!(world.deliver());
    }
    world.crash(one);
    world.villains.insert(villain, SECRETIVE);
    world.start(one);
    let another = lie(&world, villain, 3);
    world.inject(villain, one, another);
    world.run();
    let opened = &world.heard[&one].opened;
    let first = skipping(villain, 5);
    assert!(
        opened.iter().all(|opened| *opened == first),
        "it acknowledges nothing before 5 any more: {opened:?}"
    );
    let position = &world.disks[&one].position;
    assert!(position.acked.iter().all(|acked| acked.attempt == 0));
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
    assert_returned_and_named(&world, villain);
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
    // What was heard is not kept: so it is where an older version has begun.
    for peer in world.size.all() {
        world.crash(peer);
        world.disks.get_mut(&peer).unwrap().heard.clear();
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
    world.open_next(opener);
    world.run();
    for position in [0, 2, 3] {
        let opened = &world.heard[&world.peer(position)].opened;
        assert!(opened.iter().all(|opened| !opened.skips));
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
        let named = &world.heard[&peer].opened;
        let first = skipping(jumper, MAX_ATTEMPT);
        assert_eq!(*named, [first], "not whoever followed it");
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
