//! `gantry pool agree`: one operator writes a version, each signs it, everybody can read it.
//!
//! | module | is |
//! |---|---|
//! | `draft` | the flags of `new`, and the terms that they make |
//! | `words` | a version in words: what an operator reads before signing |

mod draft;
mod words;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use node_core::pool::agreement::{Agreement, BadAgreement, BadTerms, Deposits, join};
use proto::agreement::AccountSignature;
use proto::definition::Fingerprint;
use proto::lock::Lock;
use proto::{IdentityKey, Root};
use thiserror::Error;

use crate::checks::agreement::{self, AgreementFileError};
use crate::checks::lock::{self, LockFileError};
use crate::cmd::account::{self, AccountError};
use crate::cmd::money;
use crate::config::{Config, ConfigError};
use crate::disk::files::{self, FileError, Mode};
use crate::disk::keystore::{SecretFileError, confirmed, read_identity};
use crate::execution::ExecutionError;
use draft::{DraftError, Flags};
use words::{describe, signatures};

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
    #[error("nothing was signed: the answer was not yes")]
    NotSigned,
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
    /// Gather the signatures and versions of several copies in the first of them.
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
    /// In place of a version that not all have signed, which you all give up.
    #[arg(long)]
    instead: bool,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The agreement; your signature is added to this file. Without it, the one beside the lock.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Sign without asking, if the version has this hash: for scripts, once a person has read it
    /// and compared it with the others.
    #[arg(long, value_name = "HASH")]
    hash: Option<Root>,
    /// Sign also as the node account: its keystore (version 3), or its key in hex; mode 0600.
    #[arg(long, value_name = "FILE")]
    node_keystore: Option<PathBuf>,
    /// A file with the passphrase of that keystore, mode 0600; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "node_keystore")]
    node_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Merge {
    /// Copies of one agreement; the first takes what the others have.
    #[arg(value_name = "FILE", required = true, num_args = 2..)]
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
    /// The agreement in `file`, or the peer's own; where it stands, and its text.
    fn read(&self, file: Option<&Path>) -> Result<(PathBuf, Agreement, String), AgreeError> {
        let file = file.unwrap_or(&self.own);
        let (agreement, text) = agreement::read_beside(file, &self.own, &self.lock)?;
        Ok((file.to_owned(), agreement, text))
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
        let there = match home.own.exists() {
            true => Some(agreement::read(&home.own, &home.lock)?.0),
            false => None,
        };
        let is_new = there.is_none();
        let before = match self.instead {
            true => there.and_then(Agreement::without_open),
            false => there,
        };
        let before = before.as_ref();
        let terms = before.map(|it| &it.last().content.terms);
        let terms = self.flags.terms(&home.lock, terms)?;
        let agreement = match before {
            None => Agreement::first(home.lock, terms)?,
            Some(before) => before.next(terms, Deposits::UNKNOWN)?,
        };
        if is_new {
            let text = agreement.to_file().to_json();
            files::write_new(&home.own, text.as_bytes(), Mode::Public)?;
        } else {
            write(&home.own, &agreement)?;
        }
        print!("{}", describe(&agreement, &unchecked));
        eprintln!(
            "Wrote {}. Send it to all operators: each compares its fingerprint with every other \
             one on the telephone and signs it with `gantry pool agree sign`.",
            home.own.display()
        );
        Ok(())
    }
}

impl Sign {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let identity = read_identity(&home.config.identity_file)?;
        let key = identity.public();
        let me = lock::peer_of(&home.lock, &home.config.lock_file, &key)?;
        let (file, mut agreement, text) = home.read(self.file.as_deref())?;
        refuse_deposited(&home, &agreement, key)?;
        let unchecked = money::all_without_checksum(&text);
        print!("{}", describe(&agreement, &unchecked));
        let last = agreement.last();
        let (number, found) = (last.content.number, last.hash);
        let name = home.lock.definition.name_of(me);
        match self.hash {
            Some(given) if given != found => {
                return Err(AgreeError::OtherHash {
                    file,
                    number,
                    found,
                    given,
                });
            }
            Some(_) => {}
            None if confirmed(&question(&found, name, self.node_keystore.is_some()))? => {}
            None => return Err(AgreeError::NotSigned),
        }
        agreement.sign(&identity)?;
        if let Some(keystore) = &self.node_keystore {
            let words = self.node_passphrase_file.as_deref();
            let account = account::open(keystore, words)?;
            let signature = account.sign_text(&agreement.node_text())?;
            agreement.sign_as_node(account.address(), AccountSignature(signature))?;
        }
        write(&file, &agreement)?;
        println!("{}", signatures(&agreement));
        eprintln!("Signed version {number} in {} as {name}.", file.display());
        Ok(())
    }
}

/// Before the first version is signed: no deposit of this cluster may ever have been.
fn refuse_deposited(
    home: &Home,
    agreement: &Agreement,
    key: IdentityKey,
) -> Result<(), AgreeError> {
    if agreement.last().content.number == 1 {
        let deposited = agreement::deposited(&home.config.data_dir, &home.lock, key)?;
        join(&home.lock, &deposited)?;
    }
    Ok(())
}

/// What is asked before a version is signed.
fn question(hash: &Root, me: &str, as_node: bool) -> String {
    let too = if as_node {
        ", and as the node account"
    } else {
        ""
    };
    format!(
        "You would sign as {me}{too}, for everything above.\n\
         Call every other operator, on a number that you had before and whose voice you know, and \
         read to each other:\n  {}\n\
         Are these 45 digits the same for all of them, and do you agree? Type yes to sign: ",
        Fingerprint::of_hash(hash)
    )
}

impl Merge {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let (first, rest) = self
            .files
            .split_first()
            .expect("clap asks for two files or more");
        let (_, mut agreement, _) = home.read(Some(first))?;
        for file in rest {
            let (_, copy, _) = home.read(Some(file))?;
            agreement.merge(&copy).map_err(agreement::refused(file))?;
        }
        write(first, &agreement)?;
        println!("{}", signatures(&agreement));
        Ok(())
    }
}

impl Show {
    fn run(self) -> Result<(), AgreeError> {
        let home = self.place.home()?;
        let (_, agreement, text) = home.read(self.file.as_deref())?;
        let unchecked = money::all_without_checksum(&text);
        print!("{}", describe(&agreement, &unchecked));
        match self.complete {
            true => Ok(agreement.complete()?),
            false => Ok(()),
        }
    }
}
