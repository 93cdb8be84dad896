//! Scripts of a chain that turns, and of clocks that do.

use consensus::Standing;
use node_core::duties::agreed::run::{Event as RunEvent, Run};
use node_core::duties::facts::{Owners, Step};
use node_core::duties::payees::Payees;
use node_core::duties::peers::Peers;
use node_core::duties::schedule::Head;
use node_core::duties::{Input, Output, Request};
use proto::eth::ValidatorIndex;
use proto::{Slot, ValidatorPosition};

use crate::chain::FIRST_INDEX;
use crate::faults::Fault;
use crate::scenarios::{block, head, ms};
use crate::world::{FIRST, World};

/// A head of a chain that nobody else sees.
fn elsewhere(slot: u64) -> Head {
    let root = [0x77; 32].into();
    Head {
        slot: Slot(slot),
        block: root,
        previous: root,
        current: root,
    }
}

/// What was sent ahead for the one is no word of this peer for the other.
#[test]
fn a_proposal_that_moves_to_another_validator_after_its_reveal_was_sent_is_not_lost() {
    for seed in 0..4 {
        let mut world = World::new(4, 170 + seed);
        let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
        world.run_until(slot - 1, ms(6_000));
        world.chain.move_proposal(Slot(slot));
        for peer in 0..4 {
            let turned = Input::Head(elsewhere(slot - 1));
            world.feed(peer, turned);
        }
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
    }
}

/// The chain may have given the slot to another of our validators, whose reveal is whole sooner.
#[test]
fn a_run_asks_for_its_block_with_the_reveal_of_its_own_proposer_and_no_other() {
    let mut world = World::new(4, 175);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leader = world.leaders(Slot(slot))[0];
    world.run_to(slot - 1);
    let peer = &world.peers[leader];
    let history = peer.durable_history(&world.cluster).unwrap();
    let recorded = peer.process.as_ref().unwrap().journal.recorded();
    let facts = peer.facts(&world.cluster, &world.chain.spec);
    let (size, mut out) = (facts.roster.size(), Vec::new());
    let mut with = Step {
        facts: &facts,
        vault: &mut peer.vault(&world.cluster, history),
        peers: &mut Peers::new(size, peer.index, peer.memory.clone()),
        payees: &mut Payees::default(),
        is_mute: false,
        builders: None,
        blobs: world.chain.spec.blobs(),
        recorded,
        now: world.chain.spec.start_of(Slot(slot)),
        out: &mut out,
    };
    let (proposer, other) = (ValidatorPosition(0), ValidatorPosition(1));
    let owners = Owners::Proposer {
        validator: proposer,
        index: ValidatorIndex(FIRST_INDEX),
    };
    let mut run = Run::new(block(slot), owners, Standing::Voting, &with);
    run.step(RunEvent::Tick, &mut with);
    for (validator, byte) in [(other, 1), (proposer, 2)] {
        let reveal = [byte; 96].into();
        run.step(RunEvent::Reveal { validator, reveal }, &mut with);
    }
    let mut reveals = Vec::new();
    for output in out {
        if let Output::Ask(Request::Block { randao_reveal, .. }) = output {
            reveals.push(randao_reveal);
        }
    }
    assert_eq!(reveals, [[2; 96].into()]);
}

/// It may be a lie or a bug of the node; the own clock says that nobody can have built it.
#[test]
fn a_head_of_a_slot_that_has_not_come_makes_nobody_vote_early() {
    let mut world = World::new(4, 180);
    world.run_until(FIRST + 1, ms(6_000));
    for peer in 0..4 {
        let far = Input::Head(elsewhere(FIRST + 1_000));
        world.feed(peer, far);
    }
    let slot = world.head_slots(FIRST + 2..FIRST + 8)[0];
    world.run_until(slot, ms(200));
    for peer in 0..4 {
        assert!(
            !world.checks.has_said(peer, head(slot), "PREPARE"),
            "{peer}"
        );
    }
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
}

#[test]
fn a_head_that_moves_after_some_have_voted_costs_no_duty() {
    for after in [0, 5, 10, 20, 40, 400] {
        let mut world = World::new(4, 600 + after);
        let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
        let voted = |world: &World| (0..4).any(|p| world.checks.has_said(p, head(slot), "PREPARE"));
        let mut at = 0;
        while !voted(&world) {
            at += 1;
            world.run_until(slot, ms(at));
        }
        world.run_until(slot, ms(at + after));
        world.fault(Fault::Reorganise(1));
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
    }
}

#[test]
fn a_chain_that_turns_deep_and_often_makes_nobody_sign_twice() {
    for seed in 0..6 {
        let mut world = World::new(4, 610 + seed);
        for slot in FIRST + 1..FIRST + 9 {
            world.run_until(slot, ms(500 * (seed + 1)));
            world.fault(Fault::Reorganise(1 + seed % 5));
        }
        world.run_to(FIRST + 9);
        world.chain.converge(world.now);
        world.run_to(FIRST + 18);
        // From the next epoch on all agree on its first block again.
        world.assert_all_done(FIRST + 12..FIRST + 17);
    }
}

#[test]
fn a_clock_that_jumps_silences_its_peer_and_costs_the_others_nothing() {
    for ahead_ms in [-60_000, -5_000, 5_000, 30_000] {
        let mut world = World::new(4, 620);
        world.run_until(FIRST + 2, ms(1_000));
        world.fault(Fault::SetClock(1, ahead_ms));
        world.run_until(FIRST + 4, ms(1_000));
        world.fault(Fault::SetClock(1, 0));
        world.run_to(FIRST + 12);
        world.assert_all_done(FIRST..FIRST + 11);
        let later = world.head_slots(FIRST + 7..FIRST + 11);
        let votes = |slot: &u64| world.checks.has_said(1, head(*slot), "PREPARE");
        assert!(later.iter().any(votes), "{ahead_ms} ms, {later:?}");
    }
}

#[test]
fn a_clock_that_drifts_away_costs_the_others_nothing() {
    for gain_ms in [-150, 150] {
        let mut world = World::new(4, 630);
        world.fault(Fault::Drift(2, gain_ms));
        world.run_to(FIRST + 14);
        world.assert_all_done(FIRST..FIRST + 13);
    }
}

/// ssv-spec#589: around a fork, what others sign under the other fork's version must not be thrown
/// away by who is ahead or behind.
#[test]
fn ssv_spec_589_no_duty_is_lost_around_a_fork_although_clocks_differ() {
    for slow in 0..4 {
        let mut world = World::new(4, 660);
        for (at, peer) in world.peers.iter_mut().enumerate() {
            peer.skew_micros = if at == slow { -500_000 } else { 500_000 };
        }
        let fork = crate::chain::FULU_EPOCH * crate::chain::SLOTS_PER_EPOCH;
        world.run_to(fork + 4);
        world.assert_all_done(fork - 3..fork + 3);
    }
}
