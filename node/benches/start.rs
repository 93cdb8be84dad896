//! What the start of a peer with 1,000 validators costs: opening every share's keystore, reading
//! the lock and decoding every group key in it, opening the signing
//! record. Beside each the bare blst cost of the same curve work, or the bare reading of the same
//! bytes. CPU time of all threads: a peer opens keystores on all cores.
//! `cargo bench -p node --bench start`

#[path = "../../dkg/benches/beside/mod.rs"]
mod beside;

use std::fs;
use std::hint::black_box;
use std::path::Path;

use blst::min_pk;
use criterion::{Criterion, criterion_group, criterion_main};
use dkg::bls::SecretShare;
use dkg::bls::work::{Operation, Sample};
use node::disk::files::{self, Mode};
use node::disk::keystore::{self, MasterSecret, StoredShare};
use node::disk::{DataLock, Files};
use node_core::partials::keys::ClusterKeys;
use node_core::record::{Entry, History, Journal, Owner};
use proto::definition::Draft;
use proto::lock::{Contents, Lock, Validator};
use proto::{Identity, PublicKey, Root, example};

use beside::{Beside, CpuTime};

const VALIDATORS: u64 = 1000;
const PEERS: u64 = 4;

fn share(number: u64) -> SecretShare {
    let mut bytes = [1; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    SecretShare::from_bytes(&bytes).expect("below the group order")
}

/// A lock whose keys are all different. They belong to no polynomial, which reading does not ask.
fn lock() -> Lock {
    let identities = example::identities(PEERS as usize);
    let draft = Draft {
        validators: VALIDATORS as usize,
        ..example::draft(&identities)
    };
    let key = |number| share(number).public().to_bytes();
    let validator = |number| Validator {
        public_key: key(number * (PEERS + 1)),
        share_public_keys: (1..=PEERS)
            .map(|peer| key(number * (PEERS + 1) + peer))
            .collect(),
    };
    let contents = Contents {
        definition: example::agreed(draft, &identities),
        validators: (0..VALIDATORS).map(validator).collect(),
        seal_commitment: (0..3)
            .map(|at| key((PEERS + 1) * VALIDATORS + at))
            .collect(),
        exit_seal_commitment: None,
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities)
}

fn keystores(c: &mut Criterion<CpuTime>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let master = MasterSecret::from_seed(&[7; 32], &Root::ZERO);
    let stored = |number| StoredShare {
        validator: [7; 48].into(),
        secret: share(number),
    };
    let shares: Vec<StoredShare> = (0..VALIDATORS).map(stored).collect();
    keystore::store_all(directory.path(), &master, &shares).expect("the disk works");
    let keys = shares.iter().map(|share| share.secret.public().to_bytes());
    let keys: Vec<PublicKey> = keys.collect();
    let sample = Sample::default();
    let mut costs = Beside::new(c, format!("start: open {VALIDATORS} keystores"));
    costs.cost("ours", 1, || {
        keystore::open_all(directory.path(), &master, &keys).expect("they open")
    });
    costs.cost("bare blst", 1, || {
        let mut done = 0;
        while done < VALIDATORS {
            done += u64::from(sample.perform(Operation::Key));
        }
    });
}

/// Reads the lock file and decodes the validators' keys, as a peer does before it takes part.
fn read_lock(path: &Path) -> ClusterKeys {
    let text = files::read(path, Lock::MAX_BYTES).expect("it is there");
    let lock = Lock::from_json(&text).expect("it is good");
    ClusterKeys::of(&lock).expect("keys")
}

fn the_lock(c: &mut Criterion<CpuTime>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("cluster-lock.json");
    files::write_new(&path, lock().to_json().as_bytes(), Mode::Public).expect("the disk works");
    let keys: Vec<PublicKey> = read_lock(&path).public_keys();
    let mut costs = Beside::new(c, format!("start: lock of {VALIDATORS} validators"));
    costs.cost("ours", 1, || read_lock(&path));
    costs.cost("bare blst", 1, || {
        let valid = |key: &PublicKey| min_pk::PublicKey::key_validate(black_box(key.as_bytes()));
        assert!(keys.iter().map(valid).all(|key| key.is_ok()));
    });
}

fn record(c: &mut Criterion<CpuTime>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let lock = DataLock::take(directory.path()).expect("nobody else uses it");
    let owner = || Owner {
        cluster: Root::ZERO,
        identity: Identity::from_seed(&[7; 32]).public(),
    };
    let mut history = History::default();
    let keys = (0..VALIDATORS).map(|number| share(number).public().to_bytes());
    history
        .add(Entry::Enrolled(keys.collect()))
        .expect("the keys differ");
    let files = || Files::within(&lock);
    let journal = Journal::create(files(), owner(), history).expect("a record");
    drop(journal);
    let paths = ["record-a.log", "record-b.log"].map(|name| files().directory().join(name));
    let mut costs = Beside::new(c, format!("start: record of {VALIDATORS} validators"));
    costs.cost("ours", 1, || {
        Journal::open(files(), owner()).expect("it is whole")
    });
    costs.cost("bare reading", 1, || {
        paths
            .each_ref()
            .map(|path| fs::read(path).expect("it is there"))
    });
}

criterion_group!(
    name = benches;
    config = beside::criterion();
    targets = keystores, the_lock, record
);
criterion_main!(benches);
