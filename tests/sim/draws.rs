//! Who has which duty: drawn by the block that settles it, as on a real chain, so that beacon nodes
//! which disagree on that block name different duties, and one that changes its mind names others.
//!
//! As long as the expected block comes (the one of the last slot before the epoch before, of the
//! first branch or of our own proposer) the draw is a plain turn, which scripts can reckon with.

use node_core::duties::schedule::Topic;
use proto::eth::{AttesterDuty, CommitteeIndex, ProposerDuty, ValidatorIndex};
use proto::{DutyId, DutyKind, Epoch, Root, Slot, Timestamp};

use crate::aggregates;
use crate::chain::{Chain, FIRST_INDEX, FULU_EPOCH, SLOTS_PER_EPOCH};
use crate::checks::StateHash;

/// How many committees every slot has.
const COMMITTEES: u64 = 2;

/// The outcome of a draw; 0 where the expected block came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// By this block of `slot`, where one of slot `last` is expected.
    pub fn by((slot, root): (Slot, Root), last: Slot) -> Self {
        let foreign = Chain::foreign(slot, 0);
        let is_foreign = root.as_bytes()[..8] == foreign.as_bytes()[..8];
        // Before the first slot of the world no block is expected.
        if slot.0 == 0 || (slot == last && (!is_foreign || root == foreign)) {
            return Self(0);
        }
        let mut hash = StateHash(0xcbf2_9ce4_8422_2325);
        hash.feed(root.as_bytes());
        Self(hash.0 | 1 << 63)
    }

    /// In which slot of `epoch` the validator attests, and in which committee.
    pub fn seat(self, validator: u32, epoch: Epoch) -> (Slot, CommitteeIndex) {
        let first = epoch.first_slot(SLOTS_PER_EPOCH);
        let turn = u64::from(validator) + 3 * epoch.0;
        let bits = self.0 >> (8 * validator);
        // The first validator's duty is another one in every other draw.
        let moved = match (self, validator) {
            (Self(0), _) => 0,
            (_, 0) => 1 + bits % 3,
            _ => bits % 4,
        };
        let slot = Slot(first.0 + (turn + moved) % SLOTS_PER_EPOCH);
        (slot, CommitteeIndex((bits >> 4) % COMMITTEES))
    }

    /// Which of so many validators proposes in `slot`.
    fn proposer(self, slot: Slot, validators: u64) -> u32 {
        let moved = match self {
            Self(0) => 0,
            Self(bits) => 1 + bits % (validators - 1),
        };
        ((slot.0 / 3 + moved) % validators) as u32
    }
}

impl Chain {
    /// Whether the proposer of `slot` is one of ours.
    pub fn is_ours(slot: Slot) -> bool {
        slot.0 % 3 == 1
    }

    /// The slot whose block, the last one before an epoch, is to settle these duties.
    fn settled_in(&self, topic: Topic) -> Slot {
        let Epoch(epoch) = topic.epoch();
        let is_late = matches!(topic, Topic::Proposers(_)) && epoch <= FULU_EPOCH;
        let ahead = u64::from(!is_late);
        let first = self.spec.first_slot(Epoch(epoch.saturating_sub(ahead)));
        Slot(first.0.saturating_sub(1))
    }

    /// The block that settles these duties in the eyes of a beacon node.
    pub fn settles(&self, peer: usize, topic: Topic, now: Timestamp) -> (Slot, Root) {
        self.head(peer, self.settled_in(topic), now)
    }

    fn draw(&self, peer: usize, topic: Topic, now: Timestamp) -> Draw {
        Draw::by(self.settles(peer, topic, now), self.settled_in(topic))
    }

    /// The draw by the chain as it is in the end: the first beacon node's. What is not settled yet
    /// is expected to come as expected.
    fn true_draw(&self, topic: Topic) -> Draw {
        let settled = self.spec.start_of(self.settled_in(topic).next());
        if self.clock < settled {
            return Draw(0);
        }
        self.draw(0, topic, Timestamp::from_micros(u64::MAX))
    }

    /// The validators that attest in `slot`.
    pub fn attesters_in(&self, slot: Slot) -> Vec<u32> {
        let epoch = self.spec.epoch_of(slot);
        let draw = self.true_draw(Topic::Attesters(epoch));
        let all = 0..self.keys.len() as u32;
        let active = all.filter(|v| self.life(*v).is_active(epoch));
        active.filter(|v| draw.seat(*v, epoch).0 == slot).collect()
    }

    /// Our proposer of `slot`, if it is ours.
    pub fn proposer(&self, slot: Slot) -> Option<u32> {
        let epoch = self.spec.epoch_of(slot);
        self.proposer_by(self.true_draw(Topic::Proposers(epoch)), slot)
    }

    fn proposer_by(&self, draw: Draw, slot: Slot) -> Option<u32> {
        let moved = self.moved.get(&slot).copied();
        let drawn = draw.proposer(slot, self.keys.len() as u64);
        let epoch = self.spec.epoch_of(slot);
        let proposer = Self::is_ours(slot).then(|| moved.unwrap_or(drawn));
        // Where none of ours can, somebody else does.
        proposer.filter(|it| self.life(*it).is_active(epoch))
    }

    /// The proposer of a block in the eyes of a beacon node.
    pub fn proposer_seen(&self, peer: usize, slot: Slot, now: Timestamp) -> Option<ValidatorIndex> {
        let topic = Topic::Proposers(self.spec.epoch_of(slot));
        let draw = self.draw(peer, topic, now);
        self.proposer_by(draw, slot).map(index_of)
    }

    /// Gives the proposal of `slot` to the next of our validators.
    pub fn move_proposal(&mut self, slot: Slot) {
        let position = self.proposer(slot).expect("ours");
        let next = (position + 1) % self.keys.len() as u32;
        self.moved.insert(slot, next);
    }

    /// Every duty of `slot` with its validator.
    pub fn duties(&self, slot: Slot) -> Vec<(DutyId, u32)> {
        let of = |kind| move |validator| (DutyId { slot, kind }, validator);
        let heads = self.attesters_in(slot).into_iter().map(of(DutyKind::Head));
        let block = self.proposer(slot).map(of(DutyKind::Block));
        heads.chain(block).collect()
    }

    /// The attester duties of `epoch` as a beacon node names them, with the root they depend on.
    pub fn attesters(
        &self,
        peer: usize,
        epoch: Epoch,
        now: Timestamp,
    ) -> (Root, Vec<AttesterDuty>) {
        let topic = Topic::Attesters(epoch);
        let draw = self.draw(peer, topic, now);
        let duty = |(validator, key): (u32, &proto::PublicKey)| {
            let (slot, committee_index) = draw.seat(validator, epoch);
            AttesterDuty {
                pubkey: *key,
                validator_index: index_of(validator),
                slot,
                committee_index,
                committees_at_slot: COMMITTEES,
                committee_length: Some(aggregates::COMMITTEE_LENGTH),
                validator_committee_index: Some(aggregates::place(validator)),
            }
        };
        let all = (0..).zip(&self.keys);
        let active = all.filter(|(at, _)| self.life(*at).is_active(epoch));
        let duties = active.map(duty).collect();
        (self.settles(peer, topic, now).1, duties)
    }

    /// Our proposer duties of `epoch` as a beacon node names them.
    pub fn proposers(
        &self,
        peer: usize,
        epoch: Epoch,
        now: Timestamp,
    ) -> (Root, Vec<ProposerDuty>) {
        let topic = Topic::Proposers(epoch);
        let draw = self.draw(peer, topic, now);
        let first = self.spec.first_slot(epoch).0;
        let duty = |slot: Slot| {
            let position = self.proposer_by(draw, slot)?;
            Some(ProposerDuty {
                pubkey: self.keys[position as usize],
                validator_index: index_of(position),
                slot,
            })
        };
        let slots = (first..first + SLOTS_PER_EPOCH).map(Slot);
        let duties = slots.filter_map(duty).collect();
        (self.settles(peer, topic, now).1, duties)
    }

    /// Whether a beacon node takes an attestation of this validator in this slot and committee: the
    /// chain refuses all that are not of its committee.
    pub fn has_seat(
        &self,
        peer: usize,
        (validator, slot, committee): (u32, Slot, CommitteeIndex),
        now: Timestamp,
    ) -> bool {
        let epoch = self.spec.epoch_of(slot);
        let draw = self.draw(peer, Topic::Attesters(epoch), now);
        draw.seat(validator, epoch) == (slot, committee)
    }
}

pub fn index_of(position: u32) -> ValidatorIndex {
    ValidatorIndex(FIRST_INDEX + u64::from(position))
}

/// Which of our validators has this index.
pub fn position_of(index: ValidatorIndex) -> u32 {
    (index.0 - FIRST_INDEX) as u32
}
