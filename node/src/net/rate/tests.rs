//! A burst passes, a flood does not.

use super::*;

#[test]
fn a_burst_passes_then_only_the_rate_does() {
    let start = Instant::now();
    let mut bucket = Bucket::full(10, Duration::from_secs(2), 0, start);
    assert!((0..20).all(|_| bucket.take(1, start)));
    assert!(!bucket.take(1, start));
    let mut bucket = Bucket::full(10, Duration::from_secs(2), 0, start);
    assert!(bucket.take(20, start));
    assert!(bucket.take(10, start + Duration::from_secs(1)));
    assert!(!bucket.take(1, start + Duration::from_secs(1)));
}

#[test]
fn the_longest_frame_always_fits_once() {
    let now = Instant::now();
    assert!(Bucket::full(1, Duration::from_secs(1), 5000, now).take(5000, now));
}
