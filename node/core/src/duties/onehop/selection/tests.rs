//! What is kept of selection proofs. Who signs and combines them when, the simulator's scripts
//! tell.

use std::collections::BTreeMap;

use proto::{ClusterSize, SignatureBytes, WireVersion};

use super::*;
use crate::duties::onehop::four::{self, Ground, secret, share};
use crate::partials::keys::{ClusterKeys, ValidatorKeys};
use crate::record::{Entry, History, Journal, Owner, SimulatedDisk};
use crate::vault::Held;

const NOW: Slot = Slot(40); // Of epoch 5: eight slots an epoch.
const VALIDATOR: ValidatorPosition = ValidatorPosition(0);

fn attesters(slot: Slot) -> Electorate {
    Electorate {
        slot,
        subcommittee: None,
    }
}

/// The first of four peers, of a cluster with one validator.
struct Peer {
    ground: Ground,
    selections: Selections,
}

impl Peer {
    fn new() -> Self {
        let size = ClusterSize::of(4).unwrap();
        let shares = (0..4).map(|peer| share(0, peer).public().to_bytes());
        let keys = ClusterKeys::new(
            size,
            vec![ValidatorKeys {
                public_key: secret(5).public().to_bytes(),
                group: secret(5).public(),
                shares: shares.collect(),
            }],
        );
        let facts = four::facts(0, [4; 32].into(), keys);
        let mut history = History::default();
        history
            .add(Entry::Enrolled(facts.keys.public_keys()))
            .unwrap();
        let owner = Owner {
            cluster: facts.lock,
            identity: facts.identity.public(),
        };
        let journal = Journal::create(SimulatedDisk::new(), owner, history).unwrap();
        let held = Held {
            group_key: secret(5).public().to_bytes(),
            share: share(0, 0),
            deposits: None,
        };
        Self {
            ground: Ground::new(facts, WireVersion::V6, vec![held], &journal),
            selections: Selections::default(),
        }
    }

    fn act<T>(&mut self, act: impl FnOnce(&mut Selections, &mut Step<'_>) -> T) -> T {
        let now = self.ground.facts.chain.start_of(NOW);
        let mut step = self.ground.step(now);
        act(&mut self.selections, &mut step)
    }

    /// A peer sends its right part for `slot`, of this validator.
    fn hear(&mut self, peer: u8, slot: Slot, validator: u32) {
        let root = Signable::selection(&self.ground.facts.chain, slot).signing_root();
        let signature = share(0, peer).sign(&Message::hash(root)).to_bytes();
        self.hear_this(peer, slot, validator, signature);
    }

    fn hear_this(&mut self, peer: u8, slot: Slot, validator: u32, signature: SignatureBytes) {
        let from = self.ground.index(peer.into());
        let validator = ValidatorPosition(validator);
        let partials = vec![Partial {
            validator,
            signature,
        }];
        let of = attesters(slot);
        let shares = SelectionShares { of, partials };
        self.act(|selections, step| selections.take(from, &shares, step));
    }

    fn kept(&self) -> usize {
        self.selections.epochs.values().map(BTreeMap::len).sum()
    }

    fn work(&mut self, slot: Slot) -> Vec<(ValidatorPosition, SignatureBytes)> {
        self.act(|selections, step| selections.work(attesters(slot), &[VALIDATOR], step))
    }

    fn chores(&mut self, slots: &[u64]) -> Vec<Slot> {
        let lack = slots
            .iter()
            .map(|slot| (attesters(Slot(*slot)), vec![VALIDATOR]));
        let lack = lack.collect();
        let chores = self.act(|selections, step| selections.begin(lack, step));
        chores.into_iter().map(|of| of.slot).collect()
    }
}

#[test]
fn t_parts_are_the_signature_of_the_group_key() {
    let mut peer = Peer::new();
    let slot = Slot(50);
    peer.hear(1, slot, 0);
    assert_eq!(peer.work(slot), [], "two of three parts");
    peer.hear(2, slot, 0);
    let whole = peer.work(slot);
    let root = Signable::selection(&peer.ground.facts.chain, slot).signing_root();
    let expected = secret(5).sign(&Message::hash(root)).to_bytes();
    assert_eq!(whole, [(VALIDATOR, expected)]);
}

#[test]
fn a_bad_part_is_dropped_and_its_peer_named_and_the_right_ones_do() {
    let mut peer = Peer::new();
    let slot = Slot(50);
    peer.hear(1, slot, 0);
    peer.hear_this(2, slot, 0, [0xaa; 96].into());
    assert_eq!(peer.work(slot), []);
    let blamed = |output: &crate::duties::Output| {
        let text = format!("{output:?}");
        text.contains("BadShare") && text.contains("slot 50")
    };
    assert_eq!(
        peer.ground
            .out
            .iter()
            .filter(|output| blamed(output))
            .count(),
        1
    );
    assert_eq!(peer.kept(), 2, "the own part, and the first peer's");
    assert_eq!(peer.chores(&[50]), [], "nor is it tried again");
    peer.hear(3, slot, 0);
    assert_eq!(peer.work(slot).len(), 1);
}

#[test]
fn of_a_peer_one_part_for_each_validator_and_epoch_is_kept() {
    let mut peer = Peer::new();
    (48..56).for_each(|slot| peer.hear(1, Slot(slot), 0));
    assert_eq!(peer.kept(), 1);
    peer.hear(1, Slot(41), 0);
    peer.hear(2, Slot(41), 0);
    assert_eq!(peer.kept(), 3);
}

#[test]
fn what_is_of_another_epoch_than_this_and_the_next_or_of_a_stranger_is_not_kept() {
    let mut peer = Peer::new();
    for slot in [39, 56, 57, u64::MAX] {
        peer.hear(1, Slot(slot), 0);
    }
    peer.hear(1, Slot(41), 1);
    assert_eq!(peer.kept(), 0);
    peer.hear(1, Slot(40), 0);
    peer.hear(1, Slot(55), 0);
    assert_eq!(peer.kept(), 2);
    let (slots, epochs) = near(Slot(48), &peer.ground.facts.chain);
    peer.selections.keep_only(&slots, &epochs);
    assert_eq!(peer.kept(), 1);
    let (slots, epochs) = near(Slot(32), &peer.ground.facts.chain);
    peer.selections.keep_only(&slots, &epochs);
    assert_eq!(peer.kept(), 0, "of a clock that was ahead");
}

#[test]
fn a_slot_has_eight_chores_the_nearest_first_and_each_once() {
    let mut peer = Peer::new();
    let slots: Vec<u64> = (41..56).collect();
    assert!(peer.selections.may_begin(NOW));
    let chores = peer.chores(&slots);
    assert_eq!(chores, (41..49).map(Slot).collect::<Vec<_>>());
    peer.hear(1, Slot(41), 0);
    assert!(!peer.selections.may_begin(NOW));
    assert!(peer.selections.may_begin(NOW.next()));
}

#[test]
fn attesters_never_wait_for_members_of_all_subcommittees() {
    let mut peer = Peer::new();
    let members = [41, 42].map(Slot).into_iter().flat_map(|slot| {
        let subcommittees = proto::Subcommittee::ALL.map(Some);
        subcommittees.map(|subcommittee| Electorate { slot, subcommittee })
    });
    let members: Vec<Electorate> = members.collect();
    let slots = (41..56).map(|slot| attesters(Slot(slot)));
    let all: Vec<Electorate> = members.iter().copied().chain(slots).collect();
    let lack = all.iter().map(|of| (*of, vec![VALIDATOR])).collect();
    let chores = peer.act(|selections, step| selections.begin(lack, step));
    assert_eq!(chores, all[..members.len() + PACE]);
}

#[test]
fn what_waits_for_others_is_no_chore_until_a_part_comes() {
    let mut peer = Peer::new();
    assert_eq!(peer.chores(&[41]), [Slot(41)]);
    peer.work(Slot(41));
    assert_eq!(peer.chores(&[41]), []);
    assert!(!peer.selections.may_begin(NOW));
    peer.hear(1, Slot(41), 0);
    assert!(peer.selections.may_begin(NOW));
    assert_eq!(peer.chores(&[41]), [], "two parts are too few");
    peer.hear(2, Slot(41), 0);
    assert_eq!(peer.chores(&[41]), [Slot(41)]);
}

#[test]
fn a_peer_that_comes_back_hears_what_it_missed() {
    let mut peer = Peer::new();
    peer.work(Slot(50));
    peer.hear(1, Slot(50), 0);
    let sent = peer.selections.sent(peer.ground.facts.me);
    let [Frame::SelectionShares(shares)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!((shares.of, shares.partials.len()), (attesters(Slot(50)), 1));
}

#[test]
fn parts_of_members_are_kept_for_the_next_slots_and_are_of_their_subcommittee() {
    let mut peer = Peer::new();
    let of = |slot: u64, index: u64| Electorate {
        slot: Slot(slot),
        subcommittee: proto::Subcommittee::new(index),
    };
    let signed = |peer: &Peer, of: Electorate, by: u8| {
        let root = signable(of, &peer.ground.facts.chain).signing_root();
        share(0, by).sign(&Message::hash(root)).to_bytes()
    };
    for (slot, index) in [(39, 0), (44, 0), (42, 1)] {
        let of = of(slot, index);
        for by in [1, 2] {
            let from = peer.ground.index(by.into());
            let partials = vec![Partial {
                validator: VALIDATOR,
                signature: signed(&peer, of, by),
            }];
            let shares = SelectionShares { of, partials };
            peer.act(|selections, step| selections.take(from, &shares, step));
        }
    }
    assert_eq!(
        peer.selections.members.len(),
        1,
        "neither over nor far ahead"
    );
    let work =
        |peer: &mut Peer, of| peer.act(|selections, step| selections.work(of, &[VALIDATOR], step));
    assert_eq!(work(&mut peer, of(42, 0)), [], "another subcommittee");
    assert_eq!(work(&mut peer, of(42, 1)).len(), 1);
}
