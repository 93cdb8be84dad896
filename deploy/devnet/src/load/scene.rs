//! The stages of `--load`: ceremony, peers, and duties as the stand-in counts them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use proto::{Epoch, Root};

use super::beside::{self, Beside, has_proofs};
use super::proving::{Proof, Prover};
use super::world::{SLOTS_PER_EPOCH, now};
use super::{StandIn, Summed, World};
use crate::Error;
use crate::cluster::{ChainTerms, Cluster, credentials};
use crate::ledger::{Duties, Tally};
use crate::peer::Gained;
use crate::place::Site;
use crate::plan::Plan;
use crate::progress::{Progress, Stage};
use crate::usage::Machine;

/// From the stand-in's start to slot 0: the peers must run by then.
const LEAD_SECONDS: u64 = 4;
/// Part of a slot after an epoch's end until its duties are counted.
const GRACE_SLOTS: u64 = 1;

/// A cluster on a stand-in beacon node, and what was counted.
#[derive(Debug)]
pub struct LoadScene {
    plan: Plan,
    site: Site,
    cluster: Option<Cluster>,
    stand_in: Option<StandIn>,
    epochs: u64,
    counted: Tally,
    /// What proofs cost, if any are made.
    beside: Option<Beside>,
    unexpected: Vec<String>,
}

impl LoadScene {
    /// Nothing runs yet.
    pub fn new(plan: Plan, site: Site) -> Self {
        Self {
            beside: plan.prove.map(|_| Beside::default()),
            plan,
            site,
            cluster: None,
            stand_in: None,
            epochs: 0,
            counted: Tally::default(),
            unexpected: Vec::new(),
        }
    }

    /// Plays all stages. Without `--for-epochs` it never returns but for an error.
    pub async fn play(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let terms = ChainTerms::mock(World::genesis_validators_root());
        let (plan, site) = (&self.plan, &self.site);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, site.ports.beacon(0)));
        let url = format!("http://{address}");
        let stage = progress.begin("definition");
        let mut cluster = Cluster::found(plan, site, &terms, |_| vec![url.clone()])?;
        progress.end(
            stage,
            &format!("{} operators have agreed", plan.size.peers()),
        );
        let stage = progress.begin("ceremony");
        cluster.ceremony(site, |text| stage.say(text)).await?;
        let keys = cluster.keys()?;
        progress.end(
            stage,
            &format!("{} validator keys that nobody holds", keys.len()),
        );

        let stage = progress.begin("peers");
        let genesis_time = now().as_secs() + LEAD_SECONDS;
        let world = World::new(genesis_time, plan.slot_ms, keys.len());
        let world = match plan.prove {
            Some(validators) => {
                stage.say(&format!("hashing a state of {validators} validators"));
                let showing = tokio::task::spawn_blocking(move || world.showing(validators));
                showing.await.expect("hashing does not panic")
            }
            None => world,
        };
        let paid: Root = credentials();
        let stand_in = StandIn::start(address, world, keys, paid).await?;
        let started = cluster.start(site).await;
        stage.keep(&cluster.how_to_look(site));
        self.cluster = Some(cluster);
        self.stand_in = Some(stand_in);
        started?;
        progress.end(stage, "running");
        self.watch(progress).await
    }

    async fn watch(&mut self, progress: &mut Progress) -> Result<(), Error> {
        let stage = progress.begin("duties");
        let (cluster, stand_in) = match (&mut self.cluster, &self.stand_in) {
            (Some(cluster), Some(stand_in)) => (cluster, stand_in),
            (None | Some(_), _) => return Ok(()), // nothing to watch was started
        };
        let world = stand_in.world.clone();
        // The peers get a whole epoch to learn their duties.
        let first = Epoch(world.slot_at(now()).epoch(SLOTS_PER_EPOCH).0 + 1);
        sleep_until_epoch(&world, first, 0).await;
        cluster.begin_measuring().await;
        let mut number = 1;
        loop {
            let epoch = Epoch(first.0 + number - 1);
            let (before, machine) = (cluster.gained(), Machine::now());
            let proving = self.beside.as_ref().filter(|_| has_proofs(number));
            let proving = proving.map(|beside| {
                let prover = Prover {
                    gantry: self.site.place.gantry().to_owned(),
                    config: cluster.peers[0].config(),
                };
                let end = world.start_of(epoch.next().first_slot(SLOTS_PER_EPOCH));
                tokio::spawn(prover.until(end, beside.longest()))
            });
            for line in cluster
                .strike(&self.site, &self.plan.strikes, number)
                .await?
            {
                stage.keep(&line);
            }
            let is_judged = cluster.running() >= self.plan.size.threshold();
            sleep_until_epoch(&world, epoch.next(), 0).await;
            cluster.measure().await;
            sleep_until_epoch(&world, epoch.next(), GRACE_SLOTS).await;
            cluster.must_run()?;
            let tally = stand_in.count.of(epoch);
            self.epochs = number;
            self.counted.expected += tally.expected;
            self.counted.included += tally.included;
            let line = show(epoch, (tally, stand_in.count.summed(epoch)), &stage);
            if let Some(beside) = &mut self.beside {
                let proofs = match proving {
                    Some(proving) => proving.await.expect("proving does not panic")?,
                    None => Vec::new(),
                };
                show_proofs(&proofs, &stage);
                let epoch = beside::Epoch {
                    number,
                    counted: tally,
                    peers: [before, cluster.gained()],
                    machine: Machine::now().since(&machine),
                };
                beside.add(&epoch, &proofs);
            }
            if is_judged && tally.missed() > 0 {
                self.unexpected.push(line);
            }
            if self.plan.for_epochs == Some(number) {
                progress.end(stage, &format!("{} missed", self.counted.missed()));
                return self.judge();
            }
            number += 1;
        }
    }

    /// Whether all that was expected of the epochs shown so far was received.
    pub fn judge(&self) -> Result<(), Error> {
        if self.unexpected.is_empty() {
            Ok(())
        } else {
            Err(Error::Unexpected(self.unexpected.join("; ")))
        }
    }

    /// What was counted: epochs, duties, and each peer's gains.
    pub fn figures(&self) -> (u64, Duties, Vec<(String, Gained)>) {
        let duties = Duties {
            attestations: self.counted,
            proposals: Tally::default(),
            sync_messages: Tally::default(),
        };
        let gained = self
            .cluster
            .as_ref()
            .map(Cluster::gained)
            .unwrap_or_default();
        (self.epochs, duties, gained)
    }

    /// What proofs cost the duties beside them, if any were made.
    pub fn beside(&self) -> Option<&Beside> {
        self.beside.as_ref()
    }

    /// Ends everything.
    pub async fn stop(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.stop().await;
        }
        self.stand_in = None;
    }
}

fn show(epoch: Epoch, (tally, summed): (Tally, Summed), stage: &Stage) -> String {
    let line = format!(
        "epoch {epoch}: attestations {}/{}; {} aggregates, {} sync committee messages, {} \
         contributions",
        tally.included, tally.expected, summed.aggregates, summed.messages, summed.contributions
    );
    stage.keep(&line);
    line
}

fn show_proofs(proofs: &[Proof], stage: &Stage) {
    if proofs.is_empty() {
        return;
    }
    let took: Vec<String> = proofs
        .iter()
        .map(|proof| {
            format!(
                "{:.1}",
                Duration::from_millis(proof.milliseconds).as_secs_f64()
            )
        })
        .collect();
    stage.keep(&format!(
        "proofs made beside them, in seconds: {}",
        took.join(" ")
    ));
}

async fn sleep_until_epoch(world: &World, epoch: Epoch, slots: u64) {
    let slot = proto::Slot(epoch.first_slot(SLOTS_PER_EPOCH).0 + slots);
    tokio::time::sleep(world.start_of(slot).saturating_sub(now())).await;
}
