//! The thread of a running peer that looks at Rocket Pool: a thread of the system with a runtime
//! and connections of its own, so that no duty ever waits for it.
//!
//! | module | is |
//! |---|---|
//! | `places` | what it works with, the ways to it, and what it tells |
//! | `standing` | the agreement in force, as its file has it now |
//! | `again` | when a look that has failed is tried again |
//! | `known` | what it knows beside what it sees |
//! | [`coordinator`], `open` | plans and sends, on the one peer that coordinates |
//! | [`owner`] | plans, signs and sends, on every peer that owns a part of a Safe |
//! | `stand` | how the node account stands to the smoothing pool, for a proposal |
//! | `evidence` | what shows whether the key of the node account was misused |
//! | `books` | the ledger, as the chain goes |
//! | `worry` | what follows from a look, and what of it should worry |
//! | `judging` | a demand for deposits, at the own nodes |
//!
//! Errands come from the core's loop, and what was found goes back to it, each over a bounded
//! channel. Nobody waits for this thread: an errand for which there is no room is lost, and that is
//! said. A look that fails is tried again after a pause, ever longer, without being asked.
//!
//! To add an errand: `node_core::duties::pool` says it step by step; the arm here is in
//! `Watch::run`.
//!
//! What a proposal waits for is read beside all that, with connections of its own.
//!
//! Never here: a decision. What is seen is handed over as it is.

mod again;
mod books;
pub mod coordinator;
mod evidence;
mod judging;
mod known;
mod open;
pub mod owner;
mod places;
mod stand;
mod standing;
mod worry;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use node_core::duties::onehop::cosigning::MOST_HEARD;
use node_core::duties::pool::{Errand, Found, Judgement, Looked, Stand};
use node_core::pool::alarm::Alarm;
use proto::PeerIndex;
use proto::agreement::PoolVersion;
use proto::frame::SafeStep;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};

use super::debt::Debt;
use super::{Lookout, SightError, Target};
use crate::checks::own_nodes::{Expected, OwnNodes};
use crate::execution::Patience;
use crate::report::status::CoordinatorStatus;
use again::Pauses;
use books::Ledger;
use coordinator::{Around, Coordinator, Worked};
use judging::Nodes;
use known::Known;
use owner::Owner;
pub use places::{Errands, Heard, Places, Said, Trouble};
use stand::Reader;
use standing::Standing;

/// Errands that wait at most.
const ERRANDS: usize = 16;
/// What peers have signed and that waits, at most: all that twelve of them may say in a slot. What
/// one says takes no place from another, and none from an errand.
const HEARD: usize = 12 * MOST_HEARD;
/// How often it is looked in a slot, at most, for what peers say.
const LOOKS: u32 = 6;
/// What was found and waits for the loop, at most.
const FINDINGS: usize = 16;

/// Starts the thread. It ends when the senders of errands are dropped.
///
/// # Errors
/// If the system gives no thread or no runtime.
pub fn start(places: Places) -> io::Result<(Errands, Receiver<Said>)> {
    let (slow, errands) = channel(ERRANDS);
    let (to_heard, heard) = channel(HEARD);
    let (urgent, asked) = channel(ERRANDS);
    let (to_said, said) = channel(FINDINGS);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Places {
        lock,
        agreement,
        data_dir,
        deposits,
        execution_node,
        beacon_nodes,
        chain,
        calm,
        pause,
        is_first,
        mandate,
        share,
    } = places;
    let ours = &lock.definition.terms().chain;
    let expected = Expected::Cluster(Box::new(ours.clone()));
    let reader = Reader::of(execution_node.clone(), ours.execution_chain_id);
    let stands = answer(reader, asked, to_said.clone());
    let nodes = Nodes {
        execution: execution_node,
        beacon: OwnNodes::connect(&beacon_nodes, expected).map_err(io::Error::other)?,
        spec: Arc::clone(&chain),
    };
    let around = Around {
        nodes: nodes.clone(),
        chain,
        calm,
        pause,
    };
    let owner = share.map(|share| Owner::new(share, around.clone(), lock.clone()));
    let coordinator = mandate.map(|mandate| Coordinator::new(mandate, around, lock.clone()));
    let slots = u32::try_from(nodes.spec.slots_per_epoch()).unwrap_or(u32::MAX);
    let watch = Watch {
        ledger: Ledger::of(data_dir.clone(), lock.hash()),
        standing: Standing::new((agreement, data_dir), lock, deposits),
        nodes,
        lookout: None,
        pause,
        pauses: Pauses::new(pause, pause.saturating_mul(slots)),
        is_first,
        coordinator,
        owner,
        looked_at: None,
        known: Known::default(),
        settled: judging::Settled::default(),
        debt: Debt::default(),
        told: None,
        owes_misuses: false,
        said: to_said,
    };
    thread::Builder::new()
        .name("pool".to_owned())
        .spawn(move || {
            runtime.spawn(stands);
            runtime.block_on(watch.work(errands, heard));
            runtime.shutdown_background();
        })?;
    let errands = Errands {
        slow,
        heard: to_heard,
        urgent,
    };
    Ok((errands, said))
}

/// Reads what proposals wait for, one after the other.
async fn answer(mut reader: Reader, mut asked: Receiver<Stand>, said: Sender<Said>) {
    while let Some(stand) = asked.recv().await {
        let told = match reader.read(&stand).await {
            Ok(standing) => Said::Found(Found::Stands(standing)),
            Err(error) => Said::Trouble(Trouble::Sight(error)),
        };
        // If the loop has ended, nobody wants it any more.
        if said.send(told).await.is_err() {
            return;
        }
    }
}

struct Watch {
    standing: Standing,
    nodes: Nodes,
    /// None before the first look.
    lookout: Option<Lookout>,
    pause: Duration,
    pauses: Pauses,
    /// Whether the operator wants it to act before the others.
    is_first: bool,
    coordinator: Option<Coordinator>,
    owner: Option<Owner>,
    /// When it looked last.
    looked_at: Option<Instant>,
    known: Known,
    settled: judging::Settled,
    debt: Debt,
    ledger: Ledger,
    /// What a peer that plans nothing was told of the debt.
    told: Option<Alarm>,
    /// Whether it has still to be seen, in this epoch, if the node account's key was misused.
    owes_misuses: bool,
    said: Sender<Said>,
}

/// What the loop is told of what was done.
fn told(worked: Worked) -> impl Iterator<Item = Said> {
    let needed = worked.needed.into_iter().map(Found::Needed);
    let signed = worked.signed.into_iter().map(Box::new);
    let unsigned = worked.unsigned.into_iter().map(Found::Unsigned);
    let found = needed.chain(signed.map(Found::Signed)).chain(unsigned);
    let status = std::iter::once(Said::Coordinates(worked.status));
    let alarms = worked.alarms.map(Said::Alarms);
    found.map(Said::Found).chain(status).chain(alarms)
}

/// What a peer does that is to coordinate and was given no key: nothing, and its operator is told.
fn without_keystore() -> Worked {
    let problem = "the node account is one account with a key, by the agreement, and \
                   `[coordinator]` names no keystore: give node_keystore and node_password_file \
                   there, or take the table out of the config of this peer";
    let status = CoordinatorStatus {
        problem: Some(problem.to_owned()),
        ..CoordinatorStatus::default()
    };
    Worked {
        status,
        ..Worked::default()
    }
}

impl Watch {
    /// Runs errands until nobody gives any more.
    async fn work(mut self, mut errands: Receiver<Errand>, mut heard: Receiver<Heard>) {
        let mut again: Option<Instant> = None;
        loop {
            let pause = again.unwrap_or_else(Instant::now);
            let errand = tokio::select! {
                biased;
                errand = errands.recv() => {
                    // Once an epoch; what the thread looks at by itself in between is not asked.
                    self.owes_misuses |= matches!(errand, Some(Errand::Look));
                    errand
                }
                () = sleep_until(pause), if again.is_some() => Some(Errand::Look),
                Some((peer, said)) = heard.recv() => {
                    again = self.hear(peer, *said, again);
                    continue;
                }
            };
            let Some(errand) = errand else { return };
            let run = self.run(&errand).await;
            let mut is_busy = false;
            let failed = run.is_err();
            let mut said = Vec::new();
            let is_look = matches!(errand, Errand::Look);
            match run {
                Ok(None) => {
                    // A coordinator goes on with what it was given, but of a node that is down it
                    // sees no more for that.
                    let works = self.coordinator.is_some() || self.owner.is_some();
                    if works && !self.pauses.has_failed() {
                        again = Some(Instant::now());
                    }
                    continue;
                }
                Ok(Some(found)) => {
                    (said, is_busy) = self.follow(found).await;
                }
                Err(trouble) => {
                    said.push(Said::Trouble(trouble));
                    if is_look && let Some(coordinator) = &mut self.coordinator {
                        said.extend(coordinator.blind().await.map(Said::Coordinates));
                    }
                }
            }
            if is_look {
                let pause = self.pause_after(failed, is_busy);
                again = pause.map(|pause| Instant::now() + pause);
            }
            for said in said {
                // If the loop has ended, nobody wants it any more.
                if self.said.send(said).await.is_err() {
                    return;
                }
            }
            if let Some(lookout) = &mut self.lookout {
                self.ledger.go_on(&mut lookout.states).await;
            }
        }
    }

    /// What a peer has signed, and when it is looked at after that: soon, but a peer has nobody
    /// look at will, and never sooner through a node that is down.
    fn hear(&mut self, peer: PeerIndex, said: SafeStep, again: Option<Instant>) -> Option<Instant> {
        let Some(owner) = &mut self.owner else {
            return again;
        };
        owner.hear(peer, said);
        if self.pauses.has_failed() {
            return again;
        }
        let soonest = self.looked_at.map(|at| at + self.pause / LOOKS);
        let soonest = soonest.unwrap_or_else(Instant::now).max(Instant::now());
        Some(again.map_or(soonest, |again| again.min(soonest)))
    }

    /// How long after this look the next one is made without being asked, if it is.
    fn pause_after(&mut self, failed: bool, is_busy: bool) -> Option<Duration> {
        if failed {
            return Some(self.pauses.failed());
        }
        self.pauses.seen();
        is_busy.then_some(self.pause)
    }

    /// Has the coordinator, if this peer is one, go on by what was seen.
    async fn coordinate(&mut self, found: &Found) -> Option<Worked> {
        let Found::Looked(looked) = found else {
            return None;
        };
        if looked.version.terms.node_safe.is_some() {
            return Some(match &mut self.owner {
                Some(owner) => owner.work(looked, &mut self.known).await,
                None => owner::without_account(),
            });
        }
        match &mut self.coordinator {
            Some(coordinator) => Some(coordinator.work(looked, &mut self.known).await),
            None => self.is_first.then(without_keystore),
        }
    }

    /// What came of an errand, if anything does.
    async fn run(&mut self, errand: &Errand) -> Result<Option<Found>, Trouble> {
        match errand {
            Errand::Look => {
                let version = self.standing.in_force()?;
                let target = self.target(&version);
                self.looked_at = Some(Instant::now());
                let sight = self.lookout()?.look(&target).await?;
                Ok(Some(Found::Looked(Arc::new(Looked { sight, version }))))
            }
            Errand::Judge(judgement) => Ok(Some(self.judge(judgement).await)),
            Errand::Deposits(deposits) => {
                let chain = &self.standing.lock().definition.terms().chain;
                let version = chain.genesis_fork_version;
                self.known.take(deposits, version);
                Ok(None)
            }
            Errand::AllPay(all_pay) => {
                self.known.pays_smoothing_pool = *all_pay;
                Ok(None)
            }
        }
    }

    /// Judges a demand; whoever demands is told if nothing can be seen, too.
    async fn judge(&mut self, judgement: &Judgement) -> Found {
        let version = match self.standing.in_force() {
            Ok(version) => version,
            Err(why) => return judging::blind(judgement, why.to_string()),
        };
        let target = self.target(&version);
        let agreed = (self.standing.lock(), &version);
        let found =
            judging::run((&self.nodes, &mut self.settled), agreed, &target, judgement).await;
        if let Found::Judged {
            verdict: Ok(consent),
            ..
        } = &found
        {
            self.standing.consented(consent.joined().number);
        }
        found
    }

    fn lookout(&mut self) -> Result<&mut Lookout, SightError> {
        Ok(match &mut self.lookout {
            Some(lookout) => lookout,
            none => none.insert(Lookout::at(&self.nodes.execution, Patience::USUAL)?),
        })
    }

    fn target(&self, version: &PoolVersion) -> Target {
        Target::agreed(self.standing.lock(), version)
    }
}

#[cfg(test)]
mod tests;
