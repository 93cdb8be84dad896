//! Lines stay, follow each other, and are what was written.

use std::fs;

use node_core::pool::ledger::account::Held;
use node_core::pool::ledger::example::{holdings, mark, opening, period};
use node_core::pool::ledger::holdings::Holdings;
use tempfile::TempDir;

use super::*;

const LOCK: [u8; 32] = [1; 32];

fn open(dir: &TempDir) -> Result<LedgerFile, LedgerFileError> {
    LedgerFile::open(dir.path(), &LOCK.into(), Entries::All)
}

fn second() -> Period {
    period((1, 2), Vec::new(), holdings(&[(Held::Withdrawal, 5)]))
}

fn two(dir: &TempDir) -> LedgerFile {
    let mut file = open(dir).unwrap();
    file.add(&opening(1, Holdings::default())).unwrap();
    file.add(&second()).unwrap();
    file
}

#[test]
fn what_was_added_is_there_after_a_start_and_what_a_crash_has_left_of_a_line_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let kept = two(&dir);
    let path = dir.path().join(FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}0123 {{\"after\"")).unwrap();
    let mut again = open(&dir).unwrap();
    assert_eq!((&again.books, again.hash()), (&kept.books, kept.hash()));
    let third = period((2, 3), Vec::new(), Holdings::default());
    again.add(&third).unwrap();
    assert_eq!(open(&dir).unwrap().books, again.books);
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.starts_with(&text));
    assert_eq!(whole.lines().count(), 3);
    // Where only the end is wanted, the entries are not kept.
    let short = LedgerFile::open(dir.path(), &LOCK.into(), Entries::None).unwrap();
    assert_eq!(short.books.end, again.books.end);
    assert!(short.books.entries.is_empty());
}

#[test]
fn a_file_that_was_changed_or_is_of_another_cluster_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    two(&dir);
    let other = LedgerFile::open(dir.path(), &[2; 32].into(), Entries::All).unwrap_err();
    assert!(
        other.to_string().contains("line 1: it does not follow"),
        "{other}"
    );
    let path = dir.path().join(FILE);
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("\"5000000000000000\"", "\"6000000000000000\"");
    assert_ne!(changed, text);
    fs::write(&path, &changed).unwrap();
    let refused = open(&dir).unwrap_err();
    assert!(
        refused.to_string().contains("line 2: it does not follow"),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), changed);
}

#[test]
fn what_cannot_follow_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = two(&dir);
    let before = fs::read(dir.path().join(FILE)).unwrap();
    let mut turned = period((2, 3), Vec::new(), Holdings::default());
    turned.after.as_mut().unwrap().hash = mark(9).hash;
    let refused = file.add(&turned).unwrap_err();
    assert!(
        refused.to_string().contains("block 2 is another one"),
        "{refused}"
    );
    assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), before);
    assert_eq!(file.books.end.as_ref().unwrap().mark, mark(2));
}

#[test]
fn a_file_that_was_moved_away_is_not_filled_up_and_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = two(&dir);
    let path = dir.path().join(FILE);
    fs::rename(&path, dir.path().join("away")).unwrap();
    let third = period((2, 3), Vec::new(), Holdings::default());
    let error = file.add(&third).unwrap_err().to_string();
    assert!(error.contains("moved away"), "{error}");
    let mut anew = open(&dir).unwrap();
    assert_eq!(anew.books, Books::default());
    anew.add(&opening(3, Holdings::default())).unwrap();
    assert_eq!(open(&dir).unwrap().books, anew.books);
}
