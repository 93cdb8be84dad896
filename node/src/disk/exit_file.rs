//! What operators have said about exits, kept in `exits.json` in the data directory: written whole,
//! durably, whenever a word came that counts. Beside the loop, so that no disk holds up a duty.
//!
//! The words carry their operators' signatures, so nobody has to trust this file. One of another
//! cluster is worth nothing here and is replaced.
//!
//! Never here: what the words mean.

use std::path::{Path, PathBuf};

use proto::definition::MAX_VALIDATORS;
use proto::exit::Says;
use proto::frame::SentExitWord;
use proto::{ClusterSize, Epoch, IdentitySignature, Root, ValidatorPosition};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::{mpsc, watch};

use super::files::{self, FileError, Mode};

/// The file's name in the data directory.
const FILE: &str = "exits.json";
/// The version of its format; the second has words that let pre-signed exits be opened.
const VERSION: u32 = 2;
/// The longest file that is read, in bytes: a word of every operator about every validator.
const MAX_FILE: usize = 512 * ClusterSize::MAX * MAX_VALIDATORS;

/// The words cannot be read.
#[derive(Debug, Error)]
pub enum ExitFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not what gantry wrote: {}. Move it away: then exits that operators of this machine \
         have approved must be approved again",
        .0.display(), .1
    )]
    Malformed(PathBuf, #[source] serde_json::Error),
    #[error("{} is of version {}, which a newer gantry wrote: use that one", .0.display(), .1)]
    Newer(PathBuf, u32),
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    version: u32,
    /// The hash of the lock.
    cluster: Root,
    words: Vec<Word>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    operator: u32,
    validator: u32,
    said_at: u64,
    /// None: withdrawn, or `opens_until` is there.
    approval: Option<Approval>,
    /// Until when what was signed in advance may be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opens_until: Option<u64>,
    signature: IdentitySignature,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    epoch: u64,
    until: u64,
}

/// What was kept for this cluster.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read(data: &Path, cluster: Root) -> Result<Vec<SentExitWord>, ExitFileError> {
    let path = data.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = files::read(&path, MAX_FILE)?;
    let document: Document = match serde_json::from_str(&text) {
        Ok(document) => document,
        Err(error) => return Err(ExitFileError::Malformed(path, error)),
    };
    if document.version > VERSION {
        return Err(ExitFileError::Newer(path, document.version));
    }
    let words = document.words.into_iter().map(Word::sent);
    let words = words.filter(|_| document.cluster == cluster);
    Ok(words.collect())
}

/// Keeps these words in place of those that were kept before, durably.
///
/// # Errors
/// If the file cannot be written.
pub fn write(data: &Path, cluster: Root, words: &[SentExitWord]) -> Result<(), FileError> {
    let opens = |word: &SentExitWord| matches!(word.says, Says::Opens { .. });
    let document = Document {
        // What an older program can read stays readable for it.
        version: if words.iter().any(opens) { VERSION } else { 1 },
        cluster,
        words: words.iter().map(Word::of).collect(),
    };
    let text = serde_json::to_vec(&document).expect("numbers and hex have a JSON form");
    files::replace(&data.join(FILE), &text, Mode::Secret)
}

impl Word {
    fn of(word: &SentExitWord) -> Self {
        Self {
            operator: word.operator,
            validator: word.validator.0,
            said_at: word.said_at,
            approval: match word.says {
                Says::Approved { epoch, until } => Some(Approval {
                    epoch: epoch.0,
                    until,
                }),
                Says::Opens { .. } | Says::Withdrawn => None,
            },
            opens_until: match word.says {
                Says::Opens { until } => Some(until),
                Says::Approved { .. } | Says::Withdrawn => None,
            },
            signature: word.signature,
        }
    }

    fn sent(self) -> SentExitWord {
        let says = match (self.approval, self.opens_until) {
            (Some(approval), _) => Says::Approved {
                epoch: Epoch(approval.epoch),
                until: approval.until,
            },
            (None, Some(until)) => Says::Opens { until },
            (None, None) => Says::Withdrawn,
        };
        SentExitWord {
            operator: self.operator,
            validator: ValidatorPosition(self.validator),
            said_at: self.said_at,
            says,
            signature: self.signature,
        }
    }
}

/// What became of the words of this number and all before.
#[derive(Debug)]
pub struct Kept {
    pub keeping: u64,
    pub written: Result<(), FileError>,
}

/// The way to the disk: of words that wait for it only the last are written.
#[derive(Debug)]
pub struct ExitKeeper(watch::Sender<(u64, Vec<SentExitWord>)>);

impl ExitKeeper {
    /// Keeps words for this cluster in the directory `data`; what becomes of them arrives in
    /// `results`.
    pub fn start(data: PathBuf, cluster: Root, results: mpsc::Sender<Kept>) -> Self {
        let (to_disk, mut waiting) = watch::channel((0, Vec::new()));
        tokio::spawn(async move {
            while waiting.changed().await.is_ok() {
                let (keeping, words) = waiting.borrow_and_update().clone();
                let data = data.clone();
                let write = move || write(&data, cluster, &words);
                let written = tokio::task::spawn_blocking(write).await;
                let written = written.expect("writing a file does not panic");
                // If the loop has ended, nobody wants to know any more.
                if results.send(Kept { keeping, written }).await.is_err() {
                    return;
                }
            }
        });
        Self(to_disk)
    }

    /// Hands words over.
    pub fn keep(&self, keeping: u64, words: Vec<SentExitWord>) {
        self.0.send_replace((keeping, words));
    }
}

#[cfg(test)]
mod tests;
