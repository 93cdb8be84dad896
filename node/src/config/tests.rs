//! Promises of the config: the example is complete and true, and errors say where to look.

mod environment;
mod kept;
mod nodes;

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
            // Either one beacon node or several.
            Some(key) if key.starts_with("beacon_nodes = ") => String::new(),
            // Who has nothing at Rocket Pool needs none.
            Some(key) if key.starts_with("execution_node") => String::new(),
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
    let told = config.coordinator.take();
    let told = told.expect("the example of a coordinator");
    assert_eq!(told.max_fee_gwei, 50);
    let keystore = told.keystore.expect("the example of a keystore");
    assert_eq!(keystore.file, Path::new("./node-account.json"));
    assert_eq!(config, parse(minimal, &[]).unwrap());
}

#[test]
fn a_coordinator_has_a_keystore_with_its_password_or_neither() {
    let minimal = "beacon_node = \"http://127.0.0.1:5052\"\n";
    let of_safe = parse(&format!("{minimal}[coordinator]\n"), &[]).unwrap();
    assert_eq!(of_safe.coordinator.unwrap().keystore, None);
    for (given, missing) in [
        ("node_keystore", "node_password_file"),
        ("node_password_file", "node_keystore"),
    ] {
        let text = format!("{minimal}[coordinator]\n{given} = \"a\"\n");
        let error = refusal(&text, &[]);
        assert!(error.contains(&format!("{missing} is missing")), "{error}");
    }
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
            "`beacon_node` (gantry.toml line 1): the beacon node's address is not a URL",
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
fn a_wrong_value_is_shown_beside_a_right_one() {
    let cases = [
        (
            "listen = \"a:1\"",
            "write it like this: `listen = [\"0.0.0.0:3610\"]`",
        ),
        (
            "listen = [\"a:1\"]",
            "write it like this: `listen = [\"0.0.0.0:3610\"]`",
        ),
        (
            "metrics = 3620",
            "write it like this: `metrics = \"127.0.0.1:3620\"`",
        ),
        (
            "[peers]\nbob = \"b:1\"",
            "write it like this: `alice = [\"203.0.113.7:3610\",",
        ),
        (
            "beacon_node = \"ws://b:1\"",
            "write http:// in place of ws://",
        ),
        (
            "beacon_node = \"127.0.0.1:5052\"",
            "it does not begin with http://",
        ),
    ];
    for (text, expected) in cases {
        let error = refusal(text, &[]);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_beacon_node_is_missed_when_it_is_needed() {
    let config = parse("", &[]).unwrap();
    let error = config.beacon_nodes().unwrap_err().to_string();
    assert!(
        error.starts_with("`beacon_node` (gantry.toml, which is not there): is missing"),
        "{error}"
    );
    let error = config.execution_node().unwrap_err().to_string();
    assert!(
        error.starts_with("`execution_node` (gantry.toml, which is not there): is missing"),
        "{error}"
    );
    // Not every command has a flag for it.
    assert!(!error.contains("--"), "{error}");
    let flag = config.execution_node_or(", or give --it").unwrap_err();
    assert!(flag.to_string().ends_with(", or give --it"), "{flag}");
    let error = refusal("execution_node = \"ws://user:pass4711@b\"", &[]);
    let said = "`execution_node` (gantry.toml line 1): the execution node's address is not a URL";
    assert!(
        error.starts_with(said) && !error.contains("pass4711"),
        "{error}"
    );
}

#[test]
fn sockets_that_nobody_finds_or_that_are_taken_twice_are_refused() {
    let cases = [
        (
            "listen = [\"0.0.0.0:0\"]",
            "`listen` (gantry.toml line 1): has port 0",
        ),
        (
            "metrics = \"127.0.0.1:0\"",
            "`metrics` (gantry.toml line 1): has port 0",
        ),
        (
            "metrics = \"127.0.0.1:3610\"",
            "is where peers are listened for",
        ),
        (
            "listen = [\"[::1]:1\"]\nmetrics = \"[::]:1\"",
            "is where peers are listened for",
        ),
        (
            "listen = [\"127.0.0.1:1\"]\nmetrics = \"127.0.0.1:1\"",
            "`metrics` (gantry.toml line 2): is where peers are listened for",
        ),
    ];
    for (text, expected) in cases {
        let error = refusal(text, &[]);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let apart = "listen = [\"127.0.0.1:1\"]\nmetrics = \"127.0.0.2:1\"";
    assert!(parse(apart, &[]).is_ok());
}

#[test]
fn addresses_of_peers_are_such_as_somebody_can_be_reached_at() {
    let cases = [
        ("bob = [\"0.0.0.0:1\"]", "at which a program listens"),
        ("bob = [\"[ff02::1]:1\"]", "a multicast address"),
        (
            "bob = [\"b:1\"]\ncarol = [\"B:1\"]",
            "is the address of `bob` too",
        ),
        (
            "bob = [\"b:1\"]\nBob = [\"b:2\"]",
            "capitals tell no operators apart",
        ),
    ];
    for (text, expected) in cases {
        let error = refusal(&format!("[peers]\n{text}"), &[]);
        assert!(error.starts_with("`peers."), "{text}: {error}");
        assert!(error.contains(expected), "{text}: {error}");
    }
}

/// The terms of four operators of whom the second is called Bob and has the address b:1, and of
/// whom the others have none.
fn terms_with_bob() -> Terms {
    let mut draft = proto::example::draft(&proto::example::identities(4));
    draft.operators[1].name = "Bob".to_owned();
    draft.operators[1].addresses = vec!["b:1".parse().unwrap()];
    Terms::new(draft).unwrap()
}

#[test]
fn an_operator_is_found_whatever_the_capitals_of_the_variable() {
    let terms = terms_with_bob();
    let bobs = |text: &str, value: &str| {
        let config = parse(text, &[("GANTRY_PEERS__BOB", value)]).unwrap();
        config.addresses(&terms).unwrap()[1][0].to_string()
    };
    assert_eq!(bobs("", "[\"b:2\"]"), "b:2");
    assert_eq!(bobs("[peers]\nBob = [\"b:3\"]", "[\"b:2\"]"), "b:2");
    let stranger = parse("[peers]\nmallory = [\"m:1\"]", &[]).unwrap();
    let error = stranger.addresses(&terms).unwrap_err().to_string();
    assert!(
        error.contains("they are alice, Bob, carol, dave"),
        "{error}"
    );
}

#[test]
fn what_is_odd_and_may_be_meant_is_said() {
    let terms = terms_with_bob();
    let said = |text: &str, me: usize| {
        let me = terms.size().peer(me).unwrap();
        let cautions = parse(text, &[]).unwrap().cautions(&terms, me);
        cautions.join("\n")
    };
    let all = "[peers]\nalice = [\"a:1\"]\ncarol = [\"c:1\"]\ndave = [\"d:1\"]";
    assert_eq!(said(all, 1), "");
    let own = said(all, 0);
    assert!(own.contains("`peers.alice` is this peer itself"), "{own}");
    let none = said("[peers]\ncarol = [\"c:1\"]\ndave = [\"d:1\"]", 1);
    assert!(none.contains("there is no address of alice"), "{none}");
    let same = said(&all.replace("c:1", "b:1"), 3);
    assert!(
        same.contains("b:1 is said to be the address of Bob and of carol"),
        "{same}"
    );
    let marked = said(&format!("\u{feff}{all}"), 1);
    assert!(
        marked.contains("gantry.toml begins with a byte order mark"),
        "{marked}"
    );
}

#[test]
fn a_tilde_is_the_home_in_every_path_of_the_config() {
    let home = std::env::home_dir().unwrap();
    let text = "data_dir = \"~/gantry\"\nlock_file = \"~/l\"\nsecret_file = \"~/s\"";
    let config = parse(text, &[("GANTRY_KEYSTORE_DIR", "~/k")]).unwrap();
    assert_eq!(config.data_dir, home.join("gantry"));
    assert_eq!(config.lock_file, home.join("l"));
    assert_eq!(config.keystore_dir, home.join("k"));
    assert_eq!(config.secret, SecretSource::SecretFile(home.join("s")));
    let error = refusal("data_dir = \"~bob/gantry\"", &[]);
    assert!(error.contains("`data_dir` (gantry.toml line 1)"), "{error}");
    assert!(error.contains("write the whole path"), "{error}");
}

#[test]
fn a_data_directory_of_the_command_line_stands_over_all() {
    let variables = [(OsString::from("GANTRY_DATA_DIR"), OsString::from("/b"))];
    let file = Path::new("gantry.toml");
    let config = Config::parse_over(file, "data_dir = \"/a\"", variables, Some(Path::new("/c")));
    assert_eq!(config.unwrap().lock_file, Path::new("/c/cluster-lock.json"));
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
