//! Turns what arrives into what may be counted: signatures, certificates, justifications. Keeps
//! every vote that it verifies on the way, and verifies none that it has kept.

use proto::vote::{Answer, Change, Prepare, Prepared, Propose, Scope, Signatures};
use proto::{PeerSet, Roster, Round, Signed, Statement, Verified};

use crate::ballots::{Ballots, Certificate, Changed};
use crate::{Opening, Rule};

/// Verifies against one roster, for one duty, with the help of what is known already.
pub(crate) struct Verifier<'a> {
    pub scope: Scope,
    pub opening: Opening,
    pub roster: &'a Roster,
    pub ballots: &'a mut Ballots,
    /// How many signatures have been verified.
    pub verified: &'a mut u64,
}

impl Verifier<'_> {
    /// A statement that its signer has signed.
    pub(crate) fn signed<T: Statement>(&mut self, signed: Signed<T>) -> Result<Verified<T>, Rule> {
        *self.verified += 1;
        signed.verify(self.roster).map_err(|_| Rule::BadSignature)
    }

    /// A proposal that its leader has signed.
    pub(crate) fn propose(&mut self, signed: Signed<Propose>) -> Result<Verified<Propose>, Rule> {
        let known = self.ballots.propose(signed.statement.round);
        match known.filter(|known| ***known == signed) {
            Some(known) => Ok(known.clone()),
            None => self.signed(signed),
        }
    }

    /// Keeps a vote of a round that exists.
    pub(crate) fn prepare(&mut self, signed: Signed<Prepare>) -> Result<(), Rule> {
        if signed.statement.round < self.opening.first_round() {
            return Err(Rule::NoSuchRound);
        }
        if !self.ballots.has_prepare(&signed) {
            let vote = self.signed(signed)?;
            self.ballots.add_prepare(vote);
        }
        Ok(())
    }

    /// Checks that t peers have signed what `prepared` says, and keeps their votes and the proof.
    pub(crate) fn certificate(
        &mut self,
        prepared: Prepared,
        signatures: &Signatures,
    ) -> Result<(), Rule> {
        if signatures.0.len() < self.roster.size().threshold() {
            return Err(Rule::BadCertificate);
        }
        for (signer, signature) in &signatures.0 {
            let statement = Prepare {
                scope: self.scope,
                round: prepared.round,
                value: prepared.value,
            };
            self.prepare(Signed {
                statement,
                signer: *signer,
                signature: *signature,
            })
            .map_err(|_| Rule::BadCertificate)?;
        }
        self.ballots.add_certificate(Certificate {
            prepared,
            signatures: signatures.clone(),
        });
        Ok(())
    }

    /// A ROUND-CHANGE with its certificate, kept.
    pub(crate) fn change(&mut self, change: &Change) -> Result<(), Rule> {
        let statement = &change.signed.statement;
        let first = self.opening.first_round();
        if statement.round <= first || statement.votes.keys().any(|round| *round < first) {
            return Err(Rule::NoSuchRound);
        }
        if self.ballots.has_change(&change.signed) {
            return Ok(());
        }
        let verified = self.signed(change.signed.clone())?;
        let proof = match statement.prepared {
            Some(prepared) if prepared.round < statement.round => {
                self.certificate(prepared, &change.certificate)
            }
            None if change.certificate.0.is_empty() => Ok(()),
            Some(_) | None => Err(Rule::BadCertificate),
        };
        // What was signed was said, whether or not the proof beside it holds.
        match proof {
            Ok(()) => {
                let changed = Changed::new(verified, change.certificate.clone());
                self.ballots.add_change(changed);
            }
            Err(_) => self.ballots.add_unproven_change(verified),
        }
        proof
    }

    /// Checks that these are answers of different peers for `round`, and keeps them. Whether they
    /// allow the proposal is the votes rule's to say.
    pub(crate) fn justification(&mut self, round: Round, answers: &[Answer]) -> Result<(), Rule> {
        let mut signers = PeerSet::EMPTY;
        for answer in answers {
            if !signers.insert(answer.signer()) {
                return Err(Rule::Unjustified);
            }
            match answer {
                Answer::Prepare(vote) => {
                    if round != Round::FIRST || vote.statement.round != Round::ZERO {
                        return Err(Rule::Unjustified);
                    }
                    self.prepare(vote.clone())?;
                }
                Answer::Change(change) => {
                    if change.signed.statement.round != round {
                        return Err(Rule::Unjustified);
                    }
                    self.change(change)?;
                }
            }
        }
        Ok(())
    }
}
