//! Slots, epochs and rounds at their edges.

use super::*;

#[test]
fn rounds_are_bounded() {
    assert_eq!(Round::new(16), Some(Round::LAST));
    assert_eq!(Round::new(17), None);
    assert_eq!(Round::new(u64::MAX), None);
    assert_eq!(Round::LAST.next(), None);
}

#[test]
fn slots_are_written_as_the_beacon_api_writes_them() {
    assert_eq!(serde_json::to_string(&Slot(7)).unwrap(), "\"7\"");
    assert_eq!(serde_json::from_str::<Epoch>("\"9\"").unwrap(), Epoch(9));
}
