//! The ceremony when nobody cheats: all sizes, late peers, second attempts, foreign frames.

use proto::ceremony::Frame;
use proto::{Machine as _, Timestamp};

use super::world::World;
use crate::ceremony::*;

#[test]
fn every_size_from_3_to_7_makes_keys_for_one_and_for_five_validators() {
    for n in 3..=7 {
        for validators in [1, 5] {
            let mut world = World::started(n, validators, n as u64);
            world.run();
            world.assert_all_finished();
            for heard in world.heard.values() {
                assert!(heard.closed);
            }
            for disk in world.disks.values() {
                assert_eq!(disk.keys[&0].validators.len(), usize::from(validators));
            }
        }
    }
}

#[test]
fn a_late_peer_is_named_and_waited_for() {
    let mut world = World::new(4, 1, 1);
    let late = world.peer(2);
    for peer in world.size.all().filter(|p| *p != late) {
        world.start(peer);
    }
    world.run();
    for (peer, heard) in world.heard.iter().filter(|(p, _)| **p != late) {
        let progress = heard.progress.unwrap();
        assert_eq!(progress.step, Step::Opening, "{peer}");
        assert_eq!(progress.waiting.iter().collect::<Vec<_>>(), [late]);
    }
    world.start(late);
    world.run();
    world.assert_all_finished();
}

#[test]
fn a_second_attempt_makes_other_keys() {
    let mut world = World::started(4, 1, 2);
    for _ in 0..30 {
        world.deliver();
    }
    world.open_next(world.peer(1));
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));

    let mut straight = World::started(4, 1, 2);
    straight.run();
    let key = |world: &World, attempt: u32| {
        let disk = &world.disks[&world.peer(0)];
        disk.keys[&attempt].validators[0].public_key
    };
    assert_ne!(key(&straight, 0), key(&world, 1));
}

#[test]
fn all_follow_the_highest_attempt_that_anybody_opens() {
    let mut world = World::started(4, 1, 3);
    for position in [1, 1, 2, 3] {
        world.open_next(world.peer(position));
    }
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 2));
}

#[test]
fn who_has_acknowledged_does_not_leave_the_attempt() {
    let mut world = World::started(4, 1, 4);
    world.run();
    world.assert_all_finished();
    let before = world.heard[&world.peer(0)].finished.clone();
    for peer in world.size.all() {
        world.give(peer, Input::Retry);
    }
    world.run();
    for heard in world.heard.values() {
        assert_eq!(heard.refused, [Refused::Acknowledged]);
    }
    assert_eq!(world.heard[&world.peer(0)].finished, before);
    assert!(world.disks.values().all(|disk| disk.position.attempt == 0));
}

#[test]
fn repeated_and_foreign_frames_change_nothing() {
    let mut world = World::started(4, 1, 5);
    let mut foreign = World::started(4, 2, 5);
    let mut sent = Vec::new();
    for position in 1..4 {
        let (machine, peer) = (world.peer(0), world.peer(position));
        let up = |world: &mut World| {
            let ceremony = world.machines.get_mut(&machine).unwrap();
            ceremony.handle(Timestamp::from_micros(1), Input::Up(peer))
        };
        let frames = |outputs: Vec<Output>| {
            outputs.into_iter().filter_map(|output| {
                let Output::Send(_, bytes) = output else {
                    return None;
                };
                Some(bytes)
            })
        };
        sent.extend(frames(up(&mut world)));
        let other = frames(up(&mut foreign)).next().unwrap();
        world.inject(machine, peer, other);
    }
    for frame in &sent {
        for _ in 0..3 {
            world.inject(world.peer(0), world.peer(1), frame.clone());
        }
    }
    world.run();
    for position in 1..4 {
        let faults = &world.heard[&world.peer(position)].faults;
        assert_eq!(*faults, [(world.peer(0), Breach::Foreign)]);
    }
    world.assert_agreement();
    assert!(
        world
            .heard
            .values()
            .all(|h| h.finished.is_some() && h.blames.is_empty())
    );
}

#[test]
fn frames_of_a_past_attempt_change_nothing() {
    let mut world = World::started(4, 1, 6);
    let (one, other) = (world.peer(0), world.peer(1));
    let has_confirmed = |world: &World| {
        let said = &world.machines[&other].attempt.said;
        said.confirms.contains_key(&other)
    };
    while !has_confirmed(&world) {
        assert!(world.deliver());
    }
    let recorded = {
        let machine = world.machines.get_mut(&other).unwrap();
        machine.attempt.own_words(other, one)
    };
    assert_eq!(recorded.len(), 3, "opening, bundle and confirm");
    world.open_next(one);
    for spoken in recorded {
        world.inject(other, one, Frame::Spoken(spoken).encode());
    }
    world.run();
    world.assert_all_finished();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}

#[test]
fn a_frame_longer_than_the_limit_is_refused_unread() {
    let mut world = World::started(3, 1, 7);
    let long = vec![0; max_frame(world.size, 1) + 1];
    let length = long.len();
    world.inject(world.peer(0), world.peer(1), long);
    world.run();
    let faults = &world.heard[&world.peer(1)].faults;
    assert_eq!(*faults, [(world.peer(0), Breach::TooLong(length))]);
}

#[test]
fn a_stranger_to_the_definition_cannot_take_part() {
    let terms = super::world::terms(4, 1);
    let peer = |i| terms.roster.size().peer(i).unwrap();
    let mut who = super::world::participant(&terms, peer(0));
    who.me = peer(1);
    let refused = Ceremony::new(who, Position::default()).err();
    assert_eq!(refused, Some(BadParticipant::NotMe(peer(1))));
    for validators in [0, MAX_VALIDATORS + 1] {
        let mut who = super::world::participant(&terms, peer(0));
        who.terms.validators = validators;
        let refused = Ceremony::new(who, Position::default()).err();
        assert_eq!(refused, Some(BadParticipant::Validators(validators)));
    }
}
