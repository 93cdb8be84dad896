//! The make-believe chain of the stand-in beacon node: a block in every slot,
//! and duties that give every validator one attestation an epoch.
//!
//! It is not a chain: nothing is proposed, nothing is processed, and no fork ever happens.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::eth::{AttestationData, BeaconBlockHeader, Checkpoint, CommitteeIndex, Domain};
use proto::eth::{DomainType, ForkVersion, SingleAttestation, ValidatorIndex, signing_root};
use proto::{Epoch, Root, Slot};

use super::headers::{Headers, named};
use super::shown::{self, Shown};
use super::spec;

/// Slots in an epoch, as on mainnet.
pub const SLOTS_PER_EPOCH: u64 = 32;
/// Committees in a slot, as on mainnet.
pub const COMMITTEES: u64 = 64;
/// Members of a committee; only the cluster's exist.
pub const COMMITTEE_LENGTH: u64 = 512;
/// The one validator that is in the sync committee, in its first seat.
pub const SYNC_MEMBER: ValidatorIndex = ValidatorIndex(0);
/// A slot's block is seen after this part of the slot: 2 of 12 seconds.
const BLOCK_SEEN: u32 = 6;

/// The fork version in force, from genesis on.
pub const FORK_VERSION: [u8; 4] = [5, 0, 0, 0];

/// The chain's clock and what follows from it.
#[derive(Debug, Clone)]
pub struct World {
    /// Unix seconds of slot 0.
    pub genesis_time: u64,
    /// The length of a slot in milliseconds.
    pub slot_ms: u64,
    /// How many validators there are: indices 0 up to this.
    pub validators: usize,
    /// The block whose state is given, if there is one.
    pub shown: Option<Arc<Shown>>,
    /// Its blocks, as far as anybody has asked for them.
    headers: Arc<Headers>,
}

impl World {
    /// One that begins at `genesis_time`, in Unix seconds, with slots of so many milliseconds and
    /// so many validators.
    pub fn new(genesis_time: u64, slot_ms: u64, validators: usize) -> Self {
        Self {
            genesis_time,
            slot_ms,
            validators,
            shown: None,
            headers: Arc::default(),
        }
    }

    /// The genesis validators root: any, but always the same.
    pub fn genesis_validators_root() -> Root {
        named("genesis validators", 0)
    }

    /// The same with a finalised block whose state has so many validators: see [`Shown::new`].
    pub fn showing(self, validators: u64) -> Self {
        let parent = self.block_root(Slot(shown::SLOT.0 - 1));
        let shown = Shown::new(&spec::of(&self), parent, validators);
        let first = [self.header(Slot(0)), *shown.block().header()];
        Self {
            shown: Some(Arc::new(shown)),
            headers: Arc::new(Headers::beginning_with(first)),
            ..self
        }
    }

    /// The root of the block of `slot`.
    pub fn block_root(&self, slot: Slot) -> Root {
        self.headers.at(slot).1
    }

    /// Its header.
    pub fn header(&self, slot: Slot) -> BeaconBlockHeader {
        self.headers.at(slot).0
    }

    /// The slot of the block that cannot be undone.
    pub fn finalised(&self) -> Slot {
        match self.shown {
            Some(_) => shown::SLOT,
            None => Slot(0),
        }
    }

    /// The slot of the block `root`, if it is one of the 64 newest or the finalised one.
    pub fn slot_of(&self, root: Root) -> Option<Slot> {
        let newest = self.head().0;
        (newest.saturating_sub(63)..=newest)
            .map(Slot)
            .chain([self.finalised()])
            .find(|slot| self.block_root(*slot) == root)
    }

    /// The moment `slot` begins, since the Unix epoch.
    pub fn start_of(&self, slot: Slot) -> Duration {
        Duration::from_secs(self.genesis_time)
            + Duration::from_millis(self.slot_ms.saturating_mul(slot.0))
    }

    /// The moment the block of `slot` is seen.
    pub fn seen_at(&self, slot: Slot) -> Duration {
        self.start_of(slot) + Duration::from_millis(self.slot_ms) / BLOCK_SEEN
    }

    /// The newest slot whose block has been seen.
    pub fn head(&self) -> Slot {
        let slot = self.slot_at(now());
        if now() >= self.seen_at(slot) {
            slot
        } else {
            Slot(slot.0.saturating_sub(1))
        }
    }

    /// The slot at `moment`; 0 before genesis.
    pub fn slot_at(&self, moment: Duration) -> Slot {
        let since = moment.saturating_sub(Duration::from_secs(self.genesis_time));
        Slot(u64::try_from(since.as_millis()).unwrap_or(u64::MAX) / self.slot_ms)
    }

    /// The slot of `epoch` in which the validator `index` attests.
    pub fn duty_slot(index: u64, epoch: Epoch) -> Slot {
        Slot(epoch.first_slot(SLOTS_PER_EPOCH).0 + index % SLOTS_PER_EPOCH)
    }

    /// The committee of the validator `index`, and its position in it.
    pub fn seat(index: u64) -> (CommitteeIndex, u64) {
        let within_slot = index / SLOTS_PER_EPOCH;
        (
            CommitteeIndex(within_slot % COMMITTEES),
            within_slot / COMMITTEES,
        )
    }

    /// What the node would attest to in `slot` now.
    pub fn vote(&self, slot: Slot) -> AttestationData {
        self.vote_for(slot, self.head().min(slot))
    }

    fn vote_for(&self, slot: Slot, head: Slot) -> AttestationData {
        let epoch = slot.epoch(SLOTS_PER_EPOCH);
        let checkpoint = |epoch: Epoch| {
            let first = epoch.first_slot(SLOTS_PER_EPOCH);
            Checkpoint {
                epoch,
                root: self.block_root(first.min(head)),
            }
        };
        AttestationData {
            slot,
            index: CommitteeIndex(0),
            beacon_block_root: self.block_root(head),
            source: checkpoint(Epoch(epoch.0.saturating_sub(1))),
            target: checkpoint(epoch),
        }
    }

    /// What honest nodes vote for in `slot`: its block, or the one before if they have not seen it.
    pub fn votes(&self, slot: Slot) -> [AttestationData; 2] {
        let before = Slot(slot.0.saturating_sub(1));
        [slot, before].map(|head| self.vote_for(slot, head))
    }

    /// Why this attestation is nobody's duty or a vote no honest node gives; the signature aside.
    pub fn objection(&self, attestation: &SingleAttestation) -> Option<&'static str> {
        let index = attestation.attester_index.0;
        let slot = attestation.data.slot;
        if usize::try_from(index).is_ok_and(|index| index >= self.validators) {
            return Some("no such validator");
        }
        if Self::duty_slot(index, slot.epoch(SLOTS_PER_EPOCH)) != slot {
            return Some("not the slot of that validator");
        }
        if Self::seat(index).0 != attestation.committee_index {
            return Some("not the committee of that validator");
        }
        if slot > self.slot_at(now()) {
            return Some("a slot of the future");
        }
        let votes = self.votes(slot);
        (!votes.contains(&attestation.data)).then_some("a vote for no block of this chain")
    }

    pub fn signing_root(vote: &AttestationData) -> Root {
        let version = ForkVersion::from(FORK_VERSION);
        let root = Self::genesis_validators_root();
        signing_root(vote, Domain::new(DomainType::BeaconAttester, version, root))
    }
}

/// Now, since the Unix epoch.
pub fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
