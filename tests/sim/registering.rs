//! Registrations with builders: what relays are told of the validators, and by whom.

use std::collections::{BTreeMap, BTreeSet};

use dkg::bls::{self, Message, PublicPoint, SignaturePoint};
use node_core::duties::Response;
use node_core::pool::agreement::example::policy;
use proto::eth::{SignedValidatorRegistration, ValidatorRegistration};
use proto::frame::{Frame, RegistrationShare};
use proto::{Address, PeerIndex, ValidatorPosition, Versions};

use crate::chain::FEE_RECIPIENT;
use crate::faults::Fault;
use crate::peer::BeaconNode;
use crate::scenarios::ms;
use crate::villains::{Means, Villain};
use crate::world::{FIRST, VALIDATORS, World};

/// What the beacon nodes have passed on.
#[derive(Debug, Default)]
pub struct Relays {
    /// Of each validator the latest.
    latest: BTreeMap<u32, ValidatorRegistration>,
    /// How often which peer's node has.
    told: BTreeMap<usize, usize>,
}

impl World {
    /// A beacon node passes registrations on, if it speaks. A relay refuses what is not signed by
    /// its validator, and of two keeps the later one.
    pub(crate) fn take_registrations(
        &mut self,
        peer: usize,
        speaks: bool,
        all: Vec<(ValidatorPosition, SignedValidatorRegistration)>,
    ) -> Response {
        let validators = all.iter().map(|(at, _)| *at).collect();
        for (at, signed) in all.into_iter().filter(|_| speaks) {
            if !self.is_signed(at, &signed) {
                let detail = format!("peer {peer} has a bad registration of {at} passed on");
                self.checks.violated("registration", detail);
            }
            let latest = self.relays.latest.entry(at.0).or_insert(signed.message);
            if latest.timestamp < signed.message.timestamp {
                *latest = signed.message;
            }
            *self.relays.told.entry(peer).or_default() += 1;
        }
        Response::Register(validators, speaks)
    }

    fn is_signed(&self, at: ValidatorPosition, signed: &SignedValidatorRegistration) -> bool {
        let version = self.chain.spec.genesis().genesis_fork_version;
        let message = Message::hash(signed.message.signing_root(version));
        let key = self.cluster.lock.validators[at.index()].public_key;
        let point = PublicPoint::from_bytes(&key).expect("the lock has good keys");
        let signature = SignaturePoint::from_bytes(&signed.signature);
        let is_right = signature.is_ok_and(|it| bls::verify(&point, &message, &it));
        is_right && signed.message.pubkey == key
    }

    /// Who has told relays of all validators, each with what is agreed on.
    fn registered(&self, timestamp: u64) -> BTreeSet<usize> {
        let all = self.relays.latest.values();
        let is_right = |it: &ValidatorRegistration| {
            let agreed = (it.gas_limit, it.timestamp) == (60_000_000, timestamp);
            agreed && it.fee_recipient == Address::from(FEE_RECIPIENT)
        };
        assert!(all.clone().all(is_right), "{:?}", self.relays);
        let told = self.relays.told.iter();
        let told = told.filter(|(_, times)| **times >= VALIDATORS);
        told.map(|(peer, _)| *peer).collect()
    }
}

/// The same shares, of something else.
pub fn bad_registrations(
    me: PeerIndex,
    mut shares: Vec<RegistrationShare>,
    means: &Means<'_>,
) -> Frame {
    let held = &means.cluster.outcomes[me.position()].validators;
    for share in &mut shares {
        let held = &held[share.partial.validator.index()].share;
        let other = held.sign(&Message::hash([0xbb; 32].into()));
        share.partial.signature = other.to_bytes();
    }
    Frame::RegistrationShares(shares)
}

/// A world whose peers have agreed on builders, but for these.
fn agreed(peers: usize, seed: u64, without: &[usize]) -> World {
    let mut world = World::new(peers, seed);
    for (at, peer) in world.peers.iter_mut().enumerate() {
        peer.builders = (!without.contains(&at)).then(|| policy(1));
    }
    world
}

#[test]
fn every_beacon_node_is_told_how_the_validators_register_while_one_peer_is_away() {
    for away in 0..4 {
        let mut world = agreed(4, 960, &[]);
        world.run_until(FIRST, ms(1));
        world.fault(Fault::Kill(away));
        world.run_to(FIRST + 4);
        world.assert_safe();
        let others = (0..4).filter(|peer| *peer != away).collect();
        assert_eq!(world.registered(1), others, "{}", world.name());
    }
}

#[test]
fn a_peer_whose_program_or_agreement_is_older_keeps_nobody_from_registering() {
    let mut world = agreed(4, 961, &[2]);
    world.run_to(FIRST + 4);
    world.assert_safe();
    assert_eq!(world.registered(1), [0, 1, 3].into());
    let mut world = agreed(4, 962, &[]);
    world.peers[1].versions = Versions::between(1, 4).unwrap();
    world.run_to(FIRST + 4);
    world.assert_safe();
    assert_eq!(world.registered(1), [0, 2, 3].into());
}

#[test]
fn what_is_restarted_or_has_lost_its_beacon_node_for_a_while_registers_again() {
    let mut world = agreed(4, 963, &[]);
    world.peers[3].beacon = BeaconNode::Dead;
    world.run_to(FIRST + 3);
    assert_eq!(world.registered(1), [0, 1, 2].into());
    world.peers[3].beacon = BeaconNode::Sound;
    world.fault(Fault::Kill(0));
    world.run_until(FIRST + 3, ms(500));
    world.fault(Fault::Start(0));
    world.relays.told.clear();
    // At once, and not in the epoch to come.
    world.run_to(FIRST + 7);
    world.assert_safe();
    assert!(world.registered(1).is_superset(&[0, 3].into()));
    world.run_to(FIRST + 24);
    assert_eq!(world.registered(1), [0, 1, 2, 3].into());
}

#[test]
fn a_liar_with_bad_shares_is_named_and_keeps_nobody_from_registering() {
    let mut world = agreed(4, 964, &[]);
    world.corrupt(1, Villain::BadShares);
    world.run_to(FIRST + 6);
    world.assert_safe();
    assert!(world.registered(1).is_superset(&[0, 2, 3].into()));
}
