//! What this peer has signed for the Safe that is the node account, kept in a file of each Safe in
//! `node-account-signed` in the data directory: written whole, durably, before a signature leaves.
//!
//! What it says is decided in [`node_core::safe::signed`], and what follows if it is lost.

use std::io;
use std::path::{Path, PathBuf};

use node_core::safe::signed::{MAX_BYTES, Signed, SignedError};
use node_core::safe::transaction::Account;
use thiserror::Error;

use crate::disk::files::{self, FileError, Mode};

/// The folder's name in the data directory.
const FOLDER: &str = "node-account-signed";

/// It is not known what was signed.
#[derive(Debug, Error)]
pub enum SignedFileError {
    #[error("what is signed must stand on the disk before it leaves, so nothing was signed: {0}")]
    File(#[from] FileError),
    #[error(
        "{}: {}. It says what was signed for the node account, so nothing is signed without it: \
         take it from a backup", .0.display(), .1
    )]
    Refused(PathBuf, #[source] SignedError),
}

/// The file of one Safe.
#[derive(Debug)]
pub struct SignedFile {
    path: PathBuf,
}

impl SignedFile {
    /// What was signed for this Safe; nothing if there is no file yet.
    ///
    /// # Errors
    /// If it cannot be read, or says of itself that it is another Safe's.
    pub fn open(data_dir: &Path, account: Account) -> Result<(Self, Signed), SignedFileError> {
        let folder = data_dir.join(FOLDER);
        files::make_dir(&folder)?;
        files::sync_parent(&folder).map_err(|e| FileError::Write(folder.clone(), e))?;
        let Account { chain_id, address } = account;
        let path = folder.join(format!("{address}-{chain_id}.json"));
        let signed = match files::read(&path, MAX_BYTES) {
            Ok(text) => Signed::from_json(&text, account)
                .map_err(|error| SignedFileError::Refused(path.clone(), error))?,
            Err(FileError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                Signed::new(account)
            }
            Err(error) => return Err(error.into()),
        };
        Ok((Self { path }, signed))
    }

    /// Writes it. When this returns, it survives a loss of power, and what it says may leave.
    ///
    /// # Errors
    /// If that cannot be said: then it may not.
    pub fn store(&self, signed: &Signed) -> Result<(), SignedFileError> {
        let text = signed.to_json();
        Ok(files::replace(&self.path, text.as_bytes(), Mode::Secret)?)
    }
}

#[cfg(test)]
mod tests;
