//! The thread of a running peer that looks at Rocket Pool: a thread of the system with a runtime
//! and connections of its own, so that no duty ever waits for it.
//!
//! | module | is |
//! |---|---|
//! | `standing` | the agreement in force, as its file has it now |
//! | `stand` | how the node account stands to the smoothing pool, for a proposal |
//! | `judging` | a demand for deposits, at the own nodes |
//!
//! Errands come from the core's loop, and what was found goes back to it, each over a bounded
//! channel. Nobody waits for this thread: an errand for which there is no room is lost, and that is
//! said. A look that fails is tried again after a pause, without being asked.
//!
//! To add an errand: `node_core::duties::pool` says it step by step; the arm here is in
//! `Watch::run`.
//!
//! What a proposal waits for is read beside all that, with connections of its own.
//!
//! Never here: a decision. What is seen is handed over as it is.

mod judging;
mod stand;
mod standing;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use node_core::duties::pool::{Errand, Found, Judgement, Looked, Stand};
use proto::agreement::Version;
use proto::lock::Lock;
use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};

use super::{SightError, Target, look};
use crate::beacon::BeaconClient;
use crate::execution::Patience;
use judging::Nodes;
use stand::Reader;
use standing::{NotInForce, Standing};

/// Errands that wait at most.
const ERRANDS: usize = 16;
/// What was found and waits for the loop, at most.
const FINDINGS: usize = 16;

/// The ways to the thread.
#[derive(Debug, Clone)]
pub struct Errands {
    /// Errands that may take long, one after the other.
    pub slow: Sender<Errand>,
    /// What a proposal waits for.
    pub urgent: Sender<Stand>,
}

/// What the thread tells the loop.
#[derive(Debug)]
pub enum Said {
    /// For the core.
    Found(Found),
    /// For the operator: it cannot look, and why.
    Trouble(Trouble),
}

/// Why nothing is seen of Rocket Pool now.
#[derive(Debug, Error)]
pub enum Trouble {
    #[error(transparent)]
    Agreement(#[from] NotInForce),
    #[error(transparent)]
    Sight(#[from] SightError),
}

/// Where everything is that the thread works with.
#[derive(Debug)]
pub struct Places {
    pub lock: Lock,
    /// The file of the agreement.
    pub agreement: PathBuf,
    /// The execution node.
    pub execution_node: String,
    /// The beacon node.
    pub beacon_node: String,
    /// How long after a failure it is tried again: a slot.
    pub pause: Duration,
}

/// Starts the thread. It ends when the senders of errands are dropped.
///
/// # Errors
/// If the system gives no thread or no runtime.
pub fn start(places: Places) -> io::Result<(Errands, Receiver<Said>)> {
    let (slow, errands) = channel(ERRANDS);
    let (urgent, asked) = channel(ERRANDS);
    let (to_said, said) = channel(FINDINGS);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Places {
        lock,
        agreement,
        execution_node,
        beacon_node,
        pause,
    } = places;
    let chain_id = lock.definition.terms().chain.execution_chain_id;
    let reader = Reader::of(execution_node.clone(), chain_id);
    let stands = answer(reader, asked, to_said.clone());
    let watch = Watch {
        standing: Standing::new(agreement, lock),
        nodes: Nodes {
            execution: execution_node,
            beacon: BeaconClient::connect(&beacon_node).map_err(io::Error::other)?,
        },
        pause,
        said: to_said,
    };
    thread::Builder::new()
        .name("pool".to_owned())
        .spawn(move || {
            runtime.spawn(stands);
            runtime.block_on(watch.work(errands));
            runtime.shutdown_background();
        })?;
    Ok((Errands { slow, urgent }, said))
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
    pause: Duration,
    said: Sender<Said>,
}

impl Watch {
    /// Runs errands until nobody gives any more.
    async fn work(mut self, mut errands: Receiver<Errand>) {
        let mut again: Option<Instant> = None;
        loop {
            let pause = again.unwrap_or_else(Instant::now);
            let errand = tokio::select! {
                biased;
                errand = errands.recv() => errand,
                () = sleep_until(pause), if again.is_some() => Some(Errand::Look),
            };
            let Some(errand) = errand else { return };
            let said = match self.run(&errand).await {
                Ok(None) => continue,
                Ok(Some(found)) => {
                    again = None;
                    Said::Found(found)
                }
                Err(trouble) => {
                    again = Some(Instant::now() + self.pause);
                    Said::Trouble(trouble)
                }
            };
            // If the loop has ended, nobody wants it any more.
            if self.said.send(said).await.is_err() {
                return;
            }
        }
    }

    /// What came of an errand, if anything does.
    async fn run(&mut self, errand: &Errand) -> Result<Option<Found>, Trouble> {
        match errand {
            Errand::Look => {
                let version = self.standing.in_force()?;
                let target = self.target(&version);
                let sight = look(&self.nodes.execution, &target, Patience::USUAL).await?;
                Ok(Some(Found::Looked(Arc::new(Looked { sight, version }))))
            }
            Errand::Judge(judgement) => Ok(Some(self.judge(judgement).await)),
            // Only a coordinator needs them.
            Errand::Deposits(_) => Ok(None),
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
        judging::run(&self.nodes, agreed, &target, judgement).await
    }

    fn target(&self, version: &Version) -> Target {
        let fixed = &version.content.terms.fixed;
        let chain = &self.standing.lock().definition.terms().chain;
        Target {
            node: fixed.node_account,
            storage: Some(fixed.rocket_storage),
            chain_id: Some(chain.execution_chain_id),
            may_be_new: true,
        }
    }
}

#[cfg(test)]
mod tests;
