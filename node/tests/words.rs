//! What the program says to somebody in a hurry: each refusal names the next step. The program is
//! run as an operator would.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod desk;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use desk::{Desk, lock, words_of_refusal};
use proto::definition::{Definition, Draft, Terms, Withdrawal};
use proto::{Root, example};

fn definition(change: impl FnOnce(&mut Draft)) -> Definition {
    let mut draft = example::draft(&example::identities(4));
    change(&mut draft);
    Definition::unsigned(Terms::new(draft).unwrap())
}

#[test]
fn nothing_is_signed_without_a_person_or_the_hash_of_what_a_person_has_read() {
    let desk = Desk::new();
    desk.put_identity(0);
    let unsigned = definition(|_| {});
    desk.put("d.json", &unsigned.to_json());
    // No terminal to ask on: a session of its own has none.
    let mut alone = Command::new("setsid");
    alone.args([
        "--wait",
        env!("CARGO_BIN_EXE_gantry"),
        "cluster",
        "sign",
        "d.json",
    ]);
    let alone = alone
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir(desk.0.path());
    let asked = words_of_refusal(alone.output().unwrap());
    assert!(asked.contains("no terminal to ask on"), "{asked}");
    assert!(asked.contains("--hash"), "{asked}");

    let other = format!("cluster sign d.json --hash {}", Root::from([1; 32]));
    let words = desk.refused(&other);
    assert!(
        words.contains("not the definition that you have read and compared"),
        "{words}"
    );
    let signed = || {
        let text = fs::read_to_string(desk.path("d.json")).unwrap();
        Definition::from_json(&text).unwrap().signatures().len()
    };
    assert_eq!(signed(), 0);

    let right = format!("cluster sign d.json --hash {}", unsigned.hash());
    assert!(desk.gantry(&right).output().unwrap().status.success());
    assert_eq!(signed(), 1);
}

#[test]
fn what_nobody_should_sign_is_not_signed_even_by_its_hash() {
    let desk = Desk::new();
    desk.put_identity(0);
    let later = definition(|draft| draft.withdrawal = Withdrawal::Later);
    desk.put("d.json", &later.to_json());
    let words = desk.refused(&format!("cluster sign d.json --hash {}", later.hash()));
    assert!(words.contains("nothing that settles it after"), "{words}");
}

#[test]
fn a_definition_leaves_open_both_addresses_or_the_stake_alone_and_says_what_waits_for_that() {
    let desk = Desk::new();
    let mut typed = "cluster new --name club --chain hoodi --withdrawal \
                     0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed --fee-recipient later"
        .to_owned();
    for (name, identity) in example::NAMES.iter().zip(example::identities(4)) {
        typed += &format!(
            " --operator {name}={}@{name}.example:3610",
            identity.public()
        );
    }
    let words = desk.refused(&typed);
    assert!(words.contains("no block would ever be proposed"), "{words}");
    assert!(!desk.path("cluster-definition.json").exists());

    let open = typed.replace("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "later");
    let open = desk
        .gantry(&format!("{open} --out open.json"))
        .output()
        .unwrap();
    let text = String::from_utf8(open.stdout).unwrap();
    assert!(text.contains("no block is proposed until then"), "{text}");
    assert!(
        text.contains("nothing can be deposited until then"),
        "{text}"
    );
    let file = fs::read_to_string(desk.path("open.json")).unwrap();
    assert!(file.contains("\"version\": 2"), "{file}");

    let address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
    let written = desk
        .gantry(&typed.replace("later", address))
        .output()
        .unwrap();
    let text = String::from_utf8(written.stdout).unwrap();
    assert!(text.contains("was written without its checksum"), "{text}");
    // The file has the checksum of what was typed, so only the typing could be told.
    let shown = desk.gantry("cluster show").output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        "{text}"
    );
    assert!(!text.contains("without its checksum"), "{text}");
}

#[test]
fn files_that_are_cut_off_or_of_another_kind_say_what_to_do() {
    let desk = Desk::new();
    let lock = lock();
    desk.put("lock.json", &lock.to_json());
    desk.put("definition.json", &lock.definition.to_json());
    desk.put("empty.json", "");
    desk.put("marked.json", &format!("\u{feff}{}", lock.to_json()));
    let cases = [
        ("cluster show lock.json", "`gantry lock show` prints it"),
        ("cluster show empty.json", "once more from whoever sent it"),
        ("cluster show marked.json", "run `sed -i"),
        ("cluster show gone.json", "check the name, and the folder"),
        (
            "lock show definition.json",
            "a cluster definition and no lock",
        ),
        (
            "lock show empty.json",
            "from your backup or from any other operator",
        ),
    ];
    for (typed, next_step) in cases {
        let words = desk.refused(typed);
        assert!(words.contains(next_step), "{typed}: {words}");
    }
    let shown = desk.gantry("lock show lock.json").output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains(&format!("Lock hash         {}", lock.hash())),
        "{text}"
    );
    assert!(
        text.contains(&lock.validators[0].public_key.to_string()),
        "{text}"
    );
}

#[test]
fn a_lock_of_others_is_told_from_a_definition_that_lacks_a_key() {
    let desk = Desk::new();
    desk.put("cluster-lock.json", &lock().to_json());
    // Of the five identities the fifth is no operator of the four.
    desk.put_identity(4);
    desk.put("gantry.toml", "beacon_node = 'http://127.0.0.1:1'");
    let words = desk.refused("slashing export marks.json");
    assert!(
        words.contains("is the lock of cluster \"Sunday club\""),
        "{words}"
    );
    assert!(
        words.contains("whose operators are alice, bob, carol, dave"),
        "{words}"
    );
    assert!(words.contains("`lock_file`"), "{words}");
}

#[test]
fn a_secret_that_systemd_hands_over_is_read() {
    let desk = Desk::new();
    let secret = desk.put_identity(0);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o440)).unwrap();
    let dir = desk.0.path().to_str().unwrap();
    let words = desk.refused("identity show");
    assert!(words.contains("chmod 600"), "{words}");
    let mut service = desk.gantry("identity show");
    let shown = service.env("CREDENTIALS_DIRECTORY", dir).output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
}

#[test]
fn the_ceremony_reads_the_same_config_default_and_variables_as_the_running_peer() {
    let desk = Desk::new();
    fs::create_dir(desk.path("peer")).unwrap();
    let identities = example::identities(4);
    let signed = example::agreed(example::draft(&identities), &identities);
    desk.put("cluster-definition.json", &signed.to_json());

    // The default file, found where gantry is started.
    desk.put("gantry.toml", "data_dir = 'peer'");
    let words = desk.refused("dkg");
    assert!(words.contains("peer/identity.key is not there"), "{words}");
    // A variable over the file, and another file.
    let mut variable = desk.gantry("dkg");
    let output = variable
        .env("GANTRY_IDENTITY_FILE", "other.key")
        .output()
        .unwrap();
    let words = words_of_refusal(output);
    assert!(words.contains("peer/other.key is not there"), "{words}");
    desk.put("mine.toml", "data_dir = 'mine'");
    let mut variable = desk.gantry("dkg");
    let output = variable.env("GANTRY_CONFIG", "mine.toml").output().unwrap();
    let words = words_of_refusal(output);
    assert!(words.contains("mine/identity.key is not there"), "{words}");
    // Its mistakes are found as in `gantry run`.
    desk.put("gantry.toml", "listen = 'a:1'");
    let words = desk.refused("dkg");
    assert!(
        words.contains("write it like this: `listen = [\"0.0.0.0:3610\"]`"),
        "{words}"
    );
}

#[test]
fn what_a_lock_says_of_itself_leads_on_and_not_back_to_the_ceremony() {
    let desk = Desk::new();
    let sound = lock().to_json();
    desk.put("cluster-lock.json", &sound);
    let shown = desk.gantry("lock show").output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(!shown.contains("ready for the ceremony"), "{shown}");
    assert!(shown.contains("The ceremony is over"), "{shown}");

    // A changed definition inside: no signature on it fits any more.
    let name = &lock().definition.terms().name.clone();
    desk.put("changed.json", &sound.replacen(name, "changed", 1));
    let words = desk.refused("lock show changed.json");
    assert!(!words.contains("to sign again"), "{words}");
    assert!(words.contains("copy it from your backup"), "{words}");
}

#[test]
fn a_folder_in_the_place_of_a_new_file_is_called_one_and_a_missing_one_is_named() {
    let desk = Desk::new();
    fs::create_dir(desk.path("there")).unwrap();
    let words = desk.refused("keystore secret --out there");
    assert!(words.contains("there is a folder"), "{words}");
    assert!(!words.contains("move it away"), "{words}");
    let words = desk.refused("keystore secret --out not/here");
    assert!(words.contains("make the folder not first"), "{words}");
}

#[test]
fn a_lock_in_the_place_of_a_keystore_is_called_no_keystore() {
    let desk = Desk::new();
    desk.put("cluster-lock.json", &lock().to_json());
    for command in [
        "password cluster-lock.json",
        "export cluster-lock.json --out f",
    ] {
        let words = desk.refused(&format!("keystore {command}"));
        assert!(words.contains("this is no keystore"), "{words}");
    }
}
