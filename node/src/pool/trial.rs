//! Proofs on trial: an operator sees beforehand that the own beacon node gives what the proof of a
//! step needs, and how long that takes beside the duties of this peer. Nothing is sent.
//!
//! One at a time, in a thread of the system with a runtime and connections of its own, so that no
//! duty ever waits for it. It ends with the process, or when the beacon node takes too long.
//!
//! Never here: a step at Rocket Pool.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use node_core::proof::Wanted;
use node_core::proof::anchor::{Choice, Need};
use proto::control::{Answer, Made, Proof, ProofStage, Which};
use proto::definition::Chain;
use proto::eth::{ChainSpec, ValidatorIndex};
use proto::{PublicKey, Slot};
use thiserror::Error;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::oneshot::{Receiver, channel};
use tracing::{info, warn};

use super::calm::Calm;
use super::proof::{NoProof, Prover};
use crate::beacon::{BadUrl, BeaconClient, BeaconError, StateId};
use crate::checks::chain::UnfitNode;
use crate::checks::own_nodes::{Expected, NoneServes, OwnNodes};
use crate::clock;

/// No proof was made on trial.
#[derive(Debug, Error)]
enum Failed {
    #[error(transparent)]
    Url(#[from] BadUrl),
    #[error("the system gives no thread: {0}")]
    Thread(#[from] io::Error),
    #[error(transparent)]
    Nowhere(#[from] NoneServes<Lacking>),
}

/// Why one node gives none.
#[derive(Debug, Error)]
enum Lacking {
    #[error(transparent)]
    Node(#[from] UnfitNode),
    #[error(transparent)]
    Beacon(#[from] BeaconError),
    #[error(transparent)]
    Proof(#[from] NoProof),
    #[error("no block can be shown yet whose state proves something: {0}")]
    NotYet(String),
    #[error("the finalised state of slot {0} does not know this validator yet: try again later")]
    Unknown(Slot),
}

impl Lacking {
    /// Whether another node may give one.
    fn may_differ(&self) -> bool {
        match self {
            Self::Node(unfit) => unfit.may_differ(),
            Self::Proof(none) => none.may_differ(),
            Self::Beacon(_) | Self::NotYet(_) | Self::Unknown(_) => true,
        }
    }
}

/// The proofs on trial of this process.
#[derive(Debug)]
pub struct Trials {
    place: Arc<Place>,
    /// How many were begun.
    begun: u64,
    last: Option<Trial>,
}

/// With what they are made.
#[derive(Debug)]
struct Place {
    /// The beacon nodes, in the operator's order.
    beacon_nodes: Vec<String>,
    /// The chain by the cluster's definition, and as a node has told it.
    ours: Chain,
    chain: Arc<ChainSpec>,
    /// The group keys, in the order of the lock.
    keys: Vec<PublicKey>,
    calm: Calm,
}

/// The last one.
#[derive(Debug)]
struct Trial {
    proof: Proof,
    end: Receiver<ProofStage>,
}

/// Of whom something is to be proven.
#[derive(Debug, Clone, Copy)]
enum Whom {
    Key(PublicKey),
    Index(ValidatorIndex),
}

impl Trials {
    /// None yet, with these beacon nodes of this chain, for a cluster with these group keys, whose
    /// duties go first.
    pub fn new(
        (beacon_nodes, ours): (Vec<String>, Chain),
        chain: Arc<ChainSpec>,
        keys: Vec<PublicKey>,
        calm: Calm,
    ) -> Self {
        Self {
            place: Arc::new(Place {
                beacon_nodes,
                ours,
                chain,
                keys,
                calm,
            }),
            begun: 0,
            last: None,
        }
    }

    /// Begins one, unless one is under way.
    pub fn begin(&mut self, which: Which) -> Answer {
        let whom = match which {
            Which::Index(index) => Whom::Index(index),
            Which::Position(position) => match self.place.keys.get(position.index()) {
                Some(key) => Whom::Key(*key),
                None => {
                    let why = format!("the lock has no validator at place {position}");
                    return Answer::Refused(why);
                }
            },
        };
        if self.is_under_way() {
            let why = "a proof is under way already: wait until it is made, the log of `gantry \
                       run` says when, and try again";
            return Answer::Refused(why.to_owned());
        }
        let (to_end, end) = channel();
        let place = Arc::clone(&self.place);
        let begun = thread::Builder::new()
            .name("proof".to_owned())
            .spawn(move || {
                // If the peer has ended, nobody wants it any more.
                to_end.send(run(&place, whom)).ok();
            });
        if let Err(error) = begun {
            return Answer::Refused(Failed::Thread(error).to_string());
        }
        self.begun += 1;
        let proof = Proof {
            number: self.begun,
            stage: ProofStage::UnderWay,
        };
        self.last = Some(Trial {
            proof: proof.clone(),
            end,
        });
        Answer::Proof(proof)
    }

    /// How the last one stands.
    pub fn look(&mut self) -> Answer {
        self.is_under_way();
        match &self.last {
            Some(trial) => Answer::Proof(trial.proof.clone()),
            None => Answer::Refused("no proof was asked for since this peer began".to_owned()),
        }
    }

    fn is_under_way(&mut self) -> bool {
        let Some(trial) = &mut self.last else {
            return false;
        };
        if trial.proof.stage != ProofStage::UnderWay {
            return false;
        }
        trial.proof.stage = match trial.end.try_recv() {
            Ok(stage) => stage,
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Closed) => {
                let why = "its thread broke off, a fault in gantry: what it wrote last says more";
                ProofStage::Failed(why.to_owned())
            }
        };
        false
    }
}

/// Makes one, and says in the log what came of it.
fn run(place: &Place, whom: Whom) -> ProofStage {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let made = runtime.map_err(Failed::from).and_then(|runtime| {
        let made = runtime.block_on(prove(place, whom));
        runtime.shutdown_background();
        made
    });
    match made {
        Ok(made) => {
            let (slot, index) = (made.slot, made.index);
            let Made {
                state_bytes,
                milliseconds,
                ..
            } = made;
            info!(%slot, %index, state_bytes, milliseconds, "made a proof on trial");
            ProofStage::Made(made)
        }
        Err(error) => {
            warn!("made no proof on trial: {error}");
            ProofStage::Failed(error.to_string())
        }
    }
}

/// Proves that a validator is in the registry, by the newest finalised block that a contract knows.
async fn prove(place: &Place, whom: Whom) -> Result<Made, Failed> {
    let expected = Expected::Cluster(Box::new(place.ours.clone()));
    let nodes = OwnNodes::connect(&place.beacon_nodes, expected)?;
    let made = nodes.whole(Lacking::may_differ, async |beacon| {
        prove_by(beacon, place, whom).await
    });
    Ok(made.await?)
}

/// The same with one node.
async fn prove_by(beacon: &BeaconClient, place: &Place, whom: Whom) -> Result<Made, Lacking> {
    let began = Instant::now();
    let prover = Prover::new(beacon, &place.chain).in_calm(place.calm.clone());
    let need = Need {
        since: Slot(0),
        deadline: None,
    };
    let anchor = match prover.choose(need, clock::now()).await? {
        Choice::Prove(anchor) => anchor,
        Choice::Wait { passed, .. } => {
            let passed = passed.iter().map(|(_, why)| why.to_string());
            return Err(Lacking::NotYet(passed.collect::<Vec<_>>().join("; ")));
        }
    };
    let index = match whom {
        Whom::Index(index) => index,
        Whom::Key(key) => {
            let state = StateId::Slot(anchor.slot);
            let known = beacon.known_validators(state, &[key]).await?.known;
            let known = known.first().ok_or(Lacking::Unknown(anchor.slot))?;
            known.index
        }
    };
    let wanted = Wanted {
        validators: BTreeSet::from([index]),
        ..Wanted::default()
    };
    let proofs = prover.prove(&anchor, wanted).await?;
    Ok(Made {
        slot: anchor.slot,
        index,
        state_bytes: proofs.state_bytes(),
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests;
