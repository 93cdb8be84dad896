//! The stream is tried again, later and later.

use super::*;

#[test]
fn pauses_grow_from_a_tenth_of_a_second_to_three() {
    let of = |n| pause(n, LONGEST_PAUSE).as_millis();
    let pauses: Vec<u128> = (0..9).map(of).collect();
    assert_eq!(pauses, [0, 100, 200, 400, 800, 1600, 3000, 3000, 3000]);
    assert_eq!(pause(u32::MAX, LONGEST_PAUSE), LONGEST_PAUSE);
    assert_eq!(pause(u32::MAX, LONGEST_REFUSED), LONGEST_REFUSED);
}
