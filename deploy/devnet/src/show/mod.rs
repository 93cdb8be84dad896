//! The whole: chain, ceremony, deposit, activation, and then duties, epoch after epoch. What comes
//! besides with Rocket Pool, `rocket_pool` says.

mod rocket_pool;
mod watch;

use std::collections::BTreeSet;

use proto::{Epoch, PublicKey};
use tokio::time::{Duration, sleep};

use crate::Error;
use crate::chain::{Chain, Foundation};
use crate::cluster::{ChainTerms, Cluster};
use crate::ledger::{Duties, Ledger};
use crate::peer::Gained;
use crate::place::Site;
use crate::plan::{Entry, Plan};
use crate::pool::{RocketPool, Steps};
use crate::progress::Progress;

/// Epochs until deposited validators must be active: finality of the deposit, eligibility, finality
/// of that, and the seed lookahead make 11; on a busy machine blocks are late, and finality too.
const ACTIVATION_EPOCHS: u64 = 30;
/// How often something is looked for.
const LOOK: Duration = Duration::from_millis(200);

/// Everything that runs, and what was counted. It outlives an interrupted [`Scene::play`], so that
/// the programs can be ended and the report written.
#[derive(Debug)]
pub struct Scene {
    plan: Plan,
    site: Site,
    chain: Option<Chain>,
    cluster: Option<Cluster>,
    pool: Option<RocketPool>,
    /// What the node account does, if it is a Safe.
    steps: Steps,
    /// The group's megapool, once it is there.
    megapool: String,
    ledger: Option<Ledger>,
    epochs: u64,
    /// The epochs that were counted and shown.
    shown: BTreeSet<Epoch>,
    excused: BTreeSet<Epoch>,
}

impl Scene {
    /// Nothing runs yet.
    pub fn new(plan: Plan, site: Site) -> Self {
        Self {
            plan,
            site,
            chain: None,
            cluster: None,
            pool: None,
            steps: Steps::default(),
            megapool: String::new(),
            ledger: None,
            epochs: 0,
            shown: BTreeSet::new(),
            excused: BTreeSet::new(),
        }
    }

    /// Plays all stages. Without `--for-epochs` it never returns but for an error.
    pub async fn play(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("foundation");
        let foundation = Foundation::lay(&self.plan, &self.site).await?;
        progress.end(
            stage,
            &format!("genesis root {}", foundation.genesis_validators_root),
        );
        let terms = ChainTerms::of(&foundation);
        match self.plan.entry {
            Entry::Genesis => {
                self.hold_ceremony(&terms, progress).await?;
                self.start_chain(foundation, progress).await?;
                self.start_peers(progress).await?;
            }
            Entry::Deposit => {
                self.start_chain(foundation, progress).await?;
                self.hold_ceremony(&terms, progress).await?;
                self.start_peers(progress).await?;
                self.deposit(progress).await?;
            }
            Entry::RocketPool => {
                self.start_chain(foundation, progress).await?;
                self.hold_ceremony(&terms, progress).await?;
                return self.play_rocket_pool(progress).await;
            }
        }
        let first = self.await_activation(progress).await?;
        self.watch(first, progress).await?;
        self.judge()
    }

    async fn hold_ceremony(
        &mut self,
        terms: &ChainTerms,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let (plan, site) = (&self.plan, &self.site);
        let stage = progress.begin("definition");
        let beacon_urls = |i| site.ports.beacon_urls(&plan.beacon_nodes_of(i));
        let cluster = Cluster::found(plan, site, terms, beacon_urls)?;
        let (n, t) = (plan.size.peers(), plan.size.threshold());
        progress.end(
            stage,
            &format!("{n} operators, {t} of them can sign, all have agreed"),
        );
        let stage = progress.begin("ceremony");
        cluster.ceremony(site, |text| stage.say(text)).await?;
        let keys = cluster.keys()?.len();
        progress.end(stage, &format!("{keys} validator keys that nobody holds"));
        self.cluster = Some(cluster);
        Ok(())
    }

    async fn start_chain(
        &mut self,
        foundation: Foundation,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let stage = progress.begin("chain");
        let appended = match &self.cluster {
            Some(cluster) => cluster.for_genesis()?,
            None => Vec::new(),
        };
        let chain = Chain::start(&self.plan, foundation, &self.site, &appended).await?;
        let result = format!(
            "{} beacon node(s) on {}, {} interop validators, {} ms a slot",
            self.plan.beacon_node_count(),
            chain.api().url(),
            self.plan.interop_validators(),
            self.plan.slot_ms
        );
        self.chain = Some(chain);
        progress.end(stage, &result);
        Ok(())
    }

    async fn start_peers(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("peers");
        let (_, cluster, site) = self.running();
        cluster.start(site).await?;
        stage.keep(&cluster.how_to_look(site));
        let result = format!("{} peers running", cluster.peers.len());
        progress.end(stage, &result);
        Ok(())
    }

    async fn deposit(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("deposit");
        let (chain, cluster, site) = self.running();
        let execution = chain
            .execution
            .as_mut()
            .expect("a plan with deposits has a client");
        execution.first_block(&site.children).await?;
        cluster.deposit(site, &execution.rpc_url).await?;
        progress.end(stage, "mined");
        Ok(())
    }

    /// Waits until all validators are active; answers with the first epoch of duties to watch.
    async fn await_activation(&mut self, progress: &mut Progress) -> Result<Epoch, Error> {
        let stage = progress.begin("activation");
        let (chain, cluster, _) = self.running();
        let keys = cluster.keys()?;
        let api = chain.api().clone();
        let last = Epoch(api.now().epoch(api.slots_per_epoch()).0 + ACTIVATION_EPOCHS);
        let mut shown = String::new();
        loop {
            chain.must_run()?;
            cluster.must_run()?;
            let registered = api.validators(&keys).await?;
            let active = registered
                .values()
                .filter(|v| v.status == "active_ongoing")
                .count();
            if active == keys.len() {
                let own = registered.values().map(|v| v.index).collect();
                let slots = api.slots_per_epoch();
                // A whole epoch of duties that nobody has begun yet.
                let first = match api.now() {
                    proto::Slot(0) => Epoch(1),
                    now => now.epoch(slots).next(),
                };
                self.ledger = Some(Ledger::new(own, first, slots));
                progress.end(
                    stage,
                    &format!("{active} validators, duties from epoch {first} on"),
                );
                return Ok(first);
            }
            if api.now().epoch(api.slots_per_epoch()) > last {
                let text = format!(
                    "after {ACTIVATION_EPOCHS} epochs: {}",
                    statuses(&registered, &keys)
                );
                return Err(Error::Unexpected(text));
            }
            let now = statuses(&registered, &keys);
            if now != shown {
                stage.say(&format!("slot {}: {now}", api.now()));
                shown = now;
            }
            sleep(LOOK).await;
        }
    }

    fn running(&mut self) -> (&mut Chain, &mut Cluster, &Site) {
        let chain = self
            .chain
            .as_mut()
            .expect("the chain was started in an earlier stage");
        let cluster = self
            .cluster
            .as_mut()
            .expect("the ceremony was held in an earlier stage");
        (chain, cluster, &self.site)
    }

    fn ledger(&mut self) -> &mut Ledger {
        self.ledger.as_mut().expect("activation was awaited")
    }

    /// What was counted: epochs, duties, and each peer's gains.
    pub fn figures(&self) -> (u64, Duties, Vec<(String, Gained)>) {
        let duties = self.ledger.as_ref().map(Ledger::total).unwrap_or_default();
        let gains = self
            .cluster
            .as_ref()
            .map(Cluster::gained)
            .unwrap_or_default();
        (self.epochs, duties, gains)
    }

    /// Ends everything: peers first, so that they stop on a living chain.
    pub async fn stop(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.stop().await;
        }
        if let Some(chain) = &mut self.chain {
            chain.stop().await;
        }
    }
}

/// `3 pending_queued, 5 not in the registry`.
fn statuses(
    registered: &std::collections::BTreeMap<PublicKey, crate::api::Registered>,
    keys: &[PublicKey],
) -> String {
    let names: BTreeSet<&str> = registered.values().map(|v| v.status.as_str()).collect();
    let count = |name: &str| registered.values().filter(|v| v.status == name).count();
    let mut parts: Vec<String> = names
        .into_iter()
        .map(|name| format!("{} {name}", count(name)))
        .collect();
    if registered.len() < keys.len() {
        parts.push(format!(
            "{} not in the registry",
            keys.len() - registered.len()
        ));
    }
    parts.join(", ")
}
