//! The key ceremony with the real program: four processes on loopback, killed, late, cheated on.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

mod cheating;
mod looked_over;
mod operators;
mod ports;

use std::fs;

use cheating::cheat;
use dkg::blame::Evidence;
use node::disk::files;
use node::disk::keystore::SecretSource;
use node::disk::keystore::{MasterSecret, SecretUse, open_all, read_identity};
use node::disk::{DataLock, Files};
use node_core::ceremony::keystore_salt;
use node_core::deposit;
use node_core::record::{Journal, Owner};
use operators::{Operators, Peer};
use proto::lock::Lock;
use proto::{IdentityKey, PeerIndex, PublicKey};

/// Everything that every operator must hold in the end.
fn check(operators: &Operators) {
    let text = |i: usize, name: &str| fs::read_to_string(operators.dir(i).join(name)).unwrap();
    let lock = Lock::from_json(&text(0, "cluster-lock.json")).unwrap();
    assert_eq!(lock.keystore_salt, keystore_salt(lock.definition.hash()));
    let deposits = format!(
        "deposit-data-{}.json",
        hex::encode(&lock.hash().as_bytes()[..4])
    );
    let signed = deposit::from_json(&text(0, &deposits), &lock).unwrap();
    let terms = lock.definition.terms();
    assert_eq!(signed.len(), terms.validators * terms.deposit_amounts.len());
    for (i, me) in terms.size().all().enumerate() {
        assert_eq!(text(i, "cluster-lock.json"), text(0, "cluster-lock.json"));
        assert_eq!(text(i, &deposits), text(0, &deposits));
        check_secrets(operators, i, me, &lock);
        assert!(
            !operators.dir(i).join("ceremony").exists(),
            "the seed is removed"
        );
    }
}

/// The shares open, and the record knows every validator and its deposits.
fn check_secrets(operators: &Operators, i: usize, me: PeerIndex, lock: &Lock) {
    let dir = operators.dir(i);
    let source = SecretSource::SecretFile(dir.join("keystore.secret"));
    let master = MasterSecret::obtain(&source, &lock.keystore_salt, SecretUse::Open).unwrap();
    let keys: Vec<PublicKey> = lock.shares_of(me).copied().collect();
    assert_eq!(
        open_all(&dir.join("keystores"), &master, &keys)
            .unwrap()
            .len(),
        keys.len()
    );
    let stored = fs::read_dir(dir.join("keystores")).unwrap().count();
    assert_eq!(stored, keys.len() + 2, "those of both seal keys are too");

    let held = DataLock::take(&dir).unwrap();
    let identity = read_identity(&dir.join("identity.key")).unwrap();
    let owner = Owner {
        cluster: lock.hash(),
        identity: identity.public(),
    };
    let history = Journal::read(&mut Files::within(&held), &owner).unwrap();
    for (validator, (key, marks)) in lock.validators.iter().zip(history.validators()) {
        assert_eq!(validator.public_key, *key);
        // Whoever was completed by another need not have signed.
        if let Some(deposits) = &marks.deposits {
            assert_eq!(deposits.signing_roots.len(), 1);
        }
    }
}

#[test]
fn four_operators_make_keys_and_deposits_and_wait_for_a_late_one() {
    let operators = Operators::agree(4, 2);
    let mut early: Vec<Peer> = (0..3).map(|i| operators.start(i)).collect();
    for peer in &mut early {
        peer.wait_for("waiting for peers to join: op4 (not connected)");
    }
    let mut late = operators.start(3);
    for peer in early.iter_mut().chain([&mut late]) {
        assert!(peer.ends_well(), "{}", peer.said());
    }
    check(&operators);

    // Once more: everything is there, and nothing is made anew.
    let mut again: Vec<Peer> = (0..4)
        .map(|i| operators.start_again(i, &["--log", "debug"]))
        .collect();
    for peer in &mut again {
        peer.wait_for("the ceremony is finished here already");
        assert!(peer.ends_well(), "{}", peer.said());
        let said = peer.said();
        assert!(said.contains("DEBUG") && !said.contains('\x1b'), "{said}");
    }
    check(&operators);
}

#[test]
fn keys_are_made_before_anybody_has_said_whom_stake_and_fees_go_to() {
    let operators = Operators::agree_later(4, 1);
    let mut all: Vec<Peer> = (0..4).map(|i| operators.start(i)).collect();
    for peer in &mut all {
        assert!(peer.ends_well(), "{}", peer.said());
        assert!(peer.said().contains("so no deposits are signed"));
    }
    for i in 0..4 {
        let files = fs::read_dir(operators.dir(i)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let made: Vec<String> = names.filter(|name| name.starts_with("deposit")).collect();
        assert_eq!(made, Vec::<String>::new());
    }
    let dir = operators.dir(0);
    let place = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let shown = operators.gantry(&["lock", "show", &place("cluster-lock.json")]);
    let words = String::from_utf8(shown.stdout).unwrap();
    assert!(
        words.contains("any 2 operators together open exits"),
        "{words}"
    );
    assert!(words.contains("no block is proposed until then"), "{words}");
    let (data, secret) = (dir.to_str().unwrap(), place("keystore.secret"));
    let flags = [
        "lock",
        "verify",
        "--data-dir",
        data,
        "--secret-file",
        &secret,
    ];
    let verified = operators.gantry(&flags);
    let words = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success(), "{words}");
    assert!(words.contains("all 3 in"), "{words}");
    assert!(
        words.contains("none: the withdrawal address is settled after"),
        "{words}"
    );
}

#[test]
fn a_peer_killed_at_any_step_comes_back_and_the_ceremony_goes_on() {
    for step in [
        "waiting for peers to join",
        "exchanging shares",
        "proving that shares work",
        "storing keys",
        "waiting for peers to store their keys",
        "the keys are made",
        "waiting for signatures of the deposits",
        "deposits signed",
    ] {
        let operators = Operators::agree(4, 2);
        let mut others: Vec<Peer> = (1..4).map(|i| operators.start(i)).collect();
        let mut victim = operators.start(0);
        victim.wait_for(step);
        victim.kill();
        let mut back = operators.start(0);
        for peer in others.iter_mut().chain([&mut back]) {
            assert!(peer.ends_well(), "killed at {step:?}: {}", peer.said());
        }
        check(&operators);
    }
}

#[test]
fn everybody_is_killed_again_and_again_and_the_ceremony_still_ends() {
    let operators = Operators::agree(4, 1);
    let rounds = [
        "exchanging shares",
        "proving that shares work",
        "the keys are made",
    ];
    for (round, step) in rounds.iter().enumerate() {
        let mut all: Vec<Peer> = (0..4).map(|i| operators.start(i)).collect();
        // From the second round on a peer may have been past this step when it was killed.
        if !all[round].reaches(step) {
            assert!(round > 0 && all[round].ends_well(), "{}", all[round].said());
            break;
        }
        all.iter_mut().for_each(Peer::kill);
    }
    let mut all: Vec<Peer> = (0..4).map(|i| operators.start(i)).collect();
    for peer in &mut all {
        assert!(peer.ends_well(), "{}", peer.said());
    }
    check(&operators);
}

#[test]
fn another_definition_is_refused_in_words() {
    let operators = Operators::agree(4, 1);
    let other = operators.agree_again();
    let mut one = operators.start(0);
    let mut two = operators.start_with(1, &other);
    one.wait_for("runs another cluster definition");
    two.wait_for("runs another cluster definition");
    two.kill();
    // The directory remembers what it has begun.
    let _others: Vec<Peer> = (1..4).map(|i| operators.start(i)).collect();
    one.wait_for("exchanging shares");
    one.kill();
    let mut changed = operators.start_with(0, &other);
    changed.wait_for("holds an unfinished ceremony for another definition");
    assert!(!changed.ends_well());
}

#[test]
fn a_cheat_is_named_with_evidence_and_a_new_attempt_succeeds_without_it() {
    let operators = Operators::agree(4, 1);
    let mut honest: Vec<Peer> = (0..3).map(|i| operators.start(i)).collect();
    honest[0].wait_for("waiting for peers to join");
    cheat(&operators, 3, || {
        for peer in &mut honest {
            peer.wait_for("op4 signed two different openings of one attempt. The evidence is in");
            peer.wait_for("one of you ends this command with Ctrl-C and starts it again with");
        }
    });
    let file = operators.dir(0).join("blame-1-op4.json");
    let verdict = operators.gantry(&["dkg", "verify-blame", file.to_str().unwrap()]);
    assert!(verdict.status.success());
    let words = String::from_utf8(verdict.stdout).unwrap();
    assert!(
        words.contains("signed two different openings of one attempt"),
        "{words}"
    );

    // With one statement only it convicts nobody.
    let mut evidence: Evidence = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    evidence.statements.pop();
    let half = operators.dir(0).join("half.json");
    files::write_new(
        &half,
        &serde_json::to_vec(&evidence).unwrap(),
        files::Mode::Public,
    )
    .unwrap();
    let verdict = operators.gantry(&["dkg", "verify-blame", half.to_str().unwrap()]);
    assert_eq!(verdict.status.code(), Some(1));

    honest[0].kill();
    honest[0] = operators.start_again(0, &["--retry"]);
    honest[1].wait_for("op1 opened attempt 2");
    // Again with the flag, as it may stand in a script: the present attempt has not failed.
    honest[0].kill();
    honest[0] = operators.start_again(0, &["--retry"]);
    honest[0].wait_for("attempt 2 has not failed here, so no new one is opened");
    honest.push(operators.start(3));
    for peer in &mut honest {
        assert!(peer.ends_well(), "{}", peer.said());
        assert!(!peer.said().contains("attempt 3"), "{}", peer.said());
    }
    check(&operators);
}

#[test]
fn an_operator_whose_data_directory_is_lost_early_on_is_no_cheat() {
    let operators = Operators::agree(4, 200);
    let mut others: Vec<Peer> = (0..3).map(|i| operators.start(i)).collect();
    let mut victim = operators.start(3);
    victim.wait_for("exchanging shares");
    victim.kill();
    fs::remove_dir_all(operators.dir(3).join("ceremony")).unwrap();
    assert!(!operators.dir(3).join("keystores").exists());
    let mut back = operators.start(3);
    back.wait_for("opens attempt 2, and the others follow");
    for peer in others.iter_mut().chain([&mut back]) {
        assert!(peer.ends_well(), "{}", peer.said());
        assert!(!peer.said().contains("evidence"), "{}", peer.said());
    }
    for peer in &others {
        let words = "op4 opened attempt 2";
        assert!(peer.said().contains(words), "{}", peer.said());
    }
    check(&operators);
}

#[test]
fn an_operator_that_empties_its_folder_after_acknowledging_is_stopped_though_all_have_restarted() {
    let operators = Operators::agree(4, 1);
    let mut all: Vec<Peer> = [1, 2].map(|i| operators.start(i)).into();
    let mut last = operators.start(3);
    last.wait_for("waiting for peers to join: op1 (not connected)");
    // The last one cannot store its keys, so that nobody holds a lock.
    let in_the_way = operators.dir(3).join("keystores");
    fs::write(&in_the_way, "").unwrap();
    all.push(operators.start(0));
    assert!(!last.ends_well(), "{}", last.said());
    for peer in &mut all {
        peer.wait_for("waiting for peers to store their keys: op4 (not connected)");
    }
    all.iter_mut().for_each(Peer::kill);
    fs::remove_file(in_the_way).unwrap();

    let dir = |name: &str| operators.dir(1).join(name);
    for name in ["ceremony", "keystores"] {
        fs::rename(dir(name), dir(&format!("lost-{name}"))).unwrap();
    }
    let mut others: Vec<Peer> = [0, 2, 3].map(|i| operators.start(i)).into();
    let mut forgetful = operators.start(1);
    forgetful.wait_for("shows that this peer has acknowledged keys of this ceremony");
    assert!(!forgetful.ends_well());
    for name in ["ceremony", "keystores"] {
        fs::rename(dir(&format!("lost-{name}")), dir(name)).unwrap();
    }
    others.push(operators.start(1));
    for peer in &mut others {
        assert!(peer.ends_well(), "{}", peer.said());
        assert!(!peer.said().contains("evidence"), "{}", peer.said());
    }
    check(&operators);
}

#[test]
fn who_is_no_operator_and_whose_secret_is_another_is_told_so() {
    let operators = Operators::agree(4, 1);
    let stranger = operators.root().join("stranger");
    let made = operators.gantry(&["identity", "new", "--dir", stranger.to_str().unwrap()]);
    let _: IdentityKey = String::from_utf8(made.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let definition = operators.definition_file();
    let refused = operators.gantry(&[
        "dkg",
        "--definition",
        definition.to_str().unwrap(),
        "--data-dir",
        stranger.to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("not among the operators")
    );

    let mut all: Vec<Peer> = (0..4).map(|i| operators.start(i)).collect();
    all[0].wait_for("exchanging shares");
    all[0].kill();
    let secret = operators.dir(1).join("keystore.secret");
    fs::copy(secret, operators.dir(0).join("keystore.secret")).unwrap();
    let mut one = operators.start(0);
    one.wait_for("give the passphrase or secret file that the ceremony was begun with");
    assert!(!one.ends_well());
}
