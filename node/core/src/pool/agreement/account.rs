//! The node account's signature: that the group has the account that it names.
//!
//! Source: EIP-191, version `0x45` ("personal message"), and EIP-2 for the one of two possible
//! forms of a signature that counts.

use alloy_primitives::{Signature, eip191_hash_message};
use proto::agreement::{AccountSignature, Content};
use proto::{Address, Root};

/// Whose signature of the version with this hash this is; none if it is nobody's.
pub(super) fn signer(hash: &Root, signature: &AccountSignature) -> Option<Address> {
    let recovery = *signature.0.last()?;
    if !(27..=28).contains(&recovery) {
        return None;
    }
    let signature = Signature::from_raw_array(&signature.0).ok()?;
    if signature.normalize_s().is_some() {
        return None;
    }
    let digest = eip191_hash_message(Content::node_text(hash));
    let account = signature.recover_address_from_prehash(&digest).ok()?;
    Some(account.into_array().into())
}
