//! What is owed by validators of which nothing is signed here any more. It is missed, and counts as
//! such: whoever reads how well a cluster does, must not be told that all is well. Of one that the
//! chain has slashed nothing is owed: no vote of it earns anything, and no block of it is taken.
//!
//! Not what a validator would have been chosen for: that is settled by signatures that nobody makes
//! for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proto::eth::ValidatorIndex;
use proto::{DutyId, DutyKind, Epoch, Slot, ValidatorPosition};

use super::Schedule;

/// Some of our validators, each with its index, in the order of the lock.
type Ours = BTreeMap<ValidatorPosition, ValidatorIndex>;

/// The halted validators, and what they owe in the epochs that the schedule knows.
#[derive(Debug, Default)]
pub(super) struct Withheld {
    halted: BTreeSet<ValidatorPosition>,
    attesters: BTreeMap<Slot, Ours>,
    proposers: BTreeMap<Slot, (ValidatorPosition, ValidatorIndex)>,
    /// Their members of the sync committee in each epoch.
    members: BTreeMap<Epoch, Ours>,
}

impl Withheld {
    pub(super) fn is_halted(&self, validator: ValidatorPosition) -> bool {
        self.halted.contains(&validator)
    }

    /// Forgets what lies outside of these slots and epochs.
    pub(super) fn keep(&mut self, slots: &Range<Slot>, epochs: &[Epoch]) {
        self.attesters.retain(|slot, _| slots.contains(slot));
        self.proposers.retain(|slot, _| slots.contains(slot));
        self.members.retain(|epoch, _| epochs.contains(epoch));
    }

    /// The attestations in these slots are named anew.
    pub(super) fn forget_attesters(&mut self, slots: &Range<Slot>) {
        self.attesters.retain(|slot, _| !slots.contains(slot));
    }

    /// The proposals in these slots are named anew.
    pub(super) fn forget_proposers(&mut self, slots: &Range<Slot>) {
        self.proposers.retain(|slot, _| !slots.contains(slot));
    }

    pub(super) fn attests(&mut self, slot: Slot, of: (ValidatorPosition, ValidatorIndex)) {
        self.attesters.entry(slot).or_default().extend([of]);
    }

    pub(super) fn proposes(&mut self, slot: Slot, of: (ValidatorPosition, ValidatorIndex)) {
        self.proposers.insert(slot, of);
    }

    /// Who sits in the sync committee in this epoch, as it is named now.
    pub(super) fn sit(&mut self, epoch: Epoch, members: Ours) {
        self.members.insert(epoch, members);
    }
}

impl Schedule {
    /// From now on nothing is signed for this validator: what it owes is [`Schedule::withheld`].
    pub fn halt(&mut self, validator: ValidatorPosition) {
        self.withheld.halted.insert(validator);
        for (slot, list) in &mut self.attesters {
            for attester in list.extract_if(.., |of| of.validator == validator) {
                let of = (validator, attester.duty.validator_index);
                self.withheld.attests(*slot, of);
            }
        }
        self.attesters.retain(|_, list| !list.is_empty());
        if let Some(registered) = self.registered.get(&validator) {
            let of = (validator, registered.index);
            let its = self.proposers.extract_if(.., |_, by| *by == validator);
            its.for_each(|(slot, _)| self.withheld.proposes(slot, of));
        }
        for (epoch, list) in &mut self.members {
            for member in list.extract_if(.., |of| of.validator == validator) {
                let ours = self.withheld.members.entry(*epoch).or_default();
                ours.insert(validator, member.index);
            }
        }
    }

    /// The duties in these slots that are halted validators', slashed or not.
    pub fn withheld_in(&self, slots: Range<Slot>) -> Vec<DutyId> {
        if slots.is_empty() {
            return Vec::new();
        }
        let of = |kind| move |slot| DutyId { slot, kind };
        let attest = self.withheld.attesters.range(slots.clone());
        let attest = attest.map(|(slot, _)| *slot).map(of(DutyKind::Head));
        let propose = self.withheld.proposers.range(slots.clone());
        let propose = propose.map(|(slot, _)| *slot).map(of(DutyKind::Block));
        let mut owed: Vec<DutyId> = attest.chain(propose).collect();
        let seated = self.withheld.members.iter().filter(|_| self.is_syncing);
        for (epoch, _) in seated.filter(|(_, ours)| !ours.is_empty()) {
            // The message of a slot stands in the block of the next one, and is of its epoch.
            let theirs = self.slots_of(*epoch);
            let from = slots.start.0.max(theirs.start.0.saturating_sub(1));
            let end = slots.end.0.min(theirs.end.0.saturating_sub(1));
            let sign = (from..end).map(Slot).map(of(DutyKind::SyncMessage));
            owed.extend(sign);
        }
        owed
    }

    /// Our halted validators that owe their part of `duty`, each with its index, in the order of
    /// the lock.
    pub fn withheld(&self, duty: DutyId) -> Vec<(ValidatorPosition, ValidatorIndex)> {
        let slot = duty.slot;
        let owed = match duty.kind {
            DutyKind::Head => self.withheld.attesters.get(&slot).cloned(),
            DutyKind::Block => {
                let proposer = self.withheld.proposers.get(&slot).copied();
                proposer.map(|of| Ours::from([of]))
            }
            DutyKind::SyncMessage => {
                let epoch = self.chain.epoch_of(slot.next());
                let members = self.withheld.members.get(&epoch);
                members.filter(|_| self.is_syncing).cloned()
            }
            DutyKind::Aggregate | DutyKind::Contribution(_) => None,
        };
        // One that was slashed owes nothing, whenever that became known.
        let is_slashed = |of: &ValidatorPosition| self.registered(*of).is_some_and(|it| it.slashed);
        let owed = owed.into_iter().flatten();
        owed.filter(|(of, _)| !is_slashed(of)).collect()
    }
}
