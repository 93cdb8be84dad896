//! Four peers of a ceremony in one thread: frames in one queue, each peer with a directory of its
//! own. One of them loses power when its time has come.

use std::collections::VecDeque;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dkg::bls::{Message, PublicPoint, combine, verify};
use dkg::ceremony::Input;
use proto::definition::Gwei;
use proto::example::NAMES;
use proto::lock::Lock;
use proto::{ClusterSize, PeerIndex, PublicKey, Root, ShareIndex, WireVersion};
use tempfile::TempDir;

use super::disk::{Disk, states_between};
use crate::ceremony::driver::Driver;
use crate::ceremony::keys::{Site, keystore_salt};
use crate::ceremony::line::{Line, Post};
use crate::ceremony::tests::{definition_of, secrets};
use crate::ceremony::{CeremonyError, Phase};
use crate::disk::DataLock;
use crate::disk::keystore::SecretSource;
use crate::disk::keystore::{self, MasterSecret, SecretKind, SecretUse};
use crate::net::{Disconnect, Event};

/// More bytes than a world needs at any time, several times over.
const ROOM: u64 = 48 << 20;
/// Who loses power.
const VICTIM: usize = 1;

/// When the victim loses power.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    BeforeSending(usize),
    BeforeTaking(usize),
}

/// What unwinds a peer that loses power.
struct PowerLost;

/// What is under way, and when the victim loses power.
struct Air {
    frames: VecDeque<(usize, usize, Bytes)>,
    /// Frames that the victim may still send, and its disk when it may send no more.
    left: Option<usize>,
    disk: Disk,
}

/// One peer's way into the air.
struct Antenna {
    me: usize,
    dir: PathBuf,
    air: Arc<Mutex<Air>>,
}

impl Post for Antenna {
    fn send(&self, peer: PeerIndex, frame: Bytes) {
        let mut air = self.air.lock().unwrap();
        if self.me == VICTIM
            && let Some(left) = air.left
        {
            if left == 0 {
                drop(air);
                resume_unwind(Box::new(PowerLost));
            }
            air.left = Some(left - 1);
            if left == 1 {
                air.disk = Disk::read(&self.dir);
            }
        }
        air.frames.push_back((self.me, peer.position(), frame));
    }
}

pub struct World {
    root: TempDir,
    peers: [Option<Driver>; 4],
    air: Arc<Mutex<Air>>,
    /// Frames that the victim may still take.
    takes: Option<usize>,
    /// The victim's disk when it lost power.
    cut: Option<Disk>,
    /// Why the victim stopped.
    refused: Option<CeremonyError>,
}

/// In memory where there is room: a test has no power to lose, and syncing takes time.
fn quick_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |disk| disk.f_bavail * disk.f_frsize);
    let quick = (room >= ROOM).then(|| tempfile::tempdir_in(memory).ok());
    quick
        .flatten()
        .unwrap_or_else(|| tempfile::tempdir().unwrap())
}

pub fn peer(position: usize) -> PeerIndex {
    ClusterSize::of(4).unwrap().peer(position).unwrap()
}

/// The program of operator `at` as it starts on `dir`.
pub fn gathering(
    at: usize,
    dir: &Path,
    secret: PathBuf,
    post: impl Post + Send + 'static,
) -> Result<Driver, CeremonyError> {
    let site = Site {
        definition: definition_of(1, vec![Gwei::FULL]),
        identity: secrets().swap_remove(at),
        me: peer(at),
        lock_file: dir.join("cluster-lock.json"),
        keystore_dir: dir.join("keystores"),
        data: DataLock::take(dir).unwrap(),
    };
    let phase = Phase::begin(&site, &SecretSource::SecretFile(secret))?;
    let line = Line::new(Box::new(post), site.me, site.definition.terms());
    Ok(Driver::new(site, phase, line))
}

/// A session with operator `at` is up.
pub fn up(at: usize) -> Event {
    up_in(at, WireVersion::V2)
}

/// A session with operator `at` is up in which both sides speak `version`.
pub fn up_in(at: usize, version: WireVersion) -> Event {
    Event::Up {
        peer: peer(at),
        software: String::new(),
        version,
    }
}

impl World {
    /// A ceremony up to the moment at which the victim loses power, or to its end.
    pub fn until(cut: Cut) -> Self {
        let (left, takes) = match cut {
            Cut::BeforeSending(frames) => (Some(frames), None),
            Cut::BeforeTaking(frames) => (None, Some(frames)),
        };
        let mut world = Self {
            root: quick_directory(),
            peers: [const { None }; 4],
            air: Arc::new(Mutex::new(Air {
                frames: VecDeque::new(),
                left,
                disk: Disk::default(),
            })),
            takes,
            cut: None,
            refused: None,
        };
        for at in 0..4 {
            fs::create_dir(world.dir(at)).unwrap();
            keystore::create(&world.secret(at), SecretKind::Keystores).unwrap();
        }
        for at in 0..4 {
            world.start(at);
        }
        world.run();
        world
    }

    /// Whether the victim has lost power.
    pub fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// What the victim's disk may hold: everything between its last frame and the power cut.
    pub fn states(&self) -> Vec<Disk> {
        let before = &self.air.lock().unwrap().disk;
        states_between(before, self.cut.as_ref().unwrap())
    }

    /// The victim comes back, with this on its disk if it is another than it left; and on to the
    /// end.
    pub fn come_back(&mut self, disk: Option<&Disk>) {
        if let Some(disk) = disk {
            disk.write(&self.dir(VICTIM));
        }
        (self.air.lock().unwrap().left, self.takes) = (None, None);
        self.start(VICTIM);
        self.run();
    }

    /// The victim comes back without what lies there; gives why it stops, if it does.
    pub fn come_back_without(&mut self, lost: &[&str]) -> Option<CeremonyError> {
        for name in lost {
            let path = self.dir(VICTIM).join(name);
            // Some are files, and some are not there yet.
            fs::remove_dir_all(&path)
                .or_else(|_| fs::remove_file(&path))
                .ok();
        }
        self.come_back(None);
        self.refused.take()
    }

    /// The victim comes back with another position; gives why it stops, if it does.
    pub fn come_back_at(&mut self, position: &str) -> Option<CeremonyError> {
        fs::write(self.dir(VICTIM).join("ceremony/position.json"), position).unwrap();
        self.come_back(None);
        self.refused.take()
    }

    /// The first operator hears messages of a later version from the second; what it says of them.
    pub fn hear_unknown(&mut self, times: usize) -> String {
        let gathering = self.peers[0].as_mut().expect("it goes on");
        assert_eq!(gathering.line.passed_over(), None);
        for _ in 0..times {
            // Field 99, of no bytes.
            let frame = Bytes::from_static(&[0x9a, 0x06, 0x00]);
            let peer = peer(1);
            gathering.take(Event::Frame { peer, frame }).unwrap();
        }
        gathering.line.passed_over().expect("it counts them")
    }

    /// What the victim has written.
    pub fn has(&self, name: &str) -> bool {
        self.dir(VICTIM).join(name).exists()
    }

    /// Nobody has anything against the victim, though it is gone for good, and no deposit is
    /// signed.
    pub fn assert_nobody_blames(&self, when: &str) {
        for at in (0..4).filter(|at| *at != VICTIM) {
            let gathering = self.peers[at].as_ref().expect("it goes on");
            let faults = gathering.line.screen.said_once();
            assert!(faults.is_empty(), "{when}: {faults:?}");
            let names = Disk::read(&self.dir(at)).names();
            let odd = |name: &&String| name.contains("blame") || name.contains("deposit");
            assert_eq!(names.iter().find(odd), None, "{when}");
        }
    }

    fn dir(&self, at: usize) -> PathBuf {
        self.root.path().join(NAMES[at])
    }

    fn secret(&self, at: usize) -> PathBuf {
        self.root.path().join(format!("{}.secret", NAMES[at]))
    }

    fn start(&mut self, at: usize) {
        let (dir, air) = (self.dir(at), self.air.clone());
        let antenna = Antenna {
            me: at,
            dir: dir.clone(),
            air,
        };
        match gathering(at, &dir, self.secret(at), antenna) {
            Ok(gathering) => self.peers[at] = Some(gathering),
            Err(error) => {
                self.refused = Some(error);
                return;
            }
        }
        self.give(at, |gathering| gathering.begin(false));
        for other in (0..4).filter(|other| *other != at) {
            if self.peers[other].is_some() && self.peers[at].is_some() {
                self.give(other, |gathering| gathering.take(up(at)));
                self.give(at, |gathering| gathering.take(up(other)));
            }
        }
    }

    /// Lets a peer do something, and all that follows for itself, unless it loses power.
    fn give(&mut self, at: usize, act: impl FnOnce(&mut Driver) -> Result<(), CeremonyError>) {
        let Some(mut gathering) = self.peers[at].take() else {
            return;
        };
        let acted = catch_unwind(AssertUnwindSafe(|| {
            act(&mut gathering)?;
            while gathering.is_busy() {
                gathering.make(Input::Tick)?;
            }
            Ok(())
        }));
        match acted {
            Ok(Ok(())) => self.peers[at] = Some(gathering),
            Ok(Err(error)) if at == VICTIM => self.refused = Some(error),
            Ok(Err(error)) => panic!("{} stops: {error}", NAMES[at]),
            Err(lost) if lost.is::<PowerLost>() => {
                drop(gathering);
                self.lose_power();
            }
            Err(failure) => resume_unwind(failure),
        }
    }

    /// The others notice; of what the victim sent, every second time nothing arrives any more.
    fn lose_power(&mut self) {
        self.peers[VICTIM] = None;
        let disk = Disk::read(&self.dir(VICTIM));
        let lossy = disk.names().len().is_multiple_of(2);
        self.cut = Some(disk);
        let lost = |from: usize, to: usize| to == VICTIM || lossy && from == VICTIM;
        let mut air = self.air.lock().unwrap();
        air.frames.retain(|(from, to, _)| !lost(*from, *to));
        let arriving: Vec<_> = air
            .frames
            .iter()
            .filter(|f| f.0 == VICTIM)
            .cloned()
            .collect();
        air.frames.retain(|(from, _, _)| *from != VICTIM);
        drop(air);
        for (_, to, frame) in arriving {
            self.frame(VICTIM, to, frame);
        }
        for at in 0..4 {
            let down = Event::Down {
                peer: peer(VICTIM),
                reason: Disconnect::Lost {
                    name: NAMES[VICTIM].to_owned(),
                    cause: "power".to_owned(),
                },
            };
            self.give(at, |gathering| gathering.take(down));
        }
    }

    fn frame(&mut self, from: usize, to: usize, frame: Bytes) {
        let peer = peer(from);
        self.give(to, |gathering| gathering.take(Event::Frame { peer, frame }));
    }

    /// Delivers everything.
    fn run(&mut self) {
        loop {
            let next = self.air.lock().unwrap().frames.pop_front();
            let Some((from, to, frame)) = next else {
                return;
            };
            if to == VICTIM && self.peers[to].is_some() {
                match &mut self.takes {
                    Some(0) => {
                        self.lose_power();
                        continue;
                    }
                    Some(left) => *left -= 1,
                    None => {}
                }
            }
            self.frame(from, to, frame);
        }
    }

    /// Every peer is done and has the same lock and deposits, every share of it works, the seeds
    /// are gone, and nobody was found to have done anything wrong.
    pub fn assert_all_have_the_same(&self, when: &str) {
        let text = |at: usize| fs::read_to_string(self.dir(at).join("cluster-lock.json")).unwrap();
        let lock = Lock::from_json(&text(0)).unwrap();
        for (at, name) in NAMES.iter().take(4).enumerate() {
            let gathering = self.peers[at].as_ref().expect("it came back");
            let faults = gathering.line.screen.said_once();
            assert!(faults.is_empty(), "{when}: {faults:?}");
            assert!(gathering.is_over(), "{when}: {name} is not done");
            assert_eq!(text(at), text(0), "{when}");
            let names = Disk::read(&self.dir(at)).names();
            let odd = |name: &&String| name.contains("ceremony") || name.contains("blame");
            assert_eq!(names.iter().find(odd), None, "{when}");
            let deposits = |name: &&String| name.starts_with("deposit-data-");
            let deposits = names.iter().find(deposits).expect("deposits are signed");
            let deposits = |at: usize| fs::read(self.dir(at).join(deposits)).unwrap();
            assert_eq!(deposits(at), deposits(0), "{when}");
        }
        self.assert_shares_work(&lock);
    }

    /// The keystores open to shares of which every t sign for the group.
    fn assert_shares_work(&self, lock: &Lock) {
        let message = Message::hash(Root::from([3; 32]));
        let salt = keystore_salt(lock.definition.hash());
        let partials: Vec<_> = (0..4)
            .map(|at| {
                let secret = SecretSource::SecretFile(self.secret(at));
                let master = MasterSecret::obtain(&secret, &salt, SecretUse::Open).unwrap();
                let keys: Vec<PublicKey> = lock.shares_of(peer(at)).copied().collect();
                let dir = self.dir(at).join("keystores");
                let shares = keystore::open_all(&dir, &master, &keys).unwrap();
                (ShareIndex::from(peer(at)), shares[0].sign(&message))
            })
            .collect();
        let group = PublicPoint::from_bytes(&lock.validators[0].public_key).unwrap();
        for absent in 0..4 {
            let mut three = partials.clone();
            three.remove(absent);
            assert!(verify(&group, &message, &combine(&three).unwrap()));
        }
    }
}
