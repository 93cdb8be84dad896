//! The part of a run that judges: the own value before it is offered, a proposal before it is voted
//! for, a proven value before it is signed.
//!
//! *Hard* checks hold for every value. They look first at the value alone and at what the vault
//! would refuse, which is final, and last at the own beacon node's view, which may be late: what
//! only that speaks against is asked again, for a proposal until its round ends, and for a value
//! that a quorum has PREPAREd until it is signed. *Soft* checks stand in `judge.rs`.

use consensus::Input as Ballot;
use dkg::bls::{self, Message, SignaturePoint};
use proto::eth::Layout;
use proto::{SignatureBytes, Slot};

use super::judge::{Question, Verdict, Want};
use super::objection::{Doubt, Flaw, Objection};
use super::run::Run;
use super::value::{ExpectedBlock, Value, check_block, check_head, check_source};
use crate::duties::facts::{ClusterFacts, Owners, Step};
use crate::duties::note::{Note, Phase};
use crate::partials::keys::ValidatorPosition;
use crate::vault::Signable;

impl Run {
    /// Offers this peer's own value to the instance if it passes the hard checks. One that comes
    /// after t peers have signed is of no use any more.
    pub(crate) fn offer(&mut self, value: Value, step: &mut Step<'_>) {
        if self.signed.is_some() {
            return;
        }
        match self.hard_check(&value, step) {
            Ok(()) => {
                self.reach(Phase::ValueReady, step);
                self.ballot(Ballot::Candidate(value), step);
            }
            Err(objection) => self.object(objection, step),
        }
    }

    pub(crate) fn object(&mut self, objection: Objection, step: &mut Step<'_>) {
        self.objection = Some(objection);
        step.note(Note::Objected {
            duty: self.duty,
            objection,
        });
    }

    /// Judges a waiting proposal, or asks the beacon node what the judgement needs.
    pub(crate) fn answer_question(&mut self, step: &mut Step<'_>) {
        let Some(mut question) = self.question.take() else {
            return;
        };
        if self.signed.is_some() {
            return;
        }
        if question.round() < self.instance.round() {
            return self.object(Objection::OfView(question.doubt()), step);
        }
        let verdict = match self.hard_check(question.value(), step) {
            Ok(()) => {
                if self.is_spared(question.value(), step) {
                    question.waive();
                }
                question.soft_check(self.view.as_ref(), step.now)
            }
            // Without a view, or with a late one, this peer gives no vote; but it may get the right
            // one while the round lasts.
            Err(Objection::OfView(doubt)) => question.refresh(doubt, step.now),
            Err(objection @ (Objection::OfValue(_) | Objection::OfVault)) => {
                self.object(objection, step);
                Verdict::No
            }
        };
        let (round, value) = (question.round(), consensus::Value::hash(question.value()));
        let acceptable = match verdict {
            Verdict::Wait => {
                self.question = Some(question);
                return;
            }
            Verdict::Ask(wants) => {
                self.question = Some(question);
                return self.ask(wants, step);
            }
            Verdict::Yes => true,
            Verdict::No => false,
        };
        if acceptable {
            self.reach(Phase::ValueReady, step);
        }
        self.ballot(
            Ballot::Judged {
                round,
                value,
                acceptable,
            },
            step,
        );
    }

    /// Whether f + 1 others have voted for the value while the own beacon node does not answer: one
    /// of them is correct and has asked a node that follows the chain, so theirs stand for the
    /// checks that need one, as with a forced value. With two of four nodes hung there is no block
    /// without this. A node that answers makes its own checks, and one that says it is behind is a
    /// reason not to vote. (A head vote names a source, for which the own node is needed.)
    fn is_spared(&self, value: &Value, step: &Step<'_>) -> bool {
        step.is_mute && self.instance.is_vouched_for(&consensus::Value::hash(value))
    }

    /// Signs what a quorum has PREPAREd, once the own beacon node does not speak against it any
    /// more: a quorum's proof does not age.
    pub(crate) fn answer_owed(&mut self, step: &mut Step<'_>) {
        if let Some(owed) = self.owed.take() {
            self.sign(owed, step);
        }
    }

    /// What a quorum has PREPAREd and the own view speaks against: kept, and asked again while the
    /// signature is of use.
    pub(crate) fn owe(&mut self, mut question: Question, doubt: Doubt, step: &mut Step<'_>) {
        if self.signed.is_none()
            && let Verdict::Ask(wants) = question.refresh(doubt, step.now)
        {
            self.ask(wants, step);
        }
        if let Some(doubt) = question.news() {
            self.object(Objection::OfView(doubt), step);
        }
        self.owed = Some(question);
    }

    fn ask(&self, wants: Vec<Want>, step: &mut Step<'_>) {
        let requests = wants.into_iter().map(|want| want.request(self.duty));
        requests.for_each(|request| step.ask(request));
    }

    /// The checks that even a forced value must pass.
    pub(crate) fn hard_check(&mut self, value: &Value, step: &Step<'_>) -> Result<(), Objection> {
        self.check_value(value, step.facts)
            .map_err(Objection::OfValue)?;
        let numbers = self.owners.numbers();
        let signable = value.signable(&step.facts.chain);
        let refused = step.vault.would_refuse(step.slot(), &signable, &numbers);
        if refused.len() == numbers.len() {
            return Err(Objection::OfVault);
        }
        self.check_view(value, step).map_err(Objection::OfView)
    }

    /// What the value alone must be.
    fn check_value(&mut self, value: &Value, facts: &ClusterFacts) -> Result<(), Flaw> {
        match (value, &self.owners) {
            (Value::Head(data), Owners::Attesters(_)) => check_head(data, self.duty, &facts.chain),
            (Value::Block(block), &Owners::Proposer { validator, index }) => {
                let fee_recipient = *facts
                    .fee_recipients
                    .get(validator.index())
                    .expect("the definition has a fee recipient for every validator");
                let epoch = facts.chain.epoch_of(self.duty.slot);
                let fork = facts.chain.fork_at(epoch).map_err(|_| Flaw::OtherDuty)?;
                let expected = ExpectedBlock {
                    proposer: index,
                    fee_recipient,
                    layout: Layout {
                        preset: facts.chain.preset(),
                        fork,
                    },
                };
                check_block(block, self.duty, expected)?;
                let reveal = block.randao_reveal();
                let is_right = match self.reveal {
                    Some(expected) => expected == reveal,
                    None => self.judged_reveal.is_right((validator, reveal), || {
                        is_reveal(&reveal, self.duty.slot, validator, facts)
                    }),
                };
                is_right.then_some(()).ok_or(Flaw::WrongRandao)
            }
            (Value::Head(_), Owners::Proposer { .. })
            | (Value::Block(_), Owners::Attesters(_))
            | (Value::Head(_) | Value::Block(_), Owners::Nobody) => Err(Flaw::OtherDuty),
        }
    }

    /// What the own beacon node must say: the source of a head vote; of a block only that it
    /// follows the chain, for a validator whose node has not checked its head's payload must not
    /// propose (consensus specs, `sync/optimistic.md`). A node that says nothing is spared that.
    fn check_view(&self, value: &Value, step: &Step<'_>) -> Result<(), Doubt> {
        match value {
            Value::Head(data) => check_source(data, self.view.as_ref()),
            Value::Block(_) if self.follows || self.is_spared(value, step) => Ok(()),
            Value::Block(_) => Err(Doubt::NoView),
        }
    }
}

/// The reveal of the last block that was judged before the right one was known here. A proposal may
/// wait through many events, and is judged at each: its signature is verified once.
#[derive(Debug, Default)]
pub(crate) struct JudgedReveal(Option<((ValidatorPosition, SignatureBytes), bool)>);

impl JudgedReveal {
    /// Whether this reveal of this validator is right, by `verify` if that is not known yet.
    fn is_right(
        &mut self,
        of: (ValidatorPosition, SignatureBytes),
        verify: impl FnOnce() -> bool,
    ) -> bool {
        match self.0 {
            Some((known, is_right)) if known == of => is_right,
            Some(_) | None => self.0.insert((of, verify())).1,
        }
    }
}

/// Whether `signature` is the RANDAO reveal of `validator` for `slot`.
fn is_reveal(
    signature: &SignatureBytes,
    slot: Slot,
    validator: ValidatorPosition,
    facts: &ClusterFacts,
) -> bool {
    let keys = facts
        .keys
        .get(validator)
        .expect("the schedule knows only our validators");
    let message = Message::hash(Signable::randao(&facts.chain, slot).signing_root());
    SignaturePoint::from_bytes(signature)
        .is_ok_and(|point| bls::verify(&keys.group, &message, &point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reveal_of_a_proposal_that_waits_is_verified_once() {
        let mut judged = JudgedReveal::default();
        let mut asked = 0;
        let of = |validator, byte| (ValidatorPosition(validator), [byte; 96].into());
        for (reveal, says) in [(of(1, 7), true), (of(1, 8), false), (of(2, 8), true)] {
            for _ in 0..9 {
                let is_right = judged.is_right(reveal, || {
                    asked += 1;
                    says
                });
                assert_eq!(is_right, says);
            }
        }
        assert_eq!(asked, 3);
    }
}
