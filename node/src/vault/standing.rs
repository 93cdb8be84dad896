//! Whether anything may be signed: not after a failed disk, an old copy of the record put in place,
//! or a fork that this process did not know of when it started.
//!
//! Source: design §2 (loss of the record must be noticed; a failed write poisons it).
//!
//! Never here: a way back. Only the next start, or an explicit command, makes a record sound.

use std::collections::BTreeMap;

use proto::{ClusterSize, Epoch, PeerIndex};

use super::Refusal;

/// The standing of one record.
#[derive(Debug)]
pub(super) struct Standing {
    size: ClusterSize,
    stopped: Option<Refusal>,
    // The highest sequence number of this record that each peer says it has seen.
    seen: BTreeMap<PeerIndex, u64>,
}

impl Standing {
    pub(super) fn new(size: ClusterSize) -> Self {
        Self {
            size,
            stopped: None,
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn stopped(&self) -> Option<Refusal> {
        self.stopped
    }

    pub(super) fn poison(&mut self) {
        self.stopped = Some(Refusal::Poisoned);
    }

    pub(super) fn leave_chain(&mut self, from: Epoch) {
        self.stopped.get_or_insert(Refusal::OtherChain { from });
    }

    /// `peer` says it has seen `sequence`, while the record ends at `ours`.
    pub(super) fn witnessed(&mut self, peer: PeerIndex, sequence: u64, ours: u64) {
        let seen = self.seen.entry(peer).or_default();
        *seen = sequence.max(*seen);
        let mut claims: Vec<u64> = self.seen.values().copied().collect();
        claims.sort_unstable_by(|one, other| other.cmp(one));
        // The claim that f others reach or exceed: at least one honest peer has seen as much.
        let witnessed = claims.get(self.size.faulty()).copied().unwrap_or(0);
        if self.stopped.is_none() && witnessed > ours {
            self.stopped = Some(Refusal::RolledBack { ours, witnessed });
        }
    }
}
