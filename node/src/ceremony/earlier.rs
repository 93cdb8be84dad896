//! What an earlier ceremony has left in the directories of this one. It is found before anybody is
//! asked for anything: at the end of a ceremony, all would have made keys that one cannot finish
//! with, and the one would be tempted to clear away what is in the way.
//!
//! Never here: a way to clear it away. A record, a keystore and a lock are put where they belong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proto::Root;
use proto::lock::Validator;
use thiserror::Error;

use super::CeremonyError;
use super::keys::{Site, share_key};
use super::saved::{Memory, SavedCeremony};
use crate::disk::Files;
use crate::disk::keystore::keystore_path;
use node_core::record::{Journal, JournalError};

/// Something of an earlier ceremony is where this one would put its own, and there is no lock.
#[derive(Debug, Error)]
pub enum Earlier {
    /// A signing record.
    #[error(
        "{} is the signing record of a cluster whose lock has the hash {lock}, and no lock is at \
         {}. {}. Leave the record as it is: it is what keeps that cluster's validators from being \
         slashed", .record.display(), .lock_file.display(), ADVICE
    )]
    Record {
        /// Its directory.
        record: PathBuf,
        /// The lock that it names.
        lock: Root,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
    /// Keystores of shares.
    #[error(
        "{} holds keystores of shares that an earlier ceremony made, such as {file}, and nothing \
         here says of which: no lock is at {}. {}. If that ceremony was not finished, put its \
         folder `ceremony` back, or take another keystore directory for this one. Delete no \
         keystore: it may be a share of validators that have money",
        .dir.display(), .lock_file.display(), ADVICE
    )]
    Keystores {
        /// Where they are.
        dir: PathBuf,
        /// One of them.
        file: String,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
    /// Signed deposits.
    #[error(
        "{} holds deposits that an earlier ceremony signed, and no lock is at {}. {}",
        .file.display(), .lock_file.display(), ADVICE
    )]
    Deposits {
        /// The file.
        file: PathBuf,
        /// Where a lock would be.
        lock_file: PathBuf,
    },
}

/// What is to be done about all of them.
const ADVICE: &str = "If this ceremony was finished here before, put cluster-lock.json back: every \
    operator has the same file, and this command then goes on. If this is another cluster's data \
    directory, take a new one for this cluster";

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
    let shares = made.iter().flat_map(|made| {
        let own = |validator: &Validator| {
            let shares = &validator.share_public_keys;
            shares.get(site.me.position()).copied()
        };
        let seal = share_key(&made.seal_commitment, site.me);
        made.validators.iter().filter_map(own).chain(seal)
    });
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
