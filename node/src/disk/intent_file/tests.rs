//! What is kept comes back, and of much that waits the last is written.

use super::*;

#[test]
fn nothing_was_kept_before_something_was() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read(dir.path(), 10).unwrap(), None);
    write(dir.path(), "first").unwrap();
    write(dir.path(), "second").unwrap();
    assert_eq!(read(dir.path(), 10).unwrap().as_deref(), Some("second"));
    let refused = read(dir.path(), 5).unwrap_err();
    assert!(matches!(refused, FileError::TooLong(..)), "{refused}");
}

#[tokio::test]
async fn what_is_said_to_be_kept_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (to_results, mut results) = mpsc::channel(8);
    let keeper = IntentKeeper::start(dir.path().to_owned(), to_results);
    for keeping in 1..=5 {
        keeper.keep(keeping, format!("text {keeping}"));
    }
    loop {
        let kept = results.recv().await.unwrap();
        kept.written.unwrap();
        if kept.keeping == 5 {
            break;
        }
    }
    assert_eq!(read(dir.path(), 10).unwrap().as_deref(), Some("text 5"));
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let (to_results, mut results) = mpsc::channel(1);
    IntentKeeper::start(gone, to_results).keep(1, String::new());
    let kept = results.recv().await.unwrap();
    assert!(matches!(kept.written, Err(FileError::Write(..))));
}
