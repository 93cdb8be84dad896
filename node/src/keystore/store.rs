//! The directory of keystores: one file for each share, named by the share's public key.
//!
//! A share's public key is new with every ceremony, so a file never has to be replaced. Files that
//! no lock names are left alone.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use proto::PublicKey;
use thiserror::Error;
use zeroize::Zeroizing;

use super::eip2335::{Draw, Keystore, KeystoreError};
use super::master::MasterSecret;
use crate::io::files::{self, FileError, Mode};

/// Why a keystore could not be stored or opened.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file cannot be read or written, or others may read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A keystore is refused.
    #[error("{}: {}", .0.display(), .1)]
    Keystore(PathBuf, #[source] KeystoreError),
    /// A keystore is there and holds another secret.
    #[error(
        "{} holds another secret than the share to be stored: move it away, and find out where it \
         came from", .0.display()
    )]
    OtherSecret(PathBuf),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// A share on its way to the disk.
pub struct StoredShare {
    /// The validator's group key, for the words in the file.
    pub validator: PublicKey,
    /// The public key of the share.
    pub public_key: PublicKey,
    /// The share, 32 bytes, big-endian.
    pub secret: Zeroizing<[u8; 32]>,
}

/// Where the keystore of a share is.
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

/// Opens the keystores of these shares, in their order. The public key of each secret is not
/// computed here: who takes it compares.
///
/// # Errors
/// If one is missing, others may read it, or it does not open.
pub fn open_all(
    dir: &Path,
    master: &MasterSecret,
    shares: &[PublicKey],
) -> Result<Vec<Zeroizing<[u8; 32]>>, StoreError> {
    // A wrong passphrase is noticed at the first keystore, not after the last.
    let (Some(first), rest) = (shares.first(), shares.get(1..).unwrap_or_default()) else {
        return Ok(Vec::new());
    };
    let mut secrets = vec![open(dir, master, first)?];
    secrets.extend(in_parallel(rest, |share| open(dir, master, share))?);
    Ok(secrets)
}

fn store(dir: &Path, master: &MasterSecret, share: &StoredShare) -> Result<(), StoreError> {
    let path = keystore_path(dir, &share.public_key);
    if path.exists() {
        let there = open(dir, master, &share.public_key)?;
        return if there == share.secret {
            Ok(())
        } else {
            Err(StoreError::OtherSecret(path))
        };
    }
    let mut draw = Draw {
        salt: [0; 32],
        iv: [0; 16],
        uuid: [0; 16],
    };
    getrandom::fill(&mut draw.salt)?;
    getrandom::fill(&mut draw.iv)?;
    getrandom::fill(&mut draw.uuid)?;
    let password = master.password(&share.public_key);
    let keystore = Keystore::encrypt(&share.secret, &share.public_key, &password, &draw)
        .described(format!("gantry: share of validator {}", share.validator));
    files::write_new_unsynced(&path, keystore.to_json().as_bytes(), Mode::Secret)?;
    Ok(())
}

fn open(
    dir: &Path,
    master: &MasterSecret,
    share: &PublicKey,
) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let path = keystore_path(dir, share);
    let text = files::read_secret(&path, Keystore::MAX_BYTES)?;
    Keystore::from_json(&text)
        .and_then(|keystore| keystore.decrypt(&master.password(share)))
        .map_err(|error| StoreError::Keystore(path, error))
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
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Result<Vec<R>, _>>()))
            .collect();
        let mut results = Vec::with_capacity(items.len());
        for part in parts {
            results.extend(part.join().expect("keystores are opened without panics")?);
        }
        Ok(results)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::Root;

    fn shares(count: u8) -> Vec<StoredShare> {
        let share = |i: u8| StoredShare {
            validator: [0xaa; 48].into(),
            public_key: [i; 48].into(),
            secret: Zeroizing::new([i; 32]),
        };
        (1..=count).map(share).collect()
    }

    fn public_keys(shares: &[StoredShare]) -> Vec<PublicKey> {
        shares.iter().map(|share| share.public_key).collect()
    }

    fn master(seed: u8) -> MasterSecret {
        MasterSecret::from_seed(&[seed; 32], &Root::from([7; 32]))
    }

    #[test]
    fn shares_come_back_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let shares = shares(20);
        store_all(dir.path(), &master(1), &shares).unwrap();
        let opened = open_all(dir.path(), &master(1), &public_keys(&shares)).unwrap();
        let stored: Vec<_> = shares.iter().map(|share| share.secret.clone()).collect();
        assert_eq!(opened, stored);
    }

    #[test]
    fn storing_again_after_a_crash_keeps_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(3)).unwrap();
        let path = keystore_path(dir.path(), &[2; 48].into());
        let before = std::fs::read(&path).unwrap();
        store_all(dir.path(), &master(1), &shares(5)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let all = public_keys(&shares(5));
        assert_eq!(open_all(dir.path(), &master(1), &all).unwrap().len(), 5);
    }

    #[test]
    fn another_secret_under_the_same_name_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let mut shares = shares(1);
        store_all(dir.path(), &master(1), &shares).unwrap();
        shares[0].secret = Zeroizing::new([9; 32]);
        let error = store_all(dir.path(), &master(1), &shares).unwrap_err();
        assert!(matches!(error, StoreError::OtherSecret(_)));
    }

    #[test]
    fn a_wrong_passphrase_is_said_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(2)).unwrap();
        let error = open_all(dir.path(), &master(2), &public_keys(&shares(2))).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("0101.json: the keystore does not open"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_keystore_is_named() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(2)).unwrap();
        let error = open_all(dir.path(), &master(1), &public_keys(&shares(3))).unwrap_err();
        assert!(
            error.to_string().contains("0303.json: No such file"),
            "{error}"
        );
    }
}
