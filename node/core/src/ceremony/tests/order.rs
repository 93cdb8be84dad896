//! What is written in which order, and that nothing overtakes it.

use dkg::ceremony::Heard;
use proto::{Machine as _, Timestamp};

use super::disk::disks;
use crate::ceremony::example::{World, place};
use crate::ceremony::*;

const NOW: Timestamp = Timestamp::from_micros(1);

#[test]
fn the_lock_comes_after_the_record_and_the_seed_goes_after_the_lock() {
    let mut world = World::started(disks());
    world.run(|_, _, _| false);
    world.assert_all_have_the_same("in order");
    for disk in &world.disks {
        let expected = [
            "begin",
            "keep",
            "store",
            "persist",
            "begin record",
            "write lock",
            "forget",
            "open record",
            "append",
            "write deposits",
        ];
        let (heard, performed): (Vec<_>, Vec<_>) =
            (disk.performed.iter().copied().enumerate()).partition(|(_, name)| *name == "remember");
        let performed: Vec<_> = performed.into_iter().map(|(_, name)| name).collect();
        assert_eq!(performed, expected);
        // The keys rest on what others said, which is durable before them.
        let keep = disk.performed.iter().position(|name| *name == "keep");
        assert!(heard.iter().any(|(at, _)| Some(at + 1) == keep));
        assert!(
            heard.len() <= 4,
            "once before the keys, and once for each other peer"
        );
    }
}

#[test]
fn a_peer_that_comes_back_with_a_lock_opens_its_shares_and_its_record_before_it_signs() {
    let mut world = World::started(disks());
    // The others hold the lock and wait for one that shows it to nobody.
    world.run(|from, _, frame| {
        from == 3 && matches!(frame, proto::ceremony_session::Frame::Lock(..))
    });
    world.disks[1].performed.clear();
    world.start(1, false);
    assert_eq!(
        world.disks[1].performed,
        ["open shares", "open record", "append"]
    );
    world.start(3, false);
    world.run(|_, _, _| false);
    world.assert_all_have_the_same("after a restart");
}

/// A peer of which all say that they remember nothing, and that waits for its beginning.
fn about_to_begin() -> (Participation, Vec<Output>) {
    let mut first =
        Participation::new(place(0), Start::Blank(None, Heard::default()), [9; 32]).unwrap();
    first.handle(NOW, Input::Tick);
    let mut outputs = Vec::new();
    for at in 1..4 {
        let other = example::peer(at);
        first.handle(NOW, Input::Up(other, proto::WireVersion::V2));
        let told = proto::ceremony_session::Frame::Remembered(Vec::new()).encode();
        outputs = first.handle(NOW, Input::Frame(other, told));
    }
    (first, outputs)
}

#[test]
fn nothing_comes_out_between_a_task_and_its_answer() {
    let (mut first, outputs) = about_to_begin();
    assert!(
        matches!(outputs.as_slice(), [Output::Disk(Task::Begin(_))]),
        "{outputs:?}"
    );
    assert_eq!(first.deadline(), None);
    let begun = Input::Performed(Performed::Begun([5; 32].into()));
    let outputs = first.handle(NOW, begun);
    let opening = outputs
        .iter()
        .any(|output| matches!(output, Output::Send(..)));
    assert!(opening, "{outputs:?}");
}

#[test]
#[should_panic(expected = "answers come at once")]
fn whatever_comes_before_the_answer_is_an_error_of_the_driver() {
    let (mut first, _) = about_to_begin();
    first.handle(NOW, Input::Tick);
}
