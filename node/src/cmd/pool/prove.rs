//! `gantry pool prove`: has the running peer make a proof as a step at Rocket Pool needs it, and
//! says what that took. Nothing is sent. The peer does it: this finds it through the socket on its
//! disk.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use proto::control::{Answer, Made, Proof, ProofStage, Request};
use serde::Serialize;
use thiserror::Error;

use crate::checks::lock::{self, LockFileError};
use crate::cmd::chosen::{Chosen, NoSuchKey};
use crate::cmd::runtime::{RuntimeError, complete, runtime};
use crate::config::{Config, ConfigError};
use crate::control::{self, ControlError};

/// How often the peer is asked whether it is made.
const PAUSE: Duration = Duration::from_millis(250);

/// No proof was made, or nobody knows.
#[derive(Debug, Error)]
pub enum ProveError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Lock(#[from] LockFileError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    NoSuchKey(#[from] NoSuchKey),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("{0}")]
    Refused(String),
    #[error("no proof was made: {0}")]
    Failed(String),
    #[error("another proof was asked for meanwhile: the log of `gantry run` says how this ended")]
    Overtaken,
    #[error("the running peer answered something else than it was asked: its log may say why")]
    Strange,
}

/// Have the running peer make a proof on trial, to see that a stake or an exit could be proven.
///
/// It asks its own beacon node for a whole state, which not every node gives, and hashes it beside
/// its duties, as it does for a step at Rocket Pool that carries a proof. Nothing is sent.
/// `gantry run` must be running; an agreement on Rocket Pool or an execution node is not needed.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Its public key (0x…), its index on the chain, or its place in the lock (lock:0).
    validator: Chosen,
    /// Print it for scripts.
    #[arg(long)]
    json: bool,
    /// The config file of the running peer.
    #[arg(long, env = "GANTRY_CONFIG", default_value = "gantry.toml")]
    config: PathBuf,
}

/// The document that `--json` prints.
#[derive(Serialize)]
struct Document {
    slot: u64,
    index: u64,
    state_bytes: u64,
    milliseconds: u64,
}

impl Arguments {
    pub fn run(self) -> Result<(), ProveError> {
        let config = Config::read(&self.config)?;
        let lock = lock::read(&config.lock_file)?;
        let which = self.validator.among(&lock)?;
        let made = complete(runtime()?, async {
            let ask = async |request| {
                let answer = control::ask(&config.data_dir, lock.hash(), &request).await?;
                of_proof(answer)
            };
            let mut proof = ask(Request::Prove(which)).await?;
            let number = proof.number;
            loop {
                match proof.stage {
                    _ if proof.number != number => return Err(ProveError::Overtaken),
                    ProofStage::UnderWay => {}
                    ProofStage::Made(made) => return Ok(made),
                    ProofStage::Failed(why) => return Err(ProveError::Failed(why)),
                }
                tokio::time::sleep(PAUSE).await;
                proof = ask(Request::LookAtProof).await?;
            }
        })?;
        println!("{}", if self.json { json(made) } else { words(made) });
        Ok(())
    }
}

fn of_proof(answer: Answer) -> Result<Proof, ProveError> {
    match answer {
        Answer::Proof(proof) => Ok(proof),
        Answer::Refused(why) => Err(ProveError::Refused(why)),
        Answer::Exits(_) | Answer::Exit(_) | Answer::Intents(_) | Answer::Presigned(_) => {
            Err(ProveError::Strange)
        }
    }
}

fn words(made: Made) -> String {
    let Made {
        slot,
        index,
        state_bytes,
        milliseconds,
    } = made;
    let (seconds, tenths) = (milliseconds / 1000, milliseconds % 1000 / 100);
    let megabytes = state_bytes / 1_000_000;
    format!(
        "proved validator {index} by the state of slot {slot} in {seconds}.{tenths} s: \
         {megabytes} MB were read from the beacon node, and nothing was sent"
    )
}

fn json(made: Made) -> String {
    let document = Document {
        slot: made.slot.0,
        index: made.index.0,
        state_bytes: made.state_bytes,
        milliseconds: made.milliseconds,
    };
    serde_json::to_string(&document).expect("numbers have a JSON form")
}

#[cfg(test)]
mod tests;
