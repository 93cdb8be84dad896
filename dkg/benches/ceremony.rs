//! The whole ceremony of n peers in one process, and the same curve work by bare blst: commitments,
//! decoding with group checks, partial signatures and their checks. Both for one peer: what all n
//! cost, divided by n. `cargo bench -p dkg --bench ceremony`

#![allow(clippy::unwrap_used)] // a bench that cannot go on stops

mod beside;

use std::collections::VecDeque;
use std::hint::black_box;

use blst::min_pk::{PublicKey, SecretKey, Signature};
use blst::{MultiPoint as _, blst_p1_affine, blst_p2_affine};
use criterion::{Criterion, criterion_group, criterion_main};
use dkg::ceremony::{Ceremony, Input, Output, Participant, Position};
use proto::ceremony::{Purpose, Terms};
use proto::{ClusterSize, Identity, Machine as _, PeerIndex, Root, Roster, Timestamp};

use beside::{Beside, CpuTime};

const TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// Peers and validators.
const CEREMONIES: [(usize, u16); 5] = [(4, 1), (4, 100), (4, 1000), (13, 1), (13, 30)];

fn machines(size: ClusterSize, validators: u16) -> Vec<Ceremony> {
    let identity = |peer: PeerIndex| Identity::from_seed(&[peer.position() as u8; 32]);
    let keys = size.all().map(|peer| identity(peer).public()).collect();
    let terms = Terms {
        definition: Root::ZERO,
        roster: Roster::new(keys).unwrap(),
        validators,
        purpose: Purpose::NewCluster,
    };
    let machine = |me: PeerIndex| {
        let who = Participant {
            terms: terms.clone(),
            me,
            identity: identity(me),
            seed: [me.position() as u8 + 1; 32].into(),
        };
        Ceremony::new(who, Position::default()).unwrap()
    };
    size.all().map(machine).collect()
}

/// Delivers everything in order until every peer is finished.
fn hold(size: ClusterSize, mut machines: Vec<Ceremony>) {
    let now = Timestamp::from_micros(1);
    let mut queue: VecDeque<(PeerIndex, Input)> = VecDeque::new();
    for one in size.all() {
        queue.extend(
            size.all()
                .filter(|p| *p != one)
                .map(|p| (one, Input::Up(p))),
        );
    }
    let mut finished = 0;
    while let Some((me, input)) = queue.pop_front() {
        for output in machines[me.position()].handle(now, input) {
            match output {
                Output::Send(to, bytes) => queue.push_back((to, Input::Frame(me, bytes))),
                Output::Broadcast(bytes) => {
                    let others = size.all().filter(|p| *p != me);
                    queue.extend(others.map(|p| (p, Input::Frame(me, bytes.clone()))));
                }
                Output::Store(outcome) => {
                    let transcript = outcome.transcript;
                    let lock = Root::ZERO;
                    queue.push_back((me, Input::Stored { transcript, lock }));
                }
                Output::Finished(_) => finished += 1,
                Output::Persist(_) | Output::Remember(_) => {}
                Output::Progress(_) | Output::Closed => {}
                Output::Fault(..) | Output::Contradicted(..) | Output::Blame(_) => {
                    panic!("nobody cheats here")
                }
                Output::Opened(_) | Output::Refused(_) => panic!("there is one attempt"),
            }
        }
        if machines[me.position()].deadline().is_some() {
            queue.push_back((me, Input::Tick));
        }
    }
    assert_eq!(finished, size.peers());
}

/// What no implementation of this protocol can leave out, for one peer and `keys` keys.
fn bare_blst(size: ClusterSize, keys: usize) {
    let (peers, threshold) = (size.peers(), size.threshold());
    let secret = SecretKey::key_gen(&[1; 32], &[]).unwrap();
    let public = secret.sk_to_pk().to_bytes();
    let signature = secret.sign(&[0; 32], TAG, &[]);
    let encoded = signature.to_bytes();
    for _ in 0..keys * (threshold + 1) {
        // Commitments and the nonce of the proof of knowledge.
        black_box(black_box(&secret).sk_to_pk());
    }
    for _ in 0..(peers - 1) * keys * (threshold + 1) {
        // The others' commitments and nonces.
        black_box(PublicKey::key_validate(black_box(&public)).unwrap());
    }
    let point: [blst_p2_affine; 1] = [signature.into()];
    for _ in 0..keys {
        // The own partial signatures.
        black_box(black_box(&point[..]).mult(&secret.to_bytes(), 255));
    }
    for _ in 0..peers * keys {
        black_box(Signature::sig_validate(black_box(&encoded), true).unwrap());
    }
    let g1: Vec<blst_p1_affine> = vec![secret.sk_to_pk().into(); keys];
    let g2: Vec<blst_p2_affine> = vec![signature.into(); keys];
    let weights: Vec<u8> = (0..keys * 32).map(|i| (i * 7 + i / 251) as u8).collect();
    for _ in 0..(peers - 1) * (threshold + 1) {
        // Feldman checks and the nonces of the proofs of knowledge.
        black_box(g1.mult(&weights[..keys * 16], 128));
    }
    for _ in 0..peers - 1 {
        black_box(g1.mult(&weights, 255));
    }
    for _ in 0..peers {
        black_box(g1.mult(&weights[..keys * 16], 128));
        black_box(g2.mult(&weights[..keys * 16], 128));
        let verified = signature.verify(false, &[0; 32], TAG, &[], &secret.sk_to_pk(), false);
        black_box(verified);
    }
}

fn ceremonies(c: &mut Criterion<CpuTime>) {
    for (peers, validators) in CEREMONIES {
        let size = ClusterSize::of(peers).unwrap();
        let mut costs = Beside::new(c, format!("ceremony n={peers} validators={validators}"));
        let whole = (
            || machines(size, validators),
            |machines| hold(size, machines),
        );
        costs.cost_with("one peer", peers as u32, whole);
        let keys = usize::from(validators) + 1;
        costs.cost("bare blst", 1, || bare_blst(size, keys));
    }
}

criterion_group!(name = benches; config = beside::criterion(); targets = ceremonies);
criterion_main!(benches);
