//! Duties found in blocks, left out of them, and lost with them.

use super::*;
use crate::api::{Body, Message, PackedData, SyncAggregate};

const SLOT: Slot = Slot(9);
/// What votes of that slot name.
const HEAD: Root = Root::ZERO;

/// Of epoch 1, in which two attest and one of them proposes, and nothing is in a block yet.
pub(crate) fn ledger() -> Ledger {
    let mut ledger = Ledger::new(BTreeSet::from([70, 71]), Epoch(1), 8);
    let committee = |index, validators: &[u64]| Committee {
        index,
        slot: SLOT,
        validators: validators.into(),
    };
    ledger.seat(vec![committee(0, &[1, 70, 2]), committee(1, &[71, 3])]);
    ledger.await_blocks(&[Proposer {
        slot: SLOT,
        validator_index: 71,
    }]);
    ledger
}

fn block(slot: u64, proposer: u64, aggregation_bits: &str, committee_bits: &str) -> Block {
    let packed = Packed {
        aggregation_bits: aggregation_bits.to_owned(),
        committee_bits: committee_bits.to_owned(),
        data: PackedData {
            slot: SLOT,
            beacon_block_root: HEAD,
        },
    };
    Block {
        root: Root::from([u8::try_from(proposer).unwrap(); 32]),
        message: Message {
            slot: Slot(slot),
            proposer_index: proposer,
            parent_root: Root::ZERO,
            body: Body {
                attestations: vec![packed],
                sync_aggregate: SyncAggregate {
                    sync_committee_bits: "0x05".to_owned(),
                },
                execution_payload: None,
            },
        },
    }
}

/// For each attestation that is in a block: how many slots after its own, least 1.
fn delays(ledger: &Ledger) -> Vec<u64> {
    let packed = ledger.seats.iter();
    let packed = packed.filter_map(|((slot, _), packed_in)| Some((*packed_in)?.0 - slot.0));
    packed.collect()
}

#[test]
fn bits_count_over_the_committees_named() {
    let mut ledger = ledger();
    // Committees 0 and 1: members 1, 70, 2, 71, 3; set are 70 and 71; bit 5 is the length.
    ledger.enter(&block(10, 5, "0x2a", "0x03"));
    assert_eq!(
        ledger.of(Epoch(1)).attestations,
        Tally {
            expected: 2,
            included: 2
        }
    );
    assert_eq!(delays(&ledger), [1, 1]);
}

#[test]
fn one_committee_left_out_is_missed() {
    let mut ledger = ledger();
    ledger.enter(&block(10, 5, "0x0a", "0x01"));
    assert_eq!(ledger.missed(), BTreeSet::from([SLOT]));
    assert_eq!(
        ledger.of(Epoch(1)).attestations,
        Tally {
            expected: 2,
            included: 1
        }
    );
    assert_eq!(ledger.of(Epoch(2)), Duties::default());
}

#[test]
fn messages_count_by_the_seats_that_the_block_after_their_slot_carries() {
    let mut ledger = ledger();
    ledger.place(Epoch(1), &[70, 1, 71, 71]);
    ledger.enter(&block(10, 5, "0x2a", "0x03"));
    let two_of_three = Tally {
        expected: 3,
        included: 2,
    };
    assert_eq!(ledger.of(Epoch(1)).sync_messages, two_of_three);
    assert_eq!(ledger.of(Epoch(2)).sync_messages, Tally::default());
}

#[test]
fn no_message_is_expected_where_a_vote_of_its_slot_names_another_head() {
    let mut ledger = ledger();
    ledger.place(Epoch(1), &[70, 1, 71, 71]);
    let mut block = block(10, 5, "0x2a", "0x03");
    block.message.parent_root = Root::from([7; 32]);
    ledger.enter(&block);
    assert_eq!(ledger.total().sync_messages, Tally::default());
}

#[test]
fn a_proposal_is_the_proposers_block_in_its_slot() {
    let mut ledger = ledger();
    ledger.enter(&block(9, 3, "0x01", "0x00"));
    assert_eq!(ledger.total().proposals.missed(), 1);
    ledger.enter(&block(9, 71, "0x01", "0x00"));
    assert_eq!(ledger.total().proposals.missed(), 0);
}

#[test]
fn what_a_reorganised_chain_contains_no_longer_is_missed_until_it_is_found_again() {
    let mut ledger = ledger();
    let made = block(9, 71, "0x01", "0x00");
    ledger.replace(Slot(0), &[block(10, 5, "0x2a", "0x03"), made.clone()]);
    assert!(ledger.missed().is_empty());
    // Another block in slot 10, with one vote; then one in slot 11 with both.
    let other = block(10, 6, "0x0a", "0x01");
    ledger.replace(ledger.slot_of(made.root).unwrap(), &[other]);
    assert_eq!(ledger.total().attestations.missed(), 1);
    assert_eq!(ledger.total().proposals.missed(), 0);
    ledger.replace(Slot(10), &[block(11, 7, "0x2a", "0x03")]);
    assert_eq!(delays(&ledger), [1, 2]);
    // Another proposer's block in slot 9, below everything.
    ledger.replace(
        Slot(0),
        &[block(11, 8, "0x2a", "0x03"), block(9, 3, "0x01", "0x00")],
    );
    assert_eq!(ledger.total().attestations.missed(), 0);
    assert_eq!(ledger.missed(), BTreeSet::from([SLOT]));
}
