//! A running peer, put together of what was loaded and of everything around the core.

use std::path::Path;
use std::sync::Arc;

use futures::stream;
use proto::Root;
use proto::agreement::PoolVersion;
use proto::definition::{Terms, Withdrawal};
use proto::eth::ChainSpec;
use proto::session::Purpose;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::{info, warn};

use super::alarm::Alarm;
use super::asking::Asking;
use super::desk::Desk;
use super::error::StartError;
use super::halting::Halts;
use super::inlet::{Inlet, PutOff};
use super::load::Loaded;
use super::nodes::Nodes;
use super::policy::{self, InForce};
use super::reading::{self, Told};
use super::shell::Shell;
use super::start::Begun;
use crate::beacon::BeaconClient;
use crate::checks::agreement;
use crate::config::{Config, ConfigError};
use crate::control::{self, Visit};
use crate::disk::duty_history::{DutyHistory, Remembered, Row};
use crate::disk::evidence_log::EvidenceLog;
use crate::disk::exit_file::ExitKeeper;
use crate::disk::intent_file::IntentKeeper;
use crate::disk::sealed_exits::SealedKeeper;
use crate::disk::writer::Writer;
use crate::disk::{DataLock, Files};
use crate::net::{self, Limits, Settings};
use crate::pool::calm::{self, Calm};
use crate::pool::trial::Trials;
use crate::pool::watch::coordinator::Mandate;
use crate::pool::watch::owner::Share;
use crate::pool::watch::{self, Errands};
use crate::report::metrics::Metrics;
use crate::report::observer::Observer;
use crate::report::shown::Shown;
use crate::report::status::{
    BeaconStatus, CoordinatorStatus, PeerStatus, PoolStatus, RecordStatus, Status, StatusBoard,
    ValidatorStatus,
};
use crate::report::web::{self, Admission, Sessions};
use node_core::duties::facts::ClusterFacts;
use node_core::duties::node::Node;
use node_core::duties::peers::Peers;
use node_core::outcome::Followed;
use node_core::pool::agreement::Deposits;
use node_core::record::Journal;

/// Answers that may wait for the loop at most.
const WAITING: usize = 1024;

/// A peer that shows its own operator how it is, and is heard by nobody else.
pub(super) struct Window {
    pub(super) shown: Shown,
    sessions: Sessions,
    memory: DutyHistory,
    remembered: Remembered,
}

/// Shows how the peer is from now on, while it waits for its beacon node too.
pub(super) async fn open(
    config: &Config,
    loaded: &Loaded,
    clients: &[BeaconClient],
) -> Result<Window, StartError> {
    let lock = &loaded.lock;
    let terms = lock.definition.terms();
    let place = config.data_dir.join("memory");
    let (memory, remembered) = DutyHistory::open(&place, lock.hash(), terms.size())?;
    let status = first_status(config, loaded, clients, &remembered);
    let admission = Admission {
        address: config.metrics,
        names: config.metrics_names.clone().into(),
    };
    let shown = Shown {
        metrics: Arc::new(Metrics::new()),
        board: Arc::new(StatusBoard::new(status)),
        book: memory.book(),
        names: terms.operators.iter().map(|o| o.name.clone()).collect(),
    };
    let sessions = Sessions::default();
    web::serve(admission, shown.clone(), Arc::clone(&sessions)).await?;
    Ok(Window {
        shown,
        sessions,
        memory,
        remembered,
    })
}

/// Starts everything else around the core and puts it together.
pub(super) async fn assemble(
    config: &Config,
    (mut loaded, window): (Loaded, Window),
    clients: Vec<BeaconClient>,
    (Begun { chain, by }, data): (Begun, &DataLock),
) -> Result<Shell, StartError> {
    let Window {
        shown,
        sessions,
        memory,
        remembered,
    } = window;
    let evidence_log = evidence_log(config, loaded.lock.definition.terms());
    let (me, size) = (loaded.me, loaded.lock.definition.terms().size());
    let names = &shown.names;
    let keys = loaded.lock.group_keys();
    let validators = keys.len();
    let (duties, calm) = calm::between(chain.slot_duration() / 3);
    let ours = loaded.lock.definition.terms().chain.clone();
    let nodes = (beacon_nodes(config)?, ours.clone());
    let trials = Trials::new(nodes, Arc::clone(&chain), keys, calm.clone());
    let cluster = loaded.lock.hash();
    let settings = settings(config, &loaded, names)?;
    let (outcomes, told) = outcomes(config, (&chain, calm.clone()), &remembered.rows)?;
    let agreed = in_force(config, &mut loaded);
    say_if_idle((config, &loaded), &agreed, &shown.board);
    let pool = pool(config, &loaded, (&chain, calm), &agreed);
    let place = place(config, &loaded);
    let halts = Halts::of(&config.data_dir, &loaded.lock);
    let (mut node, journal) = core(loaded, &chain, remembered)?;
    halts.recall(&mut node, &shown)?;
    node.build_by(agreed.builders.policy.clone());
    let (errands, said_of_pool) = watched(pool, &mut node);
    if let Some(version) = &agreed.pool {
        node.agree(version);
    }
    // Only from here on does anybody hear of this peer.
    let (outbox, events) = net::start(settings).await?;
    sessions.get_or_init(|| outbox.clone());
    info!(name = names[me.position()], validators, "running");
    let (to_said, said) = channel(WAITING);
    let (to_written, written) = channel(WAITING);
    let (to_kept, kept) = channel(WAITING);
    let (to_intents_kept, intents_kept) = channel(WAITING);
    let nodes = Nodes::new(asking(config, clients, &chain), (&chain, by), to_said);
    nodes.watch(&ours, &chain);
    Ok(Shell {
        node,
        me,
        outbox,
        inlet: Inlet {
            events,
            said,
            heads: stream::select_all([nodes.listen(3 * chain.slot_duration())]),
            written,
            kept,
            intents_kept,
            pool: said_of_pool,
            builders: policy::watch(place, agreed.builders, chain.slot_duration()),
            outcomes: told,
            desk: Desk::new(commands(data, cluster), trials),
            deferred: PutOff::default(),
            alarm: Alarm::new().map_err(StartError::Timer)?,
        },
        nodes,
        writer: Writer::start(journal, to_written),
        keeper: ExitKeeper::start(config.data_dir.clone(), cluster, to_kept),
        intents: IntentKeeper::start(config.data_dir.clone(), to_intents_kept),
        sealed_keeper: SealedKeeper::start(config.data_dir.clone(), cluster),
        errands,
        outcomes,
        halts,
        duties,
        observer: Observer::new(shown, memory, evidence_log, (size, chain.slots_per_epoch())),
    })
}

/// The own beacon nodes, each with what it is asked by.
fn asking(config: &Config, clients: Vec<BeaconClient>, chain: &Arc<ChainSpec>) -> Vec<Asking> {
    let graffiti = graffiti(&config.graffiti);
    let asking = |client| Asking::new(client, Arc::clone(chain), graffiti);
    clients.into_iter().map(asking).collect()
}

/// Where the own beacon nodes are, for threads with connections of their own.
fn beacon_nodes(config: &Config) -> Result<Vec<String>, ConfigError> {
    let urls = config.beacon_nodes()?.iter();
    Ok(urls.map(ToString::to_string).collect())
}

/// What commands ask of this peer. Duties do not wait until somebody has mended a socket.
fn commands(data: &DataLock, cluster: Root) -> Option<Receiver<Visit>> {
    control::listen(data, cluster)
        .inspect_err(|error| warn!("no command that acts, such as `gantry exit`, works: {error}"))
        .ok()
}

/// The ends of the thread that looks at Rocket Pool, of which the core is told; or nothing comes.
fn watched(pool: Option<Thread>, node: &mut Node) -> (Option<Errands>, Receiver<watch::Said>) {
    match pool {
        Some((errands, said)) => {
            node.watch_pool();
            (Some(errands), said)
        }
        None => (None, channel(1).1),
    }
}

/// Both ends of the thread that reads what became of duties.
type Reading = (Option<Sender<Vec<Followed>>>, Receiver<Told>);

/// Has somebody read what becomes of duties. They do not wait for one.
fn outcomes(
    config: &Config,
    (chain, calm): (&Arc<ChainSpec>, Calm),
    rows: &[Row],
) -> Result<Reading, StartError> {
    let nodes = config.beacon_nodes()?.iter();
    let clients = nodes.map(|url| BeaconClient::connect(url.as_str()));
    let clients = clients.collect::<Result<_, _>>()?;
    let known = rows.iter().flat_map(reading::known).collect();
    Ok(
        match reading::start(clients, Arc::clone(chain), calm, known) {
            Ok((owed, told)) => (Some(owed), told),
            Err(error) => {
                warn!("what became of duties is not read: the system gives no thread: {error}");
                (None, channel(1).1)
            }
        },
    )
}

/// What of the agreement is in force at the start.
struct Agreed {
    /// Whom blocks pay, at Rocket Pool.
    pool: Option<PoolVersion>,
    /// Whether it is about Rocket Pool, or may come to be.
    may_be_on_pool: bool,
    /// On which terms others may build blocks.
    builders: InForce,
}

/// What of the agreement is in force. With one that cannot be read nothing is proposed if it may be
/// about Rocket Pool: what the definition says of whom blocks pay may be theft.
fn in_force(config: &Config, loaded: &mut Loaded) -> Agreed {
    let place = place(config, loaded);
    let is_open = matches!(loaded.lock.definition.terms().withdrawal, Withdrawal::Later);
    let mut agreed = Agreed {
        pool: None,
        may_be_on_pool: is_open,
        builders: InForce::default(),
    };
    if !place.file.exists() {
        return agreed;
    }
    match policy::read_and_keep(&place) {
        Ok(agreement) => {
            let mut versions = agreement.versions().iter();
            agreed.may_be_on_pool = versions.any(|it| it.content.terms.pool.is_some());
            agreed.pool = holding(agreement.on_pool().ok(), loaded);
            agreed.builders = InForce::of(&agreement);
        }
        Err(error) if is_open => {
            warn!(
                "nothing is proposed until this is mended and `gantry run` started anew: {error}"
            );
            loaded.fee_recipients.clear();
        }
        Err(error) => warn!(
            "builders build no block until this is mended and `gantry run` started anew: {error}"
        ),
    }
    agreed
}

/// With what holds on it. Of what cannot be read nothing is known: what blocks pay by the agreement
/// alone, or by the definition, may be theft.
fn holding(version: Option<PoolVersion>, loaded: &mut Loaded) -> Option<PoolVersion> {
    let version = version?;
    match &loaded.intents {
        Ok(intents) => Some(intents.holding(version)),
        Err(_) => {
            loaded.fee_recipients.clear();
            None
        }
    }
}

/// Where the agreement is, and by what it is read.
fn place(config: &Config, loaded: &Loaded) -> policy::Place {
    policy::Place {
        file: agreement::beside(&config.lock_file),
        lock: loaded.lock.clone(),
        deposits: deposits(loaded),
    }
}

/// Whether a share of a deposit at Rocket Pool has left this peer.
fn deposits(loaded: &Loaded) -> Deposits {
    Deposits::of_record(loaded.vault.history().joined())
}

/// Both ends of the thread that looks at Rocket Pool.
type Thread = (Errands, Receiver<watch::Said>);

/// Has somebody look at Rocket Pool, if the operators have agreed on it. Duties do not wait until
/// somebody has mended that.
fn pool(
    config: &Config,
    loaded: &Loaded,
    (chain, calm): (&Arc<ChainSpec>, Calm),
    agreed: &Agreed,
) -> Option<Thread> {
    let agreement = agreement::beside(&config.lock_file);
    let place = agreement.display();
    if !agreement.exists() || !agreed.may_be_on_pool {
        return None;
    }
    let unseen = "this peer sees nothing of Rocket Pool: it takes part in no deposit, proposes no \
                  block of its own, and votes for another's only if several others vouch for whom \
                  it pays; its other duties go on";
    let execution_node = config
        .execution_node()
        .inspect_err(|error| warn!("there is an agreement in {place}, but {unseen}: {error}"))
        .ok()?
        .to_string();
    let places = watch::Places {
        lock: loaded.lock.clone(),
        agreement: agreement.clone(),
        data_dir: config.data_dir.clone(),
        deposits: deposits(loaded),
        execution_node,
        beacon_nodes: beacon_nodes(config).ok()?,
        chain: Arc::clone(chain),
        calm,
        pause: chain.slot_duration(),
        is_first: config.coordinator.is_some(),
        mandate: config.coordinator.clone().and_then(|told| {
            let keystore = told.keystore?;
            Some(Mandate {
                node_keystore: keystore.file,
                node_password_file: keystore.password_file,
                max_fee_gwei: told.max_fee_gwei,
                data_dir: config.data_dir.clone(),
            })
        }),
        share: loaded.account.clone().map(|account| Share {
            account,
            me: loaded.me,
            is_first: config.coordinator.is_some(),
            max_fee_gwei: config.max_fee_gwei,
            data_dir: config.data_dir.clone(),
        }),
    };
    watch::start(places)
        .inspect_err(|error| warn!("{unseen}: the system gives no thread: {error}"))
        .ok()
}

/// The evidence against peers. Duties do not wait until somebody has mended a file of it.
fn evidence_log(config: &Config, terms: &Terms) -> Option<EvidenceLog> {
    let path = config.data_dir.join("evidence.jsonl");
    EvidenceLog::open(path, terms.roster().clone())
        .inspect_err(|error| warn!("no evidence against peers will be kept: {error}"))
        .ok()
}

/// What the network layer has to know.
fn settings(config: &Config, loaded: &Loaded, names: &[String]) -> Result<Settings, StartError> {
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

fn core(
    loaded: Loaded,
    chain: &Arc<ChainSpec>,
    remembered: Remembered,
) -> Result<(Node, Journal<Files>), StartError> {
    let Loaded {
        lock,
        keys,
        identity,
        me,
        vault,
        journal,
        words,
        intents,
        sealed,
        fee_recipients,
        account: _,
    } = loaded;
    let roster = lock.definition.terms().roster();
    let size = roster.size();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Randomness)?;
    let facts = ClusterFacts {
        chain: Arc::clone(chain),
        lock: lock.hash(),
        roster: Arc::new(roster.clone()),
        me,
        identity,
        keys,
        fee_recipients,
        seed,
    };
    let peers = Peers::new(size, me, remembered.sequences);
    let mut node = Node::new(facts, vault, peers, journal.recorded());
    match words {
        Ok(words) => node.recall(words),
        Err(why) => node.bar_exits(why),
    }
    match intents {
        Ok(intents) => node.recall_intents(intents),
        Err(why) => node.bar_intents(why),
    }
    node.recall_sealed(sealed);
    Ok((node, journal))
}

fn first_status(
    config: &Config,
    loaded: &Loaded,
    clients: &[BeaconClient],
    remembered: &Remembered,
) -> Status {
    let (lock, me) = (&loaded.lock, loaded.me);
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
            node: clients[0].node().to_owned(),
            ..BeaconStatus::default()
        },
        validators: ValidatorStatus {
            total: lock.validators.len(),
            ..ValidatorStatus::default()
        },
        record: RecordStatus {
            sequence: loaded.journal.recorded().sequence(),
            ..RecordStatus::default()
        },
        has_exit_key: lock.exit_seal_commitment.is_some(),
        pool: config.coordinator.as_ref().map(|_| not_yet(config)),
        duties: remembered.endings.clone(),
        ..Status::default()
    }
}

/// What a peer that coordinates shows before Rocket Pool was looked at.
fn not_yet(config: &Config) -> PoolStatus {
    let agreement = agreement::beside(&config.lock_file);
    match agreement.exists() {
        true => PoolStatus {
            coordinator: Some(CoordinatorStatus::unseen()),
            ..PoolStatus::default()
        },
        false => unable(nothing_agreed(&agreement)),
    }
}

/// What one shows that can coordinate nothing.
fn unable(problem: String) -> PoolStatus {
    PoolStatus {
        coordinator: Some(CoordinatorStatus {
            problem: Some(problem),
            ..CoordinatorStatus::default()
        }),
        ..PoolStatus::default()
    }
}

/// Tells the operator of a peer that is to coordinate if it cannot.
fn say_if_idle((config, loaded): (&Config, &Loaded), agreed: &Agreed, board: &StatusBoard) {
    if let Some(problem) = coordinates_nothing(config, loaded, agreed) {
        warn!("{problem}");
        let unable = unable(problem);
        board.change(|status| status.pool = Some(unable));
    }
}

/// Why it cannot, if so.
fn coordinates_nothing(config: &Config, loaded: &Loaded, agreed: &Agreed) -> Option<String> {
    config.coordinator.as_ref()?;
    let agreement = agreement::beside(&config.lock_file);
    if !agreement.exists() {
        return Some(nothing_agreed(&agreement));
    }
    let is_open = matches!(loaded.lock.definition.terms().withdrawal, Withdrawal::Later);
    let why = match is_open {
        true => {
            "the operators have not agreed on Rocket Pool, so this peer coordinates nothing: start \
             it again once all have signed a version that names it"
        }
        false => {
            "the definition fixes where the validators pay out, so they cannot be Rocket Pool's, \
             and this peer coordinates nothing: take `coordinator` out of its configuration"
        }
    };
    (!agreed.may_be_on_pool).then(|| why.to_owned())
}

/// Why a peer without an agreement coordinates nothing.
fn nothing_agreed(place: &Path) -> String {
    format!(
        "there is no {}, so this peer coordinates nothing: start it again once all have signed one",
        place.display()
    )
}

/// The graffiti of own blocks: at most 32 bytes of text, filled up with zeros.
fn graffiti(text: &str) -> Root {
    let mut bytes = [0; 32];
    for (byte, letter) in bytes.iter_mut().zip(text.bytes()) {
        *byte = letter;
    }
    bytes.into()
}
