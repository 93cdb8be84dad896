//! What proofs cost the duties beside them: epochs without any and epochs in which one peer makes
//! one after another, in one run.
//!
//! They come in the order without, with, with, without, so that what only changes with the time
//! weighs on both alike.

use std::time::Duration;

use super::proving::Proof;
use crate::ledger::Tally;
use crate::peer::Gained;
use crate::usage::Machine;

/// After so many epochs there were as many of each, in that order.
pub const ROUND: u64 = 4;

/// Whether proofs are made in a duty epoch, counted from 1.
pub fn has_proofs(epoch: u64) -> bool {
    matches!(epoch % ROUND, 2 | 3)
}

/// Both kinds of epochs.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub without: Stretch,
    pub with: Stretch,
    /// Those that were made.
    pub proofs: Vec<Proof>,
    /// The most resident memory of the peer that makes them before it made any, in bytes.
    pub idle_bytes: u64,
}

/// Epochs of one kind.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    pub epochs: u64,
    pub counted: Tally,
    /// What each peer gained in them; of memory, the most.
    pub peers: Vec<(String, Gained)>,
    /// How much of the machine was busy in them, with whatever.
    pub machine: Machine,
}

/// What one epoch has shown.
#[derive(Debug)]
pub struct Epoch {
    pub number: u64,
    pub counted: Tally,
    /// What each peer had gained at its beginning and at its end.
    pub peers: [Vec<(String, Gained)>; 2],
    pub machine: Machine,
}

impl Beside {
    /// Adds an epoch, and the proofs that were made in it.
    pub fn add(&mut self, epoch: &Epoch, proofs: &[Proof]) {
        self.proofs.extend(proofs);
        if epoch.number == 1 {
            let prover = epoch.peers[1].first();
            self.idle_bytes = prover.map_or(0, |(_, gained)| gained.latest_peak_bytes);
        }
        match has_proofs(epoch.number) {
            true => self.with.add(epoch),
            false => self.without.add(epoch),
        }
    }

    /// How long the longest has taken.
    pub fn longest(&self) -> Duration {
        let all = self.proofs.iter().map(|proof| proof.milliseconds);
        Duration::from_millis(all.max().unwrap_or(0))
    }

    /// How long all have taken together.
    pub fn lasted(&self) -> Duration {
        Duration::from_millis(self.proofs.iter().map(|proof| proof.milliseconds).sum())
    }

    /// How much more memory the peer had than before, at most, in bytes.
    pub fn above_idle(&self) -> u64 {
        let prover = self.with.peers.first();
        let most = prover.map_or(0, |(_, gained)| gained.peak_rss_bytes);
        most.saturating_sub(self.idle_bytes)
    }
}

impl Stretch {
    fn add(&mut self, epoch: &Epoch) {
        self.epochs += 1;
        self.counted.expected += epoch.counted.expected;
        self.counted.included += epoch.counted.included;
        self.machine.add(&epoch.machine);
        let [before, after] = &epoch.peers;
        for (name, _) in after.iter().skip(self.peers.len()) {
            self.peers.push((name.clone(), Gained::default()));
        }
        for ((sum, before), after) in self.peers.iter_mut().zip(before).zip(after) {
            let (sum, before, after) = (&mut sum.1, &before.1, &after.1);
            sum.metrics.add_gain(&before.metrics, &after.metrics);
            sum.cpu_seconds += after.cpu_seconds - before.cpu_seconds;
            sum.rss_bytes = sum.rss_bytes.max(after.latest_rss_bytes);
            sum.peak_rss_bytes = sum.peak_rss_bytes.max(after.latest_peak_bytes);
        }
    }
}

#[cfg(test)]
mod tests;
