//! The fields of a beacon state of Electra or Fulu, in their order, for both presets.
//!
//! Source: consensus-specs `electra/beacon-chain.md` and `fulu/beacon-chain.md` (`BeaconState`),
//! `presets/{mainnet,minimal}/*.yaml`.

use proto::eth::{ForkName, Layout, PresetBase};

use super::shape::Shape;
use super::tree::depth_of;

/// A field of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the spec.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
}

/// What a field is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value of fixed length that is small enough to be held.
    Small(Shape),
    /// So many elements.
    Vector(Element, u64),
    /// At most so many elements.
    List(Element, u64),
    /// `ExecutionPayloadHeader`, the one element with a part of variable length that is no list.
    PayloadHeader,
}

/// An element of a vector or list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// A number of so many bytes, of which several share a leaf.
    Number(usize),
    /// A value with a leaf of its own.
    Value(Shape),
}

/// The numbers of a preset that the state's fields depend on, by their names in the spec.
struct Sizes {
    slots_per_epoch: u64,
    slots_per_historical_root: u64,
    epochs_per_eth1_voting_period: u64,
    epochs_per_historical_vector: u64,
    epochs_per_slashings_vector: u64,
    pending_partial_withdrawals_limit: u64,
    pending_consolidations_limit: u64,
    sync_committee: Shape,
}

/// The levels above the state's fields: 37 of Electra and 38 of Fulu are both at most 64.
pub const FIELDS_DEPTH: usize = 6;
/// `VALIDATOR_REGISTRY_LIMIT`.
pub const REGISTRY_LIMIT: u64 = 1 << 40;
/// `HISTORICAL_ROOTS_LIMIT`, for summaries as well.
pub const HISTORICAL_LIMIT: u64 = 1 << 24;
/// `PENDING_DEPOSITS_LIMIT`.
const PENDING_DEPOSITS_LIMIT: u64 = 1 << 27;
/// `MIN_SEED_LOOKAHEAD` and the current epoch.
const LOOKAHEAD_EPOCHS: u64 = 2;

/// The places of the fields that are read or proven.
pub mod at {
    #![expect(missing_docs, reason = "fields have the names of the spec")]

    pub const GENESIS_TIME: usize = 0;
    pub const GENESIS_VALIDATORS_ROOT: usize = 1;
    pub const SLOT: usize = 2;
    pub const FORK: usize = 3;
    pub const BLOCK_ROOTS: usize = 5;
    pub const VALIDATORS: usize = 11;
    pub const HISTORICAL_SUMMARIES: usize = 27;
}

const U64: Shape = Shape::Bytes(8);
const ROOT: Shape = Shape::Bytes(32);
const PUBKEY: Shape = Shape::Bytes(48);
const CHECKPOINT: Shape = Shape::Container(&[U64, ROOT]);
const FORK: Shape = Shape::Container(&[Shape::Bytes(4), Shape::Bytes(4), U64]);
const BLOCK_HEADER: Shape = Shape::Container(&[U64, U64, ROOT, ROOT, ROOT]);
const ETH1_DATA: Shape = Shape::Container(&[ROOT, U64, ROOT]);
const HISTORICAL_SUMMARY: Shape = Shape::Container(&[ROOT, ROOT]);
const PENDING_DEPOSIT: Shape = Shape::Container(&[PUBKEY, ROOT, U64, Shape::Bytes(96), U64]);
const PENDING_WITHDRAWAL: Shape = Shape::Container(&[U64, U64, U64]);
const PENDING_CONSOLIDATION: Shape = Shape::Container(&[U64, U64]);
const VALIDATOR: Shape =
    Shape::Container(&[PUBKEY, ROOT, U64, Shape::Bytes(1), U64, U64, U64, U64]);
const SYNC_COMMITTEE_MAINNET: Shape = Shape::Container(&[Shape::Vector(&PUBKEY, 512), PUBKEY]);
const SYNC_COMMITTEE_MINIMAL: Shape = Shape::Container(&[Shape::Vector(&PUBKEY, 32), PUBKEY]);

const MAINNET: Sizes = Sizes {
    slots_per_epoch: 32,
    slots_per_historical_root: 8192,
    epochs_per_eth1_voting_period: 64,
    epochs_per_historical_vector: 65_536,
    epochs_per_slashings_vector: 8192,
    pending_partial_withdrawals_limit: 1 << 27,
    pending_consolidations_limit: 1 << 18,
    sync_committee: SYNC_COMMITTEE_MAINNET,
};

const MINIMAL: Sizes = Sizes {
    slots_per_epoch: 8,
    slots_per_historical_root: 64,
    epochs_per_eth1_voting_period: 4,
    epochs_per_historical_vector: 64,
    epochs_per_slashings_vector: 64,
    pending_partial_withdrawals_limit: 64,
    pending_consolidations_limit: 64,
    sync_committee: SYNC_COMMITTEE_MINIMAL,
};

const fn sizes(preset: PresetBase) -> &'static Sizes {
    match preset {
        PresetBase::Mainnet => &MAINNET,
        PresetBase::Minimal => &MINIMAL,
    }
}

/// `SLOTS_PER_HISTORICAL_ROOT`: how many block roots a state keeps, and how many slots an era has.
pub const fn slots_per_era(preset: PresetBase) -> u64 {
    sizes(preset).slots_per_historical_root
}

/// The fields of a state.
pub fn fields(layout: Layout) -> Vec<Field> {
    let sizes = sizes(layout.preset);
    let mut fields = [chain(sizes), registry(sizes), recent(sizes), queues(sizes)].concat();
    match layout.fork {
        ForkName::Electra => {}
        ForkName::Fulu => {
            let lookahead = LOOKAHEAD_EPOCHS * sizes.slots_per_epoch;
            fields.push(numbers_of("proposer_lookahead", 8, lookahead));
        }
    }
    fields
}

/// Fields 0 to 10.
fn chain(sizes: &Sizes) -> Vec<Field> {
    let votes = sizes.epochs_per_eth1_voting_period * sizes.slots_per_epoch;
    let roots = sizes.slots_per_historical_root;
    vec![
        small("genesis_time", U64),
        small("genesis_validators_root", ROOT),
        small("slot", U64),
        small("fork", FORK),
        small("latest_block_header", BLOCK_HEADER),
        vector("block_roots", ROOT, roots),
        vector("state_roots", ROOT, roots),
        list("historical_roots", ROOT, HISTORICAL_LIMIT),
        small("eth1_data", ETH1_DATA),
        list("eth1_data_votes", ETH1_DATA, votes),
        small("eth1_deposit_index", U64),
    ]
}

/// Fields 11 to 21.
fn registry(sizes: &Sizes) -> Vec<Field> {
    vec![
        list("validators", VALIDATOR, REGISTRY_LIMIT),
        numbers("balances", 8),
        vector("randao_mixes", ROOT, sizes.epochs_per_historical_vector),
        numbers_of("slashings", 8, sizes.epochs_per_slashings_vector),
        numbers("previous_epoch_participation", 1),
        numbers("current_epoch_participation", 1),
        small("justification_bits", Shape::Bytes(1)),
        small("previous_justified_checkpoint", CHECKPOINT),
        small("current_justified_checkpoint", CHECKPOINT),
        small("finalized_checkpoint", CHECKPOINT),
        numbers("inactivity_scores", 8),
    ]
}

/// Fields 22 to 33.
fn recent(sizes: &Sizes) -> Vec<Field> {
    vec![
        small("current_sync_committee", sizes.sync_committee),
        small("next_sync_committee", sizes.sync_committee),
        Field {
            name: "latest_execution_payload_header",
            kind: Kind::PayloadHeader,
        },
        small("next_withdrawal_index", U64),
        small("next_withdrawal_validator_index", U64),
        list("historical_summaries", HISTORICAL_SUMMARY, HISTORICAL_LIMIT),
        small("deposit_requests_start_index", U64),
        small("deposit_balance_to_consume", U64),
        small("exit_balance_to_consume", U64),
        small("earliest_exit_epoch", U64),
        small("consolidation_balance_to_consume", U64),
        small("earliest_consolidation_epoch", U64),
    ]
}

/// Fields 34 to 36.
fn queues(sizes: &Sizes) -> Vec<Field> {
    vec![
        list("pending_deposits", PENDING_DEPOSIT, PENDING_DEPOSITS_LIMIT),
        list(
            "pending_partial_withdrawals",
            PENDING_WITHDRAWAL,
            sizes.pending_partial_withdrawals_limit,
        ),
        list(
            "pending_consolidations",
            PENDING_CONSOLIDATION,
            sizes.pending_consolidations_limit,
        ),
    ]
}

const fn small(name: &'static str, shape: Shape) -> Field {
    let kind = Kind::Small(shape);
    Field { name, kind }
}

const fn vector(name: &'static str, shape: Shape, count: u64) -> Field {
    let kind = Kind::Vector(Element::Value(shape), count);
    Field { name, kind }
}

const fn list(name: &'static str, shape: Shape, limit: u64) -> Field {
    let kind = Kind::List(Element::Value(shape), limit);
    Field { name, kind }
}

/// A vector of so many numbers.
const fn numbers_of(name: &'static str, size: usize, count: u64) -> Field {
    let kind = Kind::Vector(Element::Number(size), count);
    Field { name, kind }
}

/// A list with a number for each validator.
const fn numbers(name: &'static str, size: usize) -> Field {
    let kind = Kind::List(Element::Number(size), REGISTRY_LIMIT);
    Field { name, kind }
}

impl Element {
    /// Its size in bytes.
    pub const fn size(&self) -> usize {
        match self {
            Self::Number(size) => *size,
            Self::Value(shape) => shape.size(),
        }
    }

    /// The bytes of a leaf of the tree over such elements.
    pub const fn leaf_size(&self) -> usize {
        match self {
            Self::Number(_) => 32,
            Self::Value(shape) => shape.size(),
        }
    }

    /// The levels above so many of them.
    pub fn depth(&self, elements: u64) -> usize {
        match self {
            Self::Number(size) => depth_of((elements * *size as u64).div_ceil(32)),
            Self::Value(_) => depth_of(elements),
        }
    }
}

impl Field {
    /// Its size in bytes, if that is fixed.
    pub fn fixed_size(&self) -> Option<u64> {
        match self.kind {
            Kind::Small(shape) => Some(shape.size() as u64),
            Kind::Vector(element, count) => Some(count * element.size() as u64),
            Kind::List(..) | Kind::PayloadHeader => None,
        }
    }
}
