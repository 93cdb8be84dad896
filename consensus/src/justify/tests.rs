//! What the votes rule allows, and that whatever was prepared passes.

use super::*;

fn size(n: usize) -> ClusterSize {
    ClusterSize::of(n).unwrap()
}

fn value(letter: char) -> Root {
    Root::from([letter as u8; 32])
}

fn round(number: u64) -> Round {
    Round::new(number).unwrap()
}

/// One word for each peer that answers: the letters of its votes in round 0, 1, ..., `-` for
/// none, and after a colon the round and the value of its certificate: `ab-:1b`.
fn answers(n: usize, text: &str) -> Answers {
    let stand = |word: &str| {
        let (votes, certificate) = word.split_once(':').unwrap_or((word, ""));
        let votes = votes
            .chars()
            .enumerate()
            .filter(|(_, letter)| *letter != '-');
        let mut certificate = certificate.chars();
        Stand {
            votes: votes
                .map(|(number, letter)| (round(number as u64), value(letter)))
                .collect(),
            prepared: certificate.next().map(|number| Prepared {
                round: round(number.to_digit(10).unwrap().into()),
                value: value(certificate.next().unwrap()),
            }),
        }
    };
    size(n)
        .all()
        .zip(text.split_whitespace().map(stand))
        .collect()
}

#[track_caller]
fn check(n: usize, text: &str, expected: Choice) {
    assert_eq!(choose(size(n), &answers(n, text)), expected, "{text}");
}

#[test]
fn fewer_than_t_answers_allow_nothing() {
    check(4, "a a", Choice::Wait);
    check(13, "a a a a a a a a", Choice::Wait);
}

#[test]
fn a_value_that_can_have_no_quorum_leaves_the_choice_free() {
    check(4, "- - -", Choice::Free);
    check(4, "a b c", Choice::Free);
    check(4, "a a b b", Choice::Free);
    check(7, "a a a b b b c", Choice::Free);
}

#[test]
fn one_silent_peer_may_have_completed_the_quorum() {
    check(4, "a a b", Choice::Forced(value('a')));
    check(5, "a a a b", Choice::Forced(value('a')));
    check(5, "a a b b", Choice::Free);
    check(7, "a a a b b", Choice::Forced(value('a')));
}

#[test]
fn the_highest_round_that_may_have_prepared_wins() {
    check(4, "ab ab b-", Choice::Forced(value('b')));
    check(4, "ab a- a-", Choice::Forced(value('a')));
    check(4, "ab a- b-", Choice::Forced(value('a')));
}

#[test]
fn a_certificate_beats_votes_and_the_highest_certificate_beats_lower_ones() {
    check(4, "a:0a b b", Choice::Forced(value('a')));
    check(4, "a--:0a -b-:1b ---", Choice::Forced(value('b')));
}

#[test]
fn two_values_can_both_look_prepared_only_if_n_is_a_multiple_of_3() {
    let both = Choice::Either([value('a'), value('b')].into());
    check(3, "a b", both.clone());
    check(6, "a a b b", both.clone());
    check(9, "a a a b b b", both);
    check(3, "a b b", Choice::Forced(value('b')));
    check(6, "a a b b c", Choice::Free);
    for n in ClusterSize::MIN..=ClusterSize::MAX {
        for with_a in 0..=size(n).threshold() {
            let word = |i| if i < with_a { "a " } else { "b " };
            let text: String = (0..size(n).threshold()).map(word).collect();
            let choice = choose(size(n), &answers(n, &text));
            let ambiguous = matches!(choice, Choice::Either(_));
            assert!(!ambiguous || n % 3 == 0, "n = {n}: {text}");
        }
    }
}

/// The heart of the argument for safety, by brute force: whatever a quorum has prepared in a
/// round, every set of t or more answers forces it (or, n a multiple of 3, allows it).
#[test]
fn what_was_prepared_passes_in_every_quorum_of_answers() {
    for n in ClusterSize::MIN..=9 {
        let size = size(n);
        let prepared_by: Vec<u16> = (0..1u16 << n)
            .filter(|bits| bits.count_ones() as usize >= size.threshold())
            .collect();
        for voters in &prepared_by {
            for answering in &prepared_by {
                let letter = |i: usize| if voters >> i & 1 == 1 { 'a' } else { 'b' };
                let answers: Answers = size
                    .all()
                    .filter(|peer| answering >> peer.position() & 1 == 1)
                    .map(|peer| {
                        let votes = [(Round::ZERO, value(letter(peer.position())))].into();
                        let prepared = None;
                        (peer, Stand { votes, prepared })
                    })
                    .collect();
                let choice = choose(size, &answers);
                let forced = choice == Choice::Forced(value('a'));
                let allowed = size.has_ambiguous_quorums() && choice.allows(&value('a'));
                assert!(forced || allowed, "n = {n}: {voters:b} {answering:b}");
            }
        }
    }
}
