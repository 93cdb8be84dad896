//! What a ceremony leaves with an operator, looked over by `gantry lock verify`.

use std::fs;

use node::disk::DataLock;
use node_core::deposit;
use proto::lock::Lock;

use super::operators::{Operators, Peer};

/// Looks over what operator `i` holds; whether it is good, and what was said.
fn verified(operators: &Operators, i: usize) -> (bool, String) {
    let dir = operators.dir(i);
    let secret = dir.join("keystore.secret");
    let (dir, secret) = (dir.to_str().unwrap(), secret.to_str().unwrap());
    let flags = ["--data-dir", dir, "--secret-file", secret];
    let output = operators.gantry(&[&["lock", "verify"], &flags[..]].concat());
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn what_a_ceremony_left_is_looked_over_and_every_fault_is_named() {
    let operators = Operators::agree(4, 2);
    let mut peers: Vec<Peer> = (0..4).map(|i| operators.start(i)).collect();
    for peer in &mut peers {
        assert!(peer.ends_well(), "{}", peer.said());
    }
    for i in 0..4 {
        let (good, text) = verified(&operators, i);
        assert!(good, "{text}");
        // Two validators and both seal keys.
        assert!(text.contains("all 4 in"), "{text}");
        assert!(text.contains("know all 2 validators"), "{text}");
        assert!(text.contains("all 2, 64 ETH, in"), "{text}");
    }
    let faulty = |i: usize, words: &[&str]| {
        let (good, text) = verified(&operators, i);
        assert!(!good, "{text}");
        assert!(!text.contains("All good"), "{text}");
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
        }
    };
    // What is not there, or held by a running peer, was not looked at, and nobody says that it was.
    let held = DataLock::take(&operators.dir(3)).unwrap();
    let words = ["Record      NOT CHECKED: ", "not checked: record"];
    faulty(3, &words);
    drop(held);
    let lock = fs::read_to_string(operators.dir(3).join("cluster-lock.json")).unwrap();
    let lock = Lock::from_json(&lock).unwrap();
    let file = operators.dir(3).join(deposit::file_name(&lock));
    let away = file.with_extension("away");
    fs::rename(&file, &away).unwrap();
    faulty(3, &["Deposits    NOT CHECKED: ", "not checked: deposits"]);
    fs::rename(&away, &file).unwrap();

    let keystores = fs::read_dir(operators.dir(0).join("keystores")).unwrap();
    fs::remove_file(keystores.flatten().next().unwrap().path()).unwrap();
    fs::remove_dir_all(operators.dir(0).join("record")).unwrap();
    faulty(
        0,
        &[
            "Keystores   NOT GOOD",
            "is missing: restore it from your backup",
            "Record      NOT GOOD",
            "Deposits    all 2",
        ],
    );

    let lock = fs::read_to_string(operators.dir(1).join("cluster-lock.json")).unwrap();
    let lock = Lock::from_json(&lock).unwrap();
    let file = operators.dir(1).join(deposit::file_name(&lock));
    let all = deposit::from_json(&fs::read_to_string(&file).unwrap(), &lock).unwrap();
    let chain = &lock.definition.terms().chain;
    fs::write(&file, deposit::to_json(&all[..1], chain)).unwrap();
    faulty(
        1,
        &[
            "Keystores   all 4",
            "1 of the 2 deposits of this cluster are not in this file",
        ],
    );
    fs::write(&file, "[]").unwrap();
    faulty(1, &["no deposit in this file"]);

    // The record of another peer of the same cluster.
    for copy in ["record-a.log", "record-b.log"] {
        let record = |i: usize| operators.dir(i).join("record").join(copy);
        fs::copy(record(3), record(2)).unwrap();
    }
    faulty(
        2,
        &["Record      NOT GOOD: the signing record belongs to another cluster or peer"],
    );
}

#[test]
fn a_damaged_copy_of_the_record_is_named_and_not_called_good() {
    let operators = Operators::agree(3, 1);
    let mut peers: Vec<Peer> = (0..3).map(|i| operators.start(i)).collect();
    for peer in &mut peers {
        assert!(peer.ends_well(), "{}", peer.said());
    }
    for copy in ["record-a.log", "record-b.log"] {
        let path = operators.dir(2).join("record").join(copy);
        let sound = fs::read(&path).unwrap();
        let is_named = || {
            let (good, text) = verified(&operators, 2);
            assert!(!good && !text.contains("All good"), "{text}");
            for words in [copy, "`gantry run` mends", "not good: record"] {
                assert!(text.contains(words), "{words}: {text}");
            }
        };
        fs::remove_file(&path).unwrap();
        is_named();
        for damage in [&b""[..], &[0xa5; 5000], &sound[..sound.len() / 2]] {
            fs::write(&path, damage).unwrap();
            is_named();
        }
        fs::write(&path, &sound).unwrap();
    }
    let (good, text) = verified(&operators, 2);
    assert!(good, "{text}");
}
