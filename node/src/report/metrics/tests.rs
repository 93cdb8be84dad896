//! Numbers have their labels.

use super::*;

#[test]
fn phases_appear_with_their_labels() {
    let metrics = Metrics::new();
    metrics.phase("head", "signed", Duration::from_millis(8));
    let text = metrics.text();
    assert!(
        text.contains("gantry_phase_seconds_count{kind=\"head\",phase=\"signed\"} 1"),
        "{text}"
    );
}
