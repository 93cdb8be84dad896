//! Exits that are signed in advance, so that who can halt the cluster may exit it when t peers are
//! never there again.
//!
//! From a validator's activation on, as the last finalised state of the own beacon node shows it,
//! each peer signs its part of the first exit that the chain will ever take, of the epoch in which
//! SHARD_COMMITTEE_PERIOD is over. The part leaves the vault only sealed
//! ([`crate::vault::presigned`]). All peers have all of them: a new one is sent to everybody, and
//! whoever lacks some asks one peer after the other, in each slot another. Sealed again they are
//! the same bytes, so of two that differ one is a lie, and the first is kept. A peer that gives one
//! to some and another to others has neither opened, and holds up nothing else: a part of a key
//! says which of them it is of.
//!
//! When n - t + 1 operators have said that they may be opened, the peer of each of them sends its
//! parts of the key to all that it holds of this validator. Whoever then has t sealed parts, each
//! with n - t + 1 parts of its key, opens them, checks each under the key of its share, and has the
//! exit. A bad part, of a key or of an exit, names its peer.
//!
//! **Bounds.** One sealed part of each peer for each validator, one that is not checked yet, and
//! the parts of keys of each peer for each validator. To seal, to check and to open one takes
//! milliseconds, so each is done when nothing urgent waits ([`Deferred::Presigned`]). A peer is
//! sent `AT_ONCE` at most in a slot, and may send no more than an honest one can; of who has given
//! a bad part of a key no more is taken for that validator.
//!
//! Never here: yes or no ([`super`]), and a partial signature that is not sealed, until it was
//! opened by n - t + 1 operators.

mod holding;
mod opening;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proto::eth::ValidatorIndex;
use proto::exit::{ExitPart, SealedExit};
use proto::frame::{Frame, SentSealedExit};
use proto::{
    ClusterSize, Epoch, PeerIndex, PeerSet, PublicKey, Root, SignatureBytes, Signed, Slot,
    ValidatorPosition, Verified, WireVersion,
};

use super::epoch;
use super::standing::{FAR_FUTURE, Leaving};
use crate::duties::facts::{ClusterFacts, Step};
use crate::duties::fault::Breach;
use crate::duties::note::{ExitNote, Note};
use crate::duties::{Deferred, Output, Request};
use crate::vault::Presigned;

/// The version that all of this came with.
pub(super) const SINCE: WireVersion = WireVersion::V10;
/// How many sealed parts a peer is sent in a slot, of those that it lacks.
const AT_ONCE: usize = 64;

/// What was signed in advance.
#[derive(Debug, Default)]
pub(super) struct PresignedExits {
    /// The exits of the validators that were active in a final state.
    exits: BTreeMap<ValidatorPosition, Presigned>,
    /// Those that leave already: nothing is sealed of them.
    over: BTreeSet<ValidatorPosition>,
    /// What is held, each peer's first.
    held: BTreeMap<Whose, Verified<SealedExit>>,
    /// What its peer has signed and nobody has looked into yet.
    unchecked: BTreeMap<Whose, Verified<SealedExit>>,
    /// What was held and is of another exit by the own view of the chain: kept on the disk all the
    /// same where nothing else of its peer is, as that view may be wrong and the peer gone.
    aside: BTreeMap<Whose, Verified<SealedExit>>,
    /// What turned out to be nothing, or not sealed for its exit: no other is taken.
    bad: BTreeSet<Whose>,
    /// Whose exit this peer has still to seal.
    unsealed: VecDeque<ValidatorPosition>,
    /// What was not given to the disk yet.
    is_unkept: bool,
    /// Why the kept ones are not known: nothing is kept over them.
    is_barred: bool,
    pace: Pace,
    /// The parts of keys of each peer for each validator.
    keys: BTreeMap<Whose, Vec<KeyPart>>,
    /// Who has given a part of a key that was none: no more of his is taken.
    forgers: BTreeSet<Whose>,
    /// Of which exits the own parts of the keys have left, in this life.
    given: BTreeSet<ValidatorPosition>,
    /// Whose parts may give a whole.
    ripe: BTreeSet<ValidatorPosition>,
    /// What was opened, and may be no signature.
    opened: BTreeMap<Whose, SignatureBytes>,
}

/// A peer's part of the exit of a validator.
type Whose = (ValidatorPosition, PeerIndex);

/// A peer's part of the key to what `sealer` has sealed, the text of this hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyPart {
    sealer: PeerIndex,
    of: Root,
    share: PublicKey,
}

/// What was done in this slot and epoch.
#[derive(Debug, Default)]
struct Pace {
    slot: Option<Slot>,
    /// In which epoch the beacon node has said who is active.
    looked: Option<Epoch>,
    /// When it was asked and has not answered.
    asked: Option<Slot>,
    /// Whose questions were answered in this slot.
    answered: PeerSet,
    /// How many signatures of each peer were checked in it.
    checked: BTreeMap<PeerIndex, usize>,
    /// Who is asked next.
    turn: usize,
}

/// How many parts of one exit there are, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SealedParts {
    /// The epoch of the exit; none if the validator was active in no final state yet.
    pub(super) epoch: Option<Epoch>,
    /// Whose sealed parts are held.
    pub(super) held: PeerSet,
}

impl PresignedExits {
    /// Takes in what was kept before this start, as far as its peers have signed it.
    pub(super) fn recall(&mut self, kept: Vec<SentSealedExit>, facts: &ClusterFacts) {
        for sent in kept {
            let verified = named(&sent, facts).and_then(|it| it.verify(&facts.roster).ok());
            if let Some(sealed) = verified {
                self.held.insert((sent.validator, sealed.signer), sealed);
            }
        }
    }

    /// What was kept cannot be read: nothing is written over it.
    pub(super) fn bar(&mut self) {
        self.is_barred = true;
    }

    /// What a new slot brings.
    pub(super) fn advance(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        if step.vault.exit_key().is_none() || self.pace.slot.replace(slot) == Some(slot) {
            return;
        }
        self.pace.answered = PeerSet::EMPTY;
        self.pace.checked.clear();
        self.look(step);
        self.ask_for_lacked(step);
        self.keep(step);
        self.put_off(step);
    }

    /// Asks which validators are active in the last finalised state, once in an epoch, as long as
    /// there are some of which that is not known.
    fn look(&mut self, step: &mut Step<'_>) {
        let (slot, now) = (step.slot(), epoch(step));
        let is_asked = self.pace.asked.is_some_and(|at| slot <= at.next().next());
        if is_asked || self.pace.looked == Some(now) {
            return;
        }
        let all = (0..).map(ValidatorPosition).take(step.facts.keys.count());
        let unknown =
            |at: &ValidatorPosition| !self.exits.contains_key(at) && !self.over.contains(at);
        let key = |at| Some((at, step.facts.keys.get(at)?.public_key));
        let wanted: Vec<_> = all.filter(unknown).filter_map(key).collect();
        self.pace.looked = None;
        if wanted.is_empty() {
            self.pace.looked = Some(now);
            self.fill();
            return;
        }
        self.pace.asked = Some(slot);
        step.ask(Request::Final(wanted));
    }

    /// What the last finalised state says of validators; nothing if the beacon node did not say it.
    pub(super) fn looked(
        &mut self,
        found: Option<Vec<(ValidatorPosition, Option<Leaving>)>>,
        step: &mut Step<'_>,
    ) {
        self.pace.asked = None;
        let Some(found) = found else {
            return;
        };
        self.pace.looked = Some(epoch(step));
        for (validator, known) in found {
            let Some(known) = known else { continue };
            if known.exit_epoch != FAR_FUTURE {
                self.over.insert(validator);
            } else if known.active {
                self.begin(validator, &known, step);
            }
        }
        self.fill();
        self.put_off(step);
    }

    /// This validator is active: from here on it is known which exit is signed in advance.
    fn begin(&mut self, validator: ValidatorPosition, known: &Leaving, step: &Step<'_>) {
        let Some(keys) = step.facts.keys.get(validator) else {
            return;
        };
        let period = step.facts.chain.shard_committee_period();
        let ripe = Epoch(known.activation_epoch.0.saturating_add(period));
        let of = (ValidatorIndex(known.index.0), ripe);
        let exit = Presigned::new(&step.facts.chain, keys.public_key, of);
        self.exits.insert(validator, exit);
        // What was kept of another exit was sealed by another view of the chain. The own part is
        // sealed anew.
        let (lock, me) = (step.facts.lock, step.facts.me);
        let is_other = |(at, sealer): &Whose, sealed: &mut Verified<SealedExit>| {
            *at == validator && sealed.statement.part != exit.part(lock, *sealer)
        };
        let others = self.held.extract_if(.., is_other);
        self.aside
            .extend(others.filter(|((_, sealer), _)| *sealer != me));
    }

    /// All that this peer has still to seal.
    fn fill(&mut self) {
        self.unsealed = self.exits.keys().copied().collect();
    }

    /// Seals one, checks one, or opens one. More is put off again.
    pub(super) fn work(&mut self, step: &mut Step<'_>) -> Option<ValidatorPosition> {
        let ripe = self.ripe.pop_first();
        if ripe.is_none() && !self.seal_one(step) {
            self.check_one(step);
        }
        self.put_off(step);
        ripe
    }

    /// What is to be done is done when nothing urgent waits.
    fn put_off(&self, step: &mut Step<'_>) {
        let is_put_off = |it: &Output| matches!(it, Output::Later(Deferred::Presigned));
        let is_idle = self.unsealed.is_empty() && self.unchecked.is_empty() && self.ripe.is_empty();
        if !is_idle && !step.out.iter().any(is_put_off) {
            step.out.push(Output::Later(Deferred::Presigned));
        }
    }

    /// Seals the next part that this peer does not hold, and sends it to all: whether there was
    /// one to look at.
    fn seal_one(&mut self, step: &mut Step<'_>) -> bool {
        let me = step.facts.me;
        let held = |at: &ValidatorPosition| self.held.contains_key(&(*at, me));
        while self.unsealed.front().is_some_and(held) {
            self.unsealed.pop_front();
        }
        let Some(validator) = self.unsealed.pop_front() else {
            return false;
        };
        let Some(exit) = self.exits.get(&validator) else {
            return true;
        };
        match step.vault.seal_exit(validator, exit) {
            // It is tried again in the next epoch.
            Err(refusal) => step.note(Note::Exit(validator, ExitNote::NotSealed(refusal))),
            Ok(sealed) => {
                let sealed = step.facts.identity.sign(me, sealed);
                let frame = Frame::SealedExits(vec![sent(validator, &sealed)]);
                self.held.insert((validator, me), sealed);
                self.is_unkept = true;
                step.broadcast(frame.since(), frame.encode());
            }
        }
        true
    }

    /// Gives all to the disk, if some are new.
    fn keep(&mut self, step: &mut Step<'_>) {
        if self.is_barred || !std::mem::take(&mut self.is_unkept) {
            return;
        }
        let aside = self.aside.iter();
        let aside = aside.filter(|(whose, _)| !self.held.contains_key(whose));
        let all = self.held.iter().chain(aside);
        let all = all.map(|((validator, _), sealed)| sent(*validator, sealed));
        step.out.push(Output::KeepSealed(all.collect()));
    }

    /// What is held of the exit of `validator`.
    pub(super) fn parts(&self, validator: ValidatorPosition, size: ClusterSize) -> SealedParts {
        let exit = self.exits.get(&validator);
        let is_held = |sealer: &PeerIndex| self.held.contains_key(&(validator, *sealer));
        SealedParts {
            epoch: exit.map(|exit| exit.message().epoch),
            held: match exit {
                Some(_) => size.all().filter(is_held).collect(),
                None => PeerSet::EMPTY,
            },
        }
    }

    /// The exit of `validator` that is signed in advance.
    pub(super) fn exit(&self, validator: ValidatorPosition) -> Option<&Presigned> {
        self.exits.get(&validator)
    }

    /// What a peer that comes back is sent again: parts of keys that were let go of.
    pub(super) fn sent(&self, me: PeerIndex) -> impl Iterator<Item = Frame> {
        let all = self.given.iter();
        all.filter_map(move |at| self.opening(*at, me))
    }

    /// Whether parts of the keys of this exit have left this peer.
    pub(super) fn has_given(&self, validator: ValidatorPosition) -> bool {
        self.given.contains(&validator)
    }

    fn part(&self, (validator, sealer): Whose, step: &Step<'_>) -> Option<ExitPart> {
        let exit = self.exits.get(&validator)?;
        Some(exit.part(step.facts.lock, sealer))
    }
}

/// What a peer has sealed, with all that it says of it; none if the cluster has no such.
fn named(sent: &SentSealedExit, facts: &ClusterFacts) -> Option<Signed<SealedExit>> {
    let sealer = usize::try_from(sent.sealer).ok()?;
    let sealer = facts.roster.size().peer(sealer)?;
    let validator = facts.keys.get(sent.validator)?.public_key;
    let exit = Presigned::new(&facts.chain, validator, (sent.index, sent.epoch));
    Some(Signed {
        statement: SealedExit {
            part: exit.part(facts.lock, sealer),
            text: sent.text,
        },
        signer: sealer,
        signature: sent.signature,
    })
}

/// The same in the form in which it travels.
fn sent(validator: ValidatorPosition, sealed: &Verified<SealedExit>) -> SentSealedExit {
    let SealedExit { part, text } = sealed.statement;
    SentSealedExit {
        sealer: sealed.signer.number(),
        validator,
        index: part.index,
        epoch: part.epoch,
        text,
        signature: sealed.signature,
    }
}

fn accuse(peer: PeerIndex, detail: String, step: &mut Step<'_>) {
    step.note(Note::Fault {
        peer,
        breach: Breach::SealedExit,
        detail,
    });
}
