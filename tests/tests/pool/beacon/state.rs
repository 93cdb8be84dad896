//! The beacon state of Fulu with the mainnet preset, and branches through it.
//!
//! The containers are hashed by the `tree_hash` crate, field by field; only the branches are made
//! here, from the roots of what lies beside them. Gantry's own hasher reads the SSZ of a state as a
//! stream and knows nothing of this: the two check each other.
//!
//! Source: consensus-specs `electra/beacon-chain.md`, `fulu/beacon-chain.md`, mainnet preset.

use proto::eth::operations::Eth1Data;
use proto::eth::payload::ExecutionPayload;
use proto::eth::{BeaconBlockHeader, Checkpoint, Mainnet, ValidatorIndex, hash_tree_root};
use proto::{Address, Epoch, PublicKey, Root, SignatureBytes, Slot};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitVector, FixedVector, VariableList};
use tree_hash::{Hash256, TreeHash, merkle_root};
use tree_hash_derive::TreeHash;
use typenum::{
    U4, U64, U512, U2048, U8192, U65536, U262144, U16777216, U134217728, U1099511627776,
};

pub const SLOTS_PER_EPOCH: u64 = 32;
/// `SLOTS_PER_HISTORICAL_ROOT`.
pub const ERA: u64 = 8192;
pub const NEVER: Epoch = Epoch(u64::MAX);

/// The levels above the 38 fields.
const FIELDS: usize = 6;
/// The levels of a list of validators, without its length.
const REGISTRY: usize = 40;
/// The levels of a list of summaries, without its length.
const SUMMARIES: usize = 24;
/// The levels of the block roots of an era.
const ROOTS: usize = 13;

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct Fork {
    pub previous_version: proto::root::Bytes<4>,
    pub current_version: proto::root::Bytes<4>,
    pub epoch: Epoch,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct Validator {
    pub pubkey: PublicKey,
    pub withdrawal_credentials: Root,
    pub effective_balance: u64,
    pub slashed: bool,
    pub activation_eligibility_epoch: Epoch,
    pub activation_epoch: Epoch,
    pub exit_epoch: Epoch,
    pub withdrawable_epoch: Epoch,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct SyncCommittee {
    pub pubkeys: FixedVector<PublicKey, U512>,
    pub aggregate_pubkey: PublicKey,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct HistoricalSummary {
    pub block_summary_root: Root,
    pub state_summary_root: Root,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct PendingDeposit {
    pub pubkey: PublicKey,
    pub withdrawal_credentials: Root,
    pub amount: u64,
    pub signature: SignatureBytes,
    pub slot: Slot,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct PendingPartialWithdrawal {
    pub validator_index: ValidatorIndex,
    pub amount: u64,
    pub withdrawable_epoch: Epoch,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct PendingConsolidation {
    pub source_index: ValidatorIndex,
    pub target_index: ValidatorIndex,
}

#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct ExecutionPayloadHeader {
    pub parent_hash: Root,
    pub fee_recipient: Address,
    pub state_root: Root,
    pub receipts_root: Root,
    pub logs_bloom: proto::root::Bytes<256>,
    pub prev_randao: Root,
    pub block_number: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub timestamp: u64,
    pub extra_data: proto::eth::encoding::ByteList<typenum::U32>,
    pub base_fee_per_gas: alloy_primitives::U256,
    pub block_hash: Root,
    pub transactions_root: Root,
    pub withdrawals_root: Root,
    pub blob_gas_used: u64,
    pub excess_blob_gas: u64,
}

impl ExecutionPayloadHeader {
    pub fn of(payload: &ExecutionPayload<Mainnet>) -> Self {
        Self {
            parent_hash: payload.parent_hash,
            fee_recipient: payload.fee_recipient,
            state_root: payload.state_root,
            receipts_root: payload.receipts_root,
            logs_bloom: payload.logs_bloom,
            prev_randao: payload.prev_randao,
            block_number: payload.block_number,
            gas_limit: payload.gas_limit,
            gas_used: payload.gas_used,
            timestamp: payload.timestamp,
            extra_data: payload.extra_data.clone(),
            base_fee_per_gas: payload.base_fee_per_gas,
            block_hash: payload.block_hash,
            transactions_root: hash_tree_root(&payload.transactions),
            withdrawals_root: hash_tree_root(&payload.withdrawals),
            blob_gas_used: payload.blob_gas_used,
            excess_blob_gas: payload.excess_blob_gas,
        }
    }
}

/// `BeaconState` of Fulu.
#[derive(Debug, Clone, Encode, Decode, TreeHash)]
pub struct BeaconState {
    pub genesis_time: u64,
    pub genesis_validators_root: Root,
    pub slot: Slot,
    pub fork: Fork,
    pub latest_block_header: BeaconBlockHeader,
    pub block_roots: FixedVector<Root, U8192>,
    pub state_roots: FixedVector<Root, U8192>,
    pub historical_roots: VariableList<Root, U16777216>,
    pub eth1_data: Eth1Data,
    pub eth1_data_votes: VariableList<Eth1Data, U2048>,
    pub eth1_deposit_index: u64,
    pub validators: VariableList<Validator, U1099511627776>,
    pub balances: VariableList<u64, U1099511627776>,
    pub randao_mixes: FixedVector<Root, U65536>,
    pub slashings: FixedVector<u64, U8192>,
    pub previous_epoch_participation: VariableList<u8, U1099511627776>,
    pub current_epoch_participation: VariableList<u8, U1099511627776>,
    pub justification_bits: BitVector<U4>,
    pub previous_justified_checkpoint: Checkpoint,
    pub current_justified_checkpoint: Checkpoint,
    pub finalized_checkpoint: Checkpoint,
    pub inactivity_scores: VariableList<u64, U1099511627776>,
    pub current_sync_committee: SyncCommittee,
    pub next_sync_committee: SyncCommittee,
    pub latest_execution_payload_header: ExecutionPayloadHeader,
    pub next_withdrawal_index: u64,
    pub next_withdrawal_validator_index: ValidatorIndex,
    pub historical_summaries: VariableList<HistoricalSummary, U16777216>,
    pub deposit_requests_start_index: u64,
    pub deposit_balance_to_consume: u64,
    pub exit_balance_to_consume: u64,
    pub earliest_exit_epoch: Epoch,
    pub consolidation_balance_to_consume: u64,
    pub earliest_consolidation_epoch: Epoch,
    pub pending_deposits: VariableList<PendingDeposit, U134217728>,
    pub pending_partial_withdrawals: VariableList<PendingPartialWithdrawal, U134217728>,
    pub pending_consolidations: VariableList<PendingConsolidation, U262144>,
    pub proposer_lookahead: FixedVector<u64, U64>,
}

impl BeaconState {
    /// The roots of its fields, in their order.
    pub fn fields(&self) -> Vec<Hash256> {
        let all: [&dyn Fn() -> Hash256; 38] = [
            &|| self.genesis_time.tree_hash_root(),
            &|| self.genesis_validators_root.tree_hash_root(),
            &|| self.slot.tree_hash_root(),
            &|| self.fork.tree_hash_root(),
            &|| self.latest_block_header.tree_hash_root(),
            &|| self.block_roots.tree_hash_root(),
            &|| self.state_roots.tree_hash_root(),
            &|| self.historical_roots.tree_hash_root(),
            &|| self.eth1_data.tree_hash_root(),
            &|| self.eth1_data_votes.tree_hash_root(),
            &|| self.eth1_deposit_index.tree_hash_root(),
            &|| self.validators.tree_hash_root(),
            &|| self.balances.tree_hash_root(),
            &|| self.randao_mixes.tree_hash_root(),
            &|| self.slashings.tree_hash_root(),
            &|| self.previous_epoch_participation.tree_hash_root(),
            &|| self.current_epoch_participation.tree_hash_root(),
            &|| self.justification_bits.tree_hash_root(),
            &|| self.previous_justified_checkpoint.tree_hash_root(),
            &|| self.current_justified_checkpoint.tree_hash_root(),
            &|| self.finalized_checkpoint.tree_hash_root(),
            &|| self.inactivity_scores.tree_hash_root(),
            &|| self.current_sync_committee.tree_hash_root(),
            &|| self.next_sync_committee.tree_hash_root(),
            &|| self.latest_execution_payload_header.tree_hash_root(),
            &|| self.next_withdrawal_index.tree_hash_root(),
            &|| self.next_withdrawal_validator_index.tree_hash_root(),
            &|| self.historical_summaries.tree_hash_root(),
            &|| self.deposit_requests_start_index.tree_hash_root(),
            &|| self.deposit_balance_to_consume.tree_hash_root(),
            &|| self.exit_balance_to_consume.tree_hash_root(),
            &|| self.earliest_exit_epoch.tree_hash_root(),
            &|| self.consolidation_balance_to_consume.tree_hash_root(),
            &|| self.earliest_consolidation_epoch.tree_hash_root(),
            &|| self.pending_deposits.tree_hash_root(),
            &|| self.pending_partial_withdrawals.tree_hash_root(),
            &|| self.pending_consolidations.tree_hash_root(),
            &|| self.proposer_lookahead.tree_hash_root(),
        ];
        all.into_iter().map(|root| root()).collect()
    }

    /// From the slot to the state's root.
    pub fn slot_branch(&self) -> Vec<Root> {
        branch(&self.fields(), 2, FIELDS)
    }

    /// From a validator to the state's root.
    pub fn validator_branch(&self, index: usize) -> Vec<Root> {
        let leaves = roots(&self.validators);
        let mut steps = branch(&leaves, index, REGISTRY);
        steps.push(length(leaves.len()));
        steps.extend(branch(&self.fields(), 11, FIELDS));
        steps
    }

    /// From the root of a block of the last era to the state's root.
    pub fn recent_branch(&self, slot: Slot) -> Vec<Root> {
        let place = usize::try_from(slot.0 % ERA).unwrap();
        let mut steps = branch(&roots(&self.block_roots), place, ROOTS);
        steps.extend(branch(&self.fields(), 5, FIELDS));
        steps
    }

    /// From the summary of an era's blocks, by its number since Capella, to the state's root.
    pub fn summary_branch(&self, era: usize) -> Vec<Root> {
        let leaves = roots(&self.historical_summaries);
        let mut steps = vec![self.historical_summaries[era].state_summary_root];
        steps.extend(branch(&leaves, era, SUMMARIES));
        steps.push(length(leaves.len()));
        steps.extend(branch(&self.fields(), 27, FIELDS));
        steps
    }
}

/// From a block's root to that of its era.
pub fn era_branch(blocks: &[Root], slot: Slot) -> Vec<Root> {
    let place = usize::try_from(slot.0 % ERA).unwrap();
    branch(&roots(blocks), place, ROOTS)
}

/// The root of a vector or list of values with a leaf each, without a length.
pub fn roots<T: TreeHash>(values: &[T]) -> Vec<Hash256> {
    values.iter().map(TreeHash::tree_hash_root).collect()
}

/// The leaf beside a list that holds its length.
pub fn length(count: usize) -> Root {
    Root::from((count as u64).tree_hash_root().0)
}

/// What lies beside the way from a leaf up, in a tree of this depth that is empty to the right.
pub fn branch(leaves: &[Hash256], place: usize, depth: usize) -> Vec<Root> {
    let mut level: Vec<Hash256> = leaves.to_vec();
    let mut empty = Hash256::ZERO;
    let mut steps = Vec::with_capacity(depth);
    let mut place = place;
    for _ in 0..depth {
        let beside = level.get(place ^ 1).copied().unwrap_or(empty);
        steps.push(Root::from(beside.0));
        let pairs = level.chunks(2);
        let parent = |pair: &[Hash256]| {
            let right = pair.get(1).unwrap_or(&empty);
            merkle_root(&[pair[0].0, right.0].concat(), 2)
        };
        level = pairs.map(parent).collect();
        empty = merkle_root(&[empty.0, empty.0].concat(), 2);
        place >>= 1;
    }
    steps
}
