//! A running peer: what it starts from, the loop, what reaches it, and the core's questions to the
//! beacon node.
//!
//! | module | is |
//! |---|---|
//! | `load` | what lies in the data directory, read and checked |
//! | `assemble` | everything around the core, put together |
//! | `shell` | the loop: one input into the core, its outputs performed in their order |
//! | `inlet` | what comes next, in the order of its urgency |
//! | `alarm` | when the time has come |
//! | `heard` | what has come, in the core's words and in those for the operator |
//! | `desk` | requests of commands that wait for their answers |
//! | `asking` | the core's questions, put to the beacon node |
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
mod heard;
mod inlet;
mod load;
mod shell;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dkg::bls::work::counted;
use proto::eth::{BlobLimits, ChainSpec};
use tracing::{info, warn};

use crate::beacon::BeaconClient;
use crate::checks::chain::check_chain;
use crate::config::Config;
use crate::disk::DataLock;
use crate::pool::sending::node_account;
use crate::report::lines::{Lines, Quiet};
use crate::report::status::StatusBoard;
use assemble::{assemble, open};
pub use error::StartError;
use load::load;

/// How long to wait before a beacon node that does not answer at the start is asked again.
const BEACON_RETRY: Duration = Duration::from_secs(1);

/// Checks everything that must be right before the first vote, then runs the peer until `stop` is
/// ready.
///
/// # Errors
/// What is not right.
pub async fn run(config: &Config, stop: impl Future<Output = ()>) -> Result<(), StartError> {
    let beacon_node = config.beacon_node()?;
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
        node_account::refuse_mainnet(terms.chain.execution_chain_id)?;
        // A mistyped path must not first be seen when there is something to be sent.
        node_account::check(&told.node_keystore, &told.node_password_file)?;
        config.execution_node()?;
    }
    let client = BeaconClient::connect(beacon_node.as_str())?;
    let window = open(config, &loaded, &client).await?;
    let chain = tokio::select! {
        () = &mut stop => return Ok(()),
        chain = wait_for_chain(&client, &window.shown.board) => Arc::new(chain),
    };
    check_chain(&loaded.lock, &chain)?;
    let shell = assemble(config, (loaded, window), client, (chain, &data)).await?;
    shell.observer.worked(&done);
    shell.run(stop).await;
    // A disk that hangs may still have a record of this process under way.
    data.hold_to_the_end();
    Ok(())
}

/// Asks the beacon node what chain this is, until it answers. What keeps it from that is said once.
async fn wait_for_chain(client: &BeaconClient, board: &StatusBoard) -> ChainSpec {
    let mut lines = Lines::default();
    loop {
        match client.chain_spec().await {
            Ok(chain) => {
                if !chain.says_when_attestations_are_due() {
                    info!("the beacon node does not say when votes are due: a third of the slot");
                }
                if !chain.blobs().are_said() {
                    let most = BlobLimits::MAX;
                    info!(
                        "the beacon node does not say how many blobs a block has: {most} at most"
                    );
                }
                board.change(|status| status.beacon_node.problem = None);
                return chain;
            }
            Err(error) => {
                let problem = error.to_string();
                let quiet = Quiet::While(problem.clone());
                if lines.admit((None, "no_chain"), quiet, Instant::now()) {
                    warn!(
                        %error,
                        "waiting for the beacon node: before it answers, this peer listens for no \
                         other, and `gantry status` shows the same as this line"
                    );
                }
                board.change(|status| {
                    let words = "gantry waits for it, and no other peer is connected before";
                    status.beacon_node.problem = Some(format!("{problem}: {words}"));
                });
                tokio::time::sleep(BEACON_RETRY).await;
            }
        }
    }
}
