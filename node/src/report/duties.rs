//! What became of duties, as one JSON document: what `gantry duties` reads and prints.
//!
//! A row of the memory holds a whole slot; here each duty of each validator stands by itself.

use std::collections::VecDeque;

use node_core::outcome::Work;
use serde::{Deserialize, Serialize};

use crate::disk::duty_history::{Contribution, Fate, OnChain, OutcomeBook, Row};

/// The most records in one answer: the last ones.
pub const MOST: usize = 10_000;

/// Which duties are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The first slot.
    #[serde(default)]
    pub since: u64,
    /// The first epoch, in place of a slot.
    #[serde(default)]
    pub since_epoch: Option<u64>,
    /// Of this validator alone, by its position in the lock or its index.
    #[serde(default)]
    pub validator: Option<u64>,
    /// Only what is missed, or was missed here and is not seen in the chain yet.
    #[serde(default)]
    pub missed: bool,
    /// How many at most.
    #[serde(default)]
    pub count: Option<usize>,
}

/// What became of a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is in the chain; what leaves no trace there is signed, and the beacon node has it.
    Done,
    /// It is not in the chain; what leaves no trace there was not signed or not taken here.
    Missed,
    /// The chain has not shown it yet, final or some slots deep.
    NotYetSeen,
}

/// One duty of one validator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyRecord {
    pub slot: u64,
    /// `attestation`, `block`, `aggregate`, `sync-message`, or `contribution-0` to
    /// `contribution-3` by the subcommittee.
    pub work: String,
    /// The validator's position in the lock.
    pub validator: u32,
    /// Its index on the chain.
    pub index: u64,
    pub outcome: Outcome,
    /// The slot of the first block that carries it.
    #[serde(default)]
    pub included: Option<u64>,
    /// Of an attestation in a block: whether each of its votes is the chain's.
    #[serde(default)]
    pub source: Option<bool>,
    #[serde(default)]
    pub target: Option<bool>,
    #[serde(default)]
    pub head: Option<bool>,
    /// Why it is missed, or was missed on this peer.
    #[serde(default)]
    pub reason: Option<String>,
    /// How far it came on this peer, and how many milliseconds after it began.
    #[serde(default)]
    pub reached: Option<(String, u64)>,
    /// Milliseconds from the beginning to the signature.
    #[serde(default)]
    pub took_ms: Option<u64>,
    /// The peers that did not help in time.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// What one peer has contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerContribution {
    pub peer: String,
    #[serde(flatten)]
    pub counted: Contribution,
}

/// The whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyReport {
    /// The newest first.
    pub duties: Vec<DutyRecord>,
    /// Whether older ones were left out.
    pub more: bool,
    pub contributions: Vec<PeerContribution>,
}

impl DutyReport {
    /// What the book shows; `names` are those of the peers, and what they have contributed is
    /// counted from the epoch of the first slot on.
    pub fn of(book: &OutcomeBook, filter: &Filter, (names, per_epoch): (&[String], u64)) -> Self {
        let most = filter.count.unwrap_or(MOST).min(MOST);
        let mut report = Self::default();
        let since = match filter.since_epoch {
            Some(epoch) => epoch.saturating_mul(per_epoch),
            None => filter.since,
        };
        let mut rows = book.within(since..u64::MAX);
        let mut waiting: VecDeque<DutyRecord> = VecDeque::new();
        loop {
            if let Some(record) = waiting.pop_front() {
                if report.duties.len() == most {
                    report.more = true;
                    break;
                }
                report.duties.push(record);
            } else if let Some(row) = rows.next() {
                waiting.extend(records(&row, filter));
            } else {
                break;
            }
        }
        let counted = book.contributions(since / per_epoch.max(1)).into_iter();
        let named = counted.filter_map(|(peer, counted)| {
            let peer = names.get(usize::from(peer))?.clone();
            Some(PeerContribution { peer, counted })
        });
        report.contributions = named.collect();
        report
    }
}

/// What of a row is asked for, in the order of the lock.
fn records(row: &Row, filter: &Filter) -> Vec<DutyRecord> {
    let each = |fate: &Fate| -> Vec<DutyRecord> {
        let of = fate.of.iter();
        of.map(|of| record(row, fate, *of)).collect()
    };
    let mut records: Vec<DutyRecord> = row.fates.iter().flat_map(each).collect();
    records.retain(|record| is_wanted(record, filter));
    records.sort_by_key(|record| record.validator);
    records
}

fn is_wanted(record: &DutyRecord, filter: &Filter) -> bool {
    let is_its = filter
        .validator
        .is_none_or(|asked| asked == record.index || asked == u64::from(record.validator));
    let is_missed = match record.outcome {
        Outcome::Done => false,
        Outcome::Missed => true,
        Outcome::NotYetSeen => record.reason.is_some(),
    };
    is_its && (is_missed || !filter.missed)
}

fn record(row: &Row, fate: &Fate, (validator, index): (u32, u64)) -> DutyRecord {
    let leaves_a_trace = Work::named(&fate.work).is_some_and(Work::leaves_a_trace);
    let outcome = match (fate.chain, &fate.reason) {
        (Some(OnChain::Voted { .. } | OnChain::Proposed | OnChain::Synced), _) => Outcome::Done,
        (Some(OnChain::Lacking), _) => Outcome::Missed,
        (None, _) if leaves_a_trace => Outcome::NotYetSeen,
        // Without a block nobody's message was in one.
        (Some(OnChain::NoBlock) | None, Some(_)) => Outcome::Missed,
        (Some(OnChain::NoBlock) | None, None) => Outcome::Done,
    };
    let voted = fate.chain.and_then(|chain| match chain {
        OnChain::Voted {
            included,
            target,
            head,
        } => Some((included, target, head)),
        OnChain::Proposed | OnChain::Synced | OnChain::NoBlock | OnChain::Lacking => None,
    });
    let lost = fate.chain.and_then(|chain| match chain {
        OnChain::Lacking => {
            Some("signed and taken by my beacon node, but no block of the chain has it")
        }
        OnChain::Voted { .. } | OnChain::Proposed | OnChain::Synced | OnChain::NoBlock => None,
    });
    // Two subcommittees in which one validator aggregates are two duties.
    let of = row.kind.strip_prefix("contribution_");
    let of = of.map(|of| format!("{}-{of}", fate.work));
    DutyRecord {
        slot: row.slot,
        work: of.unwrap_or_else(|| fate.work.clone()),
        validator,
        index,
        outcome,
        included: match fate.chain {
            Some(OnChain::Proposed) => Some(row.slot),
            Some(OnChain::Synced) => Some(row.slot + 1),
            Some(OnChain::Voted { .. } | OnChain::NoBlock | OnChain::Lacking) | None => {
                voted.map(|(included, ..)| included)
            }
        },
        // With another source no block could carry it.
        source: voted.map(|_| true),
        target: voted.map(|(_, target, _)| target),
        head: voted.map(|(.., head)| head),
        reason: fate.reason.clone().or_else(|| lost.map(str::to_owned)),
        reached: row.reached.clone(),
        took_ms: row.took_ms,
        missing: row.missing.clone(),
    }
}

#[cfg(test)]
mod tests;
