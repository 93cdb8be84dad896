//! A block taken apart: the roots of its fields, down to its withdrawals, from which a proof is
//! made that a withdrawal stands in it.
//!
//! Source: consensus-specs `capella/beacon-chain.md`, `electra/beacon-chain.md`.

use typenum::Unsigned as _;

use super::block::decoded;
use super::payload::{ExecutionPayload, ExecutionPayloadHeader, Payload, Withdrawal};
use super::{
    BeaconBlockBody, BeaconBlockHeader, Block, Form, Mainnet, Minimal, Preset, PresetBase,
    hash_tree_root,
};
use crate::Root;

/// The roots of a block's fields, in the order of the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockParts {
    /// Those of the header: slot, proposer, parent, state, body.
    pub header: [Root; 5],
    /// Those of the body.
    pub body: [Root; 13],
    /// Those of the execution payload, which is the tenth field of the body.
    pub payload: [Root; 17],
    /// The withdrawals, which are the fifteenth field of the payload; a blinded block does not say
    /// them.
    pub withdrawals: Vec<Withdrawal>,
    /// How many withdrawals a payload may have: `MAX_WITHDRAWALS_PER_PAYLOAD`.
    pub withdrawals_limit: u64,
}

impl Block {
    /// The roots of its fields.
    pub fn parts(&self) -> BlockParts {
        match self.layout().preset {
            PresetBase::Mainnet => parts_of::<Mainnet>(self),
            PresetBase::Minimal => parts_of::<Minimal>(self),
        }
    }
}

impl BeaconBlockHeader {
    /// The roots of its fields.
    pub fn field_roots(&self) -> [Root; 5] {
        [
            hash_tree_root(&self.slot),
            hash_tree_root(&self.proposer_index),
            self.parent_root,
            self.state_root,
            self.body_root,
        ]
    }
}

fn parts_of<P: Preset>(block: &Block) -> BlockParts {
    match block.form() {
        Form::Full => {
            let body = body::<P, ExecutionPayload<P>>(block);
            let roots = (of_body(&body), of_header(&body.execution_payload.header()));
            parts::<P>(block, roots, body.execution_payload.withdrawals.into())
        }
        Form::Blinded => {
            let body = body::<P, ExecutionPayloadHeader>(block);
            let roots = (of_body(&body), of_header(&body.execution_payload));
            parts::<P>(block, roots, Vec::new())
        }
    }
}

fn body<P: Preset, E: Payload>(block: &Block) -> BeaconBlockBody<P, E> {
    let whole = decoded::<P, E>(block.ssz());
    whole.expect("a block is read before it is kept").body
}

fn parts<P: Preset>(
    block: &Block,
    (body, payload): ([Root; 13], [Root; 17]),
    withdrawals: Vec<Withdrawal>,
) -> BlockParts {
    BlockParts {
        header: block.header().field_roots(),
        body,
        payload,
        withdrawals,
        withdrawals_limit: P::MaxWithdrawalsPerPayload::U64,
    }
}

fn of_body<P: Preset, E: Payload>(body: &BeaconBlockBody<P, E>) -> [Root; 13] {
    [
        hash_tree_root(&body.randao_reveal),
        hash_tree_root(&body.eth1_data),
        hash_tree_root(&body.graffiti),
        hash_tree_root(&body.proposer_slashings),
        hash_tree_root(&body.attester_slashings),
        hash_tree_root(&body.attestations),
        hash_tree_root(&body.deposits),
        hash_tree_root(&body.voluntary_exits),
        hash_tree_root(&body.sync_aggregate),
        hash_tree_root(&body.execution_payload),
        hash_tree_root(&body.bls_to_execution_changes),
        hash_tree_root(&body.blob_kzg_commitments),
        hash_tree_root(&body.execution_requests),
    ]
}

fn of_header(payload: &ExecutionPayloadHeader) -> [Root; 17] {
    [
        hash_tree_root(&payload.parent_hash),
        hash_tree_root(&payload.fee_recipient),
        hash_tree_root(&payload.state_root),
        hash_tree_root(&payload.receipts_root),
        hash_tree_root(&payload.logs_bloom),
        hash_tree_root(&payload.prev_randao),
        hash_tree_root(&payload.block_number),
        hash_tree_root(&payload.gas_limit),
        hash_tree_root(&payload.gas_used),
        hash_tree_root(&payload.timestamp),
        hash_tree_root(&payload.extra_data),
        hash_tree_root(&payload.base_fee_per_gas),
        hash_tree_root(&payload.block_hash),
        payload.transactions_root,
        payload.withdrawals_root,
        hash_tree_root(&payload.blob_gas_used),
        hash_tree_root(&payload.excess_blob_gas),
    ]
}
