//! The agreement on Rocket Pool of this peer: read from its file, verified against the lock, and
//! compared with the copy that the peer has.

use std::path::{Path, PathBuf};

use node_core::pool::agreement::{Agreement, BadAgreement, Deposits};
use node_core::record::{Journal, JournalError, Owner};
use proto::agreement::{AgreementFile, MAX_BYTES};
use proto::lock::Lock;
use proto::{IdentityKey, PublicKey};
use thiserror::Error;

use crate::disk::files::{self, FileError};
use crate::disk::{DataLock, Files, LockError};

/// What the file is called, beside the lock.
const FILE: &str = "pool-agreement.json";

/// An agreement that cannot be worked with.
#[derive(Debug, Error)]
pub enum AgreementFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: {}", .0.display(), .1)]
    Refused(PathBuf, #[source] Box<BadAgreement>),
    /// Another file says otherwise than the peer's own.
    #[error("{} is not what {} says: {error}", .file.display(), .own.display())]
    Differs {
        file: PathBuf,
        own: PathBuf,
        error: Box<BadAgreement>,
    },
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

/// An agreement of the cluster with this lock, and the text of its file.
pub(crate) fn read(path: &Path, lock: &Lock) -> Result<(Agreement, String), AgreementFileError> {
    let text = files::read(path, MAX_BYTES)?;
    let file = AgreementFile::from_json(&text).map_err(|error| refused(path)(error.into()))?;
    // As long as the record cannot tell, a share of a deposit may have left at any time.
    let agreement = Agreement::of(file, lock.clone(), Deposits::UNKNOWN).map_err(refused(path))?;
    Ok((agreement, text))
}

/// The same, compared with the peer's own copy if that is another file: what one number stands
/// for in both must be the same version.
pub(crate) fn read_beside(
    path: &Path,
    own: &Path,
    lock: &Lock,
) -> Result<(Agreement, String), AgreementFileError> {
    let (agreement, text) = read(path, lock)?;
    if path != own && own.exists() {
        let mut copy = read(own, lock)?.0;
        copy.merge(&agreement)
            .map_err(|error| AgreementFileError::Differs {
                file: path.to_owned(),
                own: own.to_owned(),
                error: Box::new(error),
            })?;
    }
    Ok((agreement, text))
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
