//! Beacon blocks of Electra and Fulu, which share one layout, generic over the preset, and over
//! what stands in the place of the payload: that itself, or in a blinded block its header.
//!
//! Most of Gantry works with [`super::Block`], which is read from these.
//!
//! Source: consensus-specs `electra/beacon-chain.md`, `fulu/beacon-chain.md` (no change to blocks);
//! builder-specs `electra/builder.md` (`BlindedBeaconBlock`).

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::VariableList;
use tree_hash_derive::TreeHash;
use typenum::{U1, U8, U16, U4096};

use super::operations::{
    Attestation, AttesterSlashing, Deposit, Eth1Data, ProposerSlashing, SignedBlsToExecutionChange,
    SignedVoluntaryExit, SyncAggregate,
};
use super::payload::{ExecutionPayload, ExecutionRequests, Payload};
use super::{Preset, ValidatorIndex, hash_tree_root};
use crate::root::Bytes;
use crate::{Root, SignatureBytes, Slot};

/// A KZG commitment to a blob, or a proof: a compressed point that nobody here checks.
pub type KzgBytes = Bytes<48>;

/// A block as its proposer signs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset, E: Payload")]
pub struct BeaconBlock<P: Preset, E: Payload = ExecutionPayload<P>> {
    pub slot: Slot,
    pub proposer_index: ValidatorIndex,
    /// The block it builds on.
    pub parent_root: Root,
    /// The beacon state's root afterwards.
    pub state_root: Root,
    /// What it carries.
    pub body: BeaconBlockBody<P, E>,
}

/// What a block carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset, E: Payload")]
pub struct BeaconBlockBody<P: Preset, E: Payload = ExecutionPayload<P>> {
    /// The proposer's signature of its epoch.
    pub randao_reveal: SignatureBytes,
    /// A vote on the deposit contract.
    pub eth1_data: Eth1Data,
    /// 32 bytes of the proposer's choice.
    pub graffiti: Root,
    /// Proposers that contradicted themselves.
    pub proposer_slashings: VariableList<ProposerSlashing, U16>,
    /// Attesters that contradicted themselves.
    pub attester_slashings: VariableList<AttesterSlashing<P>, U1>,
    /// Votes for earlier slots.
    pub attestations: VariableList<Attestation<P>, U8>,
    /// Deposits from before EIP-6110.
    pub deposits: VariableList<Deposit, U16>,
    /// Validators that leave.
    pub voluntary_exits: VariableList<SignedVoluntaryExit, U16>,
    /// The sync committee's signature.
    pub sync_aggregate: SyncAggregate<P>,
    /// In a blinded block its header.
    #[serde(alias = "execution_payload_header")]
    pub execution_payload: E,
    /// Changes of withdrawal credentials.
    pub bls_to_execution_changes: VariableList<SignedBlsToExecutionChange, U16>,
    /// Commitments to the blobs that travel beside the block.
    pub blob_kzg_commitments: VariableList<KzgBytes, U4096>,
    /// What the execution chain asks for.
    pub execution_requests: ExecutionRequests,
}

/// A block without its body; it has the same root, so a signature of one is a signature of both.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct BeaconBlockHeader {
    /// The block's slot.
    pub slot: Slot,
    pub proposer_index: ValidatorIndex,
    /// The block it builds on.
    pub parent_root: Root,
    /// The beacon state's root afterwards.
    pub state_root: Root,
    pub body_root: Root,
}

impl<P: Preset, E: Payload> BeaconBlock<P, E> {
    /// The block's header, with the same root as the block.
    pub fn header(&self) -> BeaconBlockHeader {
        BeaconBlockHeader {
            slot: self.slot,
            proposer_index: self.proposer_index,
            parent_root: self.parent_root,
            state_root: self.state_root,
            body_root: hash_tree_root(&self.body),
        }
    }
}
