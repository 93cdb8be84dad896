//! The world: n ceremonies, a FIFO link for each ordered pair, disks that survive crashes, a seed
//! that picks which link delivers next. A villain's frames are changed on their way out.

use std::collections::{BTreeMap, VecDeque};

use proto::ceremony::{Frame, Purpose, Spoken, Terms, hash_of};
use proto::{ClusterSize, Identity, Machine as _, PeerIndex, Root, Roster, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use zeroize::Zeroizing;

use super::super::*;

/// What survives a crash.
#[derive(Default)]
pub struct Disk {
    pub position: Position,
    /// What was heard of others.
    pub heard: Vec<Spoken>,
    pub keys: BTreeMap<u32, Outcome>,
}

/// What one peer has told its operator.
#[derive(Default)]
pub struct Told {
    pub contradictions: Vec<(PeerIndex, Contradiction)>,
    pub blames: Vec<(Evidence, Verdict)>,
    pub faults: Vec<(PeerIndex, Breach)>,
    pub opened: Vec<Opened>,
    pub refused: Vec<Refused>,
    pub finished: Option<Finished>,
    pub closed: bool,
    pub progress: Option<Progress>,
}

/// Changes what a villain sends: its machine, the receiver, the frame; gives what is sent.
pub type Tamper = fn(&Ceremony, PeerIndex, Frame) -> Vec<Frame>;

pub struct World {
    pub terms: Terms,
    pub size: ClusterSize,
    pub machines: BTreeMap<PeerIndex, Ceremony>,
    pub disks: BTreeMap<PeerIndex, Disk>,
    pub heard: BTreeMap<PeerIndex, Told>,
    pub villains: BTreeMap<PeerIndex, Tamper>,
    /// This peer loses power after so many more outputs.
    pub power_cut: Option<(PeerIndex, usize)>,
    /// Outputs performed by each peer.
    pub performed: BTreeMap<PeerIndex, usize>,
    /// Peers that come back from a crash with another ceremony seed.
    pub reseeded: PeerSet,
    links: BTreeMap<(PeerIndex, PeerIndex), VecDeque<Vec<u8>>>,
    rng: StdRng,
    now: u64,
}

pub fn identity(peer: PeerIndex) -> Identity {
    Identity::from_seed(&[u8::try_from(peer.position()).unwrap() + 1; 32])
}

pub fn terms(n: usize, validators: u16) -> Terms {
    let size = ClusterSize::of(n).unwrap();
    Terms {
        definition: Root::from([0xde; 32]),
        roster: Roster::new(size.all().map(|peer| identity(peer).public()).collect()).unwrap(),
        validators,
        purpose: Purpose::NewCluster,
    }
}

/// The same for two seal keys.
pub fn terms_with_exit_key(n: usize, validators: u16) -> Terms {
    Terms {
        purpose: Purpose::NewClusterWithExitKey,
        ..terms(n, validators)
    }
}

pub fn participant(terms: &Terms, me: PeerIndex) -> Participant {
    Participant {
        terms: terms.clone(),
        me,
        identity: identity(me),
        seed: Zeroizing::new([u8::try_from(me.position()).unwrap() + 101; 32]),
    }
}

impl World {
    /// n peers that are not started yet.
    pub fn new(n: usize, validators: u16, seed: u64) -> Self {
        Self::of(terms(n, validators), seed)
    }

    /// Peers of these terms that are not started yet.
    pub fn of(terms: Terms, seed: u64) -> Self {
        let size = terms.roster.size();
        Self {
            size,
            machines: BTreeMap::new(),
            disks: size.all().map(|p| (p, Disk::default())).collect(),
            heard: size.all().map(|p| (p, Told::default())).collect(),
            villains: BTreeMap::new(),
            power_cut: None,
            performed: BTreeMap::new(),
            reseeded: PeerSet::EMPTY,
            links: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            now: 1,
            terms,
        }
    }

    /// All n peers, started.
    pub fn started(n: usize, validators: u16, seed: u64) -> Self {
        let mut world = Self::new(n, validators, seed);
        for peer in world.size.all() {
            world.start(peer);
        }
        world
    }

    pub fn peer(&self, position: usize) -> PeerIndex {
        self.size.peer(position).unwrap()
    }

    pub fn honest(&self) -> Vec<PeerIndex> {
        let honest = |p: &PeerIndex| !self.villains.contains_key(p);
        self.size.all().filter(honest).collect()
    }

    pub fn start(&mut self, peer: PeerIndex) {
        let position = self.disks[&peer].position.clone();
        let mut who = participant(&self.terms, peer);
        if self.reseeded.contains(peer) {
            who.seed = Zeroizing::new([0xee; 32]);
        }
        let heard = self.disks[&peer].heard.clone();
        let heard = Heard::read(&self.terms, peer, heard).unwrap();
        let machine = Ceremony::new(who, position).unwrap().having_heard(heard);
        let others: Vec<PeerIndex> = self.machines.keys().copied().collect();
        self.machines.insert(peer, machine);
        for other in others {
            self.links.insert((peer, other), VecDeque::new());
            self.links.insert((other, peer), VecDeque::new());
            self.give(peer, Input::Up(other));
            self.give(other, Input::Up(peer));
        }
    }

    /// The peer begins the next attempt, whatever becomes of the current one: it restarts there.
    pub fn open_next(&mut self, peer: PeerIndex) {
        self.crash(peer);
        let position = &mut self.disks.get_mut(&peer).unwrap().position;
        position.attempt += 1;
        position.opened = position.attempt;
        self.start(peer);
    }

    pub fn crash(&mut self, peer: PeerIndex) {
        self.machines.remove(&peer);
        self.links
            .retain(|(from, to), _| *from != peer && *to != peer);
        for other in self.machines.keys().copied().collect::<Vec<_>>() {
            self.give(other, Input::Down(peer));
        }
    }

    /// Hands an input to a running peer, performs what it answers, and lets it work to its end.
    pub fn give(&mut self, peer: PeerIndex, input: Input) {
        let mut input = Some(input);
        while let Some(next) = input.take() {
            self.now += 1;
            let now = Timestamp::from_micros(self.now);
            let Some(machine) = self.machines.get_mut(&peer) else {
                return;
            };
            for output in machine.handle(now, next) {
                if !self.perform(peer, output) {
                    return;
                }
            }
            let machine = self.machines.get(&peer);
            input = machine.and_then(Ceremony::deadline).map(|_| Input::Tick);
        }
    }

    /// Performs one output; false if the peer lost power instead.
    fn perform(&mut self, peer: PeerIndex, output: Output) -> bool {
        if let Some((victim, left)) = &mut self.power_cut
            && *victim == peer
        {
            if *left == 0 {
                self.power_cut = None;
                self.crash(peer);
                return false;
            }
            *left -= 1;
        }
        *self.performed.entry(peer).or_default() += 1;
        let disk = self.disks.get_mut(&peer).unwrap();
        let heard = self.heard.get_mut(&peer).unwrap();
        match output {
            Output::Persist(position) => disk.position = position,
            Output::Remember(statements) => disk.heard = statements,
            Output::Store(outcome) => {
                let transcript = outcome.transcript;
                disk.keys.insert(outcome.attempt, *outcome);
                let lock = lock_of(transcript);
                self.give(peer, Input::Stored { transcript, lock });
            }
            Output::Send(to, bytes) => self.send(peer, to, bytes),
            Output::Broadcast(bytes) => {
                for to in self.size.all().filter(|to| *to != peer) {
                    self.send(peer, to, bytes.clone());
                }
            }
            Output::Progress(progress) => heard.progress = Some(progress),
            Output::Fault(who, breach) => heard.faults.push((who, breach)),
            Output::Contradicted(who, how) => heard.contradictions.push((who, how)),
            Output::Opened(opened) => heard.opened.push(opened),
            Output::Refused(refused) => heard.refused.push(refused),
            Output::Blame(blame) => heard.blames.push(*blame),
            Output::Finished(finished) => heard.finished = Some(*finished),
            Output::Closed => heard.closed = true,
        }
        true
    }

    fn send(&mut self, from: PeerIndex, to: PeerIndex, bytes: Vec<u8>) {
        assert!(bytes.len() <= max_frame(self.size, self.terms.validators));
        let frames = match (self.villains.get(&from), self.machines.get(&from)) {
            (Some(tamper), Some(machine)) => {
                let frame = Frame::decode(self.size, &bytes).unwrap();
                let frames = tamper(machine, to, frame).into_iter();
                frames.map(|frame| frame.encode()).collect()
            }
            _ => vec![bytes],
        };
        if let Some(link) = self.links.get_mut(&(from, to)) {
            link.extend(frames);
        }
    }

    /// Puts a frame on a link as if `from` had sent it.
    pub fn inject(&mut self, from: PeerIndex, to: PeerIndex, bytes: Vec<u8>) {
        self.links.get_mut(&(from, to)).unwrap().push_back(bytes);
    }

    /// Delivers one frame of a link picked at random; false if none is under way.
    pub fn deliver(&mut self) -> bool {
        let busy = self.links.iter().filter(|(_, link)| !link.is_empty());
        let busy: Vec<(PeerIndex, PeerIndex)> = busy.map(|(pair, _)| *pair).collect();
        if busy.is_empty() {
            return false;
        }
        let (from, to) = busy[self.rng.random_range(0..busy.len())];
        let frame = self
            .links
            .get_mut(&(from, to))
            .unwrap()
            .pop_front()
            .unwrap();
        self.give(to, Input::Frame(from, frame));
        true
    }

    /// Delivers until nothing is under way.
    pub fn run(&mut self) {
        while self.deliver() {}
    }

    /// Every peer has finished, on the same keys, and nobody was blamed.
    pub fn assert_all_finished(&self) {
        for peer in self.size.all() {
            let heard = &self.heard[&peer];
            assert!(heard.finished.is_some(), "{peer} at {:?}", heard.progress);
            assert!(
                heard.blames.is_empty() && heard.faults.is_empty(),
                "{:?}",
                heard.faults
            );
            assert!(
                heard.contradictions.is_empty(),
                "{:?}",
                heard.contradictions
            );
        }
        self.assert_agreement();
    }

    /// All who finished hold the same keys and everybody's signature of the lock.
    pub fn assert_agreement(&self) {
        let finished = self.heard.values().filter_map(|h| h.finished.as_ref());
        let finished: Vec<&Finished> = finished.collect();
        for one in &finished {
            assert_eq!(one, &finished[0]);
            for (peer, signature) in self.size.all().zip(&one.lock_signatures) {
                let lock = proto::lock::LockHash(one.acked.lock);
                assert!(self.terms.roster.key(peer).has_signed(&lock, signature));
            }
        }
        let Some(one) = finished.first() else { return };
        for peer in self.size.all() {
            let keys = &self.disks[&peer].keys[&one.acked.attempt];
            assert_eq!(keys.transcript, one.acked.transcript);
            for key in keys.validators.iter() {
                assert_eq!(
                    key.share.public().to_bytes(),
                    key.share_public_keys[peer.position()]
                );
            }
        }
    }

    /// Every honest peer has convicted `villain` and nobody else, one of them of `rule`, with
    /// evidence that an outsider confirms from the file alone. (A villain that lies once may be
    /// caught in the consequences too.)
    pub fn assert_named(&self, villain: PeerIndex, rule: blame::Rule) {
        let mut rules = Vec::new();
        for peer in self.honest() {
            let heard = &self.heard[&peer];
            assert!(
                !heard.blames.is_empty(),
                "{peer} blames nobody: {:?}",
                heard.progress
            );
            for (evidence, verdict) in &heard.blames {
                assert_eq!(
                    verdict.culprit, villain,
                    "{peer} blames for {:?}",
                    verdict.rule
                );
                let file = serde_json::to_string(evidence).unwrap();
                let file: Evidence = serde_json::from_str(&file).unwrap();
                assert_eq!(blame::verify(&file), Ok(*verdict));
                rules.push(verdict.rule);
            }
        }
        assert!(rules.contains(&rule), "{rules:?}");
    }
}

/// Stands for the hash of the lock that a driver makes of the keys.
pub fn lock_of(transcript: Root) -> Root {
    hash_of(&proto::lock::LockHash(transcript))
}
