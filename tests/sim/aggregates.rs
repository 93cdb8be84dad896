//! Aggregates in the world: what beacon nodes have aggregated, what is checked of what is signed
//! and submitted, and when selection proofs may travel.
//!
//! Every committee has [`COMMITTEE_LENGTH`] members, of whom the others all have one key. Half of
//! the attesters are chosen.

use std::collections::BTreeMap;

use dkg::bls::{self, Message as Hashed, PublicPoint, SecretShare, SignaturePoint};
use node_core::duties::agreed::value::Value;
use node_core::duties::schedule::Subscription;
use node_core::vault::Signable;
use proto::eth::{
    Aggregate, AttestationData, CommitteeIndex, Contribution, SignedAggregate, hash_tree_root,
    is_aggregator,
};
use proto::frame::Frame;
use proto::vote::{Commit, Message};
use proto::{
    DutyId, DutyKind, Root, ShareIndex, SignatureBytes, Slot, Subcommittee, ValidatorPosition,
};
use ssz_types::BitList;

use crate::draws::{index_of, position_of};
use crate::world::World;

/// Members of every committee.
pub const COMMITTEE_LENGTH: u64 = 40;

/// What a beacon node aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Votes of others, and ours that it has taken.
    Whole,
    /// Only votes of others.
    WithoutOurs,
    Nothing,
}

/// The place of our validator in whatever committee it is.
pub fn place(validator: u32) -> u64 {
    5 + 7 * u64::from(validator)
}

/// The signature of any member that is not ours.
fn foreign_vote(data: &AttestationData, world: &World) -> SignaturePoint {
    let mut secret = [0; 32];
    secret[31] = 77;
    let root = Signable::attestation(&world.chain.spec, data).signing_root();
    let key = SecretShare::from_bytes(&secret).unwrap();
    key.sign(&Hashed::hash(root))
}

impl World {
    /// What the beacon node of `peer` has aggregated of the votes with this root.
    pub(crate) fn aggregates(
        &mut self,
        peer: usize,
        slot: Slot,
        root: Root,
        committees: &[CommitteeIndex],
    ) -> Vec<Aggregate> {
        let mut votes = self.chain.values().filter_map(|value| match value {
            Value::Head(data) => Some(*data),
            Value::Block(_) | Value::Blinded(_) | Value::Aggregates(_) | Value::Contribution(_) => {
                None
            }
        });
        let data = votes.find(|data| data.slot == slot && hash_tree_root(data) == root);
        let Some(data) = data.filter(|_| self.peers[peer].pool != Pool::Nothing) else {
            return Vec::new();
        };
        let aggregate = |committee: &CommitteeIndex| self.aggregate(peer, &data, *committee);
        committees.iter().map(aggregate).collect()
    }

    /// Each beacon node has other votes of others.
    fn aggregate(&self, peer: usize, data: &AttestationData, of: CommitteeIndex) -> Aggregate {
        let mut bits = BitList::with_capacity(COMMITTEE_LENGTH as usize).unwrap();
        (30..32 + peer % 8).for_each(|at| bits.set(at, true).unwrap());
        if self.peers[peer].pool == Pool::Whole {
            for validator in 0..self.cluster.lock.validators.len() as u32 {
                let vote = self.chain.votes.get(&(data.slot, validator));
                let seat = (validator, data.slot, of);
                let is_in = self.chain.has_seat(peer, seat, self.now);
                if is_in && vote.is_some_and(|(vote, _)| vote == data) {
                    bits.set(place(validator) as usize, true).unwrap();
                }
            }
        }
        let mut aggregate = Aggregate {
            data: *data,
            committee_index: of,
            signature: SignatureBytes::from([0; 96]),
            aggregation_bits: bits,
        };
        aggregate.signature = self.sum(&aggregate).expect("there are votes").to_bytes();
        aggregate
    }

    /// The right signature of an aggregate; none if it has a vote that nobody has signed.
    fn sum(&self, aggregate: &Aggregate) -> Option<SignaturePoint> {
        let foreign = foreign_vote(&aggregate.data, self);
        let ours: BTreeMap<u64, u32> = (0..self.cluster.lock.validators.len() as u32)
            .map(|validator| (place(validator), validator))
            .collect();
        let mut sum: Option<SignaturePoint> = None;
        for (at, _) in aggregate
            .aggregation_bits
            .iter()
            .enumerate()
            .filter(|(_, is)| *is)
        {
            let vote = match ours.get(&(at as u64)) {
                Some(validator) => {
                    let vote = self.chain.votes.get(&(aggregate.data.slot, *validator));
                    let (data, signature) = vote?;
                    (*data == aggregate.data).then_some(())?;
                    SignaturePoint::from_bytes(signature).ok()?
                }
                None => foreign,
            };
            sum = match sum {
                Some(sum) => Some(sum.plus(&vote)?),
                None => Some(vote),
            };
        }
        sum
    }

    /// The signature of the whole key: t peers together have it.
    pub(crate) fn whole_signature(&self, validator: u32, root: Root) -> SignatureBytes {
        let size = self.cluster.lock.definition.terms().size();
        let message = Hashed::hash(root);
        let partial = |peer: proto::PeerIndex| {
            let shares = &self.cluster.outcomes[peer.position()].validators;
            let share = &shares[validator as usize].share;
            (ShareIndex::from(peer), share.sign(&message))
        };
        let partials: Vec<_> = size.all().take(size.threshold()).map(partial).collect();
        bls::combine(&partials).unwrap().to_bytes()
    }

    /// The selection proof of a validator, if that makes it an aggregator.
    pub fn chosen(&self, validator: u32, slot: Slot) -> Option<SignatureBytes> {
        let root = Signable::selection(&self.chain.spec, slot).signing_root();
        let proof = self.whole_signature(validator, root);
        is_aggregator(COMMITTEE_LENGTH, &proof).then_some(proof)
    }

    /// Our aggregators of a slot.
    pub fn aggregators(&self, slot: Slot) -> Vec<u32> {
        let mut attesters = self.chain.attesters_in(slot);
        attesters.retain(|validator| self.chosen(*validator, slot).is_some());
        attesters
    }

    /// What an aggregator of this subcommittee signs.
    fn contribution_root(
        &self,
        of: &Contribution,
        validator: u32,
        commit: &Commit,
    ) -> Option<Root> {
        let spec = &self.chain.spec;
        let subcommittee = Subcommittee::new(of.subcommittee_index)?;
        let selection = Signable::sync_selection(spec, of.slot, subcommittee).signing_root();
        let proof = self.whole_signature(validator, selection);
        let root = of.root(spec.preset(), index_of(validator), proof)?;
        let whose = (of.slot, subcommittee);
        Some(Signable::contribution(spec, whose, root, commit.value).signing_root())
    }

    /// What an aggregator of this committee signs.
    fn aggregate_root(&self, of: &Aggregate, validator: u32, commit: &Commit) -> Option<Root> {
        let (spec, slot) = (&self.chain.spec, of.data.slot);
        let proof = self.chosen(validator, slot)?;
        let root = of.root(spec.preset(), index_of(validator), proof)?;
        Some(Signable::aggregate(spec, slot, root, commit.value).signing_root())
    }

    /// Whether what this peer has sent of a validator signs this: which committee the validator is
    /// in, its beacon node may have said another way a moment ago.
    fn is_share(
        &self,
        peer: usize,
        commit: &Commit,
        (validator, root): (ValidatorPosition, Root),
    ) -> bool {
        let key = &self.cluster.lock.validators[validator.index()].share_public_keys[peer];
        let key = PublicPoint::from_bytes(key).unwrap();
        let sent = commit.partials.iter().find(|of| of.validator == validator);
        let sent = sent.and_then(|of| SignaturePoint::from_bytes(&of.signature).ok());
        sent.is_some_and(|sent| bls::verify(&key, &Hashed::hash(root), &sent))
    }

    /// What each validator signs of this value, of which `peer` has sent shares.
    pub(crate) fn signing_roots(
        &self,
        peer: usize,
        value: &Value,
        commit: &Commit,
    ) -> BTreeMap<ValidatorPosition, Root> {
        let spec = &self.chain.spec;
        let root = |validator: ValidatorPosition| match value {
            Value::Head(data) if commit.scope.duty.kind == DutyKind::SyncMessage => {
                Some(Signable::sync_message(spec, data, commit.value).signing_root())
            }
            Value::Head(data) => Some(Signable::attestation(spec, data).signing_root()),
            Value::Contribution(of) => self.contribution_root(of, validator.0, commit),
            Value::Block(_) | Value::Blinded(_) => {
                let header = value.block().map(proto::eth::Block::header)?;
                Some(Signable::block(spec, header).signing_root())
            }
            Value::Aggregates(all) => {
                let mut all = all
                    .iter()
                    .map(|of| self.aggregate_root(of, validator.0, commit));
                all.find_map(|root| {
                    root.filter(|root| self.is_share(peer, commit, (validator, *root)))
                })
            }
        };
        let whose = commit.partials.iter().map(|partial| partial.validator);
        whose.filter_map(|of| Some((of, root(of)?))).collect()
    }

    /// A leader proposes aggregates: with the votes of ours that its beacon node left out
    /// they are others than that gave, and must be right all the same.
    pub(crate) fn note_aggregates(&mut self, peer: usize, message: &Message) {
        let Message::Propose(proposal) = message else {
            return;
        };
        let value = consensus::Value::decode(&proposal.body);
        if let Some(value @ Value::Contribution(_)) = value {
            self.chain.note(value);
        } else if let Some(value) = value
            && let Value::Aggregates(all) = &value
        {
            let is_correct = self.peers[peer].is_correct();
            if let Some(wrong) = all.iter().find(|of| is_correct && !self.is_right(of)) {
                self.checks
                    .violated("S5", format!("a wrong aggregate is proposed: {wrong:?}"));
            }
            self.chain.note(value);
        }
    }

    fn is_right(&self, aggregate: &Aggregate) -> bool {
        let sum = self.sum(aggregate);
        sum.is_some_and(|sum| sum.to_bytes() == aggregate.signature)
    }

    /// What a beacon node checks of a submitted aggregate, and that every vote of ours is in it.
    pub(crate) fn check_aggregate(
        &mut self,
        peer: usize,
        duty: DutyId,
        signed: &SignedAggregate,
    ) -> Result<(), String> {
        let spec = self.chain.spec.clone();
        let validator = position_of(signed.aggregator_index);
        let (aggregate, proof) = (&signed.aggregate, signed.selection_proof);
        let root = aggregate.root(spec.preset(), signed.aggregator_index, proof);
        let value = Root::ZERO; // It is not in what is signed.
        let root = Signable::aggregate(&spec, duty.slot, root.unwrap(), value).signing_root();
        self.check_signature(validator, root, &signed.signature);
        let selection = Signable::selection(&spec, duty.slot).signing_root();
        self.verify(validator, selection, proof);
        let seat = (validator, duty.slot, aggregate.committee_index);
        if !self.chain.has_seat(peer, seat, self.now) {
            return Err("the aggregator is not in the committee".to_owned());
        }
        let length = aggregate.aggregation_bits.len() as u64;
        if length != COMMITTEE_LENGTH || !is_aggregator(length, &proof) {
            return Err("the validator was not chosen".to_owned());
        }
        if aggregate.data.slot != duty.slot || !self.is_right(aggregate) {
            return Err("the signature is wrong".to_owned());
        }
        Ok(())
    }

    /// Selection proofs may travel in the last quarter of a slot, and to a peer that comes back.
    pub(crate) fn check_selection(&mut self, peer: usize, frame: &Frame) {
        if let Frame::SelectionShares(shares) = frame {
            let spec = &self.chain.spec;
            let moment = self.peers[peer].clock(self.now);
            let now = spec.slot_at(moment).unwrap();
            let into = moment.since(spec.start_of(now));
            let is_calm = into >= 3 * (spec.slot_duration() / 4);
            let last = spec.first_slot(spec.epoch_of(now).next().next());
            let slot = shares.of.slot;
            if slot >= last || slot < Slot(now.0.saturating_sub(8)) {
                let detail = format!("peer {peer} signs for slot {slot} in slot {now}");
                self.checks.violated("S8", detail);
            }
            if !is_calm {
                *self.hurried.entry(peer).or_default() += 1;
            }
        }
    }

    /// What a beacon node is told of attesters to come.
    pub(crate) fn subscribed(&mut self, peer: usize, all: &[Subscription]) {
        for of in all {
            let told = (self.now, of.is_aggregator);
            let whose = (peer, of.attester.duty.slot, of.attester.validator.0);
            self.subscribed.insert(whose, told);
        }
    }

    /// Ends with words unless every aggregator of these slots was heard within its slot.
    pub fn assert_all_aggregated(&self, slots: std::ops::Range<u64>) {
        self.assert_safe();
        let mut found = 0;
        for slot in slots.map(Slot) {
            for validator in self.aggregators(slot) {
                let duty = aggregate(slot.0);
                let end = self.chain.spec.start_of(slot.next());
                let at = self.chain.accepted(duty, validator);
                assert!(
                    at.is_some_and(|at| at < end),
                    "{duty} of validator {validator}: {at:?}\n{}",
                    self.name()
                );
                found += 1;
            }
        }
        assert!(found > 1, "the slots must have aggregators");
    }

    /// The same of one slot, whoever was chosen.
    pub fn assert_all_aggregated_in(&self, slot: u64) {
        self.assert_safe();
        for validator in self.aggregators(Slot(slot)) {
            let at = self.chain.accepted(aggregate(slot), validator);
            assert!(at.is_some(), "validator {validator}\n{}", self.name());
        }
    }

    /// The slots of this range in which one of ours aggregates.
    pub fn aggregate_slots(&self, slots: std::ops::Range<u64>) -> Vec<u64> {
        slots
            .filter(|slot| !self.aggregators(Slot(*slot)).is_empty())
            .collect()
    }
}

pub fn aggregate(slot: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::Aggregate,
    }
}
