//! The README's "Setting up a cluster", typed as it stands: four operators, each with a home of
//! their own, run its commands with the real program from a folder that has nothing to do with
//! them. Keys, host names and addresses are filled in, and what the words tell people to send is
//! sent; nothing else is changed. Only what needs a chain is left out.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod club;
mod ports;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use club::{ADDRESS, Club, NAMES, Who, blocks, seen};

/// The section of the README.
const SECTION: &str = "Setting up a cluster";
/// What is sent round and back.
const DEFINITION: &str = "cluster-definition.json";

/// What stands for what people fill in.
fn filled_in(club: &Club, keys: &[String], block: &str) -> String {
    let mut text = block.replace("ADDRESS", ADDRESS);
    for ((name, key), port) in NAMES.iter().zip(keys).zip(&club.ports) {
        text = text.replace(
            &format!("{name}=KEY@{name}.example:3610"),
            &format!("{name}={key}@127.0.0.1:{port}"),
        );
    }
    text
}

#[test]
fn setting_up_a_cluster_works_as_it_is_written() {
    let club = Club::new();
    let mut keys: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for (who, block) in blocks(SECTION) {
        if block.contains("gantry run") {
            starts(&club, &block);
            done.push("run");
            continue;
        }
        if block.contains("gantry deposit") {
            // Who pays needs a chain to pay on.
            continue;
        }
        let said = club.all_type(who, &filled_in(&club, &keys, &block));
        if block.contains("gantry identity new") {
            let is_key = |line: &&str| line.len() == 64;
            keys = said
                .iter()
                .map(|text| text.lines().find(is_key).unwrap().to_owned())
                .collect();
            done.push("identity");
        }
        if block.contains("gantry cluster new") || block.contains("gantry cluster merge") {
            // The others put it in the same place.
            for i in 1..NAMES.len() {
                fs::copy(club.file(0, DEFINITION), club.file(i, DEFINITION)).unwrap();
            }
            done.push("definition");
        }
        if block.contains("gantry cluster sign") {
            for text in &said {
                let asked = "Are these 45 digits the same for all of them";
                assert!(text.contains(asked), "{text}");
            }
            club.all_have_signed(who, &block);
            club.send_back(DEFINITION);
            done.push("signed");
        }
        if block.contains("gantry dkg") {
            for text in &said {
                assert!(text.contains("Back up now"), "{text}");
                assert!(leads_to_the_deposit(text), "{text}");
                assert!(!text.contains("passphrase"), "the secret is in use: {text}");
            }
            done.push("keys");
        }
        if block.contains("gantry lock verify") {
            assert!(
                said.iter()
                    .all(|text| text.contains("All good.") && leads_to_the_deposit(text)),
                "{said:?}"
            );
            done.push("verified");
        }
    }
    let steps = [
        "identity",
        "definition",
        "signed",
        "definition",
        "keys",
        "verified",
        "run",
    ];
    assert_eq!(done, steps);
    let lock = |i| fs::read_to_string(club.file(i, "cluster-lock.json")).unwrap();
    assert!((1..NAMES.len()).all(|i| lock(i) == lock(0)));
    let left: Vec<_> = fs::read_dir(club.root.path().join("elsewhere"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "nothing depends on the folder: {left:?}");
}

/// Whether it says how the deposits are sent that stand in a file which is there.
fn leads_to_the_deposit(text: &str) -> bool {
    let mut after = text.split("gantry deposit ").skip(1);
    let mut words = after.next().into_iter().flat_map(str::split_whitespace);
    let (file, flag) = (words.next(), words.next());
    file.is_some_and(|file| Path::new(file).is_file()) && flag == Some("--lock")
}

/// Starts one peer, which finds all that was made and comes as far as one without a chain can: it
/// shows how it is.
fn starts(club: &Club, block: &str) {
    let typed = club.root.path().join("run.sh");
    fs::write(&typed, format!("exec {}", block.trim())).unwrap();
    let mut shell = club.command(0, "sh");
    let mut peer = shell.arg(&typed).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(peer.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let waits = lines.find(|line| line.contains("waiting for the beacon node"));
    let status = block.trim().replacen("run", "status", 1);
    fs::write(&typed, &status).unwrap();
    let page = club.command(0, "sh").arg(&typed).output().unwrap();
    fs::write(&typed, format!("{status} --json")).unwrap();
    let json = club.command(0, "sh").arg(&typed).output().unwrap();
    peer.kill().unwrap();
    peer.wait().unwrap();
    assert!(waits.is_some());
    let page = seen(page, &status);
    assert!(page.contains("gantry waits for it"), "{page}");
    assert!(page.contains("bob: not connected yet"), "{page}");
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let recorded = json["record"]["sequence"].as_u64();
    assert!(recorded > Some(0), "the deposits are on record: {json}");
}

/// What the words say is done by whom; the test above would run nothing if it found nothing.
#[test]
fn every_step_has_commands_and_says_who_types_them() {
    let blocks = blocks(SECTION);
    assert!(blocks.len() >= 7, "{blocks:?}");
    assert!(Path::new(env!("CARGO_BIN_EXE_gantry")).exists());
    let ones = blocks.iter().filter(|(who, _)| *who == Who::OneOfYou);
    assert_eq!(ones.count(), 3, "definition, signatures, deposits");
}
