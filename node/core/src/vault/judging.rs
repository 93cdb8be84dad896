//! Which validators may sign something: every rule of the vault, asked in one place.
//!
//! First whether anything is signed at all, then what the record and the lock say of each
//! validator. A judgement only reads: the same one is passed on a value before it is voted for, on
//! signatures made ahead, and on what is signed.

use std::collections::BTreeSet;

use proto::{DutyId, DutyKind, Root, Slot, ValidatorPosition};

use super::guard::{self, Allowed};
use super::signable::Subject;
use super::{Held, Refusal, Signable, Vault};
use crate::record::{Marks, SignedProposal, SignedVote};

/// The validators asked for, sorted out.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Those that may sign, recorded or not, ascending.
    pub allowed: Vec<ValidatorPosition>,
    /// Those of them that must be recorded first.
    pub fresh: Vec<ValidatorPosition>,
    /// Those that do not sign, and why.
    pub refused: Vec<(ValidatorPosition, Refusal)>,
}

impl Vault {
    /// Judges each of `validators` by itself, and changes nothing.
    pub(super) fn judge(
        &self,
        now: Slot,
        signable: &Signable,
        root: Root,
        validators: &[ValidatorPosition],
    ) -> Judged {
        let mut judged = Judged::default();
        for validator in validators.iter().copied().collect::<BTreeSet<_>>() {
            match self.judge_one(now, signable, root, validator) {
                Ok(Allowed::New) => {
                    judged.fresh.push(validator);
                    judged.allowed.push(validator);
                }
                Ok(Allowed::Again) => judged.allowed.push(validator),
                Err(refusal) => judged.refused.push((validator, refusal)),
            }
        }
        judged
    }

    fn judge_one(
        &self,
        now: Slot,
        signable: &Signable,
        signing_root: Root,
        validator: ValidatorPosition,
    ) -> Result<Allowed, Refusal> {
        if let Some(refusal) = self.stopped() {
            return Err(refusal);
        }
        let (held, marks) = self
            .find(validator)
            .ok_or(Refusal::UnknownValidator(validator))?;
        if signable.subject.is_of_a_duty() && self.halted.contains(&validator) {
            return Err(Refusal::Halted(validator));
        }
        match &signable.subject {
            Subject::Vote {
                data,
                epoch_of_slot,
            } => {
                not_ahead(data.slot, now)?;
                if data.target.epoch != *epoch_of_slot {
                    return Err(Refusal::TargetNotOfSlot {
                        slot: data.slot,
                        target: data.target.epoch,
                    });
                }
                let vote = SignedVote {
                    source: data.source.epoch,
                    target: data.target.epoch,
                    signing_root,
                };
                let verdict = guard::vote(marks, vote)?;
                self.same_value(data.slot, DutyKind::Head, signing_root)?;
                Ok(verdict)
            }
            Subject::Block(slot) => self.judge_block(now, *slot, (signing_root, marks)),
            Subject::Selection { from } => not_ahead(*from, now).map(|()| Allowed::Again),
            Subject::Agreed { duty, value } => {
                not_ahead(duty.slot, now)?;
                guard::value(&self.history, *duty, *value)
            }
            Subject::Randao(slot) => not_ahead(*slot, now.next()).map(|()| Allowed::Again),
            // Two exits of one validator are no contradiction: the chain takes the first.
            Subject::Exit {
                validator: of,
                from,
            } => {
                not_ahead(*from, now)?;
                if *of != held.group_key {
                    return Err(Refusal::OtherExit(validator));
                }
                Ok(Allowed::Again)
            }
            // Of two registrations the later one counts, and none is slashable.
            Subject::Registration { validator: of, at } => {
                not_ahead(*at, now)?;
                if *of != held.group_key {
                    return Err(Refusal::OtherRegistration(validator));
                }
                Ok(Allowed::Again)
            }
            Subject::Deposit(message) => {
                held.provides_for(message, validator)?;
                let credentials = message.withdrawal_credentials;
                guard::deposit(marks, credentials, message.amount, signing_root)
            }
            Subject::Joining(message, joined) => {
                held.joins(message, validator)?;
                guard::joined(self.history.joined(), joined)?;
                let credentials = message.withdrawal_credentials;
                guard::deposit(marks, credentials, message.amount, signing_root)
            }
        }
    }

    fn judge_block(
        &self,
        now: Slot,
        slot: Slot,
        (signing_root, marks): (Root, &Marks),
    ) -> Result<Allowed, Refusal> {
        not_ahead(slot, now)?;
        let verdict = guard::proposal(marks, SignedProposal { slot, signing_root })?;
        self.same_value(slot, DutyKind::Block, signing_root)?;
        Ok(verdict)
    }

    fn same_value(&self, slot: Slot, kind: DutyKind, signing_root: Root) -> Result<(), Refusal> {
        guard::value(&self.history, DutyId { slot, kind }, signing_root).map(drop)
    }

    fn find(&self, validator: ValidatorPosition) -> Option<(&Held, &Marks)> {
        let number = self.numbers.get(validator.index())?;
        let held = self.held.get(validator.index())?;
        Some((held, self.history.marks(*number)?))
    }
}

fn not_ahead(asked: Slot, clock: Slot) -> Result<(), Refusal> {
    if asked > clock {
        Err(Refusal::AheadOfClock { asked, clock })
    } else {
        Ok(())
    }
}
