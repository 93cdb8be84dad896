//! The signing record: an append-only log in two copies, durable before a share leaves.
//!
//! | module | holds |
//! |---|---|
//! | [`entry`] | what the log says, and its bytes |
//! | [`history`] | everything it has said, added up |
//! | [`marks`] | what one validator has signed |
//! | [`frame`] | the layout of a file: header, frames, checksums, chain |
//! | [`copies`] | reading two copies: what they prove together, what is refused |
//! | `error` | the words of every refusal |
//! | [`volume`] | the disk operations that a log needs |
//! | `simulated` | for tests: a disk that loses power, fills up, fails |
//!
//! [`Journal::append`] writes one frame to both copies and syncs both; only then there is a
//! [`Recorded`], and only a [`Recorded`] opens a sealed share (`vault`). A frame is never begun
//! before the one before it is durable in both copies, so at most the last frame can be torn, and
//! a torn frame was never released.
//!
//! A generation of the log begins with a snapshot of the history. A new generation is written
//! beside the old one, synced, and renamed over it; until the directory is synced nothing more is
//! appended, so whichever generation a crash leaves is complete. Every start begins a new
//! generation: that repairs a damaged copy, and replaces files whose cached bytes an earlier
//! failed sync may have kept from the disk.
//!
//! After a failed write or sync the journal is poisoned: nothing is written, and so nothing
//! released, until the next start. Nothing is retried, and no record begins by itself:
//! [`Journal::create`] is for the ceremony and for an operator's explicit command.
//!
//! Never here: a decision about what may be signed, or a clock.

mod bytes;
pub mod copies;
pub mod entry;
mod error;
pub mod frame;
pub mod history;
pub mod marks;
#[cfg(any(test, feature = "example"))]
pub mod simulated;
pub mod volume;

#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

pub use copies::Repair;
pub use entry::{Entry, Joined, MAX_VALIDATORS, Record, RecordNumber, Watermarks};
pub use error::JournalError;
pub use frame::Owner;
pub use history::{BadRecord, History};
pub use marks::{Deposits, Marks, SignedProposal, SignedVote};
#[cfg(any(test, feature = "example"))]
pub use simulated::{DiskFault, SimulatedDisk};
pub use volume::{LogFile, Volume};

use copies::read_copies;
use entry::encode_records;
use frame::{BLOCK, Chain, FrameKind, Header, encode_frame, frame_bytes};

/// Proof that every record up to a sequence number is durable in both copies. Only a journal
/// makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    sequence: u64,
}

impl Recorded {
    /// The last record that is durable.
    pub fn sequence(self) -> u64 {
        self.sequence
    }
}

/// A peer's signing record, open.
#[derive(Debug)]
pub struct Journal<V> {
    volume: V,
    owner: Owner,
    history: History,
    // May be behind the history after a failure, never ahead of the disk.
    durable: u64,
    generation: u64,
    capacity: u64,
    chain: Chain,
    end: u64,
    condition: Condition,
    repairs: Vec<Repair>,
    sync_time: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Sound,
    Poisoned,
}

impl<V: Volume> Journal<V> {
    /// Begins a record with `history`. For the ceremony and for explicit commands only: a program
    /// that finds no record must stop and say so.
    ///
    /// # Errors
    /// If any copy is there already, or the disk refuses.
    pub fn create(mut volume: V, owner: Owner, history: History) -> Result<Self, JournalError> {
        for file in [LogFile::A, LogFile::B] {
            if volume.read(file).map_err(failed("read"))?.is_some() {
                return Err(JournalError::Exists);
            }
        }
        Self::begin(volume, owner, history)
    }

    /// Opens the record of `owner`: reads and compares both copies, and writes both anew.
    ///
    /// # Errors
    /// If the record is missing, foreign, of another version, or damaged beyond what one copy can
    /// repair from the other; or the disk refuses.
    pub fn open(mut volume: V, owner: Owner) -> Result<Self, JournalError> {
        let (a, b) = read_both(&mut volume)?;
        let found = read_copies(&owner, a.as_deref(), b.as_deref())?;
        drop((a, b));
        let mut journal = Self {
            generation: found.generation,
            chain: found.chain,
            repairs: found.repairs,
            ..Self::unwritten(volume, owner, found.history)
        };
        journal.rotate()?;
        Ok(journal)
    }

    /// Reads the record of `owner` and changes nothing.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn read(volume: &mut V, owner: &Owner) -> Result<History, JournalError> {
        Self::look_over(volume, owner).map(|(history, _)| history)
    }

    /// Reads the record of `owner`, says what [`Journal::open`] would mend, and changes nothing.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn look_over(
        volume: &mut V,
        owner: &Owner,
    ) -> Result<(History, Vec<Repair>), JournalError> {
        let (a, b) = read_both(volume)?;
        let found = read_copies(owner, a.as_deref(), b.as_deref())?;
        Ok((found.history, found.repairs))
    }

    fn begin(volume: V, owner: Owner, history: History) -> Result<Self, JournalError> {
        let mut journal = Self::unwritten(volume, owner, history);
        journal.rotate()?;
        Ok(journal)
    }

    fn unwritten(volume: V, owner: Owner, history: History) -> Self {
        Self {
            volume,
            owner,
            history,
            durable: 0,
            generation: 0,
            capacity: 0,
            chain: [0; 32],
            end: 0,
            condition: Condition::Sound,
            repairs: Vec::new(),
            sync_time: Duration::ZERO,
        }
    }

    /// Everything recorded so far, and what a failed append could not record.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Proof for everything recorded so far.
    pub fn recorded(&self) -> Recorded {
        Recorded {
            sequence: self.durable,
        }
    }

    /// What was wrong with the copies when they were opened, and is mended.
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// How long the last sync of both copies took.
    pub fn sync_time(&self) -> Duration {
        self.sync_time
    }

    /// Makes `records` durable in both copies, in one frame: one write and one sync each. They
    /// come in the order in which the vault made them. An empty list proves what is there.
    ///
    /// # Errors
    /// If the disk refuses or a record does not follow. Then the journal is poisoned, nothing of
    /// `records` may be released, and every later call fails.
    pub fn append(&mut self, records: &[Record]) -> Result<Recorded, JournalError> {
        self.guarded(|journal| {
            if !records.is_empty() {
                journal.write(records)?;
            }
            Ok(journal.recorded())
        })
    }

    /// Begins a new generation if the log is three quarters full. To be called when no record is
    /// waited for: a new generation takes tens of milliseconds, and begins inside
    /// [`Journal::append`] if it was not begun in time. True if it did.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn rotate_when_due(&mut self) -> Result<bool, JournalError> {
        let due = self.end > self.capacity / 4 * 3;
        if due {
            self.rotate()?;
        }
        Ok(due)
    }

    /// Begins a new generation.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn rotate(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::write_generation)
    }

    /// Runs `work` unless the journal is poisoned, and poisons it if that fails.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        match self.condition {
            Condition::Poisoned => Err(JournalError::Poisoned),
            Condition::Sound => work(self).inspect_err(|_| self.condition = Condition::Poisoned),
        }
    }

    fn write(&mut self, records: &[Record]) -> Result<(), JournalError> {
        let payload = encode_records(records);
        if self.end + frame_bytes(payload.len()) as u64 > self.capacity {
            self.write_generation()?;
        }
        let version = self.history.version();
        for record in records {
            self.history.apply(record)?;
        }
        if self.history.version() > version {
            // A file says at its beginning what it may hold: the snapshot of a new one holds this.
            return self.write_generation();
        }
        let (bytes, chain) = encode_frame(&self.chain, FrameKind::Records, &payload);
        if self.end + bytes.len() as u64 > self.capacity {
            // Larger than a whole log: the snapshot of a new, larger one holds it.
            return self.write_generation();
        }
        for file in [LogFile::A, LogFile::B] {
            self.volume
                .write(file, self.end, &bytes)
                .map_err(failed("write"))?;
        }
        self.sync_time = self
            .volume
            .sync([LogFile::A, LogFile::B])
            .map_err(failed("sync"))?;
        self.chain = chain;
        self.end += bytes.len() as u64;
        self.durable = self.history.sequence();
        Ok(())
    }

    fn write_generation(&mut self) -> Result<(), JournalError> {
        let snapshot = self.history.encode();
        let needed = (BLOCK + 4 * frame_bytes(snapshot.len())) as u64;
        let header = Header {
            version: self.history.version(),
            generation: self.generation + 1,
            capacity: self.volume.capacity().max(needed),
            cluster: *self.owner.cluster.as_bytes(),
            identity: self.owner.identity.to_bytes(),
            previous: self.chain,
        };
        let (frame, chain) = encode_frame(&header.chain(), FrameKind::Snapshot, &snapshot);
        let mut file = header.encode().to_vec();
        file.extend_from_slice(&frame);
        let end = file.len() as u64;
        file.resize(usize::try_from(header.capacity).unwrap_or(usize::MAX), 0);
        self.replace(&file).map_err(failed("renew"))?;
        self.generation = header.generation;
        self.capacity = header.capacity;
        self.chain = chain;
        self.end = end;
        self.durable = self.history.sequence();
        Ok(())
    }

    /// Durably replaces both copies; a crash leaves each of them either old or new.
    fn replace(&mut self, file: &[u8]) -> io::Result<()> {
        self.volume.create(LogFile::NewA, file)?;
        self.volume.create(LogFile::NewB, file)?;
        self.sync_time = self.volume.sync([LogFile::NewA, LogFile::NewB])?;
        self.volume.rename(LogFile::NewA, LogFile::A)?;
        self.volume.rename(LogFile::NewB, LogFile::B)?;
        self.volume.sync_directory()
    }
}

type TwoFiles = (Option<Vec<u8>>, Option<Vec<u8>>);

fn read_both<V: Volume>(volume: &mut V) -> Result<TwoFiles, JournalError> {
    let mut read = |file| volume.read(file).map_err(failed("read"));
    Ok((read(LogFile::A)?, read(LogFile::B)?))
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> JournalError {
    move |source| JournalError::Disk { doing, source }
}
