//! Deposits: only what the lock says, and one withdrawal credentials for ever.

use std::collections::BTreeSet;

use proto::eth::DepositMessage;
use proto::{ClusterSize, Root, Slot};

use super::vault::{Peer, at, attestation, block, group_key, held, owner, root, share, spec};
use crate::pool::consent::example::Case;
use crate::pool::consent::{Consent, Refusal as Objection, judge};
use crate::record::{Entry, History, Journal, SimulatedDisk};
use crate::vault::signable::Subject;
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

/// What a peer consents to once `change` was made to the example.
fn consent(change: impl Fn(&mut Case)) -> Result<Consent, Objection> {
    let mut case = Case::new();
    change(&mut case);
    judge(&case.demand, &case.grounds())
}

/// A peer whose first validators are those of the example, and whose lock names nobody.
fn joining() -> Peer {
    let disk = SimulatedDisk::new();
    let mut history = History::default();
    let lock = Case::new().lock;
    let keys = lock.validators.iter().map(|it| it.public_key).collect();
    history.add(Entry::Enrolled(keys)).unwrap();
    Journal::create(disk.clone(), owner(), history).unwrap();
    let journal = Journal::open(disk.clone(), owner()).unwrap();
    let held = |(i, key)| Held {
        group_key: key,
        share: share(i),
        deposits: None,
    };
    let keys = lock.validators.iter().map(|it| it.public_key);
    let held = (0..).zip(keys).map(held).collect();
    let size = ClusterSize::of(4).unwrap();
    Peer {
        vault: Vault::open(size, held, journal.history().clone()).unwrap(),
        disk,
        journal,
    }
}

#[test]
fn a_deposit_at_rocket_pool_is_signed_after_node_and_credentials_are_on_record() {
    let mut peer = joining();
    let consent = consent(|_| {}).unwrap();
    let all = Signable::joining(&consent);
    let (validator, first) = &all[0];
    let signing = peer.vault.sign(Slot(0), first, &[*validator]);
    let entries: Vec<&Entry> = signing.records.iter().map(|it| it.entry()).collect();
    let credentials = consent.messages()[0].1.withdrawal_credentials;
    assert!(matches!(
        entries[..],
        [Entry::Joined(joined), Entry::Deposit { credentials: of, gwei: 1_000_000_000, .. }]
            if *joined == consent.joined() && *of == credentials
    ));
    // Nothing is had before both are durable.
    let before = peer.journal.recorded();
    let sealed = signing.sealed.unwrap().open(&before).unwrap_err();
    let recorded = peer.journal.append(&signing.records).unwrap();
    let shares = sealed.open(&recorded).unwrap();
    // Asked again, also after a restart, it is the same and nothing more is written.
    let again = peer.vault.sign(Slot(0), first, &[*validator]);
    assert_eq!(again.records, []);
    assert_eq!(again.sealed.unwrap().open(&recorded).unwrap(), shares);
    // The second key needs no second entry of the node.
    let (validator, second) = &all[1];
    let signing = peer.vault.sign(Slot(0), second, &[*validator]);
    assert!(
        matches!(signing.records[..], [ref one] if matches!(one.entry(), Entry::Deposit { .. }))
    );
    // Of one key alone, and not of another's message.
    let signing = peer.vault.sign(Slot(0), second, &at([0]));
    assert_eq!(signing.refused[0].1.rule(), "other_key");
}

#[test]
fn after_the_first_share_no_other_node_or_credentials_are_signed_for() {
    let mut peer = joining();
    for (validator, it) in Signable::joining(&consent(|_| {}).unwrap()) {
        peer.release(0, &it, &[validator]);
    }
    // Whatever a judge would say of it by a record that was lost: the vault has its own.
    let other = |change: fn(&mut Case)| {
        let consent = consent(change).unwrap();
        Signable::joining(&consent)[0].1
    };
    let elsewhere = other(|it| {
        let version = it.agreement.as_mut().unwrap();
        version.terms.fixed.node_account = [7; 20].into();
        it.move_to([7; 20].into());
    });
    assert_eq!(peer.refusal(0, &elsewhere), "other_node");
    let credentials = other(|it| it.replace_factory([8; 20].into()));
    assert_eq!(peer.refusal(0, &credentials), "other_credentials");
}

#[test]
fn a_lock_with_an_address_joins_nothing() {
    let mut peer = Peer::begin();
    let mut signable = Signable::joining(&consent(|_| {}).unwrap())[0].1;
    let Subject::Joining(message, _) = &mut signable.subject else {
        panic!("{signable:?}");
    };
    message.pubkey = group_key(0);
    assert_eq!(peer.refusal(0, &signable), "settled");
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
