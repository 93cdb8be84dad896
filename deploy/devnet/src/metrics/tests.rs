//! What two readings differ by.

use super::*;

const EARLY: &str = r#"
# HELP x
# TYPE sent_bytes counter
sent_bytes_total 100
# TYPE t histogram
t_bucket{le="0.01",kind="head",phase="signed"} 5
t_bucket{le="0.02",kind="head",phase="signed"} 5
t_bucket{le="+Inf",kind="head",phase="signed"} 5
"#;
const LATE: &str = r#"
sent_bytes_total 350 1700000000
# TYPE t histogram
t_bucket{kind="head",phase="signed",le="0.01"} 5
t_bucket{kind="head",phase="signed",le="0.02"} 15
t_bucket{kind="head",phase="signed",le="+Inf"} 15
nonsense
a{b="\"}"} 1
"#;

fn gain() -> Scrape {
    let mut gain = Scrape::default();
    gain.add_gain(&Scrape::parse(EARLY), &Scrape::parse(LATE));
    gain
}

#[test]
fn counters_are_differences() {
    assert_eq!(gain().sum("sent_bytes_total"), 250.0);
    assert_eq!(gain().sum("absent"), 0.0);
}

#[test]
fn quantiles_lie_in_the_bucket_that_grew() {
    let gain = gain();
    let [histogram] = gain.histograms("t").collect::<Vec<_>>()[..] else {
        panic!("one kind and phase");
    };
    assert_eq!((&*histogram.kind, &*histogram.phase), ("head", "signed"));
    assert_eq!(histogram.count(), 10.0);
    let median = histogram.quantile(0.5).unwrap();
    assert!((median - 0.015).abs() < 1e-9, "{median}");
    assert!((histogram.quantile(1.0).unwrap() - 0.02).abs() < 1e-9);
}

#[test]
fn no_values_have_no_quantiles() {
    assert_eq!(Histogram::default().quantile(0.5), None);
}
