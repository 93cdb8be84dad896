//! `gantry run`: checks everything that must be right before the first vote, then runs the peer
//! until it is told to stop.
//!
//! The order of the checks is the order in which a mistake would cost: the data directory (another
//! process on it?), the lock, the signing record, the shares (each enrolled in the record?), the
//! chain, and only then the network.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use dkg::bls::work::counted;
use futures::stream;
use proto::definition::Terms;
use proto::eth::ChainSpec;
use proto::lock::Lock;
use proto::session::Purpose;
use proto::{Identity, PeerIndex};
use tokio::sync::mpsc::channel;
use tracing::{info, warn};

use super::slashing::SlashingError;
use super::{CommandError, complete, lock, log, runtime};
use crate::beacon::BeaconClient;
use crate::checks::chain::check_chain;
use crate::config::Config;
use crate::disk::denials;
use crate::disk::duty_history::{DutyHistory, Remembered};
use crate::disk::evidence_log::EvidenceLog;
use crate::disk::keystore::{self, MasterSecret, SecretUse};
use crate::disk::writer::Writer;
use crate::disk::{DataLock, Files};
use crate::net::{self, Limits, Settings};
use crate::peer::asking::Asking;
use crate::peer::inlet::{Chores, Inlet};
use crate::peer::shell::Shell;
use crate::report::metrics::Metrics;
use crate::report::observer::Observer;
use crate::report::shown::Shown;
use crate::report::status::{BeaconStatus, PeerStatus, Status, StatusBoard, ValidatorStatus};
use crate::report::web::{self, Admission};
use crate::signals::stop_signal;
use node_core::duties::facts::ClusterFacts;
use node_core::duties::node::Node;
use node_core::duties::peers::Peers;
use node_core::partials::keys::ClusterKeys;
use node_core::record::{Journal, Owner};
use node_core::vault::{Held, Vault};

/// How long to wait before a beacon node that does not answer at the start is asked again.
const BEACON_RETRY: Duration = Duration::from_secs(1);
/// Answers that may wait for the loop at most.
const WAITING: usize = 1024;

/// Flags of `gantry run`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The config file; `deploy/gantry.example.toml` documents every key.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let config = Config::read(&self.config)?;
        log::start(&config.log, config.log_format);
        // One thread for loop and network: handing each frame to another thread cost more than the
        // frame. Curve work is put off until what waits has left, and takes milliseconds.
        complete(runtime()?, run(config))
    }
}

/// What is known once the files are read: who this peer is and what it holds.
struct Loaded {
    lock: Lock,
    keys: ClusterKeys,
    identity: Identity,
    me: PeerIndex,
    vault: Vault,
    journal: Journal<Files>,
}

async fn run(config: Config) -> Result<(), CommandError> {
    let beacon_node = config.beacon_node()?;
    let stop = stop_signal().map_err(CommandError::Runtime)?;
    tokio::pin!(stop);
    // Held until the process ends: no second one may work on this directory.
    let data = DataLock::take(&config.data_dir)?;
    let (loaded, done) = counted(|| load(&config, &data));
    let loaded = loaded?;
    for caution in config.cautions(loaded.lock.definition.terms(), loaded.me) {
        warn!("{caution}");
    }
    let client = BeaconClient::connect(beacon_node.as_str())?;
    let chain = tokio::select! {
        () = &mut stop => return Ok(()),
        chain = wait_for_chain(&client) => Arc::new(chain),
    };
    check_chain(&loaded.lock, &chain)?;
    let shell = assemble(&config, loaded, client, chain).await?;
    shell.metrics.curve_work.add(&done);
    shell.run(stop).await;
    Ok(())
}

/// Reads and checks everything that lies in the data directory.
fn load(config: &Config, data: &DataLock) -> Result<Loaded, CommandError> {
    let lock = lock::read(&config.lock_file)?;
    let keys = ClusterKeys::of(&lock);
    let keys = keys.map_err(|error| CommandError::LockKeys(config.lock_file.clone(), error))?;
    let identity = keystore::read_identity(&config.identity_file)?;
    let me = lock::peer_of(&lock, &config.lock_file, &identity.public())?;
    let owner = Owner {
        cluster: lock.hash(),
        identity: identity.public(),
    };
    let files = Files::within(data);
    let journal = Journal::open(files, owner)?;
    for repair in journal.repairs() {
        warn!("the signing record was damaged and is mended: {repair}");
    }
    let master = MasterSecret::obtain(&config.secret, &lock.keystore_salt, SecretUse::Open)?;
    let shares: Vec<_> = lock.shares_of(me).copied().collect();
    let opened = keystore::open_all(&config.keystore_dir, &master, &shares)?;
    let held = Held::of_lock(&lock, opened);
    let size = lock.definition.terms().size();
    let mut vault = Vault::open(size, held, journal.history().clone())?;
    let ends_at = journal.history().sequence();
    let denied = denials::in_force(&config.data_dir, owner.cluster, ends_at);
    for denial in denied.map_err(SlashingError::from)? {
        if let Some(claimant) = lock.definition.peer_named(&denial.operator) {
            vault.deny(claimant, denial.sequence);
        }
    }
    Ok(Loaded {
        vault,
        identity,
        me,
        journal,
        keys,
        lock,
    })
}

/// Asks the beacon node what chain this is, until it answers.
async fn wait_for_chain(client: &BeaconClient) -> ChainSpec {
    loop {
        match client.chain_spec().await {
            Ok(chain) => {
                if !chain.says_when_attestations_are_due() {
                    info!("the beacon node does not say when votes are due: a third of the slot");
                }
                return chain;
            }
            Err(error) => {
                warn!(%error, "waiting for the beacon node");
                tokio::time::sleep(BEACON_RETRY).await;
            }
        }
    }
}

/// Starts everything around the core and puts it together.
async fn assemble(
    config: &Config,
    loaded: Loaded,
    client: BeaconClient,
    chain: Arc<ChainSpec>,
) -> Result<Shell, CommandError> {
    let terms = loaded.lock.definition.terms();
    let names: Vec<String> = terms.operators.iter().map(|o| o.name.clone()).collect();
    let me = loaded.me;
    let place = config.data_dir.join("memory");
    let (memory, remembered) = DutyHistory::open(&place, loaded.lock.hash(), terms.size())?;
    let evidence_log = evidence_log(config, terms);
    let metrics = Arc::new(Metrics::new());
    let status = first_status(&loaded.lock, me, &client, &remembered);
    let board = Arc::new(StatusBoard::new(status));
    let validators = loaded.lock.validators.len();
    let settings = settings(config, &loaded, &names)?;
    let (node, journal) = core(loaded, &chain, remembered)?;
    // Only from here on does anybody hear of this peer.
    let (outbox, events) = net::start(settings).await?;
    let admission = Admission {
        address: config.metrics,
        names: config.metrics_names.clone().into(),
    };
    let shown = Shown {
        metrics: Arc::clone(&metrics),
        board: Arc::clone(&board),
        names: names.clone().into(),
    };
    web::serve(admission, shown.clone(), outbox.clone()).await?;
    info!(name = names[me.position()], validators, "running");
    let (to_responses, responses) = channel(WAITING);
    let (to_written, written) = channel(WAITING);
    let heads = client.head_events(3 * chain.slot_duration());
    Ok(Shell {
        node,
        me,
        outbox,
        inlet: Inlet {
            events,
            responses,
            heads: stream::select_all([heads]),
            written,
            chores: Chores::default(),
        },
        asking: Asking::new(client, chain, graffiti(&config.graffiti), to_responses),
        writer: Writer::start(journal, to_written),
        observer: Observer::new(shown, memory, evidence_log),
        metrics,
        board,
    })
}

/// The evidence against peers. Duties do not wait until somebody has mended a file of it.
fn evidence_log(config: &Config, terms: &Terms) -> Option<EvidenceLog> {
    let path = config.data_dir.join("evidence.jsonl");
    EvidenceLog::open(path, terms.roster().clone())
        .inspect_err(|error| warn!("no evidence against peers will be kept: {error}"))
        .ok()
}

/// What the network layer has to know.
fn settings(config: &Config, loaded: &Loaded, names: &[String]) -> Result<Settings, CommandError> {
    let terms = loaded.lock.definition.terms();
    Ok(Settings {
        identity: loaded.identity.clone(),
        me: loaded.me,
        roster: terms.roster().clone(),
        names: names.to_vec(),
        addresses: config.addresses(terms)?,
        listen: config.listen.clone(),
        purpose: Purpose::Duties,
        context: loaded.lock.hash(),
        limits: Limits::default(),
    })
}

/// The core.
fn core(
    loaded: Loaded,
    chain: &Arc<ChainSpec>,
    remembered: Remembered,
) -> Result<(Node, Journal<Files>), CommandError> {
    let Loaded {
        lock,
        keys,
        identity,
        me,
        vault,
        journal,
    } = loaded;
    let roster = lock.definition.terms().roster();
    let size = roster.size();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(CommandError::Randomness)?;
    let facts = ClusterFacts {
        chain: Arc::clone(chain),
        lock: lock.hash(),
        roster: Arc::new(roster.clone()),
        me,
        identity,
        keys,
        fee_recipients: fee_recipients(&lock),
        seed,
    };
    let peers = Peers::new(size, me, remembered.sequences);
    let node = Node::new(facts, vault, peers, journal.recorded());
    Ok((node, journal))
}

fn first_status(
    lock: &Lock,
    me: PeerIndex,
    client: &BeaconClient,
    remembered: &Remembered,
) -> Status {
    let terms = lock.definition.terms();
    let seen = &remembered.sequences;
    let others = terms.size().all().filter(|peer| *peer != me);
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: lock.definition.name_of(me).to_owned(),
        cluster: terms.name.clone(),
        peers: others
            .map(|peer| PeerStatus {
                name: lock.definition.name_of(peer).to_owned(),
                record_seen: seen.get(&peer).copied().unwrap_or(0),
                ..PeerStatus::default()
            })
            .collect(),
        beacon_node: BeaconStatus {
            node: client.node().to_owned(),
            ..BeaconStatus::default()
        },
        validators: ValidatorStatus {
            total: lock.validators.len(),
            ..ValidatorStatus::default()
        },
        duties: remembered.endings.clone(),
        ..Status::default()
    }
}

fn fee_recipients(lock: &Lock) -> Vec<proto::Address> {
    let terms = lock.definition.terms();
    let of = |at| {
        *terms
            .fee_recipient
            .of(at)
            .expect("the definition has one for every validator")
    };
    (0..lock.validators.len()).map(of).collect()
}

/// The graffiti of own blocks: at most 32 bytes of text, filled up with zeros.
fn graffiti(text: &str) -> proto::Root {
    let mut bytes = [0; 32];
    for (byte, letter) in bytes.iter_mut().zip(text.bytes()) {
        *byte = letter;
    }
    bytes.into()
}
