//! Random schedules over whole clusters in virtual time: delay, loss, reordering, one-sided links,
//! split heads, silent peers, crashes and restarts. Asserts that no two correct peers are ever
//! locked on different values (S17) and that no duty is lost where none may be; and finds locks
//! that split when the votes rule or the restart rule is taken away.

mod plan;
mod twins;
mod world;

use std::ops::Range;

use crate::justify::{Answers, Choice, choose, highest_certificate};
use plan::Plan;
use proto::{ClusterSize, DutyKind};
use world::{Outcome, World};

/// Textbook QBFT: only certificates bind a leader.
fn certificates_only(size: ClusterSize, answers: &Answers) -> Choice {
    if answers.len() < size.threshold() {
        return Choice::Wait;
    }
    highest_certificate(answers).map_or(Choice::Free, |prepared| Choice::Forced(prepared.value))
}

/// Runs one schedule under the votes rule and checks every promise.
#[track_caller]
fn check(n: usize, seed: u64, kind: DutyKind) -> Outcome {
    let plan = Plan::draw(n, seed, kind);
    let outcome = World::run(&plan, choose);
    let place = || format!("n = {n}, seed {seed}, {plan:?}: {outcome:?}");
    assert!(outcome.locks.len() <= 1, "split locks: {}", place());
    assert!(
        outcome.faults == 0,
        "a correct peer was blamed: {}",
        place()
    );
    if plan.promises_a_decision() {
        assert!(outcome.undecided.is_empty(), "lost duty: {}", place());
    }
    outcome
}

/// n = 3, 6: a duty can be lost only if a peer returns or messages are withheld.
#[test]
fn multiples_of_3_lose_no_duty_while_the_network_is_timely() {
    for (n, seed) in (0..250).flat_map(|seed| [(3, seed), (6, seed)]) {
        let plan = Plan::draw_timely(n, seed);
        let outcome = World::run(&plan, choose);
        let lost = plan.promises_a_decision() && !outcome.undecided.is_empty();
        assert!(
            !lost && outcome.locks.len() <= 1,
            "n = {n}, seed {seed}, {plan:?}: {outcome:?}"
        );
    }
}

fn check_many(n: usize, seeds: u64) {
    let decided = (0..seeds)
        .map(|seed| {
            let kind = if seed % 4 == 3 {
                DutyKind::Block
            } else {
                DutyKind::Head
            };
            check(n, seed, kind)
        })
        .filter(|outcome| !outcome.locks.is_empty())
        .count();
    assert!(
        decided as u64 > seeds / 2,
        "schedules that decide nothing test nothing"
    );
}

#[test]
fn s17_no_split_locks_and_no_lost_duty_with_4_peers() {
    check_many(4, 1500);
}

#[test]
fn s17_no_split_locks_and_no_lost_duty_with_5_peers() {
    check_many(5, 600);
}

#[test]
fn s17_no_split_locks_and_no_lost_duty_with_7_peers() {
    check_many(7, 250);
}

/// The number of the first of these schedules that splits the locks.
fn first_split(mut seeds: Range<u64>, run: impl Fn(u64) -> Outcome) -> Option<u64> {
    seeds.find(|seed| run(*seed).locks.len() > 1)
}

#[test]
fn own_model_2026_certificates_only_splits_locks() {
    for n in [4, 5, 7] {
        let split = first_split(0..5000, |seed| {
            World::run(&Plan::draw(n, seed, DutyKind::Head), certificates_only)
        });
        assert!(split.is_some(), "the schedules are too tame at n = {n}");
    }
}

#[test]
fn a_restarted_peer_that_says_none_splits_locks() {
    // With more peers such schedules are rare, since whoever has heard the forgotten vote counts
    // it: the search begins shortly before one.
    for (n, first) in [(4, 0), (7, 1_150)] {
        let split = first_split(first..5000, |seed| {
            World::run(&Plan::draw_forgetting(n, seed), choose)
        });
        assert!(split.is_some(), "the schedules are too tame at n = {n}");
    }
}
