//! From n - t + 1 words to what was sealed, and to the whole exit.

use dkg::bls::Message;
use proto::frame::{ExitOpening, Frame, OpeningPart};
use proto::{PeerIndex, PublicKey, SignatureBytes, ValidatorPosition};

use super::{KeyPart, PresignedExits, Whose, accuse};
use crate::duties::facts::Step;
use crate::duties::note::{ExitNote, Note};
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::vault::ApprovedOpening;

impl PresignedExits {
    /// Lets go of this peer's parts of the keys to all that it holds of this exit. The vault looks
    /// whether its own operator has said so.
    pub(in super::super) fn give(
        &mut self,
        validator: ValidatorPosition,
        approved: &ApprovedOpening,
        step: &mut Step<'_>,
    ) {
        let own = (validator, step.facts.me);
        let given = self.keys.get(&own).cloned().unwrap_or_default();
        let is_new = |sealer: &PeerIndex| given.iter().all(|part| part.sealer != *sealer);
        let held = self.held.iter();
        let held = held.filter(|((at, sealer), _)| *at == validator && is_new(sealer));
        let mut parts = given.clone();
        for ((_, sealer), sealed) in held {
            match step.vault.open_exit(validator, approved, &sealed.statement) {
                Ok(share) => parts.push(KeyPart {
                    sealer: *sealer,
                    of: sealed.statement.text.hash(),
                    share,
                }),
                Err(refusal) => step.note(Note::Exit(validator, ExitNote::NotOpened(refusal))),
            }
        }
        if parts.len() == given.len() {
            return;
        }
        self.keys.insert(own, parts);
        self.given.insert(validator);
        if let Some(frame) = self.opening(validator, own.1) {
            step.broadcast(frame.since(), frame.encode());
        }
    }

    /// This peer's parts of the keys to this exit, for the others.
    pub(super) fn opening(&self, validator: ValidatorPosition, me: PeerIndex) -> Option<Frame> {
        let parts = self.keys.get(&(validator, me))?.iter();
        let part = |part: &KeyPart| OpeningPart {
            sealer: part.sealer.number(),
            of: part.of,
            share: part.share,
        };
        Some(Frame::ExitOpening(ExitOpening {
            validator,
            parts: parts.map(part).collect(),
        }))
    }

    /// Parts of keys of a peer: the last of each counts. They may come before the words that they
    /// are for.
    pub(in super::super) fn take(
        &mut self,
        peer: PeerIndex,
        opening: &ExitOpening,
        step: &mut Step<'_>,
    ) {
        let validator = opening.validator;
        let is_known = step.facts.keys.get(validator).is_some();
        let is_forger = self.forgers.contains(&(validator, peer));
        if !is_known || is_forger || step.vault.exit_key().is_none() {
            return;
        }
        if !self.pace.may_check(peer, step.facts) {
            return accuse(peer, "opens too many exits in one slot".to_owned(), step);
        }
        let size = step.facts.roster.size();
        let part = |part: &OpeningPart| {
            Some(KeyPart {
                sealer: size.peer(usize::try_from(part.sealer).ok()?)?,
                of: part.of,
                share: part.share,
            })
        };
        let parts: Option<Vec<_>> = opening.parts.iter().map(part).collect();
        let Some(parts) = parts else {
            let what = "opens something of an operator that there is not";
            return accuse(peer, what.to_owned(), step);
        };
        if self.keys.insert((validator, peer), parts.clone()) != Some(parts) {
            self.ripen(validator, step);
        }
    }

    /// Whatever there is of this exit may give a whole.
    pub(in super::super) fn ripen(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        self.ripe.insert(validator);
        self.put_off(step);
    }

    /// How many parts of this exit are open.
    pub(in super::super) fn opened(&self, validator: ValidatorPosition) -> usize {
        let all = self.opened.keys();
        all.filter(|(at, _)| *at == validator).count()
    }

    /// Opens the next sealed part of this exit, or combines the parts if t are open: the whole, if
    /// they give one. What is left is put off.
    pub(in super::super) fn unseal(
        &mut self,
        validator: ValidatorPosition,
        step: &mut Step<'_>,
    ) -> Option<SignatureBytes> {
        if self.opened(validator) >= step.facts.roster.size().threshold() {
            return self.combine(validator, step);
        }
        let enough = step.facts.roster.size().halting();
        let held = self.parts(validator, step.facts.roster.size()).held;
        let mut closed = held
            .iter()
            .map(|sealer| (validator, sealer))
            .filter(|whose| !self.opened.contains_key(whose));
        let next = closed.find_map(|whose| {
            let parts = self.parts_of_key(whose, step);
            (parts.len() >= enough).then_some((whose, parts))
        });
        if let Some((whose, parts)) = next {
            self.open_one(whose, parts, step);
            self.ripen(validator, step);
        }
        None
    }

    /// The parts of the key to what is held of `whose`, none of them verified.
    fn parts_of_key(&self, whose: Whose, step: &Step<'_>) -> Vec<(PeerIndex, PublicKey)> {
        let (validator, sealer) = whose;
        let Some(sealed) = self.held.get(&whose) else {
            return Vec::new();
        };
        // A part of the key to something else that this sealer has signed opens nothing here.
        let of = sealed.statement.text.hash();
        let part_of = |peer: PeerIndex| {
            let mut parts = self.keys.get(&(validator, peer))?.iter();
            let found = parts.find(|part| part.sealer == sealer && part.of == of)?;
            Some((peer, found.share))
        };
        let all = step.facts.roster.size().all();
        all.filter_map(part_of).collect()
    }

    /// Opens what is held of `whose` by these parts of its key, or does without those that are
    /// none. Either way there is less to do afterwards.
    fn open_one(&mut self, whose: Whose, all: Vec<(PeerIndex, PublicKey)>, step: &mut Step<'_>) {
        let (validator, sealer) = whose;
        let sealed = self.held.get(&whose);
        let Some((sealed, key)) = sealed.zip(step.vault.exit_key()) else {
            return;
        };
        let Some(readable) = key.read(&sealed.statement) else {
            // So it was when it was kept, as somebody else wrote there.
            self.give_up(whose);
            let detail = format!("has sealed no exit of validator {validator}");
            return accuse(sealer, detail, step);
        };
        let enough = step.facts.roster.size().halting();
        let is_good = |(peer, share): &(PeerIndex, PublicKey)| key.is_part(&readable, *peer, share);
        let (mut good, bad): (Vec<_>, Vec<_>) = all.into_iter().partition(is_good);
        good.truncate(enough);
        match key.unseal(&readable, &good) {
            Some(text) => {
                self.opened.insert(whose, text);
            }
            None if bad.is_empty() => self.give_up(whose),
            None => {}
        }
        for (liar, _) in bad {
            self.keys.remove(&(validator, liar));
            self.forgers.insert((validator, liar));
            let detail = format!("gives no part of the key to the exit of validator {validator}");
            accuse(liar, detail, step);
        }
    }

    /// What was sealed there is of no use, and no other is taken.
    fn give_up(&mut self, whose: Whose) {
        self.opened.remove(&whose);
        self.is_unkept |= self.held.remove(&whose).is_some();
        self.bad.insert(whose);
    }

    fn combine(
        &mut self,
        validator: ValidatorPosition,
        step: &mut Step<'_>,
    ) -> Option<SignatureBytes> {
        let root = self.exit(validator)?.signing_root();
        let mut collector = Collector::new(step.facts.roster.size());
        let opened = self.opened.iter().filter(|((at, _), _)| *at == validator);
        for ((_, sealer), signature) in opened {
            collector.add(*sealer, root, [(validator, Share::Sent(*signature))]);
        }
        let message = Message::hash(root);
        let combined = collector.combine(&root, &[validator], step.combining(&message));
        step.blame(&combined.bad_shares, |validator| {
            format!("pre-signed exit of validator {validator}")
        });
        for (liar, _) in &combined.bad_shares {
            self.give_up((validator, *liar));
        }
        if !combined.bad_shares.is_empty() {
            self.ripen(validator, step);
        }
        combined.signatures.first().map(|(_, whole)| *whole)
    }
}
