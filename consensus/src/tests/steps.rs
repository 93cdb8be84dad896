//! Step tables: what one peer does, input by input. Peers are named by the round they lead.

use std::time::Duration;

use proto::vote::Answer;

use super::rig::{BLOCK, HEAD, Letter, Rig, TIMING, round, round_change};
use crate::{Input, Opening, Rule};

fn candidate(letter: char) -> Input<Letter> {
    Input::Candidate(Letter(letter))
}

#[test]
fn two_hops_when_all_see_one_head() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 0, 'a'), &["sign 0a"]);
    rig.recorded(&["COMMIT 0a"]);
    rig.hear(2, rig.commit(2, 0, ('a', &[1, 2, 3])), &["committed a"]);
    let third = rig.commit(3, 0, ('a', &[2, 3, 4]));
    rig.hear(3, third, &["committed a", "decided a"]);
    rig.hear(4, rig.commit(4, 0, ('a', &[1, 2, 4])), &["committed a"]);
    assert_eq!(rig.instance.deadline(), None);
}

#[test]
fn a_block_takes_three_hops() {
    let mut leader = Rig::new(4, BLOCK, 2);
    leader.check(Input::Down(leader.leader(1)), &["CHANGE 2 []"]);
    let mut peer = Rig::new(4, BLOCK, 2);
    peer.hear(1, peer.propose(1, 'a', vec![]), &["judge 1a free"]);
    peer.judged(1, 'a', &["PREPARE 1a"]);
    peer.hear(1, peer.prepare(1, 1, 'a'), &[]);
    peer.hear(3, peer.prepare(3, 1, 'a'), &["sign 1a"]);
    peer.recorded(&["COMMIT 1a"]);
}

#[test]
fn the_first_leader_of_a_block_asks_for_one_at_once() {
    let rig = Rig::new(4, BLOCK, 2);
    let mut setup = rig.setup.clone();
    setup.me = rig.leader(1);
    let mut leader = crate::Instance::<Letter>::new(setup);
    let outputs = leader.handle(rig.now, Input::Tick);
    assert_eq!(outputs, [crate::Output::WantCandidate { round: round(1) }]);
}

#[test]
fn how_an_instance_opens_is_said_by_its_setup_and_not_by_the_kind_of_duty() {
    let opened = |kind, opening| {
        let rig = Rig::new(4, kind, 2);
        let setup = crate::Setup {
            opening,
            me: rig.leader(1),
            ..rig.setup
        };
        let mut leader = crate::Instance::<Letter>::new(setup);
        let outputs = leader.handle(rig.now, Input::Tick);
        (leader.round(), outputs)
    };
    let wants = vec![crate::Output::WantCandidate { round: round(1) }];
    assert_eq!(opened(HEAD, Opening::Led), (round(1), wants));
    assert_eq!(opened(BLOCK, Opening::Leaderless), (round(0), Vec::new()));
}

#[test]
fn heads_two_to_two_justify_round_1_at_once_and_leave_it_free() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 0, 'b'), &[]);
    rig.hear(4, rig.prepare(4, 0, 'b'), &["want 1"]);
    rig.check(candidate('c'), &["PROPOSE 1c", "PREPARE 1c"]);
}

#[test]
fn one_dead_peer_and_heads_two_to_one_force_the_value_of_two() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('b'), &["PREPARE 0b"]);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 0, 'a'), &[]);
    let end = TIMING.end_of_round_zero(None);
    assert_eq!(rig.instance.deadline(), Some(end));
    // The leader knows the hash only, and asks who voted for it.
    rig.tick(end, &["send PULL a"]);
    let scope = rig.setup.scope;
    let body = b"a".as_slice().into();
    let value = proto::vote::Message::Value { scope, body };
    rig.hear(2, value, &["PROPOSE 1a", "judge 1a forced"]);
    rig.judged(1, 'a', &["PREPARE 1a"]);
}

#[test]
fn a_peer_known_to_be_down_ends_round_zero_and_is_skipped_as_leader() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(3, rig.prepare(3, 0, 'a'), &[]);
    rig.hear(4, rig.prepare(4, 0, 'b'), &[]);
    rig.check(Input::Down(rig.leader(1)), &["CHANGE 2 [0a]"]);
}

#[test]
fn too_many_peers_down_is_no_reason_to_hurry() {
    let mut rig = Rig::new(4, HEAD, 4);
    for turn in 1..=3 {
        let expected: &[&str] = &[];
        rig.check(Input::Down(rig.leader(turn)), expected);
        if turn == 1 {
            rig.check(Input::Up(rig.leader(turn)), expected);
        }
    }
    rig.check(candidate('a'), &["PREPARE 0a"]);
}

#[test]
fn a_restarted_peer_votes_for_nothing_and_still_commits() {
    let mut rig = Rig::new(4, HEAD, 1).restarted();
    rig.check(candidate('a'), &[]);
    for turn in 2..=3 {
        rig.hear(turn, rig.prepare(turn, 0, 'a'), &[]);
    }
    rig.hear(4, rig.prepare(4, 0, 'a'), &["sign 0a"]);
    rig.recorded(&["COMMIT 0a"]);
}

#[test]
fn a_restarted_peer_enters_rounds_without_a_word() {
    let mut rig = Rig::new(4, HEAD, 1).restarted();
    rig.tick(TIMING.end_of_round_zero(None), &[]);
    rig.tick(TIMING.end(round(1)), &[]);
    assert_eq!(rig.instance.round(), round(2));
}

#[test]
fn a_peer_whose_vault_declined_votes_no_more() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(3, rig.commit(3, 1, ('a', &[1, 3, 4])), &["send PULL a"]);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["sign 1a", "committed a"]);
    rig.check(Input::Declined, &[]);
    rig.tick(TIMING.end(round(1)), &["CHANGE 2 [] prepared 1a"]);
}

#[test]
fn a_peer_whose_record_fails_in_mid_instance_repeats_no_vote_and_enters_rounds_without_a_word() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.check(Input::Abstain, &[]);
    let answers = vec![rig.voted(1, 'a'), rig.voted(2, 'a'), rig.voted(3, 'b')];
    rig.hear(1, rig.propose(1, 'a', answers), &[]);
    rig.tick(TIMING.end(round(1)), &[]);
    assert_eq!(rig.instance.round(), round(2));
}

#[test]
fn a_bound_peer_answers_another_proposal_with_its_commitment() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(1, rig.prepare(1, 0, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 0, 'a'), &["sign 0a"]);
    rig.recorded(&["COMMIT 0a"]);
    // The first leader lies about its own vote, so that its proposal looks free.
    let lie = vec![rig.voted(1, 'b'), rig.voted(3, 'a'), rig.voted(4, 'd')];
    let expected = ["send COMMIT 0a", "evidence"];
    rig.hear(1, rig.propose(1, 'b', lie), &expected);
}

#[test]
fn contradictions_are_put_out_once_and_hold() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    let from = rig.leader(2);
    let message = rig.prepare(2, 0, 'b');
    let outputs = rig
        .instance
        .handle(rig.now, Input::Message { from, message });
    let [crate::Output::Evidence(evidence)] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    assert_eq!(evidence.culprit(), from);
    let verdict = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
    assert_eq!(verdict, Ok(evidence.claim()));
    let denial = round_change(rig.change(2, 1, "-"), "");
    rig.hear(2, denial, &[]);
}

#[test]
fn two_forced_values_wait_for_one_more_answer_and_then_for_mid_round() {
    let mut leader = Rig::new(3, HEAD, 1);
    leader.check(candidate('b'), &["PREPARE 0b"]);
    leader.hear(2, leader.prepare(2, 0, 'a'), &[]);
    leader.tick(TIMING.end_of_round_zero(None), &[]);
    let waits = TIMING.leader_waits_until(round(1));
    assert_eq!(leader.instance.deadline(), Some(waits));
    leader.tick(waits, &["send PULL a"]);

    let mut peer = Rig::new(3, HEAD, 2);
    let both = vec![peer.voted(1, 'a'), peer.voted(2, 'b')];
    peer.hear(1, peer.propose(1, 'a', both), &[]);
    let held = TIMING.held_until(round(1));
    assert_eq!(peer.instance.deadline(), Some(held));
    peer.tick(held, &["judge 1a forced"]);
}

#[test]
fn a_held_proposal_is_refused_when_the_third_answer_forces_the_other() {
    let mut peer = Rig::new(3, HEAD, 2);
    let both = vec![peer.voted(1, 'a'), peer.voted(2, 'b')];
    peer.hear(1, peer.propose(1, 'a', both), &[]);
    peer.hear(3, round_change(peer.change(3, 1, "b"), "b"), &[]);
    peer.tick(TIMING.held_until(round(1)), &[]);
    assert_eq!(peer.instance.round(), round(1));
}

#[test]
fn a_peer_that_does_not_answer_a_pull_is_followed_by_another() {
    let mut rig = Rig::new(4, HEAD, 1);
    for turn in 2..=3 {
        rig.hear(turn, rig.prepare(turn, 0, 'a'), &[]);
    }
    rig.hear(4, rig.prepare(4, 0, 'a'), &["send PULL a"]);
    let retry = rig.now + TIMING.pull;
    assert_eq!(rig.instance.deadline(), Some(retry));
    rig.tick(retry, &["send PULL a"]);
    rig.tick(retry + TIMING.pull, &[]);
    rig.tick(retry + TIMING.pull * 2, &["send PULL a"]);
    rig.check(candidate('a'), &["sign 0a"]);
}

#[test]
fn pulls_are_answered_but_not_for_ever() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    let scope = rig.setup.scope;
    let value = super::rig::root('a');
    let pull = proto::vote::Message::Pull { scope, value };
    for _ in 0..32 {
        rig.hear(2, pull.clone(), &["send VALUE a"]);
    }
    rig.blames(2, pull, Rule::TooManyPulls);
}

#[test]
fn a_peer_that_comes_back_gets_the_votes_or_the_commitment_that_proves_them() {
    let mut rig = Rig::new(4, HEAD, 3);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.tick(TIMING.end(round(1)), &["CHANGE 2 [0a]"]);
    assert_eq!(rig.instance.sent().len(), 2);
    rig.hear(
        2,
        rig.commit(2, 0, ('a', &[1, 2, 4])),
        &["sign 0a", "committed a"],
    );
    rig.recorded(&["COMMIT 0a"]);
    assert_eq!(rig.instance.sent().len(), 1);
}

#[test]
fn after_the_last_round_a_peer_still_commits_on_a_certificate() {
    let mut rig = Rig::new(4, HEAD, 3);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.tick(TIMING.end(round(16)), &["exhausted"]);
    assert_eq!(rig.instance.deadline(), None);
    let commit = rig.commit(2, 3, ('a', &[1, 2, 4]));
    rig.hear(2, commit, &["sign 3a", "committed a"]);
}

#[test]
fn a_peer_that_signs_round_change_after_round_change_fills_no_memory() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.hear(3, round_change(rig.change(3, 1, "a"), "a"), &[]);
    rig.hear(3, round_change(rig.change(3, 1, "b"), "b"), &["evidence"]);
    let third = round_change(rig.change(3, 1, "c"), "c");
    rig.blames(3, third, Rule::TooManyStatements);
    let known = ['a', 'b', 'c'].map(|l| rig.instance.value(&super::rig::root(l)).is_some());
    assert_eq!(known, [true, false, false]);
}

#[test]
fn answers_for_another_round_or_by_one_peer_twice_justify_nothing() {
    let mut rig = Rig::new(4, HEAD, 2);
    let twice = vec![rig.voted(1, 'a'), rig.voted(3, 'b'), rig.voted(3, 'b')];
    rig.blames(1, rig.propose(1, 'a', twice), Rule::Unjustified);
    let other = [1, 3, 4].map(|turn| Answer::Change(rig.change(turn, 2, "-")));
    rig.blames(3, rig.propose(3, 'a', other.into()), Rule::Unjustified);
}

#[test]
fn a_vote_that_comes_late_prolongs_round_zero() {
    let mut rig = Rig::new(4, HEAD, 3);
    rig.now = TIMING.start + Duration::from_millis(100);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    let end = rig.now + TIMING.grace;
    assert_eq!(rig.instance.deadline(), Some(end));
}

#[test]
fn of_a_peer_that_contradicts_itself_no_third_statement_is_verified() {
    let mut rig = Rig::new(4, HEAD, 2);
    let proof = |rig: &Rig, letter| Some((0, letter, rig.signatures(0, letter, &[1, 3, 4])));
    let change = |rig: &Rig, letter| {
        let change = rig.prepared_change((3, 1), "-", proof(rig, letter));
        round_change(change, "")
    };
    rig.costs(3, change(&rig, 'a'), 4);
    rig.costs(3, change(&rig, 'b'), 4);
    for letter in 'c'..='z' {
        rig.costs(3, change(&rig, letter), 0);
    }
    let third = change(&rig, 'd');
    rig.blames(3, third, Rule::TooManyStatements);
    // What it said first, in other rounds and of other kinds is heard as ever.
    rig.costs(3, change(&rig, 'a'), 0);
    rig.costs(3, round_change(rig.change(3, 2, "-"), ""), 1);
    let expected = [1, 1, 0, 0];
    for (letter, cost) in "abcd".chars().zip(expected) {
        rig.costs(4, rig.propose(4, letter, vec![]), cost);
        rig.costs(4, rig.prepare(4, 1, letter), cost);
    }
}

#[test]
fn proofs_that_do_not_hold_are_soon_not_looked_at() {
    let mut rig = Rig::new(4, HEAD, 2);
    let proof = rig.signatures(0, 'b', &[1, 3, 4]);
    let unproven = rig.prepared_change((3, 1), "-", Some((0, 'a', proof)));
    let (first, later) = (Rule::BadCertificate, Rule::TooManyStatements);
    for rule in [first, first, later] {
        let message = round_change(unproven.clone(), "");
        rig.blames(3, message, rule);
    }
}

#[test]
fn what_a_peer_repeats_to_one_that_came_back_is_never_too_much() {
    let mut rig = Rig::new(4, HEAD, 2);
    let commit = rig.commit(3, 0, ('a', &[1, 3, 4]));
    rig.hear(3, commit.clone(), &["send PULL a"]);
    for _ in 0..5 {
        rig.hear(3, rig.prepare(3, 0, 'a'), &[]);
        rig.hear(3, commit.clone(), &[]);
        // Restarted: it commits again, on the certificate of another round.
        rig.hear(3, rig.commit(3, 1, ('a', &[1, 3, 4])), &[]);
        rig.hear(3, round_change(rig.change(3, 2, "a"), ""), &[]);
    }
}

#[test]
fn a_value_that_nobody_asked_its_sender_for_is_not_even_read() {
    let mut rig = Rig::new(4, HEAD, 1);
    let scope = rig.setup.scope;
    let unreadable = proto::vote::Message::Value {
        scope,
        body: b"no letter".as_slice().into(),
    };
    rig.hear(3, unreadable.clone(), &[]);
    rig.hear(3, rig.commit(3, 0, ('a', &[2, 3, 4])), &["send PULL a"]);
    let asked = rig.now + TIMING.pull;
    let outputs: Vec<u64> = (2..=4)
        .filter(|turn| rig.reads(*turn, &unreadable))
        .collect();
    assert_eq!(outputs.len(), 1, "only the one that was asked is read");
    assert!(
        (2..=4).all(|turn| !rig.reads(turn, &unreadable)),
        "and once"
    );
    rig.tick(asked, &["send PULL a"]);
}
