//! `gantry run`: runs the peer until it is told to stop.

use std::path::PathBuf;

use clap::Args;
use thiserror::Error;

use super::log;
use super::runtime::{RuntimeError, complete, runtime};
use crate::config::{Config, ConfigError};
use crate::peer::{self, StartError};
use crate::signals::stop_signal;

/// The peer does not run.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Flags of `gantry run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The config file; `deploy/gantry.example.toml` documents every key.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), RunError> {
        let config = Config::read(&self.config)?;
        log::start(&config.log, config.log_format);
        // One thread for loop and network: handing each frame to another thread cost more than the
        // frame. Curve work is put off until what waits has left, and takes milliseconds.
        complete(runtime()?, async {
            let stop = stop_signal().map_err(RuntimeError)?;
            Ok(peer::run(&config, stop).await?)
        })
    }
}
