//! Samples do what they say.

use super::*;

#[test]
fn a_sample_does_what_it_says() {
    let sample = Sample::default();
    for operation in Operation::ALL {
        let (times, tally) = counted(|| sample.perform(operation));
        assert!(tally.of(operation) >= u64::from(times), "{operation:?}");
    }
}
