//! What is remembered, what is not, and that neither holds up a peer.

mod outcomes;

use std::fs::File;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;

const CLUSTER: Root = Root::ZERO;

/// Set where this very program runs as the peer whose volume is full: the place of its memory.
const FULL: &str = "GANTRY_TEST_FULL_MEMORY";
/// What that peer says at its end.
const ENDED: &str = "stopped, and said why nothing was remembered";
/// A write beyond the limit is refused and kills nobody; what does not end by itself is ended after
/// a time that is long for the slowest machine.
const FOR_A_WHILE: &str = r#"trap '' XFSZ; exec timeout -s KILL 120 "$0" "$@""#;

fn size() -> ClusterSize {
    ClusterSize::of(4).unwrap()
}

fn ending(slot: u64) -> Ending {
    Ending {
        slot,
        kind: "head".to_owned(),
        signed: 3,
        missed: 0,
        took_ms: Some(12),
        reason: String::new(),
        absent: vec!["dave".to_owned()],
    }
}

/// What the next process finds: the files. The place itself stays locked for as long as a thread of
/// sled's pool, which nobody can wait for, takes to let go of it.
fn left_behind(by: &Path) -> PathBuf {
    let copy = by.with_added_extension("copy");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(by).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    copy
}

#[test]
fn duties_of_every_kind_in_one_slot_are_remembered_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    let of_kind = |kind: &str| Ending {
        kind: kind.to_owned(),
        ..ending(7)
    };
    for kind in ["block", "head", "of a later version"] {
        history.remember_ending(&of_kind(kind)).unwrap();
    }
    history.close().unwrap();
    let (_history, remembered) = DutyHistory::open(&left_behind(&path), CLUSTER, size()).unwrap();
    let mut kinds: Vec<_> = remembered.endings.iter().map(|e| e.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["block", "head", "of a later version"]);
}

#[test]
fn a_damaged_memory_is_set_aside_and_never_keeps_a_peer_from_running() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    history.close().unwrap();
    let files = left_behind(&path);
    std::fs::write(files.join("conf"), "noise instead of settings").unwrap();
    let (_memory, remembered) = DutyHistory::open(&files, CLUSTER, size()).unwrap();
    assert_eq!(remembered, Remembered::default());
    let aside = files.with_added_extension("damaged-1");
    assert_eq!(
        std::fs::read(aside.join("conf")).unwrap(),
        b"noise instead of settings"
    );
}

#[test]
fn what_is_remembered_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let peer = size().peer(2).unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    for sequence in [75, 76, 77] {
        history.remember_sequence(peer, sequence).unwrap();
    }
    let before = Ending {
        signed: 2,
        ..ending(8)
    };
    history.remember_ending(&before).unwrap();
    history.remember_ending(&ending(8)).unwrap();
    history.remember_ending(&ending(9)).unwrap();
    history.close().unwrap();
    let (_memory, remembered) = DutyHistory::open(&left_behind(&path), CLUSTER, size()).unwrap();
    assert_eq!(remembered.sequences, BTreeMap::from([(peer, 77)]));
    assert_eq!(remembered.endings, [ending(9), ending(8)]);
}

/// What is remembered of another cluster's peers would accuse these of an old record.
#[test]
fn sequences_are_of_one_lock_and_those_by_position_alone_are_read_as_this_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (size().peer(1).unwrap(), size().peer(2).unwrap());
    let path = dir.path().join("memory");
    let kept = Kept::open(&path, CLUSTER).unwrap();
    kept.remember_as_earlier_programs_did(one, 77);
    kept.remember_sequence(other, 5).unwrap();
    kept.close().unwrap();
    let kept = Kept::open(&left_behind(&path), CLUSTER).unwrap();
    let all = BTreeMap::from([(one, 77), (other, 5)]);
    assert_eq!(kept.sequences(size()), all);
    kept.close().unwrap();
    let left = left_behind(&path.with_added_extension("copy"));
    let foreign = Kept::open(&left, [9; 32].into()).unwrap();
    assert_eq!(foreign.sequences(size()), BTreeMap::new());
}

/// From one moment on no file takes another byte, as on a full volume, and the thread of sled that
/// meets it dies. The loop of the peer goes on at once each time, and the end comes, with its
/// reason.
#[test]
fn a_full_volume_holds_up_neither_the_loop_nor_the_end() {
    if let Some(place) = std::env::var_os(FULL) {
        return run_on_a_full_volume(Path::new(&place));
    }
    let dir = tempfile::tempdir().unwrap();
    let name = thread::current().name().unwrap().to_owned();
    let mut peer = Command::new("sh");
    peer.args(["-c", FOR_A_WHILE])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(FULL, dir.path().join("memory"))
        .stderr(File::options().write(true).open("/dev/full").unwrap());
    let ended = peer.output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "it fails or never ends: {said}");
    assert!(said.contains(ENDED), "{said}");
}

/// What a peer does with its memory, in a process of its own.
fn run_on_a_full_volume(place: &Path) {
    // sled's line of the failed write is refused too, and the complaint of that ends its thread.
    tracing_subscriber::fmt()
        .with_env_filter("sled=error")
        .with_writer(std::io::stderr)
        .init();
    let (history, _) = DutyHistory::open(place, CLUSTER, size()).unwrap();
    // The web server reads in it until the process ends.
    let _book = history.book();
    history.remember_ending(&ending(0)).unwrap();
    let full = Rlimit {
        current: Some(0),
        maximum: None,
    };
    setrlimit(Resource::Fsize, full).unwrap();
    for slot in 1..20_000 {
        // Refused or not: it returns.
        history.remember_ending(&ending(slot)).ok();
    }
    history.close().expect_err("no file takes a byte");
    println!("{ENDED}");
}

/// The threads of this process by name, and how late each may wake.
fn slacks_of(name: &str) -> Vec<u64> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |thread: std::fs::DirEntry| {
        let named = std::fs::read_to_string(thread.path().join("comm")).ok()?;
        let slack = Path::new("/proc").join(thread.file_name());
        let slack = std::fs::read_to_string(slack.join("timerslack_ns")).ok()?;
        named
            .starts_with(name)
            .then(|| slack.trim().parse().unwrap())
    };
    threads.filter_map(|thread| of(thread.unwrap())).collect()
}

#[test]
fn the_threads_that_look_for_work_each_second_do_so_all_in_one_go() {
    let dir = tempfile::tempdir().unwrap();
    let (history, _) = DutyHistory::open(&dir.path().join("memory"), CLUSTER, size()).unwrap();
    history.remember_ending(&ending(7)).unwrap();
    history.close().unwrap();
    let slacks = slacks_of("sled-io");
    assert!(!slacks.is_empty());
    assert!(
        slacks.iter().all(|slack| *slack == 4_000_000_000),
        "{slacks:?}"
    );
}
