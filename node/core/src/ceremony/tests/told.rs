//! Who holds up a peer that waits for what others remember of it, and that its operator is told.

use std::time::Duration;

use dkg::ceremony::Heard;
use proto::ceremony_session::Frame;
use proto::{ClusterSize, Machine as _, PeerIndex, Timestamp, WireVersion};

use crate::ceremony::example::{peer, place};
use crate::ceremony::told::{TELLS_WITHIN, Told};
use crate::ceremony::*;

const START: Timestamp = Timestamp::from_micros(1_000_000);

/// The first operator, to which the three others are connected, and of which two have told.
fn waiting(start: Start, version: WireVersion) -> Participation {
    let mut first = Participation::new(place(0), start, [9; 32]).unwrap();
    first.handle(START, Input::Tick);
    for at in 1..4 {
        first.handle(START, Input::Up(peer(at), version));
    }
    for at in 1..3 {
        let told = Frame::Remembered(Vec::new()).encode();
        first.handle(START, Input::Frame(peer(at), told));
    }
    first
}

/// A first start, and one after a restart.
fn starts() -> [Start; 2] {
    let begun = Begun {
        seed: [5; 32].into(),
        position: dkg::ceremony::Position::default(),
        heard: Heard::default(),
        made: std::collections::BTreeMap::new(),
    };
    [
        Start::Blank(None, Heard::default()),
        Start::Begun(Box::new(begun)),
    ]
}

/// Who is named among these outputs.
fn named(outputs: &[Output]) -> Vec<PeerIndex> {
    let named = outputs.iter().filter_map(|output| {
        let Output::Note(Note::Alarm(peer, Alarm::Untold)) = output else {
            return None;
        };
        Some(*peer)
    });
    named.collect()
}

#[test]
fn a_peer_that_stays_connected_and_tells_nothing_is_named_once_with_what_to_do() {
    for start in starts() {
        let mut first = waiting(start, WireVersion::V2);
        let due = START + TELLS_WITHIN;
        assert_eq!(first.deadline(), Some(due));
        let early = first.handle(due - Duration::from_micros(1), Input::Tick);
        assert_eq!(named(&early), []);
        assert_eq!(named(&first.handle(due, Input::Tick)), [peer(3)]);
        let later = first.handle(due + TELLS_WITHIN, Input::Tick);
        assert_eq!(named(&later), []);
        assert_eq!(first.deadline(), None);
        // A new session is another chance.
        first.handle(due + TELLS_WITHIN, Input::Down(peer(3)));
        first.handle(due + TELLS_WITHIN, Input::Up(peer(3), WireVersion::V2));
        assert_eq!(first.deadline(), Some(due + TELLS_WITHIN + TELLS_WITHIN));
    }
    let words = Alarm::Untold.to_string();
    assert!(words.starts_with("is connected and has not told what it remembers"));
    assert!(words.contains("ask its operator to end `gantry dkg` there"));
}

#[test]
fn nobody_is_named_who_tells_in_time_or_never_can() {
    let told = [
        (WireVersion::V2, Frame::Remembered(Vec::new())),
        (WireVersion::V1, Frame::Leaving),
    ];
    for (version, told) in told {
        let [blank, begun] = starts();
        let mut first = waiting(begun, version);
        first.handle(START, Input::Frame(peer(3), told.encode()));
        let late = first.handle(START + TELLS_WITHIN, Input::Tick);
        assert_eq!(named(&late), []);
        // One without a memory has its beginning written.
        let mut first = waiting(blank, version);
        let outputs = first.handle(START, Input::Frame(peer(3), told.encode()));
        let last = outputs.last().unwrap();
        assert!(matches!(last, Output::Disk(Task::Begin(_))), "{outputs:?}");
    }
}

/// What is shown as going on among these outputs, and who is waited for.
fn shown(outputs: &[Output]) -> Vec<(Doing, Vec<PeerIndex>)> {
    let shown = outputs.iter().filter_map(|output| {
        let Output::Note(Note::Doing(doing, waiting)) = output else {
            return None;
        };
        Some((*doing, waiting.peers.iter().collect()))
    });
    shown.collect()
}

#[test]
fn whom_a_peer_waits_for_to_come_it_does_not_mix_with_those_that_have_not_begun() {
    let others = vec![peer(1), peer(2), peer(3)];
    let opening = Doing::Step {
        attempt: 0,
        opener: None,
        step: dkg::ceremony::Step::Opening,
    };
    let told = Frame::Remembered(Vec::new()).encode();
    for start in starts() {
        let is_first = matches!(start, Start::Blank(..));
        let mut first = waiting(start, WireVersion::V2);
        let before = shown(&first.handle(START, Input::Tick));
        assert_eq!(before, [(Doing::Recalling, vec![peer(3)])]);
        let mut outputs = first.handle(START, Input::Frame(peer(3), told.clone()));
        if is_first {
            let begun = Performed::Begun([5; 32].into());
            outputs = first.handle(START, Input::Performed(begun));
            assert_eq!(shown(&outputs)[0], (Doing::Recalling, Vec::new()));
        }
        // Nobody of them has begun yet, though all are there.
        assert_eq!(shown(&outputs).pop(), Some((opening, others.clone())));
    }
}

#[test]
fn a_peer_without_a_memory_waits_for_all_and_one_with_a_memory_for_enough() {
    let size = ClusterSize::of(4).unwrap();
    let mut told = Told::new(size, peer(1));
    assert_eq!(told.waiting().len(), 3);
    for at in [0, 2] {
        assert!(!told.is_enough());
        told.has_told(peer(at));
    }
    assert!(told.is_enough() && !told.by_all());
    told.has_told(peer(3));
    assert!(told.waiting().is_empty() && told.by_all());
}
