//! What a chain is: its slots, forks, preset and names, as its beacon node tells it; and its clock.
//!
//! Source: Beacon API `/eth/v1/config/spec` and `/eth/v1/beacon/genesis`; consensus-specs
//! `phase0/validator.md` and `fork-choice.md` (`get_slot_component_duration_ms`).
//!
//! Never here: the time of day. Every question about time takes or gives a [`Timestamp`].

mod blobs;
mod keys;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

pub use blobs::BlobLimits;
use keys::Keys;

use super::{Domain, DomainType, ForkName, ForkSchedule, ForkVersion, PresetBase, UnknownFork};
use crate::{Address, Epoch, Root, Slot, Timestamp};

/// The answer of `/eth/v1/beacon/genesis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Seconds since the Unix epoch at which slot 0 starts.
    #[serde(with = "serde_utils::quoted_u64")]
    pub genesis_time: u64,
    /// The root of the validators at genesis, which names the chain in domains.
    pub genesis_validators_root: Root,
    /// The version of the fork at genesis, which deposits are signed for.
    pub genesis_fork_version: ForkVersion,
}

/// The beacon node's answer to `/eth/v1/config/spec` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// A key is not there.
    #[error("the beacon node's spec has no {0}: upgrade the beacon node")]
    Missing(&'static str),
    /// A key has a value that cannot be read or makes no sense.
    #[error("the beacon node's spec says {key} = {value}, expected {expected}")]
    Bad {
        /// The key.
        key: String,
        /// Its value, cut to 80 characters.
        value: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// The preset has the right name but other list limits.
    #[error("the beacon node is built for preset {preset} but with {key} = {got}, not {expected}")]
    OtherPreset {
        /// The preset's name.
        preset: PresetBase,
        /// The constant that differs.
        key: &'static str,
        /// The node's value.
        got: u64,
        /// Ours.
        expected: u64,
    },
}

/// A fork that the chain has scheduled, and that this version of Gantry cannot sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unserved {
    /// Its name in lower case, cut to 32 characters.
    pub name: String,
    /// The first epoch it holds in.
    pub epoch: Epoch,
}

/// One chain: everything that signing and timing need to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSpec {
    genesis: Genesis,
    slots_per_epoch: u64,
    slot_duration_ms: u64,
    attestations: Due,
    aggregates: Due,
    sync_messages: Due,
    contributions: Due,
    forks: ForkSchedule,
    unserved: Option<Unserved>,
    blobs: BlobLimits,
    capella_version: ForkVersion,
    preset: PresetBase,
    deposit_contract: Address,
    deposit_chain_id: u64,
    shard_committee_period: u64,
}

/// When in a slot something is due, in basis points of the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    /// As the node says it, if it does.
    said: Option<u64>,
    /// Where it does not.
    otherwise: u64,
    /// From this epoch on it is due then.
    gloas: Option<(Epoch, u64)>,
}

impl Due {
    fn in_epoch(self, epoch: Epoch) -> u64 {
        match self.gloas {
            Some((gloas, due)) if epoch >= gloas => due,
            Some(_) | None => self.said.unwrap_or(self.otherwise),
        }
    }
}

/// Attestations are due after this part of a slot where the spec does not say (basis points).
const ATTESTATION_DUE_BPS: u64 = 3333;
/// The same of aggregates.
const AGGREGATE_DUE_BPS: u64 = 6667;
/// The same of sync committee messages.
const SYNC_MESSAGE_DUE_BPS: u64 = 3333;
/// The same of contributions.
const CONTRIBUTION_DUE_BPS: u64 = 6667;
/// The whole in basis points.
const BASIS_POINTS: u64 = 10_000;

impl ChainSpec {
    /// Reads the `data` of `/eth/v1/config/spec`. Keys that are not needed may have any value.
    ///
    /// # Errors
    /// If a key is missing, unreadable or makes no sense.
    pub fn new(data: &BTreeMap<String, Value>, genesis: Genesis) -> Result<Self, SpecError> {
        let keys = Keys(data);
        let slot_duration_ms = match keys.number("SLOT_DURATION_MS")? {
            Some(ms) => ms,
            None => keys
                .number("SECONDS_PER_SLOT")?
                .ok_or(SpecError::Missing("SECONDS_PER_SLOT"))?
                .saturating_mul(1000),
        };
        let later = keys.forks()?;
        let gloas = later.iter().find(|fork| fork.name == "gloas");
        let gloas = gloas.map(|fork| fork.epoch);
        let due = |key, key_in_gloas, otherwise| -> Result<Due, SpecError> {
            let from = |epoch: Epoch| Ok(keys.due(key_in_gloas)?.map(|due| (epoch, due)));
            Ok(Due {
                said: keys.due(key)?,
                otherwise,
                gloas: gloas.map(from).transpose()?.flatten(),
            })
        };
        let attestations = due(
            "ATTESTATION_DUE_BPS",
            "ATTESTATION_DUE_BPS_GLOAS",
            ATTESTATION_DUE_BPS,
        )?;
        // No attestation waits for a node that says these in a strange way.
        let leniently = |key, key_in_gloas, otherwise| {
            let strange = Due {
                said: None,
                otherwise,
                gloas: None,
            };
            due(key, key_in_gloas, otherwise).unwrap_or(strange)
        };
        let aggregates = leniently(
            "AGGREGATE_DUE_BPS",
            "AGGREGATE_DUE_BPS_GLOAS",
            AGGREGATE_DUE_BPS,
        );
        let sync_messages = leniently(
            "SYNC_MESSAGE_DUE_BPS",
            "SYNC_MESSAGE_DUE_BPS_GLOAS",
            SYNC_MESSAGE_DUE_BPS,
        );
        let contributions = leniently(
            "CONTRIBUTION_DUE_BPS",
            "CONTRIBUTION_DUE_BPS_GLOAS",
            CONTRIBUTION_DUE_BPS,
        );
        let preset: PresetBase = keys.parsed("PRESET_BASE", "mainnet or minimal")?;
        // Only exits need it: no duty waits for a node that says it in a strange way.
        let shard_committee_period = keys.number("SHARD_COMMITTEE_PERIOD").ok().flatten();
        let spec = Self {
            slots_per_epoch: keys.within("SLOTS_PER_EPOCH", 1..=1 << 16)?,
            slot_duration_ms: keys.check("SLOT_DURATION_MS", slot_duration_ms, 1..=3_600_000)?,
            attestations,
            aggregates,
            sync_messages,
            contributions,
            capella_version: keys.parsed("CAPELLA_FORK_VERSION", "4 bytes in hex")?,
            preset,
            deposit_contract: keys.parsed("DEPOSIT_CONTRACT_ADDRESS", "an address")?,
            deposit_chain_id: keys.within("DEPOSIT_CHAIN_ID", 0..=u64::MAX)?,
            forks: ForkSchedule::new(genesis.genesis_fork_version, later),
            unserved: keys.unserved(),
            blobs: BlobLimits::of(&keys),
            shard_committee_period: shard_committee_period
                .unwrap_or(preset.shard_committee_period()),
            genesis,
        };
        keys.same_limits(spec.preset)?;
        Ok(spec)
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The preset whose list limits its blocks have.
    pub fn preset(&self) -> PresetBase {
        self.preset
    }

    /// Its forks.
    pub fn forks(&self) -> &ForkSchedule {
        &self.forks
    }

    /// The first scheduled fork that Gantry cannot sign for, if there is one.
    pub fn unserved(&self) -> Option<&Unserved> {
        self.unserved.as_ref()
    }

    /// How many blobs its blocks may have.
    pub fn blobs(&self) -> &BlobLimits {
        &self.blobs
    }

    /// The deposit contract on the execution chain.
    pub fn deposit_contract(&self) -> Address {
        self.deposit_contract
    }

    /// The execution chain's id.
    pub fn deposit_chain_id(&self) -> u64 {
        self.deposit_chain_id
    }

    /// Slots in an epoch; never 0.
    pub fn slots_per_epoch(&self) -> u64 {
        self.slots_per_epoch
    }

    /// How long a slot is; never zero.
    pub fn slot_duration(&self) -> Duration {
        Duration::from_millis(self.slot_duration_ms)
    }

    /// Whether the node said when attestations are due. If not, a third of the slot is assumed,
    /// which the operator should be told once.
    pub fn says_when_attestations_are_due(&self) -> bool {
        self.attestations.said.is_some()
    }

    /// The epoch of `slot`.
    pub fn epoch_of(&self, slot: Slot) -> Epoch {
        slot.epoch(self.slots_per_epoch)
    }

    /// The first slot of `epoch`.
    pub fn first_slot(&self, epoch: Epoch) -> Slot {
        epoch.first_slot(self.slots_per_epoch)
    }

    /// The moment at which `slot` starts.
    pub fn start_of(&self, slot: Slot) -> Timestamp {
        let genesis = Timestamp::from_unix(Duration::from_secs(self.genesis.genesis_time));
        genesis + Duration::from_millis(self.slot_duration_ms.saturating_mul(slot.0))
    }

    /// The slot at `now`; none before genesis.
    pub fn slot_at(&self, now: Timestamp) -> Option<Slot> {
        let micros = now.micros().checked_sub(self.start_of(Slot(0)).micros())?;
        Some(Slot(micros / 1000 / self.slot_duration_ms))
    }

    /// The moment at which the attestations of `slot` are due.
    pub fn attestation_deadline(&self, slot: Slot) -> Timestamp {
        self.due_in(slot, self.attestations)
    }

    /// The moment at which the aggregates of `slot` are due.
    pub fn aggregate_deadline(&self, slot: Slot) -> Timestamp {
        self.due_in(slot, self.aggregates)
    }

    /// The moment at which the sync committee messages of `slot` are due.
    pub fn sync_message_deadline(&self, slot: Slot) -> Timestamp {
        self.due_in(slot, self.sync_messages)
    }

    /// The moment at which the sync committee contributions of `slot` are due.
    pub fn contribution_deadline(&self, slot: Slot) -> Timestamp {
        self.due_in(slot, self.contributions)
    }

    fn due_in(&self, slot: Slot, due: Due) -> Timestamp {
        let basis_points = due.in_epoch(self.epoch_of(slot));
        let ms = self.slot_duration_ms.saturating_mul(basis_points) / BASIS_POINTS;
        self.start_of(slot) + Duration::from_millis(ms)
    }

    /// The fork whose containers hold in `epoch`.
    ///
    /// # Errors
    /// If Gantry has none for it.
    pub fn fork_at(&self, epoch: Epoch) -> Result<ForkName, UnknownFork> {
        self.forks.at(epoch).name.parse()
    }

    /// The first epoch from `from` on in which `other` gives other domains, containers or slots
    /// than this spec, if there is one. When attestations are due is no such difference: it
    /// changes nothing that is signed.
    pub fn first_difference(&self, other: &Self, from: Epoch) -> Option<Epoch> {
        let of = |spec: &Self| spec.forks.iter().map(|fork| fork.epoch).collect::<Vec<_>>();
        let mut epochs = [vec![from], of(self), of(other)].concat();
        epochs.retain(|epoch| *epoch >= from);
        epochs.sort_unstable();
        epochs.into_iter().find(|epoch| {
            let always = |spec: &Self| {
                let length = (spec.slots_per_epoch, spec.slot_duration_ms);
                (spec.genesis, length, spec.preset, spec.capella_version)
            };
            let (ours, theirs) = (self.forks.at(*epoch), other.forks.at(*epoch));
            always(self) != always(other)
                || (&ours.name, ours.version) != (&theirs.name, theirs.version)
        })
    }

    /// The domain of `purpose` in `epoch`: for an attestation the target's epoch, for a block and
    /// a RANDAO reveal the epoch of its slot.
    pub fn domain(&self, purpose: DomainType, epoch: Epoch) -> Domain {
        let version = self.forks.at(epoch).version;
        Domain::new(purpose, version, self.genesis.genesis_validators_root)
    }

    /// The domain of every deposit to this chain.
    pub fn deposit_domain(&self) -> Domain {
        Domain::deposit(self.genesis.genesis_fork_version)
    }

    /// How many epochs a validator must have been active before it may leave
    /// (`SHARD_COMMITTEE_PERIOD`); that of the preset where the node does not say it.
    pub fn shard_committee_period(&self) -> u64 {
        self.shard_committee_period
    }

    /// The domain of every voluntary exit: Capella's for ever (EIP-7044), so that an exit signed
    /// today stays valid.
    pub fn voluntary_exit_domain(&self) -> Domain {
        Domain::new(
            DomainType::VoluntaryExit,
            self.capella_version,
            self.genesis.genesis_validators_root,
        )
    }
}
