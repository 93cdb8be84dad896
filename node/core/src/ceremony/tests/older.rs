//! An older copy of what was saved is put in the place of the newest. Its owner is honest and never
//! convicted: the program says nothing before the others have told what they remember of it, and
//! stops if that is more than the copy knows.

use proto::ceremony::{Ack, Context, Spoken};
use proto::ceremony_session::Frame;
use proto::lock::LockHash;
use proto::{Root, WireVersion};

use super::disk::{Refusal, Simulated, disks, opened};
use super::split::LIAR;
use crate::ceremony::example::{VICTIM, World, peer, place};
use crate::ceremony::{Halt, terms};

impl World<Simulated> {
    /// The victim's position is one of a later attempt that knows of no acknowledgement.
    fn put_back(&mut self) {
        self.peers[VICTIM] = None;
        self.disks[VICTIM].written.position = Some(opened(1));
    }

    /// The victim has begun and lacks an opening; the others wait for what it deals.
    fn begin_without_the_victim(&mut self) {
        self.run(|from, to, frame| {
            from == LIAR && to == VICTIM && matches!(frame, Frame::Ceremony(_))
        });
        assert!(self.disks[VICTIM].written.seed.is_some());
    }

    fn reason(&self) -> &Halt {
        match self.stopped[VICTIM].as_ref().expect("it stops") {
            Refusal::Halt(halt) => halt,
            refusal @ Refusal::Record(_) => panic!("{refusal:?}"),
        }
    }

    /// The victim has stopped, since it has acknowledged keys and knows nothing of them.
    fn assert_forgotten(&self) {
        let stopped = self.reason();
        assert!(matches!(stopped, Halt::Forgotten(_)), "{stopped:?}");
    }

    /// Everybody has everything.
    fn assert_all_are_over(&self) {
        for (at, peer) in self.peers.iter().enumerate() {
            let stopped = &self.stopped[at];
            let peer = peer.as_ref().unwrap_or_else(|| panic!("{stopped:?}"));
            assert!(peer.is_over());
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
            self.assert_complains_of_nothing(at, "of the older copy");
        }
    }
}

#[test]
fn an_older_copy_is_stopped_by_what_the_others_remember_of_it() {
    let mut world = World::started(disks());
    world.acknowledge();
    world.put_back();
    world.start(VICTIM, false);
    // Of its own words and of the lock, which two others would see or show, nothing arrives.
    world.run(|from, _, _| from == VICTIM || from == LIAR);
    world.assert_forgotten();
}

#[test]
fn an_older_copy_that_would_deny_says_nothing_before_the_others_have_told() {
    let mut world = World::started(disks());
    world.acknowledge();
    world.put_back();
    let sent = world.sent.len();
    world.start(VICTIM, false);
    world.run(|from, _, _| from == LIAR);
    world.assert_forgotten();
    world.assert_says_nothing_since(sent);
}

#[test]
fn an_older_copy_with_another_seed_says_nothing() {
    let mut world = World::started(disks());
    world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Ceremony(_)));
    world.live_on(VICTIM, Simulated::begun(VICTIM, 100, 0));
    let sent = world.sent.len();
    world.start(VICTIM, false);
    world.run(|from, _, _| from == LIAR);
    let stopped = world.reason();
    assert!(matches!(stopped, Halt::OtherSeed(_)), "{stopped:?}");
    world.assert_says_nothing_since(sent);
}

#[test]
fn an_older_copy_never_acknowledges_other_keys_of_the_same_attempt() {
    let mut world = World::started(disks());
    world.begin_without_the_victim();
    world.start(VICTIM, false);
    // As if a dealer had dealt again since: these are not the keys that will be made.
    let victim = place(VICTIM);
    let lock = Root::from([7; 32]);
    let ack = Ack {
        context: Context {
            terms: terms(&victim.definition).hash(),
            attempt: 0,
        },
        transcript: lock,
        lock,
        lock_signature: victim.identity.sign_bare(&LockHash(lock)),
    };
    let ack = victim.identity.sign(peer(VICTIM), ack).into_signed();
    let remembered = vec![Spoken::Ack(ack).encode()];
    world.tell(0, VICTIM, &Frame::Remembered(remembered));
    world.run(|_, _, _| false);
    world.assert_forgotten();
    assert!(world.disks[VICTIM].written.keystores.is_empty());
}

#[test]
fn a_peer_that_comes_back_goes_on_among_peers_that_never_tell() {
    let mut world = World::started(disks());
    world.begin_without_the_victim();
    world.version = WireVersion::V1;
    world.start(VICTIM, false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}

#[test]
fn a_new_seed_after_a_lost_one_is_no_older_copy() {
    let mut world = World::started(disks());
    world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Ceremony(_)));
    // Its next life begins after the attempt of which the others remember its first seed.
    world.live_on(VICTIM, Simulated::begun(VICTIM, 100, 1));
    world.start(VICTIM, false);
    world.start(LIAR, false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}

#[test]
fn words_that_overtake_what_a_peer_remembers_do_not_stand_for_it() {
    let mut world = World::started(disks());
    let late = world
        .run(|from, to, frame| from == LIAR && to == VICTIM && matches!(frame, Frame::Ceremony(_)));
    // What the others say to all goes to its next session before they have seen that it began.
    world.live_on(VICTIM, Simulated::new(VICTIM, 100));
    for from in [0, 2, LIAR] {
        world.send(from, VICTIM, &late[0]);
    }
    world.start(VICTIM, false);
    world.run(|_, _, _| false);
    world.assert_all_are_over();
}
