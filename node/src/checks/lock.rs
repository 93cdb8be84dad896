//! The lock of this peer: read from its file, and compared with who this peer is.

use std::io;
use std::path::{Path, PathBuf};

use dkg::shared::BadKeys;
use proto::definition::BadDefinition;
use proto::lock::{BadLock, Lock};
use proto::{IdentityKey, PeerIndex};
use thiserror::Error;

use crate::disk::files::{self, FileError};
use node_core::partials::keys::ClusterKeys;

/// A lock that this peer cannot work with.
#[derive(Debug, Error)]
pub enum LockFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not there: `gantry dkg` makes it at the end of the ceremony, so hold that first. If \
         it is elsewhere, name it {}", .0.display(), .1
    )]
    Missing(PathBuf, &'static str),
    #[error("{}: {}", .0.display(), .1)]
    Refused(PathBuf, #[source] BadLock),
    #[error("{}: {}", .0.display(), .1)]
    Keys(PathBuf, #[source] BadKeys),
    #[error(
        "{} is the lock of cluster {cluster:?}, whose operators are {operators}, and your identity \
         key {key} is none of theirs: name this peer's own lock (`lock_file`) or identity \
         (`identity_file`)", .file.display()
    )]
    Foreign {
        file: PathBuf,
        cluster: String,
        operators: String,
        key: Box<IdentityKey>,
    },
}

/// The lock where the config has it.
pub(crate) fn read(path: &Path) -> Result<Lock, LockFileError> {
    read_by(path, "as `lock_file` in the config")
}

/// The lock that a flag of this command names.
pub(crate) fn read_given(path: &Path) -> Result<Lock, LockFileError> {
    read_by(path, "with --lock")
}

/// The lock that this command names as its file.
pub(crate) fn read_named(path: &Path) -> Result<Lock, LockFileError> {
    read_by(path, "in its place")
}

fn read_by(path: &Path, how: &'static str) -> Result<Lock, LockFileError> {
    let text = match files::read(path, Lock::MAX_BYTES) {
        Err(FileError::Read(path, error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LockFileError::Missing(path, how));
        }
        read => read?,
    };
    Lock::from_json(&text).map_err(|error| LockFileError::Refused(path.to_owned(), error))
}

/// Checks that the keys of the lock in `path` are shares of its validators' keys.
pub(crate) fn check_keys(lock: &Lock, path: &Path) -> Result<(), LockFileError> {
    dkg::shared::check(lock).map_err(|error| LockFileError::Keys(path.to_owned(), error))
}

/// The keys of the lock in `path`, checked, as a peer works with them.
pub(crate) fn keys(lock: &Lock, path: &Path) -> Result<ClusterKeys, LockFileError> {
    ClusterKeys::of(lock).map_err(|error| LockFileError::Keys(path.to_owned(), error))
}

/// Which peer of the lock in `path` holds `key`.
pub(crate) fn peer_of(
    lock: &Lock,
    path: &Path,
    key: &IdentityKey,
) -> Result<PeerIndex, LockFileError> {
    lock.definition.peer_of(key).map_err(|_: BadDefinition| {
        let operators = &lock.definition.terms().operators;
        let names: Vec<&str> = operators.iter().map(|o| o.name.as_str()).collect();
        LockFileError::Foreign {
            file: path.to_owned(),
            cluster: lock.definition.terms().name.clone(),
            operators: names.join(", "),
            key: Box::new(*key),
        }
    })
}
