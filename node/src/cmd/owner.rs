//! `gantry account`: the account with which the operator owns the node account, with the others.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::definition::checksummed;
use thiserror::Error;

use crate::checks::lock::{self, LockFileError};
use crate::cmd::dkg::SecretFlags;
use crate::config::{Config, ConfigError};
use crate::disk::keystore::{
    MasterSecret, SecretFileError, SecretUse, StoreError, open_all, read_identity,
};
use crate::pool::sending::own_account::{self, OwnAccountError};

/// There is no account to show, or none was made.
#[derive(Debug, Error)]
pub enum OwnError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Account(#[from] OwnAccountError),
}

#[derive(Debug, Subcommand)]
pub(in crate::cmd) enum Command {
    /// Make an account of the execution chain and print its address.
    ///
    /// With it you own a part of the node account at Rocket Pool, a Safe of all operators: the
    /// address goes into the agreement. Your peer signs with it by itself, and pays from it for
    /// what it sends: put some ether for gas into it, and nothing else. It is sealed with what
    /// opens your keystores. Refuses to overwrite one; keep a backup of the file.
    New(Place),
    /// Print the address of your account.
    Show(Place),
}

#[derive(Debug, Args)]
pub(in crate::cmd) struct Place {
    /// Your config, the one of `gantry run`. Without it, gantry.toml is read if it is there.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
}

impl Command {
    pub fn run(self) -> Result<(), OwnError> {
        let account = match self {
            Self::New(place) => {
                let config = Config::read_or_default(place.config.as_deref(), None)?;
                let master = master(&config, &place.secret)?;
                let account = own_account::make(&config.data_dir, &master)?;
                eprintln!(
                    "Wrote {}. Back it up; it opens with what opens your keystores. Give its \
                     address to whoever writes the agreement, and put some ether for gas into it.",
                    own_account::path(&config.data_dir).display()
                );
                account
            }
            Self::Show(place) => {
                let config = Config::read_or_default(place.config.as_deref(), None)?;
                own_account::stated(&config.data_dir)?
            }
        };
        // The address alone on stdout, so that scripts can take it.
        println!("{}", checksummed(&account));
        Ok(())
    }
}

/// What opens the keystores: a passphrase that opens none would seal the account for nobody.
pub(in crate::cmd) fn master(
    config: &Config,
    secret: &SecretFlags,
) -> Result<MasterSecret, OwnError> {
    let lock = lock::read(&config.lock_file)?;
    let identity = read_identity(&config.identity_file)?;
    let me = lock::peer_of(&lock, &config.lock_file, &identity.public())?;
    let source = secret.source(config);
    let master = MasterSecret::obtain(&source, &lock.keystore_salt, SecretUse::Open)?;
    let first: Vec<_> = lock.shares_of(me).take(1).copied().collect();
    open_all(&config.keystore_dir, &master, &first)?;
    Ok(master)
}
