//! Beacon nodes that hang, sync or are optimistic: their peers say so, and are skipped as leaders.
//! Beacon nodes of a chain that begins at another time: their peers are not voted with.

use std::time::Duration;

use node_core::duties::Input;
use proto::Slot;
use proto::frame::{Frame, Greeting};

use crate::faults::Fault;
use crate::old;
use crate::peer::BeaconNode;
use crate::scenarios::{block, ms};
use crate::world::{FIRST, World};

/// A world of four a slot before one of our blocks, that slot, and who leads its rounds.
fn before_a_block(seed: u64) -> (World, u64, Vec<usize>) {
    let mut world = World::new(4, seed);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    world.run_until(slot - 2, ms(6_000));
    (world, slot, leaders)
}

/// How long after the start of its slot a block was accepted, and in which round it was prepared.
fn proposed(world: &mut World, slot: u64, by: usize) -> (Duration, u8) {
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    (world.took(block(slot)), world.round(by, block(slot)))
}

#[test]
fn two_of_four_nodes_hung_cost_a_block_less_than_150_ms() {
    for seed in 0..6 {
        let (mut well, slot, leaders) = before_a_block(seed);
        let (usual, _) = proposed(&mut well, slot, leaders[0]);
        // Whoever of them leads first: both, the first, or none of the first two.
        for hung in [[0, 1], [0, 2], [2, 3]] {
            let (mut world, slot, leaders) = before_a_block(seed);
            for turn in hung {
                world.fault(Fault::Beacon(leaders[turn], BeaconNode::Hung));
            }
            let first = (0..4).find(|turn| !hung.contains(turn)).unwrap();
            let (took, round) = proposed(&mut world, slot, leaders[first]);
            assert_eq!(usize::from(round), first + 1, "the first that sees leads");
            assert!(took < usual + ms(150), "{took:?} instead of {usual:?}");
        }
    }
}

#[test]
fn a_leader_that_hangs_syncs_or_is_optimistic_is_skipped_at_once() {
    for (seed, state) in [BeaconNode::Hung, BeaconNode::Optimistic, BeaconNode::Dead]
        .into_iter()
        .enumerate()
    {
        let (mut world, slot, leaders) = before_a_block(20 + seed as u64);
        world.fault(Fault::Beacon(leaders[0], state));
        let (took, round) = proposed(&mut world, slot, leaders[1]);
        assert_eq!(round, 2);
        assert!(took < ms(250), "{state:?}: {took:?}");
    }
}

/// It is asked for the block at the start of the slot, and how it is: that tells before the round
/// is over.
#[test]
fn a_leader_whose_node_hangs_from_its_own_slot_on_is_skipped_before_its_round_ends() {
    let (mut world, slot, leaders) = before_a_block(30);
    world.run_until(slot - 1, ms(11_000));
    world.fault(Fault::Beacon(leaders[0], BeaconNode::Hung));
    let (took, round) = proposed(&mut world, slot, leaders[1]);
    assert_eq!(round, 2);
    assert!(took < ms(800), "{took:?}");
}

#[test]
fn a_peer_whose_node_is_well_again_leads_again() {
    let (mut world, slot, _) = before_a_block(40);
    for peer in 0..4 {
        world.fault(Fault::Beacon(peer, BeaconNode::Hung));
    }
    world.run_until(slot - 1, ms(6_000));
    for peer in 0..4 {
        world.fault(Fault::Beacon(peer, BeaconNode::Sound));
    }
    let leaders = world.leaders(Slot(slot));
    let (_, round) = proposed(&mut world, slot, leaders[0]);
    assert_eq!(round, 1);
}

#[test]
fn old_peers_are_told_nothing_and_still_skip_by_the_clock() {
    let (_, slot, leaders) = before_a_block(50);
    let mut world = World::new(4, 50);
    for turn in [1, 2] {
        world.peers[leaders[turn]].versions = old::VERSIONS;
    }
    world.run_until(slot - 2, ms(6_000));
    world.fault(Fault::Beacon(leaders[0], BeaconNode::Hung));
    let (_, round) = proposed(&mut world, slot, leaders[1]);
    assert_eq!(round, 2);
    assert_eq!(world.blamed, Default::default());
}

#[test]
fn a_peer_whose_chain_begins_at_another_time_is_named_and_not_voted_with() {
    let mut world = World::new(4, 60);
    world.run_to(FIRST + 1);
    let greeting = Greeting {
        mark: None,
        sequence_seen: 0,
        genesis_time: Some(1),
    };
    let sender = world.peers[3].index;
    for peer in 0..3 {
        let frame = Frame::Greeting(greeting).encode();
        world.feed(peer, Input::Frame(sender, frame));
    }
    assert_eq!(world.estranged, (0..3).map(|peer| (peer, 3)).collect());
    world.run_until(FIRST + 5, ms(6_000));
    world.assert_all_done(FIRST + 2..FIRST + 5);
    // Two are left, and what the third says is worth nothing to them.
    world.fault(Fault::Kill(2));
    world.run_to(FIRST + 10);
    world.assert_safe();
    let duties = world.head_slots(FIRST + 6..FIRST + 9).len();
    assert!(duties > 0 && world.chain.missed(FIRST + 6..FIRST + 9).len() >= duties);
}
