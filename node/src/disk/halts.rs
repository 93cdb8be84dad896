//! Validators whose duties this peer signs no more, since its beacon node has shown something that
//! somebody else has signed for them. Kept in `halted-validators.json` in the data directory,
//! durably: a restart alone must not make two signers of one key again.
//!
//! Never here: what is foreign. The core says it; `gantry slashing resume` is for people who have
//! found the other signer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proto::{PublicKey, Root};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::files::{self, FileError, Mode};

/// The file's name in the data directory.
pub const FILE: &str = "halted-validators.json";
/// The longest file that is read, in bytes: some hundred for each validator of the largest cluster.
const MAX_FILE: usize = 8 << 20;
/// Who has all keys signs for many validators at once: of two that are kept at the same time, each
/// would write the file without the other, or over it.
static WRITING: Mutex<()> = Mutex::new(());

/// What was seen of one validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Halted {
    /// The hash of the lock of the cluster.
    pub cluster: Root,
    /// The validator's group key.
    pub validator: PublicKey,
    /// The slot of the duty, and what was owed.
    pub slot: u64,
    pub work: String,
    /// The block that shows it.
    pub block: Root,
}

/// What was seen cannot be read or kept.
#[derive(Debug, Error)]
pub enum HaltError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not what gantry wrote: {}. It says for which validators somebody else signs: mend \
         it, or move it away if you know that nobody does",
        .0.display(), .1
    )]
    Malformed(PathBuf, #[source] serde_json::Error),
}

/// What was seen of the validators of `cluster`.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read(data: &Path, cluster: Root) -> Result<Vec<Halted>, HaltError> {
    let mut all = all(data)?;
    all.retain(|halted| halted.cluster == cluster);
    Ok(all)
}

/// Keeps what was seen, durably. Of a validator the first is kept.
///
/// # Errors
/// If the file cannot be read or written.
pub fn add(data: &Path, halted: Halted) -> Result<(), HaltError> {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = all(data)?;
    let same = |it: &Halted| (it.cluster, it.validator) == (halted.cluster, halted.validator);
    if all.iter().any(same) {
        return Ok(());
    }
    all.push(halted);
    write(data, &all)
}

/// Forgets what was seen of this validator, durably; whether there was anything.
///
/// # Errors
/// If the file cannot be read or written.
pub fn remove(data: &Path, cluster: Root, validator: &PublicKey) -> Result<bool, HaltError> {
    let mut all = all(data)?;
    let before = all.len();
    all.retain(|halted| halted.cluster != cluster || halted.validator != *validator);
    if all.len() < before {
        write(data, &all)?;
    }
    Ok(all.len() < before)
}

fn all(data: &Path) -> Result<Vec<Halted>, HaltError> {
    let path = data.join(FILE);
    let text = match files::read(&path, MAX_FILE) {
        Err(FileError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        read => read?,
    };
    serde_json::from_str(&text).map_err(|error| HaltError::Malformed(path, error))
}

fn write(data: &Path, all: &[Halted]) -> Result<(), HaltError> {
    let text = serde_json::to_vec_pretty(all).expect("keys and numbers have a JSON form");
    Ok(files::replace(&data.join(FILE), &text, Mode::Secret)?)
}

#[cfg(test)]
mod tests;
