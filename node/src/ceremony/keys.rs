//! What the ceremony leaves on the disk beside keystores and deposits: the signing record, the
//! lock, and the hashes of locks that were left.
//!
//! Every step may be repeated after a crash. Their order, on which promises rest, is that of
//! [`node_core::ceremony`].
//!
//! Never here: what the peers say.

use std::fs;
use std::path::PathBuf;

use node_core::ceremony::Place;
use node_core::record::{History, Journal, JournalError, Owner};
use proto::Root;
use proto::lock::{BadLock, Lock};

use super::error::CeremonyError;
use crate::disk::files::{self, FileError, Mode};
use crate::disk::{DataLock, Files};

/// The longest list of abandoned locks worth reading, in bytes: one for each attempt.
const MAX_ABANDONED_BYTES: usize = 16 << 10;

/// One operator's place: who this peer is, what all agreed on, and where its files are.
pub struct Site {
    /// Who this peer is, and what all agreed on.
    pub place: Place,
    /// The data directory, held against other processes.
    pub data: DataLock,
    /// Where the lock is, or will be.
    pub lock_file: PathBuf,
    /// Where the keystores are, or will be.
    pub keystore_dir: PathBuf,
}

impl Site {
    /// The folder of the unfinished ceremony.
    pub fn unfinished(&self) -> PathBuf {
        self.data.directory().join("ceremony")
    }

    /// Removes files that a killed run was about to write. The data directory is held, so nobody
    /// else is writing them.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub fn sweep(&self) -> Result<(), CeremonyError> {
        let of_a_ceremony = |name: &str| {
            let whole = [
                ".keystore-",
                ".cluster-lock.",
                ".deposit-data-",
                ".blame-",
                ".abandoned-",
            ];
            name.ends_with(".tmp") && whole.iter().any(|begin| name.starts_with(begin))
        };
        for dir in [self.data.directory(), &self.keystore_dir] {
            // A directory that is not there yet holds nothing to remove.
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.file_name().to_str().is_some_and(of_a_ceremony) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(|error| FileError::Write(path, error))?;
                }
            }
        }
        Ok(())
    }

    /// The lock of an earlier run, if the ceremony is finished here.
    ///
    /// # Errors
    /// If it cannot be read, is refused, or is that of another definition.
    pub fn lock(&self) -> Result<Option<Lock>, CeremonyError> {
        if !self.lock_file.exists() {
            return Ok(None);
        }
        let text = files::read(&self.lock_file, Lock::MAX_BYTES)?;
        let lock = Lock::from_json(&text).map_err(|error| self.refused(error))?;
        let there = lock.definition.hash();
        if there == self.place.definition.hash() {
            Ok(Some(lock))
        } else {
            Err(CeremonyError::OtherLock {
                file: self.lock_file.clone(),
                there,
            })
        }
    }

    /// Writes the lock.
    ///
    /// # Errors
    /// If it cannot be written, or another is there.
    pub fn write_lock(&self, lock: &Lock) -> Result<(), CeremonyError> {
        if let Some(dir) = self.lock_file.parent() {
            files::make_dir(dir)?;
        }
        files::write_new(&self.lock_file, lock.to_json().as_bytes(), Mode::Public)?;
        Ok(())
    }

    /// Remembers the hashes of locks that were acknowledged here and then left. There are few.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn abandon(&self, locks: &[Root]) -> Result<(), CeremonyError> {
        if locks.is_empty() {
            return Ok(());
        }
        let text = serde_json::to_vec(locks).expect("a list of hashes fits into JSON");
        files::replace(&self.abandoned_file(), &text, Mode::Public)?;
        Ok(())
    }

    /// What [`Site::abandon`] remembers.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn abandoned(&self) -> Result<Vec<Root>, CeremonyError> {
        let path = self.abandoned_file();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = files::read(&path, MAX_ABANDONED_BYTES)?;
        serde_json::from_str(&text).map_err(|error| CeremonyError::Damaged(path, error))
    }

    fn abandoned_file(&self) -> PathBuf {
        self.data.directory().join("abandoned-locks.json")
    }

    /// The signing record of the lock of this hash, which is there.
    ///
    /// # Errors
    /// If it is missing or refused.
    pub fn record(&self, lock: Root) -> Result<Journal<Files>, CeremonyError> {
        let files = Files::within(&self.data);
        Ok(Journal::open(files, self.owner(lock))?)
    }

    /// Begins the signing record of the lock of this hash.
    ///
    /// # Errors
    /// If there is a record that is not this lock's, or it cannot be written.
    pub fn begin_record(&self, lock: Root, history: History) -> Result<(), CeremonyError> {
        let files = Files::within(&self.data);
        match Journal::create(files, self.owner(lock), history) {
            Ok(_) => Ok(()),
            // Begun by an earlier run that did not come to writing the lock.
            Err(JournalError::Exists) => self.record(lock).map(drop),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn owner(&self, cluster: Root) -> Owner {
        Owner {
            cluster,
            identity: self.place.identity.public(),
        }
    }

    fn refused(&self, error: BadLock) -> CeremonyError {
        CeremonyError::Lock(self.lock_file.clone(), error)
    }
}
