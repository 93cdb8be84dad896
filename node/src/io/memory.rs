//! What a peer likes to remember but may lose: the record sequences its peers have shown, and how
//! its last duties ended. Kept in sled, whose last seconds a crash may take; it never guards a
//! signature.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use proto::{ClusterSize, PeerIndex, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::warn;

/// How often what is remembered is written down. A flush costs an fsync and wakes eight threads: at
/// sled's own 500 ms that was a tenth of what a peer with one duty a slot used, at 5 s a
/// thirtieth. Not longer: a full disk that sled meets first at the very end holds up the end.
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
    cluster: Root,
    sequences: sled::Tree,
    duties: sled::Tree,
}

impl Memory {
    /// Opens or creates it for the cluster of this lock. Files that a power loss has damaged are
    /// set aside: a peer that only remembers less still signs.
    ///
    /// # Errors
    /// If the files are not accessible.
    pub fn open(path: &Path, cluster: Root) -> Result<Self, MemoryError> {
        let failed = |source| MemoryError {
            path: path.display().to_string(),
            source,
        };
        match Self::begin(path, cluster) {
            Err(error) if is_damage(&error) => {
                let aside = set_aside(path).map_err(|error| failed(error.into()))?;
                warn!(
                    %error,
                    "{} was damaged and is begun again: the history of duties is gone, no \
                     signature depended on it. The old files are in {}",
                    path.display(),
                    aside.display()
                );
                Self::begin(path, cluster).map_err(failed)
            }
            begun => begun.map_err(failed),
        }
    }

    fn begin(path: &Path, cluster: Root) -> Result<Self, sled::Error> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(4 << 20)
            .flush_every_ms(Some(FLUSH_MS));
        let db = config.open()?;
        let memory = Self {
            cluster,
            sequences: db.open_tree("sequences")?,
            duties: db.open_tree("duties")?,
        };
        memory.adopt()?;
        Ok(memory)
    }

    /// Earlier programs knew peers by their position alone: theirs are this lock's, and no other's
    /// that later has the same data directory. A number of another cluster would be a claim that
    /// the peer's record is an old one.
    fn adopt(&self) -> Result<(), sled::Error> {
        for entry in &self.sequences {
            let (key, sequence) = entry?;
            if let [position] = *key {
                let key = self.key(position);
                if self.sequences.get(&key)?.is_none() {
                    self.sequences.insert(key, sequence)?;
                }
                self.sequences.remove([position])?;
            }
        }
        Ok(())
    }

    /// The key of a peer of this cluster.
    fn key(&self, position: u8) -> Vec<u8> {
        [self.cluster.as_bytes(), &[position][..]].concat()
    }

    /// The highest record sequence each peer of this cluster has shown.
    pub fn sequences(&self, size: ClusterSize) -> BTreeMap<PeerIndex, u64> {
        let known = |peer: PeerIndex| {
            let bytes = self.sequences.get(self.key(position(peer))).ok()??;
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
            .insert(self.key(position(peer)), &sequence.to_be_bytes())?;
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

/// Whether the files themselves are wrong, not the access to them.
fn is_damage(error: &sled::Error) -> bool {
    match error {
        sled::Error::Corruption { .. }
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::CollectionNotFound(_) => true,
        sled::Error::Io(error) => {
            matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData
            )
        }
    }
}

/// Gives the directory another name and says which.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = (1..)
        .map(|n| path.with_added_extension(format!("damaged-{n}")))
        .find(|aside| !aside.exists())
        .expect("there is a free number");
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

fn position(peer: PeerIndex) -> u8 {
    u8::try_from(peer.position()).expect("a cluster has at most 13 peers")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: Root = Root::ZERO;

    /// What the next process finds: the files. The place itself stays locked for as long as a
    /// thread of sled's pool, which nobody can wait for, takes to let go of it.
    fn left_behind(by: &Path) -> PathBuf {
        let copy = by.with_added_extension("copy");
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(by).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
            }
        }
        copy
    }

    #[test]
    fn a_damaged_memory_is_set_aside_and_never_keeps_a_peer_from_running() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("memory");
        drop(Memory::open(&path, CLUSTER).unwrap());
        let files = left_behind(&path);
        std::fs::write(files.join("conf"), "noise instead of settings").unwrap();
        let memory = Memory::open(&files, CLUSTER).unwrap();
        assert_eq!(memory.endings(10), []);
        let aside = files.with_added_extension("damaged-1");
        assert_eq!(
            std::fs::read(aside.join("conf")).unwrap(),
            b"noise instead of settings"
        );
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
        let path = dir.path().join("memory");
        let memory = Memory::open(&path, CLUSTER).unwrap();
        memory.remember_sequence(peer, 77).unwrap();
        memory.remember_ending(&ending).unwrap();
        drop(memory);
        let memory = Memory::open(&left_behind(&path), CLUSTER).unwrap();
        assert_eq!(memory.sequences(size), BTreeMap::from([(peer, 77)]));
        assert_eq!(memory.endings(10), [ending]);
    }
    /// What is remembered of another cluster's peers would accuse these of an old record.
    #[test]
    fn sequences_are_of_one_lock_and_those_by_position_alone_are_read_as_this_ones() {
        let dir = tempfile::tempdir().unwrap();
        let size = ClusterSize::of(4).unwrap();
        let (one, other) = (size.peer(1).unwrap(), size.peer(2).unwrap());
        let path = dir.path().join("memory");
        let memory = Memory::open(&path, CLUSTER).unwrap();
        // As an earlier program kept it.
        let by_position = |peer| [position(peer)];
        let bytes = 77_u64.to_be_bytes();
        memory.sequences.insert(by_position(one), &bytes).unwrap();
        memory.adopt().unwrap();
        memory.remember_sequence(other, 5).unwrap();
        let all = BTreeMap::from([(one, 77), (other, 5)]);
        assert_eq!(memory.sequences(size), all);
        drop(memory);
        let foreign = Memory::open(&left_behind(&path), [9; 32].into()).unwrap();
        assert_eq!(foreign.sequences(size), BTreeMap::new());
    }
}
