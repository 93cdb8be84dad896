//! Deposits: only what the lock says, and one withdrawal credentials for ever.

use std::collections::BTreeSet;

use proto::eth::DepositMessage;
use proto::{ClusterSize, Root, Slot};

use super::vault::{Peer, at, attestation, block, group_key, held, owner, root, spec};
use crate::record::Journal;
use crate::vault::{DepositTerms, Held, Refusal, Signable, Vault};

fn deposit(credentials: u8, gwei: u64) -> Signable {
    let message = DepositMessage {
        pubkey: group_key(0),
        withdrawal_credentials: root(credentials),
        amount: gwei,
    };
    Signable::deposit([0, 0, 0, 1].into(), &message)
}

#[test]
fn deposits_are_those_of_the_lock_and_of_one_credentials_for_ever() {
    let mut peer = Peer::begin();
    assert_eq!(
        peer.refusal(0, &deposit(0xdd, 1_000_000_000)),
        "not_in_lock"
    );
    assert_eq!(
        peer.refusal(0, &deposit(0xcc, 2_000_000_000)),
        "not_in_lock"
    );
    let first = peer.release(0, &deposit(0xcc, 1_000_000_000), &at([0]));
    assert_eq!(
        peer.release(0, &deposit(0xcc, 1_000_000_000), &at([0])),
        first
    );
    peer.release(0, &deposit(0xcc, 31_000_000_000), &at([0]));
    let other_key = peer
        .vault
        .sign(Slot(0), &deposit(0xcc, 1_000_000_000), &at([1]));
    assert!(matches!(other_key.refused[0].1, Refusal::OtherKey(_)));

    // Even if the lock were another one: the record remembers.
    let history = Journal::open(peer.disk, owner()).unwrap().history().clone();
    let terms = DepositTerms {
        credentials: root(0xdd),
        gwei: vec![1_000_000_000],
    };
    let other = Held {
        deposits: Some(terms),
        ..held(0)
    };
    let mut vault = Vault::open(ClusterSize::of(4).unwrap(), vec![other], history).unwrap();
    let signing = vault.sign(Slot(0), &deposit(0xdd, 1_000_000_000), &at([0]));
    assert!(matches!(
        signing.refused[0].1,
        Refusal::OtherCredentials { .. }
    ));
}

#[test]
fn each_purpose_has_its_own_domain() {
    let slot = 16;
    let roots = [
        attestation(slot, 1).signing_root(),
        block(slot, 1).signing_root(),
        Signable::randao(&spec(), Slot(slot)).signing_root(),
        deposit(1, 1).signing_root(),
    ];
    let distinct: BTreeSet<Root> = roots.into_iter().collect();
    assert_eq!(distinct.len(), 4);
}
