//! The node account, as a keystore that one operator holds.
//!
//! Its holder can redirect nothing that reaches the withdrawal address, and can still waste or
//! misuse the bond. So a keystore is for test chains: a node's address is for ever, and what begins
//! on mainnet with one person's key could never be handed to the group.

use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::disk::files::{self, FileError};
use crate::execution::{ExecutionError, Sender};

/// The chain on which no keystore is a node account.
const MAINNET: u64 = 1;
/// The longest file with a password, in bytes.
const MAX_PASSWORD: usize = 1024;

/// Why the node account is not used.
#[derive(Debug, Error)]
pub enum NodeAccountError {
    #[error(
        "`[coordinator]` names a keystore as node account, and on mainnet gantry refuses that: a \
         node's address is for ever, and whoever holds its one key could misuse the bond of all. \
         There the node account is a Safe that the operators own together (`gantry account new`, \
         `gantry pool agree new --account NAME=ADDRESS`). Take the keystore out of the table"
    )]
    Mainnet,
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

/// Stops on a chain on which the node account must not be a keystore.
///
/// # Errors
/// If this is one.
pub fn refuse_mainnet(chain_id: u64) -> Result<(), NodeAccountError> {
    match chain_id {
        MAINNET => Err(NodeAccountError::Mainnet),
        _ => Ok(()),
    }
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
/// If the chain is mainnet, a file cannot be read or is open to others, or it does not open.
pub fn open(
    keystore: &Path,
    password_file: &Path,
    chain_id: u64,
) -> Result<Sender, NodeAccountError> {
    refuse_mainnet(chain_id)?;
    let (text, words) = read(keystore, password_file)?;
    let words = words.trim_end_matches(['\r', '\n']);
    let refused = |error| NodeAccountError::Keystore(keystore.to_owned(), error);
    Sender::of_keystore(keystore, &text, words).map_err(refused)
}

#[cfg(test)]
mod tests;
