//! Four peers with shares of two validators' keys, for the tests of this room.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use dkg::bls::SecretShare;
use proto::definition::{Chain, Draft, Version, Withdrawal};
use proto::lock::{Contents, Lock, Validator};
use proto::{Identity, PeerIndex, Root, Roster, Timestamp, WireVersion, example};

use crate::duties::Output;
use crate::duties::facts::{ClusterFacts, Step};
use crate::duties::payees::Payees;
use crate::duties::peers::Peers;
use crate::partials::keys::ClusterKeys;
use crate::pool::agreement::BuilderPolicy;
use crate::record::{Journal, Recorded, SimulatedDisk};
use crate::vault::{Held, Vault};

pub fn secret(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

/// The shares of the secret 5, and of 6: that many + 3x + 2x².
pub fn share(validator: u8, peer: u8) -> SecretShare {
    let x = peer + 1;
    secret(5 + validator + 3 * x + 2 * x * x)
}

/// The lock of the four, made once.
pub fn lock() -> Lock {
    static LOCK: OnceLock<Lock> = OnceLock::new();
    LOCK.get_or_init(|| make_lock(Version::V1)).clone()
}

/// The same with a seal key for pre-signed exits: 7 + 3x.
pub fn presigning_lock() -> Lock {
    static LOCK: OnceLock<Lock> = OnceLock::new();
    LOCK.get_or_init(|| make_lock(Version::V2)).clone()
}

/// The share of that seal key that the peer at this place holds.
pub fn exit_share(peer: u8) -> SecretShare {
    secret(7 + 3 * (peer + 1))
}

fn make_lock(version: Version) -> Lock {
    let identities = example::identities(4);
    let draft = example::draft(&identities);
    let draft = Draft {
        version,
        validators: 2,
        withdrawal: Withdrawal::Later,
        chain: Chain {
            name: "our own".to_owned(),
            execution_chain_id: 31_337,
            genesis_fork_version: [0; 4].into(),
            genesis_validators_root: [1; 32].into(),
            ..draft.chain
        },
        ..draft
    };
    let validator = |of: u8| Validator {
        public_key: secret(5 + of).public().to_bytes(),
        share_public_keys: (0..4).map(|p| share(of, p).public().to_bytes()).collect(),
    };
    let contents = Contents {
        definition: example::agreed(draft, &identities),
        validators: [0, 1].map(validator).into(),
        seal_commitment: [0x71, 0x72, 0x73].map(|byte| [byte; 48].into()).into(),
        exit_seal_commitment: version
            .has_exit_key()
            .then(|| [7, 3].map(|of| secret(of).public().to_bytes()).into()),
        transcript_hash: Root::ZERO,
        keystore_salt: Root::ZERO,
    };
    example::witnessed(contents, &identities)
}

/// What the peer at this place knows of a cluster with this lock and these keys.
pub fn facts(me: usize, lock: Root, keys: ClusterKeys) -> ClusterFacts {
    let identities = example::identities(4);
    let roster = Roster::new(identities.iter().map(Identity::public).collect()).unwrap();
    ClusterFacts {
        chain: Arc::new(example::chain([1; 32].into(), &[])),
        lock,
        me: roster.size().peer(me).unwrap(),
        roster: Arc::new(roster),
        identity: identities[me].clone(),
        keys,
        fee_recipients: Vec::new(),
        seed: [7; 32],
    }
}

/// What a peer's steps stand on.
pub struct Ground {
    pub facts: ClusterFacts,
    pub vault: Vault,
    pub peers: Peers,
    payees: Payees,
    pub builders: Option<BuilderPolicy>,
    pub recorded: Recorded,
    pub out: Vec<Output>,
}

impl Ground {
    /// All others are there, and speak this version. The shares are these, and the record is there.
    pub fn new(
        facts: ClusterFacts,
        version: WireVersion,
        held: Vec<Held>,
        journal: &Journal<SimulatedDisk>,
    ) -> Self {
        let size = facts.roster.size();
        let mut peers = Peers::new(size, facts.me, BTreeMap::new());
        for other in size.all().filter(|other| *other != facts.me) {
            peers.set_up(other, version);
        }
        Self {
            vault: Vault::open(size, held, journal.history().clone()).unwrap(),
            recorded: journal.recorded(),
            peers,
            payees: Payees::default(),
            builders: None,
            out: Vec::new(),
            facts,
        }
    }

    /// A step at this moment.
    pub fn step(&mut self, now: Timestamp) -> Step<'_> {
        Step {
            facts: &self.facts,
            vault: &mut self.vault,
            peers: &mut self.peers,
            payees: &mut self.payees,
            is_mute: false,
            builders: self.builders.as_ref(),
            blobs: self.facts.chain.blobs(),
            recorded: self.recorded,
            now,
            out: &mut self.out,
        }
    }

    /// The peer at this place.
    pub fn index(&self, peer: usize) -> PeerIndex {
        self.facts.roster.size().peer(peer).unwrap()
    }
}
