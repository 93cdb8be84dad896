//! Who attests when on the make-believe chain.

use super::*;

#[test]
fn every_validator_attests_once_an_epoch() {
    let slots: Vec<u64> = (0..64).map(|i| World::duty_slot(i, Epoch(3)).0).collect();
    assert!((96..128).all(|slot| slots.iter().filter(|s| **s == slot).count() == 2));
}

#[test]
fn seats_of_a_slot_are_all_different() {
    let seats: std::collections::BTreeSet<(u64, u64)> = (0..4096)
        .step_by(32)
        .map(World::seat)
        .map(|(c, p)| (c.0, p))
        .collect();
    assert_eq!(seats.len(), 128);
}
