//! What chain it is, before anybody else hears of this peer: by the first own beacon node, in time,
//! that says so and is on the cluster's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use node_core::duties::beacons::Place;
use proto::definition::Chain;
use proto::eth::{BlobLimits, ChainSpec};
use tracing::{info, warn};

use crate::beacon::{BeaconClient, BeaconError};
use crate::checks::chain::{BadChain, compare};
use crate::report::lines::{Lines, Quiet};
use crate::report::status::StatusBoard;

/// How long to wait before beacon nodes that do not answer at the start are asked again.
const BEACON_RETRY: Duration = Duration::from_secs(1);

/// The chain, and which node has said what it is.
pub(super) struct Begun {
    pub(super) chain: Arc<ChainSpec>,
    pub(super) by: Place,
}

/// Asks the beacon nodes what chain this is, until one answers that is on the cluster's. What keeps
/// them from that is said once.
///
/// # Errors
/// If all of them answer, and none is.
pub(super) async fn wait_for_chain(
    clients: &[BeaconClient],
    ours: &Chain,
    board: &StatusBoard,
) -> Result<Begun, BadChain> {
    let mut lines = Lines::default();
    loop {
        let (silent, others) = match ask(clients, ours).await {
            Ok(begun) => {
                tell(&begun.chain);
                board.change(|status| status.beacon_node.problem = None);
                return Ok(begun);
            }
            Err(failed) => failed,
        };
        let Some(error) = silent else {
            let [first, ..] = &others[..] else {
                unreachable!("there is a beacon node, and it is silent or on another chain");
            };
            return Err(first.clone());
        };
        let problem = error.to_string();
        let quiet = Quiet::While(problem.clone());
        if lines.admit((None, "no_chain"), quiet, Instant::now()) {
            warn!(
                %error,
                "waiting for the beacon node: before it answers, this peer listens for no \
                 other, and `gantry status` shows the same as this line"
            );
        }
        for other in &others {
            let quiet = Quiet::While(other.to_string());
            if lines.admit((None, "other_chain"), quiet, Instant::now()) {
                warn!("{other}");
            }
        }
        board.change(|status| {
            let words = "gantry waits for it, and no other peer is connected before";
            status.beacon_node.problem = Some(format!("{problem}: {words}"));
        });
        tokio::time::sleep(BEACON_RETRY).await;
    }
}

/// Why there is no chain: the first node in order that has not answered, and what others say.
type Failed = (Option<BeaconError>, Vec<BadChain>);

/// Asks all of them at once, and takes the first that is right.
async fn ask(clients: &[BeaconClient], ours: &Chain) -> Result<Begun, Failed> {
    let asked = clients.iter().enumerate();
    let mut open: FuturesUnordered<_> = asked
        .map(|(at, client)| async move { (at, client.chain_spec().await) })
        .collect();
    let mut silent: Vec<(usize, BeaconError)> = Vec::new();
    let mut others = Vec::new();
    while let Some((at, spec)) = open.next().await {
        let spec = match spec {
            Ok(spec) => spec,
            Err(error) => {
                silent.push((at, error));
                continue;
            }
        };
        match compare(ours, &spec) {
            Ok(()) => {
                let chain = Arc::new(spec);
                let by = Place(at);
                return Ok(Begun { chain, by });
            }
            Err(other) => others.push(other),
        }
    }
    silent.sort_by_key(|(at, _)| *at);
    let first = silent.into_iter().next().map(|(_, error)| error);
    Err((first, others))
}

fn tell(chain: &ChainSpec) {
    if !chain.says_when_attestations_are_due() {
        info!("the beacon node does not say when votes are due: a third of the slot");
    }
    if !chain.blobs().are_said() {
        let most = BlobLimits::MAX;
        info!("the beacon node does not say how many blobs a block has: {most} at most");
    }
}
