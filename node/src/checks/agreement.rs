//! The agreement on Rocket Pool of this peer: read from its file, verified against the lock, and
//! compared with other copies and with what its operator has signed.
//!
//! | beside the lock | is |
//! |---|---|
//! | `pool-agreement.json` | the peer's own copy |
//! | `pool-agreement-signed/` | a file for each number of which the operator has signed a version |
//! | `pool-agreement-in-force` | number and hash of the newest version that the peer worked by |
//! | `pool-agreement-other.json` | a copy that came, whose version in force is another one |

use std::path::{Path, PathBuf};
use std::{fs, io};

use node_core::pool::agreement::{Agreement, BadAgreement, Deposits, Merged, Signed};
use node_core::record::{Journal, JournalError, Owner};
use proto::agreement::{AgreementFile, MAX_BYTES, Version};
use proto::lock::Lock;
use proto::{IdentityKey, PublicKey, Root};
use thiserror::Error;

use crate::disk::files::{self, FileError, Mode};
use crate::disk::{DataLock, Files, LockError};

/// What the file is called, beside the lock.
const FILE: &str = "pool-agreement.json";
/// The folder of what the operator has signed: for each number a file with that name, in which the
/// hash stands.
const SIGNED: &str = "pool-agreement-signed";
/// What was in force, so that nothing older ever is again: a number and a hash.
const IN_FORCE: &str = "pool-agreement-in-force";
/// A copy that cannot be made one with the own copy, as all have signed both.
const OTHER: &str = "pool-agreement-other.json";
/// More than a number and a hash take, in bytes.
const MAX_SIGNED_BYTES: usize = 128;

/// An agreement that cannot be worked with.
#[derive(Debug, Error)]
pub enum AgreementFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "there is no {}, so no agreement yet: `gantry pool agree new` begins one, `gantry pool \
         agree merge` takes one that you were sent", .0.display()
    )]
    Missing(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    Refused(PathBuf, #[source] Box<BadAgreement>),
    /// Another file says otherwise than the peer's own.
    #[error("{} is not what {} says: {error}", .file.display(), .own.display())]
    Differs {
        file: PathBuf,
        own: PathBuf,
        error: Box<BadAgreement>,
    },
    /// What stands in the folder of what was signed is none of ours.
    #[error(
        "{} is not what gantry writes there: a number as name, and the hash of the version that \
         you have signed. Put back what was there, and sign nothing before that", .0.display()
    )]
    Signed(PathBuf),
    /// What stands in the file of what was in force is none of ours.
    #[error(
        "{} is not what gantry writes there: number and hash of the newest version that was in \
         force. Put back what was there; if it is lost, have the others read their newest version \
         to you, see that yours is the same (`gantry pool agree show`), and remove it",
        .0.display()
    )]
    InForce(PathBuf),
    #[error(
        "{0}. To sign the first version, the signing record is looked through for deposits: if \
         that is `gantry run`, stop it for this one command"
    )]
    DataDirectory(#[from] LockError),
    #[error(transparent)]
    Record(#[from] JournalError),
}

/// Where the agreement stands that belongs to the lock in this file.
pub(crate) fn beside(lock_file: &Path) -> PathBuf {
    lock_file.with_file_name(FILE)
}

/// The peer's own copy.
///
/// # Errors
/// Also if another complete version of the one in force was ever seen, if the copy lacks what the
/// operator has signed last, or if an older version is in force in it than once was: nobody may act
/// by it then.
pub(crate) fn read(
    own: &Path,
    lock: &Lock,
    deposits: Deposits,
) -> Result<Agreement, AgreementFileError> {
    let agreement = read_as_it_is(own, lock, deposits)?;
    if let Some((number, hash)) = was_in_force(own)? {
        let goes_on = agreement.goes_on_from(number, hash);
        goes_on.map_err(refused(own))?;
    }
    Ok(agreement)
}

/// The same, whatever was in force: for whoever still holds that, and takes in what is newer.
///
/// # Errors
/// As [`read`], but an older copy is none.
pub(crate) fn read_as_it_is(
    own: &Path,
    lock: &Lock,
    deposits: Deposits,
) -> Result<Agreement, AgreementFileError> {
    let (agreement, _) = read_by(own, lock, deposits).map_err(none_yet)?;
    check_by(own, &agreement, deposits)?;
    let newest = signed(own)?.check_newest(Some(&agreement));
    newest.map_err(refused(own))?;
    Ok(agreement)
}

/// Number and hash of the newest version that was in force here, if any was.
fn was_in_force(own: &Path) -> Result<Option<(u64, Root)>, AgreementFileError> {
    let path = own.with_file_name(IN_FORCE);
    let text = match files::read(&path, MAX_SIGNED_BYTES) {
        Err(FileError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        text => text?,
    };
    let words = text.trim().split_once(' ');
    let read = words.and_then(|(number, hash)| Some((number.parse().ok()?, hash.parse().ok()?)));
    match read {
        Some(read) => Ok(Some(read)),
        None => Err(AgreementFileError::InForce(path)),
    }
}

/// Remembers durably which version is in force, before anything is done by it. It was [`read`], so
/// none that was before is newer.
pub(crate) fn keep_in_force(own: &Path, version: &Version) -> Result<(), AgreementFileError> {
    let now = (version.content.number, version.hash);
    if was_in_force(own)? != Some(now) {
        let text = format!("{} {}\n", now.0, now.1);
        files::replace(&own.with_file_name(IN_FORCE), text.as_bytes(), Mode::Public)?;
    }
    Ok(())
}

/// Any copy of an agreement of the cluster with this lock, and the text of its file, for a command,
/// which cannot tell whether a share of a deposit has left.
pub(crate) fn read_copy(
    path: &Path,
    lock: &Lock,
) -> Result<(Agreement, String), AgreementFileError> {
    read_by(path, lock, Deposits::UNKNOWN)
}

/// The peer's own copy as [`read_copy`] reads it.
pub(crate) fn read_own(own: &Path, lock: &Lock) -> Result<(Agreement, String), AgreementFileError> {
    read_copy(own, lock).map_err(none_yet)
}

/// The same error, unless there is no own copy.
fn none_yet(error: AgreementFileError) -> AgreementFileError {
    if let AgreementFileError::File(FileError::Read(own, cause)) = &error
        && cause.kind() == io::ErrorKind::NotFound
    {
        return AgreementFileError::Missing(own.clone());
    }
    error
}

fn read_by(
    path: &Path,
    lock: &Lock,
    deposits: Deposits,
) -> Result<(Agreement, String), AgreementFileError> {
    let text = files::read(path, MAX_BYTES)?;
    let file = AgreementFile::from_json(&text).map_err(|error| refused(path)(error.into()))?;
    let agreement = Agreement::of(file, lock.clone(), deposits).map_err(refused(path))?;
    Ok((agreement, text))
}

/// Whether no copy was ever seen that says otherwise than this one of what is in force; for a
/// command, as [`read_copy`].
pub(crate) fn check_other(own: &Path, agreement: &Agreement) -> Result<(), AgreementFileError> {
    check_by(own, agreement, Deposits::UNKNOWN)
}

fn check_by(
    own: &Path,
    agreement: &Agreement,
    deposits: Deposits,
) -> Result<(), AgreementFileError> {
    let path = own.with_file_name(OTHER);
    if !path.exists() {
        return Ok(());
    }
    let (other, _) = read_by(&path, agreement.lock(), deposits)?;
    match agreement.clone().merge(&other, deposits) {
        Err(error @ BadAgreement::TwoComplete(_)) => Err(differs(&path, own)(error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Takes the copy in `file` into that in `own`, if there is one. Returns the copy, its text, and
/// what it brought.
pub(crate) fn take_in(
    file: &Path,
    own: &Path,
    into: &mut Option<Agreement>,
    lock: &Lock,
) -> Result<(Agreement, String, Merged), AgreementFileError> {
    let (copy, text) = read_copy(file, lock)?;
    let merged = match into {
        None => copy.refuse_crowd().map(|()| {
            *into = Some(copy.clone());
            Merged::Newer
        }),
        Some(into) => into.merge(&copy, Deposits::UNKNOWN),
    };
    if let Err(BadAgreement::TwoComplete(_)) = &merged {
        // From now on every command sees both, whoever reads it.
        let text = copy.to_file().to_json();
        files::replace(&own.with_file_name(OTHER), text.as_bytes(), Mode::Public)?;
    }
    Ok((copy, text, merged.map_err(differs(file, own))?))
}

/// What the operator has signed, by what stands beside the own copy.
pub(crate) fn signed(own: &Path) -> Result<Signed, AgreementFileError> {
    let folder = own.with_file_name(SIGNED);
    let failed = |error| AgreementFileError::File(FileError::Read(folder.clone(), error));
    let mut signed = Signed::default();
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(signed),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What a crash left of a file before it had its name.
        if name.starts_with('.') {
            continue;
        }
        let odd = || AgreementFileError::Signed(path.clone());
        let number = name.parse().map_err(|_| odd())?;
        let text = files::read(&path, MAX_SIGNED_BYTES)?;
        signed.add(number, text.trim().parse().map_err(|_| odd())?);
    }
    Ok(signed)
}

/// Remembers durably that the operator signs the newest version: before the signature stands
/// anywhere. Of two that are signed at one moment the second is refused.
pub(crate) fn remember(own: &Path, agreement: &Agreement) -> Result<(), AgreementFileError> {
    let folder = own.with_file_name(SIGNED);
    files::make_dir(&folder)?;
    files::sync_parent(&folder).map_err(|error| FileError::Write(folder.clone(), error))?;
    let last = agreement.last();
    let path = folder.join(last.content.number.to_string());
    let text = format!("{}\n", last.hash);
    match files::write_new(&path, text.as_bytes(), Mode::Public) {
        Err(FileError::Exists(_)) => signed(own)?.allow(agreement).map_err(refused(own)),
        written => Ok(written?),
    }
}

/// The refusal of the copy in `file`, which cannot be made one with that in `own`.
fn differs(file: &Path, own: &Path) -> impl FnOnce(BadAgreement) -> AgreementFileError {
    let (file, own) = (file.to_owned(), own.to_owned());
    |error| AgreementFileError::Differs {
        file,
        own,
        error: Box::new(error),
    }
}

/// The refusal of the file in `path`.
pub(crate) fn refused(path: &Path) -> impl FnOnce(BadAgreement) -> AgreementFileError {
    let path = path.to_owned();
    |error| AgreementFileError::Refused(path, Box::new(error))
}

/// The keys for which the signing record in the data directory holds deposits.
pub(crate) fn deposited(
    data_dir: &Path,
    lock: &Lock,
    identity: IdentityKey,
) -> Result<Vec<PublicKey>, AgreementFileError> {
    let held = DataLock::take(data_dir)?;
    let owner = Owner {
        cluster: lock.hash(),
        identity,
    };
    let history = Journal::read(&mut Files::within(&held), &owner)?;
    let validators = history.validators().iter();
    let with_deposits = validators.filter(|(_, marks)| marks.deposits.is_some());
    Ok(with_deposits.map(|(key, _)| *key).collect())
}
