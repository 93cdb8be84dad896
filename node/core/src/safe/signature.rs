//! An owner's signature, and those of t owners as the contract takes them.
//!
//! The contract takes other forms too: those of contracts, hashes that were approved before, texts
//! of wallets. None of them is taken here: an owner is an account with a key, and a bundle that
//! stands on more than its own bytes could be good today and none tomorrow.
//!
//! Source: `Safe.checkNSignatures`, and EIP-2 for the one of two possible forms of a signature
//! that counts.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Signature};
use proto::agreement::AccountSignature;
use proto::{Address, Root};

/// Whose signature of this hash it is; none if it is nobody's.
pub fn signer(hash: &Root, signature: &AccountSignature) -> Option<Address> {
    let recovery = *signature.0.last()?;
    if !(27..=28).contains(&recovery) {
        return None;
    }
    let signature = Signature::from_raw_array(&signature.0).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    let hash = B256::from(*hash.as_bytes());
    let account = signature.recover_address_from_prehash(&hash).ok()?;
    Some(account.into_array().into())
}

/// The signatures of so many of these owners, one behind the other, in the order of the owners'
/// addresses; none if there are fewer.
pub fn bundle(
    signatures: &BTreeMap<Address, AccountSignature>,
    threshold: usize,
) -> Option<Vec<u8>> {
    let enough = signatures.len() >= threshold;
    let first = signatures.values().take(threshold);
    enough.then(|| first.flat_map(|it| it.0).collect())
}
