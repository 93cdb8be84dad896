//! Sign, combine, verify for 1, 100 and 1,000 validators and n = 4 and 13, and decoding; beside
//! each the bare blst cost of the same curve work. `cargo bench -p dkg --bench signing`

#![allow(clippy::unwrap_used)] // a bench that cannot go on stops

mod cpu_time;

use std::hint::black_box;

use blst::min_pk;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use dkg::bls::{
    Message, PublicPoint, SecretShare, SignaturePoint, combine, verify, verify_same_message,
};
use proto::{ClusterSize, PublicKey, Root, ShareIndex, SignatureBytes};

use cpu_time::CpuTime;

const TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const SEED: [u8; 32] = [7; 32];

fn share(number: usize) -> SecretShare {
    let mut bytes = [1; 32];
    bytes[24..].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    SecretShare::from_bytes(&bytes).unwrap()
}

fn one(c: &mut Criterion<CpuTime>) {
    let root = Root::from([3; 32]);
    let message = Message::hash(root);
    let (ours, theirs) = (
        share(0),
        min_pk::SecretKey::from_bytes(&share(0).to_bytes()[..]).unwrap(),
    );
    let (key, signature) = (ours.public(), ours.sign(&message));
    let (their_key, their_signature) = (theirs.sk_to_pk(), theirs.sign(&[3; 32], TAG, &[]));

    let mut group = c.benchmark_group("one");
    group.bench_function("hash and sign", |b| {
        b.iter(|| black_box(&ours).sign(&Message::hash(black_box(root))))
    });
    group.bench_function("hash and sign, bare blst", |b| {
        b.iter(|| black_box(&theirs).sign(black_box(&[3; 32]), TAG, &[]))
    });
    group.bench_function("sign, hash given", |b| {
        b.iter(|| black_box(&ours).sign(&message))
    });
    group.bench_function("hash and verify", |b| {
        b.iter(|| verify(&key, &Message::hash(black_box(root)), black_box(&signature)))
    });
    group.bench_function("hash and verify, bare blst", |b| {
        b.iter(|| black_box(&their_signature).verify(false, &[3; 32], TAG, &[], &their_key, false))
    });
    group.bench_function("verify, hash given", |b| {
        b.iter(|| verify(&key, &message, black_box(&signature)))
    });
    let (key, signature): (PublicKey, SignatureBytes) = (key.to_bytes(), signature.to_bytes());
    group.bench_function("decode key", |b| {
        b.iter(|| PublicPoint::from_bytes(black_box(&key)))
    });
    group.bench_function("decode key, bare blst", |b| {
        b.iter(|| min_pk::PublicKey::key_validate(black_box(key.as_bytes())))
    });
    group.bench_function("decode signature", |b| {
        b.iter(|| SignaturePoint::from_bytes(black_box(&signature)))
    });
    group.bench_function("decode signature, bare blst", |b| {
        b.iter(|| min_pk::Signature::sig_validate(black_box(signature.as_bytes()), true))
    });
    group.finish();
}

fn many(c: &mut Criterion<CpuTime>) {
    let message = Message::hash(Root::from([3; 32]));
    for validators in [1, 100, 1000] {
        let shares: Vec<SecretShare> = (0..validators).map(share).collect();
        let mut group = c.benchmark_group(format!("validators={validators}"));
        group.sample_size(10);
        group.bench_function("sign, hash given", |b| {
            b.iter(|| shares.iter().map(|s| s.sign(&message)).collect::<Vec<_>>())
        });
        let signed: Vec<(PublicPoint, SignaturePoint)> = shares
            .iter()
            .map(|s| (s.public(), s.sign(&message)))
            .collect();
        group.bench_function("verify, one message", |b| {
            b.iter(|| assert!(verify_same_message(&signed, &message, &SEED)))
        });
        let keys: Vec<Vec<u8>> = signed
            .iter()
            .map(|(k, _)| k.to_bytes().as_bytes().to_vec())
            .collect();
        let keys: Vec<min_pk::PublicKey> = keys
            .iter()
            .map(|k| min_pk::PublicKey::from_bytes(k).unwrap())
            .collect();
        let signatures: Vec<min_pk::Signature> = signed
            .iter()
            .map(|(_, s)| min_pk::Signature::from_bytes(s.to_bytes().as_bytes()).unwrap())
            .collect();
        let weights: Vec<u8> = (0..validators * 16)
            .map(|i| (i * 7 + i / 251) as u8)
            .collect();
        group.bench_function("verify, one message, bare blst", |b| {
            b.iter(|| {
                use blst::MultiPoint as _;
                let key = min_pk::PublicKey::from_aggregate(&keys.mult(&weights, 128));
                let signature = min_pk::Signature::from_aggregate(&signatures.mult(&weights, 128));
                signature.verify(false, &[3; 32], TAG, &[], &key, false)
            })
        });
        combining(&mut group, &shares, &message);
        group.finish();
    }
}

/// Combines for as many validators as there are shares.
fn combining(group: &mut BenchmarkGroup<'_, CpuTime>, shares: &[SecretShare], message: &Message) {
    for n in [4, 13] {
        let size = ClusterSize::of(n).unwrap();
        let first: Vec<(ShareIndex, SignaturePoint)> = size
            .all()
            .take(size.threshold())
            .zip(
                &shares
                    .iter()
                    .cycle()
                    .take(n)
                    .map(|s| s.sign(message))
                    .collect::<Vec<_>>(),
            )
            .map(|(peer, signature)| (peer.into(), *signature))
            .collect();
        let last: Vec<(ShareIndex, SignaturePoint)> = size
            .all()
            .rev()
            .zip(first.iter().map(|(_, signature)| *signature))
            .map(|(peer, signature)| (peer.into(), signature))
            .collect();
        for (subset, partials) in [("first", &first), ("last", &last)] {
            group.bench_function(format!("combine the {subset} t of n={n}"), |b| {
                b.iter(|| {
                    for _ in 0..shares.len() {
                        black_box(combine(black_box(partials)).unwrap());
                    }
                })
            });
        }
    }
}

criterion_group!(name = benches; config = cpu_time::criterion(); targets = one, many);
criterion_main!(benches);
