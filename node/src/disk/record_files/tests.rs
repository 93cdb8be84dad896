//! Real files keep the promises of the simulated ones.

use std::os::unix::fs::PermissionsExt as _;

use node_core::record::{self, History, Journal, Owner, Repair};
use proto::{Identity, Slot};

use super::*;

#[test]
fn files_are_readable_by_their_owner_only() {
    let data = tempfile::tempdir().unwrap();
    let lock = DataLock::take(data.path()).unwrap();
    let mut files = Files::within(&lock);
    files.create(LogFile::NewA, b"bytes").unwrap();
    files.rename(LogFile::NewA, LogFile::A).unwrap();
    files.write(LogFile::A, 2, b"TT").unwrap();
    assert_eq!(
        files.read(LogFile::A).unwrap().as_deref(),
        Some(&b"byTTs"[..])
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&files.path(LogFile::A)), 0o600);
    assert_eq!(mode(files.directory()), 0o700);
}

#[test]
fn what_is_set_aside_is_kept() {
    let data = tempfile::tempdir().unwrap();
    let lock = DataLock::take(data.path()).unwrap();
    let mut files = Files::within(&lock);
    assert_eq!(files.set_aside().unwrap(), None);
    for copy in [&b"one"[..], b"two"] {
        files.create(LogFile::B, copy).unwrap();
        let aside = files.set_aside().unwrap().unwrap();
        assert_eq!(fs::read(aside.join("record-b.log")).unwrap(), copy);
    }
    assert_eq!(files.read(LogFile::B).unwrap(), None);
}

#[test]
fn the_same_promises_hold_on_real_files() {
    let data = tempfile::tempdir().unwrap();
    let lock = DataLock::take(data.path()).unwrap();
    let files = || Files::within(&lock);
    let owner = || Owner {
        cluster: [7; 32].into(),
        identity: Identity::from_seed(&[7; 32]).public(),
    };
    let mut enrolled = History::default();
    let keys = [1, 2, 3].map(|byte| [byte; 48].into());
    enrolled
        .add(record::Entry::Enrolled(keys.to_vec()))
        .unwrap();
    let mut journal = Journal::create(files(), owner(), enrolled).unwrap();
    let mut history = journal.history().clone();
    let recorded = journal
        .append(&[history.add(record::Entry::Mark(Slot(2))).unwrap()])
        .unwrap();
    assert_eq!(recorded.sequence(), history.sequence());
    drop(journal);
    fs::write(files().directory().join("record-a.log"), b"rubbish").unwrap();
    let journal = Journal::open(files(), owner()).unwrap();
    assert_eq!(journal.history(), &history);
    assert_eq!(journal.repairs(), [Repair::Unreadable(LogFile::A)]);
}
