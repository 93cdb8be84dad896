//! What stands in the environment: over the file, named where it is wrong, and not what other
//! programs put there.

use std::os::unix::ffi::OsStringExt as _;

use super::*;

#[test]
fn the_environment_wins_and_is_named_in_errors() {
    let file = "beacon_node = \"http://127.0.0.1:1\"\n[peers]\nalice = [\"a:1\"]\n";
    let config = parse(
        file,
        &[
            ("GANTRY_BEACON_NODE", "http://127.0.0.1:2"),
            ("GANTRY_PEERS__BOB", "[\"b:2\"]"),
            ("GANTRY_CONFIG", "ignored.toml"),
            ("HOME", "/root"),
        ],
    );
    let config = config.unwrap();
    assert_eq!(config.beacon_nodes().unwrap()[0].port(), Some(2));
    assert_eq!(config.peers.keys().collect::<Vec<_>>(), ["alice", "bob"]);
    let error = refusal(file, &[("GANTRY_LISTEN", "[1]")]);
    assert!(
        error.contains("(environment variable GANTRY_LISTEN)"),
        "{error}"
    );
    let error = refusal(file, &[("GANTRY_BEACON", "x")]);
    assert!(
        error.contains("`beacon` (environment variable GANTRY_BEACON)"),
        "{error}"
    );
}

#[test]
fn what_other_programs_put_into_the_environment_does_no_harm() {
    let odd = || OsString::from_vec(b"\xff\xfe".to_vec());
    let file = "beacon_node = \"http://127.0.0.1:1\"";
    let read = |name: OsString, value| {
        let environment = [(name, value)];
        Config::parse(Path::new("gantry.toml"), file, environment)
    };
    for name in [odd(), "OTHER".into(), "GANTRY_DEPOSIT_KEY".into()] {
        assert!(read(name, odd()).is_ok());
    }
    let words = read("GANTRY_LOG".into(), odd()).unwrap_err().to_string();
    assert!(
        words.starts_with("`log` (environment variable GANTRY_LOG): the value is not UTF-8"),
        "{words}"
    );
    let mut ours = OsString::from("GANTRY_");
    ours.push(odd());
    let words = read(ours, "1".into()).unwrap_err().to_string();
    assert!(words.contains("the name is not UTF-8"), "{words}");
}

/// What Kubernetes and Docker put into the environment for a service called "gantry" or
/// "gantry-metrics".
#[test]
fn variables_of_an_orchestrator_are_passed_over_and_typos_are_not() {
    let file = "beacon_node = \"http://127.0.0.1:1\"";
    let links = [
        ("GANTRY_SERVICE_HOST", "10.0.0.7"),
        ("GANTRY_SERVICE_PORT", "3610"),
        ("GANTRY_SERVICE_PORT_P2P", "3610"),
        ("GANTRY_PORT", "tcp://10.0.0.7:3610"),
        ("GANTRY_PORT_3610_TCP", "tcp://10.0.0.7:3610"),
        ("GANTRY_PORT_3610_TCP_PROTO", "tcp"),
        ("GANTRY_PORT_3610_TCP_PORT", "3610"),
        ("GANTRY_PORT_3610_TCP_ADDR", "10.0.0.7"),
        ("GANTRY_METRICS_SERVICE_HOST", "10.0.0.8"),
        ("GANTRY_METRICS_PORT", "tcp://10.0.0.8:3620"),
        ("GANTRY_METRICS_PORT_3620_UDP_ADDR", "10.0.0.8"),
    ];
    assert_eq!(parse(file, &links).unwrap(), parse(file, &[]).unwrap());
    let typos = [
        ("GANTRY_PORT", "3611"),
        ("GANTRY_LISTEN_PORT", "3611"),
        ("GANTRY_METRIC", "127.0.0.1:1"),
        ("GANTRY_PORT_TCP", "tcp://10.0.0.7:3610"),
    ];
    for typo in typos {
        let words = parse(file, &[typo]).unwrap_err().to_string();
        let place = format!("(environment variable {}): there is no such key", typo.0);
        assert!(words.contains(&place), "{words}");
        assert!(words.contains("`unset` or rename the variable"), "{words}");
    }
}
