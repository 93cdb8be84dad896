//! What the start of a peer with 1,000 validators costs in files and curve work: opening every
//! share's keystore, and decoding every public key of the lock (n = 4: five a validator). Beside
//! each the bare blst cost of the same curve work. `cargo bench -p node --bench start`

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use dkg::bls::work::{Operation, Sample};
use dkg::bls::{PublicPoint, SecretShare};
use node::keystore::{self, MasterSecret, StoredShare};
use proto::{PublicKey, Root};

const VALIDATORS: u64 = 1000;

/// Public keys that the lock names for each validator: the group's and four shares'.
const KEYS: u64 = 5;

fn share(number: u64) -> SecretShare {
    let mut bytes = [1; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    SecretShare::from_bytes(&bytes).expect("below the group order")
}

fn stored(dir: &Path, master: &MasterSecret) -> Vec<PublicKey> {
    let shares = (0..VALIDATORS).map(|number| StoredShare {
        validator: [7; 48].into(),
        secret: share(number),
    });
    let shares: Vec<_> = shares.collect();
    keystore::store_all(dir, master, &shares).expect("the disk works");
    shares
        .iter()
        .map(|share| share.secret.public().to_bytes())
        .collect()
}

fn start(c: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let master = MasterSecret::from_seed(&[7; 32], &Root::ZERO);
    let keys = stored(directory.path(), &master);
    let sample = Sample::default();
    let mut group = c.benchmark_group(format!("start with {VALIDATORS} validators"));
    group.sample_size(10);
    group.bench_function("open keystores", |b| {
        b.iter(|| keystore::open_all(directory.path(), &master, &keys).expect("they open"));
    });
    group.bench_function("open keystores, bare blst", |b| {
        b.iter(|| {
            let mut done = 0;
            while done < VALIDATORS {
                done += u64::from(sample.perform(Operation::Key));
            }
        });
    });
    group.bench_function("decode the lock's keys", |b| {
        b.iter(|| {
            let all = keys.iter().cycle().take((VALIDATORS * KEYS) as usize);
            all.map(|key| PublicPoint::from_bytes(black_box(key)).expect("a key"))
                .collect::<Vec<_>>()
        });
    });
    group.finish();
}

criterion_group!(benches, start);
criterion_main!(benches);
