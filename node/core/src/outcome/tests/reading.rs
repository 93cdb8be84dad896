//! Duties found in blocks, left out of them, and lost with them.

use proto::eth::ValidatorIndex;
use proto::{Epoch, Root, Slot};

use super::chain::{Chain, PER_EPOCH, root, vote, voted, votes};
use crate::outcome::reading::{DEPTH, EPOCHS, Given, Reading, Want, questions};
use crate::outcome::{Owed, Shown, Work};

const ZERO: Root = Root::ZERO;

/// Slots 0 to 9 with blocks, then a vote of slot 9 in block 10, then blocks up to `head`.
fn with_votes_in_10(covered: &[u64], bits: &[u8], head: u64) -> (Chain, Root) {
    let mut chain = Chain::default();
    let before = chain.blocks(0..=9, ZERO);
    let right = (root(9, 0), root(8, 0));
    let carries = vec![votes(9, right, covered, bits)];
    let block = chain.block((10, 0), before, carries);
    let head = chain.blocks(11..=head, block);
    (chain, head)
}

fn owing(duties: &[Owed]) -> Reading {
    let mut reading = Reading::new(PER_EPOCH);
    duties.iter().for_each(|owed| reading.owe(*owed, None));
    reading
}

#[test]
fn a_bit_counts_over_the_committees_that_are_covered() {
    // Committees 0 and 2: members 5, 6, 7, 20, 21, 22; set are 7 and 21.
    let (mut chain, head) = with_votes_in_10(&[0, 2], &[0, 0, 1, 0, 1, 0], 23);
    let mut reading = owing(&[vote(9, 7), vote(9, 21), vote(9, 22)]);
    let found = chain.read(&mut reading, head);
    let right = voted(10, true, true);
    assert_eq!(found, [(vote(9, 7), right), (vote(9, 21), right)]);
    // Of 22 nothing may be said before the last block that may carry it is deep enough: slot 23.
    let head = chain.blocks(24..=23 + DEPTH, head);
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(9, 22), Shown::Lacking)]
    );
}

#[test]
fn all_committees_of_a_slot_in_one_aggregate_are_told_apart() {
    // 5, 6, 7, 11, 12, 20, 21, 22: set are 12 and 22.
    let (mut chain, head) = with_votes_in_10(&[0, 1, 2], &[0, 0, 0, 0, 1, 0, 0, 1], 23);
    let mut reading = owing(&[vote(9, 7), vote(9, 21), vote(9, 22)]);
    let found = chain.read(&mut reading, head);
    assert_eq!(found, [(vote(9, 22), voted(10, true, true))]);
}

#[test]
fn a_committee_that_is_not_covered_has_no_bits() {
    // Committee 1 only: members 11 and 12, and a bit too many, which is 7's nowhere.
    let (mut chain, head) = with_votes_in_10(&[1], &[1, 1, 1], 23 + DEPTH);
    let mut reading = owing(&[vote(9, 7)]);
    assert_eq!(chain.read(&mut reading, root(23, 0)), []);
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(9, 7), Shown::Lacking)]
    );
}

#[test]
fn head_and_target_are_right_if_they_are_the_last_blocks_up_to_their_slots() {
    // Slots 8 (the epoch's first) and 9 have no block: both votes of slot 9 name block 7.
    let mut chain = Chain::default();
    let seven = chain.blocks(0..=7, ZERO);
    let right = votes(9, (seven, seven), &[0], &[0, 0, 1]);
    let old_head = votes(9, (root(6, 0), seven), &[2], &[0, 1, 0]);
    let old_target = votes(9, (seven, root(6, 0)), &[2], &[0, 0, 1]);
    let ten = chain.block((10, 0), seven, vec![right, old_head, old_target]);
    let head = chain.blocks(11..=20, ten);
    let mut reading = owing(&[vote(9, 7), vote(9, 21), vote(9, 22)]);
    let found = chain.read(&mut reading, head);
    let expected = [
        (vote(9, 7), voted(10, true, true)),
        (vote(9, 21), voted(10, true, false)),
        (vote(9, 22), voted(10, false, true)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_first_block_that_carries_a_vote_counts() {
    let (mut chain, head) = with_votes_in_10(&[2], &[0, 1, 0], 11);
    let right = (root(9, 0), root(8, 0));
    let late = vec![votes(9, right, &[0, 2], &[0, 0, 1, 0, 1, 0])];
    let late = chain.block((12, 0), head, late);
    let head = chain.blocks(13..=23, late);
    let mut reading = owing(&[vote(9, 7), vote(9, 21)]);
    let found = chain.read(&mut reading, head);
    assert_eq!(found[0], (vote(9, 7), voted(12, true, true)));
    assert_eq!(found[1], (vote(9, 21), voted(10, true, true)));
}

#[test]
fn nothing_is_said_of_a_block_before_it_is_deep_and_nothing_more_when_it_is_final() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 9 + DEPTH);
    let mut reading = owing(&[vote(9, 7)]);
    assert_eq!(chain.read(&mut reading, head), []);
    assert_eq!(chain.blocks_asked(), 0);
    let head = chain.block((10 + DEPTH, 0), head, vec![]);
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(9, 7), voted(10, true, true))]
    );
    assert!(reading.is_open());
    let head = chain.blocks(11 + DEPTH..=4 * PER_EPOCH, head);
    chain.finalised = 2 * PER_EPOCH;
    assert_eq!(chain.read(&mut reading, head), []);
    assert!(!reading.is_open());
}

#[test]
fn what_was_said_is_taken_back_when_the_chain_turns() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 10 + DEPTH);
    let mut reading = owing(&[vote(9, 7)]);
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(9, 7), voted(10, true, true))]
    );
    // Another block in slot 10 without it, and one in slot 12 that has it.
    let other = chain.block((10, 1), root(9, 0), vec![]);
    let right = (root(9, 0), root(8, 0));
    let carries = vec![votes(9, right, &[0], &[0, 0, 1])];
    let other = chain.block((12, 1), other, carries);
    let other = chain.block((25, 1), other, vec![]);
    assert_eq!(
        chain.read(&mut reading, other),
        [(vote(9, 7), voted(12, true, true))]
    );
    // And a third one that never has it.
    let third = chain.block((13, 2), root(9, 0), vec![]);
    let third = chain.block((23 + DEPTH, 2), third, vec![]);
    assert_eq!(
        chain.read(&mut reading, third),
        [(vote(9, 7), Shown::Lacking)]
    );
}

#[test]
fn a_block_is_the_proposers_or_it_is_lacking() {
    let mut chain = Chain::default();
    let block = |slot, index| Owed {
        slot: Slot(slot),
        work: Work::Block,
        index: ValidatorIndex(index),
    };
    let three = chain.blocks(0..=3, ZERO);
    let head = chain.blocks([5, 6, 7, 20], three);
    let duties = [block(3, 103), block(4, 104), block(5, 999), block(12, 1)];
    let mut reading = owing(&duties);
    let found = chain.read(&mut reading, head);
    let shown = [
        Shown::Proposed,
        Shown::Lacking,
        Shown::Lacking,
        Shown::Lacking,
    ];
    assert_eq!(found, duties.into_iter().zip(shown).collect::<Vec<_>>());
    assert_eq!(chain.blocks_asked(), 0, "headers tell it");
}

#[test]
fn only_blocks_that_may_carry_what_is_looked_for_are_read_and_each_once() {
    let (mut chain, mut head) = with_votes_in_10(&[0], &[0, 0, 1], 23);
    let mut reading = owing(&[vote(9, 7)]);
    for slot in 24..38 {
        chain.read(&mut reading, head);
        head = chain.blocks([slot], head);
    }
    assert_eq!(chain.blocks_asked(), 1);
    let headers = chain.asked.len() - 2;
    assert!(headers < 40, "each header once: {headers}");
}

#[test]
fn without_committees_nothing_is_said_and_no_block_is_read() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 23);
    chain.is_unseated = true;
    let mut reading = owing(&[vote(9, 7), vote(9, 99)]);
    assert_eq!(chain.read(&mut reading, head), []);
    assert_eq!(chain.blocks_asked(), 0);
    // And of one that has no seat nothing is said, ever.
    chain.is_unseated = false;
    let found = chain.read(&mut reading, head);
    assert_eq!(found, [(vote(9, 7), voted(10, true, true))]);
}

#[test]
fn a_chain_that_does_not_reach_back_far_enough_says_nothing() {
    let mut chain = Chain::default();
    let nine = chain.block((9, 0), root(8, 0), vec![]);
    let right = (nine, root(8, 0));
    let ten = chain.block((10, 0), nine, vec![votes(9, right, &[0], &[0, 0, 1])]);
    let head = chain.blocks(11..=30, ten);
    let mut reading = owing(&[vote(9, 7), vote(17, 7)]);
    assert_eq!(
        chain.read(&mut reading, head),
        [],
        "block 8 is not to be had"
    );
    let header = Want::Header(root(8, 0));
    assert!(chain.asked.contains(&header));
    // What lies in later epochs is not held up by it.
    let head = chain.blocks(31..=31 + DEPTH, head);
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(17, 7), Shown::Lacking)]
    );
}

#[test]
fn a_duty_is_forgotten_after_some_epochs_without_finality() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 40);
    let mut reading = owing(&[vote(9, 7)]);
    chain.read(&mut reading, head);
    assert!(reading.is_open());
    let head = chain.block((9 + 8 * PER_EPOCH + 1, 0), head, vec![]);
    assert_eq!(chain.read(&mut reading, head), []);
    assert!(!reading.is_open());
}

#[test]
fn what_was_said_before_a_restart_is_not_said_again() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 23);
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(vote(9, 7), Some(voted(10, true, true)));
    assert_eq!(chain.read(&mut reading, head), []);
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(vote(9, 7), Some(voted(11, true, true)));
    assert_eq!(
        chain.read(&mut reading, head),
        [(vote(9, 7), voted(10, true, true))]
    );
}

fn message(slot: u64, index: u64) -> Owed {
    Owed {
        slot: Slot(slot),
        work: Work::SyncMessage,
        index: ValidatorIndex(index),
    }
}

#[test]
fn a_message_of_the_sync_committee_is_in_the_next_slots_block_or_nowhere() {
    let mut chain = Chain::default();
    chain.members = vec![
        (ValidatorIndex(7), 2),
        (ValidatorIndex(7), 5),
        (ValidatorIndex(8), 0),
    ];
    // No block in slot 13. One seat of two is enough; another's bit is not.
    for (slot, bits) in [
        (10, [0, 0, 1, 0, 0, 0]),
        (11, [1, 1, 0, 1, 1, 0]),
        (12, [0, 0, 0, 0, 0, 1]),
    ] {
        let bits = bits.iter().map(|bit| *bit == 1).collect();
        chain.synced.insert(Slot(slot), bits);
    }
    let head = chain.blocks((0..=12).chain(14..=20).chain(22..=23), Root::ZERO);
    let mut reading = Reading::new(PER_EPOCH);
    for slot in 9..=12 {
        reading.owe(message(slot, 7), None);
    }
    // This one has no seat, so that nothing can be said of it.
    reading.owe(message(9, 9), None);
    let shown = chain.read(&mut reading, head);
    let expected = [
        (message(9, 7), Shown::Synced),
        (message(10, 7), Shown::Lacking),
        (message(11, 7), Shown::Synced),
        (message(12, 7), Shown::NoBlock),
    ];
    assert_eq!(shown, expected);
    assert_eq!(chain.blocks_asked(), 3);
    let effect = reading.effect(Epoch(1));
    assert_eq!((effect.messages, effect.synced), (3, 2));
    // A block that is neither deep nor final shows nothing, and one that is not there does not.
    reading.owe(message(19, 7), None);
    reading.owe(message(20, 7), None);
    assert_eq!(chain.read(&mut reading, head), []);
}

#[test]
fn without_seats_nothing_is_said_of_a_message_and_no_block_is_read() {
    let mut chain = Chain::default();
    chain.is_unseated = true;
    let head = chain.blocks(0..=23, Root::ZERO);
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(message(9, 7), None);
    assert_eq!(chain.read(&mut reading, head), []);
    assert_eq!(chain.blocks_asked(), 0);
}

#[test]
fn no_node_is_asked_for_committees_or_seats_that_it_has_put_away() {
    let mut chain = Chain::default();
    let head = chain.blocks(0..=24, Root::ZERO);
    let mut reading = Reading::new(PER_EPOCH);
    for slot in [15, 16] {
        reading.owe(vote(slot, 7), None);
        reading.owe(message(slot - 1, 7), None);
    }
    chain.read(&mut reading, head);
    let of_epochs = chain.asked.iter().filter_map(|want| match want {
        Want::Committees(epoch, slot) => Some((*epoch, Some(*slot))),
        Want::Members(epoch) => Some((*epoch, None)),
        Want::Header(_) | Want::Block(_) => None,
    });
    // The head is in epoch 3, whose state has epoch 2 and no earlier one.
    let asked: Vec<_> = of_epochs.collect();
    assert_eq!(asked, [(Epoch(2), Some(Slot(16))), (Epoch(2), None)]);
}

#[test]
fn committees_are_asked_once_where_the_chain_begins_later_than_is_wanted() {
    let mut chain = Chain::default();
    // Nobody has the parent of the first block.
    let first = chain.blocks(9..=20, root(8, 1));
    let mut reading = owing(&[vote(10, 7)]);
    chain.read(&mut reading, first);
    for slot in 21..=23 {
        let head = chain.block((slot, 0), root(slot - 1, 0), vec![]);
        chain.read(&mut reading, head);
    }
    let of_committees = |want: &&Want| matches!(want, Want::Committees(..));
    assert_eq!(chain.asked.iter().filter(of_committees).count(), 1);
}

#[test]
fn committees_are_asked_anew_on_another_chain_whose_beginning_nobody_has() {
    let mut chain = Chain::default();
    let head = chain.blocks(0..=20, Root::ZERO);
    let mut reading = owing(&[vote(10, 7)]);
    chain.read(&mut reading, head);
    let first = chain.block((12, 1), root(11, 1), vec![]);
    let head = chain.block((21, 1), first, vec![]);
    chain.read(&mut reading, head);
    let of_committees = |want: &&Want| matches!(want, Want::Committees(..));
    assert_eq!(chain.asked.iter().filter(of_committees).count(), 2);
}

/// A node may say anything, once. What it says of the end of time must not end the reading.
#[test]
fn a_node_that_names_a_head_or_a_final_block_that_cannot_be_is_not_believed() {
    let (mut chain, head) = with_votes_in_10(&[0], &[0, 0, 1], 12);
    let mut reading = owing(&[vote(9, 7)]);
    chain.finalised = u64::MAX;
    assert_eq!(chain.read(&mut reading, head), []);
    chain.finalised = 0;
    let far = chain.block((1 << 60, 0), head, vec![]);
    let lie = (far, chain.header(far).unwrap());
    assert!(!reading.head(Slot(13), lie, Slot(0)));
    let head = chain.blocks(13..=10 + DEPTH, head);
    let right = voted(10, true, true);
    assert_eq!(chain.read(&mut reading, head), [(vote(9, 7), right)]);
}

/// After a start while nothing becomes final, the headers of eight epochs are not known.
#[test]
fn a_chain_of_all_epochs_that_are_kept_is_followed_in_one_slot() {
    let (per_epoch, first) = (32, 33);
    let mut chain = Chain::default();
    let last = first + (EPOCHS - 1) * per_epoch;
    let head = chain.blocks(0..=last, ZERO);
    let mut reading = Reading::new(per_epoch);
    reading.owe(
        Owed {
            slot: Slot(first),
            work: Work::Block,
            index: ValidatorIndex(100 + first),
        },
        None,
    );
    reading.head(Slot(last), (head, chain.header(head).unwrap()), Slot(0));
    for _ in 0..questions(per_epoch) {
        if let Some(Want::Header(root)) = reading.wants() {
            let header = chain.header(root).map(Given::Header);
            reading.take(Want::Header(root), header);
        }
    }
    let told = reading.settle();
    assert!(matches!(told[..], [(_, Shown::Proposed)]), "{told:?}");
}
