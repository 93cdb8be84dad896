//! The directory of keystores: one file for each share, named by the share's public key.
//!
//! A share's public key is new with every ceremony, so a file never has to be replaced. Files that
//! no lock names are left alone.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use dkg::bls::SecretShare;
use dkg::bls::work::counted;
use proto::PublicKey;
use thiserror::Error;

use super::eip2335::{Draw, Keystore, KeystoreError};
use super::master::MasterSecret;
use crate::disk::files::{self, FileError, Mode};

/// Why a keystore could not be stored or opened.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file cannot be read or written, or others may read it.
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the keystore {} is missing: restore it from your backup", .0.display())]
    Missing(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    Keystore(PathBuf, #[source] KeystoreError),
    #[error(
        "{} holds a secret that is not this share's: take the file from your backup", .0.display()
    )]
    OtherShare(PathBuf),
    /// Others may read several keystores: one line and one command for all of them.
    #[error(
        "{open} of the {all} keystores in {} can be read by others: run \
         `chmod 600 {}/keystore-*.json`, and think about who could have read them",
        .dir.display(), files::typed(.dir)
    )]
    Open {
        /// Where they are.
        dir: PathBuf,
        /// How many others may read.
        open: usize,
        /// How many there are.
        all: usize,
    },
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// A share on its way to the disk.
pub struct StoredShare {
    /// The group key it is a share of (a validator's, or the seal key), for the words in the file.
    pub validator: PublicKey,
    pub secret: SecretShare,
}

pub fn keystore_path(dir: &Path, share: &PublicKey) -> PathBuf {
    dir.join(format!("keystore-{}.json", hex::encode(share.as_bytes())))
}

/// Stores shares durably: when this returns, all of them survive a loss of power. What is stored
/// already is kept, so it may be called again after a crash.
///
/// # Errors
/// If a file cannot be written, or a keystore of that name holds another secret.
pub fn store_all(
    dir: &Path,
    master: &MasterSecret,
    shares: &[StoredShare],
) -> Result<(), StoreError> {
    files::make_dir(dir)?;
    in_parallel(shares, |share| store(dir, master, share))?;
    let failed = |error| FileError::Write(dir.to_owned(), error);
    files::sync_dir(dir).map_err(failed)?;
    files::sync_parent(dir).map_err(failed)?;
    Ok(())
}

/// Opens the keystores of the shares with these public keys, in their order.
///
/// # Errors
/// If one is missing, others may read it, it does not open, or holds another share.
pub fn open_all(
    dir: &Path,
    master: &MasterSecret,
    shares: &[PublicKey],
) -> Result<Vec<SecretShare>, StoreError> {
    let paths = shares.iter().map(|share| keystore_path(dir, share));
    let open_to_others = paths.filter(|path| files::is_open_to_others(path)).count();
    if open_to_others > 1 {
        return Err(StoreError::Open {
            dir: dir.to_owned(),
            open: open_to_others,
            all: shares.len(),
        });
    }
    // A wrong passphrase is noticed at the first keystore, not after the last.
    let (Some(first), rest) = (shares.first(), shares.get(1..).unwrap_or_default()) else {
        return Ok(Vec::new());
    };
    let mut secrets = vec![open(dir, master, first)?];
    secrets.extend(in_parallel(rest, |share| open(dir, master, share))?);
    Ok(secrets)
}

fn store(dir: &Path, master: &MasterSecret, share: &StoredShare) -> Result<(), StoreError> {
    let public_key = share.secret.public().to_bytes();
    let path = keystore_path(dir, &public_key);
    if path.exists() {
        // That it opens to a secret of this public key says that it is this one.
        return open(dir, master, &public_key).map(drop);
    }
    let draw = Draw::new()?;
    let password = master.password(&public_key);
    let keystore = Keystore::encrypt(&share.secret.to_bytes(), &public_key, &password, &draw)
        .described(format!("gantry: share of group key {}", share.validator));
    files::write_new_unsynced(&path, keystore.to_json().as_bytes(), Mode::Secret)?;
    Ok(())
}

/// The share in the keystore at `path`, closed with the same password in the form that every
/// standard tool opens.
///
/// # Errors
/// If it does not open, or holds another share than it says.
pub fn exported(path: &Path, master: &MasterSecret) -> Result<Keystore, StoreError> {
    let keystore = read(path)?;
    let share = keystore.public_key().map_err(refused(path))?;
    let secret = decrypt(&keystore, path, (master, &share))?;
    let password = master.password(&share);
    let exported =
        Keystore::encrypt_for_others(&secret.to_bytes(), &share, &password, &Draw::new()?);
    Ok(exported.described(keystore.description().to_owned()))
}

fn open(dir: &Path, master: &MasterSecret, share: &PublicKey) -> Result<SecretShare, StoreError> {
    let path = keystore_path(dir, share);
    match read(&path) {
        Err(StoreError::File(FileError::Read(path, error)))
            if error.kind() == io::ErrorKind::NotFound =>
        {
            Err(StoreError::Missing(path))
        }
        read => decrypt(&read?, &path, (master, share)),
    }
}

fn read(path: &Path) -> Result<Keystore, StoreError> {
    let text = files::read_secret(path, Keystore::MAX_BYTES)?;
    Keystore::from_json(&text).map_err(refused(path))
}

fn decrypt(
    keystore: &Keystore,
    path: &Path,
    (master, share): (&MasterSecret, &PublicKey),
) -> Result<SecretShare, StoreError> {
    let opened = keystore.decrypt(&master.password(share));
    match SecretShare::from_bytes(&*opened.map_err(refused(path))?) {
        Ok(secret) if secret.public().to_bytes() == *share => Ok(secret),
        Ok(_) | Err(_) => Err(StoreError::OtherShare(path.to_owned())),
    }
}

fn refused(path: &Path) -> impl Fn(KeystoreError) -> StoreError {
    move |error| StoreError::Keystore(path.to_owned(), error)
}

/// Applies `work` to every item on all cores; the results are in the order of the items.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    // Writing waits for the disk and not for a core, so more threads than cores help it.
    let part = items.len().div_ceil(4 * cores).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| {
                let work = move || part.iter().map(work).collect::<Result<Vec<R>, _>>();
                scope.spawn(move || counted(work))
            })
            .collect();
        let mut results = Vec::with_capacity(items.len());
        for part in parts {
            let (part, done) = part.join().expect("keystores are opened without panics");
            done.credit();
            results.extend(part?);
        }
        Ok(results)
    })
}

#[cfg(test)]
mod tests;
