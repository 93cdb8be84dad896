//! The second half of a run: from a PREPARE quorum over the vault and the record to partial
//! signatures, and from t of them to group signatures.

use consensus::Input as Ballot;
use proto::vote::Partial;
use proto::{PeerIndex, SignatureBytes, ValidatorPosition};

use super::judge::Question;
use super::kind::Fresh;
use super::objection::Objection;
use super::run::Run;
use super::stage::Part;
use super::value::Value;
use crate::duties::facts::Step;
use crate::duties::note::{Note, Phase};
use crate::duties::{Deferred, Output, Request};
use crate::partials::share::Share;
use crate::record::Recorded;
use crate::vault::PartialSignature;

impl Run {
    /// A quorum has PREPAREd a value: the vault signs it and the store makes the record durable.
    pub(crate) fn sign(&mut self, question: Question, step: &mut Step<'_>) {
        if !self.is_certain() {
            // Not before it is certain whose duty it is: see `owning.rs`.
            return self.stage.sign_by(Part::Owed(question));
        }
        match self.hard_check(question.value(), step) {
            Ok(()) => self.tell_unread(question.value(), step),
            Err(Objection::OfView(doubt)) => return self.owe(question, doubt, step),
            Err(objection @ (Objection::OfValue(_) | Objection::OfVault)) => {
                let by = self.proposer(question.value());
                self.object(objection, by, step);
                return self.decline(step);
            }
        }
        let parts = question.value().to_sign(&self.owners, &step.facts.chain);
        let signing = step.vault.sign_all(step.slot(), &parts);
        for (validator, refusal) in signing.refused {
            self.refusals.insert(validator, refusal);
            step.note(Note::Refused {
                duty: self.duty,
                validator,
                refusal,
            });
        }
        match signing.sealed {
            Some(sealed) => {
                self.stage.sign_by(Part::Sealed {
                    value: question.into_value(),
                    sealed,
                });
                if !signing.records.is_empty() {
                    step.out.push(Output::Persist(signing.records));
                }
                // What was recorded before a restart may be durable already.
                let durable = step.recorded;
                self.recorded(&durable, step);
            }
            None => self.decline(step),
        }
    }

    /// No partial signature of this peer will leave.
    pub(crate) fn decline(&mut self, step: &mut Step<'_>) {
        self.stage.give_none();
        self.ballot(Ballot::Declined, step);
    }

    /// The record is durable: the partial signatures may leave, as soon as it is certain whose duty
    /// it is, and but for those whose it is no more.
    pub(crate) fn recorded(&mut self, recorded: &Recorded, step: &mut Step<'_>) {
        if !self.is_certain() {
            return;
        }
        let Some((value, sealed)) = self.stage.take_sealed() else {
            return;
        };
        let sequence = sealed.sequence();
        match sealed.open(recorded) {
            Ok(mut opened) => {
                let wanted = self.owners.positions();
                opened.retain(|partial| wanted.contains(&partial.validator()));
                if opened.is_empty() {
                    return self.decline(step);
                }
                self.reach(Phase::RecordDurable, step);
                let partials = opened.iter().map(partial).collect();
                self.ballot(Ballot::Recorded { sequence, partials }, step);
                let own = |partial: &PartialSignature| {
                    let share = Share::Own(*partial.signature());
                    (partial.validator(), share)
                };
                self.collect((step.facts.me, &value), opened.iter().map(own), step);
            }
            Err(sealed) => self.stage.sign_by(Part::Sealed { value, sealed }),
        }
    }

    /// Computes the partial signatures of the own vote ahead; they stay sealed in the vault.
    pub(crate) fn presign(&mut self, step: &mut Step<'_>) {
        let voted = self
            .voted
            .as_ref()
            .and_then(|hash| self.instance.value(hash));
        if let Some(value) = voted {
            for part in value.to_sign(&self.owners, &step.facts.chain) {
                let (signable, validators) = (&part.signable, &part.validators);
                step.vault.presign(step.slot(), signable, validators);
            }
        }
    }

    /// Takes a peer's (or the own) partial signatures over `value` and combines what is ready.
    pub(crate) fn collect(
        &mut self,
        (peer, value): (PeerIndex, &Value),
        shares: impl IntoIterator<Item = (ValidatorPosition, Share)>,
        step: &mut Step<'_>,
    ) {
        let hash = consensus::Value::hash(value);
        self.collector.add(peer, hash, shares);
        if self.collector.is_ready(&hash, &value.signers(&self.owners)) {
            self.reach(Phase::CommitQuorum, step);
            self.stage.finish(value.clone());
            step.out.push(Output::Later(Deferred::Combine(self.duty)));
        }
    }

    /// Combines the partial signatures of the value that t peers have signed.
    pub(crate) fn combine(&mut self, step: &mut Step<'_>) {
        let Some(value) = self.stage.signed().cloned().filter(|_| !self.held) else {
            return;
        };
        let hash = consensus::Value::hash(&value);
        // More shares than were needed may have come before the first chore was done.
        if !self.collector.is_ready(&hash, &value.signers(&self.owners)) {
            return;
        }
        let mut signatures = Vec::new();
        for part in value.to_sign(&self.owners, &step.facts.chain) {
            let message = step.vault.message(part.signable.signing_root());
            let with = step.combining(&message);
            let combined = self.collector.combine(&hash, &part.validators, with);
            step.blame(&combined.bad_shares, |validator| {
                format!("{}: its share for validator {validator}", self.duty)
            });
            signatures.extend(combined.signatures);
        }
        if !signatures.is_empty() {
            self.submit(&value, &signatures, step);
        }
    }

    /// Submits fresh group signatures; every peer does, and "already known" is success.
    fn submit(
        &mut self,
        value: &Value,
        signatures: &[(ValidatorPosition, SignatureBytes)],
        step: &mut Step<'_>,
    ) {
        self.reach(Phase::SignatureVerified, step);
        self.give(signatures);
        let hash = consensus::Value::hash(value);
        let fresh = Fresh {
            owners: &self.owners,
            signatures,
            proposer: self.instance.proposer(&hash),
        };
        let submission = self.kind.submission(value, &fresh, step);
        if let Some(submission) = submission {
            step.ask(Request::Submit {
                duty: self.duty,
                submission,
            });
        }
        let there = self.collector.contributors(&hash);
        step.note(Note::Signed {
            duty: self.duty,
            validators: signatures.len(),
            round: self.instance.round(),
            // Of all others the shares were not needed, and may still come.
            missing: step.peers.silent(self.duty.slot).without(there),
        });
    }
}

fn partial(opened: &PartialSignature) -> Partial {
    Partial {
        validator: opened.validator(),
        signature: opened.signature().to_bytes(),
    }
}
