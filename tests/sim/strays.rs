//! What the chain has of our validators, shown to every peer as if it knew of none of it: nothing
//! that the cluster has signed may be called foreign, whatever a peer has missed or was told.
//!
//! Here beside the invariant are the scripts of what is foreign.

use std::collections::BTreeSet;

use node_core::duties::Input;
use node_core::duties::note::{Halt, Miss, Note};
use node_core::outcome::{Bears, Foreign, Owed, Stray, Work};
use node_core::vault::Signable;
use proto::eth::{BeaconBlockHeader, HeadVote, hash_tree_root};
use proto::frame::{Frame, Greeting};
use proto::{DutyId, DutyKind, Root, SignatureBytes, Slot};

use crate::bids::{Manner, with_relay};
use crate::draws::index_of;
use crate::faults::Fault;
use crate::scenarios::{head, ms};
use crate::villains::VILLAINS;
use crate::world::{FIRST, World};

/// After how many slots it is shown: every duty is closed then, whatever the clocks say.
const AFTER: u64 = 4;

/// This vote of one of our validators, as some block carries it.
fn carried(validator: u32, data: HeadVote) -> Stray {
    Stray {
        owed: Owed {
            slot: data.slot,
            work: Work::Attestation,
            index: index_of(validator),
        },
        block: Root::ZERO,
        bears: Bears::Vote(data),
    }
}

/// This block of one of our validators.
fn made((validator, header, signature): (u32, BeaconBlockHeader, SignatureBytes)) -> Stray {
    Stray {
        owed: Owed {
            slot: header.slot,
            work: Work::Block,
            index: index_of(validator),
        },
        block: hash_tree_root(&header),
        bears: Bears::Block(header, signature),
    }
}

impl World {
    /// Shows every peer what was signed some slots ago.
    pub(crate) fn show_strays(&mut self, now: Slot) {
        let slot = Slot(now.0.saturating_sub(AFTER));
        let votes = self.chain.votes.range((slot, 0)..(slot.next(), 0));
        let mut all: Vec<Stray> = votes
            .map(|((_, of), (data, _))| carried(*of, *data))
            .collect();
        let block = self.chain.signed_blocks.get(&slot).copied();
        all.extend(block.map(made));
        for peer in 0..self.peers.len() {
            for stray in &all {
                let before = self.halted.len();
                self.feed(peer, Input::Stray(*stray));
                if self.halted.len() > before && self.peers[peer].is_correct() {
                    let detail = format!("peer {peer} takes for foreign: {stray:?}");
                    self.checks.violated("foreign", detail);
                }
            }
        }
    }

    /// The validators for which each peer halts, with the slot of what it saw.
    fn foreign_seen(&self) -> Vec<(usize, u32, Slot)> {
        let seen = self.halted.iter().filter_map(|(peer, of, why)| match why {
            Halt::Foreign(Foreign { owed, .. }) => Some((*peer, of.0, owed.slot)),
            Halt::Slashed => None,
        });
        seen.collect()
    }
}

/// A vote of `slot` that nobody here has signed.
fn foreign(world: &World, slot: u64) -> (u32, HeadVote) {
    let validator = world.chain.attesters_in(Slot(slot))[0];
    let (ours, _) = world.chain.votes.values().next().unwrap();
    let mut data = *ours;
    data.slot = Slot(slot);
    data.beacon_block_root = [0xf0; 32].into();
    (validator, data)
}

/// The first slot after `from` in which somebody attests.
fn attested(world: &World, from: u64) -> u64 {
    let mut slots = from..;
    let has = |slot: &u64| !world.chain.attesters_in(Slot(*slot)).is_empty();
    slots.find(has).unwrap()
}

#[test]
fn a_peer_that_sees_a_foreign_vote_signs_no_more_for_its_validator_and_the_others_go_on() {
    let mut world = World::new(4, 930);
    let slot = attested(&world, FIRST + 8);
    world.run_to(slot + 4);
    let (validator, data) = foreign(&world, slot);
    for _ in 0..2 {
        world.feed(2, Input::Stray(carried(validator, data)));
    }
    let end = slot + 32;
    world.run_to(end + 3);
    world.assert_all_done(FIRST + 2..end);
    assert_eq!(world.foreign_seen(), [(2, validator, Slot(slot))], "once");
    let its = |slot: &u64| world.chain.attesters_in(Slot(*slot)) == [validator];
    let its: Vec<u64> = (slot + 5..end).filter(its).collect();
    assert!(its.len() > 3, "{its:?}");
    for slot in its {
        assert!(!world.checks.has_said(2, head(slot), "COMMIT"), "{slot}");
        assert!(world.checks.has_said(1, head(slot), "COMMIT"), "{slot}");
    }
}

/// Halted between its duties, and while one of them is open that it has not signed yet.
#[test]
fn what_a_halted_validator_owes_is_missed_and_followed_and_no_turn_of_the_chain_is_told() {
    for is_open in [false, true] {
        let mut world = World::new(4, 935);
        let slot = attested(&world, FIRST + 8);
        world.run_to(slot + 4);
        let (validator, data) = foreign(&world, slot);
        let attests = |slot: &u64| world.chain.attesters_in(Slot(*slot)) == [validator];
        let next = (slot + 5..).find(attests).unwrap();
        if is_open {
            world.run_until(next, ms(100));
        }
        world.feed(2, Input::Stray(carried(validator, data)));
        let end = next + 24;
        world.run_to(end + 3);
        let told = |peer: usize| {
            let told = world.told.iter();
            told.filter(move |(who, duty, _)| *who == peer && duty.slot.0 < end)
        };
        let mut missed = Vec::new();
        for (_, duty, note) in told(2) {
            assert!(!matches!(note, Note::Moved { .. }), "{duty}: {note:?}");
            let Note::Ended { ended, .. } = note else {
                continue;
            };
            for owed in ended.followed(duty.slot).map(|it| it.owed) {
                assert!(world.followed.contains(&(2, owed)), "{owed:?}");
            }
            for fate in &ended.fates {
                let of = fate.of.iter().any(|(of, _)| of.0 == validator);
                let is_halted = of && duty.slot.0 >= next;
                let expected = is_halted.then_some(Miss::Halted);
                assert_eq!(fate.why, expected, "{duty}, open: {is_open}");
                missed.extend(expected.map(|_| *duty));
            }
        }
        assert!(missed.len() > 3, "{missed:?}");
        let owed = |peer: usize| -> BTreeSet<DutyId> {
            let ended = told(peer).filter(|(.., note)| matches!(note, Note::Ended { .. }));
            let all = ended.map(|(_, duty, _)| *duty);
            all.filter(|duty| !matches!(duty.kind, DutyKind::Aggregate))
                .collect()
        };
        assert_eq!(owed(2), owed(1), "as by one that signs them");
    }
}

#[test]
fn what_a_halted_validator_owes_is_missed_again_once_a_clock_that_was_far_ahead_is_right() {
    let mut world = World::new(4, 937);
    let slot = attested(&world, FIRST + 8);
    world.run_to(slot + 4);
    let (validator, data) = foreign(&world, slot);
    world.feed(2, Input::Stray(carried(validator, data)));
    world.fault(Fault::SetClock(2, 100 * 12_000));
    world.run_to(slot + 6);
    world.fault(Fault::SetClock(2, 0));
    let from = world.told.len();
    world.run_to(slot + 40);
    let halted = |(who, _, note): &&(usize, DutyId, Note)| {
        let is_so = matches!(note, Note::Missed { why, .. } if *why == Miss::Halted);
        *who == 2 && is_so
    };
    let missed = world.told[from..].iter().filter(halted).count();
    assert!(missed > 3, "{missed}");
    world.assert_safe();
}

/// Where the cluster has signed nothing, as here with two of four away, nobody can know of all that
/// was said.
#[test]
fn a_vote_is_foreign_to_whoever_has_heard_t_peers_and_to_nobody_else() {
    for away in [vec![3], vec![2, 3]] {
        let mut world = World::new(4, 940);
        let slot = attested(&world, FIRST + 12);
        world.run_to(FIRST + 8);
        for peer in &away {
            world.fault(Fault::Kill(*peer));
        }
        world.run_to(slot + 4);
        let (validator, data) = foreign(&world, slot);
        for peer in 0..4 {
            world.feed(peer, Input::Stray(carried(validator, data)));
        }
        let seen: Vec<usize> = world
            .foreign_seen()
            .iter()
            .map(|(peer, ..)| *peer)
            .collect();
        let sees: Vec<usize> = if away.len() == 1 {
            vec![0, 1, 2]
        } else {
            vec![]
        };
        assert_eq!(seen, sees, "{away:?} are away");
        world.assert_safe();
    }
}

#[test]
fn no_liar_makes_the_clusters_own_work_foreign() {
    for (seed, villain) in (960..).zip(VILLAINS) {
        let mut world = World::new(4, seed);
        world.corrupt(1, villain);
        world.run_to(FIRST + 24);
        world.assert_safe();
        assert_eq!(world.foreign_seen(), [], "{villain:?}");
    }
}

#[test]
fn a_block_is_foreign_only_by_the_signature_of_our_validator() {
    let mut world = World::new(4, 970);
    world.run_to(FIRST + 24);
    let blocks = world.chain.signed_blocks.iter();
    let near = blocks.filter(|(slot, _)| slot.0 > FIRST + 4);
    let of_one = |(_, (of, ..)): &(&Slot, &(u32, _, _))| *of == 1;
    let its: Vec<_> = near.filter(of_one).map(|(_, made)| *made).collect();
    let [(validator, header, signature), (_, _, other), ..] = its[..] else {
        panic!("{its:?}");
    };
    let stray = |header, signature| made((validator, header, signature));
    let mut changed = header;
    changed.state_root = [0xf2; 32].into();
    for (stray, what) in [
        (stray(header, signature), "what was signed"),
        (
            stray(changed, signature),
            "another block under its signature",
        ),
        (
            stray(changed, other),
            "the same under that of another block",
        ),
    ] {
        world.feed(0, Input::Stray(stray));
        assert_eq!(world.foreign_seen(), [], "{what}");
    }
    let root = Signable::block(&world.chain.spec, &changed).signing_root();
    let signed = world.whole_signature(validator, root);
    let lies = Stray {
        block: Root::ZERO,
        ..stray(changed, signed)
    };
    world.feed(0, Input::Stray(lies));
    assert_eq!(
        world.foreign_seen(),
        [],
        "it is not the header of that block"
    );
    world.feed(0, Input::Stray(stray(changed, signed)));
    assert_eq!(world.foreign_seen(), [(0, validator, header.slot)]);
}

/// For its clock the duties of some slots to come are over, and of what is said when they come it
/// hears nothing.
#[test]
fn a_peer_whose_clock_is_ahead_and_that_is_cut_off_takes_nothing_for_foreign() {
    let mut world = World::new(4, 980);
    world.run_to(FIRST + 8);
    world.fault(Fault::SetClock(2, 60_000));
    world.run_to(FIRST + 14);
    [0, 1, 3]
        .into_iter()
        .for_each(|other| world.fault(Fault::Cut(2, other, 10)));
    world.run_to(FIRST + 30);
    world.assert_safe();
    assert_eq!(world.foreign_seen(), []);
}

/// Who has signed one has signed its root, whoever has built its payload.
#[test]
fn beside_a_blinded_block_that_was_signed_another_of_the_slot_is_foreign() {
    let mut world = with_relay(Manner::Honest, 990, &[]);
    world.run_to(FIRST + 16);
    world.assert_safe();
    let slot = world.block_slots(FIRST + 1..FIRST + 12)[0];
    let (validator, mut header, _) = world.chain.signed_blocks[&Slot(slot)];
    header.state_root = [0xf2; 32].into();
    let root = Signable::block(&world.chain.spec, &header).signing_root();
    let signature = world.whole_signature(validator, root);
    world.feed(0, Input::Stray(made((validator, header, signature))));
    assert_eq!(world.foreign_seen(), [(0, validator, Slot(slot))]);
}

/// What they say is not taken in.
#[test]
fn a_peer_for_which_the_others_are_of_another_chain_takes_nothing_for_foreign() {
    let mut world = World::new(4, 985);
    world.run_to(FIRST + 4);
    let greeting = Greeting {
        mark: None,
        sequence_seen: 0,
        genesis_time: Some(1),
    };
    for other in 1..4 {
        let sender = world.peers[other].index;
        let frame = Frame::Greeting(greeting).encode();
        world.feed(0, Input::Frame(sender, frame));
    }
    world.run_to(FIRST + 20);
    world.assert_safe();
    assert_eq!(world.foreign_seen(), []);
}
