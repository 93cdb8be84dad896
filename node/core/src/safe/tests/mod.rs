//! What is signed for a Safe, and by whom, without a chain.

mod cosign;
mod founding;
mod rank;
mod signed;
mod transaction;

use alloy_primitives::{U256, keccak256};
use k256::ecdsa::SigningKey;
use proto::agreement::AccountSignature;
use proto::{Address, ClusterSize, PeerIndex, Root};

use super::rank::Seat;
use super::transaction::Account;
use crate::sending::call::{Call, Effect, Gas};

/// The Safe.
fn account() -> Account {
    Account {
        chain_id: 560_048,
        address: address(0x5a),
    }
}

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn key(peer: PeerIndex) -> SigningKey {
    let byte = u8::try_from(peer.position()).unwrap();
    SigningKey::from_slice(&[0xa0 + byte; 32]).unwrap()
}

fn owner(peer: PeerIndex) -> Address {
    let point = key(peer).verifying_key().to_encoded_point(false);
    Address::try_from(&keccak256(&point.as_bytes()[1..])[12..]).unwrap()
}

fn sign(key: &SigningKey, hash: &Root) -> AccountSignature {
    let signed = key.sign_prehash_recoverable(hash.as_bytes());
    let (signature, recovery) = signed.unwrap();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    AccountSignature(bytes)
}

fn size() -> ClusterSize {
    ClusterSize::of(4).unwrap()
}

fn seat(me: usize, is_first: bool) -> Seat {
    Seat {
        cluster: [7; 32].into(),
        size: size(),
        me: size().peer(me).unwrap(),
        is_first,
        delay: 600,
    }
}

/// A step of this name, which calls this contract.
fn call(step: &str, to: u8) -> Call {
    Call {
        step: step.parse().unwrap(),
        words: format!("{step} is done"),
        to: address(to),
        value: U256::ZERO,
        data: vec![1, 2, 3, 4],
        akin: Vec::new(),
        gas: Gas::of(300_000).unwrap(),
        effect: Effect::Idempotent,
    }
}
