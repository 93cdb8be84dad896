//! Everything a running peer does, as one machine.
//!
//! It opens a [`Run`] for every duty of the present slot, hands each input to the runs it concerns,
//! and drops a run when its slot is well over. Nothing of one slot waits for another.

use std::collections::BTreeMap;

use consensus::Standing;
use proto::frame::{Frame, Hello};
use proto::vote::Message;
use proto::{DutyId, DutyKind, Machine, PeerIndex, Slot, Timestamp};

use super::ground::{Ground, Owners, World};
use super::note::{Note, Phase};
use super::peers::Peers;
use super::randao::Reveals;
use super::run::{Event, Run};
use super::schedule::{Errand, Schedule};
use super::{Answer, Chore, Input, Output, Query};
use crate::journal::Recorded;
use crate::vault::Vault;

/// The most messages of a duty whose run is not open yet that are kept for one peer.
const EARLY: usize = 8;

/// A running peer.
#[derive(Debug)]
pub struct Node {
    ground: Ground,
    vault: Vault,
    peers: Peers,
    schedule: Schedule,
    reveals: Reveals,
    runs: BTreeMap<DutyId, Run>,
    early: BTreeMap<(DutyId, PeerIndex), Vec<Message>>,
    /// The slot the runs of which have been opened last.
    opened: Option<Slot>,
    /// The slot of the newest head.
    head: Option<Slot>,
    marks: Marks,
}

/// How far this peer may vote (the restart rule).
#[derive(Debug)]
struct Marks {
    /// The mark found at the start: no vote in a slot at or below it.
    at_start: Option<Slot>,
    /// The mark that is durable now: no vote in a slot above it.
    durable: Option<Slot>,
    /// The mark being written, with the sequence number of its record.
    written: Option<(u64, Slot)>,
}

impl Marks {
    fn standing(&self, slot: Slot) -> Standing {
        if self.at_start.is_none_or(|mark| slot > mark) {
            Standing::Voting
        } else {
            Standing::Abstaining
        }
    }

    fn covers(&self, slot: Slot) -> bool {
        self.durable.is_some_and(|mark| slot <= mark)
    }

    fn is_asked_for(&self, slot: Slot) -> bool {
        self.covers(slot) || self.written.is_some_and(|(_, mark)| slot <= mark)
    }
}

impl Node {
    /// A peer that has just started. Hand it [`Input::Tick`] at once.
    pub fn new(ground: Ground, vault: Vault, peers: Peers) -> Self {
        let schedule = Schedule::new(ground.chain.clone(), &ground.keys.public_keys());
        let mark = vault.mark();
        Self {
            ground,
            vault,
            peers,
            schedule,
            reveals: Reveals::default(),
            runs: BTreeMap::new(),
            early: BTreeMap::new(),
            opened: None,
            head: None,
            marks: Marks { at_start: mark, durable: mark, written: None },
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

    fn take(&mut self, now: Timestamp, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Tick => {}
            Input::Later(Chore::Presign(duty)) => self.step(now, duty, Event::Presign, out),
            Input::Up(peer) => self.up(now, peer, out),
            Input::Down(peer) => {
                self.peers.set_down(peer);
                out.push(Output::Note(Note::Connected { peer, up: false }));
                self.step_all(now, |_| Some(Event::Silent(peer)), out);
            }
            Input::Frame(peer, bytes) => self.frame(now, peer, &bytes, out),
            Input::RoundTrip(peer, took) => self.peers.set_round_trip(peer, took),
            Input::Head { slot, previous, current } => {
                self.head = self.head.max(Some(slot));
                self.schedule.head(slot, previous, current);
            }
            Input::Answer(answer) => self.answer(now, answer, out),
            Input::Recorded(recorded) => self.recorded(now, recorded, out),
            Input::NotRecorded => {
                self.vault.poison();
                let waits = |run: &Run| run.awaits().map(|_| Event::NotRecorded);
                self.step_all(now, waits, out);
            }
            Input::SecondSession => self.vault.poison(),
        }
    }

    fn up(&mut self, now: Timestamp, peer: PeerIndex, out: &mut Vec<Output>) {
        self.peers.set_up(peer);
        out.push(Output::Note(Note::Connected { peer, up: true }));
        let sequence_seen = self.peers.sequence(peer);
        let hello = Hello { mark: self.marks.at_start, sequence_seen };
        out.push(Output::Send(peer, Frame::Hello(hello).encode()));
        let missed = self.reveals.sent().into_iter();
        let missed = missed.chain(self.runs.values().flat_map(Run::sent));
        out.extend(missed.map(|frame| Output::Send(peer, frame)));
        self.step_all(now, |_| Some(Event::Back(peer)), out);
    }

    fn frame(&mut self, now: Timestamp, peer: PeerIndex, bytes: &[u8], out: &mut Vec<Output>) {
        let fault = |rule, detail| Output::Note(Note::Fault { peer, rule, detail });
        match Frame::decode(bytes) {
            Ok(Frame::Hello(hello)) => self.hello(now, peer, hello, out),
            Ok(Frame::Vote(bytes)) => {
                let (lock, size) = (self.ground.lock, self.ground.roster.size());
                match Message::decode(lock, size, peer, &bytes) {
                    Ok(message) => self.message(now, peer, message, out),
                    Err(error) => out.push(fault("bad-vote", error.to_string())),
                }
            }
            Ok(Frame::Randao(randao)) => {
                let (mut world, parts) = self.split(now, out);
                parts.reveals.take(peer, randao, &mut world);
                out.append(&mut world.out);
            }
            Err(error) => out.push(fault("bad-frame", error.to_string())),
        }
    }

    fn hello(&mut self, now: Timestamp, peer: PeerIndex, hello: Hello, out: &mut Vec<Output>) {
        self.peers.set_mark(peer, hello.mark);
        let silent = |run: &Run| self.peers.is_silent(peer, run.slot()).then_some(Event::Silent(peer));
        let silenced: Vec<DutyId> =
            self.runs.values().filter(|run| silent(run).is_some()).map(Run::duty).collect();
        for duty in silenced {
            self.step(now, duty, Event::Silent(peer), out);
        }
        let held = self.vault.sequence();
        if hello.sequence_seen > held {
            self.vault.rolled_back(hello.sequence_seen);
            let seen = hello.sequence_seen;
            out.push(Output::Note(Note::RolledBack { witness: peer, seen, held }));
        }
    }

    /// A message for an open run goes there; one for a run that may yet open is kept.
    fn message(
        &mut self,
        now: Timestamp,
        peer: PeerIndex,
        message: Message,
        out: &mut Vec<Output>,
    ) {
        let duty = message.scope().duty;
        if self.runs.contains_key(&duty) {
            return self.step(now, duty, Event::Message(peer, message), out);
        }
        let slot = self.ground.chain.slot_at(now).unwrap_or(Slot(0));
        if duty.slot == slot || duty.slot == slot.next() {
            let kept = self.early.entry((duty, peer)).or_default();
            if kept.len() < EARLY {
                kept.push(message);
            }
        }
    }

    fn answer(&mut self, now: Timestamp, answer: Answer, out: &mut Vec<Output>) {
        let head = |slot| DutyId { slot, kind: DutyKind::Head };
        match answer {
            Answer::Validators(epoch, found) => self.schedule.set_registered(epoch, found),
            Answer::Attesters(epoch, root, duties) => {
                self.schedule.set_attesters(epoch, root, duties);
            }
            Answer::Proposers(epoch, root, duties) => {
                self.schedule.set_proposers(epoch, root, &duties);
            }
            Answer::Done(errand) => self.schedule.done(errand),
            Answer::Failed(errand) => self.schedule.failed(errand, now),
            Answer::HeadVote(view) => self.step(now, head(view.slot), Event::View(view), out),
            Answer::Block(contents) => {
                let duty = DutyId { slot: contents.block.slot(), kind: DutyKind::Block };
                self.step(now, duty, Event::Built(contents), out);
            }
            Answer::Knows { duty, root, known } => {
                self.step(now, duty, Event::Knows { root, known }, out);
            }
            Answer::Submitted { duty, accepted } => {
                if accepted > 0 {
                    out.push(Output::Note(Note::Reached { duty, phase: Phase::Accepted }));
                }
            }
        }
    }

    fn recorded(&mut self, now: Timestamp, recorded: Recorded, out: &mut Vec<Output>) {
        if let Some((sequence, mark)) = self.marks.written
            && sequence <= recorded.sequence()
        {
            self.marks.durable = Some(mark);
            self.marks.written = None;
        }
        let waits = |run: &Run| {
            let ready = run.awaits().is_some_and(|sequence| sequence <= recorded.sequence());
            ready.then_some(Event::Recorded(recorded))
        };
        self.step_all(now, waits, out);
    }

    /// What time alone brings: errands, the mark, new runs, triggers, deadlines, ends.
    fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        for errand in self.schedule.due(now) {
            out.push(Output::Ask(self.query(errand)));
        }
        let Some(slot) = self.ground.chain.slot_at(now) else { return };
        self.close(now, slot, out);
        self.write_mark(slot, out);
        self.reveal(now, slot, out);
        self.open(now, slot, out);
        self.trigger(now, slot, out);
        let ripe = |run: &Run| run.deadline().is_some_and(|at| at <= now).then_some(Event::Tick);
        self.step_all(now, ripe, out);
    }

    fn query(&self, errand: Errand) -> Query {
        match errand {
            Errand::Validators(epoch) => {
                Query::Validators(epoch, self.ground.keys.public_keys())
            }
            Errand::Attesters(epoch) => Query::Attesters(epoch, self.schedule.indices()),
            Errand::Proposers(epoch) => Query::Proposers(epoch),
            Errand::Prepare(epoch) => {
                let recipient = |position: super::schedule::Position| {
                    self.ground.fee_recipients[position.index()]
                };
                let known = self.schedule.known();
                let pairs = known.map(|(at, registered)| (registered.index, recipient(at)));
                Query::Prepare(epoch, pairs.collect())
            }
            Errand::Subscribe(epoch) => {
                Query::Subscribe(epoch, self.schedule.attesters_of(epoch).copied().collect())
            }
        }
    }

    /// Writes the mark one slot ahead where a duty is due, or may be as nobody knows yet.
    fn write_mark(&mut self, slot: Slot, out: &mut Vec<Output>) {
        let wanted = [slot.next(), slot].into_iter().find(|at| self.may_have_duty(*at));
        if let Some(mark) = wanted
            && !self.marks.is_asked_for(mark)
            && let Some(record) = self.vault.sign_mark(mark)
        {
            self.marks.written = Some((record.sequence(), mark));
            out.push(Output::Persist(record));
        }
    }

    fn may_have_duty(&self, slot: Slot) -> bool {
        let unknown = self.schedule.proposers_unknown(slot);
        let proposer = self.schedule.proposer(slot).is_some();
        proposer || unknown || !self.schedule.attesters(slot).is_empty()
    }

    /// Sends this peer's part of the RANDAO reveal one slot ahead, and passes on what is whole.
    fn reveal(&mut self, now: Timestamp, slot: Slot, out: &mut Vec<Output>) {
        for slot in [slot, slot.next()] {
            let Some(validator) = self.schedule.proposer(slot) else { continue };
            let (mut world, parts) = self.split(now, out);
            let whole = parts.reveals.begin(slot, validator, &mut world);
            out.append(&mut world.out);
            if let Some(reveal) = whole {
                let duty = DutyId { slot, kind: DutyKind::Block };
                self.step(now, duty, Event::Reveal(reveal), out);
            }
        }
        self.reveals.forget_before(slot);
    }

    /// Opens the runs of `slot` that are not open yet and whose mark is durable.
    fn open(&mut self, now: Timestamp, slot: Slot, out: &mut Vec<Output>) {
        let standing = self.marks.standing(slot);
        if standing == Standing::Voting && !self.marks.covers(slot) {
            return;
        }
        for kind in [DutyKind::Head, DutyKind::Block] {
            let duty = DutyId { slot, kind };
            let Some(owners) = self.owners(duty).filter(|_| !self.runs.contains_key(&duty)) else {
                continue;
            };
            let standing = if self.vault.is_poisoned() { Standing::Abstaining } else { standing };
            let (world, parts) = self.split(now, out);
            parts.runs.insert(duty, Run::new(duty, owners, standing, &world));
            self.start(now, duty, out);
        }
        self.opened = Some(slot);
    }

    /// What a fresh run must know: the time, who is silent, the reveal, and messages that came
    /// before it was open.
    fn start(&mut self, now: Timestamp, duty: DutyId, out: &mut Vec<Output>) {
        self.step(now, duty, Event::Tick, out);
        for peer in self.peers.silent(duty.slot).iter() {
            self.step(now, duty, Event::Silent(peer), out);
        }
        if let (DutyKind::Block, Some(reveal)) = (duty.kind, self.reveals.whole(duty.slot)) {
            self.step(now, duty, Event::Reveal(reveal), out);
        }
        for peer in self.ground.roster.size().all() {
            for message in self.early.remove(&(duty, peer)).unwrap_or_default() {
                self.step(now, duty, Event::Message(peer, message), out);
            }
        }
    }

    fn owners(&self, duty: DutyId) -> Option<Owners> {
        match duty.kind {
            DutyKind::Head => {
                let attesters = self.schedule.attesters(duty.slot).to_vec();
                (!attesters.is_empty()).then_some(Owners::Attesters(attesters))
            }
            DutyKind::Block => {
                let validator = self.schedule.proposer(duty.slot)?;
                let index = self.schedule.registered(validator)?.index;
                Some(Owners::Proposer { validator, index })
            }
        }
    }

    /// Head votes begin with the slot's block or at their deadline, blocks with their slot.
    fn trigger(&mut self, now: Timestamp, slot: Slot, out: &mut Vec<Output>) {
        let head = DutyId { slot, kind: DutyKind::Head };
        let due = now >= self.ground.chain.attestation_deadline(slot);
        if self.head >= Some(slot) || due {
            self.step(now, head, Event::Trigger, out);
        }
        self.step(now, DutyId { slot, kind: DutyKind::Block }, Event::Trigger, out);
    }

    /// Drops the runs of all slots but the present and the one before.
    fn close(&mut self, now: Timestamp, slot: Slot, out: &mut Vec<Output>) {
        let over = |duty: &DutyId| duty.slot.next() < slot;
        let ended: Vec<DutyId> = self.runs.keys().copied().filter(over).collect();
        for duty in ended {
            let (world, parts) = self.split(now, out);
            let note = parts.runs.remove(&duty).and_then(|run| run.close(&world));
            out.extend(note.map(Output::Note));
        }
        self.early.retain(|(duty, _), _| duty.slot >= slot);
    }

    /// Hands one event to one run, if it is open.
    fn step(&mut self, now: Timestamp, duty: DutyId, event: Event, out: &mut Vec<Output>) {
        let (mut world, parts) = self.split(now, out);
        if let Some(run) = parts.runs.get_mut(&duty) {
            run.step(event, &mut world);
        }
        out.append(&mut world.out);
    }

    /// Hands every run the event that `choose` has for it.
    fn step_all(
        &mut self,
        now: Timestamp,
        choose: impl Fn(&Run) -> Option<Event>,
        out: &mut Vec<Output>,
    ) {
        let (mut world, parts) = self.split(now, out);
        for run in parts.runs.values_mut() {
            if let Some(event) = choose(run) {
                run.step(event, &mut world);
            }
        }
        out.append(&mut world.out);
    }
}

impl Machine for Node {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.take(now, input, &mut out);
        self.advance(now, &mut out);
        out
    }

    fn deadline(&self) -> Option<Timestamp> {
        None
    }
}
