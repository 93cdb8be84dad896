//! What may be a secret is not repeated.

use super::super::Config;
use super::*;

fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
    let environment = environment
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    let refused = Config::parse(Path::new("gantry.toml"), text, environment);
    refused.unwrap_err().to_string()
}

#[test]
fn no_refusal_repeats_what_may_be_a_secret() {
    let node = "beacon_node = \"http://b\"";
    for text in [
        "beacon_node = \"http//user:pass4711@b\"",
        "beacon_node = \"ftp://user:pass4711@b\"",
        "beacon_node = http://user:pass4711@b",
        "beacon_node = \"http://user:pass4711@b",
        &format!("{node}\nlisten = \"http://user:pass4711@b\""),
        &format!("{node}\npeers = \"pass4711\""),
        &format!("{node}\n[peers]\nbob = [\"http://user:pass4711@b\"]"),
        &format!("{node}\nlog = \"node=http://user:pass4711@b\""),
        &format!("{node}\nlog_format = \"pass4711\""),
    ] {
        let error = refusal(text, &[]);
        assert!(!error.contains("pass4711"), "{error}");
        assert!(error.contains("gantry.toml"), "{error}");
    }
    let error = refusal("", &[("GANTRY_BEACON_NODE", "http//user:pass4711@b")]);
    assert!(!error.contains("pass4711"), "{error}");
    let error = refusal("a = 1\nb = [", &[]);
    assert!(error.contains("line 2"), "{error}");
}
