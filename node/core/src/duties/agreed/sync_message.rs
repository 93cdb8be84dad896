//! Sync committee messages: what our members of the sync committee sign is the root of the head
//! that the cluster has agreed on for the slot, never that of each peer's own beacon node.
//!
//! Where a validator of ours attests in the slot, that is the head vote that is signed: this duty
//! waits for it, and takes no other. Where none does, the peers agree on a head vote here, in the
//! same way, and only its root is signed.
//!
//! The committee of the period of the next slot signs, since the message stands in its block (spec:
//! the message of a period's last slot is of the next period's committee); under the domain of the
//! epoch of the message's own slot.
//!
//! Source: consensus-specs `altair/validator.md` (sync committee messages).

use std::time::Duration;

use consensus::Opening;
use proto::eth::{ChainSpec, HeadVote, SyncCommitteeMessage};
use proto::{DutyId, SignatureBytes, Slot, Timestamp, ValidatorPosition};

use super::head;
use super::kind::Fresh;
use super::objection::{Doubt, Flaw};
use super::sums::Voted;
use super::value::Value;
use crate::duties::facts::{Owners, Step};
use crate::duties::note::Miss;
use crate::duties::schedule::Schedule;
use crate::duties::{Request, Submission};

pub(super) const OPENING: Opening = Opening::Leaderless;

/// At the latest when messages are due, and with the grace of a head vote.
pub(super) fn begin(slot: Slot, chain: &ChainSpec, round_trip: Duration) -> (Timestamp, Duration) {
    (due_at(slot, chain), head::grace(chain, round_trip))
}

/// When messages are due at the latest.
pub(super) fn due_at(slot: Slot, chain: &ChainSpec) -> Timestamp {
    chain.sync_message_deadline(slot)
}

/// Whose duty it is in `slot`, if one of ours has it.
pub(super) fn owners(slot: Slot, schedule: &Schedule) -> Option<Owners> {
    let members = schedule.members(slot);
    let member = |of: &crate::duties::schedule::Member| (of.validator, of.index);
    (!members.is_empty()).then(|| Owners::Members {
        members: members.iter().map(member).collect(),
        attests: !schedule.attesters(slot).is_empty(),
    })
}

/// What the run of sync committee messages knows beside what every run does.
#[derive(Debug)]
pub(crate) struct SyncDuty {
    duty: DutyId,
    /// Whether a validator of ours attests in the slot.
    attests: bool,
    /// What the cluster has voted for, if one does.
    voted: Option<HeadVote>,
    /// The own beacon node's last view of the slot.
    view: Option<HeadVote>,
}

impl SyncDuty {
    pub(super) fn new(duty: DutyId, owners: &Owners) -> Self {
        Self {
            duty,
            attests: attests(owners),
            voted: None,
            view: None,
        }
    }

    /// Whose duty it is now.
    pub(super) fn own(&mut self, owners: &Owners) {
        self.attests = attests(owners);
    }

    /// Asks the own beacon node what it would vote for, where the cluster votes for nothing.
    pub(super) fn want(&self, step: &mut Step<'_>) {
        if !self.attests {
            step.ask(Request::HeadVote(self.duty.slot));
        }
    }

    /// How many votes of the cluster it knows: one is as good as all.
    pub(super) fn votes(&self) -> usize {
        self.voted.map_or(0, |_| usize::MAX)
    }

    /// The cluster has voted: this is the value.
    pub(super) fn voted(&mut self, voted: &Voted) {
        self.voted = Some(voted.vote);
    }

    /// This peer's value, if it follows from what the cluster has voted for.
    pub(super) fn settled(&self) -> Option<Value> {
        self.voted.map(Value::Head)
    }

    /// The own beacon node would vote for this.
    pub(super) fn keep(&mut self, view: HeadVote) -> Option<Value> {
        let view = Some(view).filter(|view| view.slot == self.duty.slot)?;
        self.view = Some(view);
        (!self.attests).then_some(Value::Head(view))
    }

    pub(super) fn view(&self) -> Option<&HeadVote> {
        self.voted.as_ref().or(self.view.as_ref())
    }

    /// The hard checks that need no view.
    pub(super) fn check(
        &self,
        value: &Value,
        owners: &Owners,
        chain: &ChainSpec,
    ) -> Result<(), Flaw> {
        let (Value::Head(data), Owners::Members { .. }) = (value, owners) else {
            return Err(Flaw::OtherDuty);
        };
        head::check_head(data, self.duty, chain)?;
        match self.voted {
            Some(voted) if voted != *data => Err(Flaw::OtherVote),
            Some(_) | None => Ok(()),
        }
    }

    /// The hard check that the own view answers, and what the cluster has voted for.
    pub(super) fn check_view(&self, value: &Value) -> Result<(), Doubt> {
        match (value, self.voted) {
            (Value::Head(_), Some(_)) => Ok(()),
            (Value::Head(data), None) if !self.attests => {
                head::check_source(data, self.view.as_ref())
            }
            (
                Value::Head(_)
                | Value::Block(_)
                | Value::Blinded(_)
                | Value::Aggregates(_)
                | Value::Contribution(_),
                _,
            ) => Err(Doubt::NoView),
        }
    }

    /// The messages of all whose group signatures are there.
    pub(super) fn submission(&self, data: &HeadVote, fresh: &Fresh<'_>) -> Option<Submission> {
        let message = |(validator, signature): &(ValidatorPosition, SignatureBytes)| {
            Some(SyncCommitteeMessage {
                slot: data.slot,
                beacon_block_root: data.beacon_block_root,
                validator_index: fresh.owners.index_of(*validator)?,
                signature: *signature,
            })
        };
        let messages: Vec<_> = fresh.signatures.iter().filter_map(message).collect();
        (!messages.is_empty()).then_some(Submission::SyncMessages(messages))
    }

    /// Why there is no value.
    pub(super) fn no_value(&self) -> Miss {
        match self.attests {
            true => Miss::NoVote,
            false => Miss::NoValue,
        }
    }
}

fn attests(owners: &Owners) -> bool {
    matches!(owners, Owners::Members { attests: true, .. })
}

#[cfg(test)]
mod tests;
