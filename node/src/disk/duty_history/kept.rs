//! The files of the memory: one sled database.
//!
//! Whoever calls this may wait for ever on a disk that is full or hangs; see the thread around it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::{ClusterSize, DutyKind, PeerIndex, Root};
use tracing::warn;

use super::Ending;
use super::book::Tables;

/// How often what is remembered is written down, at least, and [`SLACK_NS`] later at most. A flush
/// costs an fsync and wakes eight threads: at sled's own 500 ms that was a tenth of what a peer
/// with one duty a slot used.
const FLUSH_MS: u64 = 11_000;

/// How late sled's threads may wake, in nanoseconds: seven of them look for work once a second
/// each, and so they look once in five, all in one go.
const SLACK_NS: NonZeroU64 = NonZeroU64::new(4_000_000_000).expect("it is not zero");

/// How many duties are kept: 225 epochs a day of one validator, some weeks of a few.
const DUTIES: usize = 20_000;

/// The database of one peer.
#[derive(Debug)]
pub(super) struct Kept {
    db: sled::Db,
    cluster: Root,
    sequences: sled::Tree,
    duties: sled::Tree,
    pub(super) book: Arc<Tables>,
}

impl Kept {
    /// Opens or creates it for the cluster of this lock; damaged files are set aside.
    pub(super) fn open(path: &Path, cluster: Root) -> Result<Self, sled::Error> {
        match Self::begin(path, cluster) {
            Err(error) if is_damage(&error) => {
                let aside = set_aside(path)?;
                warn!(
                    %error,
                    "{} was damaged and is begun again: the history of duties is gone, no \
                     signature depended on it. The old files are in {}",
                    path.display(),
                    aside.display()
                );
                Self::begin(path, cluster)
            }
            begun => begun,
        }
    }

    fn begin(path: &Path, cluster: Root) -> Result<Self, sled::Error> {
        // Threads inherit it, those of sled from this one. Where it is refused, they wake more.
        rustix::thread::set_current_timer_slack(Some(SLACK_NS)).ok();
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(4 << 20)
            .flush_every_ms(Some(FLUSH_MS));
        let db = config.open()?;
        let history = Self {
            cluster,
            sequences: db.open_tree("sequences")?,
            duties: db.open_tree("duties")?,
            book: Arc::new(Tables::open(&db, cluster)?),
            db,
        };
        history.adopt()?;
        Ok(history)
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
    pub(super) fn sequences(&self, size: ClusterSize) -> BTreeMap<PeerIndex, u64> {
        let known = |peer: PeerIndex| {
            let bytes = self.sequences.get(self.key(position(peer))).ok()??;
            Some((peer, u64::from_be_bytes(bytes.as_ref().try_into().ok()?)))
        };
        size.all().filter_map(known).collect()
    }

    /// Remembers the record sequence a peer has shown.
    pub(super) fn remember_sequence(
        &self,
        peer: PeerIndex,
        sequence: u64,
    ) -> Result<(), sled::Error> {
        self.sequences
            .insert(self.key(position(peer)), &sequence.to_be_bytes())?;
        Ok(())
    }

    /// Remembers how a duty ended, and forgets the oldest.
    pub(super) fn remember_ending(&self, ending: &Ending) -> Result<(), sled::Error> {
        // A kind of a later version would have a code that this one does not know.
        let kind = DutyKind::from_name(&ending.kind).map_or(u8::MAX, DutyKind::code);
        let key = [&ending.slot.to_be_bytes()[..], &[kind]].concat();
        let bytes = serde_json::to_vec(ending).expect("numbers and texts have a JSON form");
        self.duties.insert(key, bytes)?;
        if ending.slot.is_multiple_of(1024) {
            self.forget_oldest();
        }
        Ok(())
    }

    /// The last duties, newest first, at most `count`.
    pub(super) fn endings(&self, count: usize) -> Vec<Ending> {
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

    /// Writes down everything and gives the files free.
    pub(super) fn close(self) -> Result<(), sled::Error> {
        self.db.flush()?;
        Ok(())
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
impl Kept {
    /// By the position alone.
    pub(super) fn remember_as_earlier_programs_did(&self, peer: PeerIndex, sequence: u64) {
        let sequence = sequence.to_be_bytes();
        self.sequences.insert([position(peer)], &sequence).unwrap();
    }
}
