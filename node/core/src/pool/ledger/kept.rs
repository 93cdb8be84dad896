//! Periods as lines of a file, each of which names the one before.
//!
//! A line is 64 hex digits, a space, and a period in JSON. The digits are the SHA-256 of those of
//! the line before and of the JSON text; before the first line stands the SHA-256 of
//! `gantry/pool-ledger/1` and the hash of the cluster's lock. So nothing within the file can be
//! changed, left out or put in without another end; the last hash stands for all of it.

use proto::Root;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::period::Period;

/// What begins the file of any cluster.
const PURPOSE: &str = "gantry/pool-ledger/1";
/// The longest line, in bytes: of thousands of facts.
pub const MAX_LINE: usize = 4 << 20;

/// A line is not what it must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadLine {
    /// It does not follow from the line before.
    #[error("does not follow from what stands before it: it was changed, or is of another cluster")]
    Hash,
    /// It cannot be read.
    #[error("cannot be read: a newer gantry may have written it")]
    Form,
}

/// The hash that stands for the lines so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(Root);

impl Chain {
    /// Before the first line.
    pub fn begin(lock: &Root) -> Self {
        let hash = Sha256::new()
            .chain_update(PURPOSE)
            .chain_update(lock.as_bytes());
        Self(<[u8; 32]>::from(hash.finalize()).into())
    }

    /// The hash.
    pub fn hash(&self) -> Root {
        self.0
    }

    fn after(&self, text: &str) -> Self {
        let hash = Sha256::new()
            .chain_update(self.0.as_bytes())
            .chain_update(text);
        Self(<[u8; 32]>::from(hash.finalize()).into())
    }

    /// The line of a period, with what ends it, and the hash with that line.
    pub fn line(&self, period: &Period) -> (String, Self) {
        let text = serde_json::to_string(period).expect("texts and numbers have a JSON form");
        let next = self.after(&text);
        (format!("{} {text}\n", hex::encode(next.0.as_bytes())), next)
    }

    /// What stands in a line, without what ends it.
    ///
    /// # Errors
    /// If it cannot stand there.
    pub fn read(&mut self, line: &str) -> Result<Period, BadLine> {
        let (hash, text) = line.split_once(' ').ok_or(BadLine::Hash)?;
        let next = self.after(text);
        if hash != hex::encode(next.0.as_bytes()) {
            return Err(BadLine::Hash);
        }
        let period = serde_json::from_str(text).map_err(|_| BadLine::Form)?;
        *self = next;
        Ok(period)
    }
}
