//! The deterministic world: n machines, one clock, one seed, one queue of events in the order of
//! their time and number. Nothing sleeps, no thread runs, no real time passes.
//!
//! `events` takes one after the other, `faults` says what can go wrong, `act` carries out what the
//! nodes ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use node_core::duties::agreed::objection::Objection;
use node_core::duties::fault::Breach;
use node_core::duties::note::{Halt, Note, Phase};
use node_core::outcome::Owed;
use proto::definition::Chain as DefinitionChain;
use proto::{DutyId, Root, Round, SignatureBytes, Slot, Timestamp, ValidatorPosition};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tests::cluster::{Cluster, Recipe};

use crate::aggregating::Lie;
use crate::bids::Builder;
use crate::chain::Chain;
use crate::checks::{Checks, StateHash, Violation};
use crate::events::Event;
use crate::faults::Fault;
use crate::intents::Intending;
use crate::joining::Joining;
use crate::leaving::Exits;
use crate::links::Links;
use crate::peer::{Conduct, Peer};
use crate::registering::Relays;
use crate::rocket::Rocket;
use crate::villains::Villain;

/// The slot in which every world begins.
pub const FIRST: u64 = 16;
/// How many validators every cluster has.
pub const VALIDATORS: usize = 3;

/// How the network behaves.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// One-way delay in ms, at least and at most.
    pub delay_ms: (u64, u64),
    /// How many slots in a hundred have heads that split the peers.
    pub split_percent: u32,
    /// How many slots in a hundred have no block, or a late one.
    pub late_percent: u32,
}

/// What one peer said of one duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signing {
    /// When it had verified the group signatures.
    pub at: Timestamp,
    /// The round they were prepared in.
    pub round: Round,
}

pub struct World {
    /// What makes this world.
    pub seed: u64,
    pub now: Timestamp,
    pub(crate) queue: BTreeMap<(Timestamp, u64), Event>,
    pub(crate) number: u64,
    pub(crate) dice: StdRng,
    /// The keys.
    pub cluster: Arc<Cluster>,
    pub chain: Chain,
    /// The machines.
    pub peers: Vec<Peer>,
    pub(crate) links: Links,
    /// The network.
    pub weather: Weather,
    pub checks: Checks,
    /// The hash of everything that has happened.
    pub hash: StateHash,
    pub signed: BTreeMap<(usize, DutyId), Signing>,
    /// When whose duty came how far.
    pub reached: BTreeMap<(usize, DutyId, Phase), Timestamp>,
    /// Whether a peer was told that its record is an old one.
    pub rolled_back: BTreeMap<usize, usize>,
    /// Heads that a script has set: for each slot, the branch that each peer sees first.
    pub branches: BTreeMap<Slot, Vec<u8>>,
    /// When after its slot's start a script lets a foreign block arrive everywhere, in ms.
    pub arrivals: BTreeMap<Slot, u64>,
    /// What each peer said of the end of a duty.
    pub told: Vec<(usize, DutyId, Note)>,
    /// The duties of which each peer would have the chain read.
    pub followed: Vec<(usize, Owed)>,
    /// How often each peer told its operator to upgrade.
    pub warned: BTreeMap<usize, usize>,
    /// Which peer signs no duty any more for which validator, and why.
    pub halted: Vec<(usize, ValidatorPosition, Halt)>,
    /// What beacon nodes have named.
    pub named: BTreeSet<DutyId>,
    /// What a beacon node refused, as the chain would: whose node, which duty, whose vote or block.
    pub refused: Vec<(usize, DutyId, u32)>,
    /// What each peer had to say against a value.
    pub objections: Vec<(usize, DutyId, Objection)>,
    /// Against whose value.
    pub objected: BTreeSet<(usize, DutyId, usize)>,
    /// Who did not know in time how the node account stood.
    pub unread: BTreeSet<(usize, DutyId)>,
    /// Rocket Pool, in worlds that have it.
    pub rocket: Option<Rocket>,
    /// Who was blamed by whom for which rule.
    pub blamed: BTreeSet<(usize, usize, Breach)>,
    /// Who said of whom that its chain begins at another time.
    pub estranged: BTreeSet<(usize, usize)>,
    /// How often which peer passed over what from whom, as it is of a later version.
    pub passed_over: BTreeMap<(usize, usize, &'static str), usize>,
    /// How often a vault refused a RANDAO reveal.
    pub refused_reveals: usize,
    /// How often each peer asked its beacon node about a duty, by the duty.
    pub asked: BTreeMap<(usize, DutyId), usize>,
    /// Who submitted which block.
    pub publishers: BTreeMap<DutyId, BTreeSet<usize>>,
    /// How often each peer asked others for blobs.
    pub pulls: BTreeMap<usize, usize>,
    /// How many parts of blobs each peer gave.
    pub parts: BTreeMap<usize, usize>,
    /// How often each said that it has none.
    pub refusals: BTreeMap<usize, usize>,
    /// How often each peer sent selection proofs while attestations were due.
    pub hurried: BTreeMap<usize, usize>,
    /// What each beacon node was told last of whose attestation in which slot: when, and whether
    /// that is an aggregator's.
    pub subscribed: BTreeMap<(usize, Slot, u32), (Timestamp, bool)>,
    /// Whether our validators sit in the sync committee.
    pub has_committee: bool,
    /// What each peer told of seats in it.
    pub seats_told: Vec<(usize, Note)>,
    /// What a leader proposes in place of its aggregates.
    pub lies: BTreeMap<(usize, DutyId), Lie>,
    /// What is said and done about exits.
    pub exits: Exits,
    /// What is said and done about intents.
    pub intending: Intending,
    /// What is said and done about deposits.
    pub joining: Joining,
    /// The relay, in worlds that have one.
    pub builder: Option<Builder>,
    /// What relays were told.
    pub relays: Relays,
    pub(crate) past: Vec<Vec<Vec<u8>>>,
    /// The group signatures that were checked already.
    pub(crate) verified: BTreeSet<(u32, Root, SignatureBytes)>,
}

/// The clusters that were made, by their sizes and whether they join Rocket Pool.
type Made = BTreeMap<(usize, bool, bool), Arc<Cluster>>;

/// The cluster of n peers that joins Rocket Pool.
pub fn joining_cluster(peers: usize) -> Arc<Cluster> {
    cluster(peers, true, false)
}

/// The cluster of n peers that signs exits in advance.
pub fn presigning_cluster(peers: usize) -> Arc<Cluster> {
    cluster(peers, false, true)
}

/// The cluster of n peers: made once, the same for every world.
fn cluster(peers: usize, joins: bool, presigns: bool) -> Arc<Cluster> {
    static MADE: OnceLock<Mutex<Made>> = OnceLock::new();
    let made = MADE.get_or_init(Mutex::default);
    let mut made = made.lock().unwrap();
    let chain = DefinitionChain {
        name: "sim".to_owned(),
        execution_chain_id: 1337,
        genesis_fork_version: [0, 0, 0, 1].into(),
        genesis_validators_root: [3; 32].into(),
        deposit_contract: [4; 20].into(),
    };
    let recipe = Recipe {
        peers,
        validators: VALIDATORS,
        chain,
        joins,
        presigns,
        seed: 42,
    };
    Arc::clone(
        made.entry((peers, joins, presigns))
            .or_insert_with(|| Arc::new(Cluster::make(&recipe))),
    )
}

impl World {
    /// A calm world of n correct peers that all start a few seconds before [`FIRST`].
    pub fn new(peers: usize, seed: u64) -> Self {
        Self::of(cluster(peers, false, false), seed)
    }

    /// The same, of this cluster.
    pub(crate) fn of(cluster: Arc<Cluster>, seed: u64) -> Self {
        let peers = cluster.identities.len();
        let size = cluster.lock.definition.terms().size();
        let validators = cluster.lock.validators.iter();
        let keys = validators.map(|v| v.public_key).collect();
        let chain = Chain::new(keys, peers);
        let start = chain.spec.start_of(Slot(FIRST)) - Duration::from_secs(5);
        let mut world = Self {
            seed,
            now: start,
            queue: BTreeMap::new(),
            number: 0,
            dice: StdRng::seed_from_u64(seed),
            peers: size.all().map(|index| Peer::new(&cluster, index)).collect(),
            cluster,
            chain,
            links: Links::default(),
            weather: Weather {
                delay_ms: (5, 20),
                split_percent: 0,
                late_percent: 0,
            },
            checks: Checks::new(size),
            hash: StateHash(seed ^ 0xcbf2_9ce4_8422_2325),
            signed: BTreeMap::new(),
            reached: BTreeMap::new(),
            rolled_back: BTreeMap::new(),
            branches: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            told: Vec::new(),
            followed: Vec::new(),
            warned: BTreeMap::new(),
            halted: Vec::new(),
            named: BTreeSet::new(),
            refused: Vec::new(),
            objections: Vec::new(),
            objected: BTreeSet::new(),
            unread: BTreeSet::new(),
            rocket: None,
            blamed: BTreeSet::new(),
            estranged: BTreeSet::new(),
            passed_over: BTreeMap::new(),
            refused_reveals: 0,
            asked: BTreeMap::new(),
            publishers: BTreeMap::new(),
            hurried: BTreeMap::new(),
            subscribed: BTreeMap::new(),
            has_committee: false,
            seats_told: Vec::new(),
            lies: BTreeMap::new(),
            pulls: BTreeMap::new(),
            parts: BTreeMap::new(),
            refusals: BTreeMap::new(),
            exits: Exits::default(),
            intending: Intending::default(),
            joining: Joining::default(),
            builder: None,
            relays: Relays::default(),
            past: vec![Vec::new(); peers],
            verified: BTreeSet::new(),
        };
        world.at(
            world.chain.spec.start_of(Slot(FIRST)),
            Event::Slot(Slot(FIRST)),
        );
        for peer in 0..peers {
            let later = world.draw_ms((0, 500));
            world.at(start + later, Event::Fault(Fault::Start(peer)));
        }
        world
    }

    /// A peer breaks the protocol from now on.
    pub fn corrupt(&mut self, peer: usize, villain: Villain) {
        self.peers[peer].conduct = Conduct::Villain(villain);
        self.checks.bad.insert(peer);
        if villain == Villain::Equivocator {
            self.checks.expect_contradictions();
        }
    }

    /// Lets time pass until `after` has passed since the beginning of `slot`. Stops at the first
    /// violation.
    pub fn run_until(&mut self, slot: u64, after: Duration) {
        let end = self.chain.spec.start_of(Slot(slot)) + after;
        while let Some(next) = self.next_moment().filter(|next| *next <= end) {
            if !self.checks.found.is_empty() {
                return;
            }
            self.now = self.now.max(next);
            self.chain.clock = self.now;
            self.advance();
        }
        self.now = self.now.max(end);
    }

    /// Lets time pass until `slot` begins.
    pub fn run_to(&mut self, slot: u64) {
        self.run_until(slot, Duration::ZERO);
    }

    /// Ends with words if an invariant was violated.
    pub fn assert_safe(&self) {
        if let Some(Violation { invariant, detail }) = self.checks.found.first() {
            panic!("{invariant} is violated: {detail}\n{}", self.name());
        }
    }

    /// Ends with words if a duty of these slots was missed, or anything was violated.
    pub fn assert_all_done(&self, slots: std::ops::Range<u64>) {
        self.assert_safe();
        let missed = self.chain.missed(slots);
        assert!(missed.is_empty(), "missed: {missed:?}\n{}", self.name());
    }

    /// How to make this world again.
    pub fn name(&self) -> String {
        let conducts: Vec<_> = self.peers.iter().map(|peer| peer.conduct).collect();
        format!(
            "seed {}, n = {}, {conducts:?}, hash {:x}",
            self.seed,
            self.peers.len(),
            self.hash.0
        )
    }

    /// Lets something go wrong now.
    pub fn fault(&mut self, fault: Fault) {
        self.at(self.now, Event::Fault(fault));
    }

    pub(crate) fn draw_ms(&mut self, (least, most): (u64, u64)) -> Duration {
        Duration::from_micros(self.dice.random_range(least * 1000..=most * 1000))
    }
}
