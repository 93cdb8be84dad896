//! The agreement: what all have signed holds, nothing else does, and who is at fault is named.

use alloy_primitives::{eip191_hash_message, keccak256};
use k256::ecdsa::SigningKey;
use proto::agreement::{AccountSignature, AgreementFile, PoolTerms, Tickets};
use proto::definition::{Chain, Draft, Withdrawal};
use proto::{Address, Identity, Root};

use super::example::{identities, lock, lock_with, terms};
use super::*;

mod bare;
mod builders;
mod chain;
mod merge;
mod rules;
mod safe;
mod signed;

/// The key of the account that is the node in these tests.
fn node_key() -> SigningKey {
    SigningKey::from_slice(&[5; 32]).unwrap()
}

fn account(key: &SigningKey) -> Address {
    let point = key.verifying_key().to_encoded_point(false);
    Address::try_from(&keccak256(&point.as_bytes()[1..])[12..]).unwrap()
}

fn signed_by(key: &SigningKey, text: &str) -> AccountSignature {
    let digest = eip191_hash_message(text);
    let (signature, recovery) = key.sign_prehash_recoverable(digest.as_slice()).unwrap();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    AccountSignature(bytes)
}

fn good_terms() -> PoolTerms {
    let mut terms = terms();
    terms.fixed.node_account = account(&node_key());
    terms
}

fn first() -> Agreement {
    Agreement::first(lock(), good_terms()).unwrap()
}

fn sign_all(agreement: &mut Agreement) {
    for identity in identities() {
        agreement.sign(&identity).unwrap();
    }
}

fn sign_as_node(agreement: &mut Agreement) {
    let signature = signed_by(&node_key(), &agreement.node_text());
    let node = account(&node_key());
    agreement.sign_as_node(node, signature).unwrap();
}

/// The first version, signed by all.
fn agreed() -> Agreement {
    let mut agreement = first();
    sign_all(&mut agreement);
    sign_as_node(&mut agreement);
    agreement
}

/// Another version, signed by all operators.
fn followed(agreement: &Agreement, change: impl FnOnce(&mut PoolTerms)) -> Agreement {
    let mut terms = agreement.last().content.terms.pool.clone().unwrap();
    change(&mut terms);
    let mut next = agreement.next(terms, Deposits::UNKNOWN).unwrap();
    sign_all(&mut next);
    next
}

/// Two versions, the second of which saves its tickets.
fn two_versions() -> Agreement {
    followed(&agreed(), |terms| terms.wishes.tickets = Tickets::Save)
}

/// What is read from this file.
fn read(file: AgreementFile) -> Result<Agreement, String> {
    let text = file.to_json();
    let file = AgreementFile::from_json(&text).unwrap();
    Agreement::of(file, lock(), Deposits::UNKNOWN).map_err(|error| error.to_string())
}
