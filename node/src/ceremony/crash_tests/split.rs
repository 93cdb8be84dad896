//! One operator breaks its word: it lures the others out of an attempt of which it alone holds the
//! certificate, and lets two of them finish the next one and the third the first. No two honest
//! peers ever take different keys for the cluster's: none signs a deposit, and all stop with words.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dkg::ceremony::{Input, Position};
use proto::ceremony::{Frame as Said, Spoken};
use proto::ceremony_session::Frame;
use proto::definition::Gwei;
use proto::example::NAMES;
use proto::lock::Lock;
use proto::{PeerIndex, WireVersion};
use tempfile::TempDir;

use super::world::{gathering, peer, up, up_in};
use crate::ceremony::CeremonyError;
use crate::ceremony::driver::Driver;
use crate::ceremony::keys::keystore_salt;
use crate::ceremony::line::Post;
use crate::ceremony::saved::SavedCeremony;
use crate::ceremony::tests::definition_of;
use crate::disk::keystore::SecretSource;
use crate::disk::keystore::{self, MasterSecret, SecretKind, SecretUse};
use crate::net::Event;

/// The operator that lies.
pub const LIAR: usize = 3;

type Air = Arc<Mutex<VecDeque<(usize, usize, Bytes)>>>;

struct Antenna(usize, Air);

impl Post for Antenna {
    fn send(&self, to: PeerIndex, frame: Bytes) {
        let mut air = self.1.lock().unwrap();
        air.push_back((self.0, to.position(), frame));
    }
}

pub struct World {
    root: TempDir,
    pub peers: [Option<Driver>; 4],
    pub stopped: [Option<CeremonyError>; 4],
    air: Air,
    /// What the sessions that begin speak.
    pub version: WireVersion,
    /// Every frame that an honest peer was given time to send.
    pub sent: Vec<(usize, Frame)>,
}

impl World {
    /// Four operators, each in its first life.
    pub fn started() -> Self {
        let mut world = Self {
            root: tempfile::tempdir().unwrap(),
            peers: [const { None }; 4],
            stopped: [const { None }; 4],
            air: Air::default(),
            version: WireVersion::V2,
            sent: Vec::new(),
        };
        for at in 0..4 {
            world.start(at, "", false);
        }
        world
    }

    pub fn dir(&self, at: usize, life: &str) -> PathBuf {
        self.root.path().join(format!("{}{life}", NAMES[at]))
    }

    /// Starts the program of an operator in the directory of that `life`.
    pub fn start(&mut self, at: usize, life: &str, retry: bool) {
        let dir = self.dir(at, life);
        let secret = self.root.path().join(format!("{}.secret", NAMES[at]));
        if !secret.exists() {
            keystore::create(&secret, SecretKind::Keystores).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        (self.peers[at], self.stopped[at]) = (None, None);
        let antenna = Antenna(at, self.air.clone());
        self.peers[at] = Some(gathering(at, &dir, secret, antenna).unwrap());
        self.give(at, |gathering| gathering.begin(retry));
        let there = |other: &usize| *other != at && self.peers[*other].is_some();
        for other in (0..4).filter(there).collect::<Vec<_>>() {
            let version = self.version;
            self.give(other, |gathering| gathering.take(up_in(at, version)));
            self.give(at, |gathering| gathering.take(up_in(other, version)));
        }
    }

    /// Sends `frame` before whatever is sent from now on.
    pub fn send(&self, from: usize, to: usize, frame: &Frame) {
        Antenna(from, self.air.clone()).send(peer(to), Bytes::from(frame.encode()));
    }

    /// Gives an operator another life, with a seed of its own, that is at `attempt` and knows of no
    /// earlier one. It asks nobody.
    pub fn prepare(&self, (at, life): (usize, &str), attempt: u32) {
        let dir = self.dir(at, life);
        fs::create_dir_all(&dir).unwrap();
        let secret = self.root.path().join(format!("{}.secret", NAMES[at]));
        let definition = definition_of(1, vec![Gwei::FULL]).hash();
        let source = SecretSource::SecretFile(secret);
        let salt = keystore_salt(definition);
        let master = MasterSecret::obtain(&source, &salt, SecretUse::Open).unwrap();
        let position = Position {
            attempt,
            opened: attempt,
            ..Position::default()
        };
        let saved = SavedCeremony::open(&dir, definition).unwrap();
        saved.begin(&master, &position).unwrap();
    }

    /// Everybody acknowledges, and the liar alone hears of all: nobody else has a lock. Gives what
    /// the liar keeps to itself.
    pub fn acknowledge(&mut self) -> Vec<Frame> {
        self.run(|from, _, frame| {
            let early = matches!(frame, Frame::Ceremony(_) | Frame::Remembered(_));
            from == LIAR && (is_ack(frame, 0) || !early)
        })
    }

    fn give(&mut self, at: usize, act: impl FnOnce(&mut Driver) -> Result<(), CeremonyError>) {
        let Some(gathering) = &mut self.peers[at] else {
            return;
        };
        let mut acted = act(gathering);
        while acted.is_ok() && gathering.is_busy() {
            acted = gathering.make(Input::Tick);
        }
        if let Err(error) = acted {
            (self.peers[at], self.stopped[at]) = (None, Some(error));
        }
    }

    /// Delivers everything but the frames that `withheld` picks, which it gives.
    pub fn run(&mut self, withheld: impl Fn(usize, usize, &Frame) -> bool) -> Vec<Frame> {
        let mut kept = Vec::new();
        loop {
            let next = self.air.lock().unwrap().pop_front();
            let Some((from, to, bytes)) = next else {
                return kept;
            };
            let frame = Frame::decode(&bytes).unwrap();
            self.sent.push((from, frame.clone()));
            if withheld(from, to, &frame) {
                kept.push(frame);
                continue;
            }
            self.tell(from, to, &frame);
        }
    }

    pub fn tell(&mut self, from: usize, to: usize, frame: &Frame) {
        let (peer, frame) = (peer(from), Bytes::from(frame.encode()));
        self.give(to, |gathering| gathering.take(Event::Frame { peer, frame }));
    }

    fn lock(&self, at: usize) -> Lock {
        let file = self.dir(at, "").join("cluster-lock.json");
        Lock::from_json(&fs::read_to_string(file).unwrap()).unwrap()
    }

    fn assert_nobody_signed_a_deposit(&self) {
        let of_honest = |(from, _): &&(usize, Frame)| *from != LIAR;
        for (from, frame) in self.sent.iter().filter(of_honest) {
            let signs = matches!(frame, Frame::Partials(..) | Frame::Deposits(..));
            assert!(!signs, "{} signed a deposit", NAMES[*from]);
        }
        for at in 0..LIAR {
            let files = fs::read_dir(self.dir(at, "")).unwrap();
            let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            assert!(!names.any(|name| name.starts_with("deposit-data-")));
        }
    }
}

fn is_ack(frame: &Frame, attempt: u32) -> bool {
    let Frame::Ceremony(bytes) = frame else {
        return false;
    };
    let size = definition_of(1, vec![Gwei::FULL]).terms().size();
    let said = Said::decode(size, bytes).unwrap();
    matches!(said, Said::Spoken(Spoken::Ack(ack)) if ack.statement.context.attempt == attempt)
}

/// The liar has finished the first attempt alone, and all are in the second but for its word, that
/// it gives to all honest peers but the first. The first is shown the certificate that it kept.
fn split() -> World {
    let mut world = World::started();
    let kept = world.acknowledge();
    let certificate = kept.into_iter().find(|f| matches!(f, Frame::Lock(..)));
    let certificate = certificate.expect("the liar holds every signature of the first lock");

    world.prepare((LIAR, ".liar"), 1);
    world.start(LIAR, ".liar", false);
    world.run(|from, to, frame| {
        let finishes = matches!(frame, Frame::Lock(..));
        finishes || from == LIAR && to == 0 && is_ack(frame, 1)
    });
    world.tell(LIAR, 0, &certificate);
    world
}

#[test]
fn nobody_signs_a_deposit_before_the_last_peer_has_shown_its_lock() {
    let mut world = World::started();
    let kept = world.run(|from, _, frame| from == LIAR && matches!(frame, Frame::Lock(..)));
    world.assert_nobody_signed_a_deposit();
    let lock = kept.last().expect("it holds the lock").clone();
    for at in 0..LIAR {
        world.tell(LIAR, at, &lock);
    }
    world.run(|_, _, _| false);
    for peer in &world.peers {
        let gathering = peer.as_ref().expect("nothing stops it");
        assert!(gathering.is_over());
    }
}

#[test]
fn peers_that_a_liar_let_finish_different_locks_sign_no_deposit_and_stop_with_words() {
    let mut world = split();
    let said = |at: usize| {
        world.peers[at]
            .as_ref()
            .unwrap()
            .line
            .screen
            .said_once()
            .clone()
    };
    let named = said(0).into_iter().find(|words| words.contains("promised"));
    let named = named.expect("the first peer saw promise and certificate");
    assert!(named.starts_with(NAMES[LIAR]), "{named}");
    assert_ne!(world.lock(0).hash(), world.lock(1).hash());
    assert_eq!(world.lock(1).hash(), world.lock(2).hash());
    // Everybody says what it has; whoever was not told before is told on the next connection.
    for at in 0..4 {
        for other in (0..4).filter(|other| *other != at) {
            world.give(at, |gathering| gathering.take(up(other)));
        }
    }
    world.run(|_, _, _| false);
    world.assert_nobody_signed_a_deposit();
    for at in 0..LIAR {
        let stopped = world.stopped[at].as_ref().expect("it stops");
        let words = stopped.to_string();
        assert!(
            words.contains("Pay nothing to keys of either lock"),
            "{words}"
        );
    }

    // They say so again after a restart.
    for at in 0..LIAR {
        world.start(at, "", false);
    }
    world.run(|_, _, _| false);
    assert!(world.stopped[0].is_some() && world.stopped[1].is_some());
    world.assert_nobody_signed_a_deposit();
}
