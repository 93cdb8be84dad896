//! An older copy of the folder `ceremony` is put in the place of the newest. Its owner is honest
//! and never convicted: the program says nothing before the others have told what they remember of
//! it, and stops if that is more than the copy knows.

use std::fs;

use proto::ceremony::{Ack, Context, Spoken};
use proto::ceremony_session::Frame;
use proto::definition::Gwei;
use proto::lock::LockHash;
use proto::{Root, WireVersion};

use super::split::{LIAR, World};
use super::world::peer;
use crate::ceremony::CeremonyError;
use crate::ceremony::making::terms;
use crate::ceremony::tests::{definition_of, secrets};

/// Whose folder is put back.
const VICTIM: usize = 1;

impl World {
    fn put_back(&mut self, position: &str) {
        self.peers[VICTIM] = None;
        let file = self.dir(VICTIM, "").join("ceremony/position.json");
        fs::write(file, position).unwrap();
    }

    /// The victim has begun and lacks an opening; the others wait for what it deals.
    fn begin_without_the_victim(&mut self) {
        self.run(|from, to, frame| {
            from == LIAR && to == VICTIM && matches!(frame, Frame::Ceremony(_))
        });
        assert!(self.dir(VICTIM, "").join("ceremony/seed.json").exists());
    }

    fn reason(&self) -> &CeremonyError {
        self.stopped[VICTIM].as_ref().expect("it stops")
    }

    /// The victim has stopped, since it has acknowledged keys and knows nothing of them.
    fn assert_forgotten(&self) {
        let stopped = self.reason();
        assert!(
            matches!(stopped, CeremonyError::Forgotten { .. }),
            "{stopped}"
        );
    }

    /// Everybody has everything.
    fn assert_all_are_over(&self) {
        for (at, peer) in self.peers.iter().enumerate() {
            let stopped = &self.stopped[at];
            let driver = peer.as_ref().unwrap_or_else(|| panic!("{stopped:?}"));
            assert!(driver.is_over());
        }
    }

    /// The victim has signed nothing since `sent` frames were sent, and nobody has anything against
    /// it.
    fn assert_says_nothing_since(&self, sent: usize) {
        for (from, frame) in &self.sent[sent..] {
            let signed = *from == VICTIM && !matches!(frame, Frame::Remembered(_));
            assert!(!signed, "it says {frame:?}");
        }
        for at in [0, 2] {
            let gathering = self.peers[at].as_ref().expect("it goes on");
            let faults = gathering.line.screen.said_once();
            assert!(faults.is_empty(), "{faults:?}");
        }
    }
}

#[test]
fn an_older_copy_is_stopped_by_what_the_others_remember_of_it() {
    let mut world = World::started();
    world.acknowledge();
    world.put_back(r#"{"version":1,"position":{"attempt":1,"opened":1,"acked":[]}}"#);
    world.start(VICTIM, "", false);
    // Of its own words and of the lock, which two others would see or show, nothing arrives.
    world.run(|from, _, _| from == VICTIM || from == LIAR);
    world.assert_forgotten();
}

#[test]
fn an_older_copy_that_would_deny_says_nothing_before_the_others_have_told() {
    let mut world = World::started();
    world.acknowledge();
    world.put_back(r#"{"version":1,"position":{"attempt":1,"opened":1,"acked":[]}}"#);
    let sent = world.sent.len();
    world.start(VICTIM, "", false);
    world.run(|from, _, _| from == LIAR);
    world.assert_forgotten();
    world.assert_says_nothing_since(sent);
}

#[test]
fn an_older_copy_with_another_seed_says_nothing() {
    let mut world = World::started();
    world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Ceremony(_)));
    world.prepare((VICTIM, ".older"), 0);
    let sent = world.sent.len();
    world.start(VICTIM, ".older", false);
    world.run(|from, _, _| from == LIAR);
    let stopped = world.reason();
    assert!(
        matches!(stopped, CeremonyError::OtherSeed { .. }),
        "{stopped}"
    );
    world.assert_says_nothing_since(sent);
}

#[test]
fn an_older_copy_never_acknowledges_other_keys_of_the_same_attempt() {
    let mut world = World::started();
    world.begin_without_the_victim();
    world.start(VICTIM, "", false);
    // As if a dealer had dealt again since: these are not the keys that will be made.
    let identity = secrets().swap_remove(VICTIM);
    let definition = definition_of(1, vec![Gwei::FULL]);
    let lock = Root::from([7; 32]);
    let ack = Ack {
        context: Context {
            terms: terms(&definition).hash(),
            attempt: 0,
        },
        transcript: lock,
        lock,
        lock_signature: identity.sign_bare(&LockHash(lock)),
    };
    let ack = Spoken::Ack(identity.sign(peer(VICTIM), ack).into_signed());
    world.tell(0, VICTIM, &Frame::Remembered(vec![ack.encode()]));
    world.run(|_, _, _| false);
    world.assert_forgotten();
    assert!(!world.dir(VICTIM, "").join("keystores").exists());
}

#[test]
fn a_peer_that_comes_back_goes_on_among_peers_that_never_tell() {
    let mut world = World::started();
    world.begin_without_the_victim();
    world.version = WireVersion::V1;
    world.start(VICTIM, "", false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}

#[test]
fn a_new_seed_after_a_lost_one_is_no_older_copy() {
    let mut world = World::started();
    world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Ceremony(_)));
    // Its next life begins after the attempt of which the others remember its first seed.
    world.prepare((VICTIM, ".new"), 1);
    world.start(VICTIM, ".new", false);
    world.start(LIAR, "", false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}

#[test]
fn words_that_overtake_what_a_peer_remembers_do_not_stand_for_it() {
    let mut world = World::started();
    let late = world
        .run(|from, to, frame| from == LIAR && to == VICTIM && matches!(frame, Frame::Ceremony(_)));
    // What the others say to all goes to its next session before they have seen that it began.
    world.peers[VICTIM] = None;
    for from in [0, 2, LIAR] {
        world.send(from, VICTIM, &late[0]);
    }
    world.start(VICTIM, ".new", false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}
