//! Whether something in the chain that bears the signature of one of our validators was signed by
//! somebody else, who then has its key, or at least t shares of it.
//!
//! It is judged by what this peer itself has heard while the duty was open, and by nobody's word
//! about others:
//!
//! - Where t shares have signed something here for the validator, whatever else the chain shows is
//!   foreign. Fewer liars than the cluster bears cannot sign both.
//! - Where none of the COMMITs that were heard is for it, it is foreign if this peer has heard
//!   everything that t peers said in the duty, itself among them. Whatever t peers have signed, at
//!   least one honest peer is among both, and its COMMIT would have come.
//!
//! A peer was heard if its session has lasted since the slot before the duty's, to the moment in
//! which it is judged: frames are lost with their session only, and which duties are over for the
//! peer, a clock that is ahead does not know. If one of its COMMITs comes when the duty is over, is
//! not kept, or cannot be read, it counts as not heard.
//!
//! So no liar raises a false alarm, whatever it says or leaves unsaid; it can only keep this peer
//! from raising a true one, by a COMMIT to what somebody else has signed. Nor does a beacon node
//! that is behind, or on another branch: what it shows there is signed all the same.
//!
//! Of a block that was not signed here it is foreign only if nobody has COMMITted to any: the chain
//! does not show the hash of what is agreed on.
//!
//! Never here: the chain that is read (`outcome/reading.rs`), and what is done about it.

use std::collections::{BTreeMap, BTreeSet};

use proto::eth::hash_tree_root;
use proto::{ClusterSize, DutyId, DutyKind, PeerIndex, PeerSet, Root, Slot, ValidatorPosition};

use crate::outcome::{Bears, Signed, Stray, Work};

/// How many slots what was heard is kept: as long as the chain is read for a duty, at 32 slots an
/// epoch.
const KEPT: u64 = 8 * 32;

/// What was heard of the duties that are over.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    said: BTreeMap<DutyId, Said>,
    /// The first slot of which everything is heard that a peer says, while its session lasts.
    since: BTreeMap<PeerIndex, Slot>,
}

/// What was said in one duty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// What t shares have signed, where the chain shows such a thing, and for whom.
    pub(crate) signed: Option<(Signed, BTreeSet<ValidatorPosition>)>,
    /// The hashes of the values that were COMMITted to, by this peer too.
    pub(crate) committed: BTreeSet<Root>,
    /// The peers that were heard from its beginning to its end, this one among them.
    pub(crate) heard: PeerSet,
}

impl Watch {
    /// A session to `peer` begins in the slot `now`.
    pub(crate) fn up(&mut self, peer: PeerIndex, now: Slot) {
        self.down(peer);
        self.since.insert(peer, now.next().next());
    }

    /// The session to `peer` has ended, and with it what was on the way.
    pub(crate) fn down(&mut self, peer: PeerIndex) {
        self.since.remove(&peer);
        self.doubt(peer);
    }

    /// The beacon node has a block of the slot `head` although that has not begun by this clock,
    /// which may be late: what was said in slots up to it may have been said before a session was.
    /// (A clock that is so late that the duties in between are forgotten takes part in none: who
    /// says so lies, and would end all watching.)
    pub(crate) fn late_clock(&mut self, head: Slot, now: Slot) {
        if head.0.saturating_sub(now.0) > KEPT {
            return;
        }
        for since in self.since.values_mut() {
            *since = (*since).max(head.next().next());
        }
    }

    /// Something that `peer` said in the slot `now` could not be read.
    pub(crate) fn unread(&mut self, peer: PeerIndex, now: Slot) {
        self.doubt(peer);
        if let Some(since) = self.since.get_mut(&peer) {
            *since = (*since).max(now.next().next());
        }
    }

    /// A COMMIT of `peer` came for a duty that is not open.
    pub(crate) fn untimely(&mut self, peer: PeerIndex, duty: DutyId) {
        if let Some(said) = self.said.get_mut(&duty) {
            said.heard.remove(peer);
        }
        if let Some(since) = self
            .since
            .get_mut(&peer)
            .filter(|since| **since <= duty.slot)
        {
            // Of one that is still to be opened it is not known whether it came too early. A clock
            // that is so far ahead is believed nothing of the slots before either.
            *since = duty.slot.next().max(*since);
        }
    }

    /// A duty is over in which this has been said; who has been heard, is known here.
    pub(crate) fn close(&mut self, duty: DutyId, me: PeerIndex, mut said: Said) {
        let heard = self.since.iter().filter(|(_, since)| **since <= duty.slot);
        said.heard = heard.map(|(peer, _)| *peer).chain([me]).collect();
        self.said.insert(duty, said);
    }

    /// Something that `peer` said may be missing, of whatever duty.
    fn doubt(&mut self, peer: PeerIndex) {
        for said in self.said.values_mut() {
            said.heard.remove(peer);
        }
    }

    /// Whether this duty was open here, and is over.
    pub(crate) fn is_over(&self, duty: DutyId) -> bool {
        self.said.contains_key(&duty)
    }

    /// Forgets what nobody asks for any more.
    pub(crate) fn forget(&mut self, now: Slot) {
        self.said.retain(|duty, _| duty.slot.0 + KEPT >= now.0);
    }

    /// Whether nobody here has signed this for our `validator`.
    pub(crate) fn is_foreign(
        &self,
        stray: &Stray,
        validator: ValidatorPosition,
        size: ClusterSize,
    ) -> bool {
        let kind = match stray.owed.work {
            Work::Attestation => DutyKind::Head,
            Work::Block => DutyKind::Block,
            Work::Aggregate | Work::SyncMessage | Work::Contribution => return false,
        };
        let slot = stray.owed.slot;
        let Some(said) = self.said.get(&DutyId { slot, kind }) else {
            return false;
        };
        let (shown, is_committed) = match stray.bears {
            Bears::Vote(data) => {
                let hash = hash_tree_root(&data);
                (Signed::Vote(data), said.committed.contains(&hash))
            }
            Bears::Block(..) => (Signed::Block(stray.block), !said.committed.is_empty()),
        };
        match &said.signed {
            Some((signed, of)) if of.contains(&validator) => *signed != shown,
            Some(_) | None => !is_committed && said.heard.len() >= size.threshold(),
        }
    }
}

#[cfg(test)]
mod tests;
