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
fn a_file_that_was_taken_away_is_not_the_one_to_write_to() {
    let (_dir, path) = file();
    let open = File::create(&path).unwrap();
    assert!(is_named(&open, &path).unwrap());
    fs::remove_file(&path).unwrap();
    assert!(!is_named(&open, &path).unwrap());
    let other = File::create(&path).unwrap();
    assert!(!is_named(&open, &path).unwrap());
    assert!(is_named(&other, &path).unwrap());
}

#[test]
fn what_is_sent_stands_in_the_file_of_that_name_though_others_take_away_their_empty_ones() {
    let (_dir, path) = file();
    let work = |thread: u64| {
        let path = path.clone();
        move || {
            for i in 0..300 {
                match SentFile::open(path.clone()) {
                    Ok(mut file) if i % 3 == 0 => {
                        file.append(sent(1000 * thread + i)).unwrap();
                        let there = SentFile::look(&path).unwrap();
                        assert!(there.contains(&sent(1000 * thread + i)));
                        // Others begin anew.
                        fs::write(&path, "").unwrap();
                    }
                    Ok(_) | Err(SentError::Busy(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    };
    let threads = [1, 2, 3, 4].map(|thread| std::thread::spawn(work(thread)));
    for thread in threads {
        thread.join().unwrap();
    }
}
