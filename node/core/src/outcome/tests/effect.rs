//! What was earned, counted by hand on the weights of the spec.

use proto::eth::ValidatorIndex;
use proto::{Epoch, Root, Slot};

use super::chain::{Chain, PER_EPOCH, root, vote, voted, votes};
use crate::outcome::reading::Reading;
use crate::outcome::{Owed, Shown, Work};

/// The weight that one attestation of slot 8 earns.
fn earned(shown: Shown) -> u64 {
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(vote(8, 7), Some(shown));
    reading.effect(Epoch(1)).earned
}

#[test]
fn each_flag_has_its_weight_and_its_time() {
    assert_eq!(earned(voted(9, true, true)), 14 + 26 + 14);
    // The head counts in the next slot only, the source within isqrt(8) = 2 slots.
    assert_eq!(earned(voted(10, true, true)), 14 + 26);
    assert_eq!(earned(voted(11, true, true)), 26);
    assert_eq!(earned(voted(23, true, true)), 26);
    assert_eq!(earned(voted(9, true, false)), 14 + 26);
    // Without its target no head.
    assert_eq!(earned(voted(9, false, true)), 14);
    assert_eq!(earned(voted(11, false, false)), 0);
    assert_eq!(earned(Shown::Lacking), 0);
}

#[test]
fn an_epoch_is_whole_once_every_duty_of_it_is_settled() {
    let mut reading = Reading::new(PER_EPOCH);
    let block = |slot| Owed {
        slot: Slot(slot),
        work: Work::Block,
        index: ValidatorIndex(7),
    };
    reading.owe(vote(8, 7), Some(voted(9, true, true)));
    reading.owe(vote(15, 21), Some(voted(16, true, false)));
    reading.owe(vote(15, 22), Some(Shown::Lacking));
    reading.owe(block(9), Some(Shown::Proposed));
    reading.owe(block(16), None);
    let effect = reading.effect(Epoch(1));
    assert!(effect.is_whole());
    assert_eq!((effect.attestations, effect.included), (3, 2));
    assert_eq!((effect.targets, effect.heads), (2, 1));
    assert_eq!((effect.blocks, effect.proposed), (1, 1));
    // 54 and 40 of three times 54.
    assert_eq!(effect.share(), Some(94.0 / 162.0));
    let next = reading.effect(Epoch(2));
    assert!(!next.is_whole());
    assert_eq!(next.share(), None);
    reading.owe(vote(10, 30), None);
    assert!(!reading.effect(Epoch(1)).is_whole());
}

#[test]
fn an_epoch_is_told_once_when_it_is_over_and_again_if_the_chain_turns() {
    let mut chain = Chain::default();
    let nine = chain.blocks(0..=9, Root::ZERO);
    let right = (nine, root(8, 0));
    let carries = |slot| vec![votes(9, right, &[0], &[0, 0, u8::from(slot == 10)])];
    let mut head = chain.block((10, 0), nine, carries(10));
    let mut reading = Reading::new(PER_EPOCH);
    reading.owe(vote(9, 7), None);
    let mut told = Vec::new();
    // Its last slot is 15, whose duties are handed over in 17; 10 is deep enough in 18.
    for slot in 11..=40 {
        head = chain.blocks([slot], head);
        chain.read(&mut reading, head);
        let effects = reading.effects().into_iter();
        told.extend(effects.map(|(epoch, effect)| (slot, epoch, effect.earned)));
    }
    assert_eq!(told, [(18, Epoch(1), 54)]);
    let other = chain.block((10, 1), nine, carries(0));
    let other = chain.block((41, 1), other, vec![]);
    chain.read(&mut reading, other);
    let effects = reading.effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].1.earned, 0);
}

#[test]
fn an_epoch_whose_duties_are_all_settled_is_not_told_before_it_is_over() {
    let mut chain = Chain::default();
    let head = chain.blocks(0..=17, Root::ZERO);
    let mut reading = Reading::new(PER_EPOCH);
    let block = Owed {
        slot: Slot(8),
        work: Work::Block,
        index: ValidatorIndex(108),
    };
    reading.owe(block, None);
    reading.owe(vote(24, 7), None);
    chain.read(&mut reading, root(16, 0));
    assert_eq!(reading.effects(), []);
    chain.read(&mut reading, head);
    assert_eq!(reading.effects().len(), 1);
}
