//! How many blobs a block may have, in each epoch.
//!
//! Source: consensus-specs `fulu/beacon-chain.md` (`get_blob_parameters`), EIP-7892: before the
//! first entry of `BLOB_SCHEDULE`, `MAX_BLOBS_PER_BLOCK_ELECTRA` holds.
//!
//! A node whose limits are absent or strange, or that has no schedule since Fulu, is no reason
//! not to sign: then [`MAX`](BlobLimits::MAX) holds, which no chain reaches.

use serde_json::Value;

use super::keys::{Keys, epoch, read};
use crate::Epoch;

/// How many blobs a block may have at most, as the chain's spec says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobLimits {
    /// From which epoch on how many, in ascending order.
    since: Vec<(Epoch, usize)>,
}

impl BlobLimits {
    /// More than this is bounded by nobody's spec: 18 MB with the proofs of Fulu. The limit of
    /// mainnet was 21 in 2026.
    pub const MAX: usize = 128;
    /// A schedule with more entries is not read. Mainnet's had 2 in 2026.
    const MAX_ENTRIES: usize = 256;

    /// As the spec says them.
    pub(super) fn of(keys: &Keys<'_>) -> Self {
        let electra = keys.0.get("MAX_BLOBS_PER_BLOCK_ELECTRA").and_then(blobs);
        let schedule = match keys.0.get("BLOB_SCHEDULE") {
            // Since Fulu the schedule says it, be it empty.
            None | Some(Value::Null) => {
                let fulu = keys.0.get("FULU_FORK_EPOCH").and_then(epoch);
                let fulu = fulu.filter(|fulu| *fulu != u64::MAX);
                Some(
                    fulu.into_iter()
                        .map(|fulu| (Epoch(fulu), Self::MAX))
                        .collect(),
                )
            }
            Some(schedule) => entries(schedule),
        };
        let Some(mut since) = schedule else {
            // From some epoch on others hold than before, and nobody knows from which.
            return Self { since: Vec::new() };
        };
        since.extend(electra.map(|blobs| (Epoch(0), blobs)));
        // Of two for one epoch the higher one holds: the last.
        since.sort_unstable();
        Self { since }
    }

    /// How many blobs a block of `epoch` may have, [`BlobLimits::MAX`] where the spec says nothing.
    pub fn at(&self, epoch: Epoch) -> usize {
        let mut said = self.since.iter().rev();
        let said = said.find(|(since, _)| *since <= epoch);
        said.map_or(Self::MAX, |(_, blobs)| *blobs).min(Self::MAX)
    }

    /// Whether the spec says how many, and can be understood. If not, the operator should be told
    /// once.
    pub fn are_said(&self) -> bool {
        !self.since.is_empty()
    }
}

/// The entries of a schedule, if all of them can be read.
fn entries(schedule: &Value) -> Option<Vec<(Epoch, usize)>> {
    let entries = schedule.as_array()?;
    let read = |entry: &Value| {
        let since = epoch(entry.get("EPOCH")?)?;
        Some((Epoch(since), blobs(entry.get("MAX_BLOBS_PER_BLOCK")?)?))
    };
    let is_bounded = entries.len() <= BlobLimits::MAX_ENTRIES;
    is_bounded.then(|| entries.iter().map(read).collect())?
}

fn blobs(value: &Value) -> Option<usize> {
    read(value)
}
