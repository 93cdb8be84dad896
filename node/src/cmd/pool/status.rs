//! `gantry pool status`: looks at one node of Rocket Pool, whoever it belongs to.

use std::path::Path;

use clap::Args;
use node_core::pool::alarm::Alarm;
use node_core::pool::sight::{Difference, Sight, SmoothingPool};
use serde::Serialize;

use super::PoolError;
use super::exits::{self, Exits};
use super::flags::{Subject, Through};
use super::page::page;
use crate::checks::lock;
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::LogFormat;
use crate::execution::Patience;
use crate::pool::debt::Debt;
use crate::pool::{SightError, Target, look_with};

/// Show what Rocket Pool says about a node account: addresses, money, megapool, minipools.
///
/// Everything is read from the contracts by your own execution node, at its newest block and at the
/// finalised one, and what differs is named. Who leaves is read from `beacon_node` of the config,
/// if the config names the execution node too. Works for any node on mainnet and hoodi, without a
/// cluster: all that is needed is the address of the node account.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    through: Through,
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
    exits: &'a Exits,
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let (url, chain_id, config) = match self.through.given() {
            Some(url) => (url.to_owned(), None, None),
            None => {
                let config = self.through.config()?;
                let url = self.through.url(&config)?;
                (url, chain_of(&config.lock_file)?, Some(config))
            }
        };
        let target = Target {
            is_safe: false,
            node: self.subject.node,
            storage: self.subject.rocket_storage,
            chain_id,
            may_be_new: false,
        };
        let (sight, alarms, exits) = complete(runtime()?, async {
            let (mut states, sight) = look_with(&url, &target, Patience::USUAL).await?;
            let mut alarms = sight.alarms();
            alarms.extend(Debt::default().alarm(&mut states, &sight).await?);
            alarms.sort_by_key(|alarm| !alarm.is_urgent());
            let exits = match &config {
                Some(config) => exits::seen(config, &sight).await.1,
                None => Exits::default(),
            };
            Ok::<_, SightError>((sight, alarms, exits))
        })?;
        if self.json {
            let document = Document {
                smoothing_pool: sight.smoothing_pool(),
                alarms,
                differences: sight.differences(),
                sight: &sight,
                exits: &exits,
            };
            let text = serde_json::to_string_pretty(&document);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else {
            let mut page = page(&sight, &alarms);
            exits::page(&mut page, &exits);
            print!("{page}");
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
