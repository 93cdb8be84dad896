//! Villains: each file one way to cheat, and the promise that the cheat is named with evidence.

mod bad_proof;
mod bad_share;
mod equivocation;
mod exit_key;
mod false_complaint;
mod framing;
mod rogue_key;
mod unsound_shares;
mod weak_key;
mod wrong_degree;

use proto::ceremony::{Bundle, Frame, Opening, Spoken, Terms, hash_of};
use proto::{PeerIndex, Root};
use zeroize::Zeroizing;

use super::world::{Tamper, World, terms};
use crate::blame::Rule;
use crate::ceremony::*;
use crate::sharing::deal::deal;

/// Runs a ceremony of four in which the last peer cheats, and expects that every other peer names
/// it with evidence; then lets the villain behave in a new attempt, which all finish.
fn named(tamper: Tamper, rule: Rule) {
    named_under(&terms(4, 2), tamper, rule);
}

/// The same under these terms.
fn named_under(terms: &Terms, tamper: Tamper, rule: Rule) {
    for seed in 0..3 {
        let mut world = World::of(terms.clone(), seed);
        let villain = world.peer(3);
        world.villains.insert(villain, tamper);
        for peer in world.size.all() {
            world.start(peer);
        }
        world.run();
        world.assert_named(villain, rule);
        for peer in world.honest() {
            assert!(world.disks[&peer].position.acked.is_empty());
        }

        all_finish_anew(&mut world);
    }
}

/// Everybody behaves in a new attempt, which all finish.
fn all_finish_anew(world: &mut World) {
    world.villains.clear();
    for peer in world.size.all() {
        world.give(peer, Input::Retry);
    }
    world.run();
    assert!(world.heard.values().all(|heard| heard.finished.is_some()));
    world.assert_agreement();
}

/// The villain's bundle changed by `change`, and signed by it again.
fn with_bundle(villain: &Ceremony, frame: Frame, change: impl Fn(&mut Bundle)) -> Vec<Frame> {
    let Frame::Spoken(Spoken::Bundle(mut signed)) = frame else {
        return vec![frame];
    };
    if signed.signer != villain.who.me {
        return vec![Frame::Spoken(Spoken::Bundle(signed))];
    }
    change(&mut signed.statement);
    let signed = villain
        .who
        .identity
        .sign(signed.signer, signed.statement)
        .into_signed();
    vec![Frame::Spoken(Spoken::Bundle(signed))]
}

/// The villain's opening changed by `change`, and signed by it again.
fn with_opening(villain: &Ceremony, frame: Frame, change: impl Fn(&mut Opening)) -> Vec<Frame> {
    let Frame::Spoken(Spoken::Opening(mut signed)) = frame else {
        return vec![frame];
    };
    if signed.signer != villain.who.me {
        return vec![Frame::Spoken(Spoken::Opening(signed))];
    }
    change(&mut signed.statement);
    let signed = villain
        .who
        .identity
        .sign(signed.signer, signed.statement)
        .into_signed();
    vec![Frame::Spoken(Spoken::Opening(signed))]
}

/// Another good bundle of the villain for the same session, from other polynomials.
fn twin(villain: &Ceremony) -> Bundle {
    let who = Participant {
        terms: villain.who.terms.clone(),
        me: villain.who.me,
        identity: villain.who.identity.clone(),
        seed: Zeroizing::new([0x77; 32]),
    };
    let openings = villain.attempt.said.openings.values();
    let openings: Vec<(Root, Opening)> = openings
        .map(|opening| (hash_of(&opening.statement), opening.statement.clone()))
        .collect();
    deal(&who, villain.attempt.said.context, &openings).0
}

/// The first peer of the definition.
fn first(villain: &Ceremony) -> PeerIndex {
    villain.who.terms.roster.size().peer(0).unwrap()
}
