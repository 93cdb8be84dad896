//! What peers have sealed of exits in advance, kept in `sealed-exits.json` in the data directory:
//! written whole, durably, in a slot in which some are new. Beside the loop, so that no disk holds
//! up a duty.
//!
//! Each carries its sealer's signature, so nobody has to trust this file. One of another cluster is
//! worth nothing here and is replaced. What is lost of it comes back from the peers that are still
//! there.
//!
//! Never here: what is sealed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::definition::MAX_VALIDATORS;
use proto::eth::ValidatorIndex;
use proto::exit::SealedText;
use proto::frame::SentSealedExit;
use proto::{ClusterSize, Epoch, IdentitySignature, Root, ValidatorPosition};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{error, info};

use super::files::{self, FileError, Mode};

/// The file's name in the data directory.
const FILE: &str = "sealed-exits.json";
/// The version of its format.
const VERSION: u32 = 1;
/// When what the disk did not take is given to it again.
const AGAIN: Duration = Duration::from_secs(12);
/// The longest file that is read, in bytes: a sealed exit of every operator and validator.
const MAX_FILE: usize = 1024 * ClusterSize::MAX * MAX_VALIDATORS;

/// What is kept cannot be read.
#[derive(Debug, Error)]
pub enum SealedFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not what gantry wrote: {}. Move it away: then it is fetched again from the peers \
         that are there",
        .0.display(), .1
    )]
    Malformed(PathBuf, #[source] serde_json::Error),
    #[error("{} is of version {}, which a newer gantry wrote: use that one", .0.display(), .1)]
    Newer(PathBuf, u32),
}

/// What is read first: the rest of a newer file may be anything.
#[derive(Debug, Deserialize)]
struct Format {
    version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    version: u32,
    /// The hash of the lock.
    cluster: Root,
    exits: Vec<Exit>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exit {
    sealer: u32,
    validator: u32,
    index: u64,
    epoch: u64,
    #[serde(with = "serde_utils::hex_vec")]
    text: Vec<u8>,
    signature: IdentitySignature,
}

/// What was kept for this cluster.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read(data: &Path, cluster: Root) -> Result<Vec<SentSealedExit>, SealedFileError> {
    let path = data.join(FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = files::read(&path, MAX_FILE)?;
    let malformed = |error| SealedFileError::Malformed(path.clone(), error);
    let Format { version } = serde_json::from_str(&text).map_err(malformed)?;
    if version > VERSION {
        return Err(SealedFileError::Newer(path, version));
    }
    let document: Document = serde_json::from_str(&text).map_err(malformed)?;
    let exits = document.exits.into_iter().filter_map(Exit::sent);
    Ok(exits.filter(|_| document.cluster == cluster).collect())
}

/// Keeps these in place of those that were kept before, durably.
///
/// # Errors
/// If the file cannot be written.
pub fn write(data: &Path, cluster: Root, exits: &[SentSealedExit]) -> Result<(), FileError> {
    let document = Document {
        version: VERSION,
        cluster,
        exits: exits.iter().map(Exit::of).collect(),
    };
    let text = serde_json::to_vec(&document).expect("numbers and hex have a JSON form");
    files::replace(&data.join(FILE), &text, Mode::Secret)
}

impl Exit {
    fn of(sent: &SentSealedExit) -> Self {
        Self {
            sealer: sent.sealer,
            validator: sent.validator.0,
            index: sent.index.0,
            epoch: sent.epoch.0,
            text: sent.text.0.to_vec(),
            signature: sent.signature,
        }
    }

    /// None if its text is not as long as one.
    fn sent(self) -> Option<SentSealedExit> {
        Some(SentSealedExit {
            sealer: self.sealer,
            validator: ValidatorPosition(self.validator),
            index: ValidatorIndex(self.index),
            epoch: Epoch(self.epoch),
            text: SealedText(self.text.try_into().ok()?),
            signature: self.signature,
        })
    }
}

/// Waits for something to write, or until what was not written is tried again; whether anything
/// can still come.
async fn wait(waiting: &mut watch::Receiver<Vec<SentSealedExit>>, is_kept: bool) -> bool {
    if is_kept {
        return waiting.changed().await.is_ok();
    }
    let changed = tokio::time::timeout(AGAIN, waiting.changed()).await;
    changed.is_err() || changed.is_ok_and(|it| it.is_ok())
}

/// The way to the disk: of what waits for it only the last is written.
#[derive(Debug)]
pub struct SealedKeeper(watch::Sender<Vec<SentSealedExit>>);

impl SealedKeeper {
    /// Keeps what it is given for this cluster in the directory `data`.
    pub fn start(data: PathBuf, cluster: Root) -> Self {
        let (to_disk, mut waiting) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut is_kept = true;
            while wait(&mut waiting, is_kept).await {
                let exits = waiting.borrow_and_update().clone();
                let data = data.clone();
                let write = move || write(&data, cluster, &exits);
                let written = tokio::task::spawn_blocking(write).await;
                let written = written.expect("writing a file does not panic");
                match &written {
                    Ok(()) if is_kept => {}
                    Ok(()) => info!("what peers have sealed of exits is kept again"),
                    Err(why) => error!(
                        "what peers have sealed of exits is not kept, and lost with the peers \
                         that have it: free the disk, it is tried again: {why}"
                    ),
                }
                is_kept = written.is_ok();
            }
        });
        Self(to_disk)
    }

    /// Hands all of it over.
    pub fn keep(&self, exits: Vec<SentSealedExit>) {
        self.0.send_replace(exits);
    }
}

#[cfg(test)]
mod tests;
