//! What one head vote costs in computation: all peers of a cluster from their own value to t
//! commitments, messages passed in memory. Beside it the same number of bare ed25519 signatures and
//! verifications, so that the overhead shows as a ratio. `cargo bench -p consensus`

#[path = "../../dkg/benches/beside/mod.rs"]
mod beside;

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use consensus::{Input, Instance, Opening, Output, Setup, Standing, Timing, Value};
use criterion::{Criterion, criterion_group, criterion_main};
use proto::vote::{Message, Partial, Prepare, Scope};
use proto::{
    ClusterSize, DutyId, DutyKind, Identity, PeerIndex, Root, Roster, Round, SignatureBytes, Slot,
    Timestamp, ValidatorPosition,
};

use beside::{Beside, CpuTime};

const NOW: Timestamp = Timestamp::from_micros(4_000_000);

/// A head vote of 128 bytes whose hash is its first 32.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Vote([u8; 128]);

impl Value for Vote {
    fn hash(&self) -> Root {
        Root::try_from(&self.0[..32]).expect("32 bytes")
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

struct Cluster {
    roster: Arc<Roster>,
    identities: Vec<Identity>,
    peers: Vec<PeerIndex>,
    scope: Scope,
}

impl Cluster {
    fn of(n: usize) -> Self {
        let seeds = 1..=u8::try_from(n).expect("at most 13");
        let identities: Vec<Identity> = seeds.map(|i| Identity::from_seed(&[i; 32])).collect();
        let keys = identities.iter().map(Identity::public).collect();
        let duty = DutyId {
            slot: Slot(1),
            kind: DutyKind::Head,
        };
        Self {
            roster: Arc::new(Roster::new(keys).expect("3 to 13 peers")),
            identities,
            peers: ClusterSize::of(n).expect("3 to 13 peers").all().collect(),
            scope: Scope {
                lock: Root::ZERO,
                duty,
            },
        }
    }

    fn instance(&self, peer: usize) -> Instance<Vote> {
        Instance::new(Setup {
            scope: self.scope,
            opening: Opening::Leaderless,
            roster: self.roster.clone(),
            me: self.peers[peer],
            identity: self.identities[peer].clone(),
            timing: Timing {
                start: NOW,
                grace: Duration::from_millis(300),
                round: Duration::from_millis(1000),
                pull: Duration::from_millis(200),
            },
            standing: Standing::Voting,
        })
    }

    /// Runs one duty; returns how many peers have decided.
    fn run(&self) -> usize {
        let n = self.peers.len();
        let mut instances: Vec<_> = (0..n).map(|peer| self.instance(peer)).collect();
        let mut inbox: VecDeque<(usize, Input<Vote>)> = (0..n)
            .map(|peer| (peer, Input::Candidate(Vote([7; 128]))))
            .collect();
        let mut decided = 0;
        while let Some((peer, input)) = inbox.pop_front() {
            for output in instances[peer].handle(NOW, input) {
                match output {
                    Output::Broadcast(message) => self.broadcast(peer, &message, &mut inbox),
                    Output::Sign { .. } => inbox.push_back((peer, recorded())),
                    Output::Decided { .. } => decided += 1,
                    Output::Committed { .. } => {}
                    Output::Send(..)
                    | Output::WantCandidate { .. }
                    | Output::Judge { .. }
                    | Output::Exhausted
                    | Output::Fault { .. }
                    | Output::Evidence(_) => unreachable!("all peers see one head"),
                }
            }
        }
        decided
    }

    fn broadcast(&self, from: usize, sent: &Message, inbox: &mut VecDeque<(usize, Input<Vote>)>) {
        for to in (0..self.peers.len()).filter(|to| *to != from) {
            let (message, from) = (sent.clone(), self.peers[from]);
            inbox.push_back((to, Input::Message { from, message }));
        }
    }

    /// The identity signatures and verifications that a duty cannot do without: each peer signs
    /// twice, and verifies both statements of each other peer.
    fn bare(&self) -> usize {
        let n = self.peers.len();
        let vote = || Prepare {
            scope: self.scope,
            round: Round::ZERO,
            value: Root::ZERO,
        };
        let sign = |peer: usize| self.identities[peer].sign(self.peers[peer], vote());
        let signed: Vec<_> = (0..n).flat_map(|peer| [sign(peer), sign(peer)]).collect();
        (0..n)
            .flat_map(|_| signed.iter().skip(2))
            .filter(|one| black_box((**one).clone().into_signed().verify(&self.roster)).is_ok())
            .count()
    }
}

fn recorded() -> Input<Vote> {
    Input::Recorded {
        sequence: 1,
        partials: vec![Partial {
            validator: ValidatorPosition(0),
            signature: SignatureBytes::from([1; 96]),
        }],
    }
}

fn instance(criterion: &mut Criterion<CpuTime>) {
    for n in [4, 13] {
        let cluster = Cluster::of(n);
        assert_eq!(cluster.run(), n);
        let mut costs = Beside::new(criterion, format!("instances of all peers n={n}"));
        costs.cost("ours", 1, || cluster.run());
        costs.cost("bare ed25519", 1, || cluster.bare());
    }
}

criterion_group!(name = benches; config = beside::criterion(); targets = instance);
criterion_main!(benches);
