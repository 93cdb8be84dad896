//! One process has a data directory, and the next one gets it.

use super::*;

#[test]
fn a_second_taker_is_refused_and_told_who_holds_it() {
    let data = tempfile::tempdir().unwrap();
    let held = DataLock::take(data.path()).unwrap();
    let refused = DataLock::take(data.path()).unwrap_err().to_string();
    assert!(
        refused.contains(&format!("process {}", std::process::id())),
        "{refused}"
    );
    assert!(refused.contains("stop that process first"), "{refused}");
    drop(held);
    DataLock::take(data.path()).unwrap();
}

#[test]
fn it_is_free_when_dropped_though_a_child_that_is_being_started_still_has_the_file() {
    let data = tempfile::tempdir().unwrap();
    let held = DataLock::take(data.path()).unwrap();
    let _of_the_child = held.held.try_clone().unwrap();
    drop(held);
    DataLock::take(data.path()).unwrap();
}

#[test]
fn one_that_is_held_to_the_end_is_not_free_before() {
    let data = tempfile::tempdir().unwrap();
    DataLock::take(data.path()).unwrap().hold_to_the_end();
    let refused = DataLock::take(data.path()).unwrap_err();
    assert!(matches!(refused, LockError::Held { .. }), "{refused}");
}

#[test]
fn a_full_disk_is_called_full_and_no_fault_of_the_lock() {
    use rustix::io::Errno;
    for full in [Errno::NOSPC, Errno::FBIG, Errno::DQUOT] {
        let words = LockError::io(Path::new("/peer"), full.into()).to_string();
        assert!(words.contains("no room on the disk"), "{words}");
        assert!(words.contains("/peer"), "{words}");
        assert!(!words.contains("lock"), "{words}");
    }
}

#[test]
fn a_missing_directory_is_named() {
    let error = DataLock::take(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}
