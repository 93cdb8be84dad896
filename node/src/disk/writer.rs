//! The thread that makes records durable, so that an fdatasync never blocks the loop.
//!
//! It takes everything that waits at once: records of one moment share one sync.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc::Sender;

use crate::disk::Files;
use node_core::record::{Journal, JournalError, Record, Recorded};

/// Batches of records that may wait at most. A slot brings a handful; more means that the disk
/// hangs.
const WAITING: usize = 1024;

/// What became of records.
#[derive(Debug)]
pub enum Written {
    /// Everything up to this is durable.
    Durable {
        /// How far.
        recorded: Recorded,
        /// How long the sync of both copies took.
        took: Duration,
    },
    /// The disk refused: the record is poisoned.
    Failed(JournalError),
}

/// The thread has ended, or so many records wait that the disk must hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the disk does not take the signing record")]
pub struct Stuck;

/// The way to the thread.
#[derive(Debug)]
pub struct Writer {
    records: SyncSender<Vec<Record>>,
}

impl Writer {
    /// Starts the thread over `journal`; what becomes of the records arrives in `results`.
    pub fn start(journal: Journal<Files>, results: Sender<Written>) -> Self {
        let (records, waiting) = sync_channel(WAITING);
        thread::spawn(move || write_all(journal, &waiting, &results));
        Self { records }
    }

    /// Hands records over, to be made durable together.
    ///
    /// # Errors
    /// If the thread has ended or hangs: the record counts as failed.
    pub fn write(&self, records: Vec<Record>) -> Result<(), Stuck> {
        self.records.try_send(records).map_err(|_| Stuck)
    }
}

fn write_all(
    mut journal: Journal<Files>,
    waiting: &Receiver<Vec<Record>>,
    results: &Sender<Written>,
) {
    while let Ok(first) = waiting.recv() {
        let more = waiting.try_iter().flatten();
        let batch: Vec<Record> = first.into_iter().chain(more).collect();
        let written = match journal.append(&batch) {
            Ok(recorded) => Written::Durable {
                recorded,
                took: journal.sync_time(),
            },
            Err(error) => Written::Failed(error),
        };
        if results.blocking_send(written).is_err() {
            return;
        }
        // Rotation fails like an append does: the next append says so.
        if let Err(error) = journal.rotate_when_due()
            && results.blocking_send(Written::Failed(error)).is_err()
        {
            return;
        }
    }
}
