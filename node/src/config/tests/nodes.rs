//! One beacon node, or several in the operator's order.

use super::*;

/// The nodes of a config.
fn nodes(text: &str) -> Vec<String> {
    let config = parse(text, &[]).unwrap();
    let nodes = config.beacon_nodes().unwrap().iter();
    nodes.map(ToString::to_string).collect()
}

#[test]
fn one_node_or_several_can_be_named_and_keep_their_order() {
    assert_eq!(nodes("beacon_node = \"http://a:1\""), ["http://a:1/"]);
    assert_eq!(nodes("beacon_nodes = [\"http://a:1\"]"), ["http://a:1/"]);
    let several = "beacon_nodes = [\"https://u:pass4711@b/way\", \"http://a:1\", \"http://a:2\"]";
    let named = ["https://u:pass4711@b/way", "http://a:1/", "http://a:2/"];
    assert_eq!(nodes(several), named);
    let list = "[\"http://a:1\", \"http://a:2\"]";
    let config = parse("", &[("GANTRY_BEACON_NODES", list)]).unwrap();
    assert_eq!(config.beacon_nodes().unwrap().len(), 2);
}

#[test]
fn nodes_that_cannot_be_meant_are_refused_without_their_addresses() {
    let many: Vec<String> = (1..=9).map(|port| format!("\"http://a:{port}\"")).collect();
    let many = format!("beacon_nodes = [{}]", many.join(", "));
    let cases = [
        (
            "beacon_node = \"http://pass4711@a\"\nbeacon_nodes = [\"http://pass4711@b\"]",
            "(gantry.toml line 2): beacon_node is set too (gantry.toml line 1): ",
        ),
        ("beacon_nodes = []", "is empty"),
        (&many, "names 9 nodes, and at most 8 are asked"),
        (
            "beacon_nodes = [\"http://a:1/\", \"http://b\", \"http://u:pass4711@a:1\"]",
            "names one node twice, the second time in place 3",
        ),
        (
            "beacon_nodes = [\"http://a/way\", \"http://a/way/\"]",
            "names one node twice, the second time in place 2",
        ),
        (
            "beacon_nodes = [\"http://a\", \"pass4711\"]",
            "`beacon_nodes.1` (gantry.toml line 1): the beacon node's address is not a URL",
        ),
        (
            "beacon_nodes = \"http://a\"",
            "write it like this: `beacon_nodes = [",
        ),
    ];
    for (text, expected) in cases {
        let error = refusal(text, &[]);
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("pass4711"), "{error}");
    }
    let two = [("GANTRY_BEACON_NODE", "http://a")];
    let error = refusal("beacon_nodes = [\"http://b\"]", &two);
    let named = "beacon_node is set too (environment variable GANTRY_BEACON_NODE): ";
    assert!(error.contains(named), "{error}");
    // The same host with another path is another node behind one proxy.
    nodes("beacon_nodes = [\"http://a/one\", \"http://a/two\"]");
}
