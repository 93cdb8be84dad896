//! Four peers of a ceremony in one thread, for tests of this and other crates: frames in one queue,
//! each peer with a disk of its own. One of them, the victim, may lose power.
//!
//! Never here: what a disk is. There is a simulated one, and the program's own.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what a test builds on must hold, or the test stops"
)]

mod promises;

use std::collections::VecDeque;
use std::fmt::Debug;

use dkg::blame::Verdict;
use dkg::bls::SecretShare;
use proto::ceremony_session::Frame;
use proto::definition::{Draft, Gwei, SignedDefinition, Version};
use proto::example;
use proto::lock::Lock;
use proto::{ClusterSize, Machine as _, PeerIndex, PublicKey, Timestamp, WireVersion};

use super::{Halt, Input, Note, Output, Participation, Performed, Place, Task};

/// Who loses power.
pub const VICTIM: usize = 1;

/// The disk of one peer.
pub trait Disk {
    /// Why a peer does not begin or go on.
    type Refusal: Debug;

    /// The operator starts the program.
    ///
    /// # Errors
    /// If it does not begin.
    fn start(&mut self) -> Result<Participation, Self::Refusal>;

    /// Does this.
    ///
    /// # Errors
    /// If it cannot be done; none if the power fails.
    fn perform(&mut self, task: Task) -> Result<Performed, Option<Self::Refusal>>;

    /// The same in the words of this disk's program.
    fn refusal(&self, halt: Halt) -> Self::Refusal;

    /// The peer is about to send its frame of this number, counted from 0.
    fn sends(&mut self, number: usize);

    /// The lock, if there is one.
    fn lock(&self) -> Option<Lock>;

    /// The signed deposits, if there are any.
    fn deposits(&self) -> Option<String>;

    /// Opens these shares.
    fn shares(&mut self, keys: &[PublicKey]) -> Vec<SecretShare>;

    /// What is left of the unfinished ceremony.
    fn leftovers(&self) -> Vec<String>;
}

/// When the victim loses power, if its disk does not decide that.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// Before it sends this frame, counted from 0.
    BeforeSending(usize),
    /// Before it takes this frame.
    BeforeTaking(usize),
    /// Never.
    Never,
}

/// Four peers.
pub struct World<D: Disk> {
    /// What each has.
    pub disks: [D; 4],
    /// Those that run.
    pub peers: [Option<Participation>; 4],
    /// Why those that have stopped did so.
    pub stopped: [Option<D::Refusal>; 4],
    /// What each has told its operator in this life.
    pub notes: [Vec<Note>; 4],
    /// Who has convicted whom.
    pub blames: Vec<(usize, Verdict)>,
    /// Every frame that was given time to arrive.
    pub sent: Vec<(usize, Frame)>,
    /// What the sessions that begin speak.
    pub version: WireVersion,
    /// The time of all.
    pub now: Timestamp,
    air: VecDeque<(usize, usize, Vec<u8>)>,
    /// Whose program has ended, as the others know.
    gone: [bool; 4],
    cut: Cut,
    is_cut: bool,
    sends: usize,
    takes: usize,
}

/// Operator number `position`.
pub fn peer(position: usize) -> PeerIndex {
    ClusterSize::of(4).unwrap().peer(position).unwrap()
}

/// What the four have agreed on: so many validators, each with these deposits.
pub fn definition(validators: usize, deposit_amounts: Vec<Gwei>) -> SignedDefinition {
    let identities = example::identities(4);
    let draft = Draft {
        version: Version::NEWEST,
        validators,
        deposit_amounts,
        ..example::draft(&identities)
    };
    example::agreed(draft, &identities)
}

/// The place of operator number `at`, in a cluster with one validator and one deposit.
pub fn place(at: usize) -> Place {
    Place {
        definition: definition(1, vec![Gwei::FULL]),
        identity: example::identities(4).swap_remove(at),
        me: peer(at),
    }
}

impl<D: Disk> World<D> {
    /// Four operators who have not started their programs.
    pub fn new(disks: [D; 4]) -> Self {
        Self {
            disks,
            peers: [const { None }; 4],
            stopped: [const { None }; 4],
            notes: [const { Vec::new() }; 4],
            blames: Vec::new(),
            sent: Vec::new(),
            version: WireVersion::V2,
            now: Timestamp::from_micros(1_000_000),
            air: VecDeque::new(),
            gone: [false; 4],
            cut: Cut::Never,
            is_cut: false,
            sends: 0,
            takes: 0,
        }
    }

    /// Four operators, each in its first life; nothing has arrived yet.
    pub fn started(disks: [D; 4]) -> Self {
        let mut world = Self::new(disks);
        world.start_all();
        world
    }

    /// A ceremony up to the moment at which the victim loses power, or to its end.
    pub fn until(cut: Cut, disks: [D; 4]) -> Self {
        let mut world = Self {
            cut,
            ..Self::new(disks)
        };
        world.start_all();
        world.run(|_, _, _| false);
        world
    }

    fn start_all(&mut self) {
        for at in 0..4 {
            self.start(at, false);
        }
    }

    /// Whether the victim has lost power.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Starts the program of operator `at` on what its disk has.
    pub fn start(&mut self, at: usize, retry: bool) {
        (self.peers[at], self.stopped[at], self.gone[at]) = (None, None, false);
        self.notes[at].clear();
        match self.disks[at].start() {
            Ok(peer) => self.peers[at] = Some(peer),
            Err(refusal) => {
                self.stopped[at] = Some(refusal);
                return;
            }
        }
        self.give(at, if retry { Input::Retry } else { Input::Tick });
        for other in (0..4).filter(|other| *other != at) {
            if self.is_there(other) && self.is_there(at) {
                self.give(other, Input::Up(peer(at), self.version));
                self.give(at, Input::Up(peer(other), self.version));
            }
        }
    }

    fn is_there(&self, at: usize) -> bool {
        let peer = self.peers[at].as_ref();
        peer.is_some_and(|peer| !peer.is_over())
    }

    /// The victim comes back, loses no power again, and all go on to the end. If it has everything
    /// and the others have gone, it waits for them in vain, until its patience is at an end.
    pub fn come_back(&mut self) {
        self.cut = Cut::Never;
        self.start(VICTIM, false);
        self.run(|_, _, _| false);
        let patience = self.peers[VICTIM].as_ref().and_then(|peer| peer.deadline());
        if let Some(moment) = patience {
            self.now = moment;
            self.give(VICTIM, Input::Tick);
        }
    }

    /// Hands something in, and does all that follows for the peer itself, unless it loses power.
    pub fn give(&mut self, at: usize, input: Input) {
        let Some(mut peer) = self.peers[at].take() else {
            return;
        };
        let mut outputs = VecDeque::from(peer.handle(self.now, input));
        let mut is_last = false;
        loop {
            while let Some(output) = outputs.pop_front() {
                assert!(!is_last, "after the last output: {output:?}");
                is_last = matches!(output, Output::Over | Output::Halt(_));
                match self.perform(at, output) {
                    Ok(Some(performed)) => {
                        let performed = Input::Performed(performed);
                        outputs.extend(peer.handle(self.now, performed));
                    }
                    Ok(None) => {}
                    Err(Some(refusal)) => {
                        self.stopped[at] = Some(refusal);
                        return;
                    }
                    Err(None) => return self.lose_power(at),
                }
            }
            if peer.deadline().is_none_or(|moment| moment > self.now) {
                break;
            }
            outputs.extend(peer.handle(self.now, Input::Tick));
        }
        self.peers[at] = Some(peer);
    }

    /// Performs one output of operator `at`; an error without words is a loss of power.
    fn perform(
        &mut self,
        at: usize,
        output: Output,
    ) -> Result<Option<Performed>, Option<D::Refusal>> {
        match output {
            Output::Send(peers, frame) => {
                for to in peers.iter() {
                    if at == VICTIM {
                        if matches!(self.cut, Cut::BeforeSending(cut) if cut == self.sends) {
                            return Err(None);
                        }
                        self.disks[at].sends(self.sends);
                        self.sends += 1;
                    }
                    self.air.push_back((at, to.position(), frame.clone()));
                }
            }
            Output::Disk(task) => return self.disks[at].perform(task).map(Some),
            Output::Note(note) => self.notes[at].push(note),
            Output::Blame(blame) => self.blames.push((at, blame.1)),
            Output::Over => {}
            Output::Halt(halt) => return Err(Some(self.disks[at].refusal(halt))),
        }
        Ok(None)
    }

    /// The others notice; of what the peer sent, every second time nothing arrives any more.
    fn lose_power(&mut self, at: usize) {
        (self.is_cut, self.peers[at]) = (true, None);
        let is_lossy = self.sends.is_multiple_of(2);
        let lost = |from: usize, to: usize| to == at || is_lossy && from == at;
        self.air.retain(|(from, to, _)| !lost(*from, *to));
        let theirs = std::mem::take(&mut self.air);
        let (arriving, others): (VecDeque<_>, _) =
            theirs.into_iter().partition(|(from, _, _)| *from == at);
        self.air = others;
        for (_, to, frame) in arriving {
            self.give(to, Input::Frame(peer(at), frame));
        }
        for other in (0..4).filter(|other| *other != at) {
            self.give(other, Input::Down(peer(at)));
        }
    }

    /// Delivers everything but the frames that `withheld` picks, which it gives.
    pub fn run(&mut self, withheld: impl Fn(usize, usize, &Frame) -> bool) -> Vec<Frame> {
        let mut kept = Vec::new();
        loop {
            let Some((from, to, bytes)) = self.air.pop_front() else {
                match (0..4).find(|at| self.has_gone(*at)) {
                    Some(at) => self.go(at),
                    None => return kept,
                }
                continue;
            };
            if to == VICTIM && self.peers[to].is_some() {
                if matches!(self.cut, Cut::BeforeTaking(cut) if cut == self.takes) {
                    self.lose_power(to);
                    continue;
                }
                self.takes += 1;
            }
            let frame = Frame::decode(&bytes).unwrap();
            self.sent.push((from, frame.clone()));
            if withheld(from, to, &frame) {
                kept.push(frame);
            } else {
                self.give(to, Input::Frame(peer(from), bytes));
            }
        }
    }

    /// Whether the program of `at` has ended and nobody has noticed.
    fn has_gone(&self, at: usize) -> bool {
        let is_over = self.peers[at].as_ref().is_some_and(Participation::is_over);
        is_over && !self.gone[at]
    }

    /// The others notice that the program of `at` has ended.
    fn go(&mut self, at: usize) {
        self.gone[at] = true;
        for other in (0..4).filter(|other| *other != at) {
            self.give(other, Input::Down(peer(at)));
        }
    }

    /// Sends `frame` before whatever is sent from now on.
    pub fn send(&mut self, from: usize, to: usize, frame: &Frame) {
        self.air.push_back((from, to, frame.encode()));
    }

    /// Hands a frame in at once.
    pub fn tell(&mut self, from: usize, to: usize, frame: &Frame) {
        self.give(to, Input::Frame(peer(from), frame.encode()));
    }
}
