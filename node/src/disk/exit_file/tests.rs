//! What was kept is there again.

use super::*;

fn word(operator: u32, says: Says) -> SentExitWord {
    SentExitWord {
        operator,
        validator: ValidatorPosition(3),
        said_at: 1_700_000_000,
        says,
        signature: IdentitySignature([5; 64]),
    }
}

fn words() -> Vec<SentExitWord> {
    let approved = Says::Approved {
        epoch: Epoch(0),
        until: u64::MAX,
    };
    let opens = Says::Opens { until: 7 };
    vec![word(0, approved), word(1, Says::Withdrawn), word(2, opens)]
}

#[test]
fn words_are_read_as_they_were_written_and_only_for_their_cluster() {
    let data = tempfile::tempdir().unwrap();
    let (ours, other) = ([1; 32].into(), [2; 32].into());
    assert_eq!(read(data.path(), ours).unwrap(), []);
    write(data.path(), ours, &words()).unwrap();
    assert_eq!(read(data.path(), ours).unwrap(), words());
    assert_eq!(read(data.path(), other).unwrap(), []);
}

#[test]
fn a_word_of_everybody_about_everything_can_be_read_again() {
    let data = tempfile::tempdir().unwrap();
    let cluster = [1; 32].into();
    let longest = word(
        12,
        Says::Approved {
            epoch: Epoch(u64::MAX),
            until: u64::MAX,
        },
    );
    let all = vec![longest; ClusterSize::MAX * MAX_VALIDATORS];
    write(data.path(), cluster, &all).unwrap();
    assert_eq!(read(data.path(), cluster).unwrap(), all);
}

#[test]
fn a_file_of_somebody_else_or_of_a_newer_program_is_left_alone_with_words() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join(FILE);
    std::fs::write(&path, "[]").unwrap();
    let error = read(data.path(), [1; 32].into()).unwrap_err().to_string();
    assert!(error.contains("Move it away"), "{error}");
    let newer = format!(
        r#"{{"version":3,"cluster":"{}","words":[]}}"#,
        Root::from([1; 32])
    );
    std::fs::write(&path, &newer).unwrap();
    let error = read(data.path(), [1; 32].into()).unwrap_err().to_string();
    assert!(error.contains("newer gantry"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
}

#[tokio::test]
async fn of_words_that_wait_for_the_disk_the_last_are_written_and_a_full_disk_is_told() {
    let data = tempfile::tempdir().unwrap();
    let cluster = [1; 32].into();
    let (results, mut kept) = mpsc::channel(4);
    let keeper = ExitKeeper::start(data.path().to_owned(), cluster, results.clone());
    keeper.keep(1, Vec::new());
    keeper.keep(2, words());
    let last = kept.recv().await.unwrap();
    assert!(last.written.is_ok() && last.keeping == 2, "{last:?}");
    assert_eq!(read(data.path(), cluster).unwrap(), words());
    let nowhere = data.path().join("nowhere");
    let keeper = ExitKeeper::start(nowhere, cluster, results);
    keeper.keep(1, words());
    assert!(kept.recv().await.unwrap().written.is_err());
}
