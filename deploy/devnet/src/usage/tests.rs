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

#[test]
fn a_machine_is_busy_unless_it_idles_or_waits_for_a_disk() {
    let stat = "cpu  10 1 5 60 20 2 2 0 7 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";
    let machine = machine(stat).unwrap();
    assert_eq!((machine.busy, machine.all), (20.0, 100.0));
    assert_eq!(machine.share(), Some(0.2));
    assert_eq!(Machine::default().share(), None);
}
