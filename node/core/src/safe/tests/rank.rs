//! Every step comes to every peer, one after the other, in an order that differs.

use std::collections::BTreeSet;

use super::*;
use crate::safe::rank::Turns;
use crate::sending::call::StepId;

fn step(name: &str) -> StepId {
    name.parse().unwrap()
}

#[test]
fn the_others_follow_the_first_each_with_a_rank_of_its_own() {
    let mut orders = BTreeSet::new();
    for number in 0..20 {
        let step = step(&format!("stake:{number}"));
        assert_eq!(seat(2, true).rank(&step), 0);
        let ranks: Vec<u64> = (0..4).map(|me| seat(me, false).rank(&step)).collect();
        let all: BTreeSet<u64> = ranks.iter().copied().collect();
        assert_eq!(all, BTreeSet::from([1, 2, 3, 4]));
        orders.insert(ranks);
    }
    assert!(orders.len() > 5, "{orders:?}");
}

#[test]
fn a_turn_comes_after_those_before_and_for_all_shortly_before_it_is_too_late() {
    let (name, other) = (step("stake:1"), step("stake:2"));
    let first = Turns::new(seat(0, true));
    assert_eq!(first.waits(&name, None, 1_000), 0);
    let mut turns = Turns::new(seat(0, false));
    let rank = seat(0, false).rank(&name);
    turns.see([&name], 1_000);
    assert_eq!(turns.waits(&name, None, 1_000), rank * 600);
    // Seen again it is due since the first time.
    turns.see([&name, &other], 1_300);
    assert_eq!(turns.waits(&name, None, 1_300), rank * 600 - 300);
    assert_eq!(turns.waits(&name, None, 1_000 + rank * 600), 0);
    assert_eq!(turns.waits(&name, Some(1_300 + 3 * 600), 1_300), 0);
    assert_eq!(turns.waits(&name, Some(1_400 + 3 * 600), 1_300), 100);
    // Done and due again it is another time.
    turns.see([&other], 2_000);
    turns.see([&name], 2_100);
    assert_eq!(turns.waits(&name, None, 2_100), rank * 600);
}
