//! What a peer likes to remember but may lose: the record sequences its peers have shown, and how
//! its last duties ended. Kept in sled, whose last seconds a crash may take; it never guards a
//! signature.

use std::collections::BTreeMap;
use std::path::Path;

use proto::{ClusterSize, PeerIndex};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::warn;

/// How often what is remembered is written down. A flush costs an fsync and wakes a thread, which
/// at sled's own 500 ms was a tenth of what a peer with one duty a slot used.
const FLUSH_MS: u64 = 5000;

/// How many duties are kept: 225 epochs a day of one validator, some weeks of a few.
const DUTIES: usize = 20_000;

/// The memory cannot be opened.
#[derive(Debug, Error)]
#[error("cannot open {path}: {source}: nothing in it guards a signature, so it may be moved away")]
pub struct MemoryError {
    path: String,
    source: sled::Error,
}

/// How one duty ended on this peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The slot.
    pub slot: u64,
    /// `head` or `block`.
    pub kind: String,
    /// How many validators got their signature.
    pub signed: usize,
    /// How many did not.
    pub missed: usize,
    /// Milliseconds from the trigger to the signature, if there is one.
    pub took_ms: Option<u64>,
    /// Why duties were missed, or empty.
    pub reason: String,
    /// The peers whose signatures were not there in time.
    pub absent: Vec<String>,
}

/// The memory of one peer.
#[derive(Debug)]
pub struct Memory {
    sequences: sled::Tree,
    duties: sled::Tree,
}

impl Memory {
    /// Opens or creates it.
    ///
    /// # Errors
    /// If the files are damaged or not accessible.
    pub fn open(path: &Path) -> Result<Self, MemoryError> {
        let failed = |source| MemoryError {
            path: path.display().to_string(),
            source,
        };
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(4 << 20)
            .flush_every_ms(Some(FLUSH_MS));
        let db = config.open().map_err(failed)?;
        Ok(Self {
            sequences: db.open_tree("sequences").map_err(failed)?,
            duties: db.open_tree("duties").map_err(failed)?,
        })
    }

    /// The highest record sequence each peer has shown.
    pub fn sequences(&self, size: ClusterSize) -> BTreeMap<PeerIndex, u64> {
        let known = |peer: PeerIndex| {
            let bytes = self.sequences.get([position(peer)]).ok()??;
            Some((peer, u64::from_be_bytes(bytes.as_ref().try_into().ok()?)))
        };
        size.all().filter_map(known).collect()
    }

    /// Remembers the record sequence a peer has shown.
    ///
    /// # Errors
    /// If sled cannot write it.
    pub fn remember_sequence(&self, peer: PeerIndex, sequence: u64) -> Result<(), sled::Error> {
        self.sequences
            .insert([position(peer)], &sequence.to_be_bytes())?;
        Ok(())
    }

    /// Remembers how a duty ended, and forgets the oldest.
    ///
    /// # Errors
    /// If sled cannot write it.
    pub fn remember_ending(&self, ending: &Ending) -> Result<(), sled::Error> {
        let kind = u8::from(ending.kind == "block");
        let key = [&ending.slot.to_be_bytes()[..], &[kind]].concat();
        let bytes = serde_json::to_vec(ending).expect("numbers and texts have a JSON form");
        self.duties.insert(key, bytes)?;
        if ending.slot.is_multiple_of(1024) {
            self.forget_oldest();
        }
        Ok(())
    }

    /// The last duties, newest first, at most `count`.
    pub fn endings(&self, count: usize) -> Vec<Ending> {
        let newest = self
            .duties
            .iter()
            .values()
            .rev()
            .take(count)
            .filter_map(Result::ok);
        newest
            .filter_map(|bytes| serde_json::from_slice(&bytes).ok())
            .collect()
    }

    fn forget_oldest(&self) {
        let surplus = self.duties.len().saturating_sub(DUTIES);
        for key in self
            .duties
            .iter()
            .keys()
            .take(surplus)
            .filter_map(Result::ok)
        {
            if let Err(error) = self.duties.remove(key) {
                warn!(%error, "cannot forget an old duty");
            }
        }
    }
}

fn position(peer: PeerIndex) -> u8 {
    u8::try_from(peer.position()).expect("a cluster has at most 13 peers")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the next process finds: the files. The place itself stays locked for as long as a
    /// thread of sled's pool, which nobody can wait for, takes to let go of it.
    fn left_behind(by: &Path) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(by).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
            }
        }
        copy
    }

    #[test]
    fn what_is_remembered_is_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let size = ClusterSize::of(4).unwrap();
        let peer = size.peer(2).unwrap();
        let ending = Ending {
            slot: 9,
            kind: "head".to_owned(),
            signed: 3,
            missed: 0,
            took_ms: Some(12),
            reason: String::new(),
            absent: vec!["dave".to_owned()],
        };
        let memory = Memory::open(dir.path()).unwrap();
        memory.remember_sequence(peer, 77).unwrap();
        memory.remember_ending(&ending).unwrap();
        drop(memory);
        let files = left_behind(dir.path());
        let memory = Memory::open(files.path()).unwrap();
        assert_eq!(memory.sequences(size), BTreeMap::from([(peer, 77)]));
        assert_eq!(memory.endings(10), [ending]);
    }
}
