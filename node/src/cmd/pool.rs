//! `gantry pool`: what a cluster has at Rocket Pool.
//!
//! | module | is |
//! |---|---|
//! | `status` | flags of `gantry pool status`, and what it asks |
//! | `page` | what it prints for a person |
//! | `holdings` | of that, the megapool and the minipools |
//! | `lines` | how a line looks |

mod holdings;
mod lines;
mod page;
mod status;

use clap::Subcommand;
use thiserror::Error;

use super::runtime::RuntimeError;
use crate::checks::lock::LockFileError;
use crate::config::ConfigError;
use crate::pool::SightError;

/// Show what a cluster has at Rocket Pool.
#[derive(Debug, Subcommand)]
pub enum Command {
    Status(status::Arguments),
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
}

impl Command {
    pub fn run(self) -> Result<(), PoolError> {
        match self {
            Self::Status(arguments) => arguments.run(),
        }
    }
}
