//! What a COMMIT costs the peer that receives it: from the bytes of a session through frame and
//! vote message to an instance that has verified it, for 1, 31 and 1,000 partial signatures and
//! the certificate of n = 4 and 13. Beside it the bare ed25519 verifications, one of the message
//! and t of the certificate. (The partial signatures themselves are verified when they are
//! combined.) `cargo bench -p node --bench receive`

#[path = "../../dkg/benches/beside/mod.rs"]
mod beside;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use consensus::{Input, Instance, Opening, Output, Setup, Standing, Timing};
use criterion::{Criterion, criterion_group, criterion_main};
use node_core::duties::agreed::value::Value;
use proto::frame::{Frame, MAX_FRAME};
use proto::session;
use proto::vote::{Commit, Committal, Message, Partial, Prepare, Scope, Signatures};
use proto::{
    DutyId, DutyKind, Identity, PeerIndex, Root, Roster, Round, SignatureBytes, Slot, Timestamp,
    ValidatorPosition, example,
};

use beside::{Beside, CpuTime};

const SCOPE: Scope = Scope {
    lock: Root::ZERO,
    duty: DutyId {
        slot: Slot(1),
        kind: DutyKind::Head,
    },
};

const PREPARE: Prepare = Prepare {
    scope: SCOPE,
    round: Round::ZERO,
    value: Root::ZERO,
};

const NOW: Timestamp = Timestamp::from_micros(4_000_000);

/// All peers; the last one receives what the first one sends.
struct Cluster {
    identities: Vec<Identity>,
    roster: Arc<Roster>,
    peers: Vec<PeerIndex>,
}

impl Cluster {
    fn of(n: usize) -> Self {
        let identities = example::identities(n);
        let keys = identities.iter().map(Identity::public).collect();
        let roster = Roster::new(keys).expect("3 to 13 peers");
        Self {
            peers: roster.size().all().collect(),
            roster: Arc::new(roster),
            identities,
        }
    }

    fn threshold(&self) -> usize {
        self.roster.size().threshold()
    }

    /// The COMMIT of the first peer as it lies in the session's buffer.
    fn sent(&self, validators: u32) -> BytesMut {
        let partial = |validator| Partial {
            validator: ValidatorPosition(validator),
            signature: SignatureBytes::from([1; 96]),
        };
        let commit = Commit {
            scope: SCOPE,
            round: PREPARE.round,
            value: PREPARE.value,
            sequence: 1,
            partials: (0..validators).map(partial).collect(),
        };
        let quorum = self.peers.iter().zip(&self.identities);
        let signatures: BTreeMap<_, _> = quorum
            .take(self.threshold())
            .map(|(peer, identity)| (*peer, identity.sign_bare(&PREPARE)))
            .collect();
        let signed = self.identities[0].sign(self.peers[0], commit);
        let commit = Message::Commit(Committal {
            signed: signed.into_signed(),
            certificate: Signatures(signatures),
            proposal: None,
        });
        let frame = Frame::Vote(commit.encode()).encode();
        let mut bytes = BytesMut::new();
        session::Message::Frame(Bytes::from(frame)).encode(&mut bytes);
        bytes
    }

    /// The receiver's instance, which has heard nothing yet.
    fn instance(&self) -> Instance<Value> {
        let last = self.peers.len() - 1;
        Instance::new(Setup {
            scope: SCOPE,
            opening: Opening::Leaderless,
            roster: self.roster.clone(),
            me: self.peers[last],
            identity: self.identities[last].clone(),
            timing: Timing {
                start: NOW,
                grace: Duration::from_millis(300),
                round: Duration::from_millis(1000),
                pull: Duration::from_millis(200),
            },
            standing: Standing::Abstaining,
        })
    }

    /// What the network layer and the core do with bytes that arrived.
    fn decode(&self, mut arrived: BytesMut) -> Message {
        let taken = session::Message::take(&mut arrived, MAX_FRAME).expect("within bounds");
        let Some(session::Message::Frame(frame)) = taken else {
            panic!("a whole frame was sent");
        };
        let Ok(Frame::Vote(vote)) = Frame::decode(&frame) else {
            panic!("a vote was sent");
        };
        let size = self.roster.size();
        Message::decode(SCOPE.lock, size, self.peers[0], &vote).expect("a COMMIT")
    }

    fn receive(&self, (mut instance, arrived): (Instance<Value>, BytesMut)) -> Instance<Value> {
        let (from, message) = (self.peers[0], self.decode(arrived));
        let outputs = instance.handle(NOW, Input::Message { from, message });
        let refused = |output: &Output<Value>| matches!(output, Output::Fault { .. });
        assert!(!outputs.iter().any(refused), "the COMMIT is good");
        instance
    }
}

fn receive(criterion: &mut Criterion<CpuTime>) {
    for n in [4, 13] {
        let cluster = Cluster::of(n);
        for validators in [1, 31, 1000] {
            let bytes = cluster.sent(validators);
            let name = format!("receive a COMMIT n={n} validators={validators}");
            let mut costs = Beside::new(criterion, name);
            let decode = (|| bytes.clone(), |bytes| cluster.decode(bytes));
            costs.cost_with("ours, decoded", 1, decode);
            let supply = || (cluster.instance(), bytes.clone());
            let receive = (supply, |arrived| cluster.receive(arrived));
            costs.cost_with("ours, decoded and verified", 1, receive);
            let signed = cluster.identities[0].sign(cluster.peers[0], PREPARE);
            let signed = signed.into_signed();
            costs.cost("bare ed25519", 1, || {
                for _ in 0..=cluster.threshold() {
                    assert!(black_box(signed.clone()).verify(&cluster.roster).is_ok());
                }
            });
        }
    }
}

criterion_group!(name = benches; config = beside::criterion(); targets = receive);
criterion_main!(benches);
