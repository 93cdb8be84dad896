//! Messages that cannot be slashed: selection proofs, and aggregates, of which a slot has one
//! value.

use super::vault::{Peer, at, root, spec};
use crate::record::Entry;
use crate::vault::*;
use proto::{DutyId, DutyKind};

const SLOT: Slot = Slot(33); // Of epoch 4.

fn selection() -> Signable {
    Signable::selection(&spec(), SLOT)
}

/// What a validator signs of a value.
fn aggregate(validator: u8, value: u8) -> ToSign {
    ToSign {
        signable: Signable::aggregate(&spec(), SLOT, root(0x10 + validator), root(value)),
        validators: at([validator.into()]).to_vec(),
    }
}

#[test]
fn a_selection_proof_is_signed_from_the_epoch_before_on_and_waits_for_no_record() {
    let mut peer = Peer::begin();
    assert_eq!(peer.refusal(23, &selection()), "ahead_of_clock");
    for now in [24, 33, 39] {
        let signing = peer.vault.sign(Slot(now), &selection(), &at([0, 1]));
        assert!(signing.records.is_empty() && signing.refused.is_empty());
        let opened = signing.sealed.unwrap().open(&peer.journal.recorded());
        assert_eq!(opened.unwrap().len(), 2);
    }
}

#[test]
fn the_parts_of_an_aggregate_leave_behind_one_record() {
    let mut peer = Peer::begin();
    let before = peer.journal.recorded();
    let signing = peer
        .vault
        .sign_all(SLOT, &[aggregate(0, 1), aggregate(2, 1)]);
    let agreed = Entry::Agreed {
        duty: DutyId {
            slot: SLOT,
            kind: DutyKind::Aggregate,
        },
        value: root(1),
    };
    let [record] = signing.records.as_slice() else {
        panic!("{:?}", signing.records);
    };
    assert_eq!(record.entry(), &agreed);
    let sealed = signing.sealed.unwrap().open(&before).unwrap_err();
    let recorded = peer.journal.append(&signing.records).unwrap();
    let opened = sealed.open(&recorded).unwrap();
    let whose: Vec<_> = opened.iter().map(PartialSignature::validator).collect();
    assert_eq!(whose, at([0, 2]));
}

#[test]
fn a_slot_has_one_value_for_whichever_validators_and_after_a_restart() {
    let mut peer = Peer::begin();
    let signing = peer.vault.sign_all(SLOT, &[aggregate(0, 1)]);
    peer.journal.append(&signing.records).unwrap();
    let other = aggregate(1, 2).signable;
    assert_eq!(peer.refusal(33, &other), "second_value");
    let mut peer = Peer::start(peer.disk);
    assert_eq!(peer.refusal(34, &other), "second_value");
    let again = peer
        .vault
        .sign_all(SLOT, &[aggregate(0, 1), aggregate(1, 1)]);
    assert!(again.records.is_empty() && again.refused.is_empty());
    assert!(again.sealed.is_some());
}

#[test]
fn an_aggregate_of_a_slot_to_come_is_refused() {
    let mut peer = Peer::begin();
    assert_eq!(
        peer.refusal(32, &aggregate(0, 1).signable),
        "ahead_of_clock"
    );
}
