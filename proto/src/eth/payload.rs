//! The execution chain's part of a block: its payload and the requests it makes.
//!
//! Source: consensus-specs `deneb/beacon-chain.md` (`ExecutionPayload`, `ExecutionPayloadHeader`),
//! `capella/beacon-chain.md` (`Withdrawal`), `electra/beacon-chain.md` (`ExecutionRequests`,
//! EIP-6110, EIP-7002, EIP-7251).
//!
//! Never here: whether a payload is valid; only an execution client can tell.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use std::fmt::Debug;

use alloy_primitives::U256;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ssz::{Decode, Encode};
use ssz_derive::{Decode, Encode};
use ssz_types::VariableList;
use tree_hash::TreeHash;
use tree_hash_derive::TreeHash;
use typenum::{U2, U16, U32, U8192, U1048576, U1073741824};

use super::encoding::ByteList;
use super::{Preset, ValidatorIndex, hash_tree_root};
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

/// A payload without its transactions and withdrawals: it has the same root, so a block around one
/// has the root of the block around the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct ExecutionPayloadHeader {
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
    pub transactions_root: Root,
    pub withdrawals_root: Root,
    /// The blob gas it uses.
    #[serde(with = "serde_utils::quoted_u64")]
    pub blob_gas_used: u64,
    /// The blob gas above target that its ancestors used.
    #[serde(with = "serde_utils::quoted_u64")]
    pub excess_blob_gas: u64,
}

/// What stands in a block in the place of its payload: that, or its header alone.
pub trait Payload:
    Debug + Clone + PartialEq + Eq + Serialize + DeserializeOwned + Encode + Decode + TreeHash
{
    /// The execution block it builds on.
    fn parent_hash(&self) -> Root;
    /// Its hash on the execution chain.
    fn block_hash(&self) -> Root;
    /// Who gets the fees.
    fn fee_recipient(&self) -> Address;
}

impl<P: Preset> Payload for ExecutionPayload<P> {
    fn parent_hash(&self) -> Root {
        self.parent_hash
    }

    fn block_hash(&self) -> Root {
        self.block_hash
    }

    fn fee_recipient(&self) -> Address {
        self.fee_recipient
    }
}

impl Payload for ExecutionPayloadHeader {
    fn parent_hash(&self) -> Root {
        self.parent_hash
    }

    fn block_hash(&self) -> Root {
        self.block_hash
    }

    fn fee_recipient(&self) -> Address {
        self.fee_recipient
    }
}

impl<P: Preset> ExecutionPayload<P> {
    /// Its header, with the same root.
    pub fn header(&self) -> ExecutionPayloadHeader {
        ExecutionPayloadHeader {
            parent_hash: self.parent_hash,
            fee_recipient: self.fee_recipient,
            state_root: self.state_root,
            receipts_root: self.receipts_root,
            logs_bloom: self.logs_bloom,
            prev_randao: self.prev_randao,
            block_number: self.block_number,
            gas_limit: self.gas_limit,
            gas_used: self.gas_used,
            timestamp: self.timestamp,
            extra_data: self.extra_data.clone(),
            base_fee_per_gas: self.base_fee_per_gas,
            block_hash: self.block_hash,
            transactions_root: hash_tree_root(&self.transactions),
            withdrawals_root: hash_tree_root(&self.withdrawals),
            blob_gas_used: self.blob_gas_used,
            excess_blob_gas: self.excess_blob_gas,
        }
    }
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
