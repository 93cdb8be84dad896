//! The agreement in force, as its file has it now: a new version may be merged while the peer runs.
//!
//! What was in force once stays: an older copy that is put in its place takes no version back, and
//! one that has another version in the place of one of ours is refused. After a new start an older
//! copy is none to work by. Behind what is in force the operator writes, and leaves out, what they
//! like.

use std::path::PathBuf;

use node_core::pool::agreement::{Agreement, Deposits};
use proto::agreement::PoolVersion;
use proto::intent::StandsOn;
use proto::lock::Lock;
use thiserror::Error;

use crate::checks::agreement::{AgreementFileError, keep_in_force, read, read_as_it_is, refused};
use crate::checks::intent::{self, IntentFileError};
use crate::disk::intent_file;

/// There is nothing to work by.
#[derive(Debug, Error)]
pub enum NotInForce {
    #[error("by which agreement? {0}")]
    Agreement(#[from] AgreementFileError),
    #[error("by which intent? {0}")]
    Intent(#[from] IntentFileError),
    #[error(
        "by which intent? {} says nothing of intent {number} any more, which was in force: put \
         back what was there, or start `gantry run` anew, and see that `gantry pool intent show` \
         shows what the others have in force",
        .file.display()
    )]
    Forgotten { file: PathBuf, number: u64 },
}

pub(super) struct Standing {
    file: PathBuf,
    /// Where the intents are kept.
    data_dir: PathBuf,
    lock: Lock,
    /// Whether what is fixed may still change.
    deposits: Deposits,
    /// All versions that were ever read.
    held: Option<Agreement>,
    /// By what was acted last.
    stood_on: Option<StandsOn>,
}

impl Standing {
    /// By these files: that of the agreement, and those of the data directory.
    pub(super) fn new(
        (file, data_dir): (PathBuf, PathBuf),
        lock: Lock,
        deposits: Deposits,
    ) -> Self {
        Self {
            file,
            data_dir,
            lock,
            deposits,
            held: None,
            stood_on: None,
        }
    }

    pub(super) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// This peer consents to deposits while this version is in force.
    pub(super) fn consented(&mut self, number: u64) {
        self.deposits = self.deposits.consented(number);
    }

    /// What the version in force says of Rocket Pool, with the intent that holds on it.
    ///
    /// # Errors
    /// If the file is no agreement of this cluster, contradicts what it was, not all have signed,
    /// or it is not about Rocket Pool; and if the intents cannot be read, or are older than those
    /// that were.
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
        let version = intent::holding(version, &self.data_dir, &self.lock)?;
        self.goes_on(version.stands_on())?;
        Ok(version)
    }

    /// Whether no intent of before holds again.
    fn goes_on(&mut self, now: StandsOn) -> Result<(), NotInForce> {
        let number = |stands_on: &StandsOn| stands_on.intent.map_or(0, |it| it.number);
        let before = self.stood_on.filter(|it| it.agreement == now.agreement);
        if let Some(before) = before.filter(|it| number(it) > number(&now)) {
            return Err(NotInForce::Forgotten {
                file: intent_file::place(&self.data_dir),
                number: number(&before),
            });
        }
        self.stood_on = Some(now);
        Ok(())
    }
}

/// Whether one version is in force in both.
fn is_same_in_force(one: &Agreement, other: &Agreement) -> bool {
    let [one, other] = [one, other].map(|it| it.in_force().ok().map(|version| version.hash));
    one.is_some() && one == other
}
