//! The report of `--report FILE`, version 1: one JSON object, counted over the duty epochs only.
//!
//! ```text
//! {"version": 1,
//!  "parameters": {"peers", "validators", "slot_ms", "preset", "fork", "beacon_nodes",
//!                 "in_genesis", "rocketpool", "safe", "load", "delay_ms", "prove",
//!                 "epochs", "strikes"},
//!  "stages":     [{"name", "seconds"}],
//!  "duties":     [{"kind", "expected", "included", "missed"}],
//!  "latency_ms": [{"peer", "kind", "phase", "count", "p50", "p90", "p99", "max"}],
//!  "peers":      [{"name", "cpu_seconds", "blst_cpu_seconds", "rss_bytes", "peak_rss_bytes",
//!                  "bytes_sent", "fdatasyncs"}],
//!  "proofs":     null or {"peer", "made", "seconds": {"p50", "max"}, "state_bytes",
//!                 "rss_above_idle_bytes", "share_of_time",
//!                 "without" and "with": {"epochs", "duty", "latency_ms", "peers", "busy"}}}
//! ```
//! - `duties` are read back from the chain's blocks (with `load`: counted by the stand-in node,
//!   where "included" means that the signature was verified under the group key); `kind` is
//!   `attestation`, `proposal` or `sync_message`. Of the last a seat counts once for each block
//!   whose parent all voters of the slot before it knew.
//! - `latency_ms` comes from each peer's histograms, as the difference of two readings; the peers'
//!   buckets are 15 % wide, and so exact is a quantile. `max` is the upper edge of the last bucket
//!   that grew. Phases are those of the peer's metric `gantry_phase_seconds`.
//! - `cpu_seconds` and memory come from `/proc`; a restarted peer's lives are added up, its memory
//!   is that of the life that needed most. `bytes_sent` is TCP payload to other peers.
//! - `proofs`, with `--prove`: `without` and `with` are the epochs in which none and one after the
//!   other were made, `latency_ms` and `peers` as above; `share_of_time` is how much of the epochs
//!   with proofs one was under way, `busy` how much of the machine was, with whatever. The time of
//!   a proof counts in the peer, from its first question to its beacon node on.
//!
//! Fields may be added within a version; a changed meaning raises it.

use std::fs;
use std::path::Path;

use serde::Serialize;

mod proofs;

use crate::Error;
use crate::ledger::{Duties, Tally};
use crate::load::Beside;
use crate::metrics::Histogram;
use crate::peer::Gained;
use crate::progress::Done;
use proofs::Proofs;

/// What a change of meaning raises.
const VERSION: u32 = 1;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    parameters: Parameters,
    stages: Vec<Stage>,
    duties: Vec<Duty>,
    latency_ms: Vec<Latency>,
    peers: Vec<PeerFigures>,
    proofs: Option<Proofs>,
}

/// What was run.
#[derive(Debug, Clone, Serialize)]
pub struct Parameters {
    /// How many peers.
    pub peers: usize,
    /// How many validators.
    pub validators: usize,
    /// The slot's length.
    pub slot_ms: u64,
    /// `minimal` or `mainnet`.
    pub preset: &'static str,
    /// `electra` or `fulu`.
    pub fork: &'static str,
    /// `shared` or `each`.
    pub beacon_nodes: &'static str,
    /// Validators in the genesis state instead of deposits.
    pub in_genesis: bool,
    /// Validators of a megapool at Rocket Pool.
    pub rocketpool: bool,
    /// A Safe of all operators as node account.
    pub safe: bool,
    /// A stand-in beacon node instead of a chain.
    pub load: bool,
    /// How long everything between peers was on its way, at least.
    pub delay_ms: u64,
    /// The validators of the state of which proofs were made.
    pub prove: Option<u64>,
    /// How many epochs of duties were counted.
    pub epochs: u64,
    /// `kill 2@3`, `restart 2@5`.
    pub strikes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Stage {
    name: &'static str,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Duty {
    kind: &'static str,
    expected: usize,
    included: usize,
    missed: usize,
}

#[derive(Debug, Serialize)]
struct Latency {
    peer: String,
    kind: String,
    phase: String,
    count: u64,
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

#[derive(Debug, Serialize)]
struct PeerFigures {
    name: String,
    cpu_seconds: f64,
    blst_cpu_seconds: f64,
    rss_bytes: u64,
    peak_rss_bytes: u64,
    bytes_sent: u64,
    fdatasyncs: u64,
}

impl Report {
    /// Puts together what was counted.
    pub fn new(
        parameters: Parameters,
        stages: &[Done],
        duties: Duties,
        peers: &[(String, Gained)],
    ) -> Self {
        let stage = |done: &Done| Stage {
            name: done.name,
            seconds: done.took.as_secs_f64(),
        };
        Self {
            version: VERSION,
            parameters,
            stages: stages.iter().map(stage).collect(),
            duties: vec![
                duty("attestation", duties.attestations),
                duty("proposal", duties.proposals),
                duty("sync_message", duties.sync_messages),
            ],
            latency_ms: peers.iter().flat_map(latencies).collect(),
            peers: peers.iter().map(figures).collect(),
            proofs: None,
        }
    }

    /// With what proofs have cost, if any were made.
    pub fn beside(self, beside: Option<&Beside>) -> Self {
        let slot_ms = self.parameters.slot_ms;
        Self {
            proofs: beside.and_then(|beside| Proofs::of(beside, slot_ms)),
            ..self
        }
    }

    /// The same for a person; no lines if none were made.
    pub fn beside_lines(&self) -> Vec<String> {
        self.proofs.as_ref().map(Proofs::lines).unwrap_or_default()
    }

    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).expect("names and finite numbers only");
        fs::write(path, text + "\n").map_err(Error::file(path))
    }

    /// Milliseconds from value ready to verified signature of attestations over all peers' worst:
    /// the highest p50 and p99, for the line a person reads.
    pub fn signing_ms(&self) -> Option<(f64, f64)> {
        signing_ms(&self.latency_ms)
    }
}

fn signing_ms(latencies: &[Latency]) -> Option<(f64, f64)> {
    let signed = latencies
        .iter()
        .filter(|l| l.kind == "head" && l.phase == "signed");
    signed
        .map(|l| (l.p50, l.p99))
        .reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
}

fn duty(kind: &'static str, tally: Tally) -> Duty {
    let Tally { expected, included } = tally;
    Duty {
        kind,
        expected,
        included,
        missed: tally.missed(),
    }
}

fn latencies((peer, gained): &(String, Gained)) -> Vec<Latency> {
    let histograms = gained.metrics.histograms("gantry_phase_seconds");
    let one = |histogram: &Histogram| {
        let ms = |q| Some(histogram.quantile(q)? * 1000.0);
        Some(Latency {
            peer: peer.clone(),
            kind: histogram.kind.clone(),
            phase: histogram.phase.clone(),
            count: whole(histogram.count()),
            p50: ms(0.5)?,
            p90: ms(0.9)?,
            p99: ms(0.99)?,
            max: ms(1.0)?,
        })
    };
    histograms.filter_map(one).collect()
}

fn figures((name, gained): &(String, Gained)) -> PeerFigures {
    PeerFigures {
        name: name.clone(),
        cpu_seconds: gained.cpu_seconds,
        blst_cpu_seconds: gained.metrics.sum("gantry_bls_cpu_seconds_total"),
        rss_bytes: gained.rss_bytes,
        peak_rss_bytes: gained.peak_rss_bytes,
        bytes_sent: whole(gained.metrics.sum("gantry_sent_bytes_total")),
        fdatasyncs: whole(gained.metrics.sum("gantry_record_fdatasync_seconds_count")),
    }
}

/// A number that was counted, and is a float only because all metrics are: exact below 2^53.
fn whole(counted: f64) -> u64 {
    counted as u64
}

#[cfg(test)]
mod tests;
