//! A slot's votes of one peer: the vault signs and records them, the collector makes signatures of
//! the group from those of t peers. For 1, 100 and 1,000 validators; beside each the bare blst cost
//! of the same curve work. Then the votes and the selection proofs of 33 validators, from the
//! signing to the group's signatures: those of a slot where a thousand attest. CPU time: what the
//! disk takes is in the bench `record`.
//! `cargo bench -p node --bench duty`

#[path = "../../dkg/benches/beside/mod.rs"]
mod beside;

use std::hint::black_box;

use blst::{MultiPoint as _, min_pk};
use criterion::{Criterion, criterion_group, criterion_main};
use dkg::bls::work::{Operation, Sample};
use dkg::bls::{Message, SecretShare};
use node::disk::{DataLock, Files};
use node_core::partials::collector::{Collector, Combining};
use node_core::partials::keys::{ClusterKeys, ValidatorKeys};
use node_core::partials::share::Share;
use node_core::record::{Entry, History, Journal, Owner};
use node_core::vault::signable::Signable;
use node_core::vault::{Held, Vault};
use proto::eth::{AttestationData, ChainSpec, Checkpoint, CommitteeIndex};
use proto::{
    ClusterSize, Epoch, Identity, PeerSet, Root, ShareIndex, SignatureBytes, Slot,
    ValidatorPosition, example,
};

use beside::{Beside, CpuTime};

const TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const ROOT: [u8; 32] = [3; 32];
const VALIDATORS: [u32; 3] = [1, 100, 1000];
const SLOTS_PER_EPOCH: u64 = 32;

/// The value of a validator's polynomial, whose coefficients are 1 but for the constant term.
fn share(size: ClusterSize, validator: u32, x: u64) -> SecretShare {
    let degree = u32::try_from(size.threshold() - 1).expect("at most 8");
    let value = u64::from(validator) + 1 + (1..=degree).map(|power| x.pow(power)).sum::<u64>();
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&value.to_be_bytes());
    SecretShare::from_bytes(&bytes).expect("not zero, and far below the group order")
}

fn keys(size: ClusterSize, validators: u32) -> ClusterKeys {
    let of = |validator| {
        let key = |x| share(size, validator, x).public();
        ValidatorKeys {
            public_key: key(0).to_bytes(),
            group: key(0),
            shares: size
                .all()
                .map(|p| key(ShareIndex::from(p).x()).to_bytes())
                .collect(),
        }
    };
    ClusterKeys::new(size, (0..validators).map(of).collect())
}

/// What t peers have sent for every validator.
type Sent = Vec<Vec<(ValidatorPosition, SignatureBytes)>>;

fn sent(size: ClusterSize, validators: u32) -> Sent {
    let message = Message::hash(ROOT.into());
    let of = |x: u64| {
        let sign = |validator| {
            let signature = share(size, validator, x).sign(&message);
            (ValidatorPosition(validator), signature.to_bytes())
        };
        (0..validators).map(sign).collect()
    };
    (1..=size.threshold() as u64).map(of).collect()
}

/// From the bytes of t peers to signatures that are verified under the group keys.
fn collect(c: &mut Criterion<CpuTime>) {
    for n in [4, 13] {
        let size = ClusterSize::of(n).expect("3 to 13 peers");
        for validators in VALIDATORS {
            let (keys, sent) = (keys(size, validators), sent(size, validators));
            let name = format!("collect, combine and verify n={n} validators={validators}");
            let mut costs = Beside::new(c, name);
            costs.cost_with(
                "ours",
                1,
                (|| sent.clone(), |sent| ours_collect(&keys, size, sent)),
            );
            costs.cost("bare blst", 1, || bare_collect(&sent));
        }
    }
}

fn ours_collect(keys: &ClusterKeys, size: ClusterSize, sent: Sent) {
    let wanted: Vec<ValidatorPosition> = sent[0].iter().map(|(at, _)| *at).collect();
    let mut collector = Collector::new(size);
    for (peer, partials) in size.all().zip(sent) {
        let shares = partials.into_iter();
        let shares = shares.map(|(at, sent)| (at, Share::Sent(sent)));
        collector.add(peer, Root::ZERO, shares);
    }
    let mut suspects = PeerSet::EMPTY;
    let with = Combining {
        message: &Message::hash(ROOT.into()),
        keys,
        suspects: &mut suspects,
        seed: &[7; 32],
    };
    let combined = collector.combine(&Root::ZERO, &wanted, with);
    assert_eq!(combined.signatures.len(), wanted.len());
}

/// Decodes, sums multiples modulo the group order, checks that each sum is in the group, and
/// verifies all together.
fn bare_collect(sent: &[Vec<(ValidatorPosition, SignatureBytes)>]) -> bool {
    let weights =
        |bytes: usize| -> Vec<u8> { (0..bytes).map(|i| (i * 7 + i / 251) as u8).collect() };
    let coefficients = weights(32 * sent.len());
    let decode = |bytes: &SignatureBytes| {
        min_pk::Signature::from_bytes(black_box(bytes.as_bytes())).expect("a signature was sent")
    };
    let sums: Vec<min_pk::Signature> = (0..sent[0].len())
        .map(|validator| {
            let shares: Vec<_> = sent.iter().map(|all| decode(&all[validator].1)).collect();
            let sum = shares.mult(&coefficients, 255).to_signature();
            assert!(sum.subgroup_check());
            sum
        })
        .collect();
    let key = min_pk::SecretKey::from_bytes(&[7; 32]).expect("below the group order");
    let keys = vec![key.sk_to_pk(); sums.len()];
    let weights = weights(8 * sums.len());
    let key = keys.mult(&weights, 64).to_public_key();
    let signature = sums.mult(&weights, 64).to_signature();
    signature.verify(false, &ROOT, TAG, &[], &key, false) == blst::BLST_ERROR::BLST_SUCCESS
}

fn spec() -> ChainSpec {
    let slots = SLOTS_PER_EPOCH.to_string();
    let changes = [
        ("SLOTS_PER_EPOCH", slots.as_str()),
        ("PRESET_BASE", "mainnet"),
        ("FULU_FORK_EPOCH", "0"),
    ];
    example::chain(Root::ZERO, &changes)
}

/// A vote of its own epoch, so that one after the other may be signed.
fn vote(epoch: u64) -> AttestationData {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    AttestationData {
        slot: Slot(epoch * SLOTS_PER_EPOCH),
        index: CommitteeIndex(0),
        beacon_block_root: Root::ZERO,
        source: checkpoint(epoch - 1),
        target: checkpoint(epoch),
    }
}

/// A vault with its record, which signs for some validators.
struct Signer {
    spec: ChainSpec,
    vault: Vault,
    journal: Journal<Files>,
    positions: Vec<ValidatorPosition>,
    /// The epoch of the last vote.
    epoch: u64,
    /// Holds the record.
    _place: (DataLock, tempfile::TempDir),
}

impl Signer {
    fn new(size: ClusterSize, validators: u32) -> Self {
        let held = |validator| Held {
            group_key: share(size, validator, 0).public().to_bytes(),
            share: share(size, validator, 1),
            deposits: None,
        };
        let held: Vec<Held> = (0..validators).map(held).collect();
        let mut history = History::default();
        let enrolled = held.iter().map(|held| held.group_key).collect();
        history
            .add(Entry::Enrolled(enrolled))
            .expect("the keys differ");
        let owner = Owner {
            cluster: Root::ZERO,
            identity: Identity::from_seed(&[7; 32]).public(),
        };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let lock = DataLock::take(directory.path()).expect("nobody else uses it");
        let files = Files::within(&lock);
        let journal = Journal::create(files, owner, history.clone()).expect("a record");
        Self {
            spec: spec(),
            vault: Vault::open(size, held, history).expect("all are enrolled"),
            journal,
            positions: (0..validators).map(ValidatorPosition).collect(),
            epoch: 0,
            _place: (lock, directory),
        }
    }

    /// From a vote to partial signatures that may be sent: judged, recorded, signed, released.
    fn vote(&mut self) -> Vec<SignatureBytes> {
        self.epoch += 1;
        let vote = vote(self.epoch);
        self.sign(vote.slot, &Signable::attestation(&self.spec, &vote))
    }

    /// The same of a slot's selection proofs, of which nothing is recorded.
    fn select(&mut self) -> Vec<SignatureBytes> {
        self.epoch += 1;
        let slot = Slot(self.epoch * SLOTS_PER_EPOCH);
        self.sign(slot, &Signable::selection(&self.spec, slot))
    }

    fn sign(&mut self, now: Slot, signable: &Signable) -> Vec<SignatureBytes> {
        let signing = self.vault.sign(now, signable, &self.positions);
        let recorded = self.journal.append(&signing.records);
        let recorded = recorded.expect("the disk works");
        let sealed = signing.sealed.expect("nothing speaks against it");
        let partials = sealed.open(&recorded).expect("it is recorded");
        assert_eq!(partials.len(), self.positions.len());
        let signed = partials.iter().map(|of| of.signature().to_bytes());
        let signed = signed.collect();
        self.journal.rotate_when_due().expect("the disk works");
        signed
    }
}

fn sign(c: &mut Criterion<CpuTime>) {
    let (size, sample) = (
        ClusterSize::of(4).expect("3 to 13 peers"),
        Sample::default(),
    );
    for validators in VALIDATORS {
        let mut signer = Signer::new(size, validators);
        let name = format!("vault records and signs validators={validators}");
        let mut costs = Beside::new(c, name);
        costs.cost("ours", 1, || signer.vote());
        costs.cost("bare blst", 1, || bare_sign(&sample, validators));
    }
}

/// The same is signed with as many keys as there are validators.
fn bare_sign(sample: &Sample, validators: u32) {
    let first = min_pk::SecretKey::from_bytes(&[7; 32]).expect("below the group order");
    black_box(first.sign(black_box(&ROOT), TAG, &[]));
    // A sample does a few at a time.
    let mut done = 1;
    while done < validators {
        done += sample.perform(Operation::Multiple);
    }
}

/// What a slot in which 33 attest costs a peer: the votes, and beside them the selection proofs.
fn slot(c: &mut Criterion<CpuTime>) {
    const ATTEST: u32 = 33;
    let size = ClusterSize::of(4).expect("3 to 13 peers");
    let (keys, sent) = (keys(size, ATTEST), sent(size, ATTEST));
    let (mut signer, sample) = (Signer::new(size, ATTEST), Sample::default());
    for kind in ["votes", "selection proofs"] {
        let mut costs = Beside::new(c, format!("{kind} of a slot n=4 validators={ATTEST}"));
        let ours = |sent| {
            match kind {
                "votes" => signer.vote(),
                _ => signer.select(),
            };
            ours_collect(&keys, size, sent);
        };
        costs.cost_with("ours", 1, (|| sent.clone(), ours));
        costs.cost("bare blst", 1, || {
            bare_sign(&sample, ATTEST);
            bare_collect(&sent)
        });
    }
}

criterion_group!(name = benches; config = beside::criterion(); targets = sign, collect, slot);
criterion_main!(benches);
