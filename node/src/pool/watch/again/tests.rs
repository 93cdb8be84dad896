//! A node that is down is not asked at each slot.

use super::*;

#[test]
fn who_sees_nothing_looks_ever_less_often_but_once_an_epoch_and_at_each_slot_at_first() {
    let mut pauses = Pauses::new(Duration::from_secs(12), Duration::from_secs(384));
    let waited: Vec<u64> = (0..8).map(|_| pauses.failed().as_secs()).collect();
    assert_eq!(waited, [12, 24, 48, 96, 192, 384, 384, 384]);
    pauses.seen();
    assert_eq!(pauses.failed().as_secs(), 12);
}
