//! Forks: those that Gantry has containers for, and the schedule of the chain at hand.
//!
//! A chain may schedule forks that this version does not know. Their domains can still be computed
//! (a domain needs only the version), but their blocks cannot be read: [`UnknownFork`].
//!
//! Source: consensus-specs `phase0/fork-choice.md` and `*/fork.md`; `configs/*.yaml` for names.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Epoch;
use crate::root::Bytes;

/// The 4 bytes that name a fork in domains.
pub type ForkVersion = Bytes<4>;

/// A fork whose blocks and attestations Gantry can read and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ForkName {
    /// 2025: EIP-7549, execution requests.
    Electra,
    /// December 2025: the same block layout as Electra; blobs travel as cells.
    Fulu,
}

/// A fork is due that this version of Gantry has no containers for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the chain is at fork {0:?}, which this version of gantry cannot sign for: upgrade gantry")]
pub struct UnknownFork(pub String);

impl ForkName {
    /// The name in `Eth-Consensus-Version` headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Electra => "electra",
            Self::Fulu => "fulu",
        }
    }
}

impl fmt::Display for ForkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ForkName {
    type Err = UnknownFork;

    fn from_str(name: &str) -> Result<Self, UnknownFork> {
        match name {
            "electra" => Ok(Self::Electra),
            "fulu" => Ok(Self::Fulu),
            _ => Err(UnknownFork(name.chars().take(32).collect())),
        }
    }
}

/// A fork as the chain schedules it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledFork {
    /// Its name in lower case, as in `ELECTRA_FORK_EPOCH`.
    pub name: String,
    /// Its version.
    pub version: ForkVersion,
    /// The first epoch it holds in.
    pub epoch: Epoch,
}

/// The forks of a chain, oldest first; the first one holds from epoch 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkSchedule(Vec<ScheduledFork>);

/// Forks in the order of their history, which decides between forks of one epoch.
const HISTORY: [&str; 8] = [
    "phase0",
    "altair",
    "bellatrix",
    "capella",
    "deneb",
    "electra",
    "fulu",
    "gloas",
];

impl ForkSchedule {
    /// The schedule that starts with `genesis_version`. Forks in `later` that are never due
    /// (`FAR_FUTURE_EPOCH`) are dropped.
    pub fn new(genesis_version: ForkVersion, later: Vec<ScheduledFork>) -> Self {
        let mut forks = vec![ScheduledFork {
            name: "phase0".to_owned(),
            version: genesis_version,
            epoch: Epoch(0),
        }];
        forks.extend(later.into_iter().filter(|fork| fork.epoch.0 != u64::MAX));
        forks.sort_by_key(|fork| (fork.epoch, place_in_history(&fork.name), fork.version));
        Self(forks)
    }

    /// The fork that holds in `epoch`.
    pub fn at(&self, epoch: Epoch) -> &ScheduledFork {
        self.0
            .iter()
            .rev()
            .find(|fork| fork.epoch <= epoch)
            .expect("phase0 holds from epoch 0")
    }

    /// The next fork after `epoch`, if one is scheduled.
    pub fn after(&self, epoch: Epoch) -> Option<&ScheduledFork> {
        self.0.iter().find(|fork| fork.epoch > epoch)
    }

    /// Every fork, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &ScheduledFork> {
        self.0.iter()
    }
}

/// Whether what holds under the fork of this name is served, or was replaced by what is.
pub(super) fn is_served(name: &str) -> bool {
    let newest = place_in_history(ForkName::Fulu.as_str());
    place_in_history(name) <= newest
}

fn place_in_history(name: &str) -> usize {
    HISTORY
        .iter()
        .position(|known| *known == name)
        .unwrap_or(HISTORY.len())
}

#[cfg(test)]
mod tests;
