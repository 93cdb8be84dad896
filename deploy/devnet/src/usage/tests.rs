//! Figures of this very process.

use super::*;

#[test]
fn this_process_uses_something() {
    let usage = Usage::of(std::process::id()).unwrap();
    assert!(usage.rss_bytes > 0 && usage.peak_rss_bytes >= usage.rss_bytes);
}

#[test]
fn names_with_spaces_do_not_shift_the_fields() {
    let stat = "7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0";
    assert_eq!(cpu_ticks(stat), Some(200.0));
}
