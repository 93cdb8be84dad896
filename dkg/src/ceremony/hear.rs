//! What a ceremony makes of a frame: bounded, decoded, of these terms, truly signed, and only then
//! kept. Statements of other attempts change nothing, except an opening of a later attempt (this
//! peer may follow) and acknowledgements of an earlier one that this peer has acknowledged too.

use std::collections::btree_map::Entry;

use proto::ceremony::{Ack, Bundle, Frame, MAX_ATTEMPT, Opening, Spoken};
use proto::lock::LockHash;
use proto::{PeerIndex, PeerSet, Signed, Statement, Verified};

use super::attempt::{First, Stage};
use super::{Breach, Ceremony, Output, broadcast};
use crate::blame::{self, Evidence, denies, has_sound_keys};

impl Ceremony {
    /// Takes one frame of the session with `from`.
    pub(super) fn receive(&mut self, from: PeerIndex, bytes: &[u8], outputs: &mut Vec<Output>) {
        if bytes.len() > self.max_frame {
            outputs.push(Output::Fault(from, Breach::TooLong(bytes.len())));
            return;
        }
        let heard = Frame::decode(self.who.terms.roster.size(), bytes)
            .map_err(Breach::from)
            .and_then(|frame| match frame {
                Frame::Spoken(spoken) => self.hear(from, spoken, outputs),
                Frame::Accusation(statements) => self.accuse(statements, outputs),
            });
        if let Err(breach) = heard {
            outputs.push(Output::Fault(from, breach));
        }
    }

    fn hear(
        &mut self,
        from: PeerIndex,
        spoken: Spoken,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Breach> {
        let context = spoken.context();
        if context.terms != self.terms {
            return Err(Breach::Foreign);
        }
        if spoken.signer() == self.who.me {
            // Passed on by somebody: nobody else knows better what this peer says.
            return Ok(());
        }
        let current = context.attempt == self.position.attempt;
        match spoken {
            Spoken::Opening(s) => self.hear_opening(from, self.check(s)?, outputs),
            Spoken::Ack(s) => self.hear_ack(self.check(s)?, outputs),
            Spoken::Bundle(s) if current => {
                let bundle = self.check(s)?;
                self.hear_bundle(bundle, outputs);
                Ok(())
            }
            Spoken::Confirm(s) if current => {
                let confirm = self.check(s)?;
                if self.attempt.said.confirms.get(&confirm.signer) != Some(&confirm) {
                    self.attempt.hear_confirm(confirm);
                }
                Ok(())
            }
            Spoken::Done(s) if current => {
                let done = self.check(s)?;
                self.attempt.said.dones.insert(done.signer, done);
                Ok(())
            }
            Spoken::Complaint(_) => Err(Breach::BareComplaint),
            Spoken::Bundle(_) | Spoken::Confirm(_) | Spoken::Done(_) => Ok(()),
        }
    }

    fn check<T: Statement>(&self, signed: Signed<T>) -> Result<Verified<T>, Breach> {
        Ok(signed.verify(&self.who.terms.roster)?)
    }

    fn hear_opening(
        &mut self,
        from: PeerIndex,
        opening: Verified<Opening>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Breach> {
        let (attempt, signer) = (opening.statement.context.attempt, opening.signer);
        if attempt > MAX_ATTEMPT {
            return Err(Breach::TooManyAttempts(attempt));
        }
        if self.breaks_promise(&opening, outputs) {
            return Ok(());
        }
        if let Some(contradiction) = self.contradicts(&opening) {
            // Nor is it a promise: once its signer has its memory back, it never gave it.
            self.tell_contradiction(signer, contradiction, outputs);
            return Ok(());
        }
        self.heard.hear_opening(&opening);
        if attempt > self.position.attempt && self.may_follow(&opening.statement) {
            // Passed on before this peer's own opening, so that all hear who was first.
            let passed = Spoken::Opening(opening.clone().into_signed());
            outputs.push(broadcast(passed));
            self.go_to(attempt, Some(First::Other(opening.clone())), outputs);
        }
        if attempt != self.position.attempt {
            let told = &mut self.attempt.told;
            if from == signer && told.insert(signer, attempt) != Some(attempt) {
                // It lags, or it does not know what was acknowledged here.
                self.greet(signer, outputs);
            }
            return Ok(());
        }
        self.attempt.told.remove(&signer);
        match self.attempt.said.openings.entry(signer) {
            Entry::Occupied(known) if known.get().statement == opening.statement => {}
            Entry::Occupied(known) => {
                let both = [known.get().clone(), opening];
                let both = both.map(|s| Spoken::Opening(s.into_signed()));
                self.convict(both.to_vec(), outputs);
            }
            Entry::Vacant(_) if !has_sound_keys(&opening) => {
                self.convict(vec![Spoken::Opening(opening.into_signed())], outputs);
            }
            Entry::Vacant(place) => {
                place.insert(opening);
                if self.up.contains(signer) {
                    self.greet(signer, outputs);
                }
            }
        }
        Ok(())
    }

    /// Whether the current attempt can be left for that of `opening`. It cannot if it is or may be
    /// finished: if this peer has acknowledged it, the other must promise never to. Nor for one
    /// before the latest that this peer has opened.
    fn may_follow(&self, opening: &Opening) -> bool {
        let finished = matches!(self.attempt.stage, Stage::Finished);
        let void = denies(opening, self.position.attempt);
        let kept = opening.context.attempt >= self.position.opened;
        !finished && kept && (self.attempt.acked.is_none() || void)
    }

    /// Convicts the signer of `opening` if it has acknowledged in this run an attempt that it
    /// denies; keeps what it promises then.
    fn breaks_promise(&mut self, opening: &Verified<Opening>, outputs: &mut Vec<Output>) -> bool {
        let late = self.late_acks.values();
        let mut acks = late.chain(self.attempt.said.acks.values());
        let broken = acks.find(|ack| {
            ack.signer == opening.signer
                && denies(&opening.statement, ack.statement.context.attempt)
        });
        let Some(ack) = broken.cloned() else {
            return false;
        };
        self.heard.hear_opening(opening);
        self.convict_of_both(opening.clone(), ack, outputs);
        true
    }

    fn convict_of_both(
        &mut self,
        opening: Verified<Opening>,
        ack: Verified<Ack>,
        outputs: &mut Vec<Output>,
    ) {
        let opening = Spoken::Opening(opening.into_signed());
        self.convict(vec![opening, Spoken::Ack(ack.into_signed())], outputs);
    }

    fn hear_bundle(&mut self, bundle: Verified<Bundle>, outputs: &mut Vec<Output>) {
        let attempt = &mut self.attempt;
        match attempt.said.bundles.get(&bundle.signer) {
            None if attempt.awaits_bundles() => {
                attempt.said.bundles.insert(bundle.signer, bundle);
            }
            None => {}
            Some(known) if known.statement == bundle.statement => {}
            Some(known) if known.statement.session() == bundle.statement.session() => {
                let both = [known.clone(), bundle];
                let both = both.map(|s| Spoken::Bundle(s.into_signed()));
                self.convict(both.to_vec(), outputs);
            }
            Some(known) if attempt.has_no_use_for(&known.statement) => {
                attempt.said.bundles.insert(bundle.signer, bundle);
            }
            Some(_) => {}
        }
    }

    fn hear_ack(&mut self, ack: Verified<Ack>, outputs: &mut Vec<Output>) -> Result<(), Breach> {
        let said = &ack.statement;
        let key = self.who.terms.roster.key(ack.signer);
        if !key.has_signed(&LockHash(said.lock), &said.lock_signature) {
            return Err(Breach::LockSignature);
        }
        let attempt = said.context.attempt;
        if attempt > MAX_ATTEMPT {
            return Err(Breach::TooManyAttempts(attempt));
        }
        if !self.is_opened(attempt, ack.signer) {
            return Err(Breach::NotOpened(attempt));
        }
        let contradiction = self.contradicts_ack(said, ack.signer);
        let known = self.before.acks.get(&ack.signer);
        let is_known = known.is_some_and(|known| known.statement == ack.statement);
        if self.heard.hear_ack(&ack) && !is_known {
            outputs.push(self.remember());
        }
        if let Some(promise) = self.heard.openings.get(&ack.signer)
            && denies(&promise.statement, attempt)
        {
            self.convict_of_both(promise.clone(), ack.clone(), outputs);
        }
        if let Some(contradiction) = contradiction {
            self.tell_contradiction(ack.signer, contradiction, outputs);
            return Ok(());
        }
        let acked = &self.position.acked;
        let own = acked.iter().find(|acked| acked.attempt == attempt);
        if own.is_some_and(|own| own.lock != ack.statement.lock) {
            return Err(Breach::OtherLock);
        }
        if attempt == self.position.attempt {
            self.attempt.said.acks.insert(ack.signer, ack);
        } else if own.is_some() {
            self.late_acks.insert((attempt, ack.signer), ack);
            self.go_back(attempt, outputs);
        }
        Ok(())
    }

    /// Whether there can be keys of this attempt that `signer` acknowledges: this peer has opened
    /// it or a later one, or has heard that the signer has. Who follows the protocol says so first.
    /// Else one word, signed ahead, would stop attempts in which its signer has not said anything.
    fn is_opened(&self, attempt: u32, signer: PeerIndex) -> bool {
        let heard = [&self.before, &self.heard].map(|heard| heard.openings.get(&signer));
        let heard = heard.into_iter().flatten();
        let opened = heard.map(|opening| opening.statement.context.attempt);
        let own = self.position.opened.max(self.position.attempt);
        opened.chain([own]).any(|opened| attempt <= opened)
    }

    /// Returns to an earlier attempt that turns out to be finished, unless this one is.
    fn go_back(&mut self, attempt: u32, outputs: &mut Vec<Output>) {
        if let Stage::Finished = self.attempt.stage {
            return;
        }
        let all = PeerSet::full(self.who.terms.roster.size());
        let there = self
            .late_acks
            .keys()
            .filter(|(a, _)| *a == attempt)
            .map(|(_, peer)| *peer);
        let there: PeerSet = there.chain([self.who.me]).collect();
        if there != all {
            return;
        }
        self.go_to(attempt, None, outputs);
        let acks = std::mem::take(&mut self.late_acks).into_iter();
        let acks = acks.filter(|((a, _), _)| *a == attempt);
        self.attempt
            .said
            .acks
            .extend(acks.map(|((_, peer), ack)| (peer, ack)));
    }

    fn accuse(&mut self, statements: Vec<Spoken>, outputs: &mut Vec<Output>) -> Result<(), Breach> {
        let current = |spoken: &Spoken| spoken.context().attempt == self.position.attempt;
        if !statements.iter().any(current) {
            return Ok(());
        }
        let evidence = Evidence {
            terms: self.who.terms.clone(),
            statements,
        };
        let verdict = blame::verify(&evidence)?;
        let statements = evidence.statements.clone();
        self.pass(evidence, verdict, outputs);
        // An acknowledgement that its signer denied may be the last that somebody lacks.
        for spoken in statements {
            if let Spoken::Ack(ack) = spoken {
                self.hear_ack(self.check(ack)?, outputs)?;
            }
        }
        Ok(())
    }
}
