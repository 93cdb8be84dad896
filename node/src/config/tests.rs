//! Promises of the config: the example is complete and true, and errors say where to look.

use std::os::unix::ffi::OsStringExt as _;

use super::*;

const EXAMPLE: &str = include_str!("../../../deploy/gantry.example.toml");

fn parse(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let pairs = environment.iter();
    let pairs = pairs.map(|(k, v)| (OsString::from(k), OsString::from(v)));
    Config::parse(Path::new("gantry.toml"), text, pairs)
}

fn refusal(text: &str, environment: &[(&str, &str)]) -> String {
    parse(text, environment).unwrap_err().to_string()
}

/// The keys of the config, as the refusal of an unknown one lists them.
fn known_keys() -> Vec<String> {
    let error = refusal("nonsense = 1", &[]);
    let (_, list) = error.split_once("known are ").unwrap();
    list.split(", ")
        .map(|key| key.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_example_names_every_key_and_nothing_else() {
    for key in known_keys() {
        let set = |line: &&str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} =")) || line == format!("[{key}]")
        };
        assert_eq!(
            EXAMPLE.lines().filter(set).count(),
            1,
            "`{key}` in the example"
        );
    }
}

#[test]
fn what_the_example_comments_out_are_the_defaults() {
    let minimal = "beacon_node = \"http://127.0.0.1:5052\"";
    assert_eq!(parse(EXAMPLE, &[]).unwrap(), parse(minimal, &[]).unwrap());
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            // Either secret_file or passphrase_file: neither is a default.
            Some(key) if key.contains("_file = \"keystore") => String::new(),
            Some(key) if key.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')) => {
                format!("{key}\n")
            }
            Some(table) if table.starts_with('[') => format!("{table}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let mut config = parse(&uncommented, &[]).unwrap();
    assert_eq!(
        config.peers.len(),
        1,
        "the example of an override: {uncommented}"
    );
    config.peers.clear();
    assert_eq!(config, parse(minimal, &[]).unwrap());
}

#[test]
fn an_unknown_key_is_refused_with_its_file_and_line() {
    let error = refusal("\n# a comment\nbeacon = \"http://127.0.0.1:5052\"\n", &[]);
    assert!(
        error.starts_with("`beacon` (gantry.toml line 3): there is no such key; known are `data_"),
        "{error}"
    );
}

#[test]
fn a_wrong_value_is_refused_with_its_file_and_line() {
    let cases = [
        (
            "beacon_node = \"node\"",
            "`beacon_node` (gantry.toml line 1): \"node\" is no URL",
        ),
        (
            "beacon_node = 5052",
            "`beacon_node` (gantry.toml line 1): invalid type",
        ),
        (
            "beacon_node = \"http://b\"\nlisten = [\"a\"]",
            "(gantry.toml line 2): invalid socket",
        ),
        (
            "beacon_node = \"http://b\"\nlisten = []",
            "`listen` (gantry.toml line 2): is empty",
        ),
        (
            "beacon_node = \"http://b\"\n[peers]\nbob = [\"b:1\"]\nalice = [\"a\"]",
            "`peers.alice.0` (gantry.toml line 4): \"a\" is no peer address",
        ),
        (
            "beacon_node = \"http://b\"\nsecret_file = \"a\"\npassphrase_file = \"b\"",
            "`passphrase_file` (gantry.toml line 3): secret_file is set too",
        ),
        (
            "beacon_node = \"http://b\"\nlog_format = \"xml\"",
            "(gantry.toml line 2): unknown var",
        ),
        (
            "beacon_node = \"http://b\"\nlog = \"info,node=loud\"",
            "`log` (gantry.toml line 2): \"info,node=loud\" is no log filter",
        ),
        ("", "`beacon_node` (gantry.toml): is missing"),
        ("a = [", "gantry.toml is not a TOML file"),
    ];
    for (text, expected) in cases {
        let error = refusal(text, &[]);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let long = format!(
        "beacon_node = \"http://b\"\ngraffiti = \"{}\"",
        "a".repeat(33)
    );
    let error = refusal(&long, &[]);
    assert!(
        error.contains("`graffiti` (gantry.toml line 2): has 33 bytes"),
        "{error}"
    );
}

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
    assert_eq!(config.beacon_node.port(), Some(2));
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

#[test]
fn files_are_looked_for_in_the_data_dir() {
    let text = "beacon_node = \"http://b\"\ndata_dir = \"/var/lib/gantry\"\nlock_file=\"/etc/l\"\n\
                secret_file = \"s\"";
    let config = parse(text, &[]).unwrap();
    assert_eq!(config.lock_file, Path::new("/etc/l"));
    assert_eq!(
        config.identity_file,
        Path::new("/var/lib/gantry/identity.key")
    );
    let secret = SecretSource::SecretFile("/var/lib/gantry/s".into());
    assert_eq!(config.secret, secret);
}
