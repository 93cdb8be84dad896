//! One operator breaks its word: it lures the others out of an attempt of which it alone holds the
//! certificate, and lets two of them finish the next one and the third the first. No two honest
//! peers ever take different keys for the cluster's: none signs a deposit, and all stop.

use std::mem;

use proto::ceremony::{Frame as Said, Spoken};
use proto::ceremony_session::Frame;
use proto::example::NAMES;
use proto::{Root, WireVersion};

use super::disk::{Refusal, Simulated, disks};
use crate::ceremony::example::{Disk as _, World, peer, place};
use crate::ceremony::{Alarm, Halt, Input, Note};

/// The operator that lies.
pub const LIAR: usize = 3;

impl World<Simulated> {
    /// Everybody acknowledges, and the liar alone hears of all: nobody else has a lock. Gives what
    /// the liar keeps to itself.
    pub fn acknowledge(&mut self) -> Vec<Frame> {
        self.run(|from, _, frame| {
            let early = matches!(frame, Frame::Ceremony(_) | Frame::Remembered(_));
            from == LIAR && (is_ack(frame, 0) || !early)
        })
    }

    /// Gives an operator another life, on another disk; gives the one before.
    pub fn live_on(&mut self, at: usize, disk: Simulated) -> Simulated {
        self.peers[at] = None;
        mem::replace(&mut self.disks[at], disk)
    }

    fn lock_of(&self, at: usize) -> Root {
        self.disks[at].lock().expect("it has finished").hash()
    }

    fn assert_nobody_signed_a_deposit(&self) {
        let of_honest = |(from, _): &&(usize, Frame)| *from != LIAR;
        for (from, frame) in self.sent.iter().filter(of_honest) {
            let signs = matches!(frame, Frame::Partials(..) | Frame::Deposits(..));
            assert!(!signs, "{} signed a deposit", NAMES[*from]);
        }
        for at in 0..LIAR {
            assert_eq!(self.disks[at].deposits(), None);
        }
    }
}

fn is_ack(frame: &Frame, attempt: u32) -> bool {
    let Frame::Ceremony(bytes) = frame else {
        return false;
    };
    let said = Said::decode(place(0).size(), bytes).unwrap();
    matches!(said, Said::Spoken(Spoken::Ack(ack)) if ack.statement.context.attempt == attempt)
}

/// The liar has finished the first attempt alone, and all are in the second but for its word, that
/// it gives to all honest peers but the first. The first is shown the certificate that it kept.
fn split() -> World<Simulated> {
    let mut world = World::started(disks());
    let kept = world.acknowledge();
    let certificate = kept.into_iter().find(|f| matches!(f, Frame::Lock(..)));
    let certificate = certificate.expect("the liar holds every signature of the first lock");

    world.live_on(LIAR, Simulated::begun(LIAR, 100, 1));
    world.start(LIAR, false);
    world.run(|from, to, frame| {
        let finishes = matches!(frame, Frame::Lock(..));
        finishes || from == LIAR && to == 0 && is_ack(frame, 1)
    });
    world.tell(LIAR, 0, &certificate);
    world
}

#[test]
fn nobody_signs_a_deposit_before_the_last_peer_has_shown_its_lock() {
    let mut world = World::started(disks());
    let kept = world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Lock(..)));
    world.assert_nobody_signed_a_deposit();
    let lock = kept.last().expect("it holds the lock").clone();
    for at in 0..LIAR {
        world.tell(LIAR, at, &lock);
    }
    world.run(|_, _, _| false);
    for peer in &world.peers {
        let peer = peer.as_ref().expect("nothing stops it");
        assert!(peer.is_over());
    }
}

#[test]
fn peers_that_a_liar_let_finish_different_locks_sign_no_deposit_and_stop() {
    let mut world = split();
    let named = world.notes[0].iter().find_map(|note| {
        let Note::Alarm(peer, Alarm::Promise) = note else {
            return None;
        };
        Some(*peer)
    });
    let named = named.expect("the first peer saw promise and certificate");
    assert_eq!(named, peer(LIAR));
    assert_ne!(world.lock_of(0), world.lock_of(1));
    assert_eq!(world.lock_of(1), world.lock_of(2));
    // Everybody says what it has; whoever was not told before is told on the next connection.
    for at in 0..4 {
        for other in (0..4).filter(|other| *other != at) {
            world.give(at, Input::Up(peer(other), WireVersion::V2));
        }
    }
    world.run(|_, _, _| false);
    world.assert_nobody_signed_a_deposit();
    for at in 0..LIAR {
        let stopped = world.stopped[at].as_ref().expect("it stops");
        let two = matches!(stopped, Refusal::Halt(Halt::TwoLocks { .. }));
        assert!(two, "{stopped:?}");
    }

    // They do so again after a restart.
    for at in 0..LIAR {
        world.start(at, false);
    }
    world.run(|_, _, _| false);
    assert!(world.stopped[0].is_some() && world.stopped[1].is_some());
    world.assert_nobody_signed_a_deposit();
}
