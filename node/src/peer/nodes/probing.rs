//! How each of several own beacon nodes is, asked once in a slot, and again soon where it is not
//! well; and whether it is on the cluster's chain, before anything else is asked of it.

use std::sync::Arc;
use std::time::Duration;

use node_core::duties::beacons::{Identity, Place, Report, Seen, Standing};
use proto::definition::Chain;
use proto::eth::ChainSpec;
use tokio::time::{Instant, sleep, timeout};

use super::{Nodes, Said};
use crate::beacon::{BeaconClient, BeaconError, BlockId};
use crate::checks::chain::compare;
use crate::clock;
use crate::peer::asking::HEALTH;
use crate::report::news::News;
use crate::report::status::BeaconNodeStatus;

/// The shortest pause between two looks at a node that is not well.
const SHORTEST: Duration = Duration::from_millis(500);

/// What a look needs.
pub(super) struct Probe {
    pub(super) nodes: Nodes,
    /// The cluster's chain, by its definition.
    pub(super) ours: Chain,
    /// The same as the first node has told it.
    pub(super) chain: Arc<ChainSpec>,
}

/// Looks at each node from now on.
pub(super) fn start(nodes: &Nodes, ours: &Chain, chain: &Arc<ChainSpec>) {
    let probe = Arc::new(Probe {
        nodes: nodes.clone(),
        ours: ours.clone(),
        chain: Arc::clone(chain),
    });
    for place in (0..nodes.nodes.len()).map(Place) {
        let probe = Arc::clone(&probe);
        tokio::spawn(async move {
            while !probe.nodes.said.is_closed() {
                probe.look(place).await;
                sleep(probe.pause(place)).await;
            }
        });
    }
}

impl Probe {
    /// How long until the next look.
    fn pause(&self, place: Place) -> Duration {
        let slot = self.chain.slot_duration();
        let standing = self.nodes.shared().beacons.standing(place, clock::now());
        match standing.is_waited_for() {
            true => slot,
            false => (slot / 12).max(SHORTEST),
        }
    }

    pub(super) async fn look(&self, place: Place) {
        let client = &self.nodes.nodes[place.0].client;
        let identity = self.nodes.shared().beacons.identity(place);
        if identity != Identity::Ours {
            self.identify(place, client).await;
        }
        self.nodes.shared().beacons.asked(place, clock::now());
        let begun = Instant::now();
        let report = report(client).await;
        self.learn(place, begun.elapsed(), report);
        let news = Some(News::BeaconNodes(self.nodes.shown()));
        let response = None;
        // If the loop has ended, nobody wants it any more.
        self.nodes.said.send(Said { response, news }).await.ok();
    }

    /// What a node says of itself, or that it does not, after this time.
    fn learn(&self, place: Place, took: Duration, report: Result<Report, BeaconError>) {
        let mut shared = self.nodes.shared();
        let is_ours = shared.beacons.identity(place) == Identity::Ours;
        match &report {
            Err(error) => {
                shared.problems[place.0] = Some(error.to_string());
                // Another node may answer next at this address.
                if error.is_unreachable() {
                    shared.beacons.identify(place, Identity::Unsaid);
                }
            }
            Ok(_) if is_ours => shared.problems[place.0] = None,
            Ok(_) => {}
        }
        shared.beacons.reported(place, took, report.ok());
    }

    /// Asks which chain it is on.
    async fn identify(&self, place: Place, client: &BeaconClient) {
        let spec = client.chain_spec().await;
        let ours = self.chain.genesis().genesis_time;
        let (identity, problem) = match spec {
            Err(error) => (Identity::Unsaid, Some(error.to_string())),
            Ok(spec) => match compare(&self.ours, &spec) {
                Err(other) => (Identity::Other, Some(other.to_string())),
                Ok(()) if spec.genesis().genesis_time != ours => {
                    let theirs = spec.genesis().genesis_time;
                    let problem = format!(
                        "it says that the chain begins at {theirs}, and the one that this peer \
                         started with at {ours}: one of them is on another chain"
                    );
                    (Identity::Other, Some(problem))
                }
                Ok(()) => (Identity::Ours, None),
            },
        };
        {
            let mut shared = self.nodes.shared();
            shared.beacons.identify(place, identity);
            shared.problems[place.0] = problem;
        }
        if identity == Identity::Ours {
            self.nodes.tell_again(place);
        }
    }
}

/// What a node says of itself.
async fn report(client: &BeaconClient) -> Result<Report, BeaconError> {
    let health = timeout(HEALTH, client.is_unready());
    let peers = timeout(HEALTH, client.peer_count());
    let (status, health, peers) = tokio::join!(client.sync_status(), health, peers);
    let peers = peers.ok().flatten();
    let status = match status {
        Ok(status) => status,
        // One that does not serve this question serves others: they show how it is.
        Err(error) if error.rejected().is_some_and(|said| said.status < 500) => {
            let head = client.known_block(BlockId::Head).await?.ok_or(error)?;
            return Ok(Report {
                head: head.header.slot,
                distance: 0,
                is_syncing: false,
                is_optimistic: head.optimistic,
                is_alone: false,
                peers,
            });
        }
        Err(error) => return Err(error),
    };
    Ok(Report {
        head: status.head_slot,
        distance: status.sync_distance,
        is_syncing: status.is_syncing || health.unwrap_or(false),
        is_optimistic: status.is_optimistic,
        is_alone: status.el_offline,
        peers,
    })
}

impl Nodes {
    /// How they are, in the operator's order.
    pub(super) fn shown(&self) -> Vec<BeaconNodeStatus> {
        let shared = self.shared();
        let seen = shared.beacons.seen(clock::now());
        let shown = seen.into_iter().enumerate().map(|(at, seen)| {
            let told = shared.problems[at].as_deref();
            let is_failing = seen.standing == Standing::Failing;
            let told = told.or(shared.lacks[at].as_deref().filter(|_| is_failing));
            let problem = problem(&seen, told);
            let deaf = shared.deaf[at].as_ref();
            let deaf = deaf.map(|why| format!("it tells of no heads: {why}"));
            BeaconNodeStatus {
                node: format!("{} {}", at + 1, self.nodes[at].client.node()),
                is_sound: seen.standing.is_waited_for(),
                is_first: seen.is_first,
                problem: problem.or(deaf),
                head_slot: seen.head.map(|slot| slot.0),
                sync_distance: seen.report.map(|report| report.distance),
                peers: seen.report.and_then(|report| report.peers),
                answer_ms: seen.answer.map(|answer| answer.as_secs_f64() * 1e3),
            }
        });
        shown.collect()
    }
}

/// What is wrong with a node, in words; `told` is why it has not said how it is.
fn problem(seen: &Seen, told: Option<&str>) -> Option<String> {
    let ms = seen.answer.map_or(0, |answer| answer.as_millis());
    let why = match seen.standing {
        Standing::Sound => return None,
        Standing::FewPeers => "it has few peers, or none: look at its network".to_owned(),
        Standing::Slow => format!("it takes {ms} ms to answer: its machine is overloaded"),
        Standing::NoExecution => {
            "its execution client cannot be reached: see that it runs".to_owned()
        }
        Standing::Behind => "its head is old, or it is syncing: wait for it".to_owned(),
        Standing::Optimistic => {
            "its execution client has not checked its head: see that it runs, and wait".to_owned()
        }
        Standing::Failing => "its answers are of no use".to_owned(),
        Standing::Mute => "it does not answer: see that it runs, and look at its log".to_owned(),
        Standing::Unsaid => "it has not said yet on which chain it is".to_owned(),
        Standing::Elsewhere => "it is on another chain".to_owned(),
    };
    Some(match told {
        Some(told) => format!("{why} ({told})"),
        None => why,
    })
}
