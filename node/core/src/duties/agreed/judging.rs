//! The part of a run that judges: the own value before it is offered, a proposal before it is voted
//! for, a proven value before it is signed.
//!
//! *Hard* checks hold for every value. They look first at the value alone and at what the vault
//! would refuse, which is final, and last at the own beacon node's view, which may be late: what
//! only that speaks against is asked again, for a proposal until its round ends, and for a value
//! that a quorum has PREPAREd until it is signed. *Soft* checks stand in `judge.rs`.

use consensus::Input as Ballot;
use proto::PeerIndex;

use super::blinded;
use super::judge::{Judgement, Question, Want};
use super::objection::{Doubt, Objection};
use super::paying;
use super::run::Run;
use super::stage::Part;
use super::value::Value;
use crate::duties::facts::Step;
use crate::duties::note::{Note, Phase};
use crate::pool::agreement::BuilderPolicy;
use crate::vault::ToSign;

impl Run {
    /// Offers this peer's own value to the instance if it passes the hard checks. One that comes
    /// after t peers have signed is of no use any more.
    pub(crate) fn offer(&mut self, value: Value, step: &mut Step<'_>) {
        if self.stage.signed().is_some() {
            return;
        }
        match self.hard_check(&value, step) {
            Ok(()) => {
                self.reach(Phase::ValueReady, step);
                self.ballot(Ballot::Candidate(value), step);
            }
            Err(objection) => self.object(objection, None, step),
        }
    }

    /// Tells what speaks against a value, and who has proposed it, if it is not the own one.
    pub(crate) fn object(
        &mut self,
        objection: Objection,
        by: Option<PeerIndex>,
        step: &mut Step<'_>,
    ) {
        self.objection = Some(objection);
        step.note(Note::Objected {
            duty: self.duty,
            objection,
            by,
        });
    }

    /// Who has proposed this value.
    pub(crate) fn proposer(&self, value: &Value) -> Option<PeerIndex> {
        self.instance.proposer(&consensus::Value::hash(value))
    }

    /// Judges a waiting proposal, or asks the beacon node what the judgement needs.
    pub(crate) fn answer_question(&mut self, step: &mut Step<'_>) {
        let Some(mut question) = self.question.take() else {
            return;
        };
        if self.stage.signed().is_some() {
            return;
        }
        if question.round() < self.instance.round() {
            let by = self.proposer(question.value());
            return self.object(Objection::OfView(question.doubt()), by, step);
        }
        let verdict = match self.hard_check(question.value(), step) {
            Ok(()) => {
                // That others have voted for it is no bid that this peer has seen.
                let is_free = !question.is_forced();
                let unseen = self.doubts_bid(question.value()).filter(|_| is_free);
                if self.is_spared(question.value(), step) && unseen.is_none() {
                    question.waive();
                }
                let doubt = unseen
                    .or_else(|| self.doubts_payee(question.value(), step))
                    .or_else(|| self.kind.doubt(question.value()));
                match doubt {
                    Some(doubt) if !question.is_forced() => question.refresh(doubt, step.now),
                    Some(_) | None => question.soft_check(self.kind.view(), step.now),
                }
            }
            // Without a view, or with a late one, this peer gives no vote; but it may get the right
            // one while the round lasts.
            Err(Objection::OfView(doubt)) => question.refresh(doubt, step.now),
            Err(objection @ (Objection::OfValue(_) | Objection::OfVault)) => {
                let by = self.proposer(question.value());
                self.object(objection, by, step);
                Judgement::No
            }
        };
        let (round, value) = (question.round(), consensus::Value::hash(question.value()));
        let acceptable = match verdict {
            Judgement::Wait => {
                self.question = Some(question);
                return;
            }
            Judgement::Ask(wants) => {
                self.question = Some(question);
                return self.ask(wants, step);
            }
            Judgement::Yes => true,
            Judgement::No => false,
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
        if let Some(owed) = self.stage.take_owed() {
            self.sign(owed, step);
        }
    }

    /// What a quorum has PREPAREd and the own view speaks against: kept, and asked again while the
    /// signature is of use.
    pub(crate) fn owe(&mut self, mut question: Question, doubt: Doubt, step: &mut Step<'_>) {
        if self.stage.signed().is_none()
            && let Judgement::Ask(wants) = question.refresh(doubt, step.now)
        {
            self.ask(wants, step);
        }
        if let Some(doubt) = question.news() {
            let by = self.proposer(question.value());
            self.object(Objection::OfView(doubt), by, step);
        }
        self.stage.sign_by(Part::Owed(question));
    }

    pub(super) fn ask(&self, wants: Vec<Want>, step: &mut Step<'_>) {
        let proposer = self.owners.positions().first().copied();
        let keys = proposer.and_then(|at| step.facts.keys.get(at));
        let relays = step.builders.map_or(&[][..], BuilderPolicy::relays);
        let of = (keys.map(|keys| keys.public_key), relays);
        let requests = wants
            .into_iter()
            .filter_map(|want| want.request(self.duty, of));
        requests.for_each(|request| step.ask(request));
    }

    /// The checks that even a forced value must pass.
    pub(crate) fn hard_check(
        &mut self,
        value: &Value,
        step: &mut Step<'_>,
    ) -> Result<(), Objection> {
        paying::inquire(value, step);
        self.kind
            .check(value, &self.owners, step.facts)
            .and_then(|()| self.check_payee(value, step))
            .and_then(|()| blinded::check(value, step.builders))
            .map_err(Objection::OfValue)?;
        let parts = value.to_sign(&self.owners, &step.facts.chain);
        let signs = |part: &ToSign| {
            let (signable, validators) = (&part.signable, &part.validators);
            let refused = step.vault.would_refuse(step.slot(), signable, validators);
            refused.len() < validators.len()
        };
        if !parts.iter().any(signs) {
            return Err(Objection::OfVault);
        }
        let is_spared = self.is_spared(value, step);
        self.kind
            .check_view(value, is_spared)
            .and_then(|()| self.check_unsure(value, step))
            .map_err(Objection::OfView)
    }
}
