//! A devnet with four peers, and what the tests ask of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use devnet::api::BeaconApi;
use devnet::chain::{Chain, Foundation};
use devnet::children::shield;
use devnet::cluster::{ChainTerms, Cluster, credentials};
use devnet::load::{self, StandIn, World};
use devnet::peer::Peer;
use devnet::place::{Place, Ports, Site, install_packages};
use devnet::plan::{Engine, Entry, Fork, Plan, Preset};
use node::disk::duty_history::Ending;
use node::report::duties::{DutyRecord, DutyReport};
use node::report::status::Status;
use proto::{Epoch, Slot};
use tests::program::gantry;
use tokio::time::{Instant, interval};

use crate::count::Count;

/// How often it is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(200);
/// How long a peer may take from its start to being connected with all that run.
const START: Duration = Duration::from_secs(60);
/// How long a peer may take to show its metrics.
const METRICS: Duration = Duration::from_secs(5);

/// Holds the machine until it is dropped: the devnets run one after the other, also those of
/// other test processes, since each may want all of it.
pub fn alone() -> File {
    let path = std::env::temp_dir().join("gantry-e2e.lock");
    let mut options = File::options();
    // Another user's file can be opened and locked, but not written.
    let file = options.write(true).create(true).open(&path);
    let file = file.or_else(|_| File::open(&path)).unwrap();
    file.lock().unwrap();
    file
}

/// Runs `test` to its end.
pub fn run(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(test);
}

/// A place for the devnet `name` in the target directory. It stays after the test, with its logs,
/// until the next run.
pub fn site(plan: &Plan, name: &str) -> Site {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/devnet");
    install_packages(&scripts).unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("e2e-{name}"));
    let place = Place::new(&scripts, &gantry(), &dir).unwrap();
    Site::prepare(plan, place, Ports::free(plan)).unwrap()
}

/// Peers on a stand-in of a beacon node, with mainnet's slots and epochs.
pub fn stood_in(validators: usize) -> Plan {
    Plan {
        slot_ms: 12_000,
        preset: Preset::Mainnet,
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..Plan::small(validators)
    }
}

/// A chain of Fulu without an execution client, with the cluster's validators in genesis and slots
/// that a busy machine can hold.
pub fn on_chain(validators: usize) -> Plan {
    Plan {
        slot_ms: 2000,
        fork: Fork::Fulu,
        engine: Engine::Mock,
        entry: Entry::Genesis,
        ..Plan::small(validators)
    }
}

/// A cluster with its keys, and for all its peers a stand-in at this address of a chain that began
/// so many slots ago. The ceremony is on loopback.
pub async fn founded(
    plan: &Plan,
    site: &Site,
    (address, age_slots): (SocketAddr, u64),
    change: impl Fn(World) -> World,
) -> (Cluster, StandIn) {
    let terms = ChainTerms::mock(World::genesis_validators_root());
    let url = |_| vec![format!("http://{address}")];
    let cluster = Cluster::found(plan, site, &terms, url).unwrap();
    cluster.ceremony(site, |_| {}).await.unwrap();
    let keys = cluster.keys().unwrap();
    let world = World::new(
        load::now().as_secs() - age_slots * plan.slot_ms / 1000,
        plan.slot_ms,
        keys.len(),
    );
    let node = StandIn::start(address, change(world), keys, credentials());
    (cluster, node.await.unwrap())
}

/// Where a beacon node of this site listens on loopback.
pub fn loopback(site: &Site) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, site.ports.beacon(0)).into()
}

/// What a peer says of itself, if it runs.
pub fn status(site: &Site, peer: &Peer) -> Option<Status> {
    let shown = gantry_of(site, peer, &["status", "--json"]);
    let is_running = shown.status.success();
    is_running.then(|| serde_json::from_slice(&shown.stdout).unwrap())
}

/// Runs a command of a peer to its end.
pub fn gantry_of(site: &Site, peer: &Peer, words: &[&str]) -> Output {
    let mut command = Command::new(site.place.gantry());
    command.args(words).arg("--config").arg(peer.config());
    shield(&mut command);
    command.output().unwrap()
}

/// Waits until `is_so`, or fails with `what`.
pub async fn until(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let last = Instant::now() + patience;
    let mut looks = interval(LOOK);
    while !is_so() {
        assert!(
            Instant::now() < last,
            "waited {patience:?} until {what}, in vain"
        );
        looks.tick().await;
    }
}

/// Waits for a moment since the Unix epoch.
pub async fn moment(at: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let last = Instant::now() + at.saturating_sub(now);
    let never = std::future::pending::<()>();
    tokio::time::timeout_at(last, never).await.unwrap_err();
}

/// A chain with the cluster's validators in genesis, and the peers running.
pub struct Stand {
    pub plan: Plan,
    pub site: Site,
    pub chain: Chain,
    pub cluster: Cluster,
}

impl Stand {
    /// Everything started; `change` sees the cluster before its peers run.
    pub async fn build(plan: Plan, site: Site, change: impl AsyncFn(&Cluster, &Site)) -> Self {
        let foundation = Foundation::lay(&plan, &site).await.unwrap();
        let terms = ChainTerms::of(&foundation);
        let beacon = |i| site.ports.beacon_urls(&plan.beacon_nodes_of(i));
        let mut cluster = Cluster::found(&plan, &site, &terms, beacon).unwrap();
        cluster.ceremony(&site, |_| {}).await.unwrap();
        change(&cluster, &site).await;
        let appended = cluster.for_genesis().unwrap();
        let chain = Chain::start(&plan, foundation, &site, &appended).await;
        cluster.start(&site).await.unwrap();
        Self {
            plan,
            chain: chain.unwrap(),
            site,
            cluster,
        }
    }

    /// The beacon node.
    pub fn api(&self) -> &BeaconApi {
        self.chain.api()
    }

    /// The validators' indices; all must be active and none slashed.
    pub async fn active(&self) -> BTreeSet<u64> {
        let keys = self.cluster.keys().unwrap();
        let found = self.api().validators(&keys).await.unwrap();
        assert_eq!(found.len(), keys.len());
        let statuses: BTreeSet<&str> = found.values().map(|v| v.status.as_str()).collect();
        assert_eq!(statuses, BTreeSet::from(["active_ongoing"]));
        found.values().map(|v| v.index).collect()
    }

    /// Counts the duties from the next epoch on, which it answers with.
    pub async fn count(&self) -> (Count, Epoch) {
        let first = self.api().now().epoch(self.api().slots_per_epoch()).next();
        let own = self.active().await;
        (Count::begin(self.api(), own, first), first)
    }

    /// Runs a command of peer `i` to its end.
    pub fn gantry(&self, i: usize, words: &[&str]) -> Output {
        gantry_of(&self.site, &self.cluster.peers[i], words)
    }

    /// What peer `i` says of itself, if it runs.
    pub fn status(&self, i: usize) -> Option<Status> {
        status(&self.site, &self.cluster.peers[i])
    }

    /// The endings of the duties after `slot` on peer `i`, newest first.
    pub fn endings_after(&self, i: usize, slot: Slot) -> Vec<Ending> {
        let all = self.status(i).map(|status| status.duties);
        let is_later = |ending: &Ending| ending.slot > slot.0;
        all.unwrap_or_default()
            .into_iter()
            .filter(is_later)
            .collect()
    }

    /// What peer `i` says became of duties, with these flags.
    pub fn records(&self, i: usize, flags: &[&str]) -> Vec<DutyRecord> {
        let words = [&["duties", "--json", "--count", "10000"], flags].concat();
        let said = self.gantry(i, &words);
        assert!(said.status.success(), "{said:?}");
        let report: DutyReport = serde_json::from_slice(&said.stdout).unwrap();
        report.duties
    }

    /// The metrics of peer `i`, which runs.
    pub async fn metrics(&self, i: usize) -> String {
        let url = format!("http://127.0.0.1:{}/metrics", self.site.ports.metrics(i));
        let client = reqwest::Client::builder().timeout(METRICS).no_proxy();
        let answer = client.build().unwrap().get(url).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// What peer `i` has logged in all its lives.
    pub fn log(&self, i: usize) -> String {
        let name = format!("{}.log", self.cluster.peers[i].name);
        fs::read_to_string(self.site.children.logs().join(name)).unwrap()
    }

    /// Waits for a moment of `slot`, in thousandths of the slot.
    pub async fn moment(&self, slot: Slot, thousandths: u64) {
        self.api().until(slot).await;
        let after = self.plan.slot_ms * thousandths / 1000;
        let at = Duration::from_secs(self.api().genesis().genesis_time)
            + Duration::from_millis(slot.0 * self.plan.slot_ms + after);
        moment(at).await;
    }

    /// Some slots as time.
    pub fn slots(&self, count: u64) -> Duration {
        Duration::from_millis(count * self.plan.slot_ms)
    }

    /// SIGTERM to peer `i`, and waits for its end.
    pub async fn stop(&mut self, i: usize) {
        let peer = &mut self.cluster.peers[i];
        peer.child().unwrap().stop().await;
        // From here on it is not expected to run.
        peer.kill_now();
    }

    /// Starts peer `i` again, and waits until it is connected with the three others.
    pub async fn start(&mut self, i: usize) {
        self.cluster.peers[i].start(&self.site).unwrap();
        self.connected(i).await;
    }

    /// Waits until peer `i` is connected with the three others.
    pub async fn connected(&self, i: usize) {
        let what = format!("{} has three sessions", self.cluster.peers[i].name);
        until(&what, START, || self.sessions(i) == 3).await;
    }

    /// How many sessions peer `i` has.
    pub fn sessions(&self, i: usize) -> usize {
        let peers = self.status(i).map(|status| status.peers);
        peers.map_or(0, |peers| {
            peers.iter().filter(|peer| peer.connected).count()
        })
    }

    /// Waits until peer `i` has taken part in signing a duty after now. Whether any was missed is
    /// judged by the chain's blocks.
    pub async fn helps(&self, i: usize) {
        let since = self.api().now();
        let what = format!(
            "{} signs a duty after slot {since}",
            self.cluster.peers[i].name
        );
        until(&what, self.slots(16), || {
            let newer = self.endings_after(i, since);
            newer.iter().any(|ending| ending.signed > 0)
        })
        .await;
    }

    /// Waits until the restart rule lets peer `i` vote.
    pub async fn may_vote(&self, i: usize) {
        let record = self.status(i).unwrap().record;
        assert_eq!(record.stopped, None);
        if let Some(mark) = record.silent_until {
            self.api().until(Slot(mark + 1)).await;
        }
    }

    /// Shows that peer `i` votes from the first slot on that the restart rule allows: in it and the
    /// next ones another, `absent`, is dead, so that nothing is signed without the votes of all
    /// three.
    pub async fn cannot_spare(&mut self, i: usize, absent: usize) {
        self.may_vote(i).await;
        let name = self.cluster.peers[i].name.clone();
        let from = self.api().now();
        self.cluster.peers[absent].kill_now();
        let to = Slot(from.0 + 4);
        // A duty counts as missed two slots after its own.
        self.api().until(Slot(to.0 + 2)).await;
        self.cluster.must_run().unwrap();
        let mut voted = self.endings_after(i, Slot(from.0 - 1));
        voted.retain(|ending| ending.slot < to.0);
        assert!(
            !voted.is_empty(),
            "{name} saw no duty from slot {from} to {to}"
        );
        assert!(
            voted.iter().all(|ending| ending.missed == 0),
            "{name}: {voted:?}"
        );
        self.start(absent).await;
        self.may_vote(absent).await;
    }
}
