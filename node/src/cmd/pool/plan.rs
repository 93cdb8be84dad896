//! `gantry pool plan`: what is to be done at Rocket Pool, by the agreement that is in force.

mod page;

use std::collections::BTreeMap;

use clap::Args;
use node_core::pool::plan::{Facts, Made, Step, ToLeave, plan, to_leave};
use node_core::pool::sight::Sight;
use node_core::pool::view::Block;
use node_core::safe::founding::Founding;
use proto::agreement::PoolVersion;
use proto::intent::IntentId;
use proto::lock::Lock;
use proto::{PublicKey, Root};
use serde::Serialize;

use super::PoolError;
use super::exits::{self, Exits};
use super::flags::{Agreed, Through};
use crate::cmd::log;
use crate::cmd::runtime::{complete, runtime};
use crate::config::{Config, LogFormat};
use crate::execution::Patience;
use crate::pool::simulate::{Simulated, simulate};
use crate::pool::{SightError, Target, look_with};

/// Show what is to be done at Rocket Pool by the agreement in force, step by step.
///
/// Every operator's program plans the same, byte by byte. Each step is shown with its call in words
/// and in bytes, with who may send it and what it waits for, and with what your own execution node
/// says that would become of it. Who leaves is read from `beacon_node` of the config. Nothing is
/// sent.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    through: Through,
    /// Print the plan for scripts: amounts in wei, times in Unix seconds.
    #[arg(long)]
    json: bool,
}

/// A step, and what would become of it.
#[derive(Serialize)]
struct Tried<'a> {
    #[serde(flatten)]
    step: &'a Step,
    simulated: Simulated,
}

/// The document that `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    chain_id: u64,
    agreement: Root,
    version: u64,
    /// The intent on it that holds; none while what it wishes for does.
    intent: Option<IntentId>,
    head_block: Block,
    finalised_block: Block,
    steps: Vec<Tried<'a>>,
    to_leave: Vec<PublicKey>,
    exits: Exits,
}

impl Arguments {
    pub fn run(self) -> Result<(), PoolError> {
        // Of this program only: what others log may name the node's address.
        log::start(&"node=warn".parse().unwrap_or_default(), LogFormat::Text);
        let Agreed {
            config,
            lock,
            version,
            url,
        } = self.through.agreed()?;
        let work = look_and_plan((&url, &config), &lock, &version);
        let Planned {
            sight,
            steps,
            to_leave,
            simulated,
            exits,
        } = complete(runtime()?, work)?;
        let steps = steps.iter().zip(simulated);
        let steps = steps.map(|(step, simulated)| Tried { step, simulated });
        let document = Document {
            chain_id: sight.chain_id,
            agreement: version.hash,
            version: version.number,
            intent: version.intent,
            head_block: sight.head_block,
            finalised_block: sight.finalised_block,
            steps: steps.collect(),
            to_leave: to_leave.iter().map(|it| it.key).collect(),
            exits,
        };
        if self.json {
            let text = serde_json::to_string_pretty(&document);
            println!("{}", text.expect("texts and numbers have a JSON form"));
        } else {
            print!("{}", page::page(&document, &version.terms, &to_leave));
        }
        Ok(())
    }
}

/// What was seen, and what follows.
struct Planned {
    sight: Sight,
    steps: Vec<Step>,
    to_leave: Vec<ToLeave>,
    simulated: Vec<Simulated>,
    exits: Exits,
}

async fn look_and_plan(
    (url, config): (&str, &Config),
    lock: &Lock,
    version: &PoolVersion,
) -> Result<Planned, PoolError> {
    let terms = &version.terms;
    let target = Target::agreed(lock, version);
    let (mut states, sight) = look_with(url, &target, Patience::USUAL).await?;
    let keys = lock.group_keys();
    let (seen, exits) = exits::seen(config, &sight).await;
    // No deposit is signed here.
    let made = Made {
        deposits: &BTreeMap::new(),
        leaving: &seen.leaving,
        pays_smoothing_pool: false,
    };
    let safe = terms.node_safe.as_ref();
    let founding = safe.map(|safe| Founding::agreed(safe, lock));
    let facts = Facts::new(&sight, (terms, &version.aims), &keys, made)?;
    let steps = plan(&facts.of_safe(founding.as_ref()));
    let simulated = simulate(&mut states, &sight, &steps).await;
    let simulated = simulated.map_err(SightError::from)?;
    Ok(Planned {
        to_leave: to_leave(&facts),
        steps,
        simulated,
        exits,
        sight,
    })
}

#[cfg(test)]
mod tests;
