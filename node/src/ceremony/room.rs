//! Whether everything that the ceremony makes can be written at its end: rights and space are
//! looked at before it begins. At its end all others would have keys, and this peer no share.
//!
//! Never here: making a directory. A start that fails leaves none behind.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use proto::definition::Terms;

use super::error::{CeremonyError, NoRoom};
use super::keys::Site;

/// The least that a file takes on a disk, in bytes.
const BLOCK: u64 = 4096;
/// What the two copies of the signing record take at first, and the saved ceremony with
/// some margin, in bytes.
const FIXED: u64 = 8 << 20;
/// What one key takes in the lock and the saved ceremony, in hex and with its name.
const KEY: u64 = 128;
/// What one deposit takes in its file.
const DEPOSIT: u64 = 1024;

/// Refuses to begin where the end could not be written.
///
/// # Errors
/// If a directory can neither be written to nor made, or there is too little space.
pub fn refuse(site: &Site) -> Result<(), CeremonyError> {
    let needs = needs(site.place.definition.terms());
    let lock = site.lock_file.parent().unwrap_or(Path::new(""));
    for (what, dir) in [
        ("the signing record", site.data.directory()),
        ("the keystores", site.keystore_dir.as_path()),
        ("the lock", lock),
    ] {
        let there = nearest(dir);
        let failed = |cause| NoRoom::Rights {
            what,
            dir: dir.to_owned(),
            there: there.to_owned(),
            cause,
        };
        write_something(there).map_err(failed)?;
        let disk = rustix::fs::statvfs(there).map_err(|error| failed(error.into()))?;
        refuse_small(there, disk.f_bavail.saturating_mul(disk.f_frsize), needs)?;
    }
    Ok(())
}

fn refuse_small(dir: &Path, free: u64, needs: u64) -> Result<(), NoRoom> {
    match free < needs {
        true => Err(NoRoom::Space {
            dir: dir.to_owned(),
            free: free >> 10,
            needs: needs >> 10,
        }),
        false => Ok(()),
    }
}

/// What all files together take at most, in bytes.
fn needs(terms: &Terms) -> u64 {
    let validators = terms.validators as u64;
    let keystores = (validators + 1) * BLOCK;
    let keys = validators * (1 + terms.operators.len() as u64) * KEY;
    let deposits = validators * terms.deposit_amounts.len() as u64 * DEPOSIT;
    FIXED + keystores + 2 * keys + deposits
}

/// The directory, or the innermost one around it that is there: where it would be made.
fn nearest(dir: &Path) -> &Path {
    let mut there = dir;
    while fs::symlink_metadata(there).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        match there.parent() {
            Some(parent) => there = parent,
            None => break,
        }
    }
    match there.as_os_str().is_empty() {
        true => Path::new("."),
        false => there,
    }
}

/// Writes a file and takes it away. What a crash leaves of it is swept with the rest.
///
/// Others may write to this directory too: the name is one that nobody can foresee, and what has it
/// already, such as a link to another file, is left alone.
fn write_something(dir: &Path) -> io::Result<()> {
    let mut unforeseen = [0; 16];
    getrandom::fill(&mut unforeseen)?;
    let unforeseen = u128::from_le_bytes(unforeseen);
    make_and_remove(&dir.join(format!(".cluster-lock.probe.{unforeseen:032x}.tmp")))
}

fn make_and_remove(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    drop(
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?,
    );
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use node_core::ceremony::example::definition as definition_of;
    use proto::definition::Gwei;

    use super::super::desk::Desk;
    use super::super::tests::{finish, lock, site};
    use super::*;
    use crate::disk::keystore::SecretSource;

    #[test]
    fn where_something_would_be_made_the_nearest_directory_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(nearest(&dir.path().join("a/b")), dir.path());
        assert_eq!(nearest(dir.path()), dir.path());
        assert_eq!(nearest(Path::new("not there")), Path::new("."));
        write_something(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_another_has_put_into_a_shared_directory_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (other, link) = (dir.path().join("other"), dir.path().join("link"));
        fs::write(&other, "kept").unwrap();
        std::os::unix::fs::symlink(&other, &link).unwrap();
        let refused = make_and_remove(&link).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&other).unwrap(), b"kept");
        assert!(link.is_symlink());
    }

    #[test]
    fn a_disk_that_is_too_full_is_refused_with_both_numbers() {
        let few = needs(definition_of(1, vec![Gwei::FULL]).terms());
        let many = needs(definition_of(1000, vec![Gwei::FULL]).terms());
        assert!(many > few + 1000 * BLOCK);
        assert!(refuse_small(Path::new("/a"), few, few).is_ok());
        let words = refuse_small(Path::new("/a"), few - 1, few).unwrap_err();
        let words = words.to_string();
        assert!(words.contains("the disk of /a has "), "{words}");
    }

    #[test]
    fn a_ceremony_that_could_not_write_its_end_does_not_begin() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let begin = |lock_file: &Path, keystore_dir: &Path| {
            let site = Site {
                lock_file: lock_file.to_owned(),
                keystore_dir: keystore_dir.to_owned(),
                ..site(dir.path())
            };
            let secret = SecretSource::SecretFile(dir.path().join("no.secret"));
            let refused = Desk::begin(site, &secret).err().unwrap();
            refused.to_string()
        };
        let (lock, keystores) = (dir.path().join("a/lock"), dir.path().join("b/keystores"));
        let words = begin(&lock, &keystores);
        assert!(words.contains("no.secret is not there"), "{words}");
        let words = begin(&lock, &file.join("keystores"));
        assert!(words.contains("the keystores of this ceremony"), "{words}");
        let words = begin(&file.join("lock"), &keystores);
        assert!(words.contains("the lock of this ceremony"), "{words}");
        // And what is refused has made nothing.
        let names = fs::read_dir(dir.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            !names.iter().any(|name| name == "a" || name == "b"),
            "{names:?}"
        );
    }

    #[test]
    fn the_directory_of_the_lock_is_made_when_the_lock_is() {
        let dir = tempfile::tempdir().unwrap();
        let site = Site {
            lock_file: dir.path().join("a/b/cluster-lock.json"),
            ..site(dir.path())
        };
        let (lock, lock_file) = (lock(&site), site.lock_file.clone());
        finish(site, &lock);
        assert!(lock_file.exists());
    }
}
