//! The state of a running peer as one JSON document, which `gantry status` reads and prints.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::disk::duty_history::Ending;

/// Duties shown at most.
const SHOWN: usize = 256;

/// Everything `gantry status` shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// This peer's name.
    pub name: String,
    /// The cluster's name.
    pub cluster: String,
    pub slot: u64,
    /// 0 while the beacon node has not said it.
    #[serde(default)]
    pub slots_per_epoch: u64,
    pub peers: Vec<PeerStatus>,
    pub beacon_node: BeaconStatus,
    /// Each of several beacon nodes, in the operator's order; empty where there is one.
    #[serde(default)]
    pub beacon_nodes: Vec<BeaconNodeStatus>,
    pub record: RecordStatus,
    /// Our validators that the chain knows, and how many of them are active.
    pub validators: ValidatorStatus,
    /// Whether the lock has a key for pre-signed exits; those made before version 2 have none.
    #[serde(default)]
    pub has_exit_key: bool,
    /// What is signed in advance of exits.
    #[serde(default)]
    pub presigned: PresignedStatus,
    /// Exits of which an operator approves, or that are under way.
    #[serde(default)]
    pub exits: Vec<ExitStatus>,
    /// What is seen of Rocket Pool, where the operators have agreed on it.
    #[serde(default)]
    pub pool: Option<PoolStatus>,
    /// What the duties of the last epochs have earned, as the chain shows it, newest first.
    #[serde(default)]
    pub epochs: Vec<EpochStatus>,
    /// How the last duties ended, newest first.
    pub duties: Vec<Ending>,
}

/// What the duties of one epoch have earned, of those that this peer knew.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochStatus {
    pub epoch: u64,
    /// Owed.
    pub attestations: u64,
    /// In a block.
    pub included: u64,
    /// With the right target.
    pub targets: u64,
    /// With the right head.
    pub heads: u64,
    /// The share of what its attestations could earn, 0 to 1; none where none was owed.
    pub effectiveness: Option<f64>,
    /// Owed.
    pub blocks: u64,
    /// In the chain.
    pub proposed: u64,
    /// Sync committee messages of slots that a block came after.
    #[serde(default)]
    pub sync_messages: u64,
    /// In that block.
    #[serde(default)]
    pub synced: u64,
}

/// What a peer sees of its cluster at Rocket Pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// The node account; empty before the first look.
    pub node: String,
    /// The version of the agreement that is in force.
    pub version: u64,
    /// The number of the intent on it that is in force, if one is.
    #[serde(default)]
    pub intent: Option<u64>,
    pub head_block: u64,
    pub finalised_block: u64,
    /// What should worry.
    pub alarms: Vec<String>,
    /// Why nothing is seen now, if so; what stands beside it was seen before.
    pub problem: Option<String>,
    /// Whether the node account is one account with a key, and no Safe of all operators.
    #[serde(default)]
    pub is_of_one_key: bool,
    /// If this peer sends for the node account.
    #[serde(default)]
    pub coordinator: Option<CoordinatorStatus>,
}

/// What the peer does that sends for the node account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CoordinatorStatus {
    /// The account; empty before its keystore could be opened.
    pub account: String,
    /// What it does now.
    pub does: String,
    /// What other steps wait for.
    pub waits: Vec<String>,
    /// Why it sends nothing, if that does not pass by itself.
    pub problem: Option<String>,
    /// Whether it is one of those that own the node account, a Safe, and not the one that has its
    /// key.
    #[serde(default)]
    pub is_owner: bool,
}

impl CoordinatorStatus {
    /// Before Rocket Pool was looked at.
    pub fn unseen() -> Self {
        Self {
            does: "waits until Rocket Pool is seen".to_owned(),
            ..Self::default()
        }
    }
}

/// What is signed in advance of exits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PresignedStatus {
    /// Validators that were active in a final state.
    pub active: usize,
    /// Those of which t sealed parts are held.
    pub whole: usize,
    /// Of how many of the active ones the sealed part of which operator's peer is not held.
    pub lacking: Vec<(String, usize)>,
    /// How many operators open one.
    pub openers: usize,
    /// Whether this peer's own share of the seal key cannot be used.
    pub is_keyless: bool,
}

/// The exit of one validator.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExitStatus {
    /// Position of the validator in the lock.
    pub validator: u32,
    pub index: Option<u64>,
    pub epoch: u64,
    /// Names of operators.
    pub approved_by: Vec<String>,
    /// Names of operators who let what was signed in advance be opened.
    #[serde(default)]
    pub opened_by: Vec<String>,
    /// Operators whose programs do not know exits.
    pub too_old: Vec<String>,
    /// How far it has come, in words.
    pub stage: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PeerStatus {
    pub name: String,
    /// Whether a session is up.
    pub connected: bool,
    pub software: String,
    /// The wire version that both sides speak; none while there is no session.
    #[serde(default)]
    pub wire_version: Option<u32>,
    /// Round trip in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Milliseconds its clock is ahead of ours.
    pub clock_offset_ms: Option<f64>,
    /// Why there is no session.
    pub problem: Option<String>,
    /// The highest number that it has shown of its signing record, 0 if none.
    #[serde(default)]
    pub record_seen: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BeaconStatus {
    /// Its address: scheme, host and port.
    pub node: String,
    pub head_slot: Option<u64>,
    /// What is wrong with its event stream, if anything.
    pub problem: Option<String>,
    /// The first epoch in which its chain has other forks or constants than when the peer started:
    /// nothing is signed from there on.
    pub other_chain_from: Option<u64>,
    /// A fork of its chain that this version cannot sign for, if one is scheduled.
    #[serde(default)]
    pub unserved_fork: Option<ForkStatus>,
}

/// One of several beacon nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BeaconNodeStatus {
    /// Its place in the operator's order, from 1, and its address: scheme, host and port.
    pub node: String,
    /// Whether it is waited for.
    pub is_sound: bool,
    /// Whether it comes before all others.
    pub is_first: bool,
    /// Why it is not sound, or what it lacks.
    pub problem: Option<String>,
    pub head_slot: Option<u64>,
    /// By how many slots it says that it is behind.
    pub sync_distance: Option<u64>,
    pub peers: Option<u64>,
    /// How long it takes for a short answer, on average.
    pub answer_ms: Option<f64>,
}

/// A fork that this version cannot sign for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ForkStatus {
    pub name: String,
    /// Its first epoch.
    pub epoch: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordStatus {
    /// The last sequence number that is durable.
    pub sequence: u64,
    /// The slot up to which this run does not vote (the restart rule).
    pub silent_until: Option<u64>,
    /// Why nothing is signed, if so.
    pub stopped: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ValidatorStatus {
    /// In the lock.
    pub total: usize,
    /// Known to the chain.
    pub registered: usize,
    /// With duties.
    pub active: usize,
    /// With a seat in the sync committee, whose duty this version does not perform.
    #[serde(default)]
    pub seats: usize,
    /// For which of them no duty is signed, and why.
    #[serde(default)]
    pub halted: Vec<String>,
}

/// The present status, written by the loop and read by the web server.
#[derive(Debug, Default)]
pub struct StatusBoard(Mutex<Status>);

impl StatusBoard {
    /// A board that shows this at first.
    pub fn new(status: Status) -> Self {
        Self(Mutex::new(status))
    }

    /// What it shows now.
    pub fn read(&self) -> Status {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many slots an epoch has; 0 while nobody knows.
    pub fn slots_per_epoch(&self) -> u64 {
        let status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.slots_per_epoch
    }

    pub fn change(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Shows how a duty ended; a later word on the same duty takes the place of an earlier.
    pub fn ended(&self, ending: Ending) {
        self.change(|status| {
            let same = |other: &Ending| other.slot == ending.slot && other.kind == ending.kind;
            status.duties.retain(|other| !same(other));
            status.duties.insert(0, ending);
            status.duties.truncate(SHOWN);
        });
    }
}
