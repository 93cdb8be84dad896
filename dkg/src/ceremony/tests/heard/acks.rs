//! Acknowledgements that count, and those that do not: a second one, one ahead of its attempt, one
//! of an earlier run.

use super::*;

/// What `peer` would say if it had acknowledged keys of this attempt that nobody has made: only who
/// has signed it matters.
fn made_up_ack(world: &World, peer: PeerIndex, attempt: u32) -> Spoken {
    let who = participant(&world.terms, peer);
    let made_up = Root::from([7; 32]);
    let ack = Ack {
        context: Context {
            terms: world.terms.hash(),
            attempt,
        },
        transcript: made_up,
        lock: made_up,
        lock_signature: who.identity.sign_bare(&proto::lock::LockHash(made_up)),
    };
    Spoken::Ack(who.identity.sign(peer, ack).into_signed())
}

#[test]
fn a_second_acknowledgement_of_one_attempt_does_not_count() {
    let (mut world, acked) = dealt_anew();
    let (one, other) = (world.peer(0), world.peer(1));
    world.start_all(&[1]);
    let now = Root::from([7; 32]);
    let ack = made_up_ack(&world, other, 0).encode();
    world.start_all(&[0]);
    world.inject(other, one, ack);
    world.run();
    let how = Contradiction::Twice {
        attempt: 0,
        acked,
        now,
    };
    world.assert_told(&[0], other, how);
    let machine = &world.machines[&one];
    assert!(!machine.attempt.said.acks.contains_key(&other));
    let [Spoken::Opening(_), Spoken::Ack(told)] = &machine.said_by(other)[..] else {
        panic!("it is told both");
    };
    assert_eq!(told.statement.transcript, acked, "of the first one");
}

#[test]
fn the_first_acknowledgement_stays_if_another_comes_in_the_same_run() {
    let mut world = World::started(4, 1, 19);
    world.run();
    let (one, other) = (world.peer(0), world.peer(1));
    let kept = world.disks[&one].heard.clone();
    let acked = ack_of(&kept, other).transcript;
    let second = made_up_ack(&world, other, 0);
    world.inject(other, one, second.encode());
    world.run();
    let now = Root::from([7; 32]);
    let how = Contradiction::Twice {
        attempt: 0,
        acked,
        now,
    };
    world.assert_told(&[0], other, how);
    assert_eq!(
        ack_of(&world.machines[&one].said_by(other), other).transcript,
        acked
    );
    assert_eq!(world.disks[&one].heard, kept);
}

#[test]
fn an_acknowledgement_ahead_of_its_attempt_stops_no_attempt() {
    let mut world = World::started(4, 1, 16);
    let (one, liar) = (world.peer(0), world.peer(3));
    let others = [1, 2].map(|position| world.peer(position));
    // The first attempt waits for one peer. Meanwhile another signs ahead.
    world.crash(one);
    for attempt in [1, MAX_ATTEMPT] {
        for other in others {
            let ahead = made_up_ack(&world, liar, attempt).encode();
            world.inject(liar, other, ahead);
        }
    }
    world.run();
    for other in others {
        let refused = [1, MAX_ATTEMPT].map(|attempt| (liar, Breach::NotOpened(attempt)));
        assert_eq!(world.heard[&other].faults, refused);
    }
    world.open_next(one);
    world.run();
    world.assert_nobody_convicts();
    world.assert_all_finish();
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
}

#[test]
fn what_was_acknowledged_before_a_restart_is_heard_again_before_it_counts() {
    let mut world = World::started(4, 1, 17);
    world.run();
    let (one, away) = (world.peer(0), world.peer(2));
    let acked = ack_of(&world.disks[&one].heard, away).transcript;
    assert_eq!(acked, world.acked(away));
    world.crash_all();
    world.heard = world
        .size
        .all()
        .map(|peer| (peer, Told::default()))
        .collect();
    world.start_all(&[0, 1, 3]);
    for told in world.heard.values() {
        assert!(told.finished.is_none());
    }
    world.start_all(&[2]);
    world.assert_all_finish();
}

#[test]
fn an_acknowledgement_beyond_the_last_attempt_is_not_kept() {
    let mut world = World::started(4, 1, 9);
    world.run();
    let (one, other) = (world.peer(0), world.peer(1));
    let who = participant(&world.terms, other);
    let kept = world.disks[&one].heard.clone();
    let mut beyond = ack_of(&kept, other);
    beyond.context.attempt = MAX_ATTEMPT + 1;
    let beyond = who.identity.sign(other, beyond).into_signed();
    world.inject(other, one, Spoken::Ack(beyond).encode());
    world.run();
    let refused = Breach::TooManyAttempts(MAX_ATTEMPT + 1);
    assert_eq!(world.heard[&one].faults, [(other, refused)]);
    assert_eq!(world.disks[&one].heard, kept);
}
