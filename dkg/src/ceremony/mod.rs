//! The key ceremony as a machine: frames in, frames out; the rules stand in the [crate doc](crate).
//!
//! The driver
//! - makes 32 random bytes, the ceremony seed, and writes them durably before anything else;
//! - gives every session's [`Input::Up`] and [`Input::Down`], and whole frames in order;
//! - performs outputs in their order; [`Output::Persist`] and [`Output::Remember`] are durable
//!   before the next one begins;
//! - writes the keys of [`Output::Store`] durably and then answers [`Input::Stored`] with the hash
//!   of the lock it made of them;
//! - hands in [`Input::Tick`] as soon as [`Machine::deadline`] has passed: there is work left, and
//!   each call does one bounded piece of it (at most one bundle);
//! - after a crash makes the machine again from the same seed, the last persisted [`Position`], and
//!   what it was last to remember ([`Heard`]).
//!
//! Never here: a clock, a socket, a disk, randomness. Nobody is given up for being late: the
//! operators decide when to stop waiting. After a failed attempt one operator's [`Input::Retry`] is
//! enough, the others follow; a culprit that goes on has to be left out by a new definition.
//!
//! A driver that finds no seed of an earlier run hears the others first: see [`Recollection`].

mod attempt;
mod contract;
mod contradiction;
mod hear;
mod heard;
mod recall;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};

use proto::ceremony::{Ack, Context, Done, Frame, MAX_ATTEMPT, MAX_VALIDATORS, Opening, Spoken};
use proto::{Machine, PeerIndex, PeerSet, Root, Timestamp, Verified};

use crate::blame::{self, Evidence, Verdict, denies};
use attempt::{Attempt, First, Stage, Stepped};

pub use crate::sharing::{Participant, max_frame};
pub use contract::{
    Acked, BadParticipant, Breach, Finished, Input, Opened, Outcome, Output, Position, Progress,
    Refused, SealKey, Step, ValidatorKey,
};
pub use contradiction::Contradiction;
pub use heard::{Heard, NotHeard};
pub use recall::{Forgotten, OwnWords, Recollection};

/// The machine: see the module doc for its driver's duties.
pub struct Ceremony {
    who: Participant,
    terms: Root,
    max_frame: usize,
    position: Position,
    attempt: Attempt,
    up: PeerSet,
    /// Acknowledgements of earlier attempts that this peer has acknowledged too.
    late_acks: BTreeMap<(u32, PeerIndex), Verified<Ack>>,
    /// What was heard in this run. By its latest opening each has promised to acknowledge no
    /// earlier attempt that the opening does not name.
    heard: Heard,
    /// What was heard in earlier runs.
    before: Heard,
    /// Whose contradiction is told, and in which attempt.
    told: BTreeSet<(PeerIndex, u32)>,
    blamed: BTreeSet<(u32, Verdict)>,
    progress: Option<Progress>,
    /// When there was work left at the end of a call.
    busy: Option<Timestamp>,
    /// The opening by which another peer was the first in the current attempt.
    first: Option<Verified<Opening>>,
}

impl Ceremony {
    /// The ceremony at `position`, which is the default one at the first start.
    ///
    /// # Errors
    /// If the participant cannot take part.
    pub fn new(who: Participant, position: Position) -> Result<Self, BadParticipant> {
        if !(1..=MAX_VALIDATORS).contains(&who.terms.validators) {
            return Err(BadParticipant::Validators(who.terms.validators));
        }
        if *who.terms.roster.key(who.me) != who.identity.public() {
            return Err(BadParticipant::NotMe(who.me));
        }
        if position.attempt > MAX_ATTEMPT {
            return Err(BadParticipant::Attempt(position.attempt));
        }
        let terms = who.terms.hash();
        Ok(Self {
            attempt: enter(&who, terms, &position),
            first: First::kept(&who.terms, terms, &position),
            max_frame: max_frame(who.terms.roster.size(), who.terms.validators),
            who,
            terms,
            position,
            up: PeerSet::EMPTY,
            late_acks: BTreeMap::new(),
            heard: Heard::default(),
            before: Heard::default(),
            told: BTreeSet::new(),
            blamed: BTreeSet::new(),
            progress: None,
            busy: None,
        })
    }

    /// Where this peer is, as last persisted.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The peers that have promised never to acknowledge the attempt that made `lock`.
    pub fn denied_by(&self, lock: Root) -> PeerSet {
        let acked = &self.position.acked;
        let made = acked.iter().find(|acked| acked.lock == lock);
        let denies = |opening: &Opening| made.is_some_and(|made| denies(opening, made.attempt));
        let promises = self.heard.openings.iter();
        let promises = promises.filter(|(_, opening)| denies(&opening.statement));
        promises.map(|(peer, _)| *peer).collect()
    }

    /// Opens another attempt, which `first` opened first, and tells everybody; without one returns
    /// to an attempt.
    fn go_to(&mut self, attempt: u32, first: Option<First>, outputs: &mut Vec<Output>) {
        let (opener, opening) = match first {
            None => (None, None),
            Some(First::This) => (Some(self.who.me), None),
            Some(First::Other(opening)) => (Some(opening.signer), Some(opening)),
        };
        let before = self.position.attempt;
        let opened = self.position.opened.max(before);
        self.position.opened = opened.max(attempt);
        self.position.attempt = attempt;
        self.position.failed = None;
        self.position.opener = opener.map(PeerIndex::position);
        self.position.first = opening.as_ref().map(|opening| {
            let spoken = Spoken::Opening(opening.clone().into_signed());
            hex::encode(spoken.encode())
        });
        self.first = opening;
        outputs.extend(opener.map(|opener| {
            Output::Opened(Opened {
                opener,
                attempt,
                skips: attempt > before + 1,
            })
        }));
        self.attempt = enter(&self.who, self.terms, &self.position);
        outputs.push(Output::Persist(self.position.clone()));
        for spoken in self.attempt.own_words(self.who.me, self.who.me) {
            outputs.push(broadcast(spoken));
        }
    }

    fn retry(&mut self, outputs: &mut Vec<Output>) {
        let attempt = self.position.attempt;
        if self.attempt.acked.is_some() {
            outputs.push(Output::Refused(Refused::Acknowledged));
        } else if attempt >= MAX_ATTEMPT {
            outputs.push(Output::Refused(Refused::LastAttempt));
        } else if self.position.failed != Some(attempt) {
            outputs.push(Output::Refused(Refused::NotFailed(attempt)));
        } else {
            self.go_to(attempt + 1, Some(First::This), outputs);
        }
    }

    /// Keeps that the current attempt cannot succeed any more.
    fn keep_failure(&mut self, outputs: &mut Vec<Output>) {
        let failed = Some(self.position.attempt);
        if self.position.failed != failed {
            self.position.failed = failed;
            outputs.push(Output::Persist(self.position.clone()));
        }
    }

    /// Tells `peer` everything this peer has to say in this attempt; first, who opened it.
    fn greet(&mut self, peer: PeerIndex, outputs: &mut Vec<Output>) {
        if let Some(opening) = self.first.as_ref().filter(|first| first.signer != peer) {
            let passed = Spoken::Opening(opening.clone().into_signed());
            outputs.push(Output::Send(peer, Frame::Spoken(passed).encode()));
        }
        for spoken in self.attempt.own_words(self.who.me, peer) {
            outputs.push(Output::Send(peer, Frame::Spoken(spoken).encode()));
        }
        if let Stage::Failed(statements) = &self.attempt.stage {
            outputs.push(Output::Send(peer, accusation(statements.clone())));
        }
    }

    fn stored(&mut self, transcript: Root, lock: Root, outputs: &mut Vec<Output>) {
        match self.attempt.stage {
            Stage::Storing { transcript: made } if made == transcript => {}
            Stage::Opening
            | Stage::Dealing(_)
            | Stage::Proving(_)
            | Stage::Storing { .. }
            | Stage::Acking
            | Stage::Finished
            | Stage::Failed(_)
            | Stage::Unusable
            | Stage::Contradicted => return,
        }
        let acked = Acked {
            attempt: self.position.attempt,
            transcript,
            lock,
        };
        self.position.acked.push(acked.clone());
        outputs.push(Output::Persist(self.position.clone()));
        outputs.push(broadcast(self.attempt.acknowledge(&self.who, acked)));
        self.attempt.stage = Stage::Acking;
    }

    /// Does one piece of work; whether there was one.
    fn work(&mut self, outputs: &mut Vec<Output>) -> bool {
        match self.attempt.step(&self.who) {
            Stepped::Waiting => return false,
            Stepped::Worked => {}
            Stepped::Says(words) => outputs.extend(words.into_iter().map(broadcast)),
            Stepped::Settled(confirm, unsound) => {
                let fault = |peer| Output::Fault(peer, Breach::UnsoundShares);
                outputs.extend(unsound.iter().map(fault));
                // Nobody who follows the protocol confirms such shares.
                if !unsound.is_empty() {
                    self.keep_failure(outputs);
                }
                outputs.extend(confirm.map(|confirm| broadcast(Spoken::Confirm(confirm))));
            }
            Stepped::Shows(peer, words) => {
                let frames = words
                    .into_iter()
                    .map(|spoken| Frame::Spoken(spoken).encode());
                outputs.extend(frames.map(|frame| Output::Send(peer, frame)));
            }
            Stepped::Convicts(statements) => self.convict(statements, outputs),
            // The keys rest on everybody's words, which must outlive them.
            Stepped::Made(outcome) => match self.contradicting(outcome.transcript) {
                none if none.is_empty() => {
                    outputs.push(self.remember());
                    outputs.push(Output::Store(outcome));
                }
                contradicting => {
                    self.attempt.stage = Stage::Contradicted;
                    for (peer, contradiction) in contradicting {
                        self.tell_contradiction(peer, contradiction, outputs);
                    }
                    self.keep_failure(outputs);
                }
            },
        }
        true
    }

    /// Blames whoever these statements of the current attempt convict.
    fn convict(&mut self, statements: Vec<Spoken>, outputs: &mut Vec<Output>) {
        let evidence = Evidence {
            terms: self.who.terms.clone(),
            statements,
        };
        let verdict = blame::verify(&evidence)
            .expect("what this peer found wrong is wrong by the same rules for everybody");
        self.pass(evidence, verdict, outputs);
    }

    /// Takes a verdict on the current attempt: tells it once, and gives the attempt up unless
    /// keys were made.
    fn pass(&mut self, evidence: Evidence, verdict: Verdict, outputs: &mut Vec<Output>) {
        if !self.blamed.insert((self.position.attempt, verdict)) {
            return;
        }
        outputs.push(Output::Broadcast(accusation(evidence.statements.clone())));
        if !self.attempt.is_past_failing() {
            self.attempt.stage = Stage::Failed(evidence.statements.clone());
        }
        outputs.push(Output::Blame(Box::new((evidence, verdict))));
    }

    /// Finishes, once everybody has acknowledged what this peer has.
    fn finish(&mut self, outputs: &mut Vec<Output>) {
        let all = PeerSet::full(self.who.terms.roster.size());
        let Some(acked) = self.attempt.acked.clone() else {
            return;
        };
        if self.attempt.matching_acks() != all || matches!(self.attempt.stage, Stage::Finished) {
            return;
        }
        self.attempt.stage = Stage::Finished;
        let acks = self.attempt.said.acks.values();
        let lock_signatures = acks.map(|ack| ack.statement.lock_signature).collect();
        let done = Done {
            context: self.attempt.said.context,
            transcript: acked.transcript,
        };
        let done = self.who.identity.sign(self.who.me, done);
        outputs.push(broadcast(Spoken::Done(done.clone().into_signed())));
        outputs.push(Output::Finished(Box::new(Finished {
            acked,
            lock_signatures,
        })));
        self.attempt.said.dones.insert(self.who.me, done);
        // Whoever has left this attempt returns to it when it sees every acknowledgement.
        for peer in std::mem::take(&mut self.attempt.told).into_keys() {
            self.greet(peer, outputs);
        }
    }

    fn report(&mut self, outputs: &mut Vec<Output>) {
        let (step, waiting) = self.attempt.waits(&self.who);
        let progress = Progress {
            attempt: self.position.attempt,
            step,
            waiting,
        };
        if self.progress.replace(progress) != Some(progress) {
            outputs.push(Output::Progress(progress));
            if step == Step::Finished && waiting.is_empty() {
                outputs.push(Output::Closed);
            }
        }
    }
}

impl Machine for Ceremony {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Up(peer) => {
                self.up.insert(peer);
                self.attempt.told.remove(&peer);
                self.greet(peer, &mut outputs);
            }
            Input::Down(peer) => {
                self.up.remove(peer);
            }
            Input::Frame(peer, bytes) => self.receive(peer, &bytes, &mut outputs),
            Input::Stored { transcript, lock } => self.stored(transcript, lock, &mut outputs),
            Input::Retry => self.retry(&mut outputs),
            Input::Tick => {}
        }
        let worked = self.work(&mut outputs);
        self.finish(&mut outputs);
        if let Stage::Failed(_) | Stage::Unusable = self.attempt.stage {
            self.keep_failure(&mut outputs);
        }
        self.report(&mut outputs);
        self.busy = worked.then_some(now);
        outputs
    }

    /// The moment of the last call if it left work to do.
    fn deadline(&self) -> Option<Timestamp> {
        self.busy
    }
}

/// The attempt that `position` is at.
fn enter(who: &Participant, terms: Root, position: &Position) -> Attempt {
    let context = Context {
        terms,
        attempt: position.attempt,
    };
    let earlier = position.acked.iter().map(|acked| acked.attempt);
    let earlier = earlier
        .filter(|attempt| *attempt < position.attempt)
        .collect();
    let acked = position
        .acked
        .iter()
        .find(|acked| acked.attempt == position.attempt);
    Attempt::new(who, context, earlier, acked.cloned())
}

fn broadcast(spoken: Spoken) -> Output {
    Output::Broadcast(Frame::Spoken(spoken).encode())
}

/// Statements that convict somebody, as they are sent. A bad confirm goes alone: who receives it
/// holds the bundles it is judged by, or will.
fn accusation(mut statements: Vec<Spoken>) -> Vec<u8> {
    if let Some(Spoken::Confirm(_)) = statements.first() {
        return Frame::Spoken(statements.swap_remove(0)).encode();
    }
    Frame::Accusation(statements).encode()
}

#[cfg(test)]
mod tests;
