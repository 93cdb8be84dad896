//! The key ceremony as a machine: frames in, frames out; the rules stand in the [crate doc](crate).
//!
//! The driver
//! - makes 32 random bytes, the ceremony seed, and writes them durably before anything else;
//! - gives every session's [`Input::Up`] and [`Input::Down`], and whole frames in order;
//! - performs outputs in their order; [`Output::Persist`] is durable before the next one begins;
//! - writes the keys of [`Output::Store`] durably and then answers [`Input::Stored`] with the hash
//!   of the lock it made of them;
//! - hands in [`Input::Tick`] as soon as [`Machine::deadline`] has passed: there is work left, and
//!   each call does one bounded piece of it (at most one bundle);
//! - after a crash makes the machine again from the same seed and the last persisted [`Position`].
//!
//! Never here: a clock, a socket, a disk, randomness. Nobody is given up for being late: the
//! operators decide when to stop waiting ([`Input::Retry`]).

mod attempt;
pub(crate) mod check;
pub(crate) mod deal;
mod hear;
pub(crate) mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proto::ceremony::{Ack, Context, Done, Frame, MAX_ATTEMPT, MAX_VALIDATORS, Spoken, Terms};
use proto::{Identity, IdentitySignature, Machine, PeerIndex, PeerSet, PublicKey, Root};
use proto::{Timestamp, Verified};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::blame::{self, Evidence, Unfounded, Verdict};
use crate::bls::{Commitments, Scalar, SecretShare};
use attempt::{Attempt, Stage, Stepped};

pub use settle::max_frame;

/// Who this peer is and what the ceremony is about.
pub struct Participant {
    /// What all operators have agreed on.
    pub terms: Terms,
    /// This peer's place in the roster.
    pub me: PeerIndex,
    /// This peer's identity key.
    pub identity: Identity,
    /// 32 secret random bytes, durable before the machine is made and the same after a crash.
    pub seed: Zeroizing<[u8; 32]>,
}

/// A participant that cannot take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadParticipant {
    /// No validators, or more than one ceremony makes keys for.
    #[error("a ceremony makes keys for 1 to {MAX_VALIDATORS} validators, not {0}")]
    Validators(u16),
    /// The identity key is not that of the roster at this place.
    #[error("this identity key is not that of {0} in the definition: use that operator's key")]
    NotMe(PeerIndex),
    /// The persisted position is of no attempt that can be.
    #[error("the stored ceremony position names attempt {0}, and {MAX_ATTEMPT} is the last")]
    Attempt(u32),
}

/// What must survive a crash beside the seed. Starts as [`Position::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// The current attempt, counted from 0.
    pub attempt: u32,
    /// Every acknowledgement ever given, ascending by attempt.
    pub acked: Vec<Acked>,
}

/// One acknowledgement: the shares of this transcript are stored and will never be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// The attempt.
    pub attempt: u32,
    /// Its transcript.
    pub transcript: Root,
    /// The lock made of it.
    pub lock: Root,
}

/// What can happen to a ceremony.
#[derive(Debug)]
pub enum Input {
    /// A session with this peer began.
    Up(PeerIndex),
    /// The session with this peer ended.
    Down(PeerIndex),
    /// A frame of this peer's session.
    Frame(PeerIndex, Vec<u8>),
    /// The keys of this transcript are durably stored, and this is the hash of the lock.
    Stored {
        /// The transcript of [`Output::Store`].
        transcript: Root,
        /// The hash of the cluster lock made of it.
        lock: Root,
    },
    /// The operator wants a new attempt. Refused (no output but progress) while this peer has
    /// acknowledged the current one: that may be finished elsewhere.
    Retry,
    /// The deadline has passed.
    Tick,
}

/// What a ceremony asks of its driver, in this order.
#[derive(Debug)]
pub enum Output {
    /// Make this durable before performing the next output.
    Persist(Position),
    /// Send a frame to one peer, if it is up.
    Send(PeerIndex, Vec<u8>),
    /// Send a frame to every peer that is up.
    Broadcast(Vec<u8>),
    /// Write these keys durably, then answer [`Input::Stored`].
    Store(Box<Outcome>),
    /// The step or the peers waited for have changed.
    Progress(Progress),
    /// A peer sent something that was refused. Not proven to others.
    Fault(PeerIndex, Breach),
    /// A peer is convicted. Keep the evidence. The attempt has failed, unless keys were made.
    Blame(Box<(Evidence, Verdict)>),
    /// Every peer has stored its shares: the keys are the cluster's. Stay up for those who lag
    /// until [`Output::Closed`] or as long as you like.
    Finished(Box<Finished>),
    /// Every peer is finished: nobody needs this machine any more.
    Closed,
}

/// How far this peer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Waits for peers to take part.
    Opening,
    /// Waits for bundles, or checks them.
    Dealing,
    /// Waits for proofs that shares work, or checks them.
    Proving,
    /// Waits for its own disk.
    Storing,
    /// Waits for peers to have stored their shares.
    Acknowledging,
    /// Finished; waits for peers to be so too.
    Finished,
    /// Somebody is convicted; a new attempt is needed, best without the culprit.
    Failed,
    /// A dealer showed another bundle than the one this peer acknowledged before a crash.
    Contradicted,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "waiting for peers to join",
            Self::Dealing => "exchanging shares",
            Self::Proving => "proving that shares work",
            Self::Storing => "storing keys",
            Self::Acknowledging => "waiting for peers to store their keys",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Contradicted => "contradicted by a dealer",
        })
    }
}

/// Step and whom it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The attempt, counted from 0.
    pub attempt: u32,
    /// The step.
    pub step: Step,
    /// The peers whose word (or whose check here) is missing.
    pub waiting: PeerSet,
}

/// Why a frame was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Breach {
    /// Longer than [`max_frame`].
    #[error("a frame of {0} bytes is longer than any in this ceremony")]
    TooLong(usize),
    /// Not a message.
    #[error(transparent)]
    Wire(#[from] proto::ceremony::WireError),
    /// A signature in it is forged.
    #[error(transparent)]
    Forged(#[from] proto::identity::BadSignature),
    /// About another definition or another list of operators.
    #[error("it is about another definition: compare `gantry cluster show` with each other")]
    Foreign,
    /// An attempt after the last.
    #[error("attempt {0} is beyond the last, {MAX_ATTEMPT}")]
    TooManyAttempts(u32),
    /// An accusation that convicts nobody.
    #[error(transparent)]
    Unfounded(#[from] Unfounded),
    /// A complaint without the bundle it is about.
    #[error("a complaint came without its evidence")]
    BareComplaint,
    /// An acknowledgement without a valid signature of the lock.
    #[error("its signature of the lock is not valid")]
    LockSignature,
    /// An acknowledgement of another lock or transcript than this peer's.
    #[error("it made another lock of the same keys: compare versions of gantry")]
    OtherLock,
}

/// What a ceremony makes, this peer's secrets included.
#[derive(Debug)]
pub struct Outcome {
    /// The attempt that made it.
    pub attempt: u32,
    /// The hash of everything that was said and dealt.
    pub transcript: Root,
    /// One for each validator.
    pub validators: Vec<ValidatorKey>,
    /// The cluster's seal key.
    pub seal: SealKey,
}

/// One validator's keys.
#[derive(Debug)]
pub struct ValidatorKey {
    /// The group's public key.
    pub public_key: PublicKey,
    /// The public keys of the peers' shares, in the order of the definition.
    pub share_public_keys: Vec<PublicKey>,
    /// This peer's share.
    pub share: SecretShare,
}

/// The cluster's seal key; [`crate::seal`] gives it in `threshold_crypto`'s types.
#[derive(Debug)]
pub struct SealKey {
    /// The t coefficients of its public polynomial; the first is the seal key itself.
    pub commitment: Vec<PublicKey>,
    /// This peer's share.
    pub share: SecretShare,
}

/// Everybody has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What this peer had acknowledged.
    pub acked: Acked,
    /// Every peer's identity signature of the lock hash, in the order of the definition.
    pub lock_signatures: Vec<IdentitySignature>,
}

/// What one dealer's bundle means for this peer.
pub(crate) struct Dealt {
    /// The dealer's commitments for each key.
    pub(crate) commitments: Vec<Commitments>,
    /// This peer's share of each key.
    pub(crate) shares: Vec<Scalar>,
}

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
    blamed: BTreeSet<(u32, Verdict)>,
    progress: Option<Progress>,
    /// When there was work left at the end of a call.
    busy: Option<Timestamp>,
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
            max_frame: max_frame(who.terms.roster.size(), who.terms.validators),
            who,
            terms,
            position,
            up: PeerSet::EMPTY,
            late_acks: BTreeMap::new(),
            blamed: BTreeSet::new(),
            progress: None,
            busy: None,
        })
    }

    /// Where this peer is, as last persisted.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Opens another attempt and tells everybody.
    fn go_to(&mut self, attempt: u32, outputs: &mut Vec<Output>) {
        self.position.attempt = attempt;
        self.attempt = enter(&self.who, self.terms, &self.position);
        outputs.push(Output::Persist(self.position.clone()));
        for spoken in self.attempt.own_words(self.who.me, self.who.me) {
            outputs.push(broadcast(spoken));
        }
    }

    fn retry(&mut self, outputs: &mut Vec<Output>) {
        if self.attempt.acked.is_none() && self.position.attempt < MAX_ATTEMPT {
            self.go_to(self.position.attempt + 1, outputs);
        }
    }

    /// Tells `peer` everything this peer has to say in this attempt.
    fn greet(&mut self, peer: PeerIndex, outputs: &mut Vec<Output>) {
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
            _ => return,
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
            Stepped::Shows(peer, words) => {
                let frames = words
                    .into_iter()
                    .map(|spoken| Frame::Spoken(spoken).encode());
                outputs.extend(frames.map(|frame| Output::Send(peer, frame)));
            }
            Stepped::Convicts(statements) => self.convict(statements, outputs),
            Stepped::Made(outcome) => outputs.push(Output::Store(outcome)),
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
            context: self.attempt.context,
            transcript: acked.transcript,
        };
        let done = self.who.identity.sign(self.who.me, done);
        outputs.push(broadcast(Spoken::Done(done.clone().into_signed())));
        outputs.push(Output::Finished(Box::new(Finished {
            acked,
            lock_signatures,
        })));
        self.attempt.said.dones.insert(self.who.me, done);
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

/// Statements that convict somebody, as they are sent. A bad proof goes alone: who receives it
/// holds the bundles it is judged by, or will.
fn accusation(mut statements: Vec<Spoken>) -> Vec<u8> {
    if let Some(Spoken::Confirm(_)) = statements.first() {
        return Frame::Spoken(statements.swap_remove(0)).encode();
    }
    Frame::Accusation(statements).encode()
}

#[cfg(test)]
mod tests;
