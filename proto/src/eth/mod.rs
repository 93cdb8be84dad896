//! The containers Ethereum signs and posts, with their SSZ, their JSON and their roots.
//!
//! | module | holds |
//! |---|---|
//! | [`aggregate`] | [`Aggregate`]: a committee's votes together, who puts them together |
//! | [`attestation`] | [`AttestationData`] (the head vote), [`SingleAttestation`] |
//! | [`sync`] | [`SyncCommitteeMessage`], [`Contribution`]: what the sync committee signs |
//! | [`domain`] | domain types, [`Domain`], [`signing_root`] |
//! | [`fork`] | the forks Gantry has containers for, the chain's [`ForkSchedule`] |
//! | [`spec`] | [`ChainSpec`]: what a chain is, and its clock |
//! | [`duties`] | [`AttesterDuty`], [`ProposerDuty`], [`Committee`]: who does what when |
//! | [`deposit`] | [`DepositMessage`], [`DepositData`] |
//! | [`deposit_log`] | [`DepositView`]: what the contract's log and the accounts show of deposits |
//! | [`preset`] | list limits of the mainnet and minimal presets, as types |
//! | [`operations`], [`payload`], [`body`] | what a block holds, as the spec lays it out |
//! | [`block`] | [`Block`]: a block of either preset, checked and hashed once |
//! | [`included`] | [`BlockVotes`]: the votes that a block carries |
//! | [`parts`] | [`BlockParts`]: the roots of a block's fields, for proofs of its withdrawals |
//! | [`state`] | [`Validator`]: what of a beacon state is shown to contracts |
//! | [`builder`] | [`ValidatorRegistration`], [`SignedBuilderBid`]: proposers and builders |
//! | [`contents`] | [`BlockContents`]: a block with its blobs, and the signed form to post |
//! | [`encoding`] | how our byte strings and numbers are encoded and hashed |
//!
//! Sources: consensus-specs `specs/{phase0,altair,bellatrix,capella,deneb,electra,fulu}`, JSON as
//! in the Beacon API (`ethereum/beacon-APIs`): integers quoted, bytes as 0x and hex digits.
//!
//! Never here: sockets, clocks, keys. Decoders are total: any bytes give a value or an error.

pub mod aggregate;
pub mod attestation;
pub mod block;
pub mod body;
pub mod builder;
pub mod contents;
pub mod deposit;
pub mod deposit_log;
pub mod domain;
pub mod duties;
pub mod encoding;
pub mod fork;
pub mod included;
pub mod operations;
pub mod parts;
pub mod payload;
pub mod preset;
pub mod spec;
pub mod state;
pub mod sync;

pub use aggregate::{Aggregate, SignedAggregate, is_aggregator};
pub use attestation::{AttestationData, Checkpoint, HeadVote, SingleAttestation};
pub use block::{Block, BlockError, Form, Layout, SignedBlock};
pub use body::{BeaconBlock, BeaconBlockBody, BeaconBlockHeader};
pub use builder::{
    BuilderBid, Offer, SignedBuilderBid, SignedValidatorRegistration, ValidatorRegistration,
};
pub use contents::{Blobs, BlockContents};
pub use deposit::{DepositData, DepositMessage};
pub use deposit_log::{DepositView, LoggedDeposit};
pub use domain::{Domain, DomainType, signing_root};
pub use duties::{AttesterDuty, Committee, ProposerDuty, Seat};
pub use encoding::{CommitteeIndex, ValidatorIndex, hash_tree_root};
pub use fork::{ForkName, ForkSchedule, ForkVersion, UnknownFork};
pub use included::{BlockVotes, IncludedVotes};
pub use operations::VoluntaryExit;
pub use parts::BlockParts;
pub use payload::{ExecutionPayloadHeader, Withdrawal};
pub use preset::{Mainnet, Minimal, Preset, PresetBase};
pub use spec::{BlobLimits, ChainSpec, Genesis, SpecError, Unserved};
pub use state::Validator;
pub use sync::{
    Contribution, SignedContribution, SyncAggregatorSelectionData, SyncCommitteeMessage, SyncDuty,
    is_sync_aggregator,
};
