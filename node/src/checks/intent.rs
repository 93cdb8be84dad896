//! The intents at Rocket Pool of this peer: read from their file, every signature verified.

use std::path::{Path, PathBuf};

use node_core::pool::intent::{BadKept, Cluster, Intents, MAX_BYTES};
use proto::agreement::PoolVersion;
use proto::lock::Lock;
use thiserror::Error;

use crate::disk::files::FileError;
use crate::disk::intent_file;

/// What the group intends cannot be read.
#[derive(Debug, Error)]
pub enum IntentFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{}: {error}. It says which intents this peer has signed and which one is in force, so put \
         back what was there. If it is lost, move it away, start `gantry run`, and sign nothing \
         before `gantry pool intent show` shows what the others have in force", .file.display()
    )]
    Malformed { file: PathBuf, error: Box<BadKept> },
}

/// What was kept in the data directory, for the cluster with this lock; nothing yet where there is
/// no file.
///
/// # Errors
/// If there is one, and it is none of this cluster.
pub(crate) fn read(data: &Path, lock: &Lock) -> Result<Intents, IntentFileError> {
    let Some(text) = intent_file::read(data, MAX_BYTES)? else {
        return Ok(Intents::default());
    };
    let read = Intents::from_json(&text, &Cluster::of(lock));
    read.map_err(|error| IntentFileError::Malformed {
        file: intent_file::place(data),
        error: Box::new(error),
    })
}

/// This version of the agreement, with what holds on it by that file.
///
/// # Errors
/// As [`read`].
pub(crate) fn holding(
    version: PoolVersion,
    data: &Path,
    lock: &Lock,
) -> Result<PoolVersion, IntentFileError> {
    Ok(read(data, lock)?.holding(version))
}
