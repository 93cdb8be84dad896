//! Exits: what operators say, what the chain says, and then one hop.
//!
//! An exit is final, so people decide: t operators say yes, each on his own machine, and their
//! peers pass the signed words on ([`proto::exit`]). A peer that holds t approvals for one epoch
//! asks its own beacon node how the validator stands. If the chain would take the exit, it signs
//! its part, sends it to all, combines what comes, and hands the whole to its beacon node. Nobody
//! leads, and nothing is signed on anybody's word but that of t operators: the vault wants them
//! as its argument ([`ApprovedExit`](crate::vault::ApprovedExit)).
//!
//! **The epoch.** All must sign one root, and the exit's epoch is a part of it. The first approval
//! fixes it: who comes later approves for the epoch that most have approved, of equal ones for the
//! lowest. Where two have begun at once with different epochs, the peers of those that are not in
//! that epoch say the same yes again for it, no longer than it was given for, and at most
//! `FOLLOWS` times in an epoch of the chain, so that who turns others round holds them up for no
//! longer: the operator has approved of the exit, the epoch is a formality. So a share is
//! signed for a second epoch only if operators turn away from one that t had approved. Two exits of
//! one validator are nothing slashable: the chain takes the first that comes.
//!
//! **Withdrawals** count until this peer has signed; what is signed cannot be called back.
//!
//! **Disk.** The own word is durable before anybody hears of it ([`Output::Keep`]), those of others
//! soon after they came, so that a restart loses nothing. A share needs no record: it contradicts
//! nothing, and is the same if it is signed again.
//!
//! Bounded: one word of each operator and one share of each peer for each validator. An operator
//! can say something else as often as he likes, so what a slot may cost is bounded too (`pace`).
//!
//! **In advance** each peer seals its part of the first exit that the chain will take, for the day
//! on which t peers are never there again: `presigned`, and from words to the whole `opening`.
//!
//! Never here: yes or no.

mod hearing;
mod opening;
mod order;
mod pace;
mod presigned;
mod signing;
pub mod standing;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use proto::control::Stage;
use proto::exit::{ExitWord, Says};
use proto::frame::{Frame, SentExitWord};
use proto::{
    Epoch, PeerIndex, SignatureBytes, Signed, Slot, ValidatorPosition, Verified, WireVersion,
};

use crate::duties::facts::{ClusterFacts, Step};
use crate::duties::note::{ExitNote, Note};
use crate::duties::{Output, Request};
pub use order::Order;
pub use view::Seen;

use order::Waiting;
use pace::Pace;
use presigned::PresignedExits;
use signing::Decided;
use standing::Leaving;
use words::{Words, frames, sent};

/// How often in an epoch an approval follows others to another exit's epoch.
const FOLLOWS: u8 = 4;

/// All exits that are open on this peer.
#[derive(Debug, Default)]
pub struct Exits {
    words: Words,
    open: BTreeMap<ValidatorPosition, Open>,
    /// Partial signatures, the last of each peer for each validator.
    shares: BTreeMap<(ValidatorPosition, PeerIndex), (Epoch, SignatureBytes)>,
    /// Own words that are not durable yet.
    unkept: Vec<Unkept>,
    /// How often the words were given to the disk.
    keepings: u64,
    /// Orders that wait for what the beacon node says.
    waiting: Vec<Waiting>,
    /// The slot in which the beacon node was asked and has not answered.
    asked: Option<Slot>,
    /// The slot of the last look at the clock.
    slot: Option<Slot>,
    /// What was heard in it.
    pace: Pace,
    /// Words from a time to come, the last of each operator about each validator: they count when
    /// it has come.
    ahead: BTreeMap<(ValidatorPosition, PeerIndex), Verified<ExitWord>>,
    /// Why what was kept is not known: then nothing is kept, said or signed here.
    barred: Option<String>,
    presigned: PresignedExits,
}

/// One exit.
#[derive(Debug, Default)]
struct Open {
    /// What the own beacon node said last, and in which slot.
    standing: Option<(Slot, Option<Leaving>)>,
    /// In which epoch it followed others last, and how often in that.
    follows: Option<(Epoch, u8)>,
    decided: Option<Decided>,
    /// What the operator was told last.
    told: Option<Stage>,
}

/// An own word on its way to the disk.
#[derive(Debug)]
struct Unkept {
    keeping: u64,
    validator: ValidatorPosition,
    word: Verified<ExitWord>,
    /// Whose order it is: none if this peer follows others.
    ticket: Option<u64>,
}

fn epoch(step: &Step<'_>) -> Epoch {
    step.facts.chain.epoch_of(step.slot())
}

impl Exits {
    /// Takes in what was kept before this start: what its operator has signed, that is.
    pub fn recall(&mut self, kept: Vec<SentExitWord>, facts: &ClusterFacts) {
        for word in kept {
            let validator = word.validator;
            let signed = named(word, facts).and_then(|word| word.verify(&facts.roster).ok());
            if let Some(word) = signed {
                self.words.take(validator, word);
            }
        }
    }

    /// What was kept cannot be read: it may say that the operator does not approve any more. So
    /// nothing is signed, no order taken, and what lies on the disk is left as it is.
    pub fn bar(&mut self, why: String) {
        self.barred = Some(why);
    }

    /// What time brings: what has run out is forgotten, what is open is looked at again.
    pub fn advance(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        self.presigned.advance(step);
        let is_news = self.slot.replace(slot) != Some(slot);
        if is_news {
            let due = self.pace.begin();
            self.pass_on(due, step);
            self.catch_up(step);
        }
        let is_idle = self.words.is_empty()
            && self.open.is_empty()
            && self.shares.is_empty()
            && self.waiting.is_empty();
        if !is_news || is_idle {
            return;
        }
        self.words.forget(step.now.unix_seconds());
        let said = self.words.validators();
        let is_wanted = |validator: &ValidatorPosition, open: &Open| {
            let is_whole = open.decided.as_ref().is_some_and(Decided::is_whole);
            said.contains(validator) || is_whole
        };
        self.open
            .retain(|validator, open| is_wanted(validator, open));
        let now = epoch(step);
        let all: BTreeSet<_> = said.into_iter().chain(self.open.keys().copied()).collect();
        self.shares
            .retain(|(validator, _), (epoch, _)| all.contains(validator) || epoch.next() >= now);
        for validator in all {
            self.try_again(validator, step);
            self.settle(validator, step);
        }
        self.ask(step);
    }

    /// What the beacon node said of validators; none of them if it said nothing.
    pub fn answered(
        &mut self,
        found: Option<Vec<(ValidatorPosition, Option<Leaving>)>>,
        step: &mut Step<'_>,
    ) {
        self.asked = None;
        let Some(found) = found else {
            return self.unanswered(step);
        };
        for (validator, standing) in found {
            let open = self.open.entry(validator).or_default();
            open.standing = Some((step.slot(), standing));
            self.settle(validator, step);
            self.serve(validator, step);
        }
        self.ask(step);
    }

    /// The words are durable that were given to the disk up to this time, or will not be.
    pub fn kept(&mut self, keeping: u64, is_durable: bool, step: &mut Step<'_>) {
        let unkept = std::mem::take(&mut self.unkept).into_iter();
        let (done, rest) = unkept.partition(|word: &Unkept| word.keeping <= keeping);
        self.unkept = rest;
        let done: Vec<Unkept> = done;
        let failed = !is_durable && !done.is_empty();
        for own in done {
            if is_durable {
                self.words.take(own.validator, own.word.clone());
                spread(&[(own.validator, own.word.clone())], step);
                self.settle(own.validator, step);
            }
            self.say(&own, is_durable, step);
        }
        if failed {
            // What failed may have got into the file all the same: it is written once more without.
            self.keep(step);
        }
        self.ask(step);
    }

    /// Own and others' words, and what this peer, `me`, has let go of, for one that comes back.
    pub fn sent(&self, me: PeerIndex) -> Vec<Frame> {
        let mut frames = frames(self.words.sent());
        let open = self.open.values();
        let decided = open.filter_map(|open| open.decided.as_ref());
        frames.extend(decided.filter_map(Decided::share).map(Frame::ExitShare));
        frames.extend(self.presigned.sent(me));
        frames
    }

    /// Brings one exit as far as it can go now.
    fn settle(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        self.follow(validator, step);
        self.decide(validator, step);
        self.complete(validator, step);
        self.open_up(validator, step);
        self.tell(validator, step);
    }

    /// Tells the operator how far it has come, if that is news.
    fn tell(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        // Who only looks at a validator is answered, and nobody else is told.
        let stage = self.stage(validator, &Seen::of(step));
        let now = step.now.unix_seconds();
        let is_approved = self.words.leading(validator, now).is_some()
            || self.words.openers(validator, now).next().is_some();
        let open = self.open.entry(validator).or_default();
        let concerns = is_approved || open.decided.is_some();
        let is_news = match (&open.told, &stage) {
            // Whoever sends other parts again and again is told of only when there are more.
            (Some(Stage::Signing(before)), Stage::Signing(now))
            | (Some(Stage::Opening(before)), Stage::Opening(now)) => now > before,
            (told, stage) => told.as_ref() != Some(stage),
        };
        if concerns && stage != Stage::Waiting && is_news {
            open.told = Some(stage.clone());
            step.note(Note::Exit(validator, ExitNote::Stage(stage)));
        }
    }

    /// Says the own yes again for the epoch that leads, if it was said for another.
    fn follow(&mut self, validator: ValidatorPosition, step: &mut Step<'_>) {
        let now = step.now.unix_seconds();
        let own = self.words.of(validator, step.facts.me);
        let leads = self.words.leading(validator, now).map(|(epoch, _)| epoch);
        let is_said = self.unkept.iter().any(|word| word.validator == validator);
        let Some((own, epoch)) = own.zip(leads).filter(|_| !is_said) else {
            return;
        };
        if own.approves(now).is_none_or(|approved| approved == epoch) {
            return;
        }
        let (until, at) = (own.ends_at(), self::epoch(step));
        // What ends before it is said is no word.
        if self.barred.is_some() || until <= self.next_said_at(validator, step) {
            return;
        }
        let open = self.open.entry(validator).or_default();
        let often = open.follows.filter(|(epoch, _)| *epoch == at);
        let often = often.map_or(0, |(_, often)| often);
        if often < FOLLOWS {
            open.follows = Some((at, often + 1));
            self.speak((validator, Says::Approved { epoch, until }), None, step);
        }
    }

    /// When the next own word about `validator` is said: after every one before.
    fn next_said_at(&self, validator: ValidatorPosition, step: &Step<'_>) -> u64 {
        let before = self.words.of(validator, step.facts.me);
        let unkept = self.unkept.iter().filter(|own| own.validator == validator);
        let said = unkept.map(|own| own.word.statement.said_at);
        let last = said.chain(before.map(|word| word.said_at)).max();
        step.now
            .unix_seconds()
            .max(last.map_or(0, |last| last.saturating_add(1)))
    }

    /// Signs a word of this operator, and has it kept: others hear of it when it is.
    fn speak(
        &mut self,
        (validator, says): (ValidatorPosition, Says),
        ticket: Option<u64>,
        step: &mut Step<'_>,
    ) {
        let facts = step.facts;
        let keys = facts.keys.get(validator);
        let word = ExitWord {
            lock: facts.lock,
            validator: keys.expect("orders name our validators").public_key,
            said_at: self.next_said_at(validator, step),
            says,
        };
        let word = facts.identity.sign(facts.me, word);
        self.unkept.push(Unkept {
            keeping: self.keepings + 1,
            validator,
            word,
            ticket,
        });
        self.keep(step);
    }

    /// Gives all words to the disk, the own ones that it does not have yet among them.
    fn keep(&mut self, step: &mut Step<'_>) {
        if self.barred.is_some() {
            return;
        }
        self.keepings += 1;
        let mut all = self.words.clone();
        for own in &self.unkept {
            all.take(own.validator, own.word.clone());
        }
        step.out.push(Output::Keep {
            keeping: self.keepings,
            words: all.sent(),
        });
    }

    /// Asks the beacon node about all that hang on it, one question at a time.
    fn ask(&mut self, step: &mut Step<'_>) {
        let slot = step.slot();
        // One that was lost is put again.
        if self.asked.is_some_and(|asked| slot <= asked.next().next()) {
            return;
        }
        let ordered = self.waiting.iter().map(|order| order.validator);
        let said = self.words.validators().into_iter();
        let open = said.chain(self.open.keys().copied());
        let open = open.filter(|validator| self.wants_standing(*validator, step));
        let wanted: BTreeSet<ValidatorPosition> = open.chain(ordered).collect();
        let key = |at| Some((at, step.facts.keys.get(at)?.public_key));
        let wanted: Vec<_> = wanted.into_iter().filter_map(key).collect();
        if !wanted.is_empty() {
            self.asked = Some(slot);
            step.ask(Request::Leaving(wanted));
        }
    }
}

/// Tells every peer these words, which count, and the operator.
fn spread(words: &[(ValidatorPosition, Verified<ExitWord>)], step: &mut Step<'_>) {
    for (validator, word) in words {
        let said = ExitNote::Said(word.signer, word.statement.says);
        step.note(Note::Exit(*validator, said));
    }
    let all = words.iter().map(|(validator, word)| sent(*validator, word));
    for frame in frames(all.collect()) {
        step.broadcast(frame.since(), frame.encode());
    }
}

/// The version that all of this came with.
pub(super) const SINCE: WireVersion = WireVersion::V3;

/// A word with its operator and validator named; none if the cluster has no such.
fn named(word: SentExitWord, facts: &ClusterFacts) -> Option<Signed<ExitWord>> {
    let operator = usize::try_from(word.operator).ok()?;
    Some(Signed {
        statement: ExitWord {
            lock: facts.lock,
            validator: facts.keys.get(word.validator)?.public_key,
            said_at: word.said_at,
            says: word.says,
        },
        signer: facts.roster.size().peer(operator)?,
        signature: word.signature,
    })
}
