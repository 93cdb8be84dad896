//! The form of the report's numbers.

use super::*;
use crate::metrics::Scrape;

#[test]
fn what_is_counted_is_written_without_a_fraction() {
    let scrape = Scrape::parse(
        "gantry_sent_bytes_total 350\n\
         gantry_record_fdatasync_seconds_count 12\n\
         # TYPE gantry_phase_seconds histogram\n\
         gantry_phase_seconds_bucket{kind=\"head\",phase=\"signed\",le=\"+Inf\"} 7\n",
    );
    let mut gained = Gained::default();
    gained.metrics.add_gain(&Scrape::default(), &scrape);
    let peer = ("alice".to_owned(), gained);
    let figures = serde_json::to_string(&figures(&peer)).expect("JSON");
    assert!(figures.contains("\"bytes_sent\":350,"), "{figures}");
    assert!(figures.contains("\"fdatasyncs\":12}"), "{figures}");
    let latencies = serde_json::to_string(&latencies(&peer)).expect("JSON");
    assert!(latencies.contains("\"count\":7,"), "{latencies}");
}
