//! A slot's votes of one peer: the vault signs and records them, the collector makes signatures of
//! the group from those of t peers. For 1, 100 and 1,000 validators; beside each the bare blst cost
//! of the same curve work. CPU time: what the disk takes is in the bench `record`.
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
use node_core::vault::sealed::PartialSignature;
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
fn sent(size: ClusterSize, validators: u32) -> Vec<Vec<(ValidatorPosition, SignatureBytes)>> {
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
            let wanted: Vec<ValidatorPosition> = (0..validators).map(ValidatorPosition).collect();
            let message = Message::hash(ROOT.into());
            let collect = |sent: Vec<Vec<(ValidatorPosition, SignatureBytes)>>| {
                let mut collector = Collector::new(size);
                for (peer, partials) in size.all().zip(sent) {
                    let shares = partials
                        .into_iter()
                        .map(|(at, sent)| (at, Share::Sent(sent)));
                    collector.add(peer, Root::ZERO, shares);
                }
                let mut suspects = PeerSet::EMPTY;
                let with = Combining {
                    message: &message,
                    keys: &keys,
                    suspects: &mut suspects,
                    seed: &[7; 32],
                };
                let combined = collector.combine(&Root::ZERO, &wanted, with);
                assert_eq!(combined.signatures.len(), wanted.len());
            };
            let name = format!("collect, combine and verify n={n} validators={validators}");
            let mut costs = Beside::new(c, name);
            costs.cost_with("ours", 1, (|| sent.clone(), collect));
            costs.cost("bare blst", 1, || bare_collect(&sent));
        }
    }
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

/// From a vote to partial signatures that may be sent: judged, recorded, signed, released.
fn sign(c: &mut Criterion<CpuTime>) {
    let (spec, sample) = (spec(), Sample::default());
    let size = ClusterSize::of(4).expect("3 to 13 peers");
    for validators in VALIDATORS {
        let held = |validator| {
            let group_key = share(size, validator, 0).public().to_bytes();
            let share = share(size, validator, 1);
            Held {
                group_key,
                share,
                deposits: None,
            }
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
        let mut journal = Journal::create(files, owner, history.clone()).expect("a record");
        let mut vault = Vault::open(size, held, history).expect("all are enrolled");
        let positions: Vec<ValidatorPosition> = (0..validators).map(ValidatorPosition).collect();
        let mut epoch = 0;
        let mut costs = Beside::new(
            c,
            format!("vault records and signs validators={validators}"),
        );
        costs.cost("ours", 1, || {
            epoch += 1;
            let vote = vote(epoch);
            let signing = vault.sign(vote.slot, &Signable::attestation(&spec, &vote), &positions);
            let recorded = journal.append(&signing.records).expect("the disk works");
            let sealed = signing.sealed.expect("every vote is newer than the last");
            let partials = sealed.open(&recorded).expect("it is recorded");
            assert_eq!(partials.len(), positions.len());
            let bytes = partials
                .iter()
                .map(|p: &PartialSignature| p.signature().to_bytes());
            let bytes: Vec<_> = bytes.collect();
            journal.rotate_when_due().expect("the disk works");
            bytes
        });
        let first = min_pk::SecretKey::from_bytes(&[7; 32]).expect("below the group order");
        costs.cost("bare blst", 1, || {
            black_box(first.sign(black_box(&ROOT), TAG, &[]));
            // A sample does a few at a time.
            let mut done = 1;
            while done < validators {
                done += sample.perform(Operation::Multiple);
            }
        });
    }
}

criterion_group!(name = benches; config = beside::criterion(); targets = sign, collect);
criterion_main!(benches);
