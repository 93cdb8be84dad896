//! Evidence is kept once, for anybody to check, and fills no disk.

use std::fs;
use std::path::Path;

use proto::vote::{Commit, MAX_PARTIALS, Partial, Prepare, Scope};
use proto::{DutyId, DutyKind, Identity, Root, Round, Signed, Slot, Statement, ValidatorPosition};

use super::*;

fn identity(position: usize) -> Identity {
    Identity::from_seed(&[position as u8 + 1; 32])
}

fn roster() -> Roster {
    Roster::new((0..4).map(|at| identity(at).public()).collect()).unwrap()
}

fn open(dir: &Path) -> EvidenceLog {
    EvidenceLog::open(dir.join("evidence.jsonl"), roster()).unwrap()
}

fn lines(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join("evidence.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn scope(slot: u64) -> Scope {
    let (slot, kind) = (Slot(slot), DutyKind::Head);
    Scope {
        lock: Root::ZERO,
        duty: DutyId { slot, kind },
    }
}

fn signed<T: Statement>(position: usize, statement: T) -> Signed<T> {
    let peer = roster().size().peer(position).unwrap();
    identity(position).sign(peer, statement).into_signed()
}

/// Two votes of a peer in round 0 of a slot.
fn votes(position: usize, slot: u64) -> Evidence {
    let vote = |value: u8| Prepare {
        scope: scope(slot),
        round: Round::ZERO,
        value: [value; 32].into(),
    };
    Evidence::Prepares(signed(position, vote(1)), signed(position, vote(2)))
}

/// Commitments to two values, as long as there are.
fn commits(position: usize, slot: u64) -> Evidence {
    let partial = Partial {
        validator: ValidatorPosition(0),
        signature: [0; 96].into(),
    };
    let commit = |value: u8| Commit {
        scope: scope(slot),
        round: Round::ZERO,
        value: [value; 32].into(),
        sequence: 0,
        partials: vec![partial; MAX_PARTIALS],
    };
    Evidence::Commits(signed(position, commit(1)), signed(position, commit(2)))
}

#[test]
fn what_is_kept_can_be_checked_by_anybody_with_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    assert!(open(dir.path()).keep(&votes(2, 7)).unwrap());
    let [line] = &lines(dir.path())[..] else {
        panic!("one line");
    };
    let exhibit = Exhibit::from_line(line).unwrap();
    let verdict = exhibit.verify(&roster(), Root::ZERO).unwrap();
    assert_eq!(verdict, votes(2, 7).claim());
}

#[test]
fn of_one_peer_duty_round_and_kind_only_the_first_is_kept_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = open(dir.path());
    assert!(book.keep(&votes(2, 7)).unwrap());
    assert!(!book.keep(&votes(2, 7)).unwrap());
    let mut book = open(dir.path());
    assert!(!book.keep(&votes(2, 7)).unwrap());
    for other in [votes(1, 7), votes(2, 8), commits(2, 7)] {
        assert!(book.keep(&other).unwrap());
    }
    assert_eq!(lines(dir.path()).len(), 4);
}

#[test]
fn a_peer_fills_its_own_room_only_and_the_oldest_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = open(dir.path());
    assert!(book.keep(&commits(2, 0)).unwrap());
    assert!(!book.keep(&commits(2, 1)).unwrap(), "no room for bytes");
    for slot in 0..MAX_PIECES as u64 {
        assert!(book.keep(&votes(1, slot)).unwrap());
    }
    let mut book = open(dir.path());
    assert!(!book.keep(&votes(1, 9999)).unwrap(), "no room for pieces");
    assert!(!book.keep(&commits(2, 1)).unwrap());
    assert!(book.keep(&votes(3, 0)).unwrap());
    assert!(lines(dir.path())[0].contains("two-commitments"));
}

#[test]
fn a_file_that_was_moved_away_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = open(dir.path());
    assert!(book.keep(&votes(1, 7)).unwrap());
    let path = dir.path().join("evidence.jsonl");
    fs::rename(&path, dir.path().join("shown.jsonl")).unwrap();
    assert!(book.keep(&votes(1, 8)).unwrap());
    let [line] = &lines(dir.path())[..] else {
        panic!("one line");
    };
    assert!(Exhibit::from_line(line).is_ok());
}

#[test]
fn a_line_that_a_crash_cut_off_is_replaced_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).keep(&votes(1, 7)).unwrap();
    let path = dir.path().join("evidence.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.clone() + &whole[..100]).unwrap();
    open(dir.path()).keep(&votes(2, 7)).unwrap();
    let kept = lines(dir.path());
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|line| Exhibit::from_line(line).is_ok()));
}
