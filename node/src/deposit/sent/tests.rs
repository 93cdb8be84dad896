//! What was sent is not forgotten, and not sent by two.

use super::*;
use node_core::deposit::standing::Purpose;

fn sent(nonce: u64) -> Sent {
    Sent {
        sender: [1; 20].into(),
        nonce,
        transaction: [2; 32].into(),
        deposit: (nonce != 9).then_some(Purpose {
            pubkey: [3; 48].into(),
            amount: 32_000_000_000,
        }),
        max_fee: 3_000_000_000,
        priority_fee: 1_000_000_000,
    }
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = SentFile::beside(&dir.path().join("deposit-data.json"));
    assert!(path.ends_with("deposit-data.json.sent"));
    (dir, path)
}

#[test]
fn what_was_added_is_read_at_the_next_start() {
    let (_dir, path) = file();
    assert_eq!(SentFile::look(&path).unwrap(), []);
    let mut first = SentFile::open(path.clone()).unwrap();
    first.append(sent(7)).unwrap();
    first.append(sent(9)).unwrap();
    drop(first);
    assert_eq!(SentFile::look(&path).unwrap(), [sent(7), sent(9)]);
    assert_eq!(SentFile::open(path).unwrap().sent(), [sent(7), sent(9)]);
}

#[test]
fn a_line_that_a_crash_has_cut_off_does_not_hide_the_next_one() {
    let (_dir, path) = file();
    SentFile::open(path.clone())
        .unwrap()
        .append(sent(7))
        .unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    // All but its end, which is more than the line that comes next.
    let cut = &whole[..whole.len() - 2];
    fs::write(&path, format!("{whole}{cut}")).unwrap();
    let mut file = SentFile::open(path.clone()).unwrap();
    file.append(sent(9)).unwrap();
    drop(file);
    assert_eq!(SentFile::look(&path).unwrap(), [sent(7), sent(9)]);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    // An editor may take the end of the last line away, but not the line.
    fs::write(&path, whole.trim_end()).unwrap();
    let mut file = SentFile::open(path.clone()).unwrap();
    file.append(sent(8)).unwrap();
    assert_eq!(SentFile::look(&path).unwrap(), [sent(7), sent(8)]);
}

#[test]
fn a_damaged_line_is_not_passed_over() {
    let (_dir, path) = file();
    fs::write(&path, "{\"sender\":1}\n").unwrap();
    let words = SentFile::open(path).unwrap_err().to_string();
    assert!(words.contains("line 1 of "), "{words}");
    assert!(words.contains("do not delete it"), "{words}");
}

#[test]
fn it_is_free_when_dropped_though_a_child_that_is_being_started_still_has_the_file() {
    let (_dir, path) = file();
    let first = SentFile::open(path.clone()).unwrap();
    let _of_the_child = first.file.try_clone().unwrap();
    drop(first);
    SentFile::open(path).unwrap();
}

#[test]
fn two_processes_do_not_send_one_file() {
    let (_dir, path) = file();
    let first = SentFile::open(path.clone()).unwrap();
    let second = SentFile::open(path.clone()).unwrap_err();
    assert!(matches!(second, SentError::Busy(_)));
    drop(first);
    SentFile::open(path).unwrap();
}

#[test]
fn a_file_in_which_nothing_was_written_is_taken_away_and_one_that_says_something_stays() {
    let (_dir, path) = file();
    drop(SentFile::open(path.clone()).unwrap());
    assert!(!path.exists());
    let mut file = SentFile::open(path.clone()).unwrap();
    file.append(sent(1)).unwrap();
    drop(file);
    assert_eq!(SentFile::look(&path).unwrap(), [sent(1)]);
}

#[test]
fn a_file_that_its_owner_took_away_while_another_had_opened_it_is_not_written_to() {
    let (_dir, path) = file();
    let first = SentFile::open(path.clone()).unwrap();
    let opened = || File::options().write(true).open(&path).unwrap();
    let (second, third) = (opened(), opened());
    let busy = lock(opened(), &path);
    assert!(matches!(busy, Err(SentError::Busy(_))), "{busy:?}");
    drop(first);
    assert!(lock(second, &path).unwrap().is_none(), "it has no name");
    let other = SentFile::open(path.clone()).unwrap();
    assert!(
        lock(third, &path).unwrap().is_none(),
        "another has its name"
    );
    drop(other);
    let own = File::create(&path).unwrap();
    assert!(lock(own, &path).unwrap().is_some());
}
