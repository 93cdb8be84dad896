//! The volume of a peer's record is full.
//!
//! What makes it full here is the kernel's limit of a process's file sizes: from one moment on no
//! file of the peer takes another byte, its record and its memory alike. (A full disk alone would
//! not do: the record's space is taken ahead.) Its log leaves through a pipe.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use devnet::children::Child;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::stand::{Stand, until};

/// `gantry run`, its log through a pipe. A write beyond the limit is refused and kills nobody.
const PIPED: &str = r#"
trap '' XFSZ
sh -c 'echo $$ >"$2"; ulimit -S -f "$3"; exec "$0" run --config "$1" 2>&1' "$@" | cat
"#;

/// How long a peer may take to end when it is told to.
const END: Duration = Duration::from_secs(20);
/// How long a program that refuses to start may take to say so.
const REFUSAL: Duration = Duration::from_secs(20);

/// Peer `i` can write nothing more. It says so, signs no more, and goes on combining and
/// submitting what the others sign; it ends when it is told to, and a restart is refused in words
/// until there is room again.
pub async fn said_and_survived(stand: &mut Stand, i: usize) {
    stand.stop(i).await;
    let (mut peer, id) = start_piped(stand, i, "unlimited").await;
    stand.connected(i).await;
    stand.may_vote(i).await;
    stand.helps(i).await;

    let full = Rlimit {
        current: Some(0),
        maximum: None,
    };
    prlimit(Some(id), Resource::Fsize, full).unwrap();
    until("the full volume is noticed", stand.slots(8), || {
        stand
            .status(i)
            .is_some_and(|status| status.record.stopped.is_some())
    })
    .await;
    let words = "cannot write the signing record";
    assert!(stand.log(i).contains(words), "{}", stand.log(i));
    let stopped = stand.status(i).unwrap().record;
    let before = accepted(&stand.metrics(i).await);
    for _ in 0..3 {
        stand.helps(i).await;
    }
    assert_eq!(stand.status(i).unwrap().record, stopped);
    let after = accepted(&stand.metrics(i).await);
    assert!(
        after > before,
        "it submits nothing: {before} before, {after} after"
    );
    kill_process(id, Signal::TERM).unwrap();
    until("the peer ends", END, || peer.ended().is_some()).await;
    let log = stand.log(i);
    let words = "stopped: what was signed is on record";
    assert!(log.trim_end().ends_with(words), "{log}");

    let (mut peer, _) = start_piped(stand, i, "8").await;
    until("the restart is refused", REFUSAL, || peer.ended().is_some()).await;
    let words = "cannot renew the signing record";
    assert!(stand.log(i).contains(words), "{}", stand.log(i));
    stand.start(i).await;
    stand.may_vote(i).await;
    stand.helps(i).await;
}

/// Starts `gantry run` of peer `i` with a limit to its files, in half kilobytes.
async fn start_piped(stand: &Stand, i: usize, limit: &str) -> (Child, Pid) {
    let peer = &stand.cluster.peers[i];
    let id: PathBuf = stand.site.place.file("piped.pid");
    // The file holds the id of an earlier run until then.
    fs::write(&id, "").unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", PIPED, "sh"])
        .arg(stand.site.place.gantry())
        .arg(peer.config())
        .args([id.as_os_str(), limit.as_ref()])
        .current_dir(&peer.dir);
    let child = stand.site.children.start(&peer.name, command).unwrap();
    let mut number = None;
    until("the peer's id is known", REFUSAL, || {
        let text = fs::read_to_string(&id).unwrap();
        number = text.trim().parse().ok().and_then(Pid::from_raw);
        number.is_some()
    })
    .await;
    (child, number.unwrap())
}

/// How many head votes the peer with these metrics has brought to its beacon node.
fn accepted(metrics: &str) -> u64 {
    let series = "gantry_duties_total{kind=\"head\",outcome=\"accepted\"} ";
    let line = metrics.lines().find_map(|line| line.strip_prefix(series));
    line.map_or(0, |number| number.parse().unwrap())
}
