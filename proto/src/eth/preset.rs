//! The list limits in which the mainnet and minimal presets differ, as types.
//!
//! Only block containers depend on them. Everything that is equal in both presets stands as a
//! plain number at its container. Source: consensus-specs `presets/{mainnet,minimal}/*.yaml`.

use std::fmt::{self, Debug};
use std::str::FromStr;

use thiserror::Error;
use typenum::{Prod, U4, U8, U16, U32, U64, U128, U512, U2048, Unsigned};

/// A number as a type: a list's limit or a vector's length.
pub trait Limit: Unsigned + Clone + Debug + PartialEq + Eq + Send + Sync + 'static {}

impl<T: Unsigned + Clone + Debug + PartialEq + Eq + Send + Sync + 'static> Limit for T {}

/// A set of list limits that a chain is built with.
pub trait Preset: Clone + Debug + PartialEq + Eq + Send + Sync + 'static {
    /// `MAX_COMMITTEES_PER_SLOT`.
    type MaxCommitteesPerSlot: Limit;
    /// `MAX_VALIDATORS_PER_COMMITTEE * MAX_COMMITTEES_PER_SLOT`.
    type MaxValidatorsPerSlot: Limit;
    /// `SYNC_COMMITTEE_SIZE`.
    type SyncCommitteeSize: Limit;
    /// `SYNC_COMMITTEE_SIZE / SYNC_COMMITTEE_SUBNET_COUNT`.
    type SyncSubcommitteeSize: Limit;
    /// `MAX_WITHDRAWALS_PER_PAYLOAD`.
    type MaxWithdrawalsPerPayload: Limit;
}

/// The preset of mainnet and every public testnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mainnet;

/// The preset of small devnets: 8 slots an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimal;

type ValidatorsPerSlot<Committees> = Prod<U2048, Committees>;

impl Preset for Mainnet {
    type MaxCommitteesPerSlot = U64;
    type MaxValidatorsPerSlot = ValidatorsPerSlot<U64>;
    type SyncCommitteeSize = U512;
    type SyncSubcommitteeSize = U128;
    type MaxWithdrawalsPerPayload = U16;
}

impl Preset for Minimal {
    type MaxCommitteesPerSlot = U4;
    type MaxValidatorsPerSlot = ValidatorsPerSlot<U4>;
    type SyncCommitteeSize = U32;
    type SyncSubcommitteeSize = U8;
    type MaxWithdrawalsPerPayload = U4;
}

/// `PRESET_BASE`: which preset a chain says it is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PresetBase {
    /// [`Mainnet`].
    Mainnet,
    /// [`Minimal`].
    Minimal,
}

/// The chain is built with a preset that Gantry has no list limits for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected the preset mainnet or minimal, got {0:?}")]
pub struct UnknownPreset(pub String);

impl fmt::Display for PresetBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mainnet => "mainnet",
            Self::Minimal => "minimal",
        })
    }
}

impl FromStr for PresetBase {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        match name {
            "mainnet" => Ok(Self::Mainnet),
            "minimal" => Ok(Self::Minimal),
            _ => Err(UnknownPreset(name.chars().take(32).collect())),
        }
    }
}

impl PresetBase {
    /// The list limits of blocks, by their names in the spec, with this preset's values: a beacon
    /// node that says otherwise would give blocks with other roots.
    pub fn limits(self) -> impl Iterator<Item = (&'static str, u64)> {
        let own = match self {
            Self::Mainnet => limits::<Mainnet>(),
            Self::Minimal => limits::<Minimal>(),
        };
        own.into_iter().chain(EQUAL)
    }

    /// `SHARD_COMMITTEE_PERIOD` of this preset's configs, in epochs.
    pub fn shard_committee_period(self) -> u64 {
        match self {
            Self::Mainnet => 256,
            Self::Minimal => 64,
        }
    }
}

/// The limits that are equal in both presets, and the sizes of blobs.
const EQUAL: [(&str, u64); 17] = [
    ("MAX_VALIDATORS_PER_COMMITTEE", 2048),
    ("MAX_PROPOSER_SLASHINGS", 16),
    ("MAX_ATTESTER_SLASHINGS_ELECTRA", 1),
    ("MAX_ATTESTATIONS_ELECTRA", 8),
    ("MAX_DEPOSITS", 16),
    ("MAX_VOLUNTARY_EXITS", 16),
    ("MAX_BLS_TO_EXECUTION_CHANGES", 16),
    ("MAX_BLOB_COMMITMENTS_PER_BLOCK", 4096),
    ("BYTES_PER_LOGS_BLOOM", 256),
    ("MAX_EXTRA_DATA_BYTES", 32),
    ("MAX_TRANSACTIONS_PER_PAYLOAD", 1 << 20),
    ("MAX_BYTES_PER_TRANSACTION", 1 << 30),
    ("MAX_DEPOSIT_REQUESTS_PER_PAYLOAD", 8192),
    ("MAX_WITHDRAWAL_REQUESTS_PER_PAYLOAD", 16),
    ("MAX_CONSOLIDATION_REQUESTS_PER_PAYLOAD", 2),
    ("FIELD_ELEMENTS_PER_BLOB", 4096),
    ("CELLS_PER_EXT_BLOB", 128),
];

fn limits<P: Preset>() -> [(&'static str, u64); 3] {
    [
        ("MAX_COMMITTEES_PER_SLOT", P::MaxCommitteesPerSlot::U64),
        ("SYNC_COMMITTEE_SIZE", P::SyncCommitteeSize::U64),
        (
            "MAX_WITHDRAWALS_PER_PAYLOAD",
            P::MaxWithdrawalsPerPayload::U64,
        ),
    ]
}
