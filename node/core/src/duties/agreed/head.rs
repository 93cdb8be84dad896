//! Head votes: what every attester of a slot signs. Each peer computes the value itself, most often
//! the same one, so the peers begin without a leader.

use std::time::Duration;

use consensus::Opening;
use proto::eth::{ChainSpec, HeadVote, SingleAttestation};
use proto::{DutyId, Epoch, SignatureBytes, Slot, Timestamp, ValidatorPosition};

use super::kind::{Fresh, Moment};
use super::objection::{Doubt, Flaw};
use super::value::Value;
use crate::duties::facts::{Owners, Step};
use crate::duties::schedule::{Schedule, Topic};
use crate::duties::{Request, Submission};

pub(super) const OPENING: Opening = Opening::Leaderless;

/// The first round begins when votes are due, and waits for those of the peers.
pub(super) fn begin(slot: Slot, chain: &ChainSpec, round_trip: Duration) -> (Timestamp, Duration) {
    (due_at(slot, chain), grace(chain, round_trip))
}

/// How long a round without a leader waits for votes: a fortieth of a slot at least. The answers of
/// the peers' beacon nodes lie further apart than three round trips on a fast line, and waiting
/// costs nothing where t votes agree.
pub(super) fn grace(chain: &ChainSpec, round_trip: Duration) -> Duration {
    (3 * round_trip).max(chain.slot_duration() / 40)
}

/// What tells whose duties those of `epoch` are.
pub(super) fn topic(epoch: Epoch) -> Topic {
    Topic::Attesters(epoch)
}

/// Whose duty it is in `slot`, if one of ours has it.
pub(super) fn owners(slot: Slot, schedule: &Schedule) -> Option<Owners> {
    let attesters = schedule.attesters(slot).to_vec();
    (!attesters.is_empty()).then_some(Owners::Attesters(attesters))
}

/// Head votes begin with the slot's block, or else at their deadline.
pub(super) fn is_due(slot: Slot, moment: Moment, chain: &ChainSpec) -> bool {
    moment.head >= Some(slot) || moment.now >= due_at(slot, chain)
}

/// When they begin at the latest.
pub(super) fn due_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.attestation_deadline(slot)
}

/// What the run of a head vote knows beside what every run does.
#[derive(Debug)]
pub(crate) struct HeadDuty {
    duty: DutyId,
    /// The own beacon node's last view of the slot.
    view: Option<HeadVote>,
}

impl HeadDuty {
    pub(super) fn new(duty: DutyId) -> Self {
        Self { duty, view: None }
    }

    /// Asks the own beacon node what to vote for.
    pub(super) fn want(&self, step: &mut Step<'_>) {
        step.ask(Request::HeadVote(self.duty.slot));
    }

    /// The own beacon node would vote for this.
    pub(super) fn keep(&mut self, view: HeadVote) -> Option<Value> {
        let view = Some(view).filter(|view| view.slot == self.duty.slot)?;
        self.view = Some(view);
        Some(Value::Head(view))
    }

    pub(super) fn view(&self) -> Option<&HeadVote> {
        self.view.as_ref()
    }

    /// The hard checks that need no view.
    pub(super) fn check(
        &self,
        value: &Value,
        owners: &Owners,
        chain: &ChainSpec,
    ) -> Result<(), Flaw> {
        let (Value::Head(data), Owners::Attesters(_)) = (value, owners) else {
            return Err(Flaw::OtherDuty);
        };
        check_head(data, self.duty, chain)
    }

    /// The hard check that the own view answers.
    pub(super) fn check_view(&self, value: &Value) -> Result<(), Doubt> {
        let Value::Head(data) = value else {
            return Err(Doubt::NoView);
        };
        check_source(data, self.view.as_ref())
    }

    /// The attestations of all whose group signatures are there.
    pub(super) fn submission(&self, data: &HeadVote, fresh: &Fresh<'_>) -> Option<Submission> {
        let attestation = |(validator, signature): &(ValidatorPosition, SignatureBytes)| {
            let duty = fresh.owners.attester(*validator)?.duty;
            Some(SingleAttestation {
                committee_index: duty.committee_index,
                attester_index: duty.validator_index,
                data: *data,
                signature: *signature,
            })
        };
        let attestations: Vec<_> = fresh.signatures.iter().filter_map(attestation).collect();
        (!attestations.is_empty()).then_some(Submission::Attestations(attestations))
    }
}

/// The hard checks of a head vote that need no view: slot, index and epochs.
pub(super) fn check_head(data: &HeadVote, duty: DutyId, chain: &ChainSpec) -> Result<(), Flaw> {
    let fits = data.slot == duty.slot
        && data.index.0 == 0
        && data.target.epoch == chain.epoch_of(duty.slot)
        && data.source.epoch <= data.target.epoch;
    if fits { Ok(()) } else { Err(Flaw::OtherDuty) }
}

/// The hard check of a head vote that the own view answers: the source.
pub(super) fn check_source(data: &HeadVote, own: Option<&HeadVote>) -> Result<(), Doubt> {
    let own = own.ok_or(Doubt::NoView)?;
    if data.source == own.source {
        Ok(())
    } else {
        Err(Doubt::OtherCheckpoints)
    }
}

/// The soft check of a head vote that one look at the own view answers: the target.
pub(super) fn check_target(data: &HeadVote, own: &HeadVote) -> Result<(), Doubt> {
    if data.target == own.target {
        Ok(())
    } else {
        Err(Doubt::OtherCheckpoints)
    }
}

#[cfg(test)]
mod tests;
