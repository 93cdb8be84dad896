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
fn of_each_validator_it_is_said_how_many_parts_of_its_exit_are_sealed() {
    let metrics = Metrics::new();
    metrics.sealed(7, 3);
    metrics.sealed(7, 4);
    let text = metrics.text();
    let line = "gantry_sealed_exit_parts{validator=\"7\"} 4\n";
    assert!(text.contains(line), "{text}");
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
