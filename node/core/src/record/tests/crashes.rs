//! Crashes at every operation of the disk: what was released is there, what was not is not
//! invented, and nothing ever becomes less (S2, S3 in the list of `tests/sim/main.rs`).

use proto::eth::{AttestationData, Checkpoint, CommitteeIndex};
use proto::{Epoch, Identity, Slot};

use crate::record::*;

pub(crate) fn owner() -> Owner {
    Owner {
        cluster: [7; 32].into(),
        identity: Identity::from_seed(&[7; 32]).public(),
    }
}

pub(crate) fn vote(slot: u64) -> Entry {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: [3; 32].into(),
    };
    Entry::Vote {
        data: AttestationData {
            slot: Slot(slot),
            index: CommitteeIndex(0),
            beacon_block_root: [4; 32].into(),
            source: checkpoint(slot),
            target: checkpoint(slot + 1),
        },
        signing_root: [u8::try_from(slot).unwrap(); 32].into(),
        validators: [0, 2].map(RecordNumber).to_vec(),
    }
}

pub(crate) fn enrolled() -> History {
    let mut history = History::default();
    let keys = [1, 2, 3].map(|byte| [byte; 48].into());
    history.add(Entry::Enrolled(keys.to_vec())).unwrap();
    history
}

/// Everything that the script below records, added up record by record.
fn histories() -> Vec<History> {
    let mut history = enrolled();
    let mut all = vec![history.clone()];
    for (mark, vote) in entries() {
        for entry in [mark, vote] {
            history.add(entry).unwrap();
            all.push(history.clone());
        }
    }
    all
}

fn entries() -> impl Iterator<Item = (Entry, Entry)> {
    (1..=4).map(|slot| (Entry::Mark(Slot(slot + 1)), vote(slot)))
}

/// Begins a record, appends, rotates, appends. Returns what was released before the first failure.
fn script(disk: &SimulatedDisk) -> (Option<Recorded>, Result<(), JournalError>) {
    let mut released = None;
    let result = (|| {
        let mut journal = Journal::create(disk.clone(), owner(), enrolled())?;
        released = Some(journal.recorded());
        let mut history = journal.history().clone();
        for (i, (mark, vote)) in entries().enumerate() {
            let records = [mark, vote].map(|entry| history.add(entry).unwrap());
            // One frame of two records, or two frames of one.
            for batch in records.chunks(1 + i % 2) {
                released = Some(journal.append(batch)?);
            }
            if i == 1 {
                journal.rotate()?;
            }
        }
        Ok(())
    })();
    (released, result)
}

fn operations_of_script() -> u64 {
    let disk = SimulatedDisk::new();
    let (released, result) = script(&disk);
    result.unwrap();
    assert_eq!(
        released.unwrap().sequence(),
        histories().last().unwrap().sequence()
    );
    disk.operations()
}

/// Opens what a crash left and checks it against what was released.
fn check(disk: &SimulatedDisk, released: Option<Recorded>, when: &str) {
    match (Journal::open(disk.clone(), owner()), released) {
        (Ok(journal), _) => {
            check_history(journal.history(), released, when);
            // What a start has read is durable from then on.
            disk.power_loss(1);
            let again = Journal::open(disk.clone(), owner()).expect(when);
            assert_eq!(again.history(), journal.history(), "{when}");
        }
        (Err(JournalError::Missing), None) => {}
        (Err(error), _) => panic!("{when}: {error}"),
    }
}

fn check_history(history: &History, released: Option<Recorded>, when: &str) {
    assert!(histories().contains(history), "{when}: an invented history");
    let released = released.map_or(0, Recorded::sequence);
    assert!(
        history.sequence() >= released,
        "{when}: released up to {released}, kept up to {}",
        history.sequence()
    );
}

#[test]
fn power_loss_at_every_operation_keeps_what_was_released() {
    for operation in 0..operations_of_script() {
        for seed in 0..12 {
            let disk = SimulatedDisk::new();
            disk.plan(operation, DiskFault::PowerCut);
            let (released, result) = script(&disk);
            assert!(result.is_err());
            disk.power_loss(seed);
            check(
                &disk,
                released,
                &format!("operation {operation}, seed {seed}"),
            );
        }
    }
}

#[test]
fn the_death_of_the_process_at_every_operation_keeps_what_was_released() {
    for operation in 0..operations_of_script() {
        let disk = SimulatedDisk::new();
        disk.plan(operation, DiskFault::PowerCut);
        let (released, _) = script(&disk);
        disk.process_crash();
        check(&disk, released, &format!("operation {operation}"));
    }
}

#[test]
fn power_loss_while_a_crashed_record_is_reopened_keeps_what_was_released() {
    let operations_of_open = 7;
    for operation in 7..operations_of_script() {
        for second in 0..operations_of_open {
            let seed = operation * 31 + second;
            let disk = SimulatedDisk::new();
            disk.plan(operation, DiskFault::PowerCut);
            let (released, _) = script(&disk);
            disk.power_loss(seed);
            disk.plan(disk.operations() + second, DiskFault::PowerCut);
            Journal::open(disk.clone(), owner()).unwrap_err();
            disk.power_loss(seed + 1);
            check(
                &disk,
                released,
                &format!("operations {operation}, {second}"),
            );
        }
    }
}

#[test]
fn a_full_or_broken_disk_at_every_operation_poisons_and_keeps_what_was_released() {
    for fault in [DiskFault::Full, DiskFault::Broken] {
        for operation in 0..operations_of_script() {
            for power in [true, false] {
                let when = format!("{fault:?} at operation {operation}, power loss {power}");
                let disk = SimulatedDisk::new();
                disk.plan(operation, fault);
                let (released, result) = script(&disk);
                let error = result.expect_err(&when);
                assert!(
                    matches!(error, JournalError::Disk { .. }),
                    "{when}: {error}"
                );
                if power {
                    disk.power_loss(operation);
                }
                check(&disk, released, &when);
            }
        }
    }
}

#[test]
fn after_a_failed_sync_nothing_is_retried_or_released() {
    let disk = SimulatedDisk::new();
    let mut journal = Journal::create(disk.clone(), owner(), enrolled()).unwrap();
    let before = journal.recorded();
    let mut history = journal.history().clone();
    disk.plan(disk.operations() + 2, DiskFault::Broken);
    let first = history.add(vote(1)).unwrap();
    let error = journal.append(&[first]).unwrap_err();
    assert!(
        error.to_string().contains("cannot sync the signing record"),
        "{error}"
    );
    assert!(error.to_string().contains("restart gantry"), "{error}");
    // The disk would work again, but is not asked.
    let asked = disk.operations();
    let second = history.add(vote(2)).unwrap();
    assert!(matches!(
        journal.append(&[second]),
        Err(JournalError::Poisoned)
    ));
    assert!(matches!(journal.append(&[]), Err(JournalError::Poisoned)));
    assert!(matches!(journal.rotate(), Err(JournalError::Poisoned)));
    assert_eq!(disk.operations(), asked);
    assert_eq!(journal.recorded(), before);
}

#[test]
fn a_full_log_begins_a_new_generation_and_loses_nothing() {
    let disk = SimulatedDisk::new();
    let mut journal = Journal::create(disk.clone(), owner(), enrolled()).unwrap();
    let mut history = journal.history().clone();
    for slot in 1..=100 {
        let record = history.add(Entry::Mark(Slot(slot))).unwrap();
        journal.append(&[record]).unwrap();
        assert!(disk.bytes(LogFile::A).unwrap().len() as u64 <= disk.capacity());
        if slot % 7 == 0 {
            journal.rotate_when_due().unwrap();
        }
    }
    let reopened = Journal::open(disk, owner()).unwrap();
    assert_eq!(reopened.history(), &history);
    assert_eq!(reopened.repairs(), []);
}

#[test]
fn a_record_larger_than_a_log_is_kept_by_a_larger_one() {
    let disk = SimulatedDisk::new();
    let mut journal = Journal::create(disk.clone(), owner(), enrolled()).unwrap();
    let mut history = journal.history().clone();
    let key = |i: u32| {
        let mut key = [9; 48];
        key[..4].copy_from_slice(&i.to_le_bytes());
        key.into()
    };
    let record = history
        .add(Entry::Enrolled((0..10_000).map(key).collect()))
        .unwrap();
    let recorded = journal.append(&[record]).unwrap();
    assert_eq!(recorded.sequence(), history.sequence());
    assert_eq!(Journal::open(disk, owner()).unwrap().history(), &history);
}
