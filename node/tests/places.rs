//! What the program says of files, keys of its config and ports that are not as it needs them: by
//! what names they are given, and what comes first. The program is run as an operator would.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod desk;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use desk::{Desk, lock, words_of_refusal};
use dkg::bls::SecretShare;
use node::disk::keystore::{MasterSecret, SecretSource, SecretUse, StoredShare, store_all};

const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn assert_says(words: &str, expected: &[&str]) {
    for expected in expected {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}

#[test]
fn a_path_with_a_blank_stands_in_a_command_as_a_shell_reads_it() {
    let desk = Desk::new();
    let key = desk.path("my own/identity.key");
    fs::create_dir(desk.path("my own")).unwrap();
    fs::rename(desk.put_identity(0), &key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut show = desk.gantry("identity show --dir");
    let words = words_of_refusal(show.arg("my own").output().unwrap());
    assert_says(&words, &["run `chmod 600 'my own/identity.key'`"]);
}

#[test]
fn a_key_of_the_config_that_is_missing_is_told_with_every_way_to_give_it() {
    let desk = Desk::new();
    let words = desk.refused(&format!("pool status --node {ADDRESS}"));
    let ways = [
        "`execution_node` (gantry.toml, which is not there)",
        "GANTRY_EXECUTION_NODE",
        "--execution-node",
    ];
    assert_says(&words, &ways);
    desk.put("gantry.toml", "");
    let words = desk.refused("run");
    assert_says(
        &words,
        &["`beacon_node` (gantry.toml)", "GANTRY_BEACON_NODE"],
    );
}

#[test]
fn a_lock_that_is_not_there_yet_leads_to_the_ceremony_or_to_what_names_it() {
    let desk = Desk::new();
    desk.put_identity(0);
    desk.put("gantry.toml", "beacon_node = 'http://127.0.0.1:1'");
    for (typed, names_it) in [
        ("run", "as `lock_file` in the config"),
        ("lock verify", "as `lock_file` in the config"),
        ("lock show", "in its place"),
        ("evidence verify gantry.toml", "with --lock"),
    ] {
        let words = desk.refused(typed);
        let ways = [
            "cluster-lock.json is not there",
            "`gantry dkg` makes it",
            names_it,
        ];
        assert_says(&words, &ways);
    }
}

#[test]
fn a_key_that_is_not_there_is_told_with_the_flag_that_names_its_folder() {
    let desk = Desk::new();
    let words = desk.refused("identity show");
    assert_says(
        &words,
        &["identity.key is not there", "--dir", "`data_dir`"],
    );
}

/// Puts a keystore, the lock and the secret of the keystores into a folder of the desk.
fn put_keystore(desk: &Desk) -> String {
    let lock = lock();
    desk.put("cluster-lock.json", &lock.to_json());
    assert!(
        desk.gantry("keystore secret")
            .output()
            .unwrap()
            .status
            .success()
    );
    let secret = SecretSource::SecretFile(desk.path("keystore.secret"));
    let master = MasterSecret::obtain(&secret, &lock.keystore_salt, SecretUse::Open).unwrap();
    let share = StoredShare {
        validator: lock.validators[0].public_key,
        secret: SecretShare::from_bytes(&[7; 32]).unwrap(),
    };
    store_all(&desk.path("keystores"), &master, &[share]).unwrap();
    let mut names = fs::read_dir(desk.path("keystores")).unwrap().flatten();
    let name = names.next().unwrap().file_name().into_string().unwrap();
    format!("keystores/{name}")
}

#[test]
fn a_keystore_is_opened_by_what_lies_in_the_data_directory_or_stands_in_the_config() {
    let desk = Desk::new();
    let keystore = put_keystore(&desk);
    let opened = |desk: &Desk, typed: &str| {
        let output = desk.gantry(typed).output().unwrap();
        assert!(output.status.success(), "{typed}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let password = opened(&desk, &format!("keystore password {keystore}"));
    assert_eq!(password.trim().len(), 64);
    opened(&desk, &format!("keystore export {keystore} --out exported"));

    // From elsewhere, by the config, as a flag, a variable or the file where gantry is started.
    fs::create_dir(desk.path("peer")).unwrap();
    for name in ["cluster-lock.json", "keystores"] {
        fs::rename(desk.path(name), desk.path("peer").join(name)).unwrap();
    }
    fs::rename(desk.path("keystore.secret"), desk.path("peer/my.secret")).unwrap();
    let config = "data_dir = 'peer'\nsecret_file = 'my.secret'";
    desk.put("mine.toml", config);
    let typed = format!("keystore password peer/{keystore}");
    assert_eq!(
        opened(&desk, &format!("{typed} --config mine.toml")),
        password
    );
    let mut variable = desk.gantry(&typed);
    let output = variable.env("GANTRY_CONFIG", "mine.toml").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), password);
    let words = desk.refused(&typed);
    assert_says(&words, &["cluster-lock.json is not there", "--lock"]);
    let flags = "--lock peer/cluster-lock.json --secret-file peer/my.secret";
    assert_eq!(opened(&desk, &format!("{typed} {flags}")), password);
    desk.put("gantry.toml", config);
    assert_eq!(opened(&desk, &typed), password);
}

#[test]
fn commands_that_ask_the_beacon_node_for_the_slot_say_so() {
    let desk = Desk::new();
    desk.put("cluster-lock.json", &lock().to_json());
    desk.put_identity(0);
    desk.put("gantry.toml", "");
    let words = desk.refused("slashing new-record");
    let ways = [
        "asks the beacon node which slot it is",
        "`beacon_node` (gantry.toml)",
    ];
    assert_says(&words, &ways);
    desk.put("gantry.toml", "beacon_node = 'http://127.0.0.1:1'");
    let words = desk.refused("slashing new-record");
    let ways = [
        "which slot it is has to be known first",
        "nothing was changed",
    ];
    assert_says(&words, &ways);
    for command in ["import", "new-record"] {
        let help = desk.gantry(&format!("slashing {command} --help")).output();
        let help = String::from_utf8(help.unwrap().stdout).unwrap();
        assert_says(&help, &["beacon node of the config"]);
    }
}

/// What `gantry status` says where `answer` comes from the port of the peer.
fn status_of(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let desk = Desk::new();
    let address = listener.local_addr().unwrap();
    desk.put("gantry.toml", &format!("metrics = '{address}'"));
    let answering = thread::spawn(move || {
        let (mut visitor, _) = listener.accept().unwrap();
        assert!(visitor.read(&mut [0; 4096]).unwrap() > 0);
        visitor.write_all(answer).unwrap();
    });
    let words = desk.refused("status");
    answering.join().unwrap();
    words
}

#[test]
fn something_else_on_the_port_of_the_status_is_not_called_a_peer_that_does_not_run() {
    let page = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n<p>Welcome!";
    let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let mail = b"220 mail.example ESMTP\r\n";
    for (answer, why) in [
        (&page[..], "a web page"),
        (missing, "HTTP status 404"),
        (mail, "does not speak HTTP"),
    ] {
        let words = status_of(answer);
        assert_says(&words, &["is not the status of a peer", why, "`metrics`"]);
        assert!(!words.contains("no running peer"), "{words}");
    }
    let desk = Desk::new();
    desk.put("gantry.toml", "metrics = '127.0.0.1:1'");
    assert_says(
        &desk.refused("status"),
        &["no running peer answers", "`metrics`"],
    );
}
