//! What bears a signature of one of our validators and is not what was signed is told, once.

use proto::eth::{IncludedVotes, ValidatorIndex};
use proto::{Root, Slot};

use super::chain::{Chain, PER_EPOCH, committees, root, signature, vote, votes};
use crate::outcome::reading::{DEPTH, Reading};
use crate::outcome::{Bears, Followed, Owed, Signed, Stray, Work};

/// The right votes of slot 9, with a bit for 7 or without.
fn right(bit: u8) -> IncludedVotes {
    votes(9, (root(9, 0), root(8, 0)), &[0], &[0, 0, bit])
}

/// Others of the same slot.
fn other(bits: &[u8]) -> IncludedVotes {
    votes(9, (root(7, 0), root(8, 0)), &[0], bits)
}

/// One that is not what 7 has signed in slot 9.
fn stray(bears: &IncludedVotes) -> Stray {
    Stray {
        owed: vote(9, 7),
        block: root(10, 0),
        bears: Bears::Vote(bears.data),
    }
}

/// A chain whose block 10 carries these.
fn carrying(chain: &mut Chain, carried: Vec<IncludedVotes>) -> Root {
    let nine = chain.blocks(0..=9, Root::ZERO);
    let ten = chain.block((10, 0), nine, carried);
    chain.blocks(11..=10 + DEPTH, ten)
}

/// What is told of it, where this is known to be signed for 7.
fn told(carried: Vec<IncludedVotes>, signed: Option<Signed>) -> Vec<Stray> {
    let mut chain = Chain::default();
    let head = carrying(&mut chain, carried);
    let mut reading = Reading::new(PER_EPOCH);
    let owed = vote(9, 7);
    reading.follow(Followed { owed, signed });
    chain.read(&mut reading, head);
    let told = reading.strays();
    chain.read(&mut reading, head);
    assert_eq!(reading.strays(), [], "it is told once");
    told
}

#[test]
fn another_vote_with_our_bit_is_told_and_our_own_is_not() {
    let signed = Some(Signed::Vote(right(1).data));
    let ours = stray(&other(&[1, 0, 1]));
    assert_eq!(told(vec![other(&[1, 0, 1])], signed), [ours]);
    assert_eq!(told(vec![right(1), other(&[0, 0, 1])], signed), [ours]);
    assert_eq!(told(vec![right(1)], signed), []);
    let others = vec![right(1), other(&[1, 1, 0])];
    assert_eq!(told(others, signed), [], "they are others'");
    assert_eq!(told(vec![], signed), []);
}

#[test]
fn a_vote_is_our_validators_by_the_committees_that_seat_it_where_its_bit_is() {
    let mut chain = Chain::default();
    let head = carrying(&mut chain, vec![other(&[1, 0, 1])]);
    let mut reading = Reading::new(PER_EPOCH);
    let owed = vote(9, 7);
    reading.follow(Followed { owed, signed: None });
    chain.read(&mut reading, head);
    let [stray] = reading.strays()[..] else {
        panic!("it is told");
    };
    let here = committees(Slot(9));
    assert_eq!(reading.is_its_by(&stray, &here), Some(true));
    let mut swapped = here.clone();
    swapped[0].validators.swap(1, 2);
    assert_eq!(reading.is_its_by(&stray, &swapped), Some(false));
    let nobody = reading.is_its_by(&stray, &here[1..]);
    assert_eq!(nobody, None, "7 sits nowhere in the others");
    let elsewhere = Stray {
        block: root(11, 0),
        ..stray
    };
    let elsewhere = reading.is_its_by(&elsewhere, &here);
    assert_eq!(elsewhere, Some(false), "block 11 carries none");
}

#[test]
fn where_nothing_is_known_to_be_signed_each_vote_is_told() {
    assert_eq!(told(vec![right(1)], None), [stray(&right(1))]);
}

#[test]
fn nothing_is_told_of_a_duty_that_another_run_of_this_peer_has_followed() {
    let mut chain = Chain::default();
    let head = carrying(&mut chain, vec![other(&[0, 0, 1])]);
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(vote(9, 7), None);
    chain.read(&mut reading, head);
    assert_eq!(reading.strays(), []);
}

#[test]
fn a_block_of_our_proposer_that_is_not_the_one_that_was_signed_is_told_with_its_signature() {
    let mut chain = Chain::default();
    let head = chain.blocks(0..=20, Root::ZERO);
    let block = |slot, index| Owed {
        slot: Slot(slot),
        work: Work::Block,
        index: ValidatorIndex(index),
    };
    let mut follow = |is_unsigned| {
        chain.is_unsigned = is_unsigned;
        let mut reading = Reading::new(PER_EPOCH);
        for (slot, index, signed) in [
            (5, 105, Some(root(5, 0))),
            (6, 106, Some(root(6, 1))),
            // Another proposer's block in the place of one of ours that came too late.
            (7, 999, Some(root(7, 1))),
            (8, 108, None),
        ] {
            let (owed, signed) = (block(slot, index), signed.map(Signed::Block));
            reading.follow(Followed { owed, signed });
        }
        chain.read(&mut reading, head);
        reading.strays()
    };
    let told = follow(false).into_iter();
    let told = told.map(|stray| {
        assert!(matches!(stray.bears, Bears::Block(_, by) if by == signature()));
        (stray.owed, stray.block)
    });
    let expected = [(block(6, 106), root(6, 0)), (block(8, 108), root(8, 0))];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(follow(true), [], "nobody can check it");
}

/// Whose bit is whose depends on the last block before the epoch before: on another chain, another
/// validator of the committee votes at our place.
#[test]
fn committees_that_another_chain_has_drawn_are_asked_anew() {
    let mut chain = Chain::default();
    let three = chain.blocks(0..=3, Root::ZERO);
    let nine = chain.blocks(4..=17, three);
    let mut reading = Reading::new(PER_EPOCH);
    let owed = vote(17, 7);
    reading.follow(Followed { owed, signed: None });
    let ours = votes(17, (root(17, 0), root(16, 0)), &[0], &[0, 0, 1]);
    let one = chain.block((18, 0), nine, vec![ours]);
    chain.read(&mut reading, one);
    // It turns, up from slot 3: the committees of epoch 2 depend on slot 7.
    let mut parent = three;
    for slot in 4..=30 {
        let theirs = votes(17, (root(17, 1), root(16, 1)), &[0], &[0, 1, 0]);
        let carried = if slot == 18 { vec![theirs] } else { vec![] };
        parent = chain.block((slot, 1), parent, carried);
    }
    chain.swaps = true;
    chain.read(&mut reading, parent);
    let strays = reading.strays().into_iter();
    let told: Vec<Root> = strays.map(|stray| stray.block).collect();
    assert_eq!(told, [root(18, 1)], "7 sits in the second place there");
}

#[test]
fn a_head_that_a_node_calls_final_is_not_believed() {
    // Nothing within two epochs of the head can be final: whoever says so makes it up.
    let mut chain = Chain::default();
    let head = chain.blocks(0..=4 * PER_EPOCH, Root::ZERO);
    let mut reading = Reading::new(PER_EPOCH);
    let owed = vote(9, 7);
    reading.follow(Followed { owed, signed: None });
    let mut says = |finalised| {
        let of_head = (head, chain.header(head).unwrap());
        reading.head(Slot(4 * PER_EPOCH), of_head, Slot(finalised))
    };
    assert!(!says(4 * PER_EPOCH));
    assert!(!says(2 * PER_EPOCH + 1));
    assert!(says(2 * PER_EPOCH));
}
