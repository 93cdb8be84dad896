//! Blocks and states with nothing in them.

use super::{
    BeaconBlockBody, BeaconState, BitVector, Checkpoint, ERA, Eth1Data, Executed, ExecutionPayload,
    ExecutionPayloadHeader, ExecutionRequests, HistoricalSummary, Mainnet, NEVER, PublicKey, Root,
    Slot, SyncAggregate, Terms, Validator, ValidatorIndex, Withdrawal,
};
use alloy_primitives::U256;
use proto::Epoch;
use proto::eth::BeaconBlockHeader;
use proto::eth::encoding::ByteList;
use ssz_types::{FixedVector, VariableList};
use tree_hash::{Hash256, merkle_root};

use super::state::{Fork, SyncCommittee};

const NOTHING: [u8; 32] = [0; 32];
pub const FULU: [u8; 4] = [6, 0, 0, 0];
const ELECTRA: [u8; 4] = [5, 0, 0, 0];

/// The root of a container from those of its fields.
pub fn root_of(fields: &[Hash256]) -> Root {
    let leaves: Vec<u8> = fields.iter().flat_map(|root| root.0).collect();
    Root::from(merkle_root(&leaves, fields.len()).0)
}

/// One that waits for more.
pub fn validator(pubkey: PublicKey, credentials: Root) -> Validator {
    Validator {
        pubkey,
        withdrawal_credentials: credentials,
        effective_balance: 0,
        slashed: false,
        activation_eligibility_epoch: NEVER,
        activation_epoch: NEVER,
        exit_epoch: NEVER,
        withdrawable_epoch: NEVER,
    }
}

pub fn payload(
    executed: &Executed,
    timestamp: u64,
    withdrawals: Vec<Withdrawal>,
) -> ExecutionPayload<Mainnet> {
    ExecutionPayload {
        parent_hash: executed.parent_hash,
        fee_recipient: executed.fee_recipient,
        state_root: NOTHING.into(),
        receipts_root: NOTHING.into(),
        logs_bloom: [0; 256].into(),
        prev_randao: NOTHING.into(),
        block_number: executed.number,
        gas_limit: 60_000_000,
        gas_used: 0,
        timestamp,
        extra_data: ByteList::new(b"pretend".to_vec()).unwrap(),
        base_fee_per_gas: U256::from(7),
        block_hash: executed.hash,
        transactions: VariableList::default(),
        withdrawals: VariableList::try_from(withdrawals).unwrap(),
        blob_gas_used: 0,
        excess_blob_gas: 0,
    }
}

pub fn body(execution_payload: ExecutionPayload<Mainnet>) -> BeaconBlockBody<Mainnet> {
    BeaconBlockBody {
        randao_reveal: [0; 96].into(),
        eth1_data: eth1_data(),
        graffiti: NOTHING.into(),
        proposer_slashings: VariableList::default(),
        attester_slashings: VariableList::default(),
        attestations: VariableList::default(),
        deposits: VariableList::default(),
        voluntary_exits: VariableList::default(),
        sync_aggregate: SyncAggregate {
            sync_committee_bits: BitVector::new(),
            sync_committee_signature: [0; 96].into(),
        },
        execution_payload,
        bls_to_execution_changes: VariableList::default(),
        blob_kzg_commitments: VariableList::default(),
        execution_requests: ExecutionRequests {
            deposits: VariableList::default(),
            withdrawals: VariableList::default(),
            consolidations: VariableList::default(),
        },
    }
}

fn eth1_data() -> Eth1Data {
    Eth1Data {
        deposit_root: NOTHING.into(),
        deposit_count: 0,
        block_hash: NOTHING.into(),
    }
}

fn committee() -> SyncCommittee {
    SyncCommittee {
        pubkeys: vector([0xc0; 48].into()),
        aggregate_pubkey: [0xc0; 48].into(),
    }
}

fn vector<T: Clone, N: typenum::Unsigned>(value: T) -> FixedVector<T, N> {
    FixedVector::try_from(vec![value; N::to_usize()]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        epoch: Epoch(0),
        root: NOTHING.into(),
    }
}

/// A few validators that are nobody's of the test.
fn others() -> Vec<Validator> {
    let active = |number: u8| Validator {
        effective_balance: super::FULL,
        activation_eligibility_epoch: Epoch(0),
        activation_epoch: Epoch(0),
        ..validator([number; 48].into(), [number; 32].into())
    };
    (1..=3).map(active).collect()
}

/// The state before the first block, with a few validators of others.
pub fn first_state(terms: &Terms, slot: Slot) -> BeaconState {
    let nobody = Executed {
        number: 0,
        hash: NOTHING.into(),
        parent_hash: NOTHING.into(),
        fee_recipient: [0; 20].into(),
    };
    let others = others();
    let count = others.len();
    let eras = slot.0 / ERA - super::Beacon::first_era(terms);
    let summary = HistoricalSummary {
        block_summary_root: [0xb1; 32].into(),
        state_summary_root: [0x51; 32].into(),
    };
    BeaconState {
        genesis_time: terms.genesis_time,
        genesis_validators_root: terms.genesis_validators_root,
        slot,
        fork: Fork {
            previous_version: ELECTRA.into(),
            current_version: FULU.into(),
            epoch: terms.fork_epoch,
        },
        latest_block_header: BeaconBlockHeader {
            slot: Slot(slot.0 - 1),
            proposer_index: ValidatorIndex(0),
            parent_root: NOTHING.into(),
            state_root: NOTHING.into(),
            body_root: NOTHING.into(),
        },
        block_roots: vector(NOTHING.into()),
        state_roots: vector(NOTHING.into()),
        historical_roots: VariableList::default(),
        eth1_data: eth1_data(),
        eth1_data_votes: VariableList::default(),
        eth1_deposit_index: 0,
        validators: VariableList::try_from(others).unwrap(),
        balances: VariableList::try_from(vec![super::FULL; count]).unwrap(),
        randao_mixes: vector([0xaa; 32].into()),
        slashings: vector(0),
        previous_epoch_participation: VariableList::try_from(vec![0; count]).unwrap(),
        current_epoch_participation: VariableList::try_from(vec![0; count]).unwrap(),
        justification_bits: BitVector::new(),
        previous_justified_checkpoint: checkpoint(),
        current_justified_checkpoint: checkpoint(),
        finalized_checkpoint: checkpoint(),
        inactivity_scores: VariableList::try_from(vec![0; count]).unwrap(),
        current_sync_committee: committee(),
        next_sync_committee: committee(),
        latest_execution_payload_header: ExecutionPayloadHeader::of(&payload(
            &nobody,
            terms.genesis_time,
            Vec::new(),
        )),
        next_withdrawal_index: 7_000_000,
        next_withdrawal_validator_index: ValidatorIndex(0),
        historical_summaries: VariableList::try_from(vec![summary; eras as usize]).unwrap(),
        deposit_requests_start_index: 0,
        deposit_balance_to_consume: 0,
        exit_balance_to_consume: 0,
        earliest_exit_epoch: Epoch(0),
        consolidation_balance_to_consume: 0,
        earliest_consolidation_epoch: Epoch(0),
        pending_deposits: VariableList::default(),
        pending_partial_withdrawals: VariableList::default(),
        pending_consolidations: VariableList::default(),
        proposer_lookahead: vector(0),
    }
}
