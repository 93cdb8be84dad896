//! The commands of `gantry`: what an operator types, and what is printed.
//!
//! A command reads files, calls a core or the shell, and prints. Never here: rules. Those are with
//! the types they protect.

mod account;
mod chosen;
mod cluster;
mod deposit;
mod dkg;
mod draft;
mod duties;
mod evidence;
mod exit;
mod identity;
mod keystore;
mod lock;
mod log;
mod money;
mod owner;
mod pool;
mod private;
mod run;
mod runtime;
mod slashing;
mod status;
mod typed;
mod unheard;

use std::any::TypeId;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, Subcommand};
use thiserror::Error;

use crate::config::home;

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
    /// Make or show the account with which you own a part of the node account at Rocket Pool.
    #[command(subcommand)]
    Account(owner::Command),
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
    Duties(duties::Arguments),
    Exit(exit::Arguments),
    /// Show what a cluster has at Rocket Pool.
    #[command(subcommand)]
    Pool(Box<pool::Command>),
    Rewards(pool::rewards::Arguments),
    /// Check what peers have kept against one that contradicted itself.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Move the signing record in and out (EIP-3076), or say that it is lost.
    #[command(subcommand)]
    Slashing(slashing::Command),
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
            Command::Identity(command) => command.run()?,
            Command::Cluster(command) => command.run()?,
            Command::Keystore(command) => command.run()?,
            Command::Account(command) => command.run().map_err(Box::new)?,
            Command::Dkg(arguments) => arguments.run()?,
            Command::Lock(command) => command.run()?,
            Command::Deposit(arguments) => arguments.run().map_err(Box::new)?,
            Command::Run(arguments) => arguments.run()?,
            Command::Status(arguments) => arguments.run()?,
            Command::Duties(arguments) => arguments.run()?,
            Command::Exit(arguments) => arguments.run()?,
            Command::Pool(command) => command.run().map_err(Box::new)?,
            Command::Rewards(arguments) => arguments.run().map_err(Box::new)?,
            Command::Evidence(command) => command.run()?,
            Command::Slashing(command) => command.run()?,
        }
        Ok(())
    }
}

impl Command {
    /// Whether it begins a log, which then says what is to be warned of.
    fn writes_a_log(&self) -> bool {
        match self {
            Self::Dkg(_) | Self::Deposit(_) | Self::Pool(_) | Self::Rewards(_) | Self::Run(_) => {
                true
            }
            Self::Identity(_)
            | Self::Cluster(_)
            | Self::Keystore(_)
            | Self::Account(_)
            | Self::Lock(_)
            | Self::Status(_)
            | Self::Duties(_)
            | Self::Exit(_)
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

/// Why a command did not do what it was asked: one error for each.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    #[error(transparent)]
    Cluster(#[from] cluster::ClusterError),
    #[error(transparent)]
    Keystore(#[from] keystore::OpeningError),
    #[error(transparent)]
    Account(#[from] Box<owner::OwnError>),
    #[error(transparent)]
    Dkg(#[from] dkg::DkgError),
    #[error(transparent)]
    Lock(#[from] lock::LookError),
    #[error(transparent)]
    Deposit(#[from] Box<deposit::DepositCommandError>),
    #[error(transparent)]
    Run(#[from] run::RunError),
    /// Of `gantry status` and `gantry duties`.
    #[error(transparent)]
    Status(#[from] status::StatusError),
    #[error(transparent)]
    Exit(#[from] exit::ExitError),
    #[error(transparent)]
    Pool(#[from] Box<pool::PoolError>),
    #[error(transparent)]
    Evidence(#[from] evidence::EvidenceError),
    #[error(transparent)]
    Slashing(#[from] slashing::RecordCommandError),
}

#[cfg(test)]
mod tests;
