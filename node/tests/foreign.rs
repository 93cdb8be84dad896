//! Files that come from somebody else: evidence against a peer, and a lock that no ceremony made.
//! The program is run on them as an operator would.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use consensus::Evidence;
use dkg::bls::SecretShare;
use proto::lock::{Contents, Lock, Validator};
use proto::vote::{Prepare, Scope};
use proto::{DutyId, DutyKind, Identity, PublicKey, Root, Round, Slot, example};

fn identities() -> Vec<Identity> {
    example::identities(4)
}

/// The value of the polynomial 5 + 7x + 11x^2 at x: the group's key at 0, the shares' above.
fn key(x: u64) -> PublicKey {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&(5 + 7 * x + 11 * x * x).to_be_bytes());
    SecretShare::from_bytes(&bytes).unwrap().public().to_bytes()
}

/// A lock that the four have signed, with the keys of the shares at these places.
fn lock(places: [u64; 4]) -> Lock {
    let contents = Contents {
        definition: example::agreed(example::draft(&identities()), &identities()),
        validators: vec![Validator {
            public_key: key(0),
            share_public_keys: places.map(key).into(),
        }],
        seal_commitment: vec![key(21), key(22), key(23)],
        exit_seal_commitment: None,
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities())
}

/// The line that convicts a peer of two votes in round 0 of a slot.
fn line(lock: &Lock, position: usize, slot: u64) -> String {
    let roster = lock.definition.terms().roster();
    let vote = |value: u8| {
        let (slot, kind) = (Slot(slot), DutyKind::Head);
        let statement = Prepare {
            scope: Scope {
                lock: lock.hash(),
                duty: DutyId { slot, kind },
            },
            round: Round::ZERO,
            value: [value; 32].into(),
        };
        let peer = roster.size().peer(position).unwrap();
        identities()[position].sign(peer, statement).into_signed()
    };
    Evidence::Prepares(vote(1), vote(2))
        .exhibit(roster)
        .to_line()
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn gantry(words: &[&str], lock: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
    // Nobody's own settings reach it.
    command.env_clear().args(words).arg("--lock").arg(lock);
    command.output().unwrap()
}

/// The exit code, and what was said on standard output and on standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn evidence_names_who_contradicted_itself_in_what_and_how() {
    let dir = tempfile::tempdir().unwrap();
    let lock = lock([1, 2, 3, 4]);
    let lock_file = write(dir.path(), "cluster-lock.json", &lock.to_json());
    let text = format!("{}\n{}\n", line(&lock, 1, 7), line(&lock, 3, 8));
    let file = write(dir.path(), "evidence.jsonl", &text);
    let verify = ["evidence", "verify", file.to_str().unwrap()];
    let (code, told, errors) = said(&gantry(&verify, &lock_file));
    assert_eq!(code, Some(0), "{errors}");
    let keys = [1, 3].map(|at: usize| identities()[at].public());
    let expected = format!(
        "bob (identity key {}) voted for two values in round 0 of the head vote of slot 7.\n\
         dave (identity key {}) voted for two values in round 0 of the head vote of slot 8.\n",
        keys[0], keys[1]
    );
    assert_eq!(told, expected);
}

#[test]
fn a_line_that_does_not_prove_what_it_says_is_named_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let lock = lock([1, 2, 3, 4]);
    let lock_file = write(dir.path(), "cluster-lock.json", &lock.to_json());
    let good = line(&lock, 1, 7);
    let later = good.replace("\"slot\":7", "\"slot\":8");
    let text = format!("{good}\n{later}\n{}\n", &good[..100]);
    let file = write(dir.path(), "evidence.jsonl", &text);
    let verify = ["evidence", "verify", file.to_str().unwrap()];
    let (code, told, errors) = said(&gantry(&verify, &lock_file));
    assert_eq!(code, Some(1));
    assert!(told.contains("bob"), "{told}");
    let reasons = [
        "line 2 does not prove what it says: its statements show that the peer voted for two \
         values in round 0 of the head vote of slot 7",
        "line 3 does not prove what it says: it is no evidence",
        "2 of the 3 lines of",
    ];
    for reason in reasons {
        assert!(errors.contains(reason), "{errors}");
    }
    let nothing = write(dir.path(), "empty.jsonl", "");
    let verify = ["evidence", "verify", nothing.to_str().unwrap()];
    let (code, _, errors) = said(&gantry(&verify, &lock_file));
    assert_eq!(code, Some(1));
    assert!(errors.contains("there is no evidence in it"), "{errors}");
}

#[test]
fn evidence_of_another_cluster_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (lock([1, 2, 3, 4]), lock([1, 2, 4, 3]));
    let lock_file = write(dir.path(), "cluster-lock.json", &ours.to_json());
    let file = write(dir.path(), "evidence.jsonl", &line(&theirs, 1, 7));
    let verify = ["evidence", "verify", file.to_str().unwrap()];
    let (code, told, errors) = said(&gantry(&verify, &lock_file));
    assert_eq!((code, told.as_str()), (Some(1), ""));
    let reason = format!("the cluster with the lock hash {}", theirs.hash());
    assert!(errors.contains(&reason), "{errors}");
}

#[test]
fn nothing_is_deposited_under_a_lock_whose_shares_do_not_fit_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let lock = lock([1, 2, 4, 3]);
    let lock_file = write(dir.path(), "cluster-lock.json", &lock.to_json());
    let file = write(dir.path(), "deposit-data.json", "[]");
    let deposit = [
        "deposit",
        file.to_str().unwrap(),
        "--rpc",
        "http://127.0.0.1:1",
        "--dry-run",
    ];
    let (code, _, errors) = said(&gantry(&deposit, &lock_file));
    assert_eq!(code, Some(1));
    let reason = format!("the share keys of validator {} do not fit", key(0));
    assert!(errors.contains(&reason), "{errors}");
}
