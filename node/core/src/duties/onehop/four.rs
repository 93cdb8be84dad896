//! Four peers with shares of two validators' keys, for the tests of this room.

use std::collections::BTreeMap;
use std::sync::Arc;

use dkg::bls::SecretShare;
use proto::{Identity, Root, Roster, WireVersion, example};

use crate::duties::facts::ClusterFacts;
use crate::duties::peers::Peers;
use crate::partials::keys::ClusterKeys;

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

/// All others are there, and speak this version.
pub fn peers(facts: &ClusterFacts, version: WireVersion) -> Peers {
    let size = facts.roster.size();
    let mut peers = Peers::new(size, facts.me, BTreeMap::new());
    for other in size.all().filter(|other| *other != facts.me) {
        peers.set_up(other, version);
    }
    peers
}
