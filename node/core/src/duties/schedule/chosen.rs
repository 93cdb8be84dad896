//! Who was chosen to aggregate in a slot: by the selection proofs, as far as they are whole. What
//! was chosen for a slot in which a validator does not attest any more is of no use, and does no
//! harm.

use std::collections::BTreeMap;

use proto::eth::{is_aggregator, is_sync_aggregator};
use proto::frame::Electorate;
use proto::{Epoch, SignatureBytes, Slot, Subcommittee, Timestamp, ValidatorPosition};

use super::{Aggregator, Attester, Contributor, Schedule, Subscription, Topic};

/// Whether a validator aggregates: its selection proof if it does.
#[derive(Debug, Default)]
pub(super) struct Chosen(BTreeMap<Electorate, BTreeMap<ValidatorPosition, Option<SignatureBytes>>>);

impl Chosen {
    pub(super) fn keep(&mut self, slots: &std::ops::Range<Slot>) {
        self.0.retain(|of, _| slots.contains(&of.slot));
    }

    fn of(&self, attester: &Attester) -> Option<&Option<SignatureBytes>> {
        let of = attesters_of(attester.duty.slot);
        self.0.get(&of)?.get(&attester.validator)
    }
}

impl Schedule {
    /// Whole selection proofs. The beacon node is told of the attesters that aggregate once all of
    /// an epoch are known, or each anew in the epoch that has begun.
    pub fn choose(&mut self, of: Electorate, proofs: &[(ValidatorPosition, SignatureBytes)]) {
        for (validator, proof) in proofs {
            if let Some(aggregates) = self.is_chosen_by(of, *validator, proof) {
                let chosen = self.chosen.0.entry(of).or_default();
                chosen.insert(*validator, aggregates.then_some(*proof));
            }
        }
        let epoch = self.chain.epoch_of(of.slot);
        let is_told = self.epoch == Some(epoch) || self.is_all_chosen(epoch);
        if of.subcommittee.is_none() && is_told {
            self.topics.put_back(Topic::Subscribe(epoch));
        }
    }

    /// Whether this proof chooses the validator; none if it is not of those who may be chosen.
    fn is_chosen_by(
        &self,
        of: Electorate,
        validator: ValidatorPosition,
        proof: &SignatureBytes,
    ) -> Option<bool> {
        if of.subcommittee.is_some() {
            return Some(is_sync_aggregator(self.chain.preset(), proof));
        }
        let mut attesters = self.attesters(of.slot).iter();
        let ours = attesters.find(|of| of.validator == validator)?;
        Some(is_aggregator(ours.duty.seat()?.committee_length, proof))
    }

    /// Those of which it is not known whether they aggregate; no attester of which the beacon node
    /// does not say the place in its committee.
    pub fn unchosen(&self, of: Electorate) -> Vec<ValidatorPosition> {
        let Some(subcommittee) = of.subcommittee else {
            let all = self.attesters(of.slot).iter();
            let unchosen =
                all.filter(|of| of.duty.seat().is_some() && self.chosen.of(of).is_none());
            return unchosen.map(|attester| attester.validator).collect();
        };
        let known = self.chosen.0.get(&of);
        let is_known = |validator: &ValidatorPosition| {
            known.is_some_and(|known| known.contains_key(validator))
        };
        let seats = self.seats(of.slot, subcommittee).into_iter();
        let mut all: Vec<_> = seats.map(|(validator, _)| validator).collect();
        all.dedup();
        all.retain(|validator| !is_known(validator));
        all
    }

    /// The members of a subcommittee that aggregate its messages in `slot`.
    pub fn contributors(&self, slot: Slot, subcommittee: Subcommittee) -> Vec<Contributor> {
        let of = Electorate {
            slot,
            subcommittee: Some(subcommittee),
        };
        let Some(chosen) = self.chosen.0.get(&of) else {
            return Vec::new();
        };
        let members = self.members(slot).iter().filter_map(|member| {
            let is_in = member.seats.iter().any(|(seat, _)| *seat == subcommittee);
            let proof = chosen.get(&member.validator).copied().flatten();
            Some(Contributor {
                validator: member.validator,
                index: member.index,
                selection_proof: proof.filter(|_| is_in)?,
            })
        });
        members.collect()
    }

    /// The attesters of `slot` that aggregate.
    pub fn aggregators(&self, slot: Slot) -> Vec<Aggregator> {
        let aggregator = |attester: &Attester| {
            Some(Aggregator {
                attester: *attester,
                seat: attester.duty.seat()?,
                selection_proof: (*self.chosen.of(attester)?)?,
            })
        };
        let all = self.attesters(slot).iter();
        all.filter_map(aggregator).collect()
    }

    /// What the beacon node is told of the attesters of an epoch.
    pub fn subscriptions(&self, epoch: Epoch) -> Vec<Subscription> {
        let attesters = self.attesters_of(epoch);
        let subscription = |attester: &Attester| Subscription {
            attester: *attester,
            is_aggregator: self.chosen.of(attester).is_some_and(Option::is_some),
        };
        attesters.map(subscription).collect()
    }

    /// All attestations of `epoch`.
    pub(super) fn attesters_of(&self, epoch: Epoch) -> impl Iterator<Item = &Attester> {
        self.attesters
            .range(self.slots_of(epoch))
            .flat_map(|(_, list)| list)
    }

    /// Whether selection proofs are exchanged.
    pub fn set_choosing(&mut self, is_choosing: bool) {
        self.is_choosing = is_choosing;
    }

    /// When the beacon node is told of the attesters of `epoch` at the latest, whether or not it is
    /// known yet who aggregates: two slots before it begins, the time in which a node finds peers
    /// that follow a committee.
    pub(super) fn subscribes_at(&self, epoch: Epoch) -> Timestamp {
        let slots = if self.is_choosing {
            2
        } else {
            self.chain.slots_per_epoch()
        };
        let first = self.chain.first_slot(epoch).0;
        self.chain.start_of(Slot(first.saturating_sub(slots)))
    }

    /// Whether it is known of all attesters of an epoch whether they aggregate.
    pub(super) fn is_all_chosen(&self, epoch: Epoch) -> bool {
        let mut slots = self.attesters.range(self.slots_of(epoch));
        slots.all(|(slot, _)| self.unchosen(attesters_of(*slot)).is_empty())
    }
}

/// The attesters of a slot.
fn attesters_of(slot: Slot) -> Electorate {
    Electorate {
        slot,
        subcommittee: None,
    }
}
