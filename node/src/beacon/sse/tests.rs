//! Events are the same however their bytes are cut.

use proptest::prelude::*;

use super::*;

fn event(event: &str, data: &str) -> Event {
    Event {
        event: event.to_owned(),
        data: data.to_owned(),
    }
}

#[test]
fn events_end_at_an_empty_line_whatever_the_line_ends() {
    let mut events = Events::default();
    // Lodestar ends an event with two empty lines, others with one.
    let text = b"event: head\ndata: {}\n\n\n: keepalive\n\nevent:b\r\ndata:1\r\ndata: 2\r\n\r\n\
            da";
    assert_eq!(
        events.read(text).unwrap(),
        [event("head", "{}"), event("b", "1\n2")]
    );
    assert_eq!(events.read(b"ta: x\r\r").unwrap(), [event("", "x")]);
}

#[test]
fn an_endless_line_and_an_endless_event_are_refused() {
    let mut events = Events::default();
    let mut fed = 0;
    let line = [b'x'; 1000];
    while events.read(&line).is_ok() {
        fed += line.len();
        assert!(fed <= EVENT_LIMIT);
    }
    let mut events = Events::default();
    let mut fed = 0;
    while events.read(b"data: 0123456789\n").is_ok() {
        fed += 10;
        assert!(fed <= EVENT_LIMIT);
    }
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_give_the_same_events(
        bytes in prop::collection::vec(prop_oneof!["\r", "\n", "data:", "event: ", "x"], 0..60),
        at in any::<prop::sample::Index>(),
    ) {
        let bytes = bytes.concat().into_bytes();
        let whole = Events::default().read(&bytes).unwrap();
        let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
        let mut events = Events::default();
        let mut parts = events.read(first).unwrap();
        parts.extend(events.read(second).unwrap());
        prop_assert_eq!(parts, whole);
    }
}
