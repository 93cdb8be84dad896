//! What a block's body carries besides its payload: votes, slashings, deposits, exits.
//!
//! Source: consensus-specs `phase0/beacon-chain.md`, `altair/beacon-chain.md` (`SyncAggregate`),
//! `capella/beacon-chain.md` (`BLSToExecutionChange`), `electra/beacon-chain.md` (attestations).
//!
//! Never here: whether an operation is valid.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::{BitList, BitVector, FixedVector, VariableList};
use tree_hash_derive::TreeHash;
use typenum::U33;

use super::{AttestationData, BeaconBlockHeader, DepositData, Preset, ValidatorIndex};
use crate::{Address, Epoch, PublicKey, Root, SignatureBytes};

/// The deposit contract as a block's proposer votes for it; without meaning since Electra.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct Eth1Data {
    pub deposit_root: Root,
    #[serde(with = "serde_utils::quoted_u64")]
    pub deposit_count: u64,
    /// The execution block that was looked at.
    pub block_hash: Root,
}

/// A header with its proposer's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SignedBeaconBlockHeader {
    pub message: BeaconBlockHeader,
    /// The proposer's signature.
    pub signature: SignatureBytes,
}

/// Two headers that one proposer signed for one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct ProposerSlashing {
    pub signed_header_1: SignedBeaconBlockHeader,
    pub signed_header_2: SignedBeaconBlockHeader,
}

/// An attestation that lists its validators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct IndexedAttestation<P: Preset> {
    /// The validators, in ascending order.
    pub attesting_indices: VariableList<ValidatorIndex, P::MaxValidatorsPerSlot>,
    pub data: AttestationData,
    /// Their signatures, aggregated.
    pub signature: SignatureBytes,
}

/// Two attestations by the same validators that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct AttesterSlashing<P: Preset> {
    pub attestation_1: IndexedAttestation<P>,
    pub attestation_2: IndexedAttestation<P>,
}

/// The attestations of several committees of a slot, aggregated (EIP-7549).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct Attestation<P: Preset> {
    /// One bit per member of the committees in `committee_bits`, one committee after the other.
    pub aggregation_bits: BitList<P::MaxValidatorsPerSlot>,
    pub data: AttestationData,
    /// Their signatures, aggregated.
    pub signature: SignatureBytes,
    /// The committees that are covered.
    pub committee_bits: BitVector<P::MaxCommitteesPerSlot>,
}

/// A deposit with its proof, from before EIP-6110.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct Deposit {
    /// The branch from the deposit to the contract's root.
    pub proof: FixedVector<Root, U33>,
    pub data: DepositData,
}

/// A validator's wish to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct VoluntaryExit {
    /// The first epoch in which the exit is valid.
    pub epoch: Epoch,
    pub validator_index: ValidatorIndex,
}

/// A voluntary exit with the validator's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SignedVoluntaryExit {
    pub message: VoluntaryExit,
    /// The validator's signature under the exit domain.
    pub signature: SignatureBytes,
}

/// The sync committee's signature of the previous block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct SyncAggregate<P: Preset> {
    /// Who took part.
    pub sync_committee_bits: BitVector<P::SyncCommitteeSize>,
    /// Their signatures, aggregated.
    pub sync_committee_signature: SignatureBytes,
}

/// The change of BLS withdrawal credentials to an execution address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct BlsToExecutionChange {
    pub validator_index: ValidatorIndex,
    /// The withdrawal key.
    pub from_bls_pubkey: PublicKey,
    /// The address to withdraw to from now on.
    pub to_execution_address: Address,
}

/// A change of credentials with the withdrawal key's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SignedBlsToExecutionChange {
    pub message: BlsToExecutionChange,
    /// The withdrawal key's signature.
    pub signature: SignatureBytes,
}
