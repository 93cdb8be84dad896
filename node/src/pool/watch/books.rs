//! The ledger, which a running peer writes as the chain goes: nodes forget states and logs.
//!
//! After a time without the peer there may be much to read, so it goes on only once the loop has
//! heard what was seen.
//!
//! Never here: anything that waits for it. A ledger that cannot be written is told of, and the peer
//! goes on.

use std::path::PathBuf;
use std::sync::Arc;

use node_core::duties::pool::Looked;
use node_core::pool::sight::Sight;
use proto::Root;
use proto::agreement::PoolTerms;
use tracing::warn;

use crate::execution::States;
use crate::pool::ledger::kept::{Entries, LedgerFile, LedgerFileError};
use crate::pool::ledger::{LedgerError, is_worth_a_line, next};

/// The ledger of this peer.
pub(super) struct Ledger {
    data: PathBuf,
    lock: Root,
    /// None before it is read.
    file: Option<LedgerFile>,
    /// The finalised block by which it went on last.
    seen: Option<Root>,
    /// What the operator was told last.
    told: Option<String>,
    /// What was seen and is not taken in yet.
    owed: Option<Arc<Looked>>,
}

impl Ledger {
    /// That in this data directory, of the cluster with this lock.
    pub(super) fn of(data: PathBuf, lock: Root) -> Self {
        Self {
            data,
            lock,
            file: None,
            seen: None,
            told: None,
            owed: None,
        }
    }

    /// What was seen now, if anything was.
    pub(super) fn owes(&mut self, looked: Option<Arc<Looked>>) {
        self.owed = looked.or(self.owed.take());
    }

    /// Writes what has become final since.
    pub(super) async fn go_on(&mut self, states: &mut States) {
        let Some(looked) = self.owed.take() else {
            return;
        };
        let hash = looked.sight.finalised_block.hash;
        if self.seen == Some(hash) {
            return;
        }
        let terms = &looked.version.terms;
        match self.write(states, &looked.sight, terms).await {
            Ok(()) => (self.seen, self.told) = (Some(hash), None),
            Err(error) => {
                // Who moves it away, or puts it right, need not end the peer.
                self.file = self
                    .file
                    .take()
                    .filter(|_| !matches!(error, Trouble::File(_)));
                let words = error.to_string();
                if self.told.as_ref() != Some(&words) {
                    warn!(%error, "the ledger does not go on");
                }
                self.told = Some(words);
            }
        }
    }

    async fn write(
        &mut self,
        states: &mut States,
        sight: &Sight,
        terms: &PoolTerms,
    ) -> Result<(), Trouble> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(LedgerFile::open(&self.data, &self.lock, Entries::None)?),
        };
        loop {
            let end = file.books.end.as_ref();
            let Some(period) = next(states, sight, terms, end).await? else {
                return Ok(());
            };
            if !is_worth_a_line(&period, end, terms) {
                return Ok(());
            }
            file.add(&period)?;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    File(#[from] LedgerFileError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
