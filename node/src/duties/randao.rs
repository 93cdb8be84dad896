//! RANDAO reveals: one hop, no agreement, because what they sign is already determined.
//!
//! Partial signatures travel one slot ahead where the proposer is already certain, so that a
//! proposal costs only its block and three hops. At most one partial a peer and slot is kept, for
//! the present slot and the next two: a peer whose clock is ahead sends a slot ahead of its own.

use std::collections::BTreeMap;

use dkg::bls::Message;
use proto::frame::{Frame, Randao};
use proto::vote::Partial;
use proto::{PeerIndex, Root, SignatureBytes, Slot};

use super::Output;
use super::collector::{Collector, Combining};
use super::ground::World;
use super::note::Note;
use super::schedule::Position;
use super::share::Share;
use crate::vault::Signable;

/// The reveals of the present slot and the next.
#[derive(Debug, Default)]
pub struct Reveals(BTreeMap<Slot, Reveal>);

/// The reveal of one slot's proposer.
#[derive(Debug)]
struct Reveal {
    collector: Collector,
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
        validator: Position,
        world: &mut World<'_>,
    ) -> Option<SignatureBytes> {
        let reveal = self.of(slot, world);
        if reveal.own == Own::NotAsked {
            reveal.own = Own::Refused;
            let signable = Signable::randao(&world.ground.chain, slot);
            let signing = world.vault.sign(world.slot(), &signable, &[validator.0]);
            for (_, refusal) in signing.refused {
                let message = refusal.to_string();
                world.note(Note::RandaoRefused {
                    slot,
                    validator,
                    message,
                });
            }
            // A reveal is slashable with nothing, so it waits for no record.
            let opened = signing
                .sealed
                .and_then(|sealed| sealed.open(&world.recorded).ok());
            for signed in opened.into_iter().flatten() {
                let signature = signed.signature().to_bytes();
                let partial = Partial {
                    validator: validator.0,
                    signature,
                };
                reveal.own = Own::Sent(partial);
                reveal.add(world.ground.me, signable.signing_root(), partial);
                world.out.push(Output::Broadcast(frame(slot, partial)));
            }
        }
        self.complete(slot, validator, world)
    }

    /// A peer's part of the reveal for a slot. Slots other than the present and the next two are
    /// not kept, nor is a peer's second word.
    pub fn take(&mut self, peer: PeerIndex, randao: Randao, world: &mut World<'_>) {
        let now = world.slot();
        if (now..=now.next().next()).contains(&randao.slot) {
            let root = Signable::randao(&world.ground.chain, randao.slot).signing_root();
            self.of(randao.slot, world).add(peer, root, randao.partial);
        }
    }

    /// Combines the reveal of `slot` if t parts are there: the whole reveal, once.
    pub fn complete(
        &mut self,
        slot: Slot,
        validator: Position,
        world: &mut World<'_>,
    ) -> Option<SignatureBytes> {
        let reveal = self.0.get_mut(&slot)?;
        if reveal.whole.is_some() {
            return None;
        }
        let root = Signable::randao(&world.ground.chain, slot).signing_root();
        if reveal.collector.contributors(&root).len() < world.ground.roster.size().threshold() {
            return None;
        }
        let with = Combining {
            message: &Message::hash(root),
            keys: &world.ground.keys,
            suspects: &mut world.peers.suspects,
            seed: &world.ground.seed,
        };
        let combined = reveal.collector.combine(&root, &[validator], with);
        for (peer, validator) in combined.bad_shares {
            world.note(Note::Fault {
                peer,
                rule: "bad-share",
                detail: format!("RANDAO reveal for slot {slot}, validator {}", validator.0),
            });
        }
        reveal.whole = combined.signatures.first().map(|(_, signature)| *signature);
        reveal.whole
    }

    /// The whole reveal for `slot`, if it is there.
    pub fn whole(&self, slot: Slot) -> Option<SignatureBytes> {
        self.0.get(&slot)?.whole
    }

    /// The frames this peer has sent and a peer that comes back may have missed.
    pub fn sent(&self) -> Vec<Vec<u8>> {
        let own = |(slot, reveal): (&Slot, &Reveal)| match reveal.own {
            Own::Sent(own) => Some(frame(*slot, own)),
            Own::NotAsked | Own::Refused => None,
        };
        self.0.iter().filter_map(own).collect()
    }

    /// Forgets the slots before `slot`.
    pub fn forget_before(&mut self, slot: Slot) {
        self.0 = self.0.split_off(&slot);
    }

    fn of(&mut self, slot: Slot, world: &World<'_>) -> &mut Reveal {
        self.0.entry(slot).or_insert_with(|| Reveal {
            collector: Collector::new(world.ground.roster.size()),
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
            [(Position(partial.validator), Share::Sent(partial.signature))],
        );
    }
}

fn frame(slot: Slot, partial: Partial) -> Vec<u8> {
    Frame::Randao(Randao { slot, partial }).encode()
}
