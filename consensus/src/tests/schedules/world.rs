//! A cluster in virtual time, driven by a plan. All randomness comes from the plan's seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proto::vote::{Message, Scope};
use proto::{DutyId, Identity, PeerIndex, Root, Roster, Slot, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::plan::{Faults, Link, Plan};
use crate::justify::ChoiceRule;
use crate::tests::rig::{Letter, opening, round};
use crate::{Input, Instance, Output, Setup, Standing, Timing, Value};

/// What came of a schedule.
#[derive(Debug)]
pub struct Outcome {
    /// The values that records hold.
    pub locks: BTreeSet<Root>,
    /// Peers that are up and have not decided.
    pub undecided: Vec<usize>,
    /// How often a correct peer was blamed.
    pub faults: usize,
    /// The peers against whom a correct peer holds evidence.
    pub convicted: BTreeSet<usize>,
}

const START: Timestamp = Timestamp::from_micros(1_000_000);

const TIMING: Timing = Timing {
    start: Timestamp::from_micros(1_100_000),
    grace: Duration::from_millis(300),
    round: Duration::from_millis(500),
    pull: Duration::from_millis(200),
};

/// What happens at a moment.
enum Event {
    Input(usize, u32, Input<Letter>),
    /// A message from one peer to another, in a session with this life of the receiver.
    Deliver((usize, usize), u32, Message),
    /// The record of the peer's signature is on disk.
    Durable(usize, u32, Root),
    Crash(usize),
    Restart(usize),
    Heal,
}

struct Peer {
    instance: Instance<Letter>,
    /// How often it has started; what was under way at a crash is void.
    life: u32,
    is_up: bool,
    record: Option<Root>,
    decided: bool,
}

pub struct World<'a> {
    plan: &'a Plan,
    rule: ChoiceRule,
    rng: StdRng,
    roster: Arc<Roster>,
    identities: Vec<Identity>,
    indices: Vec<PeerIndex>,
    peers: Vec<Peer>,
    queue: BTreeMap<(Timestamp, u64), Event>,
    sequence: u64,
    healed: bool,
    faults: usize,
    convicted: BTreeSet<usize>,
}

impl<'a> World<'a> {
    pub fn run(plan: &'a Plan, rule: ChoiceRule) -> Outcome {
        let mut world = Self::new(plan, rule);
        for peer in 0..world.peers.len() {
            world.start(peer);
        }
        world.at(START + plan.heal, Event::Heal);
        // Two turns of all leaders after the network has healed.
        let heal_round = (1..=16).find(|r| TIMING.end(round(*r)) > START + plan.heal);
        let last = (heal_round.unwrap_or(16) + 2 * plan.n as u64).min(16);
        while let Some(now) = world
            .next_moment()
            .filter(|t| *t <= TIMING.end(round(last)))
        {
            world.advance(now);
        }
        world.outcome()
    }

    fn new(plan: &'a Plan, rule: ChoiceRule) -> Self {
        let mut identities: Vec<Identity> = (1..=plan.n)
            .map(|i| Identity::from_seed(&[i as u8; 32]))
            .collect();
        let keys = identities.iter().map(Identity::public).collect();
        let roster = Arc::new(Roster::new(keys).unwrap());
        let mut indices: Vec<PeerIndex> = roster.size().all().collect();
        for villain in plan.twins.iter().copied() {
            identities.push(identities[villain].clone());
            indices.push(indices[villain]);
        }
        let mut world = Self {
            plan,
            rule,
            rng: StdRng::seed_from_u64(!plan.seed),
            indices,
            roster,
            identities,
            peers: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            healed: false,
            faults: 0,
            convicted: BTreeSet::new(),
        };
        world.peers = (0..world.indices.len())
            .map(|peer| Peer {
                instance: world.instance(peer, Standing::Voting),
                life: 0,
                is_up: true,
                record: None,
                decided: false,
            })
            .collect();
        world
    }

    fn instance(&self, peer: usize, standing: Standing) -> Instance<Letter> {
        let slot = Slot(self.plan.seed);
        let kind = self.plan.kind;
        let setup = Setup {
            scope: Scope {
                lock: Root::ZERO,
                duty: DutyId { slot, kind },
            },
            opening: opening(kind),
            roster: self.roster.clone(),
            me: self.indices[peer],
            identity: self.identities[peer].clone(),
            timing: TIMING,
            standing,
        };
        Instance::with_rule(setup, self.rule)
    }

    fn start(&mut self, peer: usize) {
        let temper = &self.plan.peers[peer];
        let life = self.peers[peer].life;
        self.at(START, Event::Input(peer, life, Input::Tick));
        if let Some((letter, after)) = temper.candidate {
            let input = Input::Candidate(Letter(letter));
            self.at(START + after, Event::Input(peer, life, input));
        }
        if let Some(crash) = temper.crash {
            self.at(START + crash, Event::Crash(peer));
            if let Some(restart) = temper.restart {
                self.at(START + crash + restart, Event::Restart(peer));
            }
        }
    }

    fn at(&mut self, time: Timestamp, event: Event) {
        self.sequence += 1;
        self.queue.insert((time, self.sequence), event);
    }

    fn next_moment(&self) -> Option<Timestamp> {
        let queued = self.queue.keys().next().map(|(time, _)| *time);
        let up = self.peers.iter().filter(|peer| peer.is_up);
        let deadlines = up.filter_map(|peer| peer.instance.deadline());
        queued.into_iter().chain(deadlines).min()
    }

    fn advance(&mut self, now: Timestamp) {
        for peer in 0..self.peers.len() {
            let due = self.peers[peer].instance.deadline();
            if self.peers[peer].is_up && due.is_some_and(|due| due <= now) {
                self.input(now, peer, Input::Tick);
            }
        }
        let Some(first) = self
            .queue
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        else {
            return;
        };
        match first.remove() {
            Event::Input(peer, life, input) => {
                if self.is_alive(peer, life) {
                    self.input(now, peer, input);
                }
            }
            Event::Deliver((from, to), life, message) => {
                if self.is_alive(to, life) {
                    let from = self.indices[from];
                    self.input(now, to, Input::Message { from, message });
                }
            }
            Event::Durable(peer, life, value) => self.durable(now, (peer, life), value),
            Event::Crash(peer) => self.crash(now, peer),
            Event::Restart(peer) => self.restart(now, peer),
            Event::Heal => self.heal(now),
        }
    }

    fn is_alive(&self, peer: usize, life: u32) -> bool {
        self.peers[peer].is_up && self.peers[peer].life == life
    }

    fn input(&mut self, now: Timestamp, peer: usize, input: Input<Letter>) {
        let outputs = self.peers[peer].instance.handle(now, input);
        for output in outputs {
            self.perform(now, peer, output);
        }
    }

    fn perform(&mut self, now: Timestamp, peer: usize, output: Output<Letter>) {
        let life = self.peers[peer].life;
        let soon = now + Duration::from_micros(self.rng.random_range(100..20_000));
        match output {
            Output::Broadcast(message) => {
                for to in self.others(peer) {
                    self.send(now, (peer, to), message.clone());
                }
            }
            Output::Send(to, message) => {
                for to in self.bodies_of(to) {
                    self.send(now, (peer, to), message.clone());
                }
            }
            Output::WantCandidate { .. } => {
                if let Some((letter, _)) = self.plan.peers[peer].candidate {
                    let input = Input::Candidate(Letter(letter));
                    self.at(soon, Event::Input(peer, life, input));
                }
            }
            Output::Judge {
                round,
                value,
                forced,
            } => {
                let input = Input::Judged {
                    round,
                    value: value.hash(),
                    acceptable: forced || self.plan.peers[peer].candidate.is_some(),
                };
                self.at(soon, Event::Input(peer, life, input));
            }
            // The vault: one value per duty for ever.
            Output::Sign { value, .. } if self.has_recorded_other(peer, value.hash()) => {
                self.at(soon, Event::Input(peer, life, Input::Declined));
            }
            Output::Sign { value, .. } => {
                let time = now + self.plan.peers[peer].record;
                self.at(time, Event::Durable(peer, life, value.hash()));
            }
            Output::Decided { .. } => self.peers[peer].decided = true,
            Output::Fault { peer: culprit, .. } => self.blame(peer, culprit),
            Output::Evidence(evidence) => {
                let culprit = evidence.culprit();
                if self.is_correct(peer) {
                    let verdict = evidence.verify(&self.roster, Root::ZERO);
                    verdict.expect("what a peer keeps convinces whoever has the lock");
                    self.convicted.insert(culprit.position());
                }
                self.blame(peer, culprit);
            }
            Output::Committed { .. } | Output::Exhausted => {}
        }
    }

    fn has_recorded_other(&self, peer: usize, value: Root) -> bool {
        let record = self.peers[peer].record;
        record.is_some_and(|recorded| recorded != value)
    }

    /// Everybody but this peer and its twin.
    fn others(&self, peer: usize) -> Vec<usize> {
        let all = 0..self.peers.len();
        all.filter(|other| self.indices[*other] != self.indices[peer])
            .collect()
    }

    /// Who runs as this peer: two, if it has a twin.
    fn bodies_of(&self, index: PeerIndex) -> Vec<usize> {
        let all = 0..self.peers.len();
        all.filter(|peer| self.indices[*peer] == index).collect()
    }

    fn is_correct(&self, peer: usize) -> bool {
        let mut villains = self.plan.twins.iter().map(|twin| self.indices[*twin]);
        villains.all(|villain| villain != self.indices[peer])
    }

    /// Nobody blames a correct peer, unless it is made to forget.
    fn blame(&mut self, by: usize, culprit: PeerIndex) {
        let is_blameless = self.is_correct(by) && self.is_correct(culprit.position());
        if is_blameless && self.plan.faults == Faults::RestartAbstaining {
            self.faults += 1;
        }
    }

    fn send(&mut self, now: Timestamp, (from, to): (usize, usize), message: Message) {
        let Link { delay, loss } = if self.healed {
            Link {
                delay: Duration::from_millis(40),
                loss: 0,
            }
        } else {
            self.plan.links[from][to]
        };
        if self.rng.random_range(0..100) >= loss {
            let micros = delay.as_micros() as u64;
            let delay = Duration::from_micros(self.rng.random_range(micros / 10..=micros));
            let life = self.peers[to].life;
            self.at(now + delay, Event::Deliver((from, to), life, message));
        }
    }

    /// The record is durable; whether the process still lives to see it is another matter.
    fn durable(&mut self, now: Timestamp, (peer, life): (usize, u32), value: Root) {
        let record = self.peers[peer].record.get_or_insert(value);
        assert_eq!(*record, value, "a record holds one value of one duty");
        if self.is_alive(peer, life) {
            let input = Input::Recorded {
                sequence: 1,
                partials: Vec::new(),
            };
            self.input(now, peer, input);
        }
    }

    fn crash(&mut self, now: Timestamp, peer: usize) {
        self.peers[peer].is_up = false;
        for other in self.others(peer) {
            let delay = Duration::from_millis(self.rng.random_range(1..800));
            let life = self.peers[other].life;
            let input = Input::Down(self.indices[peer]);
            self.at(now + delay, Event::Input(other, life, input));
        }
    }

    fn restart(&mut self, now: Timestamp, peer: usize) {
        let standing = match self.plan.faults {
            Faults::RestartAbstaining => Standing::Abstaining,
            Faults::RestartForgetting => Standing::Voting,
        };
        let instance = self.instance(peer, standing);
        let decided = false;
        let this = &mut self.peers[peer];
        (this.instance, this.decided, this.is_up) = (instance, decided, true);
        this.life += 1;
        let life = this.life;
        self.input(now, peer, Input::Tick);
        if let Some((letter, _)) = self.plan.peers[peer].candidate {
            let input = Input::Candidate(Letter(letter));
            self.at(now, Event::Input(peer, life, input));
        }
        for other in self.others(peer) {
            self.resend(now, (other, peer));
        }
    }

    /// What a peer has sent before, once more, to one that it meets again.
    fn resend(&mut self, now: Timestamp, (from, to): (usize, usize)) {
        if self.peers[from].is_up {
            for message in self.peers[from].instance.sent() {
                self.send(now, (from, to), message);
            }
        }
    }

    fn heal(&mut self, now: Timestamp) {
        self.healed = true;
        for from in 0..self.peers.len() {
            for to in self.others(from) {
                self.resend(now, (from, to));
            }
        }
    }

    fn outcome(self) -> Outcome {
        let all = 0..self.peers.len();
        let correct: Vec<usize> = all.filter(|peer| self.is_correct(*peer)).collect();
        let is_open = |peer: &&usize| self.peers[**peer].is_up && !self.peers[**peer].decided;
        let record = |peer: &usize| self.peers[*peer].record;
        Outcome {
            locks: correct.iter().filter_map(record).collect(),
            undecided: correct.iter().filter(is_open).copied().collect(),
            faults: self.faults,
            convicted: self.convicted,
        }
    }
}
