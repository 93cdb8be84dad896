//! `gantry identity`: the ed25519 key by which the other operators know you.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::definition::Fingerprint;

use thiserror::Error;

use crate::disk::files::{self, FileError};
use crate::disk::keystore::{SecretFileError, SecretKind, create, read_identity};

/// The file in the data directory.
const FILE: &str = "identity.key";

/// There is no key to show, or none was made.
#[derive(Debug, Error)]
pub enum IdentityError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a key and print its public half, which goes into the cluster definition.
    ///
    /// Refuses to overwrite one. Keep a backup of the file: without it your peer is not yours.
    New(Place),
    /// Print the public half of your key.
    Show(Place),
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// The peer's data directory; the key is its file identity.key, mode 0600.
    #[arg(long, value_name = "DIR", env = "GANTRY_DATA_DIR", default_value = ".")]
    dir: PathBuf,
}

impl Command {
    pub fn run(self) -> Result<(), IdentityError> {
        let path = match self {
            Self::New(place) => {
                files::make_dir(&place.dir)?;
                let path = place.dir.join(FILE);
                create(&path, SecretKind::Identity)?;
                eprintln!("Wrote {}. Back it up; show it to nobody.", path.display());
                path
            }
            Self::Show(place) => place.dir.join(FILE),
        };
        let key = read_identity(&path)?.public();
        let fingerprint = Fingerprint::of_key(&key);
        eprintln!("Its fingerprint, to be read aloud where the key arrives: {fingerprint}");
        // The key alone on stdout, so that scripts can take it.
        println!("{key}");
        Ok(())
    }
}
