//! One duty from its trigger to its group signatures.
//!
//! A [`Run`] owns the duty's consensus instance and its collector and passes data one way between
//! them: own or proposed value, PREPARE quorum, vault, record, partial signatures, group
//! signatures. It stays in the round change while it collects, and answers late peers until the
//! node drops it. The own beacon node is asked in `own.rs`, what speaks for a value stands in
//! `judging.rs`, the half after the PREPARE quorum in `signing.rs`; whose duty it is, in
//! `owning.rs`; what became of it, in `closing.rs`; how blobs get to who lacks them, in `blobs.rs`,
//! `pull.rs` and `serving.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use consensus::{Input as Ballot, Instance, Output as Outcome, Setup, Standing};
use proto::eth::{HeadVote, ValidatorIndex};
use proto::frame::{BlobsPart, BlobsWanted, Frame};
use proto::vote::{Message, Partial, Scope};
use proto::{
    DutyId, PeerIndex, PeerSet, Root, SignatureBytes, Timestamp, ValidatorPosition, WireVersion,
};

use super::bids::ShownBid;
use super::blinded;
use super::closing::Given;
use super::judge::{Question, Sight};
use super::kind::{self, Candidate, Kind};
use super::objection::Objection;
use super::stage::Stage;
use super::sums::Voted;
use super::timing::timing;
use super::value::Value;
use crate::duties::facts::{Owners, Step};
use crate::duties::fault::Breach;
use crate::duties::note::{Note, Phase};
use crate::duties::{Deferred, Output};
use crate::partials::collector::Collector;
use crate::partials::share::Share;
use crate::record::Recorded;
use crate::vault::{Refusal, Sealed};

/// What can happen to a run.
#[derive(Debug)]
pub enum Event {
    /// Time has passed. Also the first event of every run.
    Tick,
    /// The duty's moment has come.
    Trigger,
    /// The beacon node's value, or that it gives none.
    Candidate(Option<Candidate>),
    /// What the beacon node knows of the block that was asked about.
    Knows {
        /// The block asked about.
        root: Root,
        /// What is known of it.
        seen: Sight,
    },
    /// The bids that relays have shown.
    Bids(Vec<ShownBid>),
    /// A proposer's RANDAO reveal for the slot.
    Reveal {
        /// The proposer.
        validator: ValidatorPosition,
        /// Its reveal.
        reveal: SignatureBytes,
    },
    /// What the cluster has voted for in the slot, to be aggregated.
    Voted(Voted),
    /// Whose duty it is now; `held` while the beacon node is asked again, and nothing is signed.
    Owned {
        /// Whose.
        owners: Owners,
        /// Whether that is in doubt.
        held: bool,
    },
    /// The beacon node has these validators' parts of what was submitted, and refused others.
    Submitted {
        /// Whose it has.
        accepted: Vec<ValidatorIndex>,
        /// Whose it refused, and why.
        refused: Vec<(ValidatorIndex, String)>,
    },
    /// The beacon node of this peer refused these validators' parts: did the own one take them?
    Asked(PeerIndex, Vec<ValidatorPosition>),
    /// The beacon node of this peer took these validators' parts.
    Taken(PeerIndex, Vec<ValidatorPosition>),
    /// This peer wants a part of the blobs of the signed block.
    BlobsWanted(PeerIndex, BlobsWanted),
    /// This peer sends a part of them.
    BlobsPart(PeerIndex, BlobsPart),
    /// A message of consensus from this peer.
    Message(PeerIndex, Message),
    /// This peer votes no more in this slot.
    Silent(PeerIndex),
    /// This peer is back.
    Back(PeerIndex),
    /// This peer, or the own one, cannot choose a value, or can again.
    Blind {
        /// Who.
        peer: PeerIndex,
        /// Whether it is blind now.
        is_blind: bool,
    },
    /// The record of what the vault signed is durable.
    Recorded(Recorded),
    /// The record could not be made durable.
    NotRecorded,
    /// The record failed or cannot be relied on: this peer votes no more.
    Abstain,
    /// Compute partial signatures ahead, now that the PREPARE has left.
    Presign,
    /// Combine the partial signatures, of which t are there.
    Combine,
}

/// One duty.
#[derive(Debug)]
pub struct Run {
    pub(crate) duty: DutyId,
    pub(crate) owners: Owners,
    pub(crate) instance: Instance<Value>,
    pub(crate) collector: Collector,
    pub(crate) kind: Kind,
    pub(crate) stage: Stage,
    /// What this peer has voted for last.
    pub(crate) voted: Option<Root>,
    /// A proposal that waits for a verdict, in whatever stage: who is bound votes on.
    pub(crate) question: Option<Question>,
    /// Whether it is in doubt whose duty it is.
    pub(crate) held: bool,
    pub(crate) standing: Standing,
    /// The last thing that spoke against a value.
    pub(crate) objection: Option<Objection>,
    /// What the vault said against signing for a validator.
    pub(crate) refusals: BTreeMap<ValidatorPosition, Refusal>,
    /// What the beacon node was given, and what became of it.
    pub(crate) given: BTreeMap<ValidatorIndex, Given>,
    /// Who wants to know that the beacon node has taken whose part.
    pub(crate) askers: BTreeMap<ValidatorPosition, PeerSet>,
    pub(crate) retry_at: Option<Timestamp>,
    /// How far the duty has come.
    pub(crate) reached: Option<Phase>,
    /// Whether it was told that the record is durable.
    is_durable: bool,
}

impl Run {
    /// A run in which this peer has the given standing. Hand it [`Event::Tick`] at once.
    pub fn new(duty: DutyId, owners: Owners, standing: Standing, step: &Step<'_>) -> Self {
        let facts = step.facts;
        let setup = Setup {
            scope: Scope {
                lock: facts.lock,
                duty,
            },
            opening: kind::opening(duty.kind),
            roster: Arc::clone(&facts.roster),
            me: facts.me,
            identity: facts.identity.clone(),
            timing: timing(duty, step),
            standing,
        };
        Self {
            duty,
            kind: Kind::new(duty, &owners),
            owners,
            instance: Instance::new(setup),
            collector: Collector::new(facts.roster.size()),
            stage: Stage::Agreeing,
            voted: None,
            question: None,
            held: false,
            standing,
            objection: None,
            refusals: BTreeMap::new(),
            given: BTreeMap::new(),
            askers: BTreeMap::new(),
            retry_at: None,
            reached: None,
            is_durable: false,
        }
    }

    /// When the run wants [`Event::Tick`] at the latest.
    pub fn deadline(&self) -> Option<Timestamp> {
        let question = self.question.as_ref().map(Question::ask_again_at);
        let owed = self.stage.owed().map(Question::ask_again_at);
        let owed = owed.filter(|_| self.stage.signed().is_none() && self.is_certain());
        let kind = self.kind.deadline();
        let instance = self.instance.deadline();
        [instance, question, owed, self.retry_at, kind]
            .into_iter()
            .flatten()
            .min()
    }

    /// The frames this peer has sent to all and a peer that comes back, and speaks `version`, may
    /// have missed.
    pub fn sent(&self, version: WireVersion) -> Vec<Vec<u8>> {
        let sent = self.instance.sent();
        let known = sent
            .iter()
            .filter(|message| blinded::since(message) <= version);
        known.map(frame).collect()
    }

    /// The vote that this duty has signed, or whose root it has, if it is of heads, and the whole
    /// signatures.
    pub fn vote(&self) -> Option<(&HeadVote, &BTreeMap<ValidatorPosition, SignatureBytes>)> {
        match self.stage.signed()? {
            Value::Head(vote) => Some((vote, self.collector.whole())),
            Value::Block(_) | Value::Blinded(_) | Value::Aggregates(_) | Value::Contribution(_) => {
                None
            }
        }
    }

    /// How many votes of the cluster it knows, if it aggregates them.
    pub fn votes(&self) -> Option<usize> {
        self.kind.votes()
    }

    /// Which duty it is.
    pub fn duty(&self) -> DutyId {
        self.duty
    }

    /// The sequence number of the record that the run waits for, if it waits for one.
    pub fn awaits(&self) -> Option<u64> {
        self.stage.sealed().map(Sealed::sequence)
    }

    /// Takes one event; what is to be done is added to `step.out`.
    pub fn step(&mut self, event: Event, step: &mut Step<'_>) {
        match event {
            Event::Tick => {
                self.ballot(Ballot::Tick, step);
                self.retry(step);
                self.kind.tick(step);
            }
            Event::Trigger => self.trigger(step),
            Event::Candidate(candidate) => self.candidate(candidate, step),
            Event::Knows { root, seen } => {
                if !self.looked(root, seen, step) {
                    self.learn(root, seen);
                }
            }
            Event::Reveal { validator, reveal } => {
                // Of the proposer that this run is for, not of one that a turn of the chain named.
                let is_its_own = self.owners.positions() == [validator];
                if let Some(block) = self.kind.block().filter(|_| is_its_own) {
                    block.reveal(reveal, step);
                }
            }
            Event::Voted(voted) => {
                self.kind.voted(voted, step);
                if let Some(value) = self.kind.settled() {
                    self.offer(value, step);
                }
            }
            Event::Bids(shown) => self.bids(shown, step),
            Event::Owned { owners, held } => self.own(owners, held, step),
            Event::Submitted { accepted, refused } => self.submitted(&accepted, refused, step),
            Event::Asked(peer, validators) => self.asked(peer, &validators, step),
            Event::Taken(peer, validators) => self.taken(peer, &validators),
            Event::BlobsWanted(from, wanted) => {
                if let Some(block) = self.kind.block() {
                    block.serve_blobs(from, wanted, step);
                }
            }
            Event::BlobsPart(from, part) => {
                if let Some(block) = self.kind.block() {
                    block.take_blobs(from, part, step);
                }
            }
            Event::Message(from, message) => self.ballot(Ballot::Message { from, message }, step),
            Event::Silent(peer) => {
                self.ballot(Ballot::Down(peer), step);
                if let Some(block) = self.kind.block() {
                    block.pull_elsewhere(peer, step);
                }
            }
            Event::Back(peer) => self.ballot(Ballot::Up(peer), step),
            Event::Blind { peer, is_blind } => {
                self.ballot(Ballot::Blind { peer, is_blind }, step);
            }
            Event::Recorded(recorded) => self.recorded(&recorded, step),
            Event::NotRecorded => {
                self.decline(step);
            }
            Event::Abstain => self.ballot(Ballot::Abstain, step),
            Event::Presign => self.presign(step),
            Event::Combine => self.combine(step),
        }
        self.answer_question(step);
        self.answer_owed(step);
    }

    /// Notes that the duty has come this far, once. The own record may be durable after t others
    /// have signed: that is told all the same, and the duty has come as far as it had.
    pub(crate) fn reach(&mut self, phase: Phase, step: &mut Step<'_>) {
        let is_news = if phase == Phase::RecordDurable {
            !std::mem::replace(&mut self.is_durable, true)
        } else {
            self.reached < Some(phase)
        };
        if is_news {
            self.reached = self.reached.max(Some(phase));
            step.note(Note::Reached {
                duty: self.duty,
                phase,
            });
        }
    }

    /// Hands one input to the instance and performs what it answers.
    pub(crate) fn ballot(&mut self, ballot: Ballot<Value>, step: &mut Step<'_>) {
        for outcome in self.instance.handle(step.now, ballot) {
            self.perform(outcome, step);
        }
    }

    fn perform(&mut self, outcome: Outcome<Value>, step: &mut Step<'_>) {
        match outcome {
            Outcome::Broadcast(message) => {
                step.broadcast(blinded::since(&message), frame(&message));
                if let Message::Prepare(vote) = message {
                    self.voted = Some(vote.signed.statement.value);
                    step.out.push(Output::Later(Deferred::Presign(self.duty)));
                }
            }
            Outcome::Send(peer, message) => {
                step.send(peer, blinded::since(&message), frame(&message));
            }
            Outcome::WantCandidate { .. } => match self.kind.settled() {
                Some(value) => self.offer(value, step),
                None => self.kind.want(step),
            },
            Outcome::Judge {
                round,
                value,
                forced,
            } => {
                if let Some(block) = self.kind.block() {
                    block.bidding.sees(&value);
                }
                let question = Question::new(round, value, forced);
                if let Some(before) = self.question.replace(question) {
                    let by = self.proposer(before.value());
                    self.object(Objection::OfView(before.doubt()), by, step);
                }
            }
            Outcome::Sign { round, value, .. } => {
                self.reach(Phase::PrepareQuorum, step);
                self.sign(Question::new(round, value, true), step);
            }
            Outcome::Committed {
                peer,
                value,
                sequence,
                partials,
            } => {
                if step.peers.saw_sequence(peer, sequence) {
                    step.out.push(Output::Remember { peer, sequence });
                }
                let sent = |p: Partial| (p.validator, Share::Sent(p.signature));
                self.collect((peer, &value), partials.into_iter().map(sent), step);
            }
            Outcome::Decided { .. } | Outcome::Exhausted => {}
            Outcome::Fault { peer, rule } => step.note(Note::Fault {
                peer,
                breach: Breach::Consensus(rule),
                detail: format!("{}: {rule}", self.duty),
            }),
            Outcome::Evidence(evidence) => step.note(Note::Evidence(evidence)),
        }
    }
}

/// A message of consensus as a frame.
fn frame(message: &Message) -> Vec<u8> {
    Frame::Vote(message.encode()).encode()
}
