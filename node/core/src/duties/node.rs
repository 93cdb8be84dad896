//! Everything a running peer does, as one machine.
//!
//! It opens a [`Run`] for every duty of the present slot, hands each input to the runs it concerns,
//! and drops a run when its slot is well over. Nothing of one slot waits for another.

mod building;
mod choosing;
mod halting;
mod hearing;
mod intending;
mod learning;
mod leaving;
mod looking;
mod paying;
mod tick;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proto::eth::{BlobLimits, Unserved};
use proto::frame::{Frame, Greeting};
use proto::{DutyId, DutyKind, Epoch, Machine, PeerIndex, Slot, Timestamp, WireVersion};

use super::agreed::early::Early;
use super::agreed::run::{Event, Run};
use super::facts::{ClusterFacts, Step};
use super::note::Note;
use super::onehop::OneHop;
use super::onehop::deposit::Deposits;
use super::onehop::exit::Exits;
use super::onehop::registration::Registrations;
use super::payees::{Payees, Switched};
use super::peers::Peers;
use super::pool::Pool;
use super::schedule::Schedule;
use super::sight::{Condition, Lookout};
use super::watch::Watch;
use super::{Deferred, Input, Output};
use crate::pool::agreement::BuilderPolicy;
use crate::record::Recorded;
use crate::vault::{Refusal, Vault};

/// A running peer.
pub struct Node {
    facts: ClusterFacts,
    vault: Vault,
    peers: Peers,
    recorded: Recorded,
    schedule: Schedule,
    onehop: OneHop,
    pub(super) sight: Lookout,
    runs: BTreeMap<DutyId, Run>,
    /// The latest slot with a run of each kind. None is opened at or before it again, even if the
    /// clock is set back: this peer may have voted there.
    opened: BTreeMap<DutyKind, Slot>,
    early: Early,
    /// What was said in the duties that are over.
    heard: Watch,
    /// The first slot of which the duties are not over yet, since the first look at the clock.
    closed: Option<Slot>,
    /// The slot of the newest head.
    head: Option<Slot>,
    /// Whether head events have come in this life.
    has_heard: bool,
    /// Since when something waits to become durable, with no progress.
    unwritten_since: Option<Timestamp>,
    /// The first epoch in which the beacon node's chain is not the one of the start any more.
    differs_from: Option<Epoch>,
    /// The first fork of the beacon node's chain that this version cannot sign for.
    unserved: Option<Unserved>,
    /// How many blobs a block may have. A schedule that grew is followed without a restart:
    /// nothing that is signed depends on it.
    blobs: BlobLimits,
    /// On which terms others may build blocks, if they may.
    builders: Option<BuilderPolicy>,
    pool: Pool,
    payees: Payees,
    /// Since when which peer has which agreement.
    switched: Switched,
    /// In which epoch its coordinator was told last whether all pay the smoothing pool, and what.
    all_pay: Option<(Epoch, bool)>,
    /// The last slot in which it was asked ahead of a proposal how the node account stands.
    stood: Option<Slot>,
    now: Timestamp,
    out: Vec<Output>,
}

impl Node {
    /// A peer that has just started; `recorded` is how far its record is durable. Hand it
    /// [`Input::Tick`] at once.
    pub fn new(facts: ClusterFacts, vault: Vault, peers: Peers, recorded: Recorded) -> Self {
        let schedule = Schedule::new(Arc::clone(&facts.chain), &facts.keys.public_keys());
        let unserved = facts.chain.unserved().cloned();
        let blobs = facts.chain.blobs().clone();
        Self {
            facts,
            vault,
            peers,
            recorded,
            schedule,
            onehop: OneHop::default(),
            sight: Lookout::default(),
            runs: BTreeMap::new(),
            opened: BTreeMap::new(),
            early: Early::default(),
            heard: Watch::default(),
            closed: None,
            head: None,
            has_heard: false,
            unwritten_since: None,
            differs_from: None,
            unserved,
            blobs,
            builders: None,
            pool: Pool::default(),
            payees: Payees::default(),
            switched: Switched::default(),
            all_pay: None,
            stood: None,
            now: Timestamp::from_micros(0),
            out: Vec::new(),
        }
    }

    /// The duties of our validators.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The keeper of the shares.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The first epoch in which the beacon node's chain is not the one of the start any more:
    /// nothing is signed from there on.
    pub fn differs_from(&self) -> Option<Epoch> {
        self.differs_from
    }

    /// The first fork of the chain that this version cannot sign for: nothing is signed from its
    /// epoch on.
    pub fn unserved(&self) -> Option<&Unserved> {
        self.unserved.as_ref()
    }

    /// How far the record is durable.
    pub fn recorded(&self) -> Recorded {
        self.recorded
    }

    /// How long the disk has not made durable what waits for it.
    pub fn waits_for_disk(&self) -> Duration {
        let since = self.unwritten_since.unwrap_or(self.now);
        self.now.since(since)
    }

    /// Whether a duty is under way: it has begun, and is not signed yet or this peer's part has
    /// still to leave.
    pub fn is_busy(&self) -> bool {
        self.runs.values().any(Run::is_under_way)
    }

    /// Every other peer.
    pub fn others(&self) -> impl Iterator<Item = PeerIndex> + use<> {
        self.peers.others()
    }

    /// The slot at the last input; before genesis the first.
    pub fn slot(&self) -> Slot {
        self.facts.chain.slot_at(self.now).unwrap_or(Slot(0))
    }

    /// Has somebody look at Rocket Pool for it. To be called before the first input, by whoever
    /// runs its errands.
    pub fn watch_pool(&mut self) {
        self.pool.watch();
    }

    /// What is known of Rocket Pool.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Tick => {}
            Input::Later(Deferred::Presign(duty)) => self.step(duty, Event::Presign),
            Input::Later(Deferred::Combine(duty)) => self.step(duty, Event::Combine),
            Input::Later(Deferred::Select(of)) => self.select(of),
            Input::Later(Deferred::Deposits) => self.deposit_step(Deposits::work),
            Input::Later(Deferred::Registrations) => self.registration_step(Registrations::work),
            Input::Later(Deferred::Presigned) => self.exit_step(Exits::work),
            Input::Up(peer, version) => self.up(peer, version),
            Input::Down(peer) => {
                self.peers.set_down(peer);
                self.heard.down(peer);
                self.note(Note::Connected { peer, up: false });
                self.step_all(|_| Some(Event::Silent(peer)));
                self.set_blind(peer, false);
            }
            Input::Frame(peer, bytes) => self.frame(peer, &bytes),
            Input::RoundTrip(peer, took) => self.peers.set_round_trip(peer, took),
            Input::Head(head) => {
                // Nobody can have built a block that this clock and a slot of tolerance rule out.
                if head.slot <= self.slot().next() {
                    self.head = self.head.max(Some(head.slot));
                    self.schedule.head(head);
                    self.own();
                    self.stand_again();
                } else {
                    self.heard.late_clock(head.slot, self.slot());
                }
            }
            Input::Hears(true) => {
                // At the start everything has been asked and told already.
                if std::mem::replace(&mut self.has_heard, true) {
                    self.schedule.hears_again();
                    self.own();
                }
            }
            Input::Hears(false) => self.schedule.deaf(),
            Input::Response(response) => self.learn(response),
            Input::Recorded(recorded) => {
                self.recorded = recorded;
                self.vault.recorded(&recorded);
                let is_behind = recorded.sequence() < self.vault.history().sequence();
                self.unwritten_since = is_behind.then_some(self.now);
                let reaches = |run: &Run| run.awaits().is_some_and(|at| at <= recorded.sequence());
                self.step_all(|run| reaches(run).then_some(Event::Recorded(recorded)));
                self.deposit_step(|deposits, step| deposits.recorded(&recorded, step));
            }
            Input::NotRecorded => {
                self.vault.poison();
                self.stop();
            }
            // Each of the two is told again whenever they meet, many times a second.
            Input::SecondSession if self.vault.stopped() == Some(Refusal::SecondSession) => {}
            Input::SecondSession => {
                self.vault.meet_second();
                self.stop();
            }
            Input::Order(ticket, request) => self.order(ticket, request),
            Input::Kept(keeping, is_durable) => {
                self.exit_step(|exits, step| exits.kept(keeping, is_durable, step));
            }
            Input::Intend(ticket, request) => self.intend(ticket, request),
            Input::IntentsKept(keeping, is_durable) => self.intents_kept(keeping, is_durable),
            Input::Pool(found) => self.found(found),
            Input::Builders(policy) => self.build_by(policy),
            Input::Stray(stray) => self.look_at(&stray),
        }
    }

    /// The vault has stopped: nothing that waits for the record leaves any more, and no vote, since
    /// one that no signature follows would lock the others in vain. They are told not to wait.
    fn stop(&mut self) {
        self.step_all(|run| run.awaits().map(|_| Event::NotRecorded));
        self.step_all(|_| Some(Event::Abstain));
        for peer in self.peers.connected().iter() {
            self.greet(peer);
        }
    }

    /// Says in which slots this peer does not vote, and what it has seen of the other's record.
    fn greet(&mut self, peer: PeerIndex) {
        let until_restart = self.vault.stopped().map(|_| Slot(u64::MAX));
        let greeting = Greeting {
            mark: until_restart.or(self.vault.restart_mark()),
            sequence_seen: self.peers.sequence(peer),
            genesis_time: Some(self.facts.chain.genesis().genesis_time),
        };
        let frame = Frame::Greeting(greeting).encode();
        self.out.push(Output::Send(peer, frame));
    }

    fn up(&mut self, peer: PeerIndex, version: WireVersion) {
        self.peers.set_up(peer, version);
        self.heard.up(peer, self.slot());
        self.note(Note::Connected { peer, up: true });
        self.greet(peer);
        self.say_blind(peer);
        self.say_intents_to(peer);
        self.say_stand_to(peer);
        let missed = self.onehop.sent(self.facts.me, version);
        let missed = missed.chain(self.runs.values().flat_map(|run| run.sent(version)));
        let missed: Vec<Output> = missed.map(|frame| Output::Send(peer, frame)).collect();
        self.out.extend(missed);
        // Not in slots of its restart mark: it is there, but does not vote.
        let votes = |duty: &DutyId| !self.peers.is_silent(peer, duty.slot);
        let voting: Vec<DutyId> = self.runs.keys().copied().filter(votes).collect();
        for duty in voting {
            self.step(duty, Event::Back(peer));
        }
    }

    fn note(&mut self, note: Note) {
        self.out.push(Output::Note(note));
    }

    /// Hands one event to one run, if it is open.
    fn step(&mut self, duty: DutyId, event: Event) {
        let (mut step, _, runs) = self.split();
        if let Some(run) = runs.get_mut(&duty) {
            run.step(event, &mut step);
        }
    }

    /// Lets the deposits take one step.
    fn deposit_step(&mut self, take: impl FnOnce(&mut Deposits, &mut Step<'_>)) {
        let (mut step, onehop, _) = self.split();
        take(&mut onehop.deposits, &mut step);
    }

    /// Hands every run the event that `choose` has for it.
    fn step_all(&mut self, choose: impl Fn(&Run) -> Option<Event>) {
        let (mut step, _, runs) = self.split();
        for run in runs.values_mut() {
            if let Some(event) = choose(run) {
                run.step(event, &mut step);
            }
        }
    }

    /// What a step may use, and what it may change beside it.
    fn split(&mut self) -> (Step<'_>, &mut OneHop, &mut BTreeMap<DutyId, Run>) {
        let step = Step {
            facts: &self.facts,
            vault: &mut self.vault,
            peers: &mut self.peers,
            payees: &mut self.payees,
            is_mute: self.sight.condition() == Condition::Mute,
            builders: self.builders.as_ref(),
            blobs: &self.blobs,
            recorded: self.recorded,
            now: self.now,
            out: &mut self.out,
        };
        (step, &mut self.onehop, &mut self.runs)
    }
}

impl Machine for Node {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.now = now;
        self.take(input);
        self.advance();
        let writes = |output: &Output| matches!(output, Output::Persist(_));
        if self.unwritten_since.is_none() && self.out.iter().any(writes) {
            self.unwritten_since = Some(now);
        }
        std::mem::take(&mut self.out)
    }

    fn deadline(&self) -> Option<Timestamp> {
        let slot = self.facts.chain.slot_at(self.now);
        let next_slot = self.facts.chain.start_of(slot.map_or(Slot(0), Slot::next));
        let begins = slot.and_then(|slot| self.begins_at(slot));
        let mark = slot.and_then(|slot| self.mark_due(slot));
        let chooses = slot.and_then(|slot| self.chooses_at(slot));
        let later = [begins, mark, chooses].into_iter().flatten();
        let due = later.filter(|due| *due > self.now);
        let runs = self.runs.values().filter_map(Run::deadline);
        let sight = self.sight.deadline().filter(|at| *at > self.now);
        let soonest = runs.chain(due).chain(sight).fold(next_slot, Timestamp::min);
        Some(soonest.min(self.schedule.deadline(self.now)))
    }
}
