//! What every phase has at hand: who this peer is, who is there and what they have told, and what
//! goes out.
//!
//! Never here: a decision.

use std::collections::{BTreeMap, VecDeque};

use proto::ceremony_session::Frame;
use proto::{PeerIndex, PeerSet, Timestamp, WireVersion};

use super::contract::{Output, Task};
use super::note::{Alarm, Doing, Fault, Note, Waiting};
use super::place::Place;
use super::told::Told;

/// The line to the other peers and to the driver.
pub(super) struct Line {
    pub place: Place,
    pub now: Timestamp,
    pub told: Told,
    /// What is to be done, in order.
    pub out: VecDeque<Output>,
    up: PeerSet,
    versions: BTreeMap<PeerIndex, WireVersion>,
    /// How many frames of a later version each peer has sent.
    unknown: BTreeMap<PeerIndex, u64>,
}

impl Line {
    /// A line with nobody on it yet.
    pub fn new(place: Place) -> Self {
        Self {
            told: Told::new(place.size(), place.me),
            place,
            now: Timestamp::from_micros(0),
            out: VecDeque::new(),
            up: PeerSet::EMPTY,
            versions: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Notes that a session with `peer` began, in which both sides speak `version`.
    pub fn came(&mut self, peer: PeerIndex, version: WireVersion) {
        self.up.insert(peer);
        self.versions.insert(peer, version);
        self.told.came(peer, self.now);
    }

    /// Notes that the session with `peer` ended.
    pub fn went(&mut self, peer: PeerIndex) {
        self.up.remove(peer);
        self.told.went(peer);
    }

    /// Who is there.
    pub fn up(&self) -> PeerSet {
        self.up
    }

    /// Asks the driver for something.
    pub fn push(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Asks for something to be done on the disk.
    pub fn task(&mut self, task: Task) {
        self.push(Output::Disk(task));
    }

    /// Sends to one peer, if it is there.
    pub fn send(&mut self, peer: PeerIndex, frame: &Frame) {
        self.push(Output::Send(PeerSet::from_iter([peer]), frame.encode()));
    }

    /// Sends to everybody who is there.
    pub fn broadcast(&mut self, frame: &Frame) {
        if !self.up.is_empty() {
            self.push(Output::Send(self.up, frame.encode()));
        }
    }

    /// Tells one peer what is held here of its own words, if it knows such a frame.
    pub fn remind(&mut self, peer: PeerIndex, statements: Vec<Vec<u8>>) {
        if self.versions.get(&peer) >= Some(&WireVersion::V2) {
            self.send(peer, &Frame::Remembered(statements));
        }
    }

    /// Whether `frame` shows that `peer` has told what it holds of this peer's words: it tells them
    /// first, or shows the lock. Other frames may overtake that, since what is sent to all goes to
    /// the newest session, greeted or not. Only a peer that never tells is taken at any word.
    pub fn is_told_by(&self, peer: PeerIndex, frame: &Frame) -> bool {
        let never_tells = self.versions.get(&peer) < Some(&WireVersion::V2);
        match frame {
            Frame::Remembered(_) | Frame::Lock(..) => true,
            Frame::Ceremony(_) | Frame::Partials(..) | Frame::Deposits(..) | Frame::Leaving => {
                never_tells
            }
        }
    }

    /// Counts a frame of `peer` that this version does not know: no fault, and nothing is done.
    pub fn pass_over(&mut self, peer: PeerIndex) {
        *self.unknown.entry(peer).or_default() += 1;
        self.note(Note::Unknown(peer));
    }

    /// Says what was passed over, if anything was.
    pub fn say_passed_over(&mut self) {
        if !self.unknown.is_empty() {
            let counts = self.unknown.iter().map(|(peer, count)| (*peer, *count));
            self.note(Note::PassedOver(counts.collect()));
        }
    }

    /// Tells the operator.
    pub fn note(&mut self, note: Note) {
        self.push(Output::Note(note));
    }

    /// Says what `peer` did wrong.
    pub fn fault(&mut self, peer: PeerIndex, fault: impl Into<Fault>) {
        self.note(Note::Fault(peer, fault.into()));
    }

    /// Says something of `peer` that must be seen.
    pub fn alarm(&mut self, peer: PeerIndex, alarm: Alarm) {
        self.note(Note::Alarm(peer, alarm));
    }

    /// Shows what goes on, and who is waited for.
    pub fn show(&mut self, doing: Doing, peers: PeerSet) {
        let up = self.up;
        self.note(Note::Doing(doing, Waiting { peers, up }));
    }
}
