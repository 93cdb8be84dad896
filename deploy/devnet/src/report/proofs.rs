//! What the report says of proofs that were made beside duties.

use serde::Serialize;

use super::{Duty, Latency, PeerFigures, duty, figures, latencies, signing_ms};
use crate::load::{Beside, SLOTS_PER_EPOCH, Stretch};

#[derive(Debug, Serialize)]
pub(super) struct Proofs {
    /// Who made them.
    peer: String,
    made: usize,
    seconds: Seconds,
    /// How large the state was.
    state_bytes: u64,
    rss_above_idle_bytes: u64,
    share_of_time: f64,
    without: Part,
    with: Part,
}

#[derive(Debug, Serialize)]
struct Seconds {
    p50: f64,
    max: f64,
}

/// The epochs of one kind.
#[derive(Debug, Serialize)]
struct Part {
    epochs: u64,
    duty: Duty,
    latency_ms: Vec<Latency>,
    peers: Vec<PeerFigures>,
    busy: Option<f64>,
}

impl Proofs {
    /// None if none were made.
    pub(super) fn of(beside: &Beside, slot_ms: u64) -> Option<Self> {
        let mut took: Vec<u64> = beside.proofs.iter().map(|it| it.milliseconds).collect();
        took.sort_unstable();
        let seconds = |ms: &u64| *ms as f64 / 1000.0;
        let epoch = (SLOTS_PER_EPOCH * slot_ms) as f64 / 1000.0;
        Some(Self {
            peer: beside.with.peers.first()?.0.clone(),
            made: took.len(),
            seconds: Seconds {
                p50: took.get(took.len() / 2).map(seconds)?,
                max: took.last().map(seconds)?,
            },
            state_bytes: beside.proofs.last()?.state_bytes,
            rss_above_idle_bytes: beside.above_idle(),
            share_of_time: beside.lasted().as_secs_f64() / (epoch * beside.with.epochs as f64),
            without: part(&beside.without),
            with: part(&beside.with),
        })
    }

    /// For a person.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self {
            peer,
            made,
            seconds: Seconds { p50, max },
            state_bytes,
            rss_above_idle_bytes,
            share_of_time,
            ..
        } = self;
        let made = format!(
            "{made} proofs made by {peer} in {p50:.1} s (p50), {max:.1} s (longest), of {} MB of \
             state, with {:.1} MB of memory more than before; one was under way in {:.0} % of the \
             epochs with proofs",
            state_bytes / 1_000_000,
            *rss_above_idle_bytes as f64 / 1e6,
            share_of_time * 100.0,
        );
        vec![
            self.without.line("without proofs"),
            self.with.line("with proofs"),
            made,
        ]
    }
}

impl Part {
    fn line(&self, name: &str) -> String {
        let (p50, p99) = signing_ms(&self.latency_ms).unwrap_or_default();
        let Duty {
            expected, missed, ..
        } = self.duty;
        format!(
            "{name}: {} epochs, {missed} of {expected} attestations missed, signed after {p50:.1} \
             ms (p50), {p99:.1} ms (p99), slowest peer; {:.0} % of the machine busy",
            self.epochs,
            self.busy.unwrap_or_default() * 100.0,
        )
    }
}

fn part(stretch: &Stretch) -> Part {
    Part {
        epochs: stretch.epochs,
        duty: duty("attestation", stretch.counted),
        latency_ms: stretch.peers.iter().flat_map(latencies).collect(),
        peers: stretch.peers.iter().map(figures).collect(),
        busy: stretch.machine.share(),
    }
}

#[cfg(test)]
mod tests;
