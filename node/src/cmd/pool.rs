//! `gantry pool`: what a cluster has at Rocket Pool, what its operators agree on, and steps there.
//!
//! | module | is |
//! |---|---|
//! | `agree` | the agreement: written, shown, signed, merged |
//! | `intent` | what the node is to do next: proposed, approved, shown |
//! | `plan` | what is to be done, and what would become of it |
//! | `status` | flags of `gantry pool status`, and what it asks |
//! | `page` | what it prints for a person |
//! | `holdings` | of that, the megapool and the minipools |
//! | `send` | `gantry pool send`: a step by hand, from the own account |
//! | `prove` | `gantry pool prove`: a proof that the running peer makes on trial |
//! | `rewards` | `gantry rewards`: where each wei came from and where it is |
//! | `withdrawal` | `gantry pool withdrawal`: whether these addresses are the group's own Safes |
//! | `file` | `gantry pool file`: what such a Safe is to do, for its owners' wallets |
//! | `fund` | `gantry pool fund`: how an operator pays in, and who has |
//! | `safes` | what these two look at |
//! | `exits` | who leaves, by the beacon node |
//! | `flags` | flags that they share |
//! | `lines` | how a line looks |

mod agree;
mod exits;
mod file;
mod flags;
mod fund;
mod holdings;
mod intent;
mod lines;
mod page;
mod plan;
mod prove;
pub(super) mod rewards;
mod safes;
mod send;
mod status;
mod withdrawal;

use clap::Subcommand;
use node_core::pool::plan::NotOurs;
use thiserror::Error;

use super::runtime::RuntimeError;
use crate::checks::agreement::AgreementFileError;
use crate::checks::intent::IntentFileError;
use crate::checks::lock::LockFileError;
use crate::config::ConfigError;
use crate::pool::SightError;

/// Show what a cluster has at Rocket Pool, and agree on what it does there.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write, show and sign what the operators agree on for Rocket Pool.
    #[command(subcommand)]
    Agree(Box<agree::Command>),
    #[command(subcommand)]
    File(Box<file::What>),
    Fund(fund::Arguments),
    #[command(subcommand)]
    Intent(Box<intent::Command>),
    Plan(plan::Arguments),
    Prove(prove::Arguments),
    Status(status::Arguments),
    Send(Box<send::Arguments>),
    Withdrawal(withdrawal::Arguments),
}

/// Why a command about Rocket Pool did not do what it was asked.
#[derive(Debug, Error)]
pub enum PoolError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Sight(#[from] SightError),
    #[error(transparent)]
    Agree(#[from] agree::AgreeError),
    #[error(transparent)]
    Agreement(#[from] AgreementFileError),
    #[error(transparent)]
    Intent(#[from] intent::IntentError),
    #[error(transparent)]
    Intents(#[from] IntentFileError),
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error(transparent)]
    Prove(#[from] prove::ProveError),
    #[error(transparent)]
    Rewards(#[from] rewards::RewardsError),
    #[error(transparent)]
    Withdrawal(#[from] withdrawal::WithdrawalError),
    #[error(transparent)]
    Send(#[from] Box<send::SendError>),
    #[error(transparent)]
    File(#[from] file::FileRefusal),
    #[error(transparent)]
    Fund(#[from] fund::FundError),
}

impl Command {
    pub fn run(self) -> Result<(), PoolError> {
        match self {
            Self::Agree(command) => Ok(command.run()?),
            Self::File(what) => what.run(),
            Self::Fund(arguments) => arguments.run(),
            Self::Intent(command) => Ok(command.run()?),
            Self::Plan(arguments) => arguments.run(),
            Self::Prove(arguments) => Ok(arguments.run()?),
            Self::Status(arguments) => arguments.run(),
            Self::Withdrawal(arguments) => arguments.run(),
            Self::Send(arguments) => Ok(arguments.run().map_err(Box::new)?),
        }
    }
}
