//! One proof after another, made by a running peer: `gantry pool prove`, as an operator types it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::world::now;
use crate::Error;
use crate::children::output;

/// What the command prints of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Proof {
    pub state_bytes: u64,
    pub milliseconds: u64,
}

/// Whose proofs, and with which program.
#[derive(Debug, Clone)]
pub struct Prover {
    pub gantry: PathBuf,
    /// Of the peer.
    pub config: PathBuf,
}

impl Prover {
    /// Has one proof made after another, none that would not end before `end` if it takes a quarter
    /// longer than the longest so far. A proof that was not made is the last.
    pub async fn until(self, end: Duration, mut longest: Duration) -> Result<Vec<Proof>, Error> {
        let mut proofs = Vec::new();
        while now() + longest * 5 / 4 < end {
            let began = now();
            let prover = self.clone();
            let made = tokio::task::spawn_blocking(move || prover.prove()).await;
            proofs.push(made.expect("asking for a proof does not panic")?);
            longest = longest.max(now().saturating_sub(began));
        }
        Ok(proofs)
    }

    fn prove(&self) -> Result<Proof, Error> {
        let mut command = Command::new(&self.gantry);
        command.args(["pool", "prove", "lock:0", "--json", "--config"]);
        command.arg(&self.config);
        read(&output("gantry pool prove", &mut command)?)
    }
}

fn read(text: &str) -> Result<Proof, Error> {
    let read = serde_json::from_str(text);
    read.map_err(|error| Error::Unexpected(format!("gantry pool prove printed {text:?}: {error}")))
}

#[cfg(test)]
mod tests;
