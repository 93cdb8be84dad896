//! Flags that commands about Rocket Pool share.

use std::path::PathBuf;

use clap::Args;
use node_core::pool::agreement::Deposits;
use proto::Address;
use proto::agreement::PoolVersion;
use proto::definition::parse_address;
use proto::lock::Lock;

use super::PoolError;
use crate::checks::agreement::{self, refused};
use crate::checks::{intent, lock};
use crate::config::{Config, ConfigError};

/// The address of the execution node: `execution_node` of a config.
const EXECUTION_NODE: &str = "GANTRY_EXECUTION_NODE";

/// What names it as well, in the words of an error.
const OR_FLAG: &str = ", or give --execution-node";

/// Through which node it is looked, and with which config.
#[derive(Debug, Args)]
pub(super) struct Through {
    /// The JSON-RPC of your execution node, in place of `execution_node` of the config. If a key is
    /// in it, give it by the variable: whoever lists the processes of this machine reads the
    /// command line.
    #[arg(long, value_name = "URL", env = EXECUTION_NODE, hide_env_values = true)]
    execution_node: Option<String>,
    /// The config file; gantry.toml if there is one.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
}

/// What the operators have agreed on, and by which node it is looked.
pub(super) struct Agreed {
    pub(super) config: Config,
    pub(super) lock: Lock,
    /// What is in force on Rocket Pool, with the intent that holds on it.
    pub(super) version: PoolVersion,
    /// The address of the execution node.
    pub(super) url: String,
}

impl Through {
    /// All of it, for commands about what is agreed on.
    pub(super) fn agreed(&self) -> Result<Agreed, PoolError> {
        let config = self.config()?;
        let lock = lock::read(&config.lock_file)?;
        let file = agreement::beside(&config.lock_file);
        let agreement = agreement::read(&file, &lock, Deposits::UNKNOWN)?;
        let version = agreement.on_pool().map_err(refused(&file))?;
        let version = intent::holding(version, &config.data_dir, &lock)?;
        let url = self.url(&config)?;
        Ok(Agreed {
            config,
            lock,
            version,
            url,
        })
    }

    /// The address that stands in the place of the config's, if one does.
    pub(super) fn given(&self) -> Option<&str> {
        self.execution_node.as_deref()
    }

    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        Config::read_or_default(self.config.as_deref(), None)
    }

    /// The address of the execution node.
    pub(super) fn url(&self, config: &Config) -> Result<String, ConfigError> {
        match &self.execution_node {
            Some(url) => Ok(url.clone()),
            None => Ok(config.execution_node_or(OR_FLAG)?.to_string()),
        }
    }
}

/// Which node account it is about.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Subject {
    /// The node account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub(super) node: Address,
    /// RocketStorage on a chain that is neither mainnet nor hoodi.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub(super) rocket_storage: Option<Address>,
}
