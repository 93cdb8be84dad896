//! Aggregates: what our aggregators of a slot sign, one aggregate for each of their committees,
//! each beside its aggregator's selection proof.
//!
//! Only a beacon node can supply them, so the rounds have leaders, and one whose node has none
//! leaves its round to the next. What is aggregated are the votes for what the cluster itself has
//! voted for in the slot; where a peer has missed that, its own beacon node must know the block and
//! have it near its head. Votes of ours that the leader's node has left out are added: the cluster
//! holds their signatures. That the sum of signatures is right, only a beacon node can say.
//!
//! An aggregator earns nothing, and a wrong aggregate costs nothing but its place on the network:
//! so a leader may leave a committee out, as one must whose node has nothing of it, and an own node
//! that claims more votes than its signature holds wins over others, in that slot.
//!
//! Source: consensus-specs `phase0/validator.md`, `electra/validator.md` (aggregation).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use consensus::Opening;
use proto::eth::aggregate::MAX_COMMITTEES;
use proto::eth::{
    Aggregate, AttestationData, ChainSpec, CommitteeIndex, HeadVote, SignedAggregate,
    hash_tree_root,
};
use proto::{DutyId, DutyKind, Root, SignatureBytes, Slot, Timestamp, ValidatorPosition};
use sha2::{Digest as _, Sha256};

use super::head;
use super::kind::Fresh;
use super::objection::{Doubt, Flaw};
use super::sums::{self, JudgedSums, Voted};
use super::value::Value;
use crate::duties::facts::{Owners, Step};
use crate::duties::note::Miss;
use crate::duties::schedule::{Aggregator, Attester, Schedule};
use crate::duties::{Request, Submission};
use crate::vault::{Signable, ToSign};

pub(super) const OPENING: Opening = Opening::Led;

/// In front of aggregates in a value: nothing else begins like this.
const MARK: [u8; 2] = [2, 0];

/// The aggregates of this slot.
pub(crate) const fn of_slot(slot: Slot) -> DutyId {
    DutyId {
        slot,
        kind: DutyKind::Aggregate,
    }
}

/// The first round begins when aggregates are due, and waits for nobody.
pub(super) fn begin(slot: Slot, chain: &ChainSpec) -> (Timestamp, Duration) {
    (due_at(slot, chain), Duration::ZERO)
}

/// When they are due: not before most votes of the slot have arrived.
pub(super) fn due_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.aggregate_deadline(slot)
}

/// Whose duty it is in `slot`, if one of ours has it.
pub(super) fn owners(slot: Slot, schedule: &Schedule) -> Option<Owners> {
    let chosen = schedule.aggregators(slot);
    (!chosen.is_empty()).then(|| Owners::Aggregators {
        chosen,
        attesters: schedule.attesters(slot).to_vec(),
    })
}

/// Aggregates of one slot, of at least one committee and each at most once, for one vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregates {
    /// Ascending by committee.
    all: Arc<[Aggregate]>,
    hash: Root,
}

impl Aggregates {
    /// These, if they are at least one and at most [`MAX_COMMITTEES`], ascending by committee and
    /// for one vote.
    pub fn new(all: Vec<Aggregate>) -> Option<Self> {
        let data = all.first()?.data;
        let is_ascending = all.is_sorted_by(|a, b| a.committee_index < b.committee_index);
        let fits = is_ascending && all.len() <= MAX_COMMITTEES;
        if !fits || all.iter().any(|aggregate| aggregate.data != data) {
            return None;
        }
        let hash = Sha256::new_with_prefix(b"gantry/aggregates-value/1");
        let hash = hash.chain_update(Aggregate::list_to_ssz(&all)).finalize();
        Some(Self {
            all: all.into(),
            hash: Root::from(<[u8; 32]>::from(hash)),
        })
    }

    /// The vote that all of them are for.
    pub fn data(&self) -> &AttestationData {
        &self.all[0].data
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Aggregate> {
        self.all.iter()
    }

    /// That of one committee.
    pub fn of(&self, committee: CommitteeIndex) -> Option<&Aggregate> {
        self.iter().find(|of| of.committee_index == committee)
    }

    /// What votes name.
    pub(super) fn hash(&self) -> Root {
        self.hash
    }

    /// The SSZ of a list of [`Aggregate`]s behind a mark.
    pub(super) fn encode(&self) -> Vec<u8> {
        [&MARK[..], &Aggregate::list_to_ssz(&self.all)].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let ssz = bytes.strip_prefix(&MARK)?;
        Self::new(Aggregate::list_from_ssz(ssz).ok()?)
    }

    /// The aggregators of the committees among them.
    pub(super) fn signers(&self, owners: &Owners) -> Vec<ValidatorPosition> {
        let Owners::Aggregators { chosen, .. } = owners else {
            return Vec::new();
        };
        let attesters = chosen.iter().map(|aggregator| aggregator.attester);
        let of_these = attesters.filter(|of| self.of(of.duty.committee_index).is_some());
        of_these.map(|attester| attester.validator).collect()
    }

    /// What each aggregator of a committee among them is to sign.
    pub(super) fn to_sign(&self, owners: &Owners, chain: &ChainSpec) -> Vec<ToSign> {
        let Owners::Aggregators { chosen, .. } = owners else {
            return Vec::new();
        };
        let to_sign = |aggregator: &Aggregator| {
            let duty = aggregator.attester.duty;
            let aggregate = self.of(duty.committee_index)?;
            let index = duty.validator_index;
            let root = aggregate.root(chain.preset(), index, aggregator.selection_proof)?;
            Some(ToSign {
                signable: Signable::aggregate(chain, self.data().slot, root, self.hash),
                validators: vec![aggregator.attester.validator],
            })
        };
        chosen.iter().filter_map(to_sign).collect()
    }
}

/// What the run of aggregates knows beside what every run does.
#[derive(Debug)]
pub(crate) struct AggregateDuty {
    duty: DutyId,
    committees: BTreeMap<CommitteeIndex, Committee>,
    voted: Option<Voted>,
    is_wanted: bool,
    judged: JudgedSums,
}

/// A committee in which one of ours was chosen.
#[derive(Debug, PartialEq, Eq)]
struct Committee {
    length: u64,
    /// Our members of it, with their places.
    ours: Vec<(ValidatorPosition, u64)>,
}

impl AggregateDuty {
    pub(super) fn new(duty: DutyId, owners: &Owners) -> Self {
        Self {
            duty,
            committees: committees(owners),
            voted: None,
            is_wanted: false,
            judged: JudgedSums::default(),
        }
    }

    /// Whose duty it is now.
    pub(super) fn own(&mut self, owners: &Owners) {
        self.committees = committees(owners);
    }

    /// How many votes of the cluster it knows.
    pub(super) fn votes(&self) -> usize {
        self.voted
            .as_ref()
            .map_or(0, |voted| voted.signatures.len())
    }

    /// What the cluster has voted for.
    pub(super) fn view(&self) -> Option<&HeadVote> {
        self.voted.as_ref().map(|voted| &voted.vote)
    }

    /// A round of this peer wants aggregates, or its beacon node had none.
    pub(super) fn want(&mut self, step: &mut Step<'_>) {
        self.is_wanted = true;
        self.ask(step);
    }

    /// The cluster has voted, or has one more vote.
    pub(super) fn voted(&mut self, voted: Voted, step: &mut Step<'_>) {
        self.voted = Some(voted);
        self.ask(step);
    }

    fn ask(&mut self, step: &mut Step<'_>) {
        if let (true, Some(voted)) = (self.is_wanted, &self.voted) {
            self.is_wanted = false;
            step.ask(Request::Aggregates {
                slot: self.duty.slot,
                data: hash_tree_root(&voted.vote),
                committees: self.committees.keys().copied().collect(),
            });
        }
    }

    /// The own beacon node has these: those that can be used, with all votes of ours.
    pub(super) fn keep(&mut self, aggregates: Vec<Aggregate>) -> Option<Value> {
        let voted = self.voted.as_ref()?;
        let whole = |aggregate: Aggregate| {
            let committee = self.committees.get(&aggregate.committee_index)?;
            let fits = aggregate.data == voted.vote && committee.has_length_of(&aggregate);
            fits.then(|| committee.complete(aggregate, voted)).flatten()
        };
        let mut all: Vec<Aggregate> = aggregates.into_iter().filter_map(whole).collect();
        all.sort_by_key(|aggregate| aggregate.committee_index);
        Aggregates::new(all).map(Value::Aggregates)
    }

    /// The hard checks of the value alone.
    pub(super) fn check(
        &mut self,
        value: &Value,
        owners: &Owners,
        chain: &ChainSpec,
    ) -> Result<(), Flaw> {
        let (Value::Aggregates(aggregates), Owners::Aggregators { .. }) = (value, owners) else {
            return Err(Flaw::OtherDuty);
        };
        head::check_head(aggregates.data(), self.duty, chain)?;
        let voted = self.voted.as_ref();
        if voted.is_some_and(|voted| voted.vote != *aggregates.data()) {
            return Err(Flaw::OtherVote);
        }
        for aggregate in aggregates.iter() {
            let committee = self.committees.get(&aggregate.committee_index);
            if !committee.is_some_and(|committee| committee.has_length_of(aggregate)) {
                return Err(Flaw::OtherCommittee);
            }
        }
        let sums = aggregates.iter().map(|aggregate| &aggregate.signature);
        let are_points = self.judged.are_points(aggregates.hash, sums);
        are_points.then_some(()).ok_or(Flaw::NoSignature)
    }

    /// The soft check: every vote of ours is counted, of the committees that are aggregated.
    pub(super) fn doubt(&self, value: &Value) -> Option<Doubt> {
        let (Value::Aggregates(aggregates), Some(voted)) = (value, &self.voted) else {
            return None;
        };
        let lacks = |aggregate: &Aggregate| {
            let committee = self.committees.get(&aggregate.committee_index);
            committee.is_some_and(|committee| committee.lacks(aggregate, voted))
        };
        aggregates
            .iter()
            .any(lacks)
            .then_some(Doubt::OwnVoteMissing)
    }

    /// The aggregates of all whose group signatures are there.
    pub(super) fn submission(
        &self,
        aggregates: &Aggregates,
        fresh: &Fresh<'_>,
    ) -> Option<Submission> {
        let signed = |(validator, signature): &(ValidatorPosition, SignatureBytes)| {
            let aggregator = fresh.owners.aggregator(*validator)?;
            let duty = aggregator.attester.duty;
            Some(SignedAggregate {
                aggregator_index: duty.validator_index,
                aggregate: aggregates.of(duty.committee_index)?.clone(),
                selection_proof: aggregator.selection_proof,
                signature: *signature,
            })
        };
        let all: Vec<_> = fresh.signatures.iter().filter_map(signed).collect();
        (!all.is_empty()).then_some(Submission::Aggregates(all))
    }

    /// Why there is no value.
    pub(super) fn no_value(&self) -> Miss {
        match self.voted {
            None => Miss::NoVote,
            Some(_) => Miss::NoAggregate,
        }
    }
}

impl Committee {
    fn has_length_of(&self, aggregate: &Aggregate) -> bool {
        aggregate.aggregation_bits.len() as u64 == self.length
    }

    /// Whether a vote of ours that is signed is not in it.
    fn lacks(&self, aggregate: &Aggregate, voted: &Voted) -> bool {
        let mut lacking = sums::lacking(&self.ours, &aggregate.aggregation_bits, voted);
        lacking.next().is_some()
    }

    /// The aggregate with our votes that it lacks.
    fn complete(&self, aggregate: Aggregate, voted: &Voted) -> Option<Aggregate> {
        let sum = (aggregate.aggregation_bits, aggregate.signature);
        let (aggregation_bits, signature) = sums::completed(&self.ours, sum, voted)?;
        Some(Aggregate {
            aggregation_bits,
            signature,
            ..aggregate
        })
    }
}

/// The committees in which one of ours was chosen.
fn committees(owners: &Owners) -> BTreeMap<CommitteeIndex, Committee> {
    let Owners::Aggregators { chosen, attesters } = owners else {
        return BTreeMap::new();
    };
    let ours = |index: CommitteeIndex| {
        let members = attesters
            .iter()
            .filter(move |of| of.duty.committee_index == index);
        members.filter_map(|of: &Attester| Some((of.validator, of.duty.seat()?.position)))
    };
    let committee = |aggregator: &Aggregator| {
        let index = aggregator.attester.duty.committee_index;
        let committee = Committee {
            length: aggregator.seat.committee_length,
            ours: ours(index).collect(),
        };
        (index, committee)
    };
    chosen.iter().map(committee).collect()
}

#[cfg(test)]
mod tests;
