//! The README's "Rocket Pool: the agreement", typed as it stands by four operators whose lock
//! leaves open where the stake returns to; and what happens if one of them signs something else.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod club;
mod ports;

use std::fs;
use std::path::Path;
use std::process::Output;

use club::{ADDRESS, Club, NAMES, Who, blocks};
use node::disk::files::{self, Mode};
use node::disk::{DataLock, Files};
use node_core::pool::agreement::example;
use node_core::record::{Entry, History, Journal, Owner};
use proto::definition::{Chain, Draft, Withdrawal};
use proto::lock::{Contents, Lock};
use proto::{PublicKey, Root};

/// The file that is sent round and back.
const AGREEMENT: &str = "pool-agreement.json";
/// The key of the node account, and its address.
const NODE_KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const NODE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
/// Another account.
const EVIL: &str = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";

/// The lock of the four on hoodi.
fn lock(withdrawal: Withdrawal) -> Lock {
    let identities = example::identities();
    let contents = example::lock();
    let definition = Draft {
        chain: Chain::known("hoodi").unwrap(),
        withdrawal,
        ..(**contents.definition.terms()).clone()
    };
    let contents = Contents {
        definition: proto::example::agreed(definition, &identities),
        ..(*contents).clone()
    };
    proto::example::witnessed(contents, &identities)
}

/// The four after their ceremony: identity, lock, config, and a record with these deposits.
fn after_the_ceremony(lock: &Lock, deposits: &[Entry]) -> Club {
    let club = Club::new();
    for (i, identity) in example::identities().iter().enumerate() {
        let dir = club.home(i).join("gantry");
        files::make_dir(&dir).unwrap();
        let seed = format!("gantry-identity-secret {}\n", hex(&identity.seed()));
        write(&dir.join("identity.key"), &seed);
        write(&dir.join("cluster-lock.json"), &lock.to_json());
        write(&dir.join("gantry.toml"), "data_dir = \"~/gantry\"\n");
        write(&club.home(i).join("node.key"), NODE_KEY);
        let held = DataLock::take(&dir).unwrap();
        let owner = Owner {
            cluster: lock.hash(),
            identity: identity.public(),
        };
        let mut history = History::default();
        let keys: Vec<PublicKey> = lock.validators.iter().map(|it| it.public_key).collect();
        history.add(Entry::Enrolled(keys)).unwrap();
        for entry in deposits {
            history.add(entry.clone()).unwrap();
        }
        Journal::create(Files::within(&held), owner, history).unwrap();
    }
    club
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(path: &Path, text: &str) {
    files::write_new(path, text.as_bytes(), Mode::Secret).unwrap();
}

fn filled_in(block: &str) -> String {
    block
        .replace("NODE", NODE)
        .replace("ADDRESS", ADDRESS)
        .replace("FILE", "~/node.key")
}

/// What operator `i` is told.
fn gantry(club: &Club, i: usize, words: &str) -> Output {
    let mut command = club.command(i, "gantry");
    command.args(["pool", "agree"]);
    command.args(words.split_whitespace());
    command
        .arg("--config")
        .arg(club.file(i, "gantry.toml"))
        .output()
        .unwrap()
}

fn refusal(club: &Club, i: usize, words: &str) -> String {
    let output = gantry(club, i, words);
    assert!(!output.status.success(), "{words}");
    String::from_utf8(output.stderr).unwrap()
}

fn hash_of(club: &Club, i: usize) -> String {
    let shown = gantry(club, i, "show");
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = shown
        .lines()
        .find(|line| line.starts_with("Agreement hash"));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

#[test]
fn the_agreement_works_as_it_is_written() {
    let club = after_the_ceremony(&lock(Withdrawal::Later), &[]);
    let mut done: Vec<&str> = Vec::new();
    for (who, block) in blocks("Rocket Pool: the agreement") {
        let said = club.all_type(who, &filled_in(&block));
        if block.contains("agree new") {
            assert!(said[0].contains("nothing is in force"), "{said:?}");
            club.send_round(AGREEMENT);
            done.push("new");
        } else if block.contains("--node-keystore") {
            assert_eq!(who, Who::OneOfYou);
            done.push("node");
        } else if block.contains("agree sign") {
            for (text, name) in said.iter().zip(NAMES) {
                let asked = format!("You would sign as {name}");
                assert!(text.contains(&asked), "{text}");
                assert!(text.contains("45 digits the same for all of them"));
            }
            club.send_back(AGREEMENT);
            done.push("signed");
        } else if block.contains("agree merge") {
            assert!(said[0].contains("Version 1 is signed by all"), "{said:?}");
            club.send_round(AGREEMENT);
            done.push("merged");
        } else if block.contains("--complete") {
            assert_eq!(who, Who::Everybody);
            assert!(said.iter().all(|it| it.contains("is signed by all")));
            done.push("complete");
        }
    }
    assert_eq!(done, ["new", "signed", "node", "merged", "complete"]);
    the_next_version_is_agreed_in_the_same_way(&club);
}

fn the_next_version_is_agreed_in_the_same_way(club: &Club) {
    assert!(gantry(club, 0, "new --smoothing-pool in").status.success());
    let words = refusal(club, 0, "new --smoothing-pool out");
    assert!(words.contains("version 2 is still to be signed by alice"));
    // It is signed without asking by whoever knows its hash.
    club.send_round(AGREEMENT);
    let words = refusal(club, 1, &format!("sign --hash {}", Root::ZERO));
    assert!(words.contains("and you gave 0x0000"), "{words}");
    for i in 0..NAMES.len() {
        let hash = hash_of(club, i);
        assert!(
            gantry(club, i, &format!("sign --hash {hash}"))
                .status
                .success()
        );
    }
    club.send_back(AGREEMENT);
    let others = ["bob", "carol", "dave"];
    let files = others.map(|it| {
        club.file(0, &format!("from-{it}.json"))
            .display()
            .to_string()
    });
    let own = club.file(0, AGREEMENT).display().to_string();
    let merged = gantry(club, 0, &format!("merge {own} {}", files.join(" ")));
    let said = String::from_utf8(merged.stdout).unwrap();
    assert!(said.contains("Version 2 is signed by all"), "{said}");
    // What is fixed stands.
    let words = refusal(club, 0, &format!("new --node {EVIL}"));
    assert!(
        words.contains("version 3 changes the node account"),
        "{words}"
    );
    one_who_signs_two_versions_is_named(club, &own, &files[1]);
}

/// Bob writes a third version; Carol signs it, and one of her own.
fn one_who_signs_two_versions_is_named(club: &Club, own: &str, from_carol: &str) {
    club.send_round(AGREEMENT);
    for (i, withdrawal) in [(0, NODE), (1, EVIL), (2, ADDRESS)] {
        let written = gantry(
            club,
            i,
            &format!("new --withdrawal {withdrawal} --tickets save"),
        );
        assert_eq!(
            written.status.success(),
            i != 0,
            "the node account gets nothing"
        );
    }
    let sign = |i: usize, file: &str, hash: &str| {
        let words = format!("sign {file} --hash {hash}");
        gantry(club, i, &words)
    };
    let carols = club.file(2, AGREEMENT).display().to_string();
    let hers = hash_of(club, 2);
    assert!(sign(2, &carols, &hers).status.success());
    // What Bob sends her has another version 3 than the one that she has signed.
    let bobs = club.file(1, AGREEMENT);
    let sent = club.file(2, "from-bob.json");
    fs::copy(&bobs, &sent).unwrap();
    let refused = sign(2, &sent.display().to_string(), &hash_of(club, 1));
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("there are two versions 3"), "{words}");
    assert!(words.contains("(signed by carol)"), "{words}");
    // She signs it in the place of her own all the same. Alice, who gets both, sees who it was.
    fs::copy(&carols, from_carol).unwrap();
    fs::copy(&sent, &carols).unwrap();
    assert!(sign(2, &carols, &hash_of(club, 1)).status.success());
    fs::copy(&carols, own).unwrap();
    let words = refusal(club, 0, &format!("merge {own} {from_carol}"));
    assert!(words.contains("Signed both: carol."), "{words}");
}

#[test]
fn a_cluster_whose_stake_returns_elsewhere_cannot_join() {
    let withdrawal = Withdrawal::One([0x77; 20].into());
    let club = after_the_ceremony(&lock(withdrawal), &[]);
    let shares = NAMES.map(|name| format!("--share {name}=2500")).join(" ");
    let new = format!("new --node {NODE} --withdrawal {ADDRESS} {shares}");
    let words = refusal(&club, 0, &new);
    assert!(words.contains("returns to 0x7777"), "{words}");
    assert!(words.contains("--withdrawal later"), "{words}");
}

#[test]
fn a_cluster_for_whose_keys_a_deposit_was_signed_cannot_join() {
    let lock = lock(Withdrawal::Later);
    let mut history = History::default();
    let keys: Vec<PublicKey> = lock.validators.iter().map(|it| it.public_key).collect();
    history.add(Entry::Enrolled(keys)).unwrap();
    let validator = history.number(&lock.validators[1].public_key).unwrap();
    let deposit = Entry::Deposit {
        validator,
        credentials: [1; 32].into(),
        gwei: 32_000_000_000,
        signing_root: Root::ZERO,
    };
    let club = after_the_ceremony(&lock, &[deposit]);
    let shares = NAMES.map(|name| format!("--share {name}=2500")).join(" ");
    let new = format!("new --node {NODE} --withdrawal {ADDRESS} {shares}");
    assert!(gantry(&club, 0, &new).status.success());
    let hash = hash_of(&club, 0);
    let words = refusal(&club, 0, &format!("sign --hash {hash}"));
    let key = lock.validators[1].public_key.to_string();
    assert!(words.contains(&key), "{words}");
    assert!(words.contains("this cluster cannot join"), "{words}");
    // While the record is in use it cannot be looked through.
    let held = DataLock::take(&club.home(0).join("gantry")).unwrap();
    let words = refusal(&club, 0, &format!("sign --hash {hash}"));
    assert!(words.contains("stop it for this one command"), "{words}");
    drop(held);
}
