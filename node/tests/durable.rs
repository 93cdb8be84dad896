//! What reaches the disk before a share leaves, seen by the system calls of a real process: this
//! test runs itself under `strace`. Where that is missing (`.ci/run` installs it) the test fails
//! and says so: nothing else would notice a sync that is left out.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds on must hold, or the test stops"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use dkg::bls::SecretShare;
use node::disk::files::{self, Mode};
use node::disk::{DataLock, Files};
use node_core::record::{Entry, History, Journal, Owner};
use node_core::vault::{Held, Signable, Vault};
use proto::eth::{AttestationData, ChainSpec, Checkpoint, CommitteeIndex};
use proto::{ClusterSize, Epoch, Identity, Root, Slot, ValidatorPosition};

/// Set where this very program is run under `strace`: its data directory.
const TRACED: &str = "GANTRY_TEST_TRACED";
/// Stands for the socket through which a share leaves.
const LEAVES: &str = "leaves";

#[test]
fn a_share_leaves_after_both_copies_and_their_names_are_durable() {
    if let Some(data) = std::env::var_os(TRACED) {
        return sign_and_send(Path::new(&data));
    }
    let dir = tempfile::tempdir().unwrap();
    let calls = trace(dir.path());
    let a = "record/record-a.log";
    let b = "record/record-b.log";

    // The record begins: its directory, then both copies beside their names, then the names.
    let made = first(&calls, 0, "mkdir", "data/record");
    let made = first(&calls, made, "fsync", "data");
    let new = [("record/record-a.new", a), ("record/record-b.new", b)];
    let named = new.map(|(new, _)| {
        let written = first(&calls, made, "pwrite64", new);
        let synced = first(&calls, written, "fdatasync", new);
        first(&calls, synced, "rename", new)
    });
    let begun = first(&calls, named[0].max(named[1]), "fsync", "data/record");

    // A vote: one write and one sync of each copy, and only then its share.
    let synced = [a, b].map(|copy| {
        let written = first(&calls, begun, "pwrite64", copy);
        first(&calls, written, "fdatasync", copy)
    });
    let left = first(&calls, 0, "write", LEAVES);
    assert!(synced.iter().all(|at| *at < left), "{calls:#?}");

    // A file that is written whole: its bytes, its name, and the name durable.
    let named = first(&calls, left, "rename", "data/kept");
    let is_written = |call: &String| call.starts_with("fsync") && call.contains("/data/.kept.");
    assert!(calls[left..named].iter().any(is_written), "{calls:#?}");
    first(&calls, named, "fsync", "data");
}

/// What one peer does for one vote, on the operator's disk.
fn sign_and_send(data: &Path) {
    let lock = DataLock::take(data).unwrap();
    let share = SecretShare::from_bytes(&[1; 32]).unwrap();
    let group_key = share.public().to_bytes();
    let owner = Owner {
        cluster: [7; 32].into(),
        identity: Identity::from_seed(&[7; 32]).public(),
    };
    let mut history = History::default();
    history.add(Entry::Enrolled(vec![group_key])).unwrap();
    let files = Files::within(&lock);
    let mut journal = Journal::create(files, owner, history).unwrap();
    let held = Held {
        group_key,
        share,
        deposits: None,
    };
    let size = ClusterSize::of(4).unwrap();
    let mut vault = Vault::open(size, vec![held], journal.history().clone()).unwrap();
    let vote = Signable::attestation(&chain(), &vote());
    let signing = vault.sign(Slot(9), &vote, &[ValidatorPosition(0)]);
    let recorded = journal.append(&signing.records).unwrap();
    let partials = signing.sealed.unwrap().open(&recorded).unwrap();
    fs::write(
        data.join(LEAVES),
        partials[0].signature().to_bytes().as_bytes(),
    )
    .unwrap();
    files::write_new(&data.join("kept"), b"a secret", Mode::Secret).unwrap();
}

fn chain() -> ChainSpec {
    proto::example::chain(Root::ZERO, &[])
}

fn vote() -> AttestationData {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: [2; 32].into(),
    };
    AttestationData {
        slot: Slot(9),
        index: CommitteeIndex(0),
        beacon_block_root: [3; 32].into(),
        source: checkpoint(0),
        target: checkpoint(1),
    }
}

/// The system calls of this program while it signs one vote in `dir`, each when it returned.
fn trace(dir: &Path) -> Vec<String> {
    let (log, data) = (dir.join("calls"), dir.join("data"));
    fs::create_dir(&data).unwrap();
    let traced = Command::new("strace")
        .args(["-f", "-y", "-qq", "-e"])
        .arg("trace=?mkdir,mkdirat,fsync,fdatasync,pwrite64,write,?rename,renameat,renameat2")
        .arg("-o")
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .env(TRACED, &data)
        .output();
    let traced = traced.unwrap_or_else(|error| {
        panic!("strace cannot be run ({error}): install it, as .ci/run does")
    });
    assert!(
        traced.status.success(),
        "{}",
        String::from_utf8_lossy(&traced.stderr)
    );
    returned(&fs::read_to_string(log).unwrap())
}

/// The calls in the order in which they returned. A call that another thread interrupted stands in
/// two lines, of which the first says what was called.
fn returned(log: &str) -> Vec<String> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(what) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, what);
        } else if let Some((_, result)) = call.split_once("resumed>") {
            let what = begun.remove(thread).unwrap();
            calls.push(format!("{what}{result}"));
        } else {
            calls.push(call.to_owned());
        }
    }
    calls
}

/// Where the first `call` of `file` after `from` returned without an error.
fn first(calls: &[String], from: usize, call: &str, file: &str) -> usize {
    let is_it = |line: &String| {
        let of_file = line.contains(&format!("/{file}>")) || line.contains(&format!("/{file}\""));
        line.starts_with(call) && of_file && !line.contains(" = -1 ")
    };
    let found = calls.iter().skip(from).position(is_it);
    from + found.unwrap_or_else(|| panic!("no {call} of {file} after call {from}: {calls:#?}"))
}
