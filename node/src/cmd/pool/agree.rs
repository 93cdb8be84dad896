//! `gantry pool agree`: one operator writes a version, each signs it, everybody can read it.
//!
//! | module | is |
//! |---|---|
//! | `draft` | the flags of `new`, and the terms that they make |
//! | `sign` | a version read, compared and signed |
//! | `words` | a version in words: what an operator reads before signing |
//! | `ending` | which intents end with it |

mod draft;
mod ending;
mod sign;
mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use node_core::pool::agreement::{Agreement, BadAgreement, BadTerms, Deposits, Merged};
use proto::lock::Lock;
use proto::{Address, Root};
use thiserror::Error;

use crate::checks::agreement::{self, AgreementFileError};
use crate::checks::intent;
use crate::checks::lock::{self, LockFileError};
use crate::clock;
use crate::cmd::account::AccountError;
use crate::cmd::money;
use crate::cmd::owner::OwnError;
use crate::config::{Config, ConfigError};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::SecretFileError;
use crate::execution::ExecutionError;
use crate::pool::sending::own_account::OwnAccountError;
use draft::{DraftError, Flags};
use ending::ending;
use sign::Sign;
use words::{brought, describe, signatures};

/// A version of the agreement was not written, signed or shown.
#[derive(Debug, Error)]
pub enum AgreeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Agreement(#[from] AgreementFileError),
    /// What was typed makes no version.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// A rule of the agreement is broken, or not all have agreed.
    #[error(transparent)]
    Rule(#[from] Box<BadAgreement>),
    /// This cluster cannot join.
    #[error(transparent)]
    CannotJoin(#[from] BadTerms),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Own(#[from] Box<OwnError>),
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    #[error(
        "version {number} in {} has the hash {found}, and you gave {given}: it is not the version \
         that you have read and compared, so it is not signed. Read it with `gantry pool agree \
         show`", .file.display()
    )]
    OtherHash {
        file: PathBuf,
        number: u64,
        found: Root,
        given: Root,
    },
    #[error(
        "nothing was signed: while you were asked, version {number} came into {}. Read that one, \
         and compare it with the others, before you sign (`gantry pool agree sign`)",
        .file.display()
    )]
    Changed { file: PathBuf, number: u64 },
    #[error(
        "{} is older than your copy: it lacks version {number}. Send yours, {}, to whoever sent \
         it; with this command without the name of a file you read or sign that",
        .file.display(), .own.display()
    )]
    Older {
        file: PathBuf,
        own: PathBuf,
        number: u64,
    },
    #[error("nothing was signed: the answer was not yes")]
    NotSigned,
}

impl From<OwnAccountError> for AgreeError {
    fn from(error: OwnAccountError) -> Self {
        OwnError::from(error).into()
    }
}

impl From<OwnError> for AgreeError {
    fn from(error: OwnError) -> Self {
        Self::Own(Box::new(error))
    }
}

impl From<BadAgreement> for AgreeError {
    fn from(error: BadAgreement) -> Self {
        Self::Rule(Box::new(error))
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a version that nobody has signed yet, and show it: the first, or the next one.
    ///
    /// The next version says what the last one says, but for what is typed here. Send the file to
    /// all operators: each reads it with `gantry pool agree show` and signs it with `gantry pool
    /// agree sign`. Until all have signed, the version before stays in force.
    New(Box<New>),
    /// Show the newest version and add your signature to it: you agree to everything in it.
    ///
    /// Before, read its fingerprint to every other operator on the telephone: if all 45 digits are
    /// the same, all of you hold the same version. Who has the node account signs with it too.
    Sign(Sign),
    /// Take what copies that you were sent have, signatures and versions, into your own copy.
    ///
    /// What yours has and they lack stays. A copy that is older than yours is told of.
    Merge(Merge),
    /// Print what the newest version says, what is new in it, and who has signed it.
    ///
    /// Exits with 1 if the file is refused, and with --complete also if a signature is missing.
    Show(Show),
}

/// Whose agreement.
#[derive(Debug, Args)]
pub struct Place {
    /// The config file; gantry.toml if there is one.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct New {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    flags: Flags,
    /// In place of a version that not all have signed, and that you give up. Who has signed that
    /// one may sign this one; until all have, the other may still come into force.
    #[arg(long)]
    instead: bool,
}

#[derive(Debug, Args)]
pub struct Merge {
    /// Copies of the agreement. Your own, beside the lock, takes what they have.
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The agreement. Without it, the one beside the lock.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Fail unless all have signed the newest version.
    #[arg(long)]
    complete: bool,
}

/// The peer's lock, and where its own copy of the agreement is.
struct Home {
    config: Config,
    lock: Lock,
    own: PathBuf,
}

impl Place {
    fn home(&self) -> Result<Home, AgreeError> {
        let config = Config::read_or_default(self.config.as_deref(), None)?;
        let lock = lock::read(&config.lock_file)?;
        let own = agreement::beside(&config.lock_file);
        Ok(Home { config, lock, own })
    }
}

impl Home {
    /// The peer's own copy, if there is one, and its text.
    fn copy(&self) -> Result<Option<(Agreement, String)>, AgreeError> {
        if !self.own.exists() {
            return Ok(None);
        }
        let (agreement, text) = agreement::read_copy(&self.own, &self.lock)?;
        agreement::check_other(&self.own, &agreement)?;
        Ok(Some((agreement, text)))
    }

    /// Whether this copy has what the operator has signed last.
    fn check_newest(&self, copy: Option<&Agreement>) -> Result<(), AgreeError> {
        let newest = agreement::signed(&self.own)?.check_newest(copy);
        Ok(newest.map_err(agreement::refused(&self.own))?)
    }

    /// The newest version in words, and what ends with it. `unchecked` are the addresses that were
    /// written without a checksum.
    fn show(&self, agreement: &Agreement, unchecked: &[Address]) {
        let ends = match intent::read(&self.config.data_dir, &self.lock) {
            Ok(kept) => ending(agreement, &kept),
            Err(why) => format!("Which intent is in force cannot be read: {why}\n"),
        };
        print!("{}{ends}", describe(agreement, unchecked));
    }

    fn is_own(&self, file: &Path) -> bool {
        let place = |path: &Path| path.canonicalize().ok();
        place(file).is_some_and(|it| Some(it) == place(&self.own))
    }
}

impl Command {
    pub fn run(self) -> Result<(), AgreeError> {
        match self {
            Self::New(new) => new.run(),
            Self::Sign(sign) => sign.run(),
            Self::Merge(merge) => merge.run(),
            Self::Show(show) => show.run(),
        }
    }
}

fn write(file: &Path, agreement: &Agreement) -> Result<(), FileError> {
    let text = agreement.to_file().to_json();
    files::replace(file, text.as_bytes(), Mode::Public)
}

impl New {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let unchecked = self.flags.unchecked();
        let there = home.copy()?.map(|(agreement, _)| agreement);
        home.check_newest(there.as_ref())?;
        let before = match (&there, self.instead) {
            (Some(there), true) => there.in_force().ok(),
            (Some(there), false) => Some(there.last()),
            (None, _) => None,
        };
        let terms = before.map(|it| &it.content.terms);
        let terms = self
            .flags
            .terms(&home.lock, terms, clock::now().unix_seconds())?;
        let agreement = match &there {
            None => Agreement::first(home.lock.clone(), terms)?,
            Some(there) if self.instead => there.instead(terms, Deposits::UNKNOWN)?,
            Some(there) => there.next(terms, Deposits::UNKNOWN)?,
        };
        // Nothing that the operator has signed is left out for it.
        home.check_newest(Some(&agreement))?;
        if there.is_none() {
            let text = agreement.to_file().to_json();
            files::write_new(&home.own, text.as_bytes(), Mode::Public)?;
        } else {
            write(&home.own, &agreement)?;
        }
        home.show(&agreement, &unchecked);
        eprintln!(
            "Wrote {}. Send it to all operators: each takes it in with `gantry pool agree merge`, \
             compares its fingerprint with every other one on the telephone and signs it with \
             `gantry pool agree sign`.",
            home.own.display()
        );
        Ok(())
    }
}

impl Merge {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let mut own = home.copy()?.map(|(agreement, _)| agreement);
        for file in self.files.iter().filter(|file| !home.is_own(file)) {
            let before = own.clone();
            let (_, _, merged) = agreement::take_in(file, &home.own, &mut own, &home.lock)?;
            eprint!("{}", brought(file, &merged, before == own));
        }
        let agreement = own.expect("clap asks for a file, and every file is a copy or refused");
        // What is written is read by a peer that runs.
        home.check_newest(Some(&agreement))?;
        write(&home.own, &agreement)?;
        println!("{}", signatures(&agreement));
        Ok(())
    }
}

impl Show {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let own = home.copy()?;
        let Some(file) = self.file.filter(|file| !home.is_own(file)) else {
            let (agreement, text) = match own {
                Some(own) => own,
                None => agreement::read_own(&home.own, &home.lock)?,
            };
            home.show(&agreement, &money::all_without_checksum(&text));
            home.check_newest(Some(&agreement))?;
            return match self.complete {
                true => Ok(agreement.complete()?),
                false => Ok(()),
            };
        };
        let mut both = own.map(|(agreement, _)| agreement);
        let (copy, text, merged) = agreement::take_in(&file, &home.own, &mut both, &home.lock)?;
        home.show(&copy, &money::all_without_checksum(&text));
        match merged {
            Merged::Older(lacking) => Err(AgreeError::Older {
                file,
                own: home.own,
                number: lacking.number,
            }),
            Merged::Level | Merged::Newer | Merged::InPlace(_) if self.complete => {
                Ok(copy.complete()?)
            }
            Merged::Level | Merged::Newer | Merged::InPlace(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
