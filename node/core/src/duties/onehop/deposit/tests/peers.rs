//! Peers on disks of their own, and the way between them.

use super::*;
use crate::duties::onehop::four::Ground;

/// Slots of 12 s.
const SLOT: u64 = 12;

pub struct Peer {
    pub ground: Ground,
    pub disk: SimulatedDisk,
    journal: Journal<SimulatedDisk>,
    pub deposits: Deposits,
    now: u64,
    /// What its nodes show.
    pub case: Case,
    pub made: Vec<Vec<DepositData>>,
    pub told: Vec<DepositNote>,
    pub blamed: Vec<(PeerIndex, Breach)>,
    pub judgements: usize,
}

fn owner(me: usize) -> Owner {
    Owner {
        cluster: lock().hash(),
        identity: example::identities(4)[me].public(),
    }
}

impl Peer {
    fn new(me: usize) -> Self {
        let disk = SimulatedDisk::new();
        let mut history = History::default();
        let keys = lock().validators.iter().map(|it| it.public_key).collect();
        history.add(Entry::Enrolled(keys)).unwrap();
        Journal::create(disk.clone(), owner(me), history).unwrap();
        Self::start(me, disk, Case::of(lock(), terms()))
    }

    pub fn start(me: usize, disk: SimulatedDisk, case: Case) -> Self {
        let journal = Journal::open(disk.clone(), owner(me)).unwrap();
        let lock = lock();
        let shares = [0, 1].map(|of| share(of, u8::try_from(me).unwrap()));
        let held = Held::of_lock(&lock, shares.into());
        let facts = four::facts(me, lock.hash(), ClusterKeys::of(&lock).unwrap());
        Self {
            ground: Ground::new(facts, WireVersion::V4, held, &journal),
            disk,
            journal,
            deposits: Deposits::default(),
            now: 1_000 * SLOT,
            case,
            made: Vec::new(),
            told: Vec::new(),
            blamed: Vec::new(),
            judgements: 0,
        }
    }

    pub fn act(&mut self, act: impl FnOnce(&mut Deposits, &mut Step<'_>)) {
        let now = Timestamp::from_micros(self.now * 1_000_000);
        let mut step = self.ground.step(now);
        act(&mut self.deposits, &mut step);
    }

    /// Performs one output; what of it goes to another peer.
    fn perform(&mut self, output: Output) -> Option<(PeerIndex, Frame)> {
        if let Output::Send(to, bytes) = output {
            let frame = Frame::decode(&bytes).unwrap();
            self.check_durable(&frame);
            return Some((to, frame));
        } else if let Output::Persist(records) = output {
            let recorded = self.journal.append(&records).unwrap();
            self.ground.recorded = recorded;
            self.act(|deposits, step| deposits.recorded(&recorded, step));
        } else if let Output::Later(_) = output {
            self.act(Deposits::work);
        } else if let Output::Errand(Errand::Judge(it)) = output {
            self.judgements += 1;
            self.case.record = it.record;
            let verdict = judge(&it.demand, &self.case.grounds()).map_err(Box::new);
            let said = (&it.demand, verdict);
            self.act(|deposits, step| deposits.judged(it.peer, said, step));
        } else if let Output::Errand(Errand::Deposits(deposits)) = output {
            self.made.push(deposits);
        } else if let Output::Note(Note::Deposit(note)) = output {
            self.told.push(note);
        } else if let Output::Note(Note::Fault { peer, breach, .. }) = output {
            self.blamed.push((peer, breach));
        } else {
            panic!("{output:?}");
        }
        None
    }

    /// No share leaves whose credentials and node are not on the disk, in both copies.
    fn check_durable(&self, frame: &Frame) {
        let Frame::DepositShares(shares) = frame else {
            return;
        };
        let (history, repairs) = Journal::look_over(
            &mut self.disk.clone(),
            &owner(self.ground.facts.me.position()),
        )
        .unwrap();
        assert_eq!(repairs, []);
        let fixed = history.joined().expect("the node is on record").fixed;
        assert_eq!(fixed, terms().fixed);
        for share in &shares.shares {
            let key = self
                .ground
                .facts
                .keys
                .get(share.validator)
                .unwrap()
                .public_key;
            let marks = history.marks(history.number(&key).unwrap()).unwrap();
            let deposits = marks.deposits.as_ref().expect("it is on record");
            assert_eq!(deposits.credentials, shares.credentials);
        }
    }

    pub fn hear(&mut self, from: PeerIndex, frame: Frame) {
        self.act(|deposits, step| {
            if let Frame::DepositDemand(demand) = frame {
                deposits.hear(from, demand, step);
            } else if let Frame::DepositShares(shares) = frame {
                deposits.take(from, shares, step);
            } else if let Frame::DepositRefusal(why) = frame {
                deposits.refused(from, why, step);
            } else {
                panic!("{frame:?}");
            }
        });
    }
}

pub struct Cluster {
    pub peers: Vec<Peer>,
}

impl Cluster {
    pub fn new() -> Self {
        Self {
            peers: (0..4).map(Peer::new).collect(),
        }
    }

    pub fn index(&self, peer: usize) -> PeerIndex {
        self.peers[0].ground.index(peer)
    }

    /// The coordinator of this peer needs deposits of all keys.
    pub fn demand(&mut self, peer: usize) -> Demand {
        let demand = self.peers[peer].case.demand.clone();
        let said = demand.clone();
        self.peers[peer].act(|deposits, step| deposits.demand(said, step));
        demand
    }

    pub fn next_slot(&mut self) {
        for peer in &mut self.peers {
            peer.now += SLOT;
            peer.act(Deposits::advance);
        }
    }

    /// Until nobody has anything to do.
    pub fn run(&mut self) {
        assert!(self.run_until(0, usize::MAX));
    }

    /// Until nobody has anything to do, or until this peer has performed so many outputs; whether
    /// it is the former.
    pub fn run_until(&mut self, victim: usize, mut most: usize) -> bool {
        loop {
            let busy = (0..4).find(|peer| !self.peers[*peer].ground.out.is_empty());
            let Some(peer) = busy else { return true };
            if peer == victim {
                match most.checked_sub(1) {
                    Some(left) => most = left,
                    None => return false,
                }
            }
            let from = self.index(peer);
            let output = self.peers[peer].ground.out.remove(0);
            if let Some((to, frame)) = self.peers[peer].perform(output) {
                self.peers[to.position()].hear(from, frame);
            }
        }
    }

    /// Kills a peer as its power fails, and starts it again. The others tell it what they tell a
    /// peer that comes back.
    pub fn kill(&mut self, victim: usize) {
        let old = self.peers.remove(victim);
        old.disk.power_loss(7);
        let now = old.now;
        let mut new = Peer::start(victim, old.disk, old.case);
        (new.now, new.judgements) = (now, old.judgements);
        self.peers.insert(victim, new);
        for other in (0..4).filter(|other| *other != victim) {
            let from = self.index(other);
            for frame in self.peers[other].deposits.sent() {
                self.peers[victim].hear(from, frame);
            }
        }
    }
}
