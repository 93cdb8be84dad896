//! What an earlier ceremony has left in the directories of this one. It is found before anybody is
//! asked for anything: at the end of a ceremony, all would have made keys that one cannot finish
//! with, and the one would be tempted to clear away what is in the way.
//!
//! Never here: a way to clear it away. A record, a keystore and a lock are put where they belong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proto::Root;

use super::error::{CeremonyError, Earlier};
use super::keys::Site;
use super::saved::{Memory, SavedCeremony};
use crate::disk::Files;
use crate::disk::keystore::keystore_path;
use node_core::record::{Journal, JournalError};

/// Refuses to begin or go on without a lock where something of an earlier ceremony is. What this
/// one has left by a crash between two steps is none.
///
/// # Errors
/// What there is, and what to do; or that it cannot be read.
pub fn refuse(site: &Site, saved: &SavedCeremony, memory: &Memory) -> Result<(), CeremonyError> {
    let lock_file = || site.lock_file.clone();
    let acked = saved.position()?.acked;
    let acked: Vec<Root> = acked.iter().map(|acked| acked.lock).collect();
    refuse_record(site, &acked)?;
    let of_deposits = |name: &str| name.starts_with("deposit-data-") && name.ends_with(".json");
    if let Some(name) = first_file(site.data.directory(), of_deposits) {
        return Err(CeremonyError::from(Earlier::Deposits {
            file: site.data.directory().join(name),
            lock_file: lock_file(),
        }));
    }
    let own = match memory {
        // Nothing says that this ceremony has stored any.
        Memory::Blank(None) => BTreeSet::new(),
        Memory::Blank(Some(_)) | Memory::Begun => own_keystores(site, saved)?,
    };
    let is_foreign = |name: &str| is_share(name) && !own.contains(&site.keystore_dir.join(name));
    if let Some(file) = first_file(&site.keystore_dir, is_foreign) {
        return Err(CeremonyError::from(Earlier::Keystores {
            dir: site.keystore_dir.clone(),
            file,
            lock_file: lock_file(),
        }));
    }
    Ok(())
}

/// Refuses a record, unless it is that of a lock that this peer has acknowledged: then a crash
/// came between record and lock.
fn refuse_record(site: &Site, acked: &[Root]) -> Result<(), CeremonyError> {
    let mut files = Files::within(&site.data);
    // No lock has this hash, so whatever record there is, is foreign.
    let nobodys = Root::from([0; 32]);
    match Journal::read(&mut files, &site.owner(nobodys)) {
        Err(JournalError::Missing) => Ok(()),
        Err(JournalError::Foreign { cluster, .. }) if acked.contains(&cluster) => {
            // Whether it is this peer's own, and whole.
            Journal::read(&mut files, &site.owner(cluster))?;
            Ok(())
        }
        Err(JournalError::Foreign { cluster, .. }) => Err(CeremonyError::from(Earlier::Record {
            record: files.directory().to_owned(),
            lock: cluster,
            lock_file: site.lock_file.clone(),
        })),
        Err(error) => Err(error.into()),
        Ok(_) => unreachable!("no lock has a hash of zeros"),
    }
}

/// The keystores that this ceremony has stored so far, in all its attempts.
fn own_keystores(site: &Site, saved: &SavedCeremony) -> Result<BTreeSet<PathBuf>, CeremonyError> {
    let made = saved.all_made()?;
    let shares = made.iter().flat_map(|made| made.shares_of(site.place.me));
    Ok(shares
        .map(|share| keystore_path(&site.keystore_dir, &share))
        .collect())
}

/// Whether a file of this name is the keystore of a share.
fn is_share(name: &str) -> bool {
    let key = name.strip_prefix("keystore-");
    let key = key.and_then(|rest| rest.strip_suffix(".json"));
    key.is_some_and(|key| key.len() == 96 && key.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The first name in `dir`, in their order, that is `wanted`; a directory that is not there has
/// none.
fn first_file(dir: &Path, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| wanted(name)).min()
}
