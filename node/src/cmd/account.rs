//! The key of an account of the execution chain, read from the operator's file.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::disk::files::{self, FileError};
use crate::disk::keystore::{SecretFileError, passphrase};
use crate::execution::{ExecutionError, Sender};

/// The longest file with a passphrase, in bytes.
const MAX_PASSPHRASE: usize = 1024;

/// The account cannot be used.
#[derive(Debug, Error)]
pub enum AccountError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error("{}: {}", .0.display(), .1)]
    Account(PathBuf, #[source] ExecutionError),
}

/// The account of a wallet's keystore (version 3) or of a key in hex, in a file of mode 0600. The
/// passphrase of a keystore is in `words_in`, or is asked for.
pub(super) fn open(file: &Path, words_in: Option<&Path>) -> Result<Sender, AccountError> {
    let text = files::read_secret(file, Sender::MAX_BYTES)?;
    let refused = |error| AccountError::Account(file.to_owned(), error);
    if !Sender::is_keystore(&text) {
        return Sender::of_key(&text).map_err(refused);
    }
    let words = match words_in {
        Some(file) => files::read_secret(file, MAX_PASSPHRASE)?,
        None => passphrase(&format!("Passphrase of {}: ", file.display()))?,
    };
    let words = words.trim_end_matches(['\r', '\n']);
    Sender::of_keystore(file, &text, words).map_err(refused)
}
