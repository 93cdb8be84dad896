//! What is kept of duties that are over, for each of our validators, and of what each peer has
//! contributed: the form on the disk.
//!
//! One row holds all duties of one slot and kind; in it, validators with the same fate stand
//! together, so that a slot of a large cluster takes some hundred bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the chain shows of a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnChain {
    /// The block of slot `included` is the first that carries the vote.
    Voted {
        included: u64,
        target: bool,
        head: bool,
    },
    /// The block of the slot is the validator's.
    Proposed,
    /// The next slot's block carries the sync committee message.
    Synced,
    /// The next slot has no block that could carry it.
    NoBlock,
    /// It is not there, and cannot come any more.
    Lacking,
}

/// The same fate of the same work of some validators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fate {
    /// What they owed, by its name.
    pub work: String,
    /// Why this peer says that it is missed; none if it is signed and taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the chain shows of it; none before it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<OnChain>,
    /// Positions in the lock, and indices.
    pub of: Vec<(u32, u64)>,
}

/// What became of the duties of one slot and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub slot: u64,
    /// The kind of what was agreed, by its name.
    pub kind: String,
    /// How far it came on this peer, in words, and how many milliseconds after it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<(String, u64)>,
    /// Milliseconds from the beginning to the signature, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The peers that did not help in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    pub fates: Vec<Fate>,
}

/// What the chain shows of one duty of one validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub slot: u64,
    pub work: &'static str,
    pub index: u64,
    pub chain: OnChain,
}

impl Row {
    /// Enters what the chain shows of some of it.
    pub(super) fn enter(&mut self, seen: &[Seen]) {
        let mut fates: Vec<Fate> = Vec::new();
        let mut add = |fate: &Fate, chain, of| {
            let same = |other: &&mut Fate| {
                (&other.work, &other.reason, other.chain) == (&fate.work, &fate.reason, chain)
            };
            match fates.iter_mut().find(same) {
                Some(other) => other.of.push(of),
                None => fates.push(Fate {
                    chain,
                    of: vec![of],
                    ..fate.clone()
                }),
            }
        };
        let news: BTreeMap<(&str, u64), OnChain> = seen
            .iter()
            .map(|seen| ((seen.work, seen.index), seen.chain))
            .collect();
        for fate in &self.fates {
            for of in &fate.of {
                let news = news.get(&(fate.work.as_str(), of.1)).copied();
                add(fate, news.or(fate.chain), *of);
            }
        }
        self.fates = fates;
    }
}

/// What one peer has contributed in one epoch, as this one has seen it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// Duties that there were.
    pub duties: u64,
    /// Those to which it gave its share in time.
    pub shares: u64,
    /// Those of which it was the first to propose the value, where that took a leader.
    pub led: u64,
    /// Duties, signed or not, of which its own beacon node bore out a value.
    pub saw: u64,
}

impl Contribution {
    /// Adds what another one counts.
    pub fn add(&mut self, other: Self) {
        self.duties += other.duties;
        self.shares += other.shares;
        self.led += other.led;
        self.saw += other.saw;
    }
}
