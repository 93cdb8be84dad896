//! Four peers of a ceremony, each with a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dkg::bls::SecretShare;
use node_core::ceremony::example::{Cut, Disk, VICTIM, World, place};
use node_core::ceremony::{Halt, Participation, Performed, Task, keystore_salt};
use proto::PublicKey;
use proto::example::NAMES;
use proto::lock::Lock;
use tempfile::TempDir;

use super::states::{State, states_between};
use crate::ceremony::desk::Desk;
use crate::ceremony::words::halted;
use crate::ceremony::{CeremonyError, Site};
use crate::disk::DataLock;
use crate::disk::keystore::{self, MasterSecret, SecretKind, SecretSource, SecretUse};

/// More bytes than a world needs at any time, several times over.
const ROOM: u64 = 48 << 20;

/// One peer's directory, and the secret that opens its keystores beside it.
pub struct Real {
    at: usize,
    root: Arc<TempDir>,
    desk: Option<Desk>,
    /// Before which frame it is looked at what lies there.
    looks_before: Option<usize>,
    before: State,
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

/// A ceremony up to the moment at which the victim loses power, or to its end.
pub fn until(cut: Cut) -> World<Real> {
    let root = Arc::new(quick_directory());
    let looks_before = match cut {
        Cut::BeforeSending(frames) => frames.checked_sub(1),
        Cut::BeforeTaking(_) | Cut::Never => None,
    };
    let disks = [0, 1, 2, 3].map(|at| {
        let disk = Real {
            at,
            root: root.clone(),
            desk: None,
            looks_before: looks_before.filter(|_| at == VICTIM),
            before: State::default(),
        };
        fs::create_dir(disk.dir()).unwrap();
        keystore::create(&disk.secret(), SecretKind::Keystores).unwrap();
        disk
    });
    World::until(cut, disks)
}

impl Real {
    fn dir(&self) -> PathBuf {
        self.root.path().join(NAMES[self.at])
    }

    fn secret(&self) -> PathBuf {
        self.root.path().join(format!("{}.secret", NAMES[self.at]))
    }

    fn names(&self) -> Vec<String> {
        State::read(&self.dir()).names()
    }

    /// What it may hold: everything between the last frame and now.
    pub fn states(&self) -> Vec<State> {
        states_between(&self.before, &State::read(&self.dir()))
    }

    /// This lies there, and nothing else.
    pub fn put_back(&mut self, state: &State) {
        self.desk = None;
        state.write(&self.dir());
    }

    /// These files or folders are gone.
    pub fn lose(&self, lost: &[&str]) {
        for name in lost {
            let path = self.dir().join(name);
            // Some are files, and some are not there yet.
            fs::remove_dir_all(&path)
                .or_else(|_| fs::remove_file(&path))
                .ok();
        }
    }

    /// Another position lies there.
    pub fn write_position(&self, position: &str) {
        fs::write(self.dir().join("ceremony/position.json"), position).unwrap();
    }

    /// Whether this is there.
    pub fn has(&self, name: &str) -> bool {
        self.dir().join(name).exists()
    }
}

impl Disk for Real {
    type Refusal = CeremonyError;

    fn start(&mut self) -> Result<Participation, CeremonyError> {
        // The program before has ended.
        self.desk = None;
        let dir = self.dir();
        let site = Site {
            place: place(self.at),
            lock_file: dir.join("cluster-lock.json"),
            keystore_dir: dir.join("keystores"),
            data: DataLock::take(&dir).unwrap(),
        };
        let (desk, peer) = Desk::begin(site, &SecretSource::SecretFile(self.secret()))?;
        self.desk = Some(desk);
        Ok(peer)
    }

    fn perform(&mut self, task: Task) -> Result<Performed, Option<CeremonyError>> {
        let desk = self.desk.as_mut().expect("it has started");
        desk.perform(task).map_err(Some)
    }

    fn refusal(&self, halt: Halt) -> CeremonyError {
        let desk = self.desk.as_ref().expect("it has started");
        halted(halt, &desk.site)
    }

    fn sends(&mut self, number: usize) {
        if self.looks_before == Some(number) {
            self.before = State::read(&self.dir());
        }
    }

    fn lock(&self) -> Option<Lock> {
        let text = fs::read_to_string(self.dir().join("cluster-lock.json")).ok()?;
        Some(Lock::from_json(&text).unwrap())
    }

    fn deposits(&self) -> Option<String> {
        let names = self.names().into_iter();
        let mut deposits = names.filter(|name| name.starts_with("deposit-data-"));
        let name = deposits.next()?;
        Some(fs::read_to_string(self.dir().join(name)).unwrap())
    }

    fn shares(&mut self, keys: &[PublicKey]) -> Vec<SecretShare> {
        let secret = SecretSource::SecretFile(self.secret());
        let salt = keystore_salt(place(self.at).definition.hash());
        let master = MasterSecret::obtain(&secret, &salt, SecretUse::Open).unwrap();
        keystore::open_all(&self.dir().join("keystores"), &master, keys).unwrap()
    }

    fn leftovers(&self) -> Vec<String> {
        let odd = |name: &String| name.contains("ceremony") || name.contains("blame");
        self.names().into_iter().filter(odd).collect()
    }
}
