//! The agreement in force, as its file has it now: a new version may be merged while the peer runs.
//!
//! What was in force once stays: an older copy that is put in its place takes no version back, and
//! one that has another version in the place of one of ours is refused. After a new start an older
//! copy is none to work by. Behind what is in force the operator writes, and leaves out, what they
//! like.

use std::path::PathBuf;

use node_core::pool::agreement::{Agreement, Deposits};
use proto::agreement::PoolVersion;
use proto::lock::Lock;
use thiserror::Error;

use crate::checks::agreement::{AgreementFileError, keep_in_force, read, read_as_it_is, refused};

/// There is no version of the agreement to work by.
#[derive(Debug, Error)]
#[error("by which agreement? {0}")]
pub struct NotInForce(#[from] AgreementFileError);

pub(super) struct Standing {
    file: PathBuf,
    lock: Lock,
    /// Whether what is fixed may still change.
    deposits: Deposits,
    /// All versions that were ever read.
    held: Option<Agreement>,
}

impl Standing {
    pub(super) fn new(file: PathBuf, lock: Lock, deposits: Deposits) -> Self {
        Self {
            file,
            lock,
            deposits,
            held: None,
        }
    }

    pub(super) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// This peer consents to deposits while this version is in force.
    pub(super) fn consented(&mut self, number: u64) {
        self.deposits = self.deposits.consented(number);
    }

    /// What the version in force says of Rocket Pool.
    ///
    /// # Errors
    /// If the file is no agreement of this cluster, contradicts what it was, not all have signed,
    /// or it is not about Rocket Pool.
    pub(super) fn in_force(&mut self) -> Result<PoolVersion, NotInForce> {
        let held = match &self.held {
            Some(held) => {
                let found = read_as_it_is(&self.file, &self.lock, self.deposits)?;
                let mut both = held.clone();
                match both.merge(&found, self.deposits) {
                    Ok(_) => both,
                    Err(_) if is_same_in_force(held, &found) => found,
                    Err(error) => return Err(refused(&self.file)(error).into()),
                }
            }
            None => read(&self.file, &self.lock, self.deposits)?,
        };
        let version = held.on_pool().map_err(refused(&self.file))?;
        let is_known = self
            .held
            .as_ref()
            .is_some_and(|it| is_same_in_force(it, &held));
        if !is_known {
            let in_force = held.in_force().map_err(refused(&self.file))?;
            keep_in_force(&self.file, in_force)?;
        }
        self.held = Some(held);
        Ok(version)
    }
}

/// Whether one version is in force in both.
fn is_same_in_force(one: &Agreement, other: &Agreement) -> bool {
    let [one, other] = [one, other].map(|it| it.in_force().ok().map(|version| version.hash));
    one.is_some() && one == other
}
