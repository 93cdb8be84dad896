//! Deposits: what the deposit contract takes and what its signature covers.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`DepositMessage`, `DepositData`).
//!
//! Never here: whether credentials are the right ones.

use serde::{Deserialize, Serialize};
use ssz_derive::{Decode, Encode};
use tree_hash_derive::TreeHash;

use super::{Domain, ForkVersion, hash_tree_root, signing_root};
use crate::{PublicKey, Root, SignatureBytes};

/// What a deposit's signature covers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct DepositMessage {
    /// The validator's public key.
    pub pubkey: PublicKey,
    /// Who may withdraw: a prefix byte and, since Capella, an execution address.
    pub withdrawal_credentials: Root,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
}

/// A deposit as the deposit contract takes it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode, TreeHash,
)]
pub struct DepositData {
    /// The validator's public key.
    pub pubkey: PublicKey,
    /// Who may withdraw.
    pub withdrawal_credentials: Root,
    /// Gwei.
    #[serde(with = "serde_utils::quoted_u64")]
    pub amount: u64,
    /// The signature of the other three fields as a [`DepositMessage`].
    pub signature: SignatureBytes,
}

impl DepositMessage {
    /// The message's own root (`deposit_message_root` in the launchpad's files).
    pub fn root(&self) -> Root {
        hash_tree_root(self)
    }

    /// What the validator's key signs.
    pub fn signing_root(&self, genesis_fork_version: ForkVersion) -> Root {
        signing_root(self, Domain::deposit(genesis_fork_version))
    }

    /// The deposit with its signature.
    pub fn signed(self, signature: SignatureBytes) -> DepositData {
        DepositData {
            pubkey: self.pubkey,
            withdrawal_credentials: self.withdrawal_credentials,
            amount: self.amount,
            signature,
        }
    }
}

impl DepositData {
    /// The `deposit_data_root` that the deposit contract checks.
    pub fn root(&self) -> Root {
        hash_tree_root(self)
    }

    /// The part that is signed.
    pub fn message(&self) -> DepositMessage {
        DepositMessage {
            pubkey: self.pubkey,
            withdrawal_credentials: self.withdrawal_credentials,
            amount: self.amount,
        }
    }
}
