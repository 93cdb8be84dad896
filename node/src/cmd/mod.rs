//! The commands of `gantry`: what an operator types, and what is printed.
//!
//! A command reads files, calls a core or the shell, and prints. Never here: rules. Those are with
//! the types they protect.

mod cluster;
mod deposit;
mod dkg;
mod draft;
mod evidence;
mod identity;
mod keystore;
mod lock;
mod log;
mod private;
mod run;
pub mod slashing;
mod slashing_flags;
mod status;
mod typed;
mod unheard;

use std::any::TypeId;
use std::path::PathBuf;

use ::dkg::blame::Unfounded;
use ::dkg::shared::BadKeys;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand};
use proto::definition::{BadDefinition, Unfit};
use proto::lock::BadLock;
use proto::{IdentityKey, PublicKey, Root};
use slashing::SlashingError;
use thiserror::Error;
use tokio::runtime::Runtime;

use crate::beacon::{BadUrl, BeaconError};
use crate::ceremony::CeremonyError;
use crate::config::ConfigError;
use crate::config::home;
use crate::disk::files::FileError;
use crate::disk::keystore::{KeystoreError, SecretFileError, StoreError};
use crate::execution::ExecutionError;
use node_core::deposit::DepositError;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "gantry",
    version,
    about = "Runs Ethereum validators together: no one holds a whole key, and any minority may be \
             offline or malicious",
    after_help = "Start with `gantry identity new`, then `gantry cluster new`."
)]
pub struct Gantry {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make or show the key that stands for you among the operators.
    #[command(subcommand)]
    Identity(identity::Command),
    /// Write, sign and show the definition of a cluster.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Make the secret that opens your keystores, print what opens one, or export one.
    #[command(subcommand)]
    Keystore(keystore::Command),
    Dkg(Box<dkg::Arguments>),
    /// Show what a ceremony has made, or check that all of it is there.
    #[command(subcommand)]
    Lock(lock::Command),
    /// Send the deposits that are not there yet.
    Deposit(Box<deposit::Arguments>),
    /// Run this peer: attest and propose together with the others.
    Run(run::Arguments),
    /// Show how the running peer is: its peers, beacon node, record and last duties.
    Status(status::Arguments),
    /// Check what peers have kept against one that contradicted itself.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Move the signing record in and out (EIP-3076), or say that it is lost.
    #[command(subcommand)]
    Slashing(slashing_flags::Command),
}

impl Gantry {
    /// Runs the command.
    ///
    /// # Errors
    /// What was refused or failed, in words for the operator.
    pub fn run(self) -> Result<(), CommandError> {
        // Here, so that no command can forget it: most of them read a key or a password.
        let warning = private::keep_memory_private();
        if let Some(warning) = warning.filter(|_| !self.command.writes_a_log()) {
            eprintln!("WARNING: {warning}");
        }
        match self.command {
            Command::Identity(command) => command.run(),
            Command::Cluster(command) => command.run(),
            Command::Keystore(command) => command.run(),
            Command::Dkg(arguments) => arguments.run(),
            Command::Lock(command) => command.run(),
            Command::Deposit(arguments) => arguments.run(),
            Command::Run(arguments) => arguments.run(),
            Command::Status(arguments) => arguments.run(),
            Command::Evidence(command) => command.run(),
            Command::Slashing(command) => command.run(),
        }
    }
}

impl Command {
    /// Whether it begins a log, which then says what is to be warned of.
    fn writes_a_log(&self) -> bool {
        match self {
            Self::Dkg(_) | Self::Deposit(_) | Self::Run(_) => true,
            Self::Identity(_)
            | Self::Cluster(_)
            | Self::Keystore(_)
            | Self::Lock(_)
            | Self::Status(_)
            | Self::Evidence(_)
            | Self::Slashing(_) => false,
        }
    }
}

/// The command with `~` understood in every path: a shell leaves it in `--dir=~/gantry`.
fn with_homes(command: clap::Command) -> clap::Command {
    let read = || OsStringValueParser::new().try_map(home::expanded_argument);
    command
        .mut_args(|argument| {
            if argument.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
                argument.value_parser(read())
            } else {
                argument
            }
        })
        .mut_subcommands(with_homes)
}

/// A runtime on one thread.
fn runtime() -> Result<Runtime, CommandError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(CommandError::Runtime)
}

/// Does `work` on `runtime`, and waits for none of the threads that it leaves behind: a name server
/// or a disk that does not answer holds up no end.
fn complete<T>(runtime: Runtime, work: impl Future<Output = T>) -> T {
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub enum CommandError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A secret is not there or not secret.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The config is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A definition file is refused.
    #[error("{}: {}", .0.display(), .1)]
    Definition(PathBuf, #[source] BadDefinition),
    /// What was typed makes no definition.
    #[error(transparent)]
    Draft(#[from] draft::DraftError),
    /// Nobody should sign this definition.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The definition is not the one whose hash was given.
    #[error(
        "{} has the hash {found}, and you gave {given}: it is not the definition that you have \
         read and compared, so it is not signed. Read it with `gantry cluster show`",
        .file.display()
    )]
    OtherHash {
        /// The definition.
        file: PathBuf,
        /// Its hash.
        found: Root,
        /// The hash that was given.
        given: Root,
    },
    /// The operator did not type yes.
    #[error("nothing was signed: the answer was not yes")]
    NotSigned,
    /// A lock file is refused.
    #[error("{}: {}", .0.display(), .1)]
    Lock(PathBuf, #[source] BadLock),
    /// A lock of other operators.
    #[error(
        "{} is the lock of cluster {cluster:?}, whose operators are {operators}, and your identity \
         key {key} is none of theirs: name this peer's own lock (`lock_file`) or identity \
         (`identity_file`)", .file.display()
    )]
    ForeignLock {
        /// The lock.
        file: PathBuf,
        /// Its cluster.
        cluster: String,
        /// Their names.
        operators: String,
        /// The key of this peer.
        key: Box<IdentityKey>,
    },
    /// The signing record does not know a validator of the lock.
    #[error(
        "the signing record does not know validator {0} of the lock: it is the record of something \
         else. Put this peer's own data directory in place"
    )]
    NotEnrolled(PublicKey),
    /// One copy of the signing record is damaged, the other whole.
    #[error(
        "{0}. The other copy is whole, and nothing is lost: `gantry run` mends this one from it \
         when it starts. Check the disk; restore neither copy from a backup"
    )]
    DamagedCopy(String),
    /// Not everything of a ceremony is there.
    #[error("not good: {0}. What stands above says what to do")]
    NotWhole(String),
    /// What was checked is good, and some could not be.
    #[error("what was checked is good, and not checked: {0}. What stands above says why")]
    NotChecked(String),
    /// The keys in a lock are not shares of its validators' keys.
    #[error("{}: {}", .0.display(), .1)]
    LockKeys(PathBuf, #[source] BadKeys),
    /// A keystore file is refused.
    #[error("{}: {}", .0.display(), .1)]
    Keystore(PathBuf, #[source] KeystoreError),
    /// The keystores cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A deposit file is refused.
    #[error("{}: {}", .0.display(), .1)]
    Deposit(PathBuf, #[source] DepositError),
    /// The execution node refused something or cannot be reached.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// The beacon node's address is malformed.
    #[error(transparent)]
    BeaconUrl(#[from] BadUrl),
    /// The beacon node did not answer.
    #[error(transparent)]
    Beacon(#[from] BeaconError),
    /// Nothing is deposited, or nothing more.
    #[error(transparent)]
    Deposits(#[from] deposit::Refusal),
    /// It is not known what was sent.
    #[error(transparent)]
    Sent(#[from] deposit::sent::SentError),
    /// Clock and beacon node leave open which slot it is.
    #[error(transparent)]
    Slot(#[from] crate::checks::chain::UnsureSlot),
    /// The signing record.
    #[error(transparent)]
    Slashing(#[from] SlashingError),
    /// The data directory is in use or not accessible.
    #[error(transparent)]
    DataDirectory(#[from] crate::disk::LockError),
    /// The signing record cannot be opened.
    #[error(transparent)]
    Journal(#[from] node_core::record::JournalError),
    /// The signing record and the lock do not belong together.
    #[error(transparent)]
    Vault(#[from] node_core::vault::VaultError),
    /// The memory cannot be opened.
    #[error(transparent)]
    DutyHistory(#[from] crate::disk::duty_history::DutyHistoryError),
    /// The network cannot start.
    #[error(transparent)]
    Net(#[from] crate::net::NetError),
    /// The metrics cannot be served.
    #[error(transparent)]
    Web(#[from] crate::report::web::WebError),
    /// The system gives no randomness.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(#[source] getrandom::Error),
    /// The beacon node and the definition do not name the same chain.
    #[error(transparent)]
    Chain(#[from] crate::checks::chain::BadChain),
    /// The ceremony.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// An address for somebody who is no operator.
    #[error("--peer {0}: no operator has this name; they are {1}")]
    NoSuchPeer(String, String),
    /// A file that is no evidence.
    #[error("{} is no evidence of a ceremony: {}", .0.display(), .1)]
    Evidence(PathBuf, #[source] serde_json::Error),
    /// Evidence about another ceremony.
    #[error("{} is about another definition ({}): it does not concern you", .0.display(), .1)]
    OtherEvidence(PathBuf, Root),
    /// Evidence that convicts nobody.
    #[error("{}: {}", .0.display(), .1)]
    Unfounded(PathBuf, #[source] Unfounded),
    /// Evidence of which not every line proves what it says.
    #[error("{bad} of the {lines} lines of {} do not prove what they say", .file.display())]
    Unproven {
        /// The file.
        file: PathBuf,
        /// How many lines prove nothing.
        bad: usize,
        /// How many lines it has.
        lines: usize,
    },
    /// An empty file.
    #[error("{} is empty: there is no evidence in it", .0.display())]
    NoEvidence(PathBuf),
    /// No running peer answers.
    #[error(
        "no running peer answers at {url}: {source}: is `gantry run` up with this config? While it \
         waits for its beacon node it does not answer yet; its log says so"
    )]
    NotRunning {
        /// Where it was asked.
        url: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// What answers is no peer of this version.
    #[error(
        "what answers at {url} is not the status of a peer ({problem}): does something else listen \
         there, or a `gantry run` of another version?"
    )]
    NoStatus {
        /// Where it was asked.
        url: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The runtime did not start.
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(#[source] std::io::Error),
    /// The operators have not agreed, or one of them is not one.
    #[error(transparent)]
    Agreement(#[from] BadDefinition),
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    #[test]
    fn a_tilde_is_the_home_in_every_path_of_the_command_line() {
        let home = std::env::home_dir().unwrap().join("x");
        for typed in [
            "cluster show ~/x",
            "cluster sign --dir=~/x",
            "dkg --definition=~/x",
            "identity new --dir ~/x",
            "keystore password ~/x",
            "lock verify --data-dir=~/x",
            "run --config=~/x",
            "slashing export ~/x",
        ] {
            let words = ["gantry"].into_iter().chain(typed.split(' '));
            let matches = with_homes(Gantry::command()).get_matches_from(words);
            let read = format!("{:?}", Gantry::from_arg_matches(&matches).unwrap());
            assert!(read.contains(&format!("{home:?}")), "{typed}: {read}");
            assert!(!read.contains('~'), "{typed}: {read}");
        }
    }
}
