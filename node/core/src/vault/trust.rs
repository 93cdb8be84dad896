//! Whether anything may be signed: not after a failed disk, an old copy of the record put in place,
//! a second process with this identity, or a fork that this process did not know of at its start.
//!
//! A lost record must be noticed, and after a failed write nobody knows what is on the disk.
//!
//! Never here: a way back. Only the next start, or an explicit command, makes a record sound.
//!
//! Three peers tolerate no bad one, so there a single claim stops signing, and only their operators
//! can find out whether it is true. The refusal names the claimant; what they find to be untrue is
//! denied by a command, for this peer and this number ([`RecordTrust::deny`]).

use std::collections::{BTreeMap, BTreeSet};

use proto::{ClusterSize, PeerIndex};

use super::Refusal;

/// How many numbers that were shown are kept: two days of 12 s slots. Older ones are believed.
const SHOWN: usize = 1 << 14;

/// The trust of one record.
#[derive(Debug)]
pub(super) struct RecordTrust {
    size: ClusterSize,
    stopped: Option<Refusal>,
    // Where the record ended when this run began.
    begun_at: u64,
    // Up to here every number may have been shown.
    believed: u64,
    // The numbers above that this run has shown. Not all up to the last: marks stay here, and would
    // outrun what was seen of a newer record.
    shown: BTreeSet<u64>,
    // Who has seen a number that no run on this record has shown, and which.
    witnesses: BTreeMap<PeerIndex, u64>,
    // What the operators have compared and found to be untrue.
    denied: BTreeSet<(PeerIndex, u64)>,
}

impl RecordTrust {
    /// The trust of a record that ends at `sequence`.
    pub(super) fn new(size: ClusterSize, sequence: u64) -> Self {
        Self {
            size,
            stopped: None,
            begun_at: sequence,
            believed: sequence,
            shown: BTreeSet::new(),
            witnesses: BTreeMap::new(),
            denied: BTreeSet::new(),
        }
    }

    pub(super) fn begun_at(&self) -> u64 {
        self.begun_at
    }

    pub(super) fn stopped(&self) -> Option<Refusal> {
        self.stopped
    }

    pub(super) fn poison(&mut self) {
        // What a restart alone would not mend stays what the operator reads.
        if self.stopped != Some(Refusal::SecondSession) {
            self.stopped = Some(Refusal::Poisoned);
        }
    }

    pub(super) fn meet_second(&mut self) {
        self.stopped = Some(Refusal::SecondSession);
    }

    pub(super) fn leave_chain(&mut self, why: Refusal) {
        self.stopped.get_or_insert(why);
    }

    /// What leaves next carries `sequence`.
    pub(super) fn show(&mut self, sequence: u64) {
        self.shown.insert(sequence);
        if self.shown.len() > SHOWN {
            self.believed = self.believed.max(self.shown.pop_first().unwrap_or(0));
        }
    }

    /// The operators have found that `peer` cannot have seen `sequence`. Any other number of the
    /// same peer counts as before: after a true loss it would still be heard.
    pub(super) fn deny(&mut self, peer: PeerIndex, sequence: u64) {
        self.denied.insert((peer, sequence));
    }

    /// `peer` says it has seen `sequence`. Whether that was shown by a newer record than this one.
    pub(super) fn witnessed(&mut self, peer: PeerIndex, sequence: u64) -> bool {
        let is_ours = sequence <= self.believed || self.shown.contains(&sequence);
        if is_ours || self.denied.contains(&(peer, sequence)) {
            return false;
        }
        let claim = self.witnesses.entry(peer).or_default();
        *claim = sequence.max(*claim);
        if self.stopped.is_none() {
            self.stopped = self.rolled_back(peer);
        }
        true
    }

    /// What the claims so far, the last one by `peer`, say together.
    fn rolled_back(&self, peer: PeerIndex) -> Option<Refusal> {
        let mut claims: Vec<u64> = self.witnesses.values().copied().collect();
        claims.sort_unstable_by(|one, other| other.cmp(one));
        // The claim that f others reach or exceed: at least one honest peer has seen as much.
        let witnessed = *claims.get(self.size.faulty())?;
        let ours = self.begun_at;
        // Where no peer may be bad, one claim is enough, and nobody can tell it from a lie.
        Some(if self.size.faulty() == 0 {
            Refusal::Claimed {
                ours,
                claimant: peer,
                claimed: witnessed,
            }
        } else {
            Refusal::RolledBack { ours, witnessed }
        })
    }
}
