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
        "{open} of the {all} keystores in {dir} can be read by others: run \
         `chmod 600 {dir}/keystore-*.json`, and think about who could have read them",
        dir = .dir.display()
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
    let draw = draw()?;
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
    let exported = Keystore::encrypt_for_others(&secret.to_bytes(), &share, &password, &draw()?);
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

/// The random bytes of a new keystore.
fn draw() -> Result<Draw, getrandom::Error> {
    let mut draw = Draw {
        salt: [0; 32],
        iv: [0; 16],
        uuid: [0; 16],
    };
    getrandom::fill(&mut draw.salt)?;
    getrandom::fill(&mut draw.iv)?;
    getrandom::fill(&mut draw.uuid)?;
    Ok(draw)
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
mod tests {
    use dkg::bls::work::Operation;
    use proto::Root;

    use super::*;

    fn shares(count: u8) -> Vec<StoredShare> {
        let share = |i: u8| StoredShare {
            validator: [0xaa; 48].into(),
            secret: SecretShare::from_bytes(&[i; 32]).unwrap(),
        };
        (1..=count).map(share).collect()
    }

    fn public_keys(shares: &[StoredShare]) -> Vec<PublicKey> {
        let public_key = |share: &StoredShare| share.secret.public().to_bytes();
        shares.iter().map(public_key).collect()
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
        let opened: Vec<_> = opened.iter().map(SecretShare::to_bytes).collect();
        let stored: Vec<_> = shares.iter().map(|s| s.secret.to_bytes()).collect();
        assert_eq!(opened, stored);
    }

    /// They are the only threads of the program that do such work beside the one that counts it.
    #[test]
    fn the_curve_work_of_many_threads_counts_for_who_has_asked_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let (stored, done) = counted(|| store_all(dir.path(), &master(1), &shares(20)));
        stored.unwrap();
        assert_eq!(done.of(Operation::Key), 20);
        let keys = public_keys(&shares(20));
        let (opened, done) = counted(|| open_all(dir.path(), &master(1), &keys));
        assert_eq!(opened.unwrap().len(), 20);
        assert_eq!(done.of(Operation::Key), 20);
    }

    #[test]
    fn storing_again_after_a_crash_keeps_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(3)).unwrap();
        let path = keystore_path(dir.path(), &public_keys(&shares(2))[1]);
        let before = std::fs::read(&path).unwrap();
        store_all(dir.path(), &master(1), &shares(5)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let all = public_keys(&shares(5));
        assert_eq!(open_all(dir.path(), &master(1), &all).unwrap().len(), 5);
    }

    #[test]
    fn a_keystore_under_another_shares_name_is_neither_taken_nor_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let keys = public_keys(&shares(2));
        let other = Keystore::encrypt(
            &[2; 32],
            &keys[0],
            &master(1).password(&keys[0]),
            &Draw {
                salt: [0; 32],
                iv: [0; 16],
                uuid: [0; 16],
            },
        );
        let path = keystore_path(dir.path(), &keys[0]);
        files::write_new(&path, other.to_json().as_bytes(), Mode::Secret).unwrap();
        let error = open_all(dir.path(), &master(1), &keys[..1]).err().unwrap();
        assert!(matches!(error, StoreError::OtherShare(_)));
        let error = store_all(dir.path(), &master(1), &shares(1)).unwrap_err();
        assert!(matches!(error, StoreError::OtherShare(_)));
    }

    #[test]
    fn a_wrong_passphrase_is_said_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(2)).unwrap();
        let keys = public_keys(&shares(2));
        let error = open_all(dir.path(), &master(2), &keys)
            .err()
            .unwrap()
            .to_string();
        let file = keystore_path(dir.path(), &keys[0]);
        let expected = format!("{}: the keystore does not open", file.display());
        assert!(error.starts_with(&expected), "{error}");
    }

    #[test]
    fn an_exported_share_is_the_same_behind_the_same_password() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(1)).unwrap();
        let key = public_keys(&shares(1))[0];
        let path = keystore_path(dir.path(), &key);
        let exported = exported(&path, &master(1)).unwrap();
        assert_eq!(exported.public_key().unwrap(), key);
        assert!(exported.description().contains("share of group key 0xaaaa"));
        let secret = exported.decrypt(&master(1).password(&key)).unwrap();
        assert_eq!(*secret, *shares(1)[0].secret.to_bytes());
        let wrong = super::exported(&path, &master(2)).unwrap_err().to_string();
        assert!(wrong.contains("does not open"), "{wrong}");
    }

    #[test]
    fn keystores_that_others_can_read_are_one_line_and_one_command() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(5)).unwrap();
        let keys = public_keys(&shares(5));
        for key in &keys[1..] {
            let loose = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(keystore_path(dir.path(), key), loose).unwrap();
        }
        let error = open_all(dir.path(), &master(1), &keys).err().unwrap();
        let words = error.to_string();
        let dir = dir.path().display();
        let expected = format!(
            "4 of the 5 keystores in {dir} can be read by others: run `chmod 600 \
             {dir}/keystore-*.json`"
        );
        assert!(words.starts_with(&expected), "{words}");
    }

    #[test]
    fn a_missing_keystore_is_named() {
        let dir = tempfile::tempdir().unwrap();
        store_all(dir.path(), &master(1), &shares(2)).unwrap();
        let keys = public_keys(&shares(3));
        let error = open_all(dir.path(), &master(1), &keys)
            .err()
            .unwrap()
            .to_string();
        let file = keystore_path(dir.path(), &keys[2]);
        let words = format!("{} is missing: restore it", file.display());
        assert!(error.contains(&words), "{error}");
    }
}
