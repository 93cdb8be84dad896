//! Faults that other implementations have had, each as a test named after its report. The last row
//! of the list, split locks, is tested over random schedules; SIP-16 beside the leaders.

use std::time::Duration;

use proto::vote::{Answer, Message, Signatures};

use super::rig::{BLOCK, HEAD, Letter, Rig, TIMING, root, round, round_change};
use crate::{Input, Output, Rule};

fn candidate(letter: char) -> Input<Letter> {
    Input::Candidate(Letter(letter))
}

/// A peer that has recorded `a` on a quorum of round 0, and leads round `turn`.
fn bound_to_a(turn: u64) -> Rig {
    let mut rig = Rig::new(4, HEAD, turn);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    let others: Vec<u64> = (1..=4).filter(|other| *other != turn).collect();
    rig.hear(others[0], rig.prepare(others[0], 0, 'a'), &[]);
    rig.hear(others[1], rig.prepare(others[1], 0, 'a'), &["sign 0a"]);
    rig.recorded(&["COMMIT 0a"]);
    rig
}

/// ROUND-CHANGEs of peers that have voted for nothing.
fn empty_changes(rig: &Rig, number: u64, turns: &[u64]) -> Vec<Answer> {
    let change = |turn: &u64| Answer::Change(rig.change(*turn, number, ""));
    turns.iter().map(change).collect()
}

#[test]
fn anchor_106_a_round_change_carries_its_justification() {
    let mut rig = bound_to_a(4);
    rig.now = TIMING.end(round(1));
    let outputs = rig.instance.handle(rig.now, Input::Tick);
    let [Output::Broadcast(Message::RoundChange { change, bodies })] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    let prepared = change.signed.statement.prepared.unwrap();
    assert_eq!((prepared.round, prepared.value), (round(0), root('a')));
    assert_eq!(change.certificate.0.len(), 3);
    assert_eq!(bodies.len(), 1);
    let mut leader = Rig::new(4, HEAD, 2);
    leader.hear(4, round_change(change.clone(), "a"), &["sign 0a"]);
}

#[test]
fn anchor_528_549_prepared_in_round_1_needs_its_proof() {
    let mut rig = Rig::new(4, HEAD, 2);
    let short = rig.signatures(1, 'a', &[1, 3]);
    for proof in [Signatures::default(), short] {
        let claim = Some((1, 'a', proof));
        let change = rig.prepared_change((3, 2), "-a", claim);
        let message = round_change(change.clone(), "a");
        rig.blames(3, message, Rule::BadCertificate);
        let mut justification = empty_changes(&rig, 3, &[1]);
        let claim = Some((1, 'a', change.certificate));
        let change = rig.prepared_change((3, 3), "-a", claim);
        justification.push(Answer::Change(change));
        let proposal = rig.propose(3, 'a', justification);
        rig.blames(3, proposal, Rule::BadCertificate);
        rig = Rig::new(4, HEAD, 2);
    }
}

#[test]
fn anchor_555_567_a_leader_never_falls_back_to_its_own_value() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.check(candidate('b'), &["PREPARE 0b"]);
    let claim = Some((1, 'a', rig.signatures(1, 'a', &[1, 3, 4])));
    let change = rig.prepared_change((3, 2), "ba", claim);
    let wanted = ["sign 1a"];
    rig.hear(3, round_change(change, "a"), &wanted);
    rig.recorded(&["COMMIT 1a"]);
    let change = round_change(rig.change(1, 2, "ba"), "ab");
    let expected = ["CHANGE 2 [0b] prepared 1a", "PROPOSE 2a", "PREPARE 2a"];
    rig.hear(1, change, &expected);
}

#[test]
fn anchor_588_a_quorum_moves_a_peer_that_has_not_changed_rounds_itself() {
    let mut rig = Rig::new(4, HEAD, 2);
    let justification = empty_changes(&rig, 3, &[1, 3, 4]);
    rig.hear(3, rig.propose(3, 'a', justification), &["judge 3a free"]);
    rig.judged(3, 'a', &["PREPARE 3a"]);

    let mut rig = Rig::new(4, HEAD, 2);
    rig.hear(1, round_change(rig.change(1, 3, ""), ""), &[]);
    let change = round_change(rig.change(4, 4, ""), "");
    rig.hear(4, change, &["CHANGE 3 []"]);
}

#[test]
fn anchor_592_a_leader_without_the_forced_value_fetches_it() {
    let mut rig = Rig::new(4, BLOCK, 2);
    let claim = Some((1, 'a', rig.signatures(1, 'a', &[1, 3, 4])));
    let change = rig.prepared_change((3, 2), "-a", claim);
    rig.hear(3, round_change(change, ""), &["send PULL a"]);
    rig.hear(
        1,
        round_change(rig.change(1, 2, "-a"), ""),
        &["CHANGE 2 [] prepared 1a"],
    );
    rig.check(candidate('b'), &[]);
    let scope = rig.setup.scope;
    let body = b"a".as_slice().into();
    // From the one that was asked, of those that have prepared it.
    rig.hear(4, Message::Value { scope, body }, &["sign 1a"]);
    rig.recorded(&["COMMIT 1a", "PROPOSE 2a", "PREPARE 2a"]);
}

#[test]
fn anchor_592_bytes_that_are_not_the_signed_value_are_refused() {
    let mut rig = Rig::new(4, BLOCK, 2);
    let Message::Propose(mut proposal) = rig.propose(1, 'a', vec![]) else {
        panic!("a proposal");
    };
    proposal.body = b"b".as_slice().into();
    rig.blames(1, Message::Propose(proposal), Rule::BadBody);
}

#[test]
fn anchor_599_prepared_round_must_be_below_target() {
    let mut rig = Rig::new(4, HEAD, 2);
    let claim = Some((2, 'a', rig.signatures(2, 'a', &[1, 3, 4])));
    let change = rig.prepared_change((3, 2), "", claim);
    rig.blames(3, round_change(change, "a"), Rule::BadCertificate);
}

#[test]
fn anchor_600_only_the_highest_certificate_counts() {
    let mut rig = Rig::new(4, HEAD, 1);
    let low = Some((0, 'a', rig.signatures(0, 'a', &[2, 3, 4])));
    let high = Some((1, 'b', rig.signatures(1, 'b', &[2, 3, 4])));
    let justification = vec![
        Answer::Change(rig.prepared_change((2, 3), "ab", low)),
        Answer::Change(rig.prepared_change((3, 3), "ab", high)),
        Answer::Change(rig.change(4, 3, "ab")),
    ];
    let from = rig.leader(3);
    let other = rig.propose(3, 'a', justification.clone());
    let input = Input::Message {
        from,
        message: other,
    };
    let outputs = rig.instance.handle(rig.now, input);
    let rule = Rule::Unjustified;
    assert!(outputs.contains(&Output::Fault { peer: from, rule }));

    let mut rig = Rig::new(4, HEAD, 1);
    let message = rig.propose(3, 'b', justification);
    rig.instance
        .handle(rig.now, Input::Message { from, message });
    assert_eq!(rig.instance.round(), round(3));
}

#[test]
fn ssv_1335_the_same_value_is_signed_again_whatever_the_round() {
    let mut rig = bound_to_a(4);
    rig.tick(TIMING.end(round(1)), &["CHANGE 2 [0a] prepared 0a"]);
    let mut justification: Vec<Answer> = [1, 2]
        .map(|turn| Answer::Change(rig.change(turn, 2, "a")))
        .into();
    let claim = Some((0, 'a', rig.signatures(0, 'a', &[1, 2, 4])));
    justification.push(Answer::Change(rig.prepared_change((3, 2), "a", claim)));
    rig.hear(2, rig.propose(2, 'a', justification), &["PREPARE 2a"]);
    let mut again = rig.restarted();
    let commit = again.commit(2, 2, ('a', &[1, 2, 4]));
    again.hear(2, commit, &["send PULL a"]);
    again.check(candidate('a'), &["sign 2a", "committed a"]);
    again.recorded(&["COMMIT 2a"]);
}

/// Rounds beyond the last are refused by the decoder (`proto::vote`); here: one place for each peer
/// and round, however often it is filled.
#[test]
fn besu_ghsa_23rh_memory_is_bounded_by_peers_and_rounds() {
    let mut rig = Rig::new(4, HEAD, 2);
    for _ in 0..3 {
        for number in 1..=16 {
            let message = round_change(rig.change(3, number, ""), "");
            rig.hear(3, message, &[]);
        }
    }
    let kept = (1..=16).map(|number| rig.instance.ballots.answers(round(number)).len());
    assert_eq!(kept.sum::<usize>(), 16);
}

#[test]
fn anchor_310_the_deadline_follows_a_jump() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.hear(1, round_change(rig.change(1, 5, ""), ""), &[]);
    rig.hear(4, round_change(rig.change(4, 5, ""), ""), &["CHANGE 5 []"]);
    assert_eq!(rig.instance.deadline(), Some(TIMING.end(round(5))));
    rig.tick(TIMING.end(round(4)), &[]);
    rig.tick(TIMING.end(round(5)), &["CHANGE 6 []"]);
}

#[test]
fn anchor_1092_1133_a_vote_does_not_wait_for_the_deadline() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.now = TIMING.start - Duration::from_secs(3);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(1, rig.prepare(1, 0, 'a'), &[]);
    rig.hear(3, rig.prepare(3, 0, 'a'), &["sign 0a"]);
}

#[test]
fn ssv_1057_an_undecided_instance_holds_nothing_that_another_needs() {
    let mut stuck = Rig::new(4, HEAD, 2);
    stuck.tick(TIMING.end(round(16)), &["exhausted"]);
    let mut next = Rig::new(4, BLOCK, 2);
    next.hear(1, next.propose(1, 'a', vec![]), &["judge 1a free"]);
}

#[test]
fn ssv_1825_a_leader_with_a_slow_source_costs_one_round() {
    let mut rig = Rig::new(4, BLOCK, 2);
    assert_eq!(rig.instance.deadline(), Some(TIMING.end(round(1))));
    rig.tick(TIMING.end(round(1)), &["CHANGE 2 []"]);
    rig.hear(3, round_change(rig.change(3, 2, ""), ""), &[]);
    rig.hear(4, round_change(rig.change(4, 2, ""), ""), &["want 2"]);
    rig.check(candidate('b'), &["PROPOSE 2b", "PREPARE 2b"]);
}

#[test]
fn sip_8_a_quorum_that_one_peer_has_seen_is_proven_to_all() {
    let mut rig = Rig::new(4, HEAD, 2);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    let commit = rig.commit(1, 0, ('a', &[1, 3, 4]));
    rig.hear(1, commit, &["sign 0a", "committed a"]);
    rig.recorded(&["COMMIT 0a"]);
}

#[test]
fn besu_7875_votes_of_one_round_prove_nothing_in_another() {
    let mut rig = Rig::new(4, HEAD, 2);
    let claim = Some((1, 'a', rig.signatures(0, 'a', &[1, 3, 4])));
    let change = rig.prepared_change((3, 2), "aa", claim);
    rig.blames(3, round_change(change, "a"), Rule::BadCertificate);
    let Message::Commit(mut committal) = rig.commit(1, 1, ('a', &[1, 3, 4])) else {
        panic!("a commitment");
    };
    committal.certificate = rig.signatures(0, 'a', &[1, 3, 4]);
    rig.blames(1, Message::Commit(committal), Rule::BadCertificate);
}

/// The driver may take its time: a quorum that is seen meanwhile binds this peer all the same.
#[test]
fn a_quorum_for_another_value_that_comes_while_the_driver_judges_forbids_the_vote() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(1, rig.propose(1, 'b', Vec::new()), &["judge 1b free"]);
    rig.hear(3, rig.prepare(3, 1, 'a'), &[]);
    rig.hear(4, rig.prepare(4, 1, 'a'), &[]);
    // Its value is not here yet, so nothing is signed, and nothing but the quorum forbids a vote.
    rig.hear(1, rig.prepare(1, 1, 'a'), &["send PULL a"]);
    rig.judged(1, 'b', &[]);
}
