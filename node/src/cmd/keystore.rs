//! `gantry keystore`: the secret that opens them, and what opens one in another tool.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::lock::Lock;
use thiserror::Error;

use super::dkg::SecretFlags;
use crate::checks::lock::{self, LockFileError};
use crate::config::{Config, ConfigError};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{
    Keystore, KeystoreError, MasterSecret, SecretFileError, SecretKind, SecretSource, SecretUse,
    StoreError, create, exported,
};

/// No secret was made, or no keystore opened.
#[derive(Debug, Error)]
pub enum OpeningError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}: {}", .0.display(), .1)]
    Refused(PathBuf, #[source] KeystoreError),
}

/// The secret file of a data directory, if nothing names another.
const SECRET_FILE: &str = "keystore.secret";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a random secret file, for a peer that starts without anybody typing a passphrase.
    ///
    /// Do it before the ceremony and name the file in the config as secret_file. Keep a backup
    /// away from that of the keystores: both together are your shares.
    Secret(Secret),
    /// Print the password of one keystore, for tools that read EIP-2335.
    ///
    /// It is 256 random bits, so gantry's own files derive their key in few rounds (PBKDF2, 1,024).
    /// Tools that insist on many refuse such a file, some with the words for a wrong password:
    /// `gantry keystore export` writes one for them, with the same password.
    ///
    /// Never load a share into a validator client: it has no signing record of what this peer
    /// signed.
    Password(Opening),
    /// Write the share of one keystore in the form that every standard tool opens.
    ///
    /// PBKDF2 with 262,144 rounds, a path, a description. The password is the one that `gantry
    /// keystore password` prints. Gantry itself goes on with its own file.
    ///
    /// Never load a share into a validator client: it has no signing record of what this peer
    /// signed.
    Export(Export),
}

#[derive(Debug, Args)]
pub(super) struct Secret {
    /// The file to write, mode 0600; one that exists is never overwritten.
    #[arg(long, value_name = "FILE", default_value = SECRET_FILE)]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    opening: Opening,
    /// The file to write, mode 0600; one that exists is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A keystore, and what opens it.
#[derive(Debug, Args)]
pub(super) struct Opening {
    /// The keystore.
    #[arg(value_name = "KEYSTORE")]
    keystore: PathBuf,
    /// Your config, the one of `gantry run`. Without it, gantry.toml is read if it is there.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// The cluster lock, which holds the salt; without this, the one of the config.
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

impl Command {
    pub fn run(self) -> Result<(), OpeningError> {
        match self {
            Self::Secret(secret) => {
                create(&secret.out, SecretKind::Keystores)?;
                eprintln!(
                    "Wrote {}. Back it up; show it to nobody.",
                    secret.out.display()
                );
                Ok(())
            }
            Self::Password(opening) => opening.print_password(),
            Self::Export(export) => export.run(),
        }
    }
}

impl Export {
    fn run(self) -> Result<(), OpeningError> {
        self.opening.refuse_others()?;
        let keystore = exported(&self.opening.keystore, &self.opening.master()?)?;
        files::write_new(&self.out, keystore.to_json().as_bytes(), Mode::Secret)?;
        eprintln!(
            "Wrote {}. It opens with what `gantry keystore password {}` prints. Never load it into \
             a validator client.",
            self.out.display(),
            files::typed(&self.opening.keystore)
        );
        Ok(())
    }
}

impl Opening {
    fn print_password(self) -> Result<(), OpeningError> {
        self.refuse_others()?;
        let refused = |error| OpeningError::Refused(self.keystore.clone(), error);
        let text = files::read_secret(&self.keystore, Keystore::MAX_BYTES)?;
        let keystore = Keystore::from_json(&text).map_err(refused)?;
        let password = self
            .master()?
            .password(&keystore.public_key().map_err(refused)?);
        // Only a password that works is printed.
        keystore.decrypt(&password).map_err(refused)?;
        println!("{}", *password);
        Ok(())
    }

    /// Before anybody is told to change a mode, or asked for a passphrase: is it one at all?
    fn refuse_others(&self) -> Result<(), OpeningError> {
        let text = files::read(&self.keystore, Lock::MAX_BYTES)?;
        let refused = |error| OpeningError::Refused(self.keystore.clone(), error);
        Keystore::from_json(&text).map(drop).map_err(refused)
    }

    fn master(&self) -> Result<MasterSecret, OpeningError> {
        let config = Config::read_or_default(self.config.as_deref(), None)?;
        let lock = lock::read_given(self.lock.as_ref().unwrap_or(&config.lock_file))?;
        let beside = config.data_dir.join(SECRET_FILE);
        let mut source = self.secret.source(&config);
        // Only a password that works is given out, so a secret of something else does no harm.
        if source == SecretSource::Terminal && beside.exists() {
            source = SecretSource::SecretFile(beside);
        }
        let salt = &lock.keystore_salt;
        Ok(MasterSecret::obtain(&source, salt, SecretUse::Open)?)
    }
}
