//! Damaged, foreign, torn and replaced copies: each is mended by the other or refused with words.

use proto::agreement::Fixed;
use proto::{Identity, Slot};

use super::crashes::{enrolled, owner, vote};
use crate::record::*;

/// Deterministic choices for 200 cases.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A closed record of nine frames on a disk, and everything it says.
fn written() -> (SimulatedDisk, History) {
    let disk = SimulatedDisk::new();
    let mut journal = Journal::create(disk.clone(), owner(), enrolled()).unwrap();
    let mut history = journal.history().clone();
    for slot in 1..=4 {
        for entry in [Entry::Mark(Slot(slot)), vote(slot)] {
            let record = history.add(entry).unwrap();
            journal.append(&[record]).unwrap();
        }
    }
    (disk, history)
}

/// Where frame `i` of [`written`] begins; frame 0 is the snapshot.
fn frame(i: usize) -> usize {
    BLOCK * (1 + i)
}

fn change(disk: &SimulatedDisk, file: LogFile, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = disk.bytes(file).unwrap();
    edit(&mut bytes);
    disk.tamper(file, Some(bytes));
}

fn flip(disk: &SimulatedDisk, file: LogFile, byte: usize) {
    change(disk, file, |bytes| bytes[byte] ^= 0x10);
}

fn mended(disk: &SimulatedDisk, history: &History) -> Vec<Repair> {
    let repairs = {
        let journal = Journal::open(disk.clone(), owner()).unwrap();
        assert_eq!(journal.history(), history);
        journal.repairs().to_vec()
    };
    let again = Journal::open(disk.clone(), owner()).unwrap();
    assert_eq!((again.history(), again.repairs()), (history, &[][..]));
    assert_eq!(disk.bytes(LogFile::A), disk.bytes(LogFile::B));
    repairs
}

fn refused(disk: &SimulatedDisk) -> String {
    let before = [LogFile::A, LogFile::B].map(|file| disk.bytes(file));
    let words = Journal::open(disk.clone(), owner())
        .unwrap_err()
        .to_string();
    let after = [LogFile::A, LogFile::B].map(|file| disk.bytes(file));
    assert_eq!(before, after, "a refused record is not touched");
    words
}

#[test]
fn two_hundred_truncations_of_one_copy_are_mended() {
    let mut choices = Choices(1);
    for i in 0..200 {
        let (disk, history) = written();
        let file = [LogFile::A, LogFile::B][i % 2];
        let length = choices.below(disk.bytes(file).unwrap().len());
        change(&disk, file, |bytes| bytes.truncate(length));
        assert_ne!(mended(&disk, &history), []);
    }
}

#[test]
fn two_hundred_bit_flips_in_one_copy_are_mended() {
    let mut choices = Choices(2);
    for i in 0..200 {
        let (disk, history) = written();
        let file = [LogFile::A, LogFile::B][i % 2];
        // Half of them where something is written.
        let bound = [frame(9), disk.bytes(file).unwrap().len()][i / 2 % 2];
        let (byte, bit) = (choices.below(bound), choices.below(8));
        change(&disk, file, |bytes| bytes[byte] ^= 1 << bit);
        mended(&disk, &history);
    }
}

#[test]
fn two_hundred_truncations_of_both_copies_are_mended_or_refused() {
    let mut choices = Choices(3);
    let mut outcomes = [0, 0];
    for _ in 0..200 {
        let (disk, history) = written();
        for file in [LogFile::A, LogFile::B] {
            let length = choices.below(frame(10));
            change(&disk, file, |bytes| bytes.truncate(length));
        }
        match Journal::open(disk.clone(), owner()) {
            Ok(journal) => {
                assert_eq!(journal.history(), &history);
                outcomes[0] += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains("new-record"), "{error}");
                outcomes[1] += 1;
            }
        }
    }
    assert_eq!(outcomes, [0, 200], "a cut end proves nothing");
}

#[test]
fn two_hundred_bit_flips_in_both_copies_are_mended_or_refused() {
    let mut choices = Choices(4);
    for _ in 0..200 {
        let (disk, history) = written();
        // The last frame apart: bad in both copies, it looks like one that was never released.
        let places = [(); 2].map(|()| choices.below(frame(8)));
        flip(&disk, LogFile::A, places[0]);
        flip(&disk, LogFile::B, places[1]);
        match Journal::open(disk.clone(), owner()) {
            Ok(journal) => assert_eq!(journal.history(), &history, "{places:?}"),
            Err(error) => assert!(error.to_string().contains("new-record"), "{error}"),
        }
    }
}

/// An older program reads every record but one that says what it does not know.
#[test]
fn a_record_becomes_of_the_newer_version_when_it_joins_and_not_before() {
    let (disk, history) = written();
    let version = |disk: &SimulatedDisk| {
        let bytes = disk.clone().read(LogFile::A).unwrap().unwrap();
        u32::from_le_bytes(bytes[16..20].try_into().unwrap())
    };
    assert_eq!(mended(&disk, &history), []);
    assert_eq!(version(&disk), 2);
    let mut journal = Journal::open(disk.clone(), owner()).unwrap();
    let mut history = journal.history().clone();
    let joined = Joined {
        number: 1,
        fixed: Fixed {
            rocket_storage: [8; 20].into(),
            node_account: [9; 20].into(),
        },
    };
    let record = history.add(Entry::Joined(joined)).unwrap();
    let sequence = record.sequence();
    let recorded = journal.append(&[record]).unwrap();
    assert_eq!(recorded.sequence(), sequence);
    assert_eq!(version(&disk), 3);
    // It goes on in the same file, and is read whole after power was lost.
    let record = history.add(Entry::Mark(Slot(9))).unwrap();
    journal.append(&[record]).unwrap();
    disk.power_loss(1);
    let journal = Journal::open(disk.clone(), owner()).unwrap();
    assert_eq!(journal.history(), &history);
    assert_eq!(journal.history().joined(), Some(&joined));
    assert_eq!(version(&disk), 3);
}

#[test]
fn copies_damaged_in_different_places_mend_each_other() {
    let (disk, history) = written();
    flip(&disk, LogFile::A, frame(2) + 50);
    flip(&disk, LogFile::B, frame(5) + 50);
    let repairs = mended(&disk, &history);
    let expected = [Repair::Frames(LogFile::A, 1), Repair::Frames(LogFile::B, 1)];
    assert_eq!(repairs, expected);
}

#[test]
fn one_copy_alone_is_enough_if_its_end_is_clean() {
    let (disk, history) = written();
    disk.tamper(LogFile::A, None);
    assert_eq!(mended(&disk, &history), [Repair::Missing(LogFile::A)]);

    let (disk, _) = written();
    disk.tamper(LogFile::A, None);
    flip(&disk, LogFile::B, frame(8) + 50);
    assert!(
        refused(&disk).contains("damaged or cut off after record 8"),
        "{}",
        refused(&disk)
    );
}

#[test]
fn a_frame_torn_in_both_copies_at_the_end_is_dropped() {
    let (disk, history) = written();
    for file in [LogFile::A, LogFile::B] {
        change(&disk, file, |bytes| {
            bytes[frame(9)..frame(9) + 7].copy_from_slice(b"GFRM\x02to")
        });
    }
    assert_eq!(mended(&disk, &history), [Repair::TornTail]);
}

#[test]
fn a_hole_before_whole_frames_is_refused() {
    let (disk, _) = written();
    for file in [LogFile::A, LogFile::B] {
        flip(&disk, file, frame(4) + 50);
    }
    let words = refused(&disk);
    assert!(
        words.contains("damaged after record 4, before others that are whole"),
        "{words}"
    );
    assert!(words.contains("gantry slashing new-record"), "{words}");
}

#[test]
fn a_foreign_record_is_refused_by_name() {
    let (disk, _) = written();
    let others = [
        Owner {
            cluster: [8; 32].into(),
            ..owner()
        },
        Owner {
            identity: Identity::from_seed(&[8; 32]).public(),
            ..owner()
        },
    ];
    for other in others {
        let words = Journal::open(disk.clone(), other).unwrap_err().to_string();
        assert!(
            words.contains("belongs to another cluster or peer"),
            "{words}"
        );
        assert!(words.contains(&hex::encode([7; 32])), "{words}");
        // Also when only one copy is foreign.
        let mixed = SimulatedDisk::new();
        Journal::create(mixed.clone(), other, enrolled()).unwrap();
        mixed.tamper(LogFile::B, disk.bytes(LogFile::B));
        assert!(
            refused(&mixed).contains("belongs to another"),
            "{}",
            refused(&mixed)
        );
    }
}

#[test]
fn another_version_is_refused_and_not_overwritten() {
    let (disk, _) = written();
    for file in [LogFile::A, LogFile::B] {
        change(&disk, file, |bytes| {
            bytes[16] = 9;
            let crc = crc32fast::hash(&bytes[..132]);
            bytes[132..136].copy_from_slice(&crc.to_le_bytes());
        });
    }
    let words = refused(&disk);
    assert!(words.contains("format 9, this gantry knows 4"), "{words}");
}

#[test]
fn whole_copies_that_differ_are_refused() {
    // Two records of one peer that went different ways: a disk cloned and both used.
    let (one, _) = written();
    let (other, mut history) = written();
    let mut journal = Journal::open(one.clone(), owner()).unwrap();
    journal
        .append(&[history.clone().add(vote(5)).unwrap()])
        .unwrap();
    let mut journal = Journal::open(other.clone(), owner()).unwrap();
    journal.append(&[history.add(vote(6)).unwrap()]).unwrap();
    one.tamper(LogFile::B, other.bytes(LogFile::B));
    let words = refused(&one);
    assert!(words.contains("differ after record 9"), "{words}");
}

#[test]
fn an_old_copy_beside_the_newest_is_brought_up_to_date() {
    let (disk, mut history) = written();
    let backup = disk.bytes(LogFile::B);
    let mut journal = Journal::open(disk.clone(), owner()).unwrap();
    journal.append(&[history.add(vote(9)).unwrap()]).unwrap();
    disk.tamper(LogFile::B, backup);
    assert_eq!(mended(&disk, &history), [Repair::Older(LogFile::B)]);
}

#[test]
fn no_record_is_begun_by_opening() {
    let disk = SimulatedDisk::new();
    let words = refused(&disk);
    assert!(words.contains("there is no signing record"), "{words}");
    assert!(words.contains("gantry slashing new-record"), "{words}");
    assert_eq!(disk.operations(), 0);
    let (disk, _) = written();
    let error = Journal::create(disk, owner(), enrolled()).unwrap_err();
    assert!(matches!(error, JournalError::Exists));
}

#[test]
fn unreadable_copies_are_refused() {
    let (disk, _) = written();
    for file in [LogFile::A, LogFile::B] {
        flip(&disk, file, 20);
    }
    assert!(refused(&disk).contains("no copy of the signing record can be read"));
    disk.tamper(LogFile::A, Some(Vec::new()));
    disk.tamper(LogFile::B, Some(vec![0; 1 << 16]));
    assert!(refused(&disk).contains("no copy of the signing record can be read"));
}
