//! Whole beacon states, as containers that a library hashes: what the reader must agree with.
//!
//! Written from the spec a second time; nothing of the reader's tables is used.

use proto::eth::operations::Eth1Data;
use proto::eth::preset::Limit;
use proto::eth::{BeaconBlockHeader, Checkpoint, Validator, ValidatorIndex};
use proto::root::Bytes;
use proto::{Address, Epoch, PublicKey, Root, SignatureBytes, Slot};
use ssz_derive::Encode;
use ssz_types::{BitVector, FixedVector, VariableList};
use tree_hash_derive::TreeHash;
use typenum::{
    U4, U16, U32, U64, U512, U2048, U8192, U65536, U262144, U16777216, U134217728, U1099511627776,
};

/// The numbers of a preset, as types.
pub trait Sizes: Clone + std::fmt::Debug + PartialEq + Eq + Send + Sync + 'static {
    type Historical: Limit;
    type Votes: Limit;
    type Mixes: Limit;
    type Slashings: Limit;
    type Committee: Limit;
    type PartialWithdrawals: Limit;
    type Consolidations: Limit;
    type Lookahead: Limit;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfMainnet;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfMinimal;

impl Sizes for OfMainnet {
    type Historical = U8192;
    type Votes = U2048;
    type Mixes = U65536;
    type Slashings = U8192;
    type Committee = U512;
    type PartialWithdrawals = U134217728;
    type Consolidations = U262144;
    type Lookahead = U64;
}

impl Sizes for OfMinimal {
    type Historical = U64;
    type Votes = U32;
    type Mixes = U64;
    type Slashings = U64;
    type Committee = U32;
    type PartialWithdrawals = U64;
    type Consolidations = U64;
    type Lookahead = U16;
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct Fork {
    pub previous_version: Bytes<4>,
    pub current_version: Bytes<4>,
    pub epoch: Epoch,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct SyncCommittee<S: Sizes> {
    pub pubkeys: FixedVector<PublicKey, S::Committee>,
    pub aggregate_pubkey: PublicKey,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct HistoricalSummary {
    pub block_summary_root: Root,
    pub state_summary_root: Root,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct PayloadHeader {
    pub parent_hash: Root,
    pub fee_recipient: Address,
    pub state_root: Root,
    pub receipts_root: Root,
    pub logs_bloom: Bytes<256>,
    pub prev_randao: Root,
    pub block_number: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub timestamp: u64,
    pub extra_data: VariableList<u8, U32>,
    pub base_fee_per_gas: Root,
    pub block_hash: Root,
    pub transactions_root: Root,
    pub withdrawals_root: Root,
    pub blob_gas_used: u64,
    pub excess_blob_gas: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct PendingDeposit {
    pub pubkey: PublicKey,
    pub withdrawal_credentials: Root,
    pub amount: u64,
    pub signature: SignatureBytes,
    pub slot: Slot,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct PendingPartialWithdrawal {
    pub validator_index: ValidatorIndex,
    pub amount: u64,
    pub withdrawable_epoch: Epoch,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
pub struct PendingConsolidation {
    pub source_index: ValidatorIndex,
    pub target_index: ValidatorIndex,
}

/// The states of the two forks, from the fields that both have.
macro_rules! states {
    ($($field:ident: $kind:ty,)*) => {
        #[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
        pub struct Electra<S: Sizes> {
            $(pub $field: $kind,)*
        }

        #[derive(Debug, Clone, PartialEq, Eq, Encode, TreeHash)]
        pub struct Fulu<S: Sizes> {
            $(pub $field: $kind,)*
            pub proposer_lookahead: FixedVector<ValidatorIndex, S::Lookahead>,
        }

        impl<S: Sizes> Fulu<S> {
            /// The same state, as it would have been in Electra.
            pub fn in_electra(self) -> Electra<S> {
                Electra { $($field: self.$field,)* }
            }
        }
    };
}

states! {
    genesis_time: u64,
    genesis_validators_root: Root,
    slot: Slot,
    fork: Fork,
    latest_block_header: BeaconBlockHeader,
    block_roots: FixedVector<Root, S::Historical>,
    state_roots: FixedVector<Root, S::Historical>,
    historical_roots: VariableList<Root, U16777216>,
    eth1_data: Eth1Data,
    eth1_data_votes: VariableList<Eth1Data, S::Votes>,
    eth1_deposit_index: u64,
    validators: VariableList<Validator, U1099511627776>,
    balances: VariableList<u64, U1099511627776>,
    randao_mixes: FixedVector<Root, S::Mixes>,
    slashings: FixedVector<u64, S::Slashings>,
    previous_epoch_participation: VariableList<u8, U1099511627776>,
    current_epoch_participation: VariableList<u8, U1099511627776>,
    justification_bits: BitVector<U4>,
    previous_justified_checkpoint: Checkpoint,
    current_justified_checkpoint: Checkpoint,
    finalized_checkpoint: Checkpoint,
    inactivity_scores: VariableList<u64, U1099511627776>,
    current_sync_committee: SyncCommittee<S>,
    next_sync_committee: SyncCommittee<S>,
    latest_execution_payload_header: PayloadHeader,
    next_withdrawal_index: u64,
    next_withdrawal_validator_index: ValidatorIndex,
    historical_summaries: VariableList<HistoricalSummary, U16777216>,
    deposit_requests_start_index: u64,
    deposit_balance_to_consume: u64,
    exit_balance_to_consume: u64,
    earliest_exit_epoch: Epoch,
    consolidation_balance_to_consume: u64,
    earliest_consolidation_epoch: Epoch,
    pending_deposits: VariableList<PendingDeposit, U134217728>,
    pending_partial_withdrawals: VariableList<PendingPartialWithdrawal, S::PartialWithdrawals>,
    pending_consolidations: VariableList<PendingConsolidation, S::Consolidations>,
}
