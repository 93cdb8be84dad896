//! What attesters sign and post: the head vote, and one validator's attestation to it.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`AttestationData`), `electra/validator.md`
//! (`SingleAttestation`; since EIP-7549 `data.index` is 0 and the committee stands beside it, so
//! every validator that sees the same head signs the same root).
//!
//! Never here: whether a vote is acceptable or slashable.

#![expect(missing_docs, reason = "fields have the names of the spec")]

use serde::{Deserialize, Serialize};
use ssz::{Decode as _, DecodeError, Encode as _};
use ssz_derive::{Decode, Encode};
use tree_hash_derive::TreeHash;

use super::{CommitteeIndex, ValidatorIndex};
use crate::{Epoch, Root, SignatureBytes, Slot};

/// An epoch and the root of its first block, or of the last block before it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Encode,
    Decode,
    TreeHash,
)]
pub struct Checkpoint {
    pub epoch: Epoch,
    /// The root of the block at its boundary.
    pub root: Root,
}

/// What every attester of a slot signs: head, source and target. 128 bytes of SSZ.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Encode,
    Decode,
    TreeHash,
)]
pub struct AttestationData {
    pub slot: Slot,
    /// 0 since Electra.
    pub index: CommitteeIndex,
    /// The root of the chain's head as seen in `slot`.
    pub beacon_block_root: Root,
    /// The highest justified checkpoint.
    pub source: Checkpoint,
    /// The checkpoint of the slot's own epoch.
    pub target: Checkpoint,
}

/// The value that a cluster agrees on in an instance of kind `Head`.
pub type HeadVote = AttestationData;

impl AttestationData {
    /// Bytes of its SSZ.
    pub const SSZ_LEN: usize = 128;

    /// Its SSZ.
    pub fn to_ssz(&self) -> [u8; Self::SSZ_LEN] {
        self.as_ssz_bytes()
            .try_into()
            .expect("every field has a fixed length and they add up to 128")
    }

    /// Reads its SSZ.
    ///
    /// # Errors
    /// If `bytes` are not exactly 128.
    pub fn from_ssz(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::from_ssz_bytes(bytes)
    }
}

/// One validator's attestation as it is posted since Electra.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct SingleAttestation {
    /// The committee that the validator attests in.
    pub committee_index: CommitteeIndex,
    pub attester_index: ValidatorIndex,
    pub data: AttestationData,
    /// Its signature of `data` under the attester domain of the target's epoch.
    pub signature: SignatureBytes,
}
