//! A group's megapool validators, from the contracts to the last wei: the stages of `--rocketpool`.
//!
//! The node account's steps are sent by the coordinator, which is the first peer, or with `--safe`
//! by any. The devnet plays the people: operators who agree and who approve of exits, the owners of
//! the withdrawal addresses who do with their wallets what `gantry pool plan` shows them, and
//! others who lend ether.

use std::process::Command;

use futures::future::try_join_all;
use proto::{Epoch, Slot};
use tokio::time::{Duration, sleep};

use super::Scene;
use crate::Error;
use crate::children::{Child, output};
use crate::pool::{ETHER, RocketPool, Seen, Who, apart, in_ether};
use crate::progress::{Progress, Stage};

/// How often people look what has become of the node: seldom, since to see all of Rocket Pool costs
/// the execution client as much as a full block.
const ROUND: Duration = Duration::from_secs(4);
/// How many epochs a stage may take: what has to be final takes three, what waits for a turn of
/// Rocket Pool some more, and a busy machine makes them late.
const PATIENCE: u64 = 40;
/// What one saver lends at a time. From 32 ETH on Rocket Pool would give it to the queue by itself,
/// and nobody would have to ask for it.
const LOAN: u128 = 31 * ETHER;
/// What is given for a place in a block, in ether: so much more than usual that the rewards of a
/// few epochs are worth sharing.
const TIP: f64 = 1.0;

/// In how many slots the chain comes by each of its validators to pay out, and some more.
const ROUND_OF_PAYOUTS: u64 = 12;
/// The selectors of the megapool's `distribute()` and `claim()`.
const DISTRIBUTE: &str = "0xe4fc6b6d";
const CLAIM: &str = "0x4e71d92d";

/// Validators that have got at least so far.
const QUEUED: [&str; 5] = ["queued", "prestaked", "staked", "exiting", "exited"];

impl Scene {
    /// All stages but the chain's start and the ceremony.
    pub(super) async fn play_rocket_pool(&mut self, progress: &mut Progress) -> Result<(), Error> {
        self.deploy(progress).await?;
        self.agree(progress)?;
        self.start_peers(progress).await?;
        self.found_node(progress).await?;
        self.fill_queue(progress).await?;
        let first = self.await_activation(progress).await?;
        let tips = self.pool().tip(&self.site, TIP)?;
        // Duties are shown and not judged: slots may be as short as they can be, and a life is
        // good if its money is.
        self.watch(first, progress).await?;
        self.earn(tips, progress).await?;
        self.leave(progress).await?;
        self.settle(progress).await
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
        let mut pool = RocketPool::deploy(&self.plan, &self.site, chain).await?;
        if self.plan.node_safe {
            let cluster = self.cluster.as_ref().expect("the ceremony was held");
            pool.make_accounts(cluster, &self.site).await?;
        }
        let storage = pool.contracts.at("rocketStorage");
        let result = format!("stand-ins of Rocket Pool, RocketStorage at {storage}");
        stage.say("until they are final");
        self.pool = Some(pool);
        let deployed = self.pool().deployed;
        self.await_final(deployed, "final contracts").await?;
        progress.end(stage, &result);
        Ok(())
    }

    /// Waits until the chain cannot turn away from this block of the execution chain any more.
    async fn await_final(&mut self, block: u64, what: &str) -> Result<(), Error> {
        let mut last = None;
        while !self.pool().is_final(block).await? {
            self.must_run_until(&mut last, what)?;
            sleep(ROUND).await;
        }
        Ok(())
    }

    fn agree(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("agreement");
        let pool = self.pool.as_mut().expect("Rocket Pool was deployed");
        let cluster = self.cluster.as_ref().expect("the ceremony was held");
        pool.agree(cluster, &self.site)?;
        for i in 0..cluster.peers.len() {
            cluster.configure(i, &pool.config(i)?)?;
        }
        let what = if self.plan.node_safe {
            ", a Safe of all"
        } else {
            ""
        };
        let node = pool.node();
        progress.end(
            stage,
            &format!("all have signed that the node is {node}{what}"),
        );
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
            let steps = self.pool().plan(&self.site, &cluster.peers[0]).await;
            let Some(steps) = looked(&stage, steps) else {
                sleep(ROUND).await;
                continue;
            };
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
        let seen = self
            .await_seen(&stage, "the megapool", |it| it.megapool.is_some())
            .await?;
        let megapool = seen.megapool.unwrap_or_default();
        progress.end(stage, &format!("megapool {megapool}"));
        self.megapool = megapool;
        Ok(())
    }

    /// Deposits into the queue, and out of it one by one as others lend ether.
    async fn fill_queue(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let all = self.plan.validators;
        let stage = progress.begin("queue");
        if let Some(bonds) = self.pool().pay_in(all).await? {
            stage.keep(&format!("{} ETH are paid into the Safe", in_ether(bonds)));
        }
        self.await_seen(&stage, "deposits", |it| it.at(&QUEUED) == all)
            .await?;
        progress.end(
            stage,
            &format!("{all} deposits of 1 ETH, signed by the peers together"),
        );
        let stage = progress.begin("assignment");
        let lacking = 28 * all as u128 * ETHER;
        let loans = lacking.div_ceil(LOAN);
        let deposit_pool = self.pool().contracts.at("rocketDepositPool").to_owned();
        for _ in 0..loans {
            // The selector of `deposit()`.
            self.pool()
                .send(Who::Saver, &deposit_pool, (LOAN, "0xd0e30db0"))
                .await?;
        }
        let lent = in_ether(LOAN * loans);
        stage.keep(&format!("{loans} savers have lent {lent} ETH"));
        self.await_seen(&stage, "assignments", |it| it.at(&QUEUED[1..]) == all)
            .await?;
        progress.end(stage, "32 ETH for each");
        let stage = progress.begin("stake");
        self.await_seen(&stage, "stakes", |it| it.at(&QUEUED[2..]) == all)
            .await?;
        progress.end(stage, &format!("{all} validators proved to Rocket Pool"));
        Ok(())
    }

    /// Until rewards have reached the withdrawal address.
    async fn earn(&mut self, tips: Child, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("rewards");
        let paid = self.blocks_pay_megapool().await?;
        stage.keep(&format!("{paid} own block(s) pay the megapool"));
        let mut last = None;
        let got = loop {
            self.must_run_until(&mut last, "rewards at the withdrawal address")?;
            let got = self.pool().gained(Who::Withdrawal).await?;
            if got > 0 {
                break got;
            }
            sleep(ROUND).await;
        };
        drop(tips);
        progress.end(stage, &format!("{} ETH claimed", in_ether(got)));
        Ok(())
    }

    /// How many own blocks there are; each must pay the megapool.
    async fn blocks_pay_megapool(&mut self) -> Result<usize, Error> {
        let megapool = self.megapool.clone();
        let blocks = self.ledger().own_blocks();
        let api = self.running().0.api().clone();
        for root in &blocks {
            let paid = api.block(*root).await?.message.body.execution_payload;
            let paid = paid.map(|it| it.fee_recipient).unwrap_or_default();
            if !paid.eq_ignore_ascii_case(&megapool) {
                let text = format!("block {root} pays {paid} and not the megapool {megapool}");
                return Err(Error::Unexpected(text));
            }
        }
        Ok(blocks.len())
    }

    /// As many operators as can sign type the exit of every validator.
    async fn leave(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let all = self.plan.validators;
        let threshold = self.plan.size.threshold();
        let stage = progress.begin("exit");
        let (_, cluster, site) = self.running();
        let running = cluster.peers.iter_mut().filter_map(|it| {
            let config = it.config();
            it.is_running().then_some(config)
        });
        let operators: Vec<_> = running.take(threshold).collect();
        for (before, config) in operators.iter().enumerate() {
            let typed = (0..all).map(|place| {
                let mut exit = Command::new(site.place.gantry());
                exit.args(["exit", &format!("lock:{place}"), "--yes", "--config"]);
                exit.arg(config);
                apart(move || output("gantry exit", &mut exit))
            });
            try_join_all(typed).await?;
            stage.say(&format!("approved by {} of {threshold}", before + 1));
        }
        self.await_seen(&stage, "proofs of exit", |it| it.at(&QUEUED[3..]) == all)
            .await?;
        progress.end(
            stage,
            &format!("{all} validators leave, proved to Rocket Pool"),
        );
        let stage = progress.begin("payout");
        self.await_seen(&stage, "final balances", |it| it.at(&QUEUED[4..]) == all)
            .await?;
        progress.end(stage, "every balance came back and is proved");
        Ok(())
    }

    /// Waits until none of the validators serves in the sync committee: one that was chosen does to
    /// the end of its period, also after its exit, and what it earns comes after its final balance.
    async fn await_no_seats(&mut self, stage: &Stage) -> Result<(), Error> {
        let (chain, cluster, _) = self.running();
        let (api, keys) = (chain.api().clone(), cluster.keys()?);
        let found = api.validators(&keys).await?;
        let ours: Vec<u64> = found.values().map(|it| it.index).collect();
        let period = self.plan.preset.sync_period();
        let now = || api.now().epoch(api.slots_per_epoch());
        let mut last = Some(Epoch(now().0 + 2 * period + PATIENCE));
        loop {
            self.must_run_until(&mut last, "periods without the validators")?;
            // At a period's begin the node may still be in the one before, and answer nothing.
            let periods = [now(), Epoch(now().0 + period)];
            let seats = try_join_all(periods.map(|it| api.sync_committee(it))).await;
            let seats = looked(stage, seats).map(|both| both.concat());
            if seats.is_some_and(|all| !all.iter().any(|member| ours.contains(member))) {
                // The chain pays out what a validator has when it comes by it.
                api.until(Slot(api.now().0 + ROUND_OF_PAYOUTS)).await;
                return Ok(());
            }
            sleep(ROUND).await;
        }
    }

    /// What came to the megapool after the final balances, the owner of the withdrawal address
    /// fetches by hand: the coordinator does not, since it is less than what that costs.
    async fn fetch_rest(&mut self, stage: &Stage) -> Result<(), Error> {
        self.await_no_seats(stage).await?;
        let (pool, megapool) = (self.pool(), &self.megapool);
        let rest = pool.balance(megapool).await?;
        if rest == 0 {
            return Ok(());
        }
        for call in [DISTRIBUTE, CLAIM] {
            pool.send(Who::Withdrawal, megapool, (0, call)).await?;
        }
        let rest = in_ether(rest);
        stage.keep(&format!("{rest} ETH of late rewards are fetched"));
        Ok(())
    }

    /// Every wei is where it should be.
    async fn settle(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("money");
        self.fetch_rest(&stage).await?;
        let height = self.pool().height().await?;
        self.await_final(height, "final balances").await?;
        let books = self.pool().books(&self.megapool).await?;
        books.check()?;
        let ether = in_ether;
        stage.keep(&format!(
            "came in: {} lent, {} of bonds, {} from the beacon chain, {} of tips",
            ether(books.lent),
            ether(books.bonds),
            ether(books.withdrawn),
            ether(books.tips)
        ));
        stage.keep(&format!(
            "is in: {} the deposit contract, {} Rocket Pool, {} the withdrawal address",
            ether(books.deposited),
            ether(books.elsewhere),
            ether(books.received)
        ));
        let took = self.pool().took(&self.steps, self.plan.slot_ms).await?;
        took.iter().for_each(|took| stage.keep(took));
        let lost = match books.lost {
            0 => String::new(),
            lost => format!(", less {} that validators lost", ether(lost)),
        };
        progress.end(
            stage,
            &format!(
                "{} ETH at {}: {} of bonds and {} of rewards{lost}, to the wei",
                ether(books.received),
                Who::Withdrawal.account().address,
                ether(books.bonds),
                ether(books.rewards)
            ),
        );
        Ok(())
    }

    /// Waits until what `gantry pool status` shows is so.
    async fn await_seen(
        &mut self,
        stage: &Stage,
        what: &str,
        is_so: impl Fn(&Seen) -> bool,
    ) -> Result<Seen, Error> {
        let (mut shown, mut last) = (String::new(), None);
        loop {
            self.must_run_until(&mut last, what)?;
            let cluster = self.cluster.as_ref().expect("it runs");
            let seen = self.pool().status(&self.site, &cluster.peers[0]).await;
            if let Some(seen) = looked(stage, seen) {
                if is_so(&seen) {
                    return Ok(seen);
                }
                let now = seen.words();
                if now != shown {
                    stage.say(&now);
                    shown = now;
                }
            }
            sleep(ROUND).await;
        }
    }

    /// Fails if something has ended, or `last` has gone by, which is set when it is asked first.
    fn must_run_until(&mut self, last: &mut Option<Epoch>, what: &str) -> Result<(), Error> {
        let cluster = self.cluster.as_ref().expect("it runs");
        self.steps.look(&cluster.peers);
        let (chain, cluster, site) = self.running();
        chain.must_run()?;
        cluster.must_run()?;
        let now = chain.api().now().epoch(chain.api().slots_per_epoch());
        match last.get_or_insert(Epoch(now.0 + PATIENCE)) {
            last if now <= *last => Ok(()),
            last => Err(Error::Unexpected(format!(
                "in epoch {last} there are still no {what}; logs are in {}",
                site.children.logs().display()
            ))),
        }
    }
}

/// What was found, or nothing yet: with the shortest slots the chain may turn while it is looked
/// at, and the next look finds another end of it.
fn looked<T>(stage: &Stage, found: Result<T, Error>) -> Option<T> {
    found
        .inspect_err(|error| stage.say(&error.to_string()))
        .ok()
}
