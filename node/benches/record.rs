//! What recording a slot's votes costs: one append to the signing record, next to the bare write
//! and fdatasync of as many bytes to two files, at the same time and one after the other.
//!
//! `cargo bench -p node --bench record`. The files lie in the system's temporary directory: point
//! `TMPDIR` at the disk in question. A new generation of the log, which the node begins between
//! duties, is measured by itself.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use node::disk::{DataLock, Files};
use node_core::record::{Entry, History, Journal, Owner, RecordNumber};
use proto::eth::{AttestationData, Checkpoint, CommitteeIndex};
use proto::{Epoch, Identity, PublicKey, Root, Slot};

/// What a frame of one slot's votes takes on the disk.
const FRAME: usize = 4096;

const VALIDATORS: [u32; 3] = [1, 31, 1000];

fn owner() -> Owner {
    Owner {
        cluster: [7; 32].into(),
        identity: Identity::from_seed(&[7; 32]).public(),
    }
}

fn enrolled(validators: u32) -> History {
    let key = |i: u32| {
        let mut key = [0; 48];
        key[..4].copy_from_slice(&i.to_le_bytes());
        PublicKey::from(key)
    };
    let mut history = History::default();
    let keys = Entry::Enrolled((0..validators).map(key).collect());
    history.add(keys).expect("the keys differ");
    history
}

fn vote(slot: u64, validators: u32) -> Entry {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    Entry::Vote {
        data: AttestationData {
            slot: Slot(slot),
            index: CommitteeIndex(0),
            beacon_block_root: Root::ZERO,
            source: checkpoint(slot),
            target: checkpoint(slot + 1),
        },
        signing_root: Root::ZERO,
        validators: (0..validators).map(RecordNumber).collect(),
    }
}

fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("record");
    for validators in VALIDATORS {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let lock = DataLock::take(directory.path()).expect("nobody else uses it");
        let files = Files::within(&lock);
        let mut history = enrolled(validators);
        let mut journal = Journal::create(files, owner(), history.clone()).expect("a record");
        let mut slot = 0;
        group.bench_function(BenchmarkId::new("append", validators), |b| {
            b.iter_custom(|times| {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    slot += 1;
                    let record = history.add(vote(slot, validators)).expect("enrolled");
                    let began = Instant::now();
                    black_box(journal.append(&[record]).expect("the disk works"));
                    took += began.elapsed();
                    journal.rotate_when_due().expect("the disk works");
                }
                took
            });
        });
        group.bench_function(BenchmarkId::new("new generation", validators), |b| {
            b.iter(|| journal.rotate().expect("the disk works"));
        });
    }
    group.finish();
}

fn bare(c: &mut Criterion) {
    let mut group = c.benchmark_group("bare fdatasync of two files");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let files = ["a", "b"].map(|name| {
        let file = File::create(directory.path().join(name)).expect("a file");
        file.write_all_at(&vec![0; 4 << 20], 0).expect("space");
        file.sync_all().expect("the disk works");
        file
    });
    let mut block = 0;
    let mut write = || {
        block = (block + 1) % 1024;
        for file in &files {
            file.write_all_at(&[1; FRAME], block * FRAME as u64)
                .expect("the disk works");
        }
    };
    group.bench_function("one after the other", |b| {
        b.iter(|| {
            write();
            files
                .iter()
                .for_each(|file| file.sync_data().expect("the disk works"));
        });
    });
    group.bench_function("at the same time", |b| {
        b.iter(|| {
            write();
            std::thread::scope(|scope| {
                scope.spawn(|| files[1].sync_data().expect("the disk works"));
                files[0].sync_data().expect("the disk works");
            });
        });
    });
    group.finish();
}

criterion_group!(benches, append, bare);
criterion_main!(benches);
