//! Sign, combine and verify for 1, 100 and 1,000 validators and n = 4 and 13, and decoding; beside
//! each the bare blst cost of the same curve work. `cargo bench -p dkg --bench signing`
//!
//! A peer signs with its own shares and verifies under group keys, so neither depends on n. How t
//! partial signatures become verified ones in a running peer: `cargo bench -p node --bench duty`.

#![allow(clippy::unwrap_used)] // a bench that cannot go on stops

mod beside;

use std::hint::black_box;

use blst::{MultiPoint as _, min_pk};
use criterion::{Criterion, criterion_group, criterion_main};
use dkg::bls::work::{Operation, Sample};
use dkg::bls::{
    Message, PublicPoint, SecretShare, SignaturePoint, UncheckedSignature, combine_unchecked,
    verify, verify_same_message,
};
use proto::{ClusterSize, PeerIndex, ShareIndex, SignatureBytes};

use beside::{Beside, CpuTime};

const TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const SEED: [u8; 32] = [7; 32];
const ROOT: [u8; 32] = [3; 32];
const VALIDATORS: [usize; 3] = [1, 100, 1000];

fn share(number: usize) -> SecretShare {
    let mut bytes = [1; 32];
    bytes[24..].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    SecretShare::from_bytes(&bytes).unwrap()
}

/// Numbers that look random, to multiply points with.
fn weights(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i * 7 + i / 251) as u8).collect()
}

fn one(c: &mut Criterion<CpuTime>) {
    let ours = share(0);
    let theirs = min_pk::SecretKey::from_bytes(&ours.to_bytes()[..]).unwrap();
    let hashed = || Message::hash(black_box(ROOT.into()));
    let (key, signature) = (ours.public(), ours.sign(&hashed()));
    let (their_key, their_signature) = (theirs.sk_to_pk(), theirs.sign(&ROOT, TAG, &[]));

    let mut costs = Beside::new(c, "hash and sign one");
    costs.cost("ours", 1, || black_box(&ours).sign(&hashed()));
    costs.cost("bare blst", 1, || theirs.sign(black_box(&ROOT), TAG, &[]));
    drop(costs);
    let mut costs = Beside::new(c, "hash and verify one");
    costs.cost("ours", 1, || verify(&key, &hashed(), black_box(&signature)));
    costs.cost("bare blst", 1, || {
        black_box(&their_signature).verify(false, &ROOT, TAG, &[], &their_key, false)
    });
    drop(costs);
    let (key, signature) = (key.to_bytes(), signature.to_bytes());
    let mut costs = Beside::new(c, "decode a public key");
    costs.cost("ours", 1, || PublicPoint::from_bytes(black_box(&key)));
    costs.cost("bare blst", 1, || {
        min_pk::PublicKey::key_validate(black_box(key.as_bytes()))
    });
    drop(costs);
    let mut costs = Beside::new(c, "decode a signature");
    costs.cost("ours", 1, || {
        SignaturePoint::from_bytes(black_box(&signature))
    });
    costs.cost("bare blst", 1, || {
        min_pk::Signature::sig_validate(black_box(signature.as_bytes()), true)
    });
}

/// One message, hashed once, signed with every share.
fn sign(c: &mut Criterion<CpuTime>) {
    let message = Message::hash(ROOT.into());
    let sample = Sample::default();
    for validators in VALIDATORS {
        let shares: Vec<SecretShare> = (0..validators).map(share).collect();
        let mut costs = Beside::new(c, format!("sign validators={validators}"));
        costs.cost("ours", 1, || {
            let signed = shares.iter().map(|share| share.sign(&message));
            signed.collect::<Vec<_>>()
        });
        // A sample does a few at a time.
        let at_once = sample.perform(Operation::Multiple);
        let parts = at_once.div_ceil(validators as u32);
        costs.cost("bare blst", parts, || {
            let mut done = 0;
            while done < parts * validators as u32 {
                done += sample.perform(Operation::Multiple);
            }
        });
    }
}

/// The signatures of one message under many keys, all at once.
fn verify_all(c: &mut Criterion<CpuTime>) {
    let message = Message::hash(ROOT.into());
    for validators in VALIDATORS {
        let shares: Vec<SecretShare> = (0..validators).map(share).collect();
        let signed: Vec<(PublicPoint, SignaturePoint)> = shares
            .iter()
            .map(|share| (share.public(), share.sign(&message)))
            .collect();
        let (keys, signatures): (Vec<_>, Vec<_>) = shares
            .iter()
            .map(|share| min_pk::SecretKey::from_bytes(&share.to_bytes()[..]).unwrap())
            .map(|secret| (secret.sk_to_pk(), secret.sign(&ROOT, TAG, &[])))
            .unzip();
        let weights = weights(validators * 8);
        let mut costs = Beside::new(c, format!("verify validators={validators}"));
        costs.cost("ours", 1, || {
            let message = Message::hash(black_box(ROOT.into()));
            assert!(verify_same_message(&signed, &message, &SEED))
        });
        costs.cost("bare blst", 1, || {
            if let ([key], [signature]) = (&keys[..], &signatures[..]) {
                return signature.verify(false, &ROOT, TAG, &[], key, false);
            }
            let key = min_pk::PublicKey::from_aggregate(&keys.mult(&weights, 64));
            let signature = min_pk::Signature::from_aggregate(&signatures.mult(&weights, 64));
            signature.verify(false, &ROOT, TAG, &[], &key, false)
        });
    }
}

/// For every validator the bytes of t partial signatures in, the group's out, checked to lie in
/// the group. Bare blst is its sum of multiples with coefficients modulo the group order; ours has
/// small integers instead, and a division only if the subset needs one, so it may be cheaper.
fn combine(c: &mut Criterion<CpuTime>) {
    let message = Message::hash(ROOT.into());
    for n in [4, 13] {
        let size = ClusterSize::of(n).unwrap();
        let t = size.threshold();
        let subsets: [(&str, Vec<PeerIndex>); 2] = [
            ("first", size.all().take(t).collect()),
            ("last", size.all().rev().take(t).collect()),
        ];
        let bytes: Vec<SignatureBytes> = (0..t)
            .map(|number| share(number).sign(&message).to_bytes())
            .collect();
        let coefficients = weights(t * 32);
        for validators in VALIDATORS {
            let name = format!("combine n={n} validators={validators}");
            let mut costs = Beside::new(c, name);
            for (which, peers) in &subsets {
                costs.cost(&format!("ours, the {which} t"), 1, || {
                    for _ in 0..validators {
                        let shares = peers.iter().zip(black_box(&bytes));
                        let decode = |(peer, bytes): (&PeerIndex, &SignatureBytes)| {
                            let share = UncheckedSignature::from_bytes(bytes).unwrap();
                            (ShareIndex::from(*peer), share)
                        };
                        let shares: Vec<_> = shares.map(decode).collect();
                        black_box(combine_unchecked(&shares).unwrap().to_bytes());
                    }
                });
            }
            costs.cost("bare blst", 1, || {
                for _ in 0..validators {
                    let decode = |bytes: &SignatureBytes| {
                        min_pk::Signature::from_bytes(bytes.as_bytes()).unwrap()
                    };
                    let shares: Vec<_> = black_box(&bytes).iter().map(decode).collect();
                    let sum = shares.mult(&coefficients, 255).to_signature();
                    black_box((sum.subgroup_check(), sum.to_bytes()));
                }
            });
        }
    }
}

criterion_group!(
    name = benches;
    config = beside::criterion();
    targets = one, sign, combine, verify_all
);
criterion_main!(benches);
