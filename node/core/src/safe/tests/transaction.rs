//! Hashes and bundles are those of the contracts' own constants.

use alloy_primitives::{B256, U256, b256, keccak256};
use alloy_sol_types::SolStruct as _;

use super::*;
use crate::safe::abi::SafeTx;
use crate::safe::signature::{bundle, signer};
use crate::safe::transaction::Transaction;

/// `SAFE_TX_TYPEHASH` of the contract.
const TYPE: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");
/// `DOMAIN_SEPARATOR_TYPEHASH` of the contract.
const DOMAIN: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");

#[test]
fn what_is_signed_has_the_types_that_the_contract_names() {
    assert_eq!(keccak256(SafeTx::eip712_encode_type().as_bytes()), TYPE);
    let domain = "EIP712Domain(uint256 chainId,address verifyingContract)";
    assert_eq!(keccak256(domain), DOMAIN);
    // The hash as the contract puts it together, word by word.
    let transaction = Transaction {
        to: address(0x11),
        value: U256::from(5),
        data: vec![9; 40],
        nonce: 3,
    };
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    let left = |address: &Address| B256::left_padding_from(address.as_bytes());
    let parts = [
        TYPE.0,
        left(&transaction.to).0,
        word(5),
        keccak256([9; 40]).0,
        // Operation, gas of the call, base gas, price, token, receiver.
        [0; 32],
        [0; 32],
        [0; 32],
        [0; 32],
        [0; 32],
        [0; 32],
        word(3),
    ];
    let separator = [DOMAIN.0, word(560_048), left(&account().address).0];
    let both = [keccak256(separator.concat()).0, keccak256(parts.concat()).0];
    let expected = keccak256([&[0x19, 0x01][..], &both.concat()].concat());
    assert_eq!(transaction.hash(&account()), Root::from(expected.0));
}

#[test]
fn every_part_of_a_transaction_and_its_place_is_in_its_hash() {
    let first = Transaction {
        to: address(1),
        value: U256::from(1),
        data: vec![1],
        nonce: 1,
    };
    let others = [
        Transaction {
            to: address(2),
            ..first.clone()
        },
        Transaction {
            value: U256::from(2),
            ..first.clone()
        },
        Transaction {
            data: vec![2],
            ..first.clone()
        },
        Transaction {
            nonce: 2,
            ..first.clone()
        },
    ];
    let hash = first.hash(&account());
    assert!(others.iter().all(|it| it.hash(&account()) != hash));
    let elsewhere = [
        Account {
            chain_id: 1,
            ..account()
        },
        Account {
            address: address(0x5b),
            ..account()
        },
    ];
    assert!(elsewhere.iter().all(|it| first.hash(it) != hash));
}

#[test]
fn a_bundle_is_in_the_order_of_the_owners_and_has_t_of_them() {
    let hash: Root = [3; 32].into();
    let peers: Vec<_> = size().all().collect();
    let signed = |peer: &PeerIndex| (owner(*peer), sign(&key(*peer), &hash));
    let all: std::collections::BTreeMap<_, _> = peers.iter().rev().map(signed).collect();
    let bytes = bundle(&all, 3).unwrap();
    let signers: Vec<_> = bytes
        .chunks(65)
        .map(|it| signer(&hash, &AccountSignature(it.try_into().unwrap())).unwrap())
        .collect();
    assert_eq!(signers.len(), 3);
    assert!(signers.is_sorted() && signers.windows(2).all(|it| it[0] != it[1]));
    assert!(bundle(&all, 5).is_none());
}

#[test]
fn a_signature_in_its_other_form_or_of_another_kind_is_nobodys() {
    let hash: Root = [3; 32].into();
    let peer = size().peer(0).unwrap();
    let good = sign(&key(peer), &hash);
    assert_eq!(signer(&hash, &good), Some(owner(peer)));
    // The other of the two forms: n - s, and the other recovery number.
    let order = U256::from_be_bytes(
        b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").0,
    );
    let mut other = good;
    let s = U256::from_be_slice(&good.0[32..64]);
    other.0[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    other.0[64] = 27 + 28 - good.0[64];
    assert_eq!(signer(&hash, &other), None);
    // A contract's, an approved hash, a text of a wallet, a recovery number of before EIP-155.
    for kind in [0, 1, 31, 32, good.0[64] - 27] {
        let mut odd = good;
        odd.0[64] = kind;
        assert_eq!(signer(&hash, &odd), None, "{kind}");
    }
}
