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
    // One of each validator, and those of both seal keys.
    let keystores = (validators + 2) * BLOCK;
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
mod tests;
