//! `gantry lock`: what a ceremony has made, and whether all of it is there and fits together.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use proto::definition::{Fingerprint, Gwei, Withdrawal};
use proto::lock::Lock;
use proto::{IdentityKey, PeerIndex, PublicKey};
use thiserror::Error;

use super::cluster::content;
use super::deposit::to_deposit;
use super::dkg::SecretFlags;
use crate::checks::lock::{self, LockFileError};
use crate::config::{Config, ConfigError};
use crate::disk::files::{self, FileError};
use crate::disk::keystore::{
    self, MasterSecret, SecretFileError, SecretUse, StoreError, read_identity,
};
use crate::disk::{DataLock, Files, LockError};
use node_core::ceremony::share_key;
use node_core::deposit::{self, DepositError};
use node_core::record::{Journal, JournalError, Owner};

/// Not all of what a ceremony leaves is there and fits together.
#[derive(Debug, Error)]
pub enum LookError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    #[error(transparent)]
    Keystores(#[from] StoreError),
    /// The data directory is in use or not accessible.
    #[error(transparent)]
    DataDirectory(#[from] LockError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{}: {}", .0.display(), .1)]
    Deposit(PathBuf, #[source] DepositError),
    #[error(
        "the signing record does not know validator {0} of the lock: it is the record of something \
         else. Put this peer's own data directory in place"
    )]
    NotEnrolled(PublicKey),
    #[error(
        "{0}. The other copy is whole, and nothing is lost: `gantry run` mends this one from it \
         when it starts. Check the disk; restore neither copy from a backup"
    )]
    DamagedCopy(String),
    #[error("not good: {0}. What stands above says what to do")]
    NotWhole(String),
    /// What was checked is good, and some could not be.
    #[error("what was checked is good, and not checked: {0}. What stands above says why")]
    NotChecked(String),
}

/// The longest deposit file worth reading, in bytes.
const MAX_DEPOSITS: usize = 16 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print what a lock says: its hash, its validators' keys, and the definition in it.
    Show(Show),
    /// Check everything that the ceremony has left with you: the lock and its signatures, that
    /// your secret opens every keystore, that the signing record knows every validator, and the
    /// deposit file.
    ///
    /// Exits with 0 only if all of it is there, was checked and fits together: while `gantry run`
    /// is up, it keeps its signing record to itself, and that cannot be checked. It changes
    /// nothing.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The lock.
    #[arg(value_name = "FILE", default_value = "cluster-lock.json")]
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Your config, the one of `gantry run`. Without it, gantry.toml is read if it is there.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// Your data directory, in place of the config's.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretFlags,
    /// The deposit file; without this, the one that the ceremony wrote into the data directory.
    #[arg(long, value_name = "FILE")]
    deposits: Option<PathBuf>,
}

/// What came of a check.
enum Checked {
    /// All is as it should be.
    Good(String),
    /// It could not be checked, for this reason.
    Not(String),
}

impl Command {
    pub fn run(self) -> Result<(), LookError> {
        match self {
            Self::Show(show) => {
                let lock = lock::read_named(&show.file)?;
                print!("{}", in_words(&lock));
                Ok(())
            }
            Self::Verify(verify) => verify.run(),
        }
    }
}

/// The lock in words.
fn in_words(lock: &Lock) -> String {
    let fingerprint = Fingerprint::of_hash(&lock.hash());
    let mut text = format!("Lock hash         {}\n", lock.hash());
    text += &format!("  fingerprint     {fingerprint}\n");
    text += &content(&lock.definition, &[]);
    text += &exit_key(lock);
    text +=
        "Signed by all operators. The ceremony is over; `gantry lock verify` looks over what it\n";
    text += "has left with you.\n\nValidators\n";
    for validator in &lock.validators {
        text += &format!("  {}\n", validator.public_key);
    }
    text
}

/// Whether the ceremony signs no deposits, since nobody has said yet whom they are for.
fn is_open(lock: &Lock) -> bool {
    lock.definition.terms().withdrawal == Withdrawal::Later
}

/// Who opens what is sealed to the key for exits.
fn exit_key(lock: &Lock) -> String {
    let size = lock.definition.terms().size();
    match &lock.exit_seal_commitment {
        Some(_) => format!(
            "Exit key          any {} operators together open exits that are signed in advance\n",
            size.halting()
        ),
        None => "Exit key          none: no key for pre-signed exits in this lock\n".to_owned(),
    }
}

impl Verify {
    fn run(self) -> Result<(), LookError> {
        let config = Config::read_or_default(self.config.as_deref(), self.data_dir.as_deref())?;
        let lock = lock::read(&config.lock_file)?;
        lock::check_keys(&lock, &config.lock_file)?;
        let identity = read_identity(&config.identity_file)?.public();
        let me = lock::peer_of(&lock, &config.lock_file, &identity)?;
        println!(
            "Lock        {} of cluster {}, signed by all {} operators; you are {}",
            lock.hash(),
            lock.definition.terms().name,
            lock.definition.terms().size().peers(),
            lock.definition.name_of(me)
        );
        let checks = [
            ("Keystores", self.keystores(&config, &lock, me)),
            ("Record", record(&config, &lock, identity)),
            ("Deposits", self.deposits(&config, &lock)),
        ];
        let (mut failed, mut unchecked) = (Vec::new(), Vec::new());
        for (what, result) in checks {
            match result {
                Ok(Checked::Good(words)) => println!("{what:<11} {words}"),
                Ok(Checked::Not(words)) => {
                    println!("{what:<11} NOT CHECKED: {words}");
                    unchecked.push(what.to_lowercase());
                }
                Err(error) => {
                    println!("{what:<11} NOT GOOD: {error}");
                    failed.push(what.to_lowercase());
                }
            }
        }
        match (failed.as_slice(), unchecked.as_slice()) {
            ([], []) => {
                println!("All good.");
                print!("{}", self.next_steps(&config, &lock));
                Ok(())
            }
            ([], unchecked) => Err(LookError::NotChecked(unchecked.join(", "))),
            (failed, _) => Err(LookError::NotWhole(failed.join(", "))),
        }
    }

    /// What follows when all is good.
    fn next_steps(&self, config: &Config, lock: &Lock) -> String {
        let given = self.config.as_ref().map(|path| files::typed(path));
        let flags = given.map_or_else(String::new, |path| format!(" --config {path}"));
        let mut text = format!("\nNext        gantry run{flags}\n");
        if is_open(lock) {
            return text;
        }
        let written = config.data_dir.join(deposit::file_name(lock));
        let file = self.deposits.as_ref().unwrap_or(&written);
        text += &format!("            {}\n", to_deposit(file, &config.lock_file));
        text += "            by one of you, once all have compared the lock hash\n";
        text
    }

    /// Opens every keystore of this peer, those of the seal keys included.
    fn keystores(&self, config: &Config, lock: &Lock, me: PeerIndex) -> Result<Checked, LookError> {
        let source = self.secret.source(config);
        let master = MasterSecret::obtain(&source, &lock.keystore_salt, SecretUse::Open)?;
        let exit = lock.exit_seal_commitment.as_ref();
        let seals = [Some(&lock.seal_commitment), exit].into_iter().flatten();
        let seals = seals.filter_map(|seal| share_key(seal, me));
        let shares: Vec<PublicKey> = lock.shares_of(me).copied().chain(seals).collect();
        let opened = keystore::open_all(&config.keystore_dir, &master, &shares)?;
        let (count, dir) = (opened.len(), config.keystore_dir.display());
        Ok(Checked::Good(format!(
            "all {count} in {dir} open, and hold the shares that the lock names"
        )))
    }

    fn deposits(&self, config: &Config, lock: &Lock) -> Result<Checked, LookError> {
        if is_open(lock) {
            let words = "none: the withdrawal address is settled after the ceremony, with `gantry \
                         pool agree`";
            return Ok(Checked::Good(words.to_owned()));
        }
        let written = config.data_dir.join(deposit::file_name(lock));
        let file = match &self.deposits {
            Some(file) => file,
            None if written.exists() => &written,
            None => {
                let written = written.display();
                let words = "is not there: name the deposit file with --deposits";
                return Ok(Checked::Not(format!("{written} {words}")));
            }
        };
        let refused = |error| LookError::Deposit(file.clone(), error);
        let text = files::read(file, MAX_DEPOSITS)?;
        let deposits = deposit::from_json(&text, lock).map_err(refused)?;
        deposit::check_all(lock, &deposits).map_err(refused)?;
        let sum = Gwei(deposits.iter().map(|deposit| deposit.amount).sum());
        let (count, file) = (deposits.len(), file.display());
        Ok(Checked::Good(format!(
            "all {count}, {sum}, in {file} are validly signed, for whom you agreed on"
        )))
    }
}

/// Reads the signing record and looks for every validator in it.
fn record(config: &Config, lock: &Lock, identity: IdentityKey) -> Result<Checked, LookError> {
    let held = match DataLock::take(&config.data_dir) {
        Ok(held) => held,
        Err(error @ LockError::Held { .. }) => {
            let words = "If that is `gantry run`, it has checked its record when it started";
            return Ok(Checked::Not(format!("{error}. {words}")));
        }
        Err(error) => return Err(error.into()),
    };
    let owner = Owner {
        cluster: lock.hash(),
        identity,
    };
    let mut files = Files::within(&held);
    let (history, repairs) = Journal::look_over(&mut files, &owner)?;
    let unknown = |key: &&PublicKey| history.number(key).is_none();
    let keys = lock
        .validators
        .iter()
        .map(|validator| &validator.public_key);
    let damaged: Vec<String> = repairs
        .iter()
        .filter(|repair| repair.is_damage())
        .map(ToString::to_string)
        .collect();
    match keys.clone().find(unknown) {
        Some(key) => Err(LookError::NotEnrolled(*key)),
        None if !damaged.is_empty() => Err(LookError::DamagedCopy(damaged.join("; "))),
        None => Ok(Checked::Good(format!(
            "both copies are sound and know all {} validators; never copy it, never restore it",
            keys.count()
        ))),
    }
}
