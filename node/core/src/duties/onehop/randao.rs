//! RANDAO reveals: one hop, no agreement, because what they sign is already determined.
//!
//! Partial signatures travel one slot ahead where the proposer is already certain, so that a
//! proposal costs only its block and three hops. A reorganised chain may yet give the slot to
//! another of our validators, so a reveal is one of a slot and a validator; of a peer at most
//! `MOST` in a slot are kept, for the present slot and the next two: a peer whose clock is ahead
//! sends a slot ahead of its own.

use std::collections::BTreeMap;

use dkg::bls::Message;
use proto::frame::{Frame, Randao};
use proto::vote::Partial;
use proto::{PeerIndex, PeerSet, Root, SignatureBytes, Slot, ValidatorPosition};

use crate::duties::Output;
use crate::duties::facts::Step;
use crate::duties::note::Note;
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::vault::Signable;

/// For how many validators of one slot a peer's parts are kept.
const MOST: usize = 4;

/// The reveals of the present slot and the next, by slot and proposer.
#[derive(Debug, Default)]
pub struct Reveals(BTreeMap<(Slot, ValidatorPosition), Reveal>);

/// The reveal of one proposer.
#[derive(Debug)]
struct Reveal {
    /// What is signed: it is the same for every validator.
    root: Root,
    collector: Collector,
    /// Whose parts were combined last, and gave no whole.
    tried: Option<PeerSet>,
    own: Own,
    whole: Option<SignatureBytes>,
}

/// This peer's own part of a reveal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    NotAsked,
    Refused,
    Sent(Partial),
}

impl Reveals {
    /// This peer's part of the reveal for `slot`, in which `validator` proposes: made and sent
    /// once. The whole reveal, if that completes it.
    pub fn begin(
        &mut self,
        slot: Slot,
        validator: ValidatorPosition,
        step: &mut Step<'_>,
    ) -> Option<SignatureBytes> {
        let reveal = self.of(slot, validator, step);
        if reveal.own == Own::NotAsked {
            reveal.own = Own::Refused;
            let signable = Signable::randao(&step.facts.chain, slot);
            let root = reveal.root;
            let signing = step.vault.sign(step.slot(), &signable, &[validator]);
            for (_, refusal) in signing.refused {
                step.note(Note::RandaoRefused {
                    slot,
                    validator,
                    refusal,
                });
            }
            // A reveal is slashable with nothing, so it waits for no record.
            let opened = signing
                .sealed
                .and_then(|sealed| sealed.open(&step.recorded).ok());
            for signed in opened.into_iter().flatten() {
                let signature = signed.signature().to_bytes();
                let partial = Partial {
                    validator,
                    signature,
                };
                reveal.own = Own::Sent(partial);
                reveal.add(step.facts.me, root, partial);
                step.out
                    .push(Output::Broadcast(frame(slot, partial).encode()));
            }
        }
        self.complete(slot, validator, step)
    }

    /// A peer's part of the reveal for a slot. Slots other than the present and the next two are
    /// not kept, nor is a peer's second word, nor what is for a validator that is not ours.
    pub fn take(&mut self, peer: PeerIndex, randao: Randao, step: &mut Step<'_>) {
        let now = step.slot();
        if (now..=now.next().next()).contains(&randao.slot) {
            let validator = randao.partial.validator;
            let of_peer = |(at, reveal): (&(Slot, ValidatorPosition), &Reveal)| {
                *at != (randao.slot, validator)
                    && reveal.collector.contributors(&reveal.root).contains(peer)
            };
            let of_slot =
                (randao.slot, ValidatorPosition(0))..=(randao.slot, ValidatorPosition(u32::MAX));
            let is_ours = step.facts.keys.get(validator).is_some();
            if is_ours && self.0.range(of_slot).filter(|at| of_peer(*at)).count() < MOST {
                let reveal = self.of(randao.slot, validator, step);
                reveal.add(peer, reveal.root, randao.partial);
            }
        }
    }

    /// Combines the reveal of `slot` if t parts are there: the whole reveal, once. Parts that gave
    /// no whole are not tried again before another is there: this is asked at every input.
    pub fn complete(
        &mut self,
        slot: Slot,
        validator: ValidatorPosition,
        step: &mut Step<'_>,
    ) -> Option<SignatureBytes> {
        let reveal = self.0.get_mut(&(slot, validator))?;
        if reveal.whole.is_some() {
            return None;
        }
        let root = reveal.root;
        let parts = reveal.collector.contributors(&root);
        let is_enough = parts.len() >= step.facts.roster.size().threshold();
        if !is_enough || reveal.tried.replace(parts) == Some(parts) {
            return None;
        }
        let message = Message::hash(root);
        let with = step.combining(&message);
        let combined = reveal.collector.combine(&root, &[validator], with);
        step.blame(&combined.bad_shares, |validator| {
            format!("RANDAO reveal for slot {slot}, validator {validator}")
        });
        reveal.whole = combined.signatures.first().map(|(_, signature)| *signature);
        reveal.whole
    }

    /// The whole reveal of `validator` for `slot`, if it is there.
    pub fn whole(&self, slot: Slot, validator: ValidatorPosition) -> Option<SignatureBytes> {
        self.0.get(&(slot, validator))?.whole
    }

    /// The frames this peer has sent and a peer that comes back may have missed.
    pub fn sent(&self) -> Vec<Frame> {
        let own = |((slot, _), reveal): (&(Slot, ValidatorPosition), &Reveal)| match reveal.own {
            Own::Sent(own) => Some(frame(*slot, own)),
            Own::NotAsked | Own::Refused => None,
        };
        self.0.iter().filter_map(own).collect()
    }

    /// Forgets the slots before `slot`.
    pub fn forget_before(&mut self, slot: Slot) {
        self.0.retain(|(of, _), _| *of >= slot);
    }

    fn of(&mut self, slot: Slot, validator: ValidatorPosition, step: &Step<'_>) -> &mut Reveal {
        self.0.entry((slot, validator)).or_insert_with(|| Reveal {
            root: Signable::randao(&step.facts.chain, slot).signing_root(),
            tried: None,
            collector: Collector::new(step.facts.roster.size()),
            own: Own::NotAsked,
            whole: None,
        })
    }
}

impl Reveal {
    fn add(&mut self, peer: PeerIndex, root: Root, partial: Partial) {
        self.collector.add(
            peer,
            root,
            [(partial.validator, Share::Sent(partial.signature))],
        );
    }
}

fn frame(slot: Slot, partial: Partial) -> Frame {
    Frame::Randao(Randao { slot, partial })
}
