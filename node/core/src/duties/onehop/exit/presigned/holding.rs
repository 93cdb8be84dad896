//! What peers have sealed: heard, checked, held, asked for and passed on.

use proto::frame::{Frame, LackedExit, MAX_SEALED_EXITS, SentSealedExit};
use proto::{PeerIndex, ValidatorPosition};

use super::{AT_ONCE, Pace, PresignedExits, SINCE, Whose, accuse, named, sent};
use crate::duties::facts::{ClusterFacts, Step};

impl Pace {
    /// Whether one more signature, or opening, of what `peer` brings may be checked in this slot.
    /// An honest one brings its own of all validators, and twice what it is asked for, should it
    /// come back meanwhile.
    pub(super) fn may_check(&mut self, peer: PeerIndex, facts: &ClusterFacts) -> bool {
        let checked = self.checked.entry(peer).or_default();
        *checked += 1;
        *checked <= 2 * facts.keys.count() + 2 * AT_ONCE
    }
}

impl PresignedExits {
    /// What `peer` has sealed, or passes on.
    pub(in super::super) fn hear(
        &mut self,
        peer: PeerIndex,
        all: Vec<SentSealedExit>,
        step: &mut Step<'_>,
    ) {
        if step.vault.exit_key().is_none() {
            return;
        }
        for one in all {
            self.hear_one(peer, &one, step);
        }
        self.put_off(step);
    }

    fn hear_one(&mut self, peer: PeerIndex, one: &SentSealedExit, step: &mut Step<'_>) {
        let Some(signed) = named(one, step.facts) else {
            let what = "passes on a sealed exit of an operator or validator that there is not";
            return accuse(peer, what.to_owned(), step);
        };
        let whose: Whose = (one.validator, signed.signer);
        // Nothing is taken of an exit that the own beacon node does not show yet: it is asked for.
        let is_own = signed.signer == step.facts.me;
        let Some(part) = self.part(whose, step).filter(|_| !is_own) else {
            return;
        };
        let known = self.held.get(&whose).or(self.unchecked.get(&whose));
        let is_known = known.is_some_and(|known| known.statement == signed.statement);
        if is_known || self.bad.contains(&whose) {
            return;
        }
        let is_first = known.is_none();
        if !self.pace.may_check(peer, step.facts) {
            return accuse(
                peer,
                "brings too many sealed exits in one slot".to_owned(),
                step,
            );
        }
        let Ok(sealed) = signed.verify(&step.facts.roster) else {
            let what = "brings a sealed exit that its sealer has not signed, or not for this chain";
            return accuse(peer, what.to_owned(), step);
        };
        let (sealer, said) = (sealed.signer, sealed.statement.part);
        if said != part {
            let detail = format!(
                "seals an exit of validator {} for index {} and epoch {}; by the own beacon node \
                 it is index {} and epoch {}",
                one.validator, said.index, said.epoch, part.index, part.epoch
            );
            return accuse(sealer, detail, step);
        }
        if !is_first {
            let detail = format!(
                "seals a second, different exit of validator {}",
                one.validator
            );
            return accuse(sealer, detail, step);
        }
        self.unchecked.insert(whose, sealed);
    }

    /// Looks into the next that was heard.
    pub(super) fn check_one(&mut self, step: &mut Step<'_>) {
        let Some((whose, sealed)) = self.unchecked.pop_first() else {
            return;
        };
        let key = step.vault.exit_key();
        if key.is_some_and(|key| key.read(&sealed.statement).is_some()) {
            self.held.insert(whose, sealed);
            self.is_unkept = true;
            return;
        }
        self.bad.insert(whose);
        let detail = format!(
            "seals no exit of validator {}: it cannot be opened",
            whose.0
        );
        accuse(whose.1, detail, step);
    }

    /// Asks one peer for what is lacked, in each slot another: also those who sealed something
    /// while nobody heard it may be dead by now.
    pub(super) fn ask_for_lacked(&mut self, step: &mut Step<'_>) {
        let knowing: Vec<PeerIndex> = step.peers.knowing(SINCE).iter().collect();
        let lacked = self.lacked(step);
        if knowing.is_empty() || lacked.is_empty() {
            return;
        }
        self.pace.turn = (self.pace.turn + 1) % knowing.len();
        let frame = Frame::SealedExitsWanted(lacked);
        step.send(knowing[self.pace.turn], SINCE, frame.encode());
    }

    fn lacked(&self, step: &Step<'_>) -> Vec<LackedExit> {
        let lacks = |whose: &Whose| {
            let is_there = self.held.contains_key(whose) || self.unchecked.contains_key(whose);
            !is_there && !self.bad.contains(whose) && whose.1 != step.facts.me
        };
        let of = |validator: &ValidatorPosition| {
            let all = step
                .facts
                .roster
                .size()
                .all()
                .map(|peer| (*validator, peer));
            let sealers = all.filter(lacks).map(|(_, peer)| 1 << peer.number()).sum();
            let validator = *validator;
            LackedExit { validator, sealers }
        };
        let all = self.exits.keys().map(of);
        all.filter(|lacked| lacked.sealers != 0).collect()
    }

    /// Sends `peer` some of what it lacks, once in a slot, behind everything else.
    pub(in super::super) fn wanted(
        &mut self,
        peer: PeerIndex,
        lacked: &[LackedExit],
        step: &mut Step<'_>,
    ) {
        if !self.pace.answered.insert(peer) {
            return;
        }
        let mut some = Vec::new();
        for one in lacked {
            let all = step.facts.roster.size().all();
            for sealer in all.filter(|of| one.sealers & (1 << of.number()) != 0) {
                let held = self.held.get(&(one.validator, sealer));
                some.extend(held.map(|sealed| sent(one.validator, sealed)));
            }
            if some.len() >= AT_ONCE {
                break;
            }
        }
        some.truncate(AT_ONCE);
        for frame in some.chunks(MAX_SEALED_EXITS) {
            let frame = Frame::SealedExits(frame.to_vec());
            step.send_last(peer, SINCE, frame.encode());
        }
    }
}
