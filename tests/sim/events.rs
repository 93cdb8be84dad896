//! What happens in the world, and how the queue of it is taken: whoever is due is woken, then one
//! event comes about, and each node that it concerns is given its input.

use node_core::duties::{Input, Request};
use node_core::record::Recorded;
use proto::frame::SentExitWord;
use proto::{Machine as _, Slot, Timestamp};

use crate::faults::Fault;
use crate::world::World;

/// What happens at a moment.
pub enum Event {
    /// A process gets an input, if it still lives.
    Input(usize, u32, Input),
    /// A frame reaches `to`, if the session still lasts.
    Frame {
        from: usize,
        to: usize,
        session: u64,
        bytes: Vec<u8>,
    },
    /// A session begins for the first of these.
    Up(usize, usize, u64),
    /// The first of these learns that the session with the second is over.
    Down(usize, usize, u64),
    /// The two try to reach each other.
    Dial(usize, usize),
    /// The writer of this process takes what waits.
    Write(usize, u32),
    /// The writer is done.
    Written(usize, u32, Recorded),
    /// A beacon node answers.
    Answer(usize, u32, Request),
    /// A question to a beacon node that hung has timed out.
    TimedOut(usize, u32, Request),
    /// A slot begins on the chain.
    Slot(Slot),
    /// A block arrives at the beacon node of a peer.
    Block(usize),
    /// What operators have said of exits is on the disk of this process.
    Kept(usize, u32, (u64, Vec<SentExitWord>)),
    /// The intents are on the disk of this process.
    IntentsKept(usize, u32, u64, String),
    /// The operator of this peer approves of the exit of this validator.
    Approve(usize, u32),
    /// Something goes wrong, or right again.
    Fault(Fault),
}

impl World {
    /// Puts an event into the queue.
    pub fn at(&mut self, time: Timestamp, event: Event) {
        self.number += 1;
        self.queue.insert((time.max(self.now), self.number), event);
    }

    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        let queued = self.queue.keys().next().map(|(time, _)| *time);
        let processes = self.peers.iter().filter_map(|peer| peer.process.as_ref());
        queued
            .into_iter()
            .chain(processes.filter_map(|process| process.deadline))
            .min()
    }

    /// Everything that is due now: woken nodes, then one event.
    pub(crate) fn advance(&mut self) {
        for peer in 0..self.peers.len() {
            let process = self.peers[peer].process.as_ref();
            let deadline = process.and_then(|process| process.deadline);
            if deadline.is_some_and(|deadline| deadline <= self.now) {
                self.wake(peer);
            }
        }
        let due = self
            .queue
            .first_entry()
            .filter(|entry| entry.key().0 <= self.now);
        if let Some(event) = due.map(|entry| entry.remove()) {
            self.happen(event);
        }
    }

    /// A node's deadline has come.
    fn wake(&mut self, peer: usize) {
        self.feed(peer, Input::Tick);
        let now = self.now;
        let Some(process) = &mut self.peers[peer].process else {
            return;
        };
        let again = process.deadline.is_some_and(|deadline| deadline <= now);
        process.spins = if again { process.spins + 1 } else { 0 };
        if process.spins > 10 {
            self.checks.violated(
                "idle",
                format!("peer {peer} wants to be woken again and again"),
            );
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Input(peer, life, input) => {
                if self.lives(peer, life) {
                    self.feed(peer, input);
                }
            }
            Event::Frame {
                from,
                to,
                session,
                bytes,
            } => {
                let carried = self.links.carries(from, to, session);
                if carried && self.links.believed(to, from) == Some(session) {
                    let from = self.peers[from].index;
                    self.feed(to, Input::Frame(from, bytes));
                }
            }
            Event::Up(me, other, session) => self.up(me, other, session),
            Event::Down(me, other, session) => self.down(me, other, session),
            Event::Dial(one, other) => self.dial(one, other),
            Event::Write(peer, life) => self.write(peer, life),
            Event::Written(peer, life, recorded) => self.written(peer, life, recorded),
            Event::Answer(peer, life, request) => self.answer(peer, life, request),
            Event::TimedOut(peer, life, request) => self.timed_out(peer, life, request),
            Event::Slot(slot) => self.begin_slot(slot),
            Event::Block(peer) => self.head_event(peer),
            Event::Kept(peer, life, kept) => self.kept(peer, life, kept),
            Event::IntentsKept(peer, life, keeping, text) => {
                self.intents_kept(peer, life, (keeping, text));
            }
            Event::Approve(peer, validator) => self.approve(peer, validator),
            Event::Fault(fault) => self.befall(fault),
        }
    }

    pub(crate) fn lives(&self, peer: usize, life: u32) -> bool {
        self.peers[peer].life == life && self.peers[peer].process.is_some()
    }

    /// Hands an input to a node and carries out what it asks for.
    pub(crate) fn feed(&mut self, peer: usize, input: Input) {
        let clock = self.peers[peer].clock(self.now);
        let Some(process) = &mut self.peers[peer].process else {
            return;
        };
        let outputs = process.node.handle(clock, input);
        let deadline = process.node.deadline();
        for output in outputs {
            self.perform(peer, output);
        }
        let deadline = deadline.map(|local| self.peers[peer].moment(local));
        if let Some(process) = &mut self.peers[peer].process {
            process.deadline = deadline;
        }
    }
}
