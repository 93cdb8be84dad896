//! `gantry slashing`: moving signing records in and out, and saying that one was lost.
//!
//! Each command takes the lock on the data directory, so none of them works while `gantry run`
//! does.
//!
//! Never here: a record that is deleted or lowered. What is replaced is kept beside the new one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use proto::{Epoch, PublicKey, Root, Slot};
use thiserror::Error;

use crate::journal::{
    BadRecord, DataLock, Entry, Files, History, Journal, JournalError, LockError, Owner,
};
use crate::vault::interchange::{self, InterchangeError};

/// The largest file that is read for an import: far more than the complete history of the largest
/// cluster needs.
const MAX_IMPORT: u64 = 1 << 30;

/// Whose record, and where.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The data directory.
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
    /// The file to import.
    #[error("{file}: {source}")]
    Import {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: InterchangeError,
    },
    /// The file to import is too large.
    #[error("{0} is larger than 1 GiB: it cannot be the history of this cluster")]
    TooLarge(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// More validators than a record can hold, or one twice.
    #[error("the validators of the lock cannot be enrolled: {0}")]
    Enrol(#[from] BadRecord),
}

/// What an import changed.
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

/// `gantry slashing import FILE`: raises the marks of the record to those of an EIP-3076 file.
/// `now` is the current slot with its epoch; what is ahead of it is refused.
///
/// # Errors
/// If the data directory is in use, the record cannot be opened or written, or the file is not for
/// this chain and cluster. Then nothing is changed.
pub fn import(
    place: &Place<'_>,
    file: &Path,
    now: (Slot, Epoch),
) -> Result<Imported, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let mut journal = Journal::open(record_files(&lock)?, place.owner)?;
    let json = read_bounded(file)?;
    let mut history = journal.history().clone();
    let import = interchange::import(&mut history, place.genesis_validators_root, now, &json)
        .map_err(|source| SlashingError::Import {
            file: file.to_owned(),
            source,
        })?;
    journal.append(&import.records)?;
    Ok(Imported {
        raised: import.records.len(),
        unchanged: import.unchanged,
        unknown: import.unknown,
    })
}

/// `gantry slashing export FILE`: writes the marks of the record as an EIP-3076 file, which must
/// not exist yet. Returns the number of validators in it.
///
/// # Errors
/// If the data directory is in use, the record cannot be read, or the file cannot be made.
pub fn export(place: &Place<'_>, file: &Path) -> Result<usize, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let history = Journal::read(&mut record_files(&lock)?, &place.owner)?;
    let json = interchange::export(&history, place.genesis_validators_root);
    write_new(file, &json).map_err(|source| SlashingError::File {
        doing: "write",
        path: file.to_owned(),
        source,
    })?;
    Ok(history.validators().len())
}

/// `gantry slashing new-record`: the operator says that the record, or its newest part, is lost.
/// Nothing at or before `slot` of `epoch`, the current ones, will be signed: target mark = `epoch`,
/// source mark = the epoch before, block mark = `slot` (design §2). `keys` are the group keys of
/// the lock.
///
/// # Errors
/// If the data directory is in use, the record belongs to somebody else or another version, or the
/// disk refuses.
pub fn new_record(
    place: &Place<'_>,
    keys: &[PublicKey],
    (slot, epoch): (Slot, Epoch),
) -> Result<Renewed, SlashingError> {
    let lock = DataLock::take(place.data)?;
    let mut files = record_files(&lock)?;
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

/// Adds the keys that `history` does not know yet.
fn enrol(
    history: &mut History,
    keys: &[PublicKey],
) -> Result<Option<crate::journal::Record>, BadRecord> {
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

fn record_files(lock: &DataLock) -> Result<Files, SlashingError> {
    Files::within(lock).map_err(|source| SlashingError::File {
        doing: "make",
        path: lock.directory().join(Files::DIRECTORY),
        source,
    })
}

fn in_record(doing: &'static str, files: &Files, source: io::Error) -> SlashingError {
    SlashingError::File {
        doing,
        path: files.directory().to_owned(),
        source,
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, SlashingError> {
    let failed = |source| SlashingError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.len() > MAX_IMPORT {
        return Err(SlashingError::TooLarge(path.to_owned()));
    }
    fs::read(path).map_err(failed)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use proto::Identity;

    use super::*;
    use crate::journal::Watermarks;

    const NOW: (Slot, Epoch) = (Slot(320), Epoch(10));

    fn key(byte: u8) -> PublicKey {
        [byte; 48].into()
    }

    fn place(data: &Path) -> Place<'_> {
        Place {
            data,
            owner: Owner {
                cluster: [7; 32].into(),
                identity: Identity::from_seed(&[7; 32]).public(),
            },
            genesis_validators_root: [1; 32].into(),
        }
    }

    fn history(place: &Place<'_>) -> History {
        let lock = DataLock::take(place.data).unwrap();
        Journal::read(&mut Files::within(&lock).unwrap(), &place.owner).unwrap()
    }

    fn marks(history: &History, byte: u8) -> Watermarks {
        let number = history.number(&key(byte)).unwrap();
        history.marks(number).unwrap().watermarks
    }

    fn at(slot: u64, source: u64, target: u64) -> Watermarks {
        Watermarks {
            source: Some(Epoch(source)),
            target: Some(Epoch(target)),
            slot: Some(Slot(slot)),
        }
    }

    #[test]
    fn a_lost_record_begins_above_everything_that_may_have_been_signed() {
        let data = tempfile::tempdir().unwrap();
        let place = place(data.path());
        let renewed = new_record(&place, &[key(1), key(2)], NOW).unwrap();
        assert_eq!(renewed, Renewed::Begun);
        let history = history(&place);
        assert_eq!(marks(&history, 2), at(320, 9, 10));
        assert_eq!(history.mark(), Some(Slot(320)));
        // Far above what a record of 320 slots can have reached, so peers do not object.
        assert!(history.sequence() >= 320 * 1024);
    }

    #[test]
    fn a_readable_record_goes_on_with_higher_marks_and_new_keys() {
        let data = tempfile::tempdir().unwrap();
        let place = place(data.path());
        new_record(&place, &[key(1)], NOW).unwrap();
        let before = history(&place).sequence();
        let later = (Slot(640), Epoch(20));
        let renewed = new_record(&place, &[key(1), key(2)], later).unwrap();
        assert_eq!(renewed, Renewed::Continued);
        let after = history(&place);
        assert_eq!(marks(&after, 1), at(640, 19, 20));
        assert_eq!(marks(&after, 2), at(640, 19, 20));
        assert!(after.sequence() > before);
        // An earlier moment lowers nothing.
        new_record(&place, &[key(1)], NOW).unwrap();
        assert_eq!(marks(&history(&place), 1), at(640, 19, 20));
    }

    #[test]
    fn damaged_files_are_kept_beside_the_new_record() {
        let data = tempfile::tempdir().unwrap();
        let place = place(data.path());
        new_record(&place, &[key(1)], NOW).unwrap();
        for name in ["record-a.log", "record-b.log"] {
            fs::write(data.path().join("record").join(name), b"rubbish").unwrap();
        }
        let Renewed::SetAside(kept) = new_record(&place, &[key(1)], NOW).unwrap() else {
            panic!("the damaged files were not kept");
        };
        assert_eq!(fs::read(kept.join("record-a.log")).unwrap(), b"rubbish");
        assert_eq!(marks(&history(&place), 1), at(320, 9, 10));
    }

    #[test]
    fn another_peers_record_is_never_replaced() {
        let data = tempfile::tempdir().unwrap();
        let mine = place(data.path());
        new_record(&mine, &[key(1)], NOW).unwrap();
        let mut other = mine;
        other.owner.cluster = [8; 32].into();
        let words = new_record(&other, &[key(1)], NOW).unwrap_err().to_string();
        assert!(
            words.contains("belongs to another cluster or peer"),
            "{words}"
        );
    }

    #[test]
    fn marks_move_from_one_record_to_another_by_file() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (place(from.path()), place(to.path()));
        new_record(&from, &[key(1), key(2)], NOW).unwrap();
        new_record(&to, &[key(2)], (Slot(0), Epoch(0))).unwrap();
        let file = from.data.join("protection.json");
        assert_eq!(export(&from, &file).unwrap(), 2);
        let imported = import(&to, &file, NOW).unwrap();
        let expected = Imported {
            raised: 1,
            unchanged: 0,
            unknown: vec![key(1)],
        };
        assert_eq!(imported, expected);
        assert_eq!(marks(&history(&to), 2), at(320, 9, 10));
        // An export overwrites nothing.
        let words = export(&from, &file).unwrap_err().to_string();
        assert!(words.contains("cannot write"), "{words}");
    }

    #[test]
    fn nothing_works_while_gantry_runs_or_without_a_record() {
        let data = tempfile::tempdir().unwrap();
        let place = place(data.path());
        let file = data.path().join("protection.json");
        let words = export(&place, &file).unwrap_err().to_string();
        assert!(words.contains("there is no signing record"), "{words}");
        let _running = DataLock::take(data.path()).unwrap();
        for words in [
            export(&place, &file).unwrap_err().to_string(),
            import(&place, &file, NOW).unwrap_err().to_string(),
            new_record(&place, &[], NOW).unwrap_err().to_string(),
        ] {
            assert!(words.contains("is in use by process"), "{words}");
        }
    }
}
