//! What a peer likes to remember but may lose: the record sequences its peers have shown, how its
//! last duties ended, what became of them in the chain, and what each peer has contributed. Kept in
//! sled.
//!
//! A crash may take up to the last 20 s of it: news are gathered for 5 s, and written down with the
//! next flush, within 15 s more. What this peer signs does not hang on it: that its own record
//! guards, which is on the disk before a signature leaves. A sequence here stops *another* peer
//! whose record has been put back to an older one. It no longer does only if that record is from
//! within the 20 s, and so many have crashed then that no f + 1 peers are left who have seen more.
//!
//! sled waits without a bound for a disk that is full or hangs: once one of its writes has failed
//! (0.34), what is asked of it next, or its end, may never return. So it has a thread here. The
//! loop of the peer only hands over what is to be remembered, and the end of the program waits for
//! some seconds at most; the process then ends whatever that thread waits for.

mod book;
mod kept;
mod outcomes;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use proto::{ClusterSize, PeerIndex, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::warn;

pub use book::OutcomeBook;
use book::{News, Tables};
use kept::Kept;
pub use outcomes::{Contribution, Fate, OnChain, Row, Seen};

/// How long the files may take to open: they hold some megabytes.
const OPENING: Duration = Duration::from_secs(60);
/// How long the end of the program waits for what was remembered last: a busy disk takes a second.
const CLOSING: Duration = Duration::from_secs(3);
/// How long news are gathered at least before they are written down together, and with the slack of
/// this thread's timers ([`kept`]) 4 s more at most. A duty brings one of each peer and two of its
/// own, each of which would wake the thread.
const GATHERING: Duration = Duration::from_secs(1);
/// What may wait to be remembered at most: some minutes of a large cluster.
const WAITING: usize = 1024;
/// How many of the last duties are shown again after a start.
const SHOWN: usize = 64;
/// Of how many of the last slots the duties may still be looked for in the chain after a start:
/// eight epochs.
const FOLLOWED: u64 = 8 * 32;

/// The memory cannot be opened.
#[derive(Debug, Error)]
#[error(
    "cannot open {}: {why}: nothing in it guards a signature, so it may be moved away",
    .path.display()
)]
pub struct DutyHistoryError {
    path: PathBuf,
    why: Trouble,
}

/// What keeps something from being remembered.
#[derive(Debug, Error)]
pub enum Trouble {
    #[error(transparent)]
    Refused(#[from] sled::Error),
    #[error("no thread for it: {0}")]
    Thread(#[from] std::io::Error),
    #[error("the disk does not answer")]
    Hangs,
    #[error("sled gave up")]
    GaveUp,
}

/// How one duty ended on this peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
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

/// What was remembered when the program began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The highest record sequence each peer of this cluster has shown.
    pub sequences: BTreeMap<PeerIndex, u64>,
    /// The last duties, newest first.
    pub endings: Vec<Ending>,
    /// The duties of the last epochs, newest first.
    pub rows: Vec<Row>,
}

/// One thing to be remembered.
#[derive(Debug)]
enum Item {
    Sequence(PeerIndex, u64),
    Ending(Ending),
    Row(Row),
    Seen(Vec<Seen>),
    /// In this epoch, by the peer at this position.
    Contributed(u64, u8, Contribution),
}

/// The memory of one peer: the way to its thread.
#[derive(Debug)]
pub struct DutyHistory {
    items: SyncSender<Item>,
    /// Nothing is sent here: that it is gone ends the gathering.
    ends: SyncSender<Infallible>,
    closed: Receiver<Result<(), sled::Error>>,
    book: OutcomeBook,
}

impl DutyHistory {
    /// Opens or creates it for the cluster of this lock, and says what is in it. Files that a power
    /// loss has damaged are set aside: a peer that only remembers less still signs.
    ///
    /// # Errors
    /// If the files are not accessible.
    pub fn open(
        path: &Path,
        cluster: Root,
        size: ClusterSize,
    ) -> Result<(Self, Remembered), DutyHistoryError> {
        let failed = |why| DutyHistoryError {
            path: path.to_owned(),
            why,
        };
        let (items, waiting) = sync_channel(WAITING);
        let (ends, end) = sync_channel(0);
        let (to_opened, opened) = sync_channel(1);
        let (to_closed, closed) = sync_channel(1);
        let place = path.to_owned();
        let live = move || {
            let (kept, remembered) = match Kept::open(&place, cluster) {
                Ok(kept) => {
                    let sequences = kept.sequences(size);
                    let endings = kept.endings(SHOWN);
                    let book = OutcomeBook::of(&kept.book);
                    let remembered = Remembered {
                        sequences,
                        endings,
                        rows: followed(&kept.book),
                    };
                    (Some(kept), Ok((book, remembered)))
                }
                Err(error) => (None, Err(error)),
            };
            // Whoever waits for it may have given up.
            if let (Ok(()), Some(kept)) = (to_opened.send(remembered), kept) {
                to_closed.send(remember(kept, &waiting, &end)).ok();
            }
        };
        let thread = thread::Builder::new().name("memory".to_owned());
        thread.spawn(live).map_err(|error| failed(error.into()))?;
        let remembered = opened.recv_timeout(OPENING);
        let remembered = remembered.map_err(|waited| failed(waited.into()))?;
        let (book, remembered) = remembered.map_err(|error| failed(error.into()))?;
        let history = Self {
            items,
            ends,
            closed,
            book,
        };
        Ok((history, remembered))
    }

    /// Remembers the record sequence a peer has shown. Returns at once.
    ///
    /// # Errors
    /// If what was handed over before still waits for the disk.
    pub fn remember_sequence(&self, peer: PeerIndex, sequence: u64) -> Result<(), Trouble> {
        self.hand_over(Item::Sequence(peer, sequence))
    }

    /// Remembers how a duty ended, and forgets the oldest. Returns at once.
    ///
    /// # Errors
    /// If what was handed over before still waits for the disk.
    pub fn remember_ending(&self, ending: &Ending) -> Result<(), Trouble> {
        self.hand_over(Item::Ending(ending.clone()))
    }

    /// Remembers what became of the duties of one slot and kind. Returns at once.
    ///
    /// # Errors
    /// If what was handed over before still waits for the disk.
    pub fn remember_row(&self, row: Row) -> Result<(), Trouble> {
        self.hand_over(Item::Row(row))
    }

    /// Remembers what the chain shows of duties whose rows were handed over before. Returns at
    /// once.
    ///
    /// # Errors
    /// If what was handed over before still waits for the disk.
    pub fn remember_seen(&self, seen: Vec<Seen>) -> Result<(), Trouble> {
        self.hand_over(Item::Seen(seen))
    }

    /// Adds to what a peer has contributed in this epoch. Returns at once.
    ///
    /// # Errors
    /// If what was handed over before still waits for the disk.
    pub fn add_contribution(
        &self,
        epoch: u64,
        peer: PeerIndex,
        more: Contribution,
    ) -> Result<(), Trouble> {
        let position = u8::try_from(peer.position()).unwrap_or(u8::MAX);
        self.hand_over(Item::Contributed(epoch, position, more))
    }

    /// The tables of what became of duties, to be read by whoever may wait for a disk that hangs.
    pub fn book(&self) -> OutcomeBook {
        self.book.clone()
    }

    fn hand_over(&self, item: Item) -> Result<(), Trouble> {
        self.items.try_send(item).map_err(|refused| match refused {
            TrySendError::Full(_) => Trouble::Hangs,
            TrySendError::Disconnected(_) => Trouble::GaveUp,
        })
    }

    /// Has everything written down, and waits for that some seconds at most.
    ///
    /// # Errors
    /// If something may not be on the disk.
    pub fn close(self) -> Result<(), Trouble> {
        drop(self.items);
        drop(self.ends);
        Ok(self.closed.recv_timeout(CLOSING)??)
    }
}

impl From<RecvTimeoutError> for Trouble {
    fn from(waited: RecvTimeoutError) -> Self {
        match waited {
            RecvTimeoutError::Timeout => Self::Hangs,
            RecvTimeoutError::Disconnected => Self::GaveUp,
        }
    }
}

/// The rows of the last slots up to the newest that has some, the newest first: of a slot there is
/// one of each kind of duty.
fn followed(book: &Tables) -> Vec<Row> {
    let mut newest = None;
    let rows = book.within(0..u64::MAX).take_while(|row| {
        let newest = *newest.get_or_insert(row.slot);
        newest.saturating_sub(row.slot) < FOLLOWED
    });
    rows.collect()
}

/// Remembers what comes until nobody hands over anything more: the last word on each peer and each
/// duty of some seconds at a time. A refusal is said once: after the first one sled refuses
/// everything until a restart.
fn remember(
    kept: Kept,
    items: &Receiver<Item>,
    end: &Receiver<Infallible>,
) -> Result<(), sled::Error> {
    let (mut is_said, mut entered) = (false, 0);
    while let Ok(first) = items.recv() {
        end.recv_timeout(GATHERING).ok();
        let (mut sequences, mut endings) = (BTreeMap::new(), BTreeMap::new());
        let mut news = News::default();
        for item in iter::once(first).chain(items.try_iter()) {
            match item {
                Item::Sequence(peer, sequence) => {
                    sequences.insert(peer, sequence);
                }
                Item::Ending(ending) => {
                    endings.insert((ending.slot, ending.kind.clone()), ending);
                }
                Item::Row(row) => news.rows.push(row),
                Item::Seen(seen) => news.seen.extend(seen),
                Item::Contributed(epoch, peer, more) => {
                    let count = news.contributions.entry((epoch, peer)).or_default();
                    Contribution::add(count, more);
                }
            }
        }
        let mut sequences = sequences.into_iter();
        let done = sequences
            .try_for_each(|(peer, sequence)| kept.remember_sequence(peer, sequence))
            .and_then(|()| endings.values().try_for_each(|e| kept.remember_ending(e)))
            .and_then(|()| kept.book.enter(&news))
            .and_then(|()| kept.book.forget_after(entered + news.rows.len()));
        entered = match &done {
            Ok(true) => 0,
            Ok(false) | Err(_) => entered + news.rows.len(),
        };
        if let (Err(error), false) = (done, is_said) {
            warn!(%error, "duties and the records of peers are not remembered until a restart");
            is_said = true;
        }
    }
    kept.close()
}

#[cfg(test)]
mod tests;
