//! The chain: an execution client, one or more beacon nodes, and the interop validators.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::{PublicKey, Root};
use serde::Serialize;

use crate::Error;
use crate::api::BeaconApi;
use crate::children::{Child, Children, output, stop_all};
use crate::execution::Execution;
use crate::place::{Place, Site};
use crate::plan::{Entry, Plan};

/// From the launch of the beacon nodes to slot 0: they and the validator client should be ready.
/// If they take longer the first slots stay empty, which costs no duty: those are counted from a
/// later epoch on.
const LEAD_SECONDS: u64 = 10;
/// How long a beacon node may take until it answers.
const START: Duration = Duration::from_secs(60);
/// Lets all deposited validators activate together, as fast as finality permits. (The preset's
/// own limit would take the minimal chain two a epoch.)
const FAST_CHURN: &str = "MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA=64000000000000,\
                          MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT=64000000000000";
/// Lets validators leave an epoch after they became active, and be paid out five epochs after they
/// have left: soon, and late enough that the exit is final and proved before.
const FAST_EXIT: &str = "SHARD_COMMITTEE_PERIOD=1,MIN_VALIDATOR_WITHDRAWABILITY_DELAY=5";

/// A validator of the cluster that is in the registry from genesis on.
#[derive(Debug, Clone, Serialize)]
pub struct GenesisValidator {
    /// Its group key.
    pub pubkey: PublicKey,
    pub withdrawal_credentials: Root,
}

/// What is known of the chain before it starts: the ceremony may come first.
#[derive(Debug)]
pub struct Foundation {
    /// The execution client, unless the engine is a mock.
    pub execution: Option<Execution>,
    /// The genesis validators root, of the interop validators alone.
    pub genesis_validators_root: Root,
}

impl Foundation {
    /// Starts the execution client and computes the genesis validators root.
    pub async fn lay(plan: &Plan, site: &Site) -> Result<Self, Error> {
        let execution = Execution::start(plan, site).await?;
        let mut command = script(plan, &site.place, "genesis-root.mjs");
        command.args(chain_flags(plan, execution.as_ref()));
        let printed = output("genesis-root.mjs", &mut command)?;
        let genesis_validators_root = printed.trim().parse().map_err(|_| {
            Error::Unexpected(format!("genesis-root.mjs printed {printed:?}, not a root"))
        })?;
        Ok(Self {
            execution,
            genesis_validators_root,
        })
    }
}

/// A running chain.
#[derive(Debug)]
pub struct Chain {
    /// The execution client, unless the engine is a mock.
    pub execution: Option<Execution>,
    nodes: Vec<Child>,
    interop: Child,
    api: BeaconApi,
}

impl Chain {
    /// Starts beacon nodes and interop validators, and waits until the nodes answer; slot 0 comes
    /// a few seconds later. `in_genesis` are appended to the registry.
    pub async fn start(
        plan: &Plan,
        foundation: Foundation,
        site: &Site,
        in_genesis: &[GenesisValidator],
    ) -> Result<Self, Error> {
        let Foundation {
            execution,
            genesis_validators_root,
        } = foundation;
        let Site {
            place,
            ports,
            children,
        } = site;
        let appended = write_appended(place, in_genesis)?;
        let genesis_time = unix_seconds() + LEAD_SECONDS;
        let urls: Vec<String> = (0..plan.beacon_node_count())
            .map(|i| format!("http://127.0.0.1:{}", ports.beacon(i)))
            .collect();
        let mut nodes = Vec::new();
        for (i, url) in urls.iter().enumerate() {
            let others: Vec<&str> = urls
                .iter()
                .filter(|other| *other != url)
                .map(String::as_str)
                .collect();
            let mut command = script(plan, place, "node.mjs");
            command
                .args(["--port", &ports.beacon(i).to_string()])
                .args(["--genesis-time", &genesis_time.to_string()])
                .args(["--peers", &others.join(","), "--config", &constants(plan)])
                .args(chain_flags(plan, execution.as_ref()));
            if let Some(execution) = &execution {
                command
                    .args(["--engine", &execution.engine_url, "--jwt"])
                    .arg(&execution.jwt);
            }
            if let Some(url) = plan.builder_of(i) {
                command.args(["--builder", url]);
            }
            if let Some(file) = &appended {
                command.arg("--append").arg(file);
            }
            if plan.sums_alone {
                command.arg("--only-aggregated");
            }
            nodes.push(children.start(&format!("beacon-{}", i + 1), command)?);
        }
        let mut command = script(plan, place, "validators.mjs");
        command
            .args(["--beacon", &urls[0]])
            .args(["--count", &plan.interop_validators().to_string()]);
        if plan.sums_alone {
            command.arg("--only-votes");
        }
        let interop = children.start("interop-validators", command)?;

        let mut apis = Vec::new();
        for (node, url) in nodes.iter_mut().zip(&urls) {
            apis.push(wait_for_node(url, node, children).await?);
        }
        let chain = Self {
            execution,
            nodes,
            interop,
            // The view of the first node counts as the chain's.
            api: apis.swap_remove(0),
        };
        let root = chain.api().genesis().genesis_validators_root;
        if root != genesis_validators_root {
            let text =
                format!("the chain's root is {root}, computed was {genesis_validators_root}");
            return Err(Error::Unexpected(text));
        }
        Ok(chain)
    }

    /// The first beacon node: its view counts as the chain's.
    pub fn api(&self) -> &BeaconApi {
        &self.api
    }

    /// The process of the beacon node `i`, from 0.
    pub fn node(&mut self, i: usize) -> &mut Child {
        &mut self.nodes[i]
    }

    /// Fails if a program of the chain has ended.
    ///
    /// # Errors
    /// With the end of that program's log.
    pub fn must_run(&mut self) -> Result<(), Error> {
        let execution = self.execution.as_mut().and_then(Execution::child);
        let nodes = self.nodes.iter_mut();
        nodes
            .chain([&mut self.interop])
            .chain(execution)
            .try_for_each(Child::must_run)
    }

    /// Ends every program of the chain.
    pub async fn stop(&mut self) {
        let execution = self.execution.as_mut().and_then(Execution::child);
        let nodes = self.nodes.iter_mut();
        let mut all: Vec<&mut Child> = nodes.chain([&mut self.interop]).chain(execution).collect();
        stop_all(&mut all).await;
    }
}

/// Constants of the chain that are not the preset's own.
fn constants(plan: &Plan) -> String {
    let mut all = vec![FAST_CHURN.to_owned()];
    if plan.entry == Entry::RocketPool {
        all.push(FAST_EXIT.to_owned());
    }
    all.extend(plan.fulu_at.map(|epoch| format!("FULU_FORK_EPOCH={epoch}")));
    all.join(",")
}

/// The flags that determine the genesis state; the root and the nodes must agree on them.
fn chain_flags(plan: &Plan, execution: Option<&Execution>) -> Vec<String> {
    let mut flags = vec![
        "--fork".to_owned(),
        plan.fork.name().to_owned(),
        "--validators".to_owned(),
        plan.interop_validators().to_string(),
        "--slot-ms".to_owned(),
        plan.slot_ms.to_string(),
    ];
    if let Some(execution) = execution {
        flags.extend(["--genesis-hash".to_owned(), execution.genesis_hash.clone()]);
        flags.extend(["--chain-id".to_owned(), execution.chain_id.to_string()]);
        flags.extend([
            "--deposit-contract".to_owned(),
            execution.deposit_contract.clone(),
        ]);
    }
    flags
}

fn script(plan: &Plan, place: &Place, name: &str) -> Command {
    let path = place.beacon_script(name);
    let mut command = Command::new("node");
    // Paths into the packages are relative to the script's directory.
    command.current_dir(path.parent().expect("a script is in a directory"));
    command.arg(path).env("LODESTAR_PRESET", plan.preset.name());
    command
}

fn write_appended(
    place: &Place,
    validators: &[GenesisValidator],
) -> Result<Option<PathBuf>, Error> {
    if validators.is_empty() {
        return Ok(None);
    }
    let file = place.file("genesis-validators.json");
    let text = serde_json::to_string(validators).expect("keys and roots are text");
    fs::write(&file, text).map_err(Error::file(&file))?;
    Ok(Some(file))
}

async fn wait_for_node(
    url: &str,
    node: &mut Child,
    children: &Children,
) -> Result<BeaconApi, Error> {
    let patience = tokio::time::Instant::now() + START;
    loop {
        node.must_run()?;
        match BeaconApi::connect(url).await {
            Ok(api) => return Ok(api),
            Err(_) if tokio::time::Instant::now() < patience => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(_) => {
                return Err(Error::TooLate {
                    what: format!("the beacon node at {url}"),
                    seconds: START.as_secs(),
                    logs: children.logs().to_path_buf(),
                });
            }
        }
    }
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock is past 1970").as_secs()
}
