//! A new attempt is opened only in place of a failed one, once, and everybody hears by whom.

use proto::ceremony::{Frame, Spoken};

use super::world::{Tamper, World};
use crate::ceremony::*;

/// Shows everybody another opening than the first peer.
const TWO_OPENINGS: Tamper = |villain, to, frame| match frame {
    Frame::Spoken(Spoken::Opening(mut said))
        if said.signer == villain.who.me && to.position() > 0 =>
    {
        said.statement.keys[0][0] ^= 1;
        let said = villain.who.identity.sign(said.signer, said.statement);
        vec![Frame::Spoken(Spoken::Opening(said.into_signed()))]
    }
    Frame::Spoken(_) | Frame::Accusation(_) => vec![frame],
};

/// A world in which every honest peer has seen the first attempt fail; now all behave.
fn failed(seed: u64) -> World {
    let mut world = World::new(4, 1, seed);
    world.villains.insert(world.peer(3), TWO_OPENINGS);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    for peer in world.honest() {
        assert_eq!(world.heard[&peer].progress.unwrap().step, Step::Failed);
        assert_eq!(world.disks[&peer].position.failed, Some(0));
    }
    world.villains.clear();
    world
}

#[test]
fn an_attempt_that_has_not_failed_is_not_given_up() {
    for deliveries in [0, 5, 20, 40] {
        let mut world = World::started(4, 1, 70);
        for _ in 0..deliveries {
            world.deliver();
        }
        let one = world.peer(1);
        world.give(one, Input::Retry);
        assert_eq!(world.heard[&one].refused, [Refused::NotFailed(0)]);
        world.run();
        world.assert_all_finished();
        assert!(world.disks.values().all(|disk| disk.position.attempt == 0));
    }
}

#[test]
fn a_failed_attempt_is_left_after_a_restart_and_a_second_one_leaves_no_more() {
    let mut world = failed(71);
    let one = world.peer(1);
    world.crash(one);
    world.start(one);
    world.give(one, Input::Retry);
    assert_eq!(world.disks[&one].position.attempt, 1);
    // As it is left in a script or a unit: with the flag again.
    world.crash(one);
    world.start(one);
    world.give(one, Input::Retry);
    assert_eq!(world.heard[&one].refused, [Refused::NotFailed(1)]);
    world.run();
    assert!(world.heard.values().all(|heard| heard.finished.is_some()));
    assert!(world.disks.values().all(|disk| disk.position.attempt == 1));
    world.assert_agreement();
}

#[test]
fn every_peer_names_who_opened_an_attempt_and_not_who_followed() {
    for seed in 72..80 {
        let mut world = failed(seed);
        let (opener, late) = (world.peer(1), world.peer(2));
        world.crash(late);
        world.give(opener, Input::Retry);
        world.run();
        world.start(late);
        world.run();
        let first = Opened {
            opener,
            attempt: 1,
            skips: false,
        };
        for peer in world.size.all() {
            assert_eq!(world.heard[&peer].opened, [first], "{peer}");
            let known = world.disks[&peer].position.opener;
            assert_eq!(known, Some(opener.position()));
        }
        assert!(world.heard.values().all(|heard| heard.finished.is_some()));
    }
}

#[test]
fn a_late_peer_hears_of_a_restarted_follower_who_opened_the_attempt() {
    for seed in 80..88 {
        let mut world = failed(seed);
        let (opener, late, follower) = (world.peer(1), world.peer(2), world.peer(3));
        world.crash(late);
        world.give(opener, Input::Retry);
        world.run();
        // The follower forgets all but its position, and is the only one that is there.
        world.crash(follower);
        world.crash(opener);
        world.crash(world.peer(0));
        world.start(follower);
        world.start(late);
        world.run();
        let opened: Vec<_> = world.heard[&late].opened.iter().map(|o| o.opener).collect();
        assert_eq!(opened, [opener]);
        world.start(opener);
        world.start(world.peer(0));
        world.run();
        assert!(world.heard.values().all(|heard| heard.finished.is_some()));
        world.assert_agreement();
    }
}
