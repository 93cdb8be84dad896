//! Files that hold one secret of 32 bytes: a line with what it is and 64 hex digits, mode 0600.

use std::io;
use std::path::{Path, PathBuf};

use proto::Identity;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::disk::files::{self, FileError, Mode};

/// What a secret file is for. The word stands in the file, so that one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// The seed of the operator's identity key.
    Identity,
    /// What opens the keystores of a peer that starts unattended.
    Keystores,
}

impl SecretKind {
    fn word(self) -> &'static str {
        match self {
            Self::Identity => "gantry-identity-secret",
            Self::Keystores => "gantry-keystore-secret",
        }
    }

    /// How the place of one is named, and what makes one.
    fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Identity => (
                "its folder with --dir or --data-dir, or as `data_dir` in the config",
                "gantry identity new",
            ),
            Self::Keystores => (
                "it with --secret-file, or as `secret_file` in the config",
                "gantry keystore secret",
            ),
        }
    }
}

/// Why a secret is not there.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// The file cannot be read or written, or others may read it.
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{} is not there: start gantry in the right folder, or name {}, or restore the file from \
         your backup; if there never was one, `{}` makes it",
        .0.display(), .1.advice().0, .1.advice().1
    )]
    Missing(PathBuf, SecretKind),
    #[error("{} holds no {}: take another file, or restore it from your backup", .0.display(), .1)]
    Content(PathBuf, &'static str),
    #[error("the passphrase is too short: choose {0} characters or more, best some random words")]
    Short(usize),
    #[error("the two passphrases differ: start again and type the same twice")]
    Differ,
    #[error(
        "there is no terminal to ask on ({0}): start gantry in one, or give what it would ask for \
         (secret_file or passphrase_file for keystores; --hash for a definition or an \
         agreement; --yes and --key-passphrase-file for deposits)"
    )]
    Terminal(#[source] io::Error),
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Draws a new secret and writes it to a new file.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn create(path: &Path, kind: SecretKind) -> Result<Zeroizing<[u8; 32]>, SecretFileError> {
    // Asked first for a better message; the write refuses too.
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists(path.to_owned()).into());
    }
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret)?;
    let digits = Zeroizing::new(hex::encode(*secret));
    let line = Zeroizing::new(format!("{} {}\n", kind.word(), *digits));
    files::write_new(path, line.as_bytes(), Mode::Secret)?;
    Ok(secret)
}

/// Reads a secret of this kind.
///
/// # Errors
/// If the file cannot be read, others may read it, or it holds something else.
pub fn read(path: &Path, kind: SecretKind) -> Result<Zeroizing<[u8; 32]>, SecretFileError> {
    let text = match files::read_secret(path, 256) {
        Err(FileError::Read(path, error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SecretFileError::Missing(path, kind));
        }
        read => read?,
    };
    let mut secret = Zeroizing::new([0; 32]);
    let digits = text.trim_end().strip_prefix(kind.word());
    let read = digits.and_then(|d| hex::decode_to_slice(d.trim_start(), &mut *secret).ok());
    match read {
        Some(()) => Ok(secret),
        None => Err(SecretFileError::Content(path.to_owned(), kind.word())),
    }
}

/// Reads this peer's identity key.
///
/// # Errors
/// As `read`.
pub fn read_identity(path: &Path) -> Result<Identity, SecretFileError> {
    let seed = read(path, SecretKind::Identity)?;
    Ok(Identity::from_seed(&seed))
}

#[cfg(test)]
mod tests;
