//! One simulated machine: a disk that outlives every process on it, a process that is rebuilt from
//! the disk as `gantry run` does, a clock that may be wrong, and a beacon node beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use node_core::duties::facts::ClusterFacts;
use node_core::duties::node::Node;
use node_core::duties::peers::Peers;
use node_core::partials::keys::ClusterKeys;
use node_core::pool::agreement::BuilderPolicy;
use node_core::pool::intent::{Cluster as Whose, Intents};
use node_core::record::{
    Entry, History, Journal, JournalError, LogFile, Owner, Record, SimulatedDisk,
};
use node_core::vault::{ExitKey, Held, Vault};
use proto::agreement::PoolVersion;
use proto::eth::{ChainSpec, ValidatorIndex};
use proto::frame::{SentExitWord, SentSealedExit};
use proto::{Address, PeerIndex, Timestamp, Versions};
use tests::cluster::Cluster;

use crate::aggregates::Pool;
use crate::villains::Villain;

/// What is the matter with a beacon node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeaconNode {
    /// Nothing.
    Sound,
    /// It is down: every question fails at once, and it sends no events.
    Dead,
    /// It hangs: it takes questions and answers none before they time out, and sends no events.
    Hung,
    /// Its head is not verified by its execution client: it gives no head vote and no block.
    Optimistic,
}

/// Whom the checkers hold a peer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conduct {
    /// It follows the protocol, whatever happens to it.
    Correct,
    /// It breaks it on purpose.
    Villain(Villain),
    /// An old image of its disk was put in place: it counts among the bad ones.
    RolledBack,
}

/// One machine.
pub struct Peer {
    /// Its place in the cluster.
    pub index: PeerIndex,
    pub disk: SimulatedDisk,
    /// The process on it, while one lives.
    pub process: Option<Process>,
    /// How many processes there have been: what belonged to an earlier one is void.
    pub life: u32,
    /// The highest record sequences the others have shown.
    pub memory: BTreeMap<PeerIndex, u64>,
    /// What of operators' words about exits is on its disk.
    pub words: Vec<SentExitWord>,
    /// What of intents is on its disk.
    pub intents: Option<String>,
    /// What of sealed exits is on its disk.
    pub sealed: Vec<SentSealedExit>,
    /// How far its clock is ahead, in microseconds.
    pub skew_micros: i64,
    /// How much its clock gains in each slot, in microseconds.
    pub drift_micros: i64,
    /// The beacon node beside it.
    pub beacon: BeaconNode,
    /// What its beacon node aggregates.
    pub pool: Pool,
    /// Whether its beacon node refuses whatever is submitted.
    pub refuses: bool,
    /// Whether its beacon node says that it took a block although the blobs are others.
    pub is_credulous: bool,
    /// Whether head events come.
    pub hears: bool,
    /// What its beacon node says the chain is.
    pub spec: Box<ChainSpec>,
    /// How long its beacon node takes to name duties, if longer than for other answers.
    pub draw_ms: Option<(u64, u64)>,
    /// How long its beacon node takes to answer, at least and at most, in ms.
    pub answer_ms: (u64, u64),
    /// Whose view a second beacon node of it has, if it has two.
    pub second: Option<usize>,
    /// How long a sync of its disk takes, at least and at most, in ms.
    pub sync_ms: (u64, u64),
    /// Whom the checkers hold it for.
    pub conduct: Conduct,
    /// Who gets the fees of the blocks that its beacon node builds and it finds right.
    pub fee_recipient: [u8; 20],
    /// The agreement on Rocket Pool that lies on its disk.
    pub agreement: Option<PoolVersion>,
    /// What the agreement on its disk says of builders.
    pub builders: Option<BuilderPolicy>,
    /// Whether its execution node says nothing.
    pub is_unread: bool,
    /// Whether it knows whom blocks are to pay.
    pub knows_recipient: bool,
    /// Whom its beacon node was last told to pay, by proposer; none if it was told nothing yet.
    pub prepared: Option<Vec<(ValidatorIndex, Address)>>,
    /// What the program on it speaks.
    pub versions: Versions,
    /// Claims about its record that its operator has found to be untrue.
    pub denied: BTreeSet<(PeerIndex, u64)>,
    /// Durable images of the disk, one for each slot since the start.
    pub images: Vec<Image>,
    /// The power fails during the next write.
    pub power_cut: bool,
}

/// What both copies of the record hold.
pub type Image = [Option<Vec<u8>>; 2];

/// A running process.
pub struct Process {
    /// The core.
    pub node: Node,
    /// Its record.
    pub journal: Journal<SimulatedDisk>,
    /// Records that wait for the writer.
    pub waiting: Vec<Record>,
    /// Whether the writer is at work.
    pub is_writing: bool,
    /// When the core wants to be woken, by the world's clock.
    pub deadline: Option<Timestamp>,
    /// How often in a row it was woken at one moment.
    pub spins: u32,
}

impl Peer {
    /// A machine on which the ceremony has just begun a record.
    pub fn new(cluster: &Cluster, index: PeerIndex) -> Self {
        let disk = SimulatedDisk::new();
        let keys = cluster
            .lock
            .validators
            .iter()
            .map(|validator| validator.public_key);
        let mut history = History::default();
        history.add(Entry::Enrolled(keys.collect())).unwrap();
        Journal::create(disk.clone(), owner(cluster, index), history).unwrap();
        Self {
            index,
            disk,
            process: None,
            life: 0,
            memory: BTreeMap::new(),
            words: Vec::new(),
            intents: None,
            sealed: Vec::new(),
            skew_micros: 0,
            drift_micros: 0,
            beacon: BeaconNode::Sound,
            pool: Pool::Whole,
            refuses: false,
            is_credulous: false,
            hears: true,
            spec: Box::new(crate::chain::spec()),
            draw_ms: None,
            answer_ms: (5, 30),
            second: None,
            sync_ms: (2, 8),
            conduct: Conduct::Correct,
            fee_recipient: crate::chain::FEE_RECIPIENT,
            agreement: None,
            builders: None,
            is_unread: false,
            knows_recipient: true,
            prepared: None,
            versions: Versions::OURS,
            denied: BTreeSet::new(),
            images: Vec::new(),
            power_cut: false,
        }
    }

    /// This peer's clock at a moment of the world.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_micros(now.micros().saturating_add_signed(self.skew_micros))
    }

    /// The moment of the world at which this peer's clock shows `local`.
    pub fn moment(&self, local: Timestamp) -> Timestamp {
        Timestamp::from_micros(local.micros().saturating_add_signed(-self.skew_micros))
    }

    /// Whether it follows the protocol.
    pub fn is_correct(&self) -> bool {
        self.conduct == Conduct::Correct
    }

    /// What of the record is durable at this moment.
    pub fn image(&self) -> Image {
        [LogFile::A, LogFile::B].map(|file| self.disk.durable(file))
    }

    /// Everything that a process would find recorded after a power loss at this moment.
    pub fn durable_history(&self, cluster: &Cluster) -> Result<History, JournalError> {
        let [a, b] = self.image();
        let mut copy = SimulatedDisk::new();
        copy.tamper(LogFile::A, a);
        copy.tamper(LogFile::B, b);
        Journal::read(&mut copy, &owner(cluster, self.index))
    }

    /// What never changes while a process runs.
    pub fn facts(&self, cluster: &Cluster, chain: &Arc<ChainSpec>) -> ClusterFacts {
        let recipient = self.knows_recipient.then(|| self.fee_recipient.into());
        ClusterFacts {
            chain: Arc::clone(chain),
            lock: cluster.lock.hash(),
            roster: Arc::new(cluster.lock.definition.terms().roster().clone()),
            me: self.index,
            identity: cluster.identities[self.index.position()].clone(),
            keys: ClusterKeys::of(&cluster.lock).unwrap(),
            fee_recipients: vec![recipient; cluster.lock.validators.len()],
            seed: [7; 32],
        }
    }

    /// The shares with what the record holds.
    pub fn vault(&self, cluster: &Cluster, history: History) -> Vault {
        let outcome = &cluster.outcomes[self.index.position()];
        let held = outcome.validators.iter().map(|validator| Held {
            group_key: validator.public_key,
            share: validator.share.clone(),
            deposits: None,
        });
        let size = cluster.lock.definition.terms().size();
        let mut vault = Vault::open(size, held.collect(), history).unwrap();
        let key = ExitKey::of(&cluster.lock).unwrap();
        if let Some((key, own)) = key.zip(outcome.exit_seal.as_ref()) {
            vault.hold_exit_key(key.held(self.index, &own.share));
        }
        for (claimant, sequence) in &self.denied {
            vault.deny(*claimant, *sequence);
        }
        vault
    }

    /// Starts a process from what lies on the disk.
    pub fn start(&mut self, cluster: &Cluster, chain: &Arc<ChainSpec>) -> Result<(), JournalError> {
        let journal = Journal::open(self.disk.clone(), owner(cluster, self.index))?;
        let facts = self.facts(cluster, chain);
        let vault = self.vault(cluster, journal.history().clone());
        let peers = Peers::new(facts.roster.size(), self.index, self.memory.clone());
        self.life += 1;
        let mut node = Node::new(facts, vault, peers, journal.recorded());
        node.recall(self.words.clone());
        if let Some(text) = &self.intents {
            let kept = Intents::from_json(text, &Whose::of(&cluster.lock));
            node.recall_intents(kept.unwrap());
        }
        node.recall_sealed(Some(self.sealed.clone()));
        node.build_by(self.builders.clone());
        if let Some(version) = &self.agreement {
            node.watch_pool();
            node.agree(version);
        }
        self.process = Some(Process {
            node,
            journal,
            waiting: Vec::new(),
            is_writing: false,
            deadline: None,
            spins: 0,
        });
        Ok(())
    }
}

/// Whose record it is.
pub fn owner(cluster: &Cluster, index: PeerIndex) -> Owner {
    let identity = cluster.identities[index.position()].public();
    Owner {
        cluster: cluster.lock.hash(),
        identity,
    }
}
