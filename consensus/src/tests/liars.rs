//! What liars try, and what comes of it: a second story, a proof that does not hold, a proposal out
//! of turn. Peers are named by the round they lead.

use proto::vote::{Answer, Message, Signatures};

use super::rig::{BLOCK, HEAD, Letter, Rig, TIMING, root, round, round_change};
use crate::{Contradiction, Input, Output, Rule};

fn candidate(letter: char) -> Input<Letter> {
    Input::Candidate(Letter(letter))
}

/// Hears a message; which contradiction, by whom, it convicts somebody of.
fn convicted(rig: &mut Rig, turn: u64, message: Message) -> Option<(u64, Contradiction)> {
    let from = rig.leader(turn);
    let outputs = rig
        .instance
        .handle(rig.now, Input::Message { from, message });
    let mut found = None;
    for output in outputs {
        if let Output::Evidence(evidence) = output {
            found = Some(evidence);
        }
    }
    let evidence = found?;
    let verdict = evidence.verify(&rig.setup.roster, rig.setup.scope.lock);
    let verdict = verdict.expect("what is put out convinces whoever has the lock");
    let turn = (1..)
        .find(|turn| rig.leader(*turn) == verdict.culprit)
        .unwrap();
    Some((turn, verdict.contradiction))
}

/// The fourth peer has told this one, the first, that it votes for b, and then for d; it helps a
/// quorum for a.
fn told_b_and_d() -> Rig {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('c'), &["PREPARE 0c"]);
    rig.hear(4, rig.prepare(4, 0, 'b'), &[]);
    rig.hear(4, rig.prepare(4, 0, 'd'), &["evidence"]);
    rig
}

#[test]
fn the_certificate_of_a_commit_binds_whoever_heard_another_vote_of_its_liar() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('c'), &["PREPARE 0c"]);
    rig.hear(4, rig.prepare(4, 0, 'b'), &[]);
    let commit = rig.commit(2, 0, ('a', &[2, 3, 4]));
    let expected = ["send PULL a", "evidence", "CHANGE 1 [0c] prepared 0a"];
    rig.hear(2, commit, &expected);
    // It asks for no free value, and leads round 1 with the value that a quorum has prepared.
    rig.check(candidate('a'), &["sign 0a", "committed a"]);
    rig.recorded(&["COMMIT 0a", "PROPOSE 1a", "PREPARE 1a"]);
}

/// Whether hearing a message makes this peer ask for a signature of a.
fn signs_a(rig: &mut Rig, turn: u64, message: Message) -> bool {
    let from = rig.leader(turn);
    let input = Input::Message { from, message };
    let outputs = rig.instance.handle(rig.now, input);
    let signs =
        |output: &Output<Letter>| matches!(output, Output::Sign { value, .. } if value.0 == 'a');
    outputs.iter().any(signs)
}

#[test]
fn the_certificate_of_a_round_change_binds_whoever_heard_another_vote_of_its_liar() {
    let mut rig = told_b_and_d();
    let claim = Some((0, 'a', rig.signatures(0, 'a', &[2, 3, 4])));
    let change = rig.prepared_change((3, 2), "a", claim);
    assert!(signs_a(&mut rig, 3, round_change(change, "a")));
}

#[test]
fn the_certificate_in_a_justification_binds_whoever_heard_another_vote_of_its_liar() {
    let mut rig = told_b_and_d();
    let claim = Some((0, 'a', rig.signatures(0, 'a', &[2, 3, 4])));
    let mut answers = vec![Answer::Change(rig.prepared_change((2, 2), "a", claim))];
    answers.extend([3, 4].map(|turn| Answer::Change(rig.change(turn, 2, "-"))));
    let message = rig.propose(2, 'a', answers);
    assert!(signs_a(&mut rig, 2, message));
}

#[test]
fn the_second_vote_of_a_liar_completes_the_quorum_that_it_proves() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    rig.hear(4, rig.prepare(4, 0, 'b'), &[]);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    rig.hear(4, rig.prepare(4, 0, 'a'), &["sign 0a", "evidence"]);
    // And it can be shown to others: its certificate holds.
    let outputs = rig.instance.handle(
        rig.now,
        Input::Recorded {
            sequence: 1,
            partials: Vec::new(),
        },
    );
    let [Output::Broadcast(commit)] = outputs.as_slice() else {
        panic!("{outputs:?}");
    };
    let mut other = Rig::new(4, HEAD, 3);
    other.hear(1, commit.clone(), &["send PULL a"]);
}

#[test]
fn two_commitments_convict_whichever_of_them_has_a_bad_certificate() {
    for bad in [0, 1] {
        let mut rig = Rig::new(4, HEAD, 1);
        for (at, letter) in ['a', 'b'].into_iter().enumerate() {
            let Message::Commit(mut committal) = rig.commit(2, 0, (letter, &[2, 3, 4])) else {
                panic!("a commitment");
            };
            if at == bad {
                committal.certificate = rig.signatures(0, 'z', &[2, 3, 4]);
            }
            let found = convicted(&mut rig, 2, Message::Commit(committal));
            let expected = (at == 1).then_some((2, Contradiction::TwoCommitments));
            assert_eq!(found, expected, "{bad}");
        }
    }
}

#[test]
fn a_commitment_without_proof_counts_for_nothing() {
    let mut rig = Rig::new(4, HEAD, 1);
    rig.check(candidate('a'), &["PREPARE 0a"]);
    let Message::Commit(mut committal) = rig.commit(2, 0, ('a', &[2, 3, 4])) else {
        panic!("a commitment");
    };
    committal.certificate = rig.signatures(0, 'z', &[2, 3, 4]);
    let message = Message::Commit(committal);
    rig.blames(2, message, Rule::BadCertificate);
    // The true one is heard after it.
    let commit = rig.commit(2, 0, ('a', &[2, 3, 4]));
    rig.hear(2, commit, &["sign 0a", "committed a"]);
}

#[test]
fn two_round_changes_convict_whichever_of_them_has_a_bad_certificate() {
    for bad in [0, 1] {
        let mut rig = Rig::new(4, HEAD, 1);
        for (at, votes) in ["a", "b"].into_iter().enumerate() {
            let proof = rig.signatures(0, 'z', &[2, 3, 4]);
            let claim = (at == bad).then_some((0, 'c', proof));
            let change = rig.prepared_change((2, 2), votes, claim);
            let found = convicted(&mut rig, 2, round_change(change, ""));
            let expected = (at == 1).then_some((2, Contradiction::TwoRoundChanges));
            assert_eq!(found, expected, "{bad}");
        }
    }
}

#[test]
fn a_vote_and_a_round_change_with_a_bad_certificate_that_denies_it_convict() {
    let denial = |rig: &Rig| {
        let proof = Some((0, 'c', Signatures::default()));
        round_change(rig.prepared_change((2, 2), "-", proof), "")
    };
    let expected = Some((2, Contradiction::DeniedVote));
    let mut rig = Rig::new(4, HEAD, 1);
    rig.hear(2, rig.prepare(2, 0, 'a'), &[]);
    let message = denial(&rig);
    assert_eq!(convicted(&mut rig, 2, message), expected);
    let mut rig = Rig::new(4, HEAD, 1);
    rig.blames(2, denial(&rig), Rule::BadCertificate);
    let message = rig.prepare(2, 0, 'a');
    assert_eq!(convicted(&mut rig, 2, message), expected);
}

#[test]
fn a_leader_that_shows_two_peers_two_values_is_convicted_by_the_first_vote() {
    let expected = Some((1, Contradiction::TwoProposals));
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
    let vote = rig.showing(3, 1, ('b', 'b'));
    assert_eq!(convicted(&mut rig, 3, vote), expected);
    // Also by two votes of others, or a commitment, where the leader said nothing to this peer.
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(3, rig.showing(3, 1, ('a', 'a')), &[]);
    let vote = rig.showing(4, 1, ('b', 'b'));
    assert_eq!(convicted(&mut rig, 4, vote), expected);
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
    let (Message::Commit(mut committal), Message::Prepare(vote)) = (
        rig.commit(3, 1, ('b', &[1, 3, 4])),
        rig.showing(3, 1, ('b', 'b')),
    ) else {
        panic!("a commitment and a vote");
    };
    committal.proposal = vote.proposal.map(Box::new);
    assert_eq!(convicted(&mut rig, 3, Message::Commit(committal)), expected);
}

#[test]
fn a_vote_shows_the_proposal_that_it_is_for_and_so_does_the_commitment() {
    let mut rig = Rig::new(4, BLOCK, 2);
    let Message::Propose(proposal) = rig.propose(1, 'a', vec![]) else {
        panic!("a proposal");
    };
    let shown = Some(proposal.signed.signature);
    rig.hear(1, Message::Propose(proposal), &["judge 1a free"]);
    rig.judged(1, 'a', &["PREPARE 1a"]);
    let [Message::Prepare(vote)] = &rig.instance.sent()[..] else {
        panic!("{:?}", rig.instance.sent());
    };
    assert_eq!(vote.proposal, shown);
    rig.hear(3, rig.prepare(3, 1, 'a'), &[]);
    rig.hear(4, rig.prepare(4, 1, 'a'), &["sign 1a"]);
    rig.recorded(&["COMMIT 1a"]);
    let [Message::Commit(committal)] = &rig.instance.sent()[..] else {
        panic!("{:?}", rig.instance.sent());
    };
    assert_eq!(committal.proposal.as_deref(), shown.as_ref());
}

#[test]
fn what_a_vote_shows_is_verified_once_and_the_proposal_itself_is_still_heard() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.costs(3, rig.showing(3, 1, ('a', 'a')), 2);
    rig.costs(4, rig.showing(4, 1, ('a', 'a')), 1);
    rig.costs(4, rig.showing(4, 1, ('a', 'a')), 0);
    let before = rig.instance.verified();
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
    assert_eq!(rig.instance.verified(), before);
}

#[test]
fn who_shows_a_signature_that_the_leader_did_not_make_is_at_fault_and_convicts_nobody() {
    let mut rig = Rig::new(4, BLOCK, 2);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
    rig.blames(3, rig.showing(3, 1, ('b', 'c')), Rule::BadSignature);
    // Again and again it costs nothing more.
    rig.costs(3, rig.showing(3, 1, ('b', 'd')), 1);
    rig.costs(3, rig.showing(3, 1, ('b', 'e')), 0);
}

#[test]
fn a_proposal_by_a_peer_that_does_not_lead_moves_nobody() {
    let mut rig = Rig::new(4, BLOCK, 2);
    let early = rig.propose_as(3, (1, 'b'), vec![]);
    rig.blames(3, early, Rule::NotLeader);
    let changes = || [1, 3, 4].map(|turn| Answer::Change(rig.change(turn, 2, "-")));
    let usurped = rig.propose_as(4, (3, 'b'), changes().into());
    rig.blames(4, usurped, Rule::NotLeader);
    assert_eq!(rig.instance.round(), round(1));
    assert_eq!(rig.instance.value(&root('b')), None);
    rig.hear(1, rig.propose(1, 'a', vec![]), &["judge 1a free"]);
}

/// f is 0 with three peers, and still one of them, with a wrong clock or bad intent, moves nobody.
#[test]
fn one_of_three_peers_drags_nobody_into_a_later_round() {
    let mut rig = Rig::new(3, HEAD, 1);
    rig.hear(2, round_change(rig.change(2, 9, "-"), ""), &[]);
    assert_eq!(rig.instance.round(), round(0));
    let both = round_change(rig.change(3, 5, "-"), "");
    rig.hear(3, both, &["CHANGE 5 []"]);
}

#[test]
fn values_that_a_round_change_does_not_name_are_refused() {
    let mut rig = Rig::new(4, HEAD, 1);
    let change = rig.change(3, 2, "a");
    rig.blames(3, round_change(change, "b"), Rule::BadBody);
    assert_eq!(rig.instance.value(&root('b')), None);
    let change = rig.change(3, 3, "a-");
    rig.hear(3, round_change(change, "a"), &[]);
    assert_eq!(rig.instance.value(&root('a')), Some(&Letter('a')));
}

/// The first leader knows that the fourth peer votes for a and for b. With the second, which may
/// hold the proof, not heard, a may have been prepared: the answers alone leave the choice free.
#[test]
fn a_leader_that_knows_of_a_concealed_vote_waits_and_then_proposes_what_may_be_prepared() {
    let caught = || {
        let mut rig = Rig::new(4, HEAD, 1);
        rig.check(candidate('a'), &["PREPARE 0a"]);
        rig.hear(4, rig.prepare(4, 0, 'c'), &[]);
        rig.hear(4, rig.prepare(4, 0, 'a'), &["evidence"]);
        rig.hear(3, rig.prepare(3, 0, 'b'), &[]);
        rig.tick(TIMING.end_of_round_zero(None), &[]);
        rig
    };
    let mut rig = caught();
    let waits = TIMING.leader_waits_until(round(1));
    assert_eq!(rig.instance.deadline(), Some(waits));
    rig.tick(waits, &["PROPOSE 1a", "PREPARE 1a"]);
    // The missing answer comes in time: the choice is free.
    let mut rig = caught();
    rig.hear(2, rig.prepare(2, 0, 'd'), &["want 1"]);
}

#[test]
fn a_peer_that_knows_of_a_concealed_vote_holds_the_proposal_until_mid_round() {
    let caught = || {
        let mut rig = Rig::new(4, HEAD, 2);
        rig.check(candidate('a'), &["PREPARE 0a"]);
        rig.hear(4, rig.prepare(4, 0, 'c'), &[]);
        rig.hear(4, rig.prepare(4, 0, 'a'), &["evidence"]);
        let answers = vec![rig.voted(1, 'b'), rig.voted(2, 'a'), rig.voted(4, 'c')];
        rig.hear(1, rig.propose(1, 'b', answers), &[]);
        rig
    };
    let held = TIMING.held_until(round(1));
    let mut rig = caught();
    assert_eq!(rig.instance.deadline(), Some(held));
    rig.tick(held, &["judge 1b free"]);
    // The peer that holds the proof is heard meanwhile.
    let mut rig = caught();
    let commit = rig.commit(3, 0, ('a', &[2, 3, 4]));
    rig.hear(3, commit, &["sign 0a", "committed a"]);
    rig.recorded(&["COMMIT 0a"]);
    rig.tick(held, &[]);
}
