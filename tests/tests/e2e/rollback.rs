//! An older copy of a data directory put in place, as from a backup.

use std::fs;
use std::path::Path;

use crate::stand::{Stand, until};

/// The record of peer `i` goes back in time. The others tell it, it says so and signs nothing
/// more, and they lose nothing; after the operator has declared the loss it takes part again.
pub async fn noticed(stand: &mut Stand, i: usize) {
    let record = stand.cluster.peers[i].dir.join("record");
    let backup = stand.cluster.peers[i].dir.join("backup");
    stand.stop(i).await;
    copy(&record, &backup);
    stand.start(i).await;
    stand.may_vote(i).await;
    stand.helps(i).await;
    let before = stand.status(i).unwrap().record.sequence;
    stand.stop(i).await;
    fs::remove_dir_all(&record).unwrap();
    copy(&backup, &record);

    // Not in a slot that it has voted in: it would contradict itself before the others can tell it.
    stand.moment(stand.api().now().next(), 10).await;
    stand.start(i).await;
    until("the rollback is noticed", stand.slots(8), || {
        stand
            .status(i)
            .is_some_and(|status| status.record.stopped.is_some())
    })
    .await;
    let stopped = stand.status(i).unwrap().record;
    assert!(stopped.sequence < before, "{stopped:?}, before {before}");
    assert!(
        stand
            .log(i)
            .contains("of this peer's signing record, which ended at")
    );
    // It combines what the others sign, and adds nothing.
    stand.helps(i).await;
    assert_eq!(stand.status(i).unwrap().record, stopped);

    stand.stop(i).await;
    let declared = stand.gantry(i, &["slashing", "new-record"]);
    let words = String::from_utf8_lossy(&declared.stderr);
    assert!(declared.status.success(), "{words}");
    let next = String::from_utf8_lossy(&declared.stdout);
    assert!(next.contains("Now `gantry run --config "), "{next}");
    stand.start(i).await;
    assert_eq!(stand.status(i).unwrap().record.stopped, None);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let file = entry.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}
