//! Schedules in which peers run twice under one key (twins): each body is heard by some peers only
//! until the network heals, and sees a head of its own. Both are correct in everything else, so
//! what they do together is what a liar can do that tells some peers one thing and some another.
//!
//! Two correct peers can then be locked on different values, as the crate's page explains; in the
//! seeds below that happens to one schedule in a hundred at most. Each of them leaves evidence that
//! names a twin, and nobody else is blamed in any.

use std::collections::BTreeSet;

use super::plan::Plan;
use super::world::{Outcome, World};
use crate::justify::choose;

/// What came of the schedules of some seeds.
#[derive(Debug, Default)]
struct Tally {
    /// In how many a twin was convicted.
    convicted: usize,
    /// The seeds of those that split the locks of correct peers.
    split: Vec<u64>,
}

/// Runs the schedules of these seeds with so many peers, so many of them twins, and checks every
/// promise.
fn run(n: usize, twins: usize, seeds: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..seeds {
        let plan = Plan::draw_twins(n, twins, seed);
        let outcome = World::run(&plan, choose);
        check(&plan, &outcome);
        tally.convicted += usize::from(!outcome.convicted.is_empty());
        if outcome.locks.len() > 1 {
            tally.split.push(seed);
        }
    }
    tally
}

fn check(plan: &Plan, outcome: &Outcome) {
    let place = || format!("n = {}, seed {}, {plan:?}: {outcome:?}", plan.n, plan.seed);
    let liars: BTreeSet<usize> = plan.twins.iter().copied().collect();
    assert!(outcome.convicted.is_subset(&liars), "{}", place());
    assert!(
        outcome.faults == 0,
        "a correct peer was blamed: {}",
        place()
    );
    let split = outcome.locks.len() > 1;
    let proven = !outcome.convicted.is_empty();
    assert!(!split || proven, "split locks and no liar: {}", place());
    if plan.promises_a_decision() && !split {
        assert!(outcome.undecided.is_empty(), "lost duty: {}", place());
    }
}

#[track_caller]
fn splits_few(n: usize, twins: usize, seeds: u64) -> Tally {
    let tally = run(n, twins, seeds);
    let tame = tally.convicted as u64 <= seeds / 6;
    assert!(!tame, "the schedules are too tame: {tally:?}");
    let few = tally.split.len() as u64 * 100 <= seeds;
    assert!(few, "{n} peers, {twins} liars: {tally:?}");
    tally
}

/// Before a certificate bound whoever heard another vote of its liar, nine of these seeds split the
/// locks: 71, 137, 150, 257, 313, 317, 446, 529, 565.
#[test]
fn s17_a_liar_among_4_peers_splits_few_locks_and_is_convicted_each_time() {
    let tally = splits_few(4, 1, 600);
    assert!(!tally.split.is_empty(), "the schedules are too tame");
}

/// Before that, seed 84 did.
#[test]
fn s17_a_liar_among_5_peers_splits_few_locks_and_is_convicted_each_time() {
    splits_few(5, 1, 300);
}

/// Before that, seeds 43 and 48 of two liars did.
#[test]
fn s17_one_or_two_liars_among_7_peers_split_few_locks_and_are_convicted_each_time() {
    splits_few(7, 1, 100);
    splits_few(7, 2, 150);
}
