//! The execution chain's part of a block: its payload and the requests it makes.
//!
//! Source: consensus-specs `deneb/beacon-chain.md` (`ExecutionPayload`),
//! `capella/beacon-chain.md` (`Withdrawal`), `electra/beacon-chain.md` (`ExecutionRequests`,
//! EIP-6110, EIP-7002, EIP-7251).
//!
//! Never here: whether a payload is valid; only an execution client can tell.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::VariableList;
use tree_hash_derive::TreeHash;
use typenum::{U2, U16, U32, U8192, U1048576, U1073741824};

use super::encoding::ByteList;
use super::{Preset, ValidatorIndex};
use crate::root::Bytes;
use crate::{Address, PublicKey, Root, SignatureBytes};

/// One transaction, in the execution chain's own encoding.
pub type Transaction = ByteList<U1073741824>;

/// The execution block inside a beacon block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
#[serde(bound = "P: Preset")]
pub struct ExecutionPayload<P: Preset> {
    /// The execution block it builds on.
    pub parent_hash: Root,
    /// Who gets the fees.
    pub fee_recipient: Address,
    /// The execution state's root afterwards.
    pub state_root: Root,
    /// The root of the receipts.
    pub receipts_root: Root,
    /// The bloom filter of its logs.
    pub logs_bloom: Bytes<256>,
    /// The RANDAO mix that contracts see.
    pub prev_randao: Root,
    #[serde(with = "serde_utils::quoted_u64")]
    pub block_number: u64,
    /// The gas it may use.
    #[serde(with = "serde_utils::quoted_u64")]
    pub gas_limit: u64,
    /// The gas it uses.
    #[serde(with = "serde_utils::quoted_u64")]
    pub gas_used: u64,
    /// The start of its slot, in seconds since the Unix epoch.
    #[serde(with = "serde_utils::quoted_u64")]
    pub timestamp: u64,
    /// Free text of whoever built it.
    pub extra_data: ByteList<U32>,
    /// Wei per gas that are burnt.
    #[serde(with = "serde_utils::quoted_u256")]
    pub base_fee_per_gas: U256,
    /// Its hash on the execution chain.
    pub block_hash: Root,
    pub transactions: VariableList<Transaction, U1048576>,
    /// What validators are paid out in it.
    pub withdrawals: VariableList<Withdrawal, P::MaxWithdrawalsPerPayload>,
    /// The blob gas it uses.
    #[serde(with = "serde_utils::quoted_u64")]
    pub blob_gas_used: u64,
    /// The blob gas above target that its ancestors used.
    #[serde(with = "serde_utils::quoted_u64")]
    pub excess_blob_gas: u64,
}

/// A payment from the beacon chain to an execution address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct Withdrawal {
    /// Its running number.
    #[serde(with = "serde_utils::quoted_u64")]
    pub index: u64,
    /// The validator that pays.
    pub validator_index: ValidatorIndex,
    /// Who is paid.
    pub address: Address,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
}

/// What contracts of the execution chain ask of the beacon chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct ExecutionRequests {
    /// New deposits (EIP-6110).
    pub deposits: VariableList<DepositRequest, U8192>,
    /// Exits and partial withdrawals (EIP-7002).
    pub withdrawals: VariableList<WithdrawalRequest, U16>,
    /// Consolidations (EIP-7251).
    pub consolidations: VariableList<ConsolidationRequest, U2>,
}

/// A deposit as the execution chain reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct DepositRequest {
    /// The validator's public key.
    pub pubkey: PublicKey,
    /// Who may withdraw.
    pub withdrawal_credentials: Root,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
    /// The signature that came with it, not verified by anybody yet.
    pub signature: SignatureBytes,
    /// Its running number in the deposit contract.
    #[serde(with = "serde_utils::quoted_u64")]
    pub index: u64,
}

/// A withdrawal asked for by the owner of the withdrawal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct WithdrawalRequest {
    pub source_address: Address,
    pub validator_pubkey: PublicKey,
    /// Gwei; 0 asks for a full exit.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
}

/// A consolidation of two validators asked for by the owner of the withdrawal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct ConsolidationRequest {
    pub source_address: Address,
    /// The validator that ends.
    pub source_pubkey: PublicKey,
    /// The validator that gets its balance.
    pub target_pubkey: PublicKey,
}
