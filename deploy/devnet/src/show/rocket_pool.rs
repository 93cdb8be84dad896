//! A group's node at Rocket Pool, from the contracts to its megapool: the stages of `--rocketpool`.
//!
//! The node account's steps are sent by the coordinator, which is the first peer. The devnet plays
//! the people: operators who agree, and the owners of the withdrawal addresses who do with their
//! wallets what `gantry pool plan` shows them.

use proto::Epoch;
use tokio::time::{Duration, sleep};

use super::Scene;
use crate::Error;
use crate::pool::{RocketPool, Who};
use crate::progress::Progress;

/// How often people look what has become of the node: seldom, since to see all of Rocket Pool costs
/// the execution client as much as a full block.
const ROUND: Duration = Duration::from_secs(4);
/// How many epochs a stage may take: what has to be final takes three, and a busy
/// machine makes them late.
const PATIENCE: u64 = 40;

impl Scene {
    /// All stages but the chain's start and the ceremony.
    pub(super) async fn play_rocket_pool(&mut self, progress: &mut Progress) -> Result<(), Error> {
        self.deploy(progress).await?;
        self.agree(progress)?;
        self.start_peers(progress).await?;
        self.found_node(progress).await
    }

    fn pool(&self) -> &RocketPool {
        self.pool
            .as_ref()
            .expect("Rocket Pool was deployed in an earlier stage")
    }

    async fn deploy(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("contracts");
        let (chain, _, site) = self.running();
        let execution = chain.execution.as_mut().expect("the plan has a client");
        execution.first_block(&site.children).await?;
        let chain = self.chain.as_ref().expect("it runs");
        let pool = RocketPool::deploy(&self.plan, &self.site, chain).await?;
        let storage = pool.contracts.at("rocketStorage");
        let result = format!("stand-ins of Rocket Pool, RocketStorage at {storage}");
        stage.say("until they are final");
        self.pool = Some(pool);
        let mut last = None;
        while !self.pool().is_final().await? {
            self.must_run_until(&mut last, "final contracts")?;
            sleep(ROUND).await;
        }
        progress.end(stage, &result);
        Ok(())
    }

    fn agree(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("agreement");
        let (pool, site) = (self.pool(), &self.site);
        let cluster = self.cluster.as_ref().expect("the ceremony was held");
        pool.agree(cluster, site)?;
        for i in 0..cluster.peers.len() {
            cluster.configure(i, &pool.config(i)?)?;
        }
        let node = Who::Node.account().address;
        progress.end(stage, &format!("all have signed that the node is {node}"));
        Ok(())
    }

    /// Until the megapool is there. What the withdrawal addresses have to do, their owners do.
    async fn found_node(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("founding");
        let mut shown = String::new();
        let mut last = None;
        loop {
            self.must_run_until(&mut last, "the megapool")?;
            let cluster = self.cluster.as_ref().expect("it runs");
            let steps = self.pool().plan(&self.site, &cluster.peers[0]).await?;
            let mut founding = steps.iter().filter(|step| step.founds()).peekable();
            if founding.peek().is_none() {
                break;
            }
            let by_hand: Vec<_> = founding.clone().filter_map(|step| step.by_hand()).collect();
            let words: Vec<&str> = founding.map(|step| step.words.as_str()).collect();
            let words = words.join("; ");
            if words != shown {
                stage.say(&words);
                shown = words;
            }
            for it in by_hand {
                self.pool()
                    .send(it.from, &it.to, (it.wei, &it.data))
                    .await?;
                let name = it.from.account().name;
                stage.keep(&format!("the owner of the {name} address has confirmed it"));
            }
            sleep(ROUND).await;
        }
        let cluster = self.cluster.as_ref().expect("it runs");
        let megapool = self.pool().megapool(&self.site, &cluster.peers[0]).await?;
        let megapool = megapool
            .ok_or_else(|| Error::Unexpected("nothing is planned and no megapool there".into()))?;
        progress.end(stage, &format!("megapool {megapool}"));
        Ok(())
    }

    /// Fails if something has ended, or `last` has gone by, which is set when it is asked first.
    fn must_run_until(&mut self, last: &mut Option<Epoch>, what: &str) -> Result<(), Error> {
        let (chain, cluster, site) = self.running();
        chain.must_run()?;
        cluster.must_run()?;
        let now = chain.api().now().epoch(chain.api().slots_per_epoch());
        match last.get_or_insert(Epoch(now.0 + PATIENCE)) {
            last if now <= *last => Ok(()),
            _ => Err(Error::Unexpected(format!(
                "after {PATIENCE} epochs there are no {what}; logs are in {}",
                site.children.logs().display()
            ))),
        }
    }
}
