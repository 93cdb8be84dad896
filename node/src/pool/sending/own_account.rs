//! The operator's own account of the execution chain, which signs by itself: with those of the
//! other operators it owns the Safe that is the node account, and it pays for what this peer sends.
//!
//! It is sealed like a share: with a password that follows from what opens the keystores. Who has
//! it alone has a vote of t at the node account, and the ether that is in it for gas.

use std::io;
use std::path::{Path, PathBuf};

use proto::Address;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{Draw, MasterSecret, seal};
use crate::execution::ExecutionError;
use crate::execution::Sender;
pub use crate::execution::Sender as OwnAccount;

/// The file in the data directory.
const FILE: &str = "account.json";

/// There is no such account, or it cannot be used.
#[derive(Debug, Error)]
pub enum OwnAccountError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} does not open ({}): it was sealed with another passphrase or secret file, or for \
         another lock. Give what opens the keystores of this lock, or restore the file from your \
         backup", .0.display(), .1
    )]
    Closed(PathBuf, #[source] ExecutionError),
    #[error(
        "{} is not there: `gantry account new` makes it. If there was one, restore it from your \
         backup: the others have agreed on that one", .0.display()
    )]
    Missing(PathBuf),
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    #[error("no account was made ({0}): run the command once more")]
    Made(#[source] ExecutionError),
}

/// Where it lies.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Makes one and seals it. Never overwrites one.
///
/// # Errors
/// If there is one, or it cannot be written.
pub fn make(data_dir: &Path, master: &MasterSecret) -> Result<Address, OwnAccountError> {
    let path = path(data_dir);
    // Asked first for a better message; the write refuses too.
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists(path).into());
    }
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret)?;
    let digits = Zeroizing::new(hex::encode(*secret));
    let account = Sender::of_key(&digits).map_err(OwnAccountError::Made)?;
    let account = account.address();
    let password = master.account_password(&account);
    let text = seal(&secret, &account, (&password, &Draw::new()?));
    files::write_new(&path, text.as_bytes(), Mode::Secret)?;
    // Only one that opens is told to anybody.
    open(data_dir, master).map(|sender| sender.address())
}

/// Whose it is by its file, without opening it.
///
/// # Errors
/// If there is none, or it is no keystore.
pub fn stated(data_dir: &Path) -> Result<Address, OwnAccountError> {
    let (path, text) = read(data_dir)?;
    Sender::stated(&text).map_err(|error| OwnAccountError::Closed(path, error))
}

/// Opens it.
///
/// # Errors
/// If there is none, or it does not open.
pub fn open(data_dir: &Path, master: &MasterSecret) -> Result<Sender, OwnAccountError> {
    let (path, text) = read(data_dir)?;
    let closed = |error| OwnAccountError::Closed(path.clone(), error);
    let account = Sender::stated(&text).map_err(closed)?;
    Sender::of_keystore(&path, &text, &master.account_password(&account)).map_err(closed)
}

fn read(data_dir: &Path) -> Result<(PathBuf, Zeroizing<String>), OwnAccountError> {
    let path = path(data_dir);
    match files::read_secret(&path, Sender::MAX_BYTES) {
        Err(FileError::Read(path, error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(OwnAccountError::Missing(path))
        }
        read => Ok((path, read?)),
    }
}

#[cfg(test)]
mod tests;
