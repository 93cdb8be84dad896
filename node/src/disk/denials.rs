//! What the operators of three peers have found to be untrue: claims that a peer's signing record
//! is an old copy of it. Kept in `denied-claims.json` in the data directory, durably, since the
//! claimant repeats its claim at every greeting.
//!
//! A denial is of one number of one operator of one cluster, and in force until the own record has
//! passed that number: then it is no claim about an old copy any more, and would be one if a copy
//! were put in place later. Whatever else the same operator's program claims counts as before.
//!
//! Never here: whether a claim is true. Programs cannot know; `gantry slashing keep-record` is for
//! people who have compared.

use std::path::{Path, PathBuf};

use proto::Root;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::files::{self, FileError, Mode};

/// The file's name in the data directory.
pub const FILE: &str = "denied-claims.json";
/// The most denials that are kept: who has to deny more has another problem than their number.
pub const MOST: usize = 100;
/// The longest file that is read, in bytes: far more than [`MOST`] denials need.
const MAX_FILE: usize = 64 << 10;

/// One claim that was found to be untrue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    /// The hash of the lock of the cluster.
    pub cluster: Root,
    /// The claimant, by its name in the definition.
    pub operator: String,
    /// The number that it claims to have seen.
    pub sequence: u64,
}

/// The denials cannot be read or kept.
#[derive(Debug, Error)]
pub enum DenialError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not what gantry wrote: {}. Move it away: then every claim counts again",
        .0.display(), .1
    )]
    Malformed(PathBuf, #[source] serde_json::Error),
    #[error(
        "{MOST} claims are denied already: {0}'s program lies or is broken. Do not go on with this \
         operator"
    )]
    TooMany(String),
}

/// What is denied in this data directory.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read(data: &Path) -> Result<Vec<Denial>, DenialError> {
    let path = data.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = files::read(&path, MAX_FILE)?;
    serde_json::from_str(&text).map_err(|error| DenialError::Malformed(path, error))
}

/// What is denied here for `cluster`, whose record ends at `sequence`. What that has passed is
/// forgotten, durably.
///
/// # Errors
/// If the file is there and cannot be read, or not be written.
pub fn in_force(data: &Path, cluster: Root, sequence: u64) -> Result<Vec<Denial>, DenialError> {
    let mut all = read(data)?;
    let before = all.len();
    all.retain(|denial| denial.cluster != cluster || denial.sequence > sequence);
    if all.len() < before {
        write(data, &all)?;
    }
    all.retain(|denial| denial.cluster == cluster);
    Ok(all)
}

/// Keeps one more denial, durably.
///
/// # Errors
/// If there are too many, or the file cannot be read or written.
pub fn add(data: &Path, denial: Denial) -> Result<(), DenialError> {
    let mut all = read(data)?;
    if all.contains(&denial) {
        return Ok(());
    }
    if all.len() >= MOST {
        return Err(DenialError::TooMany(denial.operator));
    }
    all.push(denial);
    write(data, &all)
}

fn write(data: &Path, all: &[Denial]) -> Result<(), DenialError> {
    let text = serde_json::to_vec_pretty(all).expect("names and numbers have a JSON form");
    Ok(files::replace(&data.join(FILE), &text, Mode::Secret)?)
}

#[cfg(test)]
mod tests;
