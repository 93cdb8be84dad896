//! `gantry evidence`: checks what peers have kept against one that contradicted itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use consensus::exhibit::Exhibit;
use thiserror::Error;

use crate::checks::lock::{self, LockFileError};
use crate::disk::evidence_log::MAX_FILE;
use crate::disk::files::{self, FileError};

/// What was checked is no proof, or could not be checked.
#[derive(Debug, Error)]
pub enum EvidenceError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error("{bad} of the {lines} lines of {} do not prove what they say", .file.display())]
    Unproven {
        file: PathBuf,
        /// How many lines prove nothing.
        bad: usize,
        /// How many lines it has.
        lines: usize,
    },
    #[error("{} is empty: there is no evidence in it", .0.display())]
    Empty(PathBuf),
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check an evidence file of a running peer: who signed two statements that contradict.
    ///
    /// Needs nothing but the file and the cluster lock, and trusts neither the peer that kept the
    /// file nor the one it accuses. Exits with 0 only if every line proves what it says.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The evidence; a running peer keeps it in its data directory as evidence.jsonl.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The cluster lock: it holds the identity keys.
    #[arg(long, value_name = "FILE", default_value = "cluster-lock.json")]
    lock: PathBuf,
}

impl Command {
    pub fn run(self) -> Result<(), EvidenceError> {
        match self {
            Self::Verify(verify) => verify.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<(), EvidenceError> {
        let lock = lock::read_given(&self.lock)?;
        let roster = lock.definition.terms().roster();
        let text = files::read(&self.file, MAX_FILE)?;
        let (mut lines, mut bad) = (0, 0);
        for (line, number) in text.lines().zip(1usize..) {
            lines = number;
            let verdict = Exhibit::from_line(line).and_then(|e| e.verify(roster, lock.hash()));
            match verdict {
                Ok(verdict) => {
                    let name = lock.definition.name_of(verdict.culprit);
                    let key = roster.key(verdict.culprit);
                    println!("{name} (identity key {key}) {verdict}.");
                }
                Err(error) => {
                    bad += 1;
                    eprintln!("line {number} does not prove what it says: {error}");
                }
            }
        }
        let file = self.file;
        match (lines, bad) {
            (0, _) => Err(EvidenceError::Empty(file)),
            (_, 0) => Ok(()),
            (lines, bad) => Err(EvidenceError::Unproven { file, bad, lines }),
        }
    }
}
