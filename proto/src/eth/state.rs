//! What of a beacon state is shown to contracts: a validator as the registry has it.
//!
//! The state itself is never held: it has hundreds of megabytes.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`Validator`).

#![expect(missing_docs, reason = "fields have the names of the spec")]

use ssz::{Decode as _, DecodeError};
use ssz_derive::{Decode, Encode};
use tree_hash_derive::TreeHash;

use crate::{Epoch, PublicKey, Root};

/// A validator of the registry. Epochs that have not been set are [`Validator::FAR_FUTURE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TreeHash)]
pub struct Validator {
    pub pubkey: PublicKey,
    /// Who may withdraw.
    pub withdrawal_credentials: Root,
    /// Gwei.
    pub effective_balance: u64,
    pub slashed: bool,
    pub activation_eligibility_epoch: Epoch,
    pub activation_epoch: Epoch,
    pub exit_epoch: Epoch,
    pub withdrawable_epoch: Epoch,
}

impl Validator {
    /// The epoch of what has not been decided: `FAR_FUTURE_EPOCH`.
    pub const FAR_FUTURE: Epoch = Epoch(u64::MAX);

    /// Reads its SSZ.
    ///
    /// # Errors
    /// If these are not 121 bytes, or the flag is neither 0 nor 1.
    pub fn from_ssz(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::from_ssz_bytes(bytes)
    }
}
