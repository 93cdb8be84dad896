//! What reading a COMMIT costs: for 1, 31 and 1,000 partial signatures and the certificate of
//! n = 4 and 13, beside one bare ed25519 verification, which every message costs anyhow.
//! `cargo bench -p consensus --bench decoding`

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use proto::vote::{Commit, Committal, Message, Partial, Prepare, Scope, Signatures};
use proto::{ClusterSize, DutyId, DutyKind, Identity, Root, Roster, Round, SignatureBytes, Slot};

const SCOPE: Scope = Scope {
    lock: Root::ZERO,
    duty: DutyId {
        slot: Slot(1),
        kind: DutyKind::Head,
    },
};

fn commit(size: ClusterSize, identity: &Identity, validators: u32) -> Message {
    let partial = |validator| Partial {
        validator,
        signature: SignatureBytes::from([1; 96]),
    };
    let prepare = Prepare {
        scope: SCOPE,
        round: Round::ZERO,
        value: Root::ZERO,
    };
    let commit = Commit {
        scope: SCOPE,
        round: Round::ZERO,
        value: Root::ZERO,
        sequence: 1,
        partials: (0..validators).map(partial).collect(),
    };
    let first = size.peer(0).expect("there are peers");
    let quorum = size.all().take(size.threshold());
    let signatures: BTreeMap<_, _> = quorum.map(|p| (p, identity.sign_bare(&prepare))).collect();
    Message::Commit(Committal {
        signed: identity.sign(first, commit).into_signed(),
        certificate: Signatures(signatures),
    })
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode a COMMIT");
    for n in [4_u8, 13] {
        let size = ClusterSize::of(n.into()).expect("3 to 13 peers");
        let identities: Vec<Identity> = (1..=n).map(|i| Identity::from_seed(&[i; 32])).collect();
        let first = size.peer(0).expect("there are peers");
        for validators in [1, 31, 1000] {
            let bytes = commit(size, &identities[0], validators).encode();
            let name = format!("n={n}, {validators} validators, {} bytes", bytes.len());
            group.bench_function(name, |b| {
                b.iter(|| {
                    Message::decode(Root::ZERO, size, first, black_box(&bytes)).expect("a COMMIT")
                });
            });
        }
        let roster = Roster::new(identities.iter().map(Identity::public).collect());
        let roster = roster.expect("3 to 13 peers");
        let statement = Prepare {
            scope: SCOPE,
            round: Round::ZERO,
            value: Root::ZERO,
        };
        let signed = identities[0].sign(first, statement).into_signed();
        group.bench_function(format!("n={n}, one bare verification"), |b| {
            b.iter(|| black_box(signed.clone()).verify(&roster).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, decoding);
criterion_main!(benches);
