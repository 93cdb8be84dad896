//! The node account, as a keystore that one operator holds.
//!
//! Its holder can redirect nothing that reaches the withdrawal address, and can still waste or
//! misuse the bond. So a keystore is for test chains, and for a node that was there before: a
//! node's address is for ever, and what begins on mainnet with one person's key could never be
//! handed to the group. The plan sees to that.

use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::disk::files::{self, FileError};
use crate::execution::{ExecutionError, Sender};

/// The chain on which a keystore is the account of no new node.
const MAINNET: u64 = 1;
/// The longest file with a password, in bytes.
const MAX_PASSWORD: usize = 1024;

/// Why the node account is not used.
#[derive(Debug, Error)]
pub enum NodeAccountError {
    #[error(
        "`node_keystore` of `[coordinator]`: {} is no keystore: the node account's key stands in a \
         wallet's keystore of version 3",
        .0.display()
    )]
    NoKeystore(PathBuf),
    #[error("`{0}` of `[coordinator]`: {1}")]
    File(&'static str, #[source] FileError),
    #[error("`node_keystore` of `[coordinator]`, {}: {}", .0.display(), .1)]
    Keystore(PathBuf, #[source] ExecutionError),
}

/// What is to be known at the start, on a chain on which no new node begins with a keystore.
pub fn caution(chain_id: u64) -> Option<&'static str> {
    (chain_id == MAINNET).then_some(
        "`[coordinator]` names a keystore as node account, so one person holds the node key, who \
         could misuse the bond of all: on mainnet gantry makes no new node and no new bond with \
         it, and serves a node that is there already. A new one is a Safe that the operators own \
         together (`gantry account new`, `gantry pool agree new --account NAME=ADDRESS`)",
    )
}

/// Whether both files are there, closed to others and of their kind, without opening the keystore.
///
/// # Errors
/// If they are not.
pub fn check(keystore: &Path, password_file: &Path) -> Result<(), NodeAccountError> {
    let (text, _) = read(keystore, password_file)?;
    let refused = |error| NodeAccountError::Keystore(keystore.to_owned(), error);
    Sender::check_keystore(&text).map_err(refused)
}

/// The keystore and its password, as they stand in their files.
fn read(
    keystore: &Path,
    password_file: &Path,
) -> Result<(Zeroizing<String>, Zeroizing<String>), NodeAccountError> {
    let of = |key| move |error| NodeAccountError::File(key, error);
    let text = files::read_secret(keystore, Sender::MAX_BYTES).map_err(of("node_keystore"))?;
    if !Sender::is_keystore(&text) {
        return Err(NodeAccountError::NoKeystore(keystore.to_owned()));
    }
    let words = files::read_secret(password_file, MAX_PASSWORD);
    Ok((text, words.map_err(of("node_password_file"))?))
}

/// Opens the keystore, which takes about a second.
///
/// # Errors
/// If a file cannot be read or is open to others, or it does not open.
pub fn open(keystore: &Path, password_file: &Path) -> Result<Sender, NodeAccountError> {
    let (text, words) = read(keystore, password_file)?;
    let words = words.trim_end_matches(['\r', '\n']);
    let refused = |error| NodeAccountError::Keystore(keystore.to_owned(), error);
    Sender::of_keystore(keystore, &text, words).map_err(refused)
}

#[cfg(test)]
mod tests;
