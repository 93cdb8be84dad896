//! Four operators after their ceremony, who agree on Rocket Pool: what is on their disks, and what
//! they type and send.

use std::fs;
use std::path::Path;
use std::process::Output;

use node::disk::files::{self, Mode};
use node::disk::{DataLock, Files};
use node_core::pool::agreement::example;
use node_core::record::{Entry, History, Journal, Owner};
use proto::PublicKey;
use proto::definition::{Chain, Draft, Withdrawal};
use proto::lock::{Contents, Lock};

use super::club::{ADDRESS, Club, NAMES};

/// The file that is sent round and back.
pub const AGREEMENT: &str = "pool-agreement.json";
/// Where stands beside it what the operator has signed.
pub const SIGNED: &str = "pool-agreement-signed";
/// The key of the node account, and its address.
const NODE_KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
pub const NODE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
/// Another account.
pub const EVIL: &str = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";

/// The lock of the four on hoodi.
pub fn lock(withdrawal: Withdrawal) -> Lock {
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
pub fn after_the_ceremony(lock: &Lock, deposits: &[Entry]) -> Club {
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

pub fn filled_in(block: &str) -> String {
    block
        .replace("NODE", NODE)
        .replace("ADDRESS", ADDRESS)
        .replace("FILE", "~/node.key")
}

/// What operator `i` is told.
pub fn gantry(club: &Club, i: usize, words: &str) -> Output {
    let mut command = club.command(i, "gantry");
    command.args(["pool", "agree"]);
    command.args(words.split_whitespace());
    command
        .arg("--config")
        .arg(club.file(i, "gantry.toml"))
        .output()
        .unwrap()
}

pub fn refusal(club: &Club, i: usize, words: &str) -> String {
    let output = gantry(club, i, words);
    assert!(!output.status.success(), "{words}");
    String::from_utf8(output.stderr).unwrap()
}

/// What is said on both ways of a command that succeeds.
pub fn succeeds(club: &Club, i: usize, words: &str) -> (String, String) {
    let output = gantry(club, i, &at_home(club, i, words));
    let [said, notice] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{words}: {notice}");
    (said, notice)
}

/// The hash of what operator `i` is shown of `file`, or of the own copy.
pub fn hash_in(club: &Club, i: usize, file: &str) -> String {
    let shown = gantry(club, i, &format!("show {file}"));
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = shown
        .lines()
        .find(|line| line.starts_with("Agreement hash"));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

pub fn at_home(club: &Club, i: usize, words: &str) -> String {
    words.replace('~', &club.home(i).display().to_string())
}

/// Operator `i` signs what stands in `file`, or the own copy, without being asked.
pub fn signs(club: &Club, i: usize, file: &str) -> Output {
    let file = at_home(club, i, file);
    let hash = hash_in(club, i, &file);
    gantry(club, i, &format!("sign {file} --hash {hash}"))
}

/// What operator `from` has is sent to the others, who save it under that operator's name.
pub fn send_from(club: &Club, from: usize) {
    let saved = format!("from-{}.json", NAMES[from]);
    for i in (0..NAMES.len()).filter(|i| *i != from) {
        fs::copy(club.file(from, AGREEMENT), club.file(i, &saved)).unwrap();
    }
}
