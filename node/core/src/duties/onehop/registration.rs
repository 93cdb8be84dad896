//! Registrations with builders: what all operators have agreed on, and then one hop.
//!
//! A builder makes blocks only for validators that have registered with its relay, and a relay
//! forgets. So each validator has a registration as long as the agreement names relays: each peer
//! signs its part once, sends it to all, combines what comes, and hands the whole to its own beacon
//! node, which passes it on: at once, when the agreement or the address changes that blocks pay,
//! and again in every epoch, in another slot on each peer.
//!
//! All sign one root because nothing in it is a peer's own: gas limit and time are those of the
//! agreement, the address is whom blocks pay. Peers that have another version in force, or have not
//! seen yet that another address is paid, sign another root; their shares count once they agree.
//!
//! **Bounds.** One share of each peer for each validator is kept, the last. A signature takes a
//! millisecond, so each is made and each is combined when nothing urgent waits
//! ([`Deferred::Registrations`]). What gave no whole is not tried again with the same shares before
//! the next slot.
//!
//! Never here: a record. Two registrations of a validator are no contradiction: the later one
//! counts.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};

use dkg::bls::Message;
use proto::eth::{SignedValidatorRegistration, ValidatorRegistration};
use proto::frame::{Frame, MAX_REGISTRATIONS, RegistrationShare};
use proto::vote::Partial;
use proto::{Epoch, PeerIndex, PeerSet, Root, SignatureBytes, Slot, ValidatorPosition};

use crate::duties::facts::Step;
use crate::duties::note::{Note, RegistrationNote};
use crate::duties::{Deferred, Output, Request};
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::vault::Signable;

/// The most registrations that the beacon node is given at once.
const MOST_AT_ONCE: usize = 256;
/// How many slots a beacon node that has not taken registrations is left alone.
const PAUSE: u64 = 4;

/// The registrations of all validators.
#[derive(Debug, Default)]
pub struct Registrations {
    open: BTreeMap<ValidatorPosition, Open>,
    /// Whose registration is to be signed here, in this order.
    unsigned: VecDeque<ValidatorPosition>,
    /// The last share of each peer for each validator.
    shares: BTreeMap<(ValidatorPosition, PeerIndex), (Root, SignatureBytes)>,
    /// Own shares that nobody was sent yet.
    fresh: Vec<RegistrationShare>,
    /// The beacon node is given nothing before this slot.
    rests_until: Option<Slot>,
    slot: Option<Slot>,
}

/// One validator's registration.
#[derive(Debug)]
struct Open {
    message: ValidatorRegistration,
    signable: Signable,
    own: Option<SignatureBytes>,
    /// Whose shares were combined last, and gave no whole.
    tried: Option<PeerSet>,
    whole: Option<SignatureBytes>,
    /// The epoch in which the beacon node was given it last.
    given: Option<Epoch>,
}

impl Registrations {
    /// What is agreed on has changed: it is looked at again at once.
    pub fn look_again(&mut self) {
        self.slot = None;
    }

    /// Whether it was looked at in this slot.
    pub fn has_looked(&self, slot: Slot) -> bool {
        self.slot == Some(slot)
    }

    /// What time brings; `active` are the validators that have duties.
    pub fn advance(&mut self, active: &[ValidatorPosition], step: &mut Step<'_>) {
        let slot = step.slot();
        if self.slot.replace(slot) == Some(slot) {
            return;
        }
        let wanted = wanted(active, step);
        let is_wanted = |at: &ValidatorPosition, open: &Open| {
            let wanted = wanted.get(at);
            wanted.is_some_and(|(message, _)| *message == open.message)
        };
        self.open.retain(|at, open| is_wanted(at, open));
        self.unsigned.retain(|at| self.open.contains_key(at));
        for (at, (message, signable)) in wanted {
            if let Entry::Vacant(place) = self.open.entry(at) {
                place.insert(Open::new(message, signable));
                self.unsigned.push_back(at);
            }
        }
        self.open.values_mut().for_each(|open| open.tried = None);
        self.give(step);
        self.put_off(step);
    }

    /// Gives the beacon node what is whole: at once what it was never given, and the rest once an
    /// epoch, each peer in another slot of it.
    fn give(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        if self.rests_until.is_some_and(|until| slot < until) {
            return;
        }
        let chain = &step.facts.chain;
        let epoch = chain.epoch_of(slot);
        let peers = step.facts.roster.size().peers() as u64;
        let turn = step.facts.me.position() as u64 * chain.slots_per_epoch() / peers;
        let is_turn = slot.0 - chain.first_slot(epoch).0 >= turn;
        let is_due = |open: &Open| open.given.is_none_or(|given| is_turn && given < epoch);
        let mut all = Vec::new();
        for (at, open) in &mut self.open {
            let whole = open
                .whole
                .filter(|_| all.len() < MOST_AT_ONCE && is_due(open));
            all.extend(whole.map(|signature| {
                open.given = Some(epoch);
                let message = open.message;
                (*at, SignedValidatorRegistration { message, signature })
            }));
        }
        if !all.is_empty() {
            step.ask(Request::Register(all));
        }
    }

    /// Whether the beacon node took these registrations. If not, it is given them again in a while.
    pub fn given(&mut self, validators: &[ValidatorPosition], is_taken: bool, step: &mut Step<'_>) {
        if is_taken {
            let count = validators.len();
            return step.note(Note::Registration(RegistrationNote::Given(count)));
        }
        self.rests_until = Some(Slot(step.slot().0.saturating_add(PAUSE)));
        for at in validators {
            if let Some(open) = self.open.get_mut(at) {
                open.given = None;
            }
        }
    }

    /// What a peer that comes back may have missed.
    pub fn sent(&self) -> Vec<Frame> {
        let own = self.open.iter().filter_map(|(at, open)| open.share(*at));
        let own: Vec<RegistrationShare> = own.collect();
        let frames = own.chunks(MAX_REGISTRATIONS);
        frames
            .map(|some| Frame::RegistrationShares(some.to_vec()))
            .collect()
    }

    /// Shares of a peer. They may come before this peer has the same agreement in force.
    pub fn take(&mut self, peer: PeerIndex, shares: Vec<RegistrationShare>, step: &mut Step<'_>) {
        for share in shares {
            let at = share.partial.validator;
            if step.facts.keys.get(at).is_some() {
                let said = (share.signing_root, share.partial.signature);
                self.shares.insert((at, peer), said);
            }
        }
        self.put_off(step);
    }

    /// Signs one registration, or combines the shares of one. More is put off again.
    pub fn work(&mut self, step: &mut Step<'_>) {
        let is_done = self.sign_one(step) || self.combine_one(step);
        if is_done {
            self.put_off(step);
        }
    }

    /// What is to be done is done when nothing urgent waits.
    fn put_off(&self, step: &mut Step<'_>) {
        let later = Output::Later(Deferred::Registrations);
        let is_put_off = |it: &Output| matches!(it, Output::Later(Deferred::Registrations));
        let waits = !self.unsigned.is_empty() || self.ready(step).is_some();
        if waits && !step.out.iter().any(is_put_off) {
            step.out.push(later);
        }
    }

    /// Signs the next registration. Its share leaves with others, in a full frame, or in the last
    /// one of all.
    fn sign_one(&mut self, step: &mut Step<'_>) -> bool {
        let Some(at) = self.unsigned.pop_front() else {
            return false;
        };
        let Some(open) = self.open.get_mut(&at) else {
            return true;
        };
        let signing = step.vault.sign(step.slot(), &open.signable, &[at]);
        for (_, refusal) in signing.refused {
            step.note(Note::Registration(RegistrationNote::Refused(at, refusal)));
        }
        // It is slashable with nothing, so it waits for no record.
        let opened = signing
            .sealed
            .and_then(|sealed| sealed.open(&step.recorded).ok());
        for signed in opened.into_iter().flatten() {
            let signature = signed.signature().to_bytes();
            open.own = Some(signature);
            let said = (open.signable.signing_root(), signature);
            self.shares.insert((at, step.facts.me), said);
            self.fresh.extend(open.share(at));
        }
        if self.fresh.len() == MAX_REGISTRATIONS || self.unsigned.is_empty() {
            let frame = Frame::RegistrationShares(std::mem::take(&mut self.fresh));
            step.broadcast(frame.since(), frame.encode());
        }
        true
    }

    /// A registration of which t shares are there and that is not whole, unless the same were
    /// tried.
    fn ready(&self, step: &Step<'_>) -> Option<ValidatorPosition> {
        let threshold = step.facts.roster.size().threshold();
        let is_ready = |at: ValidatorPosition, open: &Open| {
            let parts = self.parts(at, open, step);
            parts.len() >= threshold && open.tried != Some(parts)
        };
        let mut all = self.open.iter().filter(|(_, open)| open.whole.is_none());
        all.find(|(at, open)| is_ready(**at, open))
            .map(|(at, _)| *at)
    }

    /// Whose shares of this registration are there.
    fn parts(&self, at: ValidatorPosition, open: &Open, step: &Step<'_>) -> PeerSet {
        let has = |peer: &PeerIndex| {
            let share = self.shares.get(&(at, *peer));
            share.is_some_and(|(root, _)| *root == open.signable.signing_root())
        };
        step.facts.roster.size().all().filter(has).collect()
    }

    /// Combines the shares of the next registration that is ready.
    fn combine_one(&mut self, step: &mut Step<'_>) -> bool {
        let Some(at) = self.ready(step) else {
            return false;
        };
        let Some(open) = self.open.get(&at) else {
            return false;
        };
        let (root, parts) = (open.signable.signing_root(), self.parts(at, open, step));
        let mut collector = Collector::new(step.facts.roster.size());
        for peer in parts.iter() {
            if let Some((_, signature)) = self.shares.get(&(at, peer)) {
                collector.add(peer, root, [(at, Share::Sent(*signature))]);
            }
        }
        let message = Message::hash(root);
        let combined = collector.combine(&root, &[at], step.combining(&message));
        step.blame(&combined.bad_shares, |validator| {
            format!("registration of validator {validator}")
        });
        for (liar, _) in &combined.bad_shares {
            self.shares.remove(&(at, *liar));
        }
        if let Some(open) = self.open.get_mut(&at) {
            open.tried = Some(parts);
            open.whole = combined.signatures.first().map(|(_, whole)| *whole);
        }
        true
    }
}

/// What is to be registered: nothing before its time, which an operator's clock has set, and
/// nothing of a validator of which it is not known whom its blocks pay.
fn wanted(
    active: &[ValidatorPosition],
    step: &Step<'_>,
) -> BTreeMap<ValidatorPosition, (ValidatorRegistration, Signable)> {
    let now = step.now.unix_seconds();
    let Some(policy) = step.builders else {
        return BTreeMap::new();
    };
    let of = |at: &ValidatorPosition| {
        let key = step.facts.keys.get(*at)?.public_key;
        let payee = step.payees.registers(*at, step.now, step.facts)?;
        let message = policy.registration(key, payee);
        let signable = Signable::registration(&step.facts.chain, policy, (key, payee));
        (message.timestamp <= now).then_some((*at, (message, signable)))
    };
    active.iter().filter_map(of).collect()
}

impl Open {
    fn new(message: ValidatorRegistration, signable: Signable) -> Self {
        Self {
            message,
            signable,
            own: None,
            tried: None,
            whole: None,
            given: None,
        }
    }

    /// This peer's share, once it is made.
    fn share(&self, validator: ValidatorPosition) -> Option<RegistrationShare> {
        Some(RegistrationShare {
            signing_root: self.signable.signing_root(),
            partial: Partial {
                validator,
                signature: self.own?,
            },
        })
    }
}
