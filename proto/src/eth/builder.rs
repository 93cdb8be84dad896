//! What proposers and builders say to each other through relays: registrations and bids.
//!
//! Source: builder-specs `bellatrix/builder.md` (`ValidatorRegistrationV1`, signing),
//! `electra/builder.md` (`BuilderBid`, `SignedBuilderBid`; Fulu changes neither).
//!
//! Never here: whether a relay is one that the cluster has named.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use ssz_types::VariableList;
use tree_hash_derive::TreeHash;
use typenum::U4096;

use super::body::KzgBytes;
use super::payload::{ExecutionPayloadHeader, ExecutionRequests};
use super::{Block, Domain, ForkVersion, hash_tree_root, signing_root};
use crate::{Address, PublicKey, Root, SignatureBytes};

/// How a validator wants its blocks to be built.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct ValidatorRegistration {
    /// Who is to get the fees.
    pub fee_recipient: Address,
    /// The gas limit that its blocks are to move towards.
    #[serde(with = "serde_utils::quoted_u64")]
    pub gas_limit: u64,
    /// Unix seconds: of two registrations the later one counts.
    #[serde(with = "serde_utils::quoted_u64")]
    pub timestamp: u64,
    pub pubkey: PublicKey,
}

/// A registration with the validator's signature.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct SignedValidatorRegistration {
    pub message: ValidatorRegistration,
    /// The validator's signature.
    pub signature: SignatureBytes,
}

/// What a builder offers for a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct BuilderBid {
    /// The header of the payload that it would reveal.
    pub header: ExecutionPayloadHeader,
    /// Commitments to the blobs beside it.
    pub blob_kzg_commitments: VariableList<KzgBytes, U4096>,
    /// What the execution chain asks for in it.
    pub execution_requests: ExecutionRequests,
    /// Wei that it would pay.
    #[serde(with = "serde_utils::quoted_u256")]
    pub value: U256,
    /// The relay's key.
    pub pubkey: PublicKey,
}

/// A bid with the relay's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode, TreeHash)]
pub struct SignedBuilderBid {
    pub message: BuilderBid,
    /// The relay's signature.
    pub signature: SignatureBytes,
}

impl ValidatorRegistration {
    /// What the validator's key signs.
    pub fn signing_root(&self, genesis_fork_version: ForkVersion) -> Root {
        signing_root(self, Domain::builder(genesis_fork_version))
    }
}

/// What a bid and a blinded block around its payload have in common: the roots of the payload's
/// header, of the commitments to its blobs, and of its requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer([Root; 3]);

impl Block {
    /// What a bid for its payload would offer.
    pub fn offer(&self) -> Offer {
        let [.., payload, _, commitments, requests] = self.parts().body;
        Offer([payload, commitments, requests])
    }
}

impl BuilderBid {
    /// What it offers.
    pub fn offer(&self) -> Offer {
        Offer([
            hash_tree_root(&self.header),
            hash_tree_root(&self.blob_kzg_commitments),
            hash_tree_root(&self.execution_requests),
        ])
    }

    /// What the relay's key signs.
    pub fn signing_root(&self, genesis_fork_version: ForkVersion) -> Root {
        signing_root(self, Domain::builder(genesis_fork_version))
    }
}
