//! What an operator does to the signing record of a peer that does not run: marks are moved in and
//! out, a record counts as lost, or as the newest after all.
//!
//! Each takes the lock on the data directory, so none of them works while `gantry run` does.
//!
//! Never here: a record that is deleted or lowered. What is replaced is kept beside the new one.

use std::io;
use std::path::{Path, PathBuf};

use proto::lock::Lock;
use proto::{Epoch, PublicKey, Root, Slot};
use thiserror::Error;

use crate::disk::denials::{self, Denial, DenialError};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::halts::{self, HaltError};
use crate::disk::{DataLock, Files, LockError};
use node_core::record::{BadRecord, Entry, History, Journal, JournalError, Owner};
use node_core::vault::interchange::{self, Claims, InterchangeError, Moment};

/// The longest file that is read for an import, in bytes: far more than the complete history of
/// the largest cluster needs.
const MAX_IMPORT: usize = 1 << 30;

/// Whose record, and where.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub data: &'a Path,
    /// The peer that the record belongs to.
    pub owner: Owner,
    /// The chain, as the definition names it.
    pub genesis_validators_root: Root,
}

/// A command on the signing record failed.
#[derive(Debug, Error)]
pub enum SlashingError {
    /// Another process has the data directory.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The record itself.
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{file}: {source}")]
    Import {
        file: PathBuf,
        source: InterchangeError,
    },
    /// The file to import or to export to.
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot {doing} {path}: {source}")]
    Directory {
        doing: &'static str,
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The claim cannot be denied.
    #[error(transparent)]
    Denial(#[from] DenialError),
    /// What was seen of validators cannot be read or taken back.
    #[error(transparent)]
    Halt(#[from] HaltError),
    #[error(
        "validator {0} is not halted here, so there is nothing to resume: `gantry status` shows \
         which are. (Of one that the chain has slashed no duty is ever signed again.)"
    )]
    NotHalted(PublicKey),
    #[error(
        "{0} is the key of no validator of this cluster: copy it from `gantry status` or from \
         the line in the log that says what was seen"
    )]
    NotOurs(PublicKey),
    #[error(
        "the signing record ends at {ours}, so that somebody has seen {claimed} of it stops \
         nothing: start gantry again"
    )]
    NothingToDeny {
        /// Where it ends.
        ours: u64,
        claimed: u64,
    },
    #[error(
        "{0}'s claim to have seen more of the record is denied already, and now {1} claims it too: \
         so the record most likely is an old copy, and to go on could get all of you slashed. \
         Restore the newest record, or run `gantry slashing new-record`. Only if {0} and {1}, both \
         called, have seen no more of it, add --against-both"
    )]
    BothClaim(String, String),
    /// More than f peers have to claim it before anything stops, so it is true.
    #[error(
        "with {0} operators nothing stops signing before {1} of them have seen more of the record \
         than is here, so at least one of them truly has: restore the newest record, or run \
         `gantry slashing new-record`"
    )]
    Proven(usize, usize),
    #[error("--against {0}: no other operator has this name; they are {1}")]
    NoSuchOperator(String, String),
    #[error("the validators of the lock cannot be enrolled: {0}")]
    Enrol(#[from] BadRecord),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Validators whose marks rose.
    pub raised: usize,
    /// Validators whose marks were as high already.
    pub unchanged: usize,
    /// Keys in the file that are no validators of this cluster.
    pub unknown: Vec<PublicKey>,
}

/// What a new record replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// The record was readable: it goes on, with its marks raised.
    Continued,
    /// There was none.
    Begun,
    /// It was damaged; its files are kept there.
    SetAside(PathBuf),
}

/// An EIP-3076 file that was read and is for this chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToImport {
    file: PathBuf,
    claims: Claims,
}

/// Reads the file of `gantry slashing import FILE`.
///
/// # Errors
/// If it cannot be read, is malformed, or is of another chain than `place`.
pub fn read(place: &Place<'_>, file: &Path) -> Result<ToImport, SlashingError> {
    let json = files::read(file, MAX_IMPORT)?;
    let claims = Claims::read(place.genesis_validators_root, json.as_bytes());
    Ok(ToImport {
        claims: claims.map_err(|source| refused(file, source))?,
        file: file.to_owned(),
    })
}

/// `gantry slashing import FILE`: raises the marks of the record to those of an EIP-3076 file.
/// What is ahead of `now` is refused.
///
/// # Errors
/// If the data directory is in use, the record cannot be opened or written, or the file is not for
/// this cluster. Then nothing is changed.
pub fn import(place: &Place<'_>, read: ToImport, now: Moment) -> Result<Imported, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let mut journal = Journal::open(Files::within(&lock), place.owner)?;
    let mut history = journal.history().clone();
    let import = interchange::import(&mut history, read.claims, now)
        .map_err(|source| refused(&read.file, source))?;
    journal.append(&import.records)?;
    Ok(Imported {
        raised: import.records.len(),
        unchanged: import.unchanged,
        unknown: import.unknown,
    })
}

/// `gantry slashing export FILE`: writes the marks of the record as an EIP-3076 file, whole or not
/// at all; one with other marks is never overwritten. Returns the number of validators in it.
///
/// # Errors
/// If the data directory is in use, the record cannot be read, or the file cannot be made.
pub fn export(place: &Place<'_>, file: &Path) -> Result<usize, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let history = Journal::read(&mut Files::within(&lock), &place.owner)?;
    let json = interchange::export(&history, place.genesis_validators_root);
    files::write_new(file, &json, Mode::Secret)?;
    Ok(history.validators().len())
}

/// How many whole epochs a peer without its old record only watches. In one of them everybody who
/// has the keys votes; the next leaves time for blocks to carry that and to lie deep enough.
const WATCHED: u64 = 2;

/// The last slot and epoch in which a peer signs nothing whose record is lost at `now`: its keys
/// have signed elsewhere, perhaps on a machine that still runs. Until then it sees in the chain
/// whether somebody does.
pub fn watched_until(now: Moment, slots_per_epoch: u64) -> Moment {
    let epoch = Epoch(now.epoch.0.saturating_add(WATCHED));
    let next = epoch.next().first_slot(slots_per_epoch);
    Moment {
        slot: Slot(next.0.saturating_sub(1)),
        epoch,
    }
}

/// `gantry slashing new-record`: the operator says that the record, or its newest part, is lost.
/// No vote and no block at or before the slot and the epoch of `until` will be signed: target mark
/// = that epoch, source mark = the epoch before, block mark = the slot. `keys` are the group keys
/// of the lock.
///
/// # Errors
/// If the data directory is in use, the record belongs to somebody else or another version, or the
/// disk refuses.
pub fn new_record(
    place: &Place<'_>,
    keys: &[PublicKey],
    until: Moment,
) -> Result<Renewed, SlashingError> {
    let Moment { slot, epoch } = until;
    let lock = DataLock::take(place.data)?;
    let mut files = Files::within(&lock);
    let renewed = match Journal::read(&mut files, &place.owner) {
        Ok(_) => {
            let mut journal = Journal::open(files, place.owner)?;
            let mut history = journal.history().clone();
            let enrolled = enrol(&mut history, keys)?;
            let records: Vec<_> = enrolled
                .into_iter()
                .chain([history.add(Entry::Renewed { slot, epoch })?])
                .collect();
            journal.append(&records)?;
            return Ok(Renewed::Continued);
        }
        Err(JournalError::Missing) => Renewed::Begun,
        Err(
            JournalError::Unreadable
            | JournalError::Hole { .. }
            | JournalError::EndUnclear { .. }
            | JournalError::Differ { .. }
            | JournalError::BadRecord(_),
        ) => match files
            .set_aside()
            .map_err(|source| in_record("move", &files, source))?
        {
            Some(kept) => Renewed::SetAside(kept),
            None => Renewed::Begun,
        },
        Err(
            other @ (JournalError::Exists
            | JournalError::Foreign { .. }
            | JournalError::Version { .. }
            | JournalError::Undecodable
            | JournalError::Disk { .. }
            | JournalError::Poisoned),
        ) => return Err(other.into()),
    };
    let mut history = History::default();
    enrol(&mut history, keys)?;
    history.add(Entry::Renewed { slot, epoch })?;
    Journal::create(files, place.owner, history)?;
    Ok(renewed)
}

/// `gantry slashing keep-record`: the operators have found that the record is the newest, whatever
/// this operator's program claims to have seen. Returns where the record ends.
///
/// # Errors
/// If the data directory is in use, the record cannot be read, it has got as far as is claimed,
/// another operator's claim is denied already and not `both` are to be, or the denial cannot be
/// kept.
pub fn keep_record(place: &Place<'_>, claim: Denial, both: bool) -> Result<u64, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let history = Journal::read(&mut Files::within(&lock), &place.owner)?;
    let (ours, claimed) = (history.sequence(), claim.sequence);
    if claimed <= ours {
        return Err(SlashingError::NothingToDeny { ours, claimed });
    }
    let denied = denials::in_force(place.data, place.owner.cluster, ours)?;
    let mut others = denied.into_iter().map(|denial| denial.operator);
    if let Some(other) = others.find(|other| *other != claim.operator && !both) {
        return Err(SlashingError::BothClaim(other, claim.operator));
    }
    denials::add(place.data, claim)?;
    Ok(ours)
}

/// `gantry slashing resume`: the operators have found who else signed for this validator, and
/// nobody does any more. Its duties begin again with the next start. `keys` are the validators of
/// the cluster.
///
/// # Errors
/// If the data directory is in use, or nothing was seen of this validator.
pub fn resume(
    place: &Place<'_>,
    keys: &[PublicKey],
    validator: &PublicKey,
) -> Result<(), SlashingError> {
    if !keys.contains(validator) {
        return Err(SlashingError::NotOurs(*validator));
    }
    let _lock = DataLock::take(place.data)?;
    match halts::remove(place.data, place.owner.cluster, validator)? {
        true => Ok(()),
        false => Err(SlashingError::NotHalted(*validator)),
    }
}

/// The claim of another operator, by name, to have seen so much of the record of `owner`: there is
/// something to deny only where one claim can stop this peer.
///
/// # Errors
/// If one claim stops nothing, or no other operator of the lock has this name.
pub fn denial(
    lock: &Lock,
    owner: &Owner,
    (operator, sequence): (String, u64),
) -> Result<Denial, SlashingError> {
    let definition = &lock.definition;
    let size = definition.terms().size();
    if size.faulty() > 0 {
        return Err(SlashingError::Proven(size.peers(), size.faulty() + 1));
    }
    let me = definition.peer_of(&owner.identity).ok();
    let claimant = definition.peer_named(&operator);
    if claimant.is_none() || claimant == me {
        let others = size.all().filter(|peer| Some(*peer) != me);
        let names: Vec<&str> = others.map(|peer| definition.name_of(peer)).collect();
        return Err(SlashingError::NoSuchOperator(operator, names.join(" and ")));
    }
    Ok(Denial {
        cluster: owner.cluster,
        operator,
        sequence,
    })
}

/// Adds the keys that `history` does not know yet.
fn enrol(
    history: &mut History,
    keys: &[PublicKey],
) -> Result<Option<node_core::record::Record>, BadRecord> {
    let missing: Vec<PublicKey> = keys
        .iter()
        .filter(|key| history.number(key).is_none())
        .copied()
        .collect();
    if missing.is_empty() {
        return Ok(None);
    }
    history.add(Entry::Enrolled(missing)).map(Some)
}

fn in_record(doing: &'static str, files: &Files, source: io::Error) -> SlashingError {
    SlashingError::Directory {
        doing,
        path: files.directory().to_owned(),
        source,
    }
}

fn refused(file: &Path, source: InterchangeError) -> SlashingError {
    SlashingError::Import {
        file: file.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
