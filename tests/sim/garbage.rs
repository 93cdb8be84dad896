//! Scripts of blobs that are wrong, asked for too often, or asked for at the wrong moment.

use node_core::duties::Input;
use node_core::duties::note::Phase;
use node_core::duties::schedule::Head;
use proto::eth::Block;
use proto::frame::{BlobsWanted, Frame};
use proto::{Root, Slot};

use crate::blobs::with_blobs;
use crate::blocks::Lie;
use crate::faults::Fault;
use crate::peer::BeaconNode;
use crate::scenarios::{block, ms};
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// The root of the block of `slot` that was built.
fn built(world: &World, slot: u64) -> Root {
    let is_of = |block: &&Block| block.slot() == Slot(slot);
    world.chain.blocks().find(is_of).unwrap().root()
}

/// Feeds `to` the question of `from` for the first part of the block of `slot`.
fn ask(world: &mut World, (from, to): (usize, usize), slot: u64) {
    let wanted = BlobsWanted {
        slot: Slot(slot),
        block: built(world, slot),
        part: 0,
    };
    let asker = world.peers[from].index;
    let frame = Frame::BlobsWanted(wanted).encode();
    // It asks when its program would not, and calls the answer unasked for.
    world.corrupt(from, Villain::Server(Lie::Silence));
    world.feed(to, Input::Frame(asker, frame));
    world.assert_safe();
}

/// The liar leads the first round, and its node hangs, so that the second builds. A node that does
/// not check blobs would say that it took the liar's, and the block were lost.
#[test]
fn blobs_are_asked_of_who_has_proposed_the_block_before_anybody_else() {
    for seed in 680..684 {
        let (mut world, slot, leaders) = with_blobs(seed, 2);
        let [liar, builder, one, two] = leaders[..] else {
            panic!("four lead");
        };
        world.corrupt(liar, Villain::Server(Lie::Garbage));
        for peer in [one, two] {
            world.peers[peer].is_credulous = true;
        }
        world.run_until(slot - 1, ms(6_000));
        world.fault(Fault::Beacon(liar, BeaconNode::Hung));
        world.commit_in_vain(builder, block(slot));
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        assert_eq!(world.pulled_from(one, block(slot)), Some(builder));
    }
}

/// The builder and one other have sent the same by then.
#[test]
fn blobs_that_every_node_refuses_are_got_twice_by_each_peer() {
    for (peers, seed) in [(4, 690), (7, 690)] {
        let mut world = World::new(peers, seed);
        world.chain.blobs = 3;
        let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
        world.run_to(slot);
        for peer in 0..peers {
            world.peers[peer].refuses = true;
        }
        world.run_to(slot + 1);
        let bytes = 3 * (131_072 + 128 * 48);
        let parts = bytes / proto::frame::BLOBS_PART + 1;
        let given: usize = world.parts.values().sum();
        assert!(given >= parts, "somebody pulls: {:?}", world.parts);
        assert!(given <= 2 * (peers - 1) * parts, "{:?}", world.parts);
    }
}

#[test]
fn of_seven_three_are_asked_for_blobs_that_they_do_not_send() {
    let mut world = World::new(7, 690);
    world.chain.blobs = 1;
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    world.run_to(slot);
    let leaders = world.leaders(Slot(slot));
    for peer in leaders.iter().filter(|peer| **peer != leaders[6]) {
        world.corrupt(*peer, Villain::Server(Lie::Silence));
    }
    for peer in &leaders {
        world.peers[*peer].refuses = true;
    }
    world.run_to(slot + 1);
    assert_eq!(world.pulls.get(&leaders[6]), Some(&3));
}

#[test]
fn nobody_is_given_blobs_while_the_builders_node_spreads_them() {
    let (mut world, slot, leaders) = with_blobs(740, 2);
    let (builder, asker) = (leaders[0], leaders[3]);
    world.run_until_reached(builder, block(slot), Phase::SignatureVerified);
    let signed = world.now.since(world.chain.spec.start_of(Slot(slot)));
    for after in [0, 100, 499, 700] {
        world.run_until(slot, signed + ms(after));
        ask(&mut world, (asker, builder), slot);
        assert_eq!(world.parts.get(&builder), None, "after {after} ms");
    }
    // The last question came a little early: its answer waits until others ask, too.
    world.run_until(slot, signed + ms(998));
    assert_eq!(world.parts.get(&builder), None);
    world.run_until(slot, signed + ms(1_001));
    assert_eq!(world.parts.get(&builder), Some(&1));
}

#[test]
fn a_peer_that_asks_for_many_parts_at_once_is_sent_one() {
    let (mut world, slot, leaders) = with_blobs(740, 2);
    let (builder, asker) = (leaders[0], leaders[3]);
    world.run_until(slot, ms(4_000));
    for _ in 0..9 {
        ask(&mut world, (asker, builder), slot);
    }
    assert_eq!(world.parts.get(&builder), Some(&1));
    world.run_until(slot, ms(5_000));
    assert_eq!(
        world.parts.get(&builder),
        Some(&2),
        "the last question waited"
    );
}

#[test]
fn whoever_asks_for_blobs_of_a_duty_that_is_not_open_is_told_that_there_are_none() {
    let (mut world, slot, leaders) = with_blobs(740, 2);
    let (builder, asker) = (leaders[0], leaders[3]);
    world.run_to(slot + 6);
    let before = world.refusals.get(&builder).copied().unwrap_or(0);
    ask(&mut world, (asker, builder), slot);
    assert_eq!(world.refusals.get(&builder), Some(&(before + 1)));
}

#[test]
fn a_part_that_comes_after_the_chain_has_turned_is_late_and_no_fault() {
    let mut asked = 0;
    for seed in 760..766 {
        let (mut world, slot, leaders) = with_blobs(seed, 6);
        world.commit_in_vain(leaders[0], block(slot));
        let mut at = 0;
        while !world.pulls.contains_key(&leaders[1]) && at < 11_000 {
            at += 1;
            world.run_until(slot, ms(at));
        }
        asked += usize::from(world.pulls.contains_key(&leaders[1]));
        world.chain.move_proposal(Slot(slot));
        let root = [0x77; 32].into();
        let turned = Head {
            slot: Slot(slot),
            block: root,
            previous: root,
            current: root,
        };
        world.feed(leaders[1], Input::Head(turned));
        world.run_until(slot, ms(at + 400));
        assert_eq!(world.blamed, Default::default(), "{}", world.name());
    }
    assert_eq!(asked, 6);
}

/// What passes: it says nothing of the blobs.
#[test]
fn blobs_that_a_node_refuses_for_another_reason_are_given_to_it_once_more() {
    let (mut world, slot, leaders) = with_blobs(670, 2);
    let (builder, one) = (leaders[0], leaders[1]);
    world.peers[one].refuses = true;
    world.commit_in_vain(builder, block(slot));
    assert_eq!(world.run_until_pulled(one, block(slot)), builder);
    world.peers[one].refuses = false;
    for peer in &leaders[2..] {
        world.fault(Fault::Kill(*peer));
    }
    world.fault(Fault::Kill(builder));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
}

/// Its node built a second one, as it was asked again.
#[test]
fn the_blobs_of_a_block_that_was_offered_are_not_lost_with_a_second_that_is_built() {
    let (mut world, slot, leaders) = with_blobs(770, 2);
    let builder = leaders[0];
    world.run_until_reached(builder, block(slot), Phase::ValueReady);
    let first = world
        .chain
        .blocks()
        .find(|built| built.slot() == Slot(slot));
    let order = crate::blocks::BlockOrder {
        slot: Slot(slot),
        randao_reveal: first.unwrap().randao_reveal(),
        fee_recipient: [0x55; 20],
    };
    let contents = world.chain.build(builder, &order, world.now);
    use node_core::duties::Produced;
    let response = node_core::duties::Response::Block(Slot(slot), Some(Produced::Full(contents)));
    world.feed(builder, Input::Response(response));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    assert!(world.publishers[&block(slot)].contains(&builder));
    assert_eq!(world.pulls, Default::default());
}
