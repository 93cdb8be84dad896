//! What an operator who says ever new things makes the others do.

use super::*;

/// So many words of the second operator in one frame, each said a second after the one before.
fn stream(first: u64, count: u64) -> Frame {
    let words = (first..first + count).map(|later| {
        let says = yes(200, BEGIN + DAY);
        word((1, 1), (lock(), VALIDATOR), (BEGIN - 800 + later, says))
    });
    Frame::ExitWords(words.collect())
}

fn last(frame: &Frame) -> Frame {
    let Frame::ExitWords(words) = frame else {
        panic!("{frame:?}")
    };
    Frame::ExitWords(words.last().copied().into_iter().collect())
}

fn keepings(outputs: &[Output]) -> usize {
    let keeps = |output: &&Output| matches!(output, Output::Keep { .. });
    outputs.iter().filter(keeps).count()
}

#[test]
fn of_the_words_of_one_frame_those_that_still_count_are_passed_on_in_one() {
    let mut peer = Peer::new(0);
    let many = stream(0, 64);
    peer.hears(1, std::slice::from_ref(&many));
    let outputs = peer.take();
    assert_eq!(frames(&outputs), [last(&many)]);
    assert_eq!(keepings(&outputs), 1);
}

#[test]
fn ever_new_words_are_passed_on_and_kept_a_few_times_in_a_slot_and_none_is_lost() {
    let mut peer = Peer::new(0);
    peer.passes(0);
    let many: Vec<Frame> = (0..100).map(|later| stream(later, 1)).collect();
    peer.hears(1, &many);
    let outputs = peer.take();
    assert_eq!(frames(&outputs), many[..pace::AT_ONCE]);
    assert_eq!(keepings(&outputs), pace::AT_ONCE);
    assert_eq!(faults(&outputs), []);
    // It counts here as soon as it is heard.
    assert_eq!(peer.exits.sent(peer.index(peer.me)), many[99..]);
    peer.passes(SLOT);
    let outputs = peer.take();
    assert_eq!(frames(&outputs), many[99..]);
    assert_eq!(keepings(&outputs), 1);
    peer.passes(SLOT);
    assert_eq!(frames(&peer.take()), []);
}

#[test]
fn more_words_than_an_honest_peer_says_in_a_slot_are_not_even_checked() {
    let mut peer = Peer::new(0);
    peer.passes(0);
    let most = pace::most_checked(&peer.ground.facts) as u64;
    for later in 0..most {
        peer.hears(1, &[stream(later, 1)]);
    }
    assert_eq!(faults(&peer.take()), []);
    let more = stream(most, 1);
    peer.hears(1, std::slice::from_ref(&more));
    assert_eq!(faults(&peer.take()), [(1, Breach::ExitWord)]);
    // Another peer may pass it on, and in the next slot it may itself.
    peer.hears(2, std::slice::from_ref(&more));
    assert_eq!(peer.exits.sent(peer.index(peer.me)), [more]);
    peer.passes(SLOT);
    peer.take();
    let next = stream(most + 1, 1);
    peer.hears(1, std::slice::from_ref(&next));
    assert_eq!(peer.exits.sent(peer.index(peer.me)), [next]);
}
