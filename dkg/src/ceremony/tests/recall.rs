//! A peer that has lost its seed hears what it has said, and contradicts none of it.

use proto::ceremony::Spoken;
use proto::{Machine as _, PeerIndex, Timestamp};
use zeroize::Zeroizing;

use super::world::{World, lock_of, participant};
use crate::ceremony::*;

/// What the running peers tell `peer` of its own words.
fn told(world: &World, peer: PeerIndex) -> Recollection {
    let mut recollection = Recollection::new(world.terms.clone(), peer, None);
    for (other, machine) in &world.machines {
        for spoken in machine.said_by(peer) {
            recollection.hear(*other, spoken).unwrap();
        }
    }
    recollection
}

#[test]
fn a_peer_that_loses_its_seed_before_it_acknowledges_is_never_convicted() {
    let seed = 80;
    for after in 0.. {
        let mut world = World::started(4, 1, seed);
        let victim = world.peer(1);
        for _ in 0..after {
            world.deliver();
        }
        if !world.disks[&victim].position.acked.is_empty() {
            assert!(after > 10);
            break;
        }
        world.crash(victim);
        world.reseeded.insert(victim);
        let told = told(&world, victim).position();
        // If nobody has heard it, nothing that it has said counts.
        let is_heard = world
            .machines
            .values()
            .any(|m| m.attempt.said.openings.contains_key(&victim));
        let position = told.unwrap();
        assert_eq!(position.attempt, u32::from(is_heard));
        world.disks.get_mut(&victim).unwrap().position = position;
        world.start(victim);
        world.run();
        world.assert_all_finished();
    }
}

#[test]
fn a_peer_that_has_acknowledged_is_told_so_by_all_who_heard_it() {
    let mut world = super::crash::all_but_one_acknowledged(0);
    let victim = world.peer(1);
    world.crash(victim);
    assert_eq!(
        told(&world_with(&mut world, 0), victim).position(),
        Err(Forgotten::Acknowledged)
    );
}

/// The same world once `absent` is back, and has not stored yet.
fn world_with(world: &mut World, absent: usize) -> World {
    let absent = world.peer(absent);
    world.start(absent);
    std::mem::replace(world, World::new(4, 1, 0))
}

#[test]
fn an_acknowledgement_of_an_attempt_that_was_left_is_not_forgotten() {
    let mut world = super::crash::all_but_one_acknowledged(0);
    let (opener, victim) = (world.peer(0), world.peer(1));
    world.disks.get_mut(&opener).unwrap().position.attempt = 1;
    world.start(opener);
    world.crash(victim);
    world.run();
    assert_eq!(world.disks[&world.peer(2)].position.attempt, 1);
    assert_eq!(
        told(&world, victim).position(),
        Err(Forgotten::Acknowledged)
    );
}

#[test]
fn the_signatures_of_a_lock_remind_a_peer_of_its_own() {
    let mut world = World::started(4, 1, 81);
    world.run();
    let finished = world.heard[&world.peer(0)].finished.clone().unwrap();
    let (lock, signatures) = (finished.acked.lock, finished.lock_signatures);
    let (one, other) = (world.peer(1), world.peer(2));
    let mut recollection = Recollection::new(world.terms.clone(), one, None);
    let foreign = lock_of(lock);
    let refused = recollection.hear_lock(other, foreign, &signatures);
    assert_eq!(refused, Err(Breach::NotYours));
    recollection.hear_lock(other, lock, &signatures).unwrap();
    assert_eq!(recollection.position(), Err(Forgotten::Acknowledged));
    assert_eq!(recollection.acknowledged(), Some(other));
}

#[test]
fn what_a_peer_has_not_signed_reminds_it_of_nothing() {
    let world = World::started(4, 1, 82);
    let (one, liar) = (world.peer(1), world.peer(3));
    let mut recollection = Recollection::new(world.terms.clone(), one, None);
    let own = |who: Participant, attempt| {
        let mut machine = Ceremony::new(
            who,
            Position {
                attempt,
                ..Position::default()
            },
        )
        .unwrap();
        machine.handle(Timestamp::from_micros(1), Input::Tick);
        machine.attempt.own_words(one, liar).remove(0)
    };
    let theirs = world.machines[&liar].attempt.said.openings[&liar].clone();
    let theirs = Spoken::Opening(theirs.into_signed());
    assert_eq!(recollection.hear(liar, theirs), Err(Breach::NotYours));
    let Spoken::Opening(mut forged) = own(participant(&world.terms, one), 0) else {
        panic!("the first words are the opening");
    };
    forged.statement.context.attempt = MAX_ATTEMPT;
    let refused = recollection.hear(liar, Spoken::Opening(forged));
    assert!(matches!(refused, Err(Breach::Forged(_))), "{refused:?}");
    let mut other = participant(&super::world::terms(4, 2), one);
    other.seed = Zeroizing::new([3; 32]);
    let refused = recollection.hear(liar, own(other, 7));
    assert_eq!(refused, Err(Breach::Foreign));
    assert_eq!(recollection.position(), Ok(Position::default()));

    let last = own(participant(&world.terms, one), MAX_ATTEMPT);
    recollection.hear(liar, last).unwrap();
    assert_eq!(recollection.position(), Err(Forgotten::LastAttempt));
}
