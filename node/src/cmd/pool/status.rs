//! `gantry pool status`: looks at one node of Rocket Pool, whoever it belongs to.

use std::path::{Path, PathBuf};

use clap::Args;
use node_core::pool::alarm::Alarm;
use node_core::pool::sight::{Difference, Sight, SmoothingPool};
use proto::Address;
use proto::definition::parse_address;
use serde::Serialize;

use super::PoolError;
use super::page::page;
use crate::checks::lock;
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::{Config, LogFormat};
use crate::execution::Patience;
use crate::pool::{Target, look};

/// The address of the execution node: `execution_node` of a config.
pub(super) const EXECUTION_NODE: &str = "GANTRY_EXECUTION_NODE";

/// Show what Rocket Pool says about a node account: addresses, money, megapool, minipools.
///
/// Everything is read from the contracts by your own execution node, at its newest block and at the
/// finalised one, and what differs is named. Works for any node on mainnet and hoodi, without a
/// cluster: all that is needed is the address of the node account.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The node account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    node: Address,
    /// The JSON-RPC of your execution node, in place of `execution_node` of the config. If a key is
    /// in it, give it by the variable: whoever lists the processes of this machine reads the
    /// command line.
    #[arg(long, value_name = "URL", env = EXECUTION_NODE, hide_env_values = true)]
    execution_node: Option<String>,
    /// The config file; gantry.toml if there is one.
    #[arg(long, value_name = "FILE", env = "GANTRY_CONFIG")]
    config: Option<PathBuf>,
    /// RocketStorage on a chain that is neither mainnet nor hoodi.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    rocket_storage: Option<Address>,
    /// Print both views whole, for scripts: amounts in wei, times in Unix seconds.
    #[arg(long)]
    json: bool,
}

/// The document that `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    sight: &'a Sight,
    smoothing_pool: Option<SmoothingPool>,
    alarms: Vec<Alarm>,
    differences: Option<Vec<Difference>>,
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let (url, chain_id) = match &self.execution_node {
            Some(url) => (url.clone(), None),
            None => {
                let config = Config::read_or_default(self.config.as_deref(), None)?;
                let url = config.execution_node()?.to_string();
                (url, chain_of(&config.lock_file)?)
            }
        };
        let target = Target {
            node: self.node,
            storage: self.rocket_storage,
            chain_id,
            may_be_new: false,
        };
        let sight = look(&url, &target, Patience::USUAL);
        let sight = complete(runtime()?, sight)?;
        if self.json {
            let document = Document {
                smoothing_pool: sight.smoothing_pool(),
                alarms: sight.alarms(),
                differences: sight.differences(),
                sight: &sight,
            };
            let text = serde_json::to_string_pretty(&document);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else {
            print!("{}", page(&sight));
        }
        Ok(())
    }
}

/// The chain of the operator's own cluster, if there is one.
fn chain_of(file: &Path) -> Result<Option<u64>, PoolError> {
    if !file.exists() {
        return Ok(None);
    }
    let lock = lock::read(file)?;
    Ok(Some(lock.definition.terms().chain.execution_chain_id))
}
