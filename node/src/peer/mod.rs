//! A running peer: what it starts from, the loop, what reaches it, and the core's questions to the
//! beacon node.
//!
//! | module | is |
//! |---|---|
//! | `load` | what lies in the data directory, read and checked |
//! | `assemble` | everything around the core, put together |
//! | `policy` | who may build blocks, as the agreement changes |
//! | `relays` | what relays bid for a payload |
//! | `shell` | the loop: one input into the core, its outputs performed in their order |
//! | `inlet` | what comes next, in the order of its urgency |
//! | `alarm` | when the time has come |
//! | `halting` | validators for which somebody else signs: kept, and found again |
//! | `heard` | what has come, in the core's words and in those for the operator |
//! | `desk` | requests of commands that wait for their answers |
//! | `nodes` | the core's questions, put to the own beacon nodes; which of them are well |
//! | `asking` | one question, put to one node |
//! | `start` | what chain it is, by the first node that says so |
//! | `reading` | what became of duties, read in the chain by a thread of its own |
//!
//! The order of the checks is the order in which a mistake would cost: the data directory (another
//! process on it?), the lock, the signing record, the shares, the chain, and only then the network.
//! The operator's own window, `/status`, is open before the chain is known.
//!
//! Never here: a decision. The core decides; this carries out.

mod alarm;
mod asking;
mod assemble;
mod desk;
mod error;
mod halting;
mod heard;
mod inlet;
mod load;
mod nodes;
mod policy;
mod reading;
mod relays;
mod shell;
mod start;

use std::future::Future;

use dkg::bls::work::counted;
use tracing::warn;

use crate::beacon::BeaconClient;
use crate::config::Config;
use crate::disk::DataLock;
use crate::pool::sending::node_account;
use assemble::{assemble, open};
pub use error::StartError;
use load::load;
use start::wait_for_chain;

/// Checks everything that must be right before the first vote, then runs the peer until `stop` is
/// ready.
///
/// # Errors
/// What is not right.
pub async fn run(config: &Config, stop: impl Future<Output = ()>) -> Result<(), StartError> {
    let beacon_nodes = config.beacon_nodes()?;
    tokio::pin!(stop);
    // Held until the process ends: no second one may work on this directory.
    let data = DataLock::take(&config.data_dir)?;
    let (loaded, done) = counted(|| load(config, &data));
    let loaded = loaded?;
    for caution in config.cautions(loaded.lock.definition.terms(), loaded.me) {
        warn!("{caution}");
    }
    if let Some(told) = &config.coordinator {
        let terms = loaded.lock.definition.terms();
        if let Some(keystore) = &told.keystore {
            if let Some(caution) = node_account::caution(terms.chain.execution_chain_id) {
                warn!("{caution}");
            }
            // A mistyped path must not first be seen when there is something to be sent.
            node_account::check(&keystore.file, &keystore.password_file)?;
        }
        config.execution_node()?;
    }
    let clients = beacon_nodes
        .iter()
        .map(|url| BeaconClient::connect(url.as_str()));
    let clients: Vec<BeaconClient> = clients.collect::<Result<_, _>>()?;
    let window = open(config, &loaded, &clients).await?;
    let ours = &loaded.lock.definition.terms().chain;
    let begun = tokio::select! {
        () = &mut stop => return Ok(()),
        begun = wait_for_chain(&clients, ours, &window.shown.board) => begun?,
    };
    let shell = assemble(config, (loaded, window), clients, (begun, &data)).await?;
    shell.observer.worked(&done);
    shell.run(stop).await;
    // A disk that hangs may still have a record of this process under way.
    data.hold_to_the_end();
    Ok(())
}
