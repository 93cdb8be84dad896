//! What the stand-in has received of aggregators and of the one member of the sync committee, each
//! verified under its group key.

use std::collections::{BTreeMap, BTreeSet};

use dkg::bls::SignaturePoint;
use proto::eth::aggregate::{AggregateAndProof, SignedAggregateAndProof, is_aggregator};
use proto::eth::operations::Attestation;
use proto::eth::sync::{
    SignedContributionAndProof, SyncAggregatorSelectionData, SyncCommitteeContribution,
    is_sync_aggregator,
};
use proto::eth::{
    Aggregate, ChainSpec, CommitteeIndex, Contribution, DomainType, Mainnet, SyncCommitteeMessage,
    ValidatorIndex, hash_tree_root, signing_root,
};
use proto::{Epoch, Root, SignatureBytes, Slot};
use ssz_types::BitList;
use tree_hash::TreeHash;

use super::{Count, Verdict};
use crate::load::world::{COMMITTEE_LENGTH, SLOTS_PER_EPOCH, SYNC_MEMBER, World};

/// What came of these duties in some slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summed {
    /// Aggregates, of different aggregators or slots.
    pub aggregates: usize,
    /// Sync committee messages, one for each slot at most.
    pub messages: usize,
    /// Contributions, one for each slot at most.
    pub contributions: usize,
}

/// The first valid ones of each.
#[derive(Debug, Default)]
pub(super) struct Received {
    aggregates: BTreeSet<(Slot, u64)>,
    messages: BTreeMap<Slot, (Root, SignatureBytes)>,
    contributions: BTreeSet<Slot>,
}

impl Count {
    /// What came in `epoch`.
    pub fn summed(&self, epoch: Epoch) -> Summed {
        let received = self.received();
        let slots = epoch.first_slot(SLOTS_PER_EPOCH)..epoch.next().first_slot(SLOTS_PER_EPOCH);
        let aggregators = (slots.start, 0)..(slots.end, 0);
        Summed {
            aggregates: received.aggregates.range(aggregators).count(),
            messages: received.messages.range(slots.clone()).count(),
            contributions: received.contributions.range(slots).count(),
        }
    }

    /// The votes of a committee that were received, for what has this root; none if there are none.
    pub fn aggregate(
        &self,
        world: &World,
        (slot, committee): (Slot, CommitteeIndex),
        data: Root,
    ) -> Option<Attestation<Mainnet>> {
        let mut votes = world.votes(slot).into_iter();
        let data = votes.find(|vote| hash_tree_root(vote) == data)?;
        let mut bits = BitList::with_capacity(usize::try_from(COMMITTEE_LENGTH).ok()?).ok()?;
        let mut sum: Option<SignaturePoint> = None;
        for ((_, index), (vote, signature)) in self.valid().range((slot, 0)..(slot.next(), 0)) {
            let (own, place) = World::seat(*index);
            if own == committee && *vote == data {
                let signature = SignaturePoint::from_bytes(signature).ok()?;
                bits.set(usize::try_from(place).ok()?, true).ok()?;
                sum = match sum {
                    Some(sum) => Some(sum.plus(&signature)?),
                    None => Some(signature),
                };
            }
        }
        let aggregate = Aggregate {
            data,
            committee_index: committee,
            signature: sum?.to_bytes(),
            aggregation_bits: bits,
        };
        aggregate.in_full()
    }

    /// Checks and counts a signed aggregate.
    pub fn receive_aggregate(
        &self,
        world: &World,
        spec: &ChainSpec,
        signed: &SignedAggregateAndProof<Mainnet>,
    ) -> Verdict {
        let AggregateAndProof {
            aggregator_index,
            aggregate,
            selection_proof,
        } = &signed.message;
        let slot = aggregate.data.slot;
        let epoch = slot.epoch(SLOTS_PER_EPOCH);
        if World::duty_slot(aggregator_index.0, epoch) != slot {
            return Err("not the slot of that aggregator");
        }
        let (committee, _) = World::seat(aggregator_index.0);
        let of = Aggregate::of(aggregate).filter(|of| of.committee_index == committee);
        let Some(of) = of else {
            return Err("not the committee of that aggregator");
        };
        if !is_aggregator(COMMITTEE_LENGTH, selection_proof) {
            return Err("not an aggregator");
        }
        let known = self.aggregate(world, (slot, committee), hash_tree_root(&of.data));
        if known.and_then(|known| Aggregate::of(&known)).as_ref() != Some(&of) {
            return Err("not the votes of that committee");
        }
        let by = *aggregator_index;
        let proof = (spec, DomainType::SelectionProof, epoch);
        self.has_signed(by, proof, &slot, selection_proof)?;
        let whole = (spec, DomainType::AggregateAndProof, epoch);
        self.has_signed(by, whole, &signed.message, &signed.signature)?;
        self.received().aggregates.insert((slot, by.0));
        Ok(())
    }

    /// Checks and counts a sync committee message.
    pub fn receive_message(
        &self,
        world: &World,
        spec: &ChainSpec,
        message: &SyncCommitteeMessage,
    ) -> Verdict {
        if message.validator_index != SYNC_MEMBER {
            return Err("not in the sync committee");
        }
        let slot = message.slot;
        let mut votes = world.votes(slot).into_iter();
        if !votes.any(|vote| vote.beacon_block_root == message.beacon_block_root) {
            return Err("a head that no honest node has");
        }
        let domain = DomainType::SyncCommittee;
        let epoch = slot.epoch(SLOTS_PER_EPOCH);
        let root = &message.beacon_block_root;
        self.has_signed(SYNC_MEMBER, (spec, domain, epoch), root, &message.signature)?;
        let mut received = self.received();
        let first = (message.beacon_block_root, message.signature);
        received.messages.entry(slot).or_insert(first);
        Ok(())
    }

    /// The message of this slot as a contribution, if there is one of this head.
    pub fn contribution(
        &self,
        slot: Slot,
        root: Root,
    ) -> Option<SyncCommitteeContribution<Mainnet>> {
        let (head, signature) = self.received().messages.get(&slot).copied()?;
        let mut bits = BitList::with_capacity(128).ok()?;
        bits.set(0, true).ok()?;
        let contribution = Contribution {
            slot,
            beacon_block_root: root,
            subcommittee_index: 0,
            signature,
            aggregation_bits: bits,
        };
        (head == root).then(|| contribution.in_full()).flatten()
    }

    /// Checks and counts a signed contribution.
    pub fn receive_contribution(
        &self,
        spec: &ChainSpec,
        signed: &SignedContributionAndProof<Mainnet>,
    ) -> Verdict {
        let (message, by) = (&signed.message, signed.message.aggregator_index);
        let given = &message.contribution;
        let slot = given.slot;
        if by != SYNC_MEMBER || !is_sync_aggregator(spec.preset(), &message.selection_proof) {
            return Err("not an aggregator");
        }
        if self.contribution(slot, given.beacon_block_root).as_ref() != Some(given) {
            return Err("not the messages of that subcommittee");
        }
        let chosen = SyncAggregatorSelectionData {
            slot,
            subcommittee_index: given.subcommittee_index,
        };
        let epoch = slot.epoch(SLOTS_PER_EPOCH);
        let proof = (spec, DomainType::SyncCommitteeSelectionProof, epoch);
        self.has_signed(by, proof, &chosen, &message.selection_proof)?;
        let whole = (spec, DomainType::ContributionAndProof, epoch);
        self.has_signed(by, whole, message, &signed.signature)?;
        self.received().contributions.insert(slot);
        Ok(())
    }

    /// Whether a validator's group key has signed this in the domain of a purpose and an epoch.
    fn has_signed(
        &self,
        by: ValidatorIndex,
        (spec, purpose, epoch): (&ChainSpec, DomainType, Epoch),
        object: &impl TreeHash,
        signature: &SignatureBytes,
    ) -> Verdict {
        let root = signing_root(object, spec.domain(purpose, epoch));
        self.is_signed(by, root, signature)
    }
}
