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

#[test]
fn before_an_epoch_is_known_its_effectiveness_is_no_number() {
    let metrics = Metrics::new();
    let text = metrics.text();
    assert!(text.contains("gantry_effectiveness NaN\n"), "{text}");
    metrics.epoch(&EpochStatus {
        effectiveness: Some(0.0),
        ..EpochStatus::default()
    });
    let text = metrics.text();
    assert!(text.contains("gantry_effectiveness 0.0\n"), "{text}");
}
