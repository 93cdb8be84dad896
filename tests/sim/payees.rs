//! Whom the blocks of a node account pay that goes in and out of the smoothing pool: no block is
//! theft, and none is missed.

use node_core::duties::agreed::objection::{Doubt, Flaw, Objection};
use node_core::duties::agreed::value::Value;
use node_core::pool::example::{MEGAPOOL, at};
use proto::{Address, Epoch, Slot};

use crate::blocks::Oddity;
use crate::faults::Fault;
use crate::rocket::smoothing_pool;
use crate::scenarios::block;
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// When the scripts begin to look, after an epoch in which all is read.
const BEGIN: u64 = FIRST + 4;
const END: u64 = FIRST + 48;

/// A world of four peers with an agreement, and its slots with proposals.
fn world(seed: u64, wishes: bool) -> (World, Vec<u64>) {
    let mut world = World::new(4, seed);
    world.agree(wishes);
    let slots = world.block_slots(BEGIN..END);
    assert!(slots.len() > 8, "{slots:?}");
    (world, slots)
}

impl World {
    /// Whom the block of `slot` pays that the chain took, and how the node stood at its parent.
    fn paid(&self, slot: u64) -> (Address, bool) {
        let (_, root) = self.chain.head(0, Slot(slot), self.now);
        let mut values = self.chain.values();
        let paid = values.find_map(|value| match value {
            Value::Block(block) if block.root() == root => {
                let parent = self.chain.head(0, Slot(slot - 1), self.now);
                Some((block.fee_recipient(), self.stood(parent).is_in))
            }
            Value::Block(_)
            | Value::Blinded(_)
            | Value::Head(_)
            | Value::Aggregates(_)
            | Value::Contribution(_) => None,
        });
        paid.unwrap_or_else(|| panic!("no block of ours at {slot}\n{}", self.name()))
    }

    /// Ends with words if a block pays another than smoothing pool or megapool, or the megapool
    /// although the node was in the smoothing pool, or less than two epochs ago.
    fn assert_no_theft(&self, slots: &[u64]) {
        for slot in slots {
            let (paid, is_in) = self.paid(*slot);
            let switches = &self.rocket.as_ref().unwrap().switches;
            let mut before = switches.iter().rev().filter(|(at, _)| at.0 < *slot);
            let is_cooling = before
                .next()
                .is_some_and(|(at, is_in)| !is_in && at.0 + 8 > *slot);
            if paid != smoothing_pool() {
                assert_eq!(paid, MEGAPOOL.into(), "slot {slot}");
                assert!(
                    !is_in && !is_cooling,
                    "slot {slot} is theft\n{}",
                    self.name()
                );
            }
        }
    }

    fn pays(&self, slots: &[u64], whom: Address) {
        for slot in slots {
            assert_eq!(self.paid(*slot).0, whom, "slot {slot}\n{}", self.name());
        }
    }
}

#[test]
fn who_is_out_pays_the_megapool_and_who_is_to_go_in_the_smoothing_pool_before() {
    for (wishes, whom) in [(false, Address::from(MEGAPOOL)), (true, smoothing_pool())] {
        let (mut world, slots) = world(900, wishes);
        world.run_to(END);
        world.assert_all_done(BEGIN..END - 1);
        world.pays(&slots, whom);
        for slot in &slots {
            assert_eq!(world.round(0, block(*slot)), 1, "no round is lost");
        }
        assert!(world.unread.is_empty());
        let switched = (0..4).filter_map(|peer| world.switched(peer));
        assert_eq!(switched.count(), 4, "all have the same");
        let rocket = world.rocket.as_ref().unwrap();
        let told = (0..4).filter(|peer| !rocket.told_that_all_pay(*peer).is_empty());
        assert_eq!(told.count(), if wishes { 4 } else { 0 });
    }
}

/// What is told goes over a bounded way, and may be lost on it.
#[test]
fn that_all_pay_the_smoothing_pool_is_told_again_in_each_epoch() {
    let (mut world, _) = world(905, true);
    world.run_to(END);
    let rocket = world.rocket.as_ref().unwrap();
    for peer in 0..4 {
        let told = rocket.told_that_all_pay(peer);
        let first = told[0].0;
        let last = world.chain.spec.epoch_of(Slot(END)).0;
        let each: Vec<Epoch> = (first..last).map(Epoch).collect();
        assert!(each.len() > 2, "{told:?}");
        assert_eq!(told[..each.len()], each, "each epoch once");
    }
}

#[test]
fn through_an_opt_in_and_an_opt_out_no_block_is_theft_and_none_is_missed() {
    for seed in 910..913 {
        let (mut world, slots) = world(seed, false);
        // With the very blocks that proposals of ours build on.
        world.switch(slots[2] - 1, true);
        world.switch(slots[5] - 1, false);
        world.run_to(END);
        world.assert_all_done(BEGIN..END - 1);
        world.assert_no_theft(&slots);
        let megapool = MEGAPOOL.into();
        world.pays(&slots[..2], megapool);
        world.pays(&slots[2..6], smoothing_pool());
        // The finalised block is looked at once an epoch.
        let cooled = slots[5] + 25;
        let late = world.block_slots(cooled..cooled + 16);
        assert!(!late.is_empty());
        world.run_to(cooled + 18);
        world.assert_all_done(BEGIN..cooled + 16);
        world.assert_no_theft(&late);
        world.pays(&late, megapool);
    }
}

#[test]
fn a_key_that_toggles_the_smoothing_pool_makes_no_block_theft_and_costs_none() {
    for seed in 920..922 {
        let (mut world, slots) = world(seed, false);
        for (at, slot) in (BEGIN..END).enumerate() {
            world.switch(slot, at % 2 == 0);
        }
        world.run_to(END);
        world.assert_all_done(BEGIN..END - 1);
        world.assert_no_theft(&slots);
        world.pays(&slots, smoothing_pool());
    }
}

#[test]
fn a_peer_whose_execution_node_says_nothing_goes_along_and_none_is_missed() {
    for dead in [None, Some(0)] {
        let (mut world, slots) = world(930, false);
        world.run_to(BEGIN);
        world.peers[3].is_unread = true;
        if let Some(dead) = dead {
            world.fault(Fault::Kill(dead));
        }
        world.run_to(END);
        world.assert_all_done(BEGIN + 1..END - 1);
        let slots: Vec<u64> = slots.into_iter().filter(|slot| *slot > BEGIN).collect();
        world.assert_no_theft(&slots);
        // Who cannot read asks for the smoothing pool, which the others find a gift.
        world.pays(&slots, MEGAPOOL.into());
        let doubt = Objection::OfView(Doubt::GiftOfFees);
        let led = |slot: &&u64| world.leaders(Slot(**slot))[0] == 3;
        let led: Vec<&u64> = slots.iter().filter(led).collect();
        assert!(!led.is_empty());
        for slot in led {
            assert!(
                world.objections.contains(&(1, block(*slot), doubt)),
                "{slot}"
            );
            assert!(world.objected.contains(&(1, block(*slot), 3)), "{slot}");
        }
        assert!(world.unread.iter().any(|(peer, _)| *peer == 3));
    }
}

#[test]
fn where_no_execution_node_says_anything_the_smoothing_pool_is_paid() {
    let (mut world, slots) = world(940, false);
    world.run_to(BEGIN);
    world
        .peers
        .iter_mut()
        .for_each(|peer| peer.is_unread = true);
    world.run_to(END);
    world.assert_all_done(BEGIN + 1..END - 1);
    let slots: Vec<u64> = slots.into_iter().filter(|slot| *slot > BEGIN).collect();
    world.pays(&slots, smoothing_pool());
    for peer in 0..4 {
        assert!(world.unread.iter().any(|(who, _)| *who == peer));
    }
}

#[test]
fn two_that_read_and_two_that_do_not_sign_the_same_block() {
    let (mut world, slots) = world(950, false);
    world.run_to(BEGIN);
    for peer in [2, 3] {
        world.peers[peer].is_unread = true;
    }
    world.run_to(END);
    world.assert_all_done(BEGIN + 1..END - 1);
    let slots: Vec<u64> = slots.into_iter().filter(|slot| *slot > BEGIN).collect();
    world.assert_no_theft(&slots);
}

#[test]
fn who_proposes_for_himself_or_for_reth_is_refused_and_named() {
    let thieves = [Address::from([0x66; 20]), at("rocketTokenRETH")];
    for (thief, unread) in thieves.into_iter().zip([3, 2]) {
        let (mut world, slots) = world(960, false);
        let slot = slots[3];
        let leader = world.leaders(Slot(slot))[0];
        let oddity = Oddity::Payee(MEGAPOOL, *thief.as_bytes());
        world.corrupt(leader, Villain::Builder(oddity));
        if leader != unread {
            world.run_to(BEGIN);
            world.peers[unread].is_unread = true;
        }
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        world.pays(&[slot], MEGAPOOL.into());
        for peer in (0..4).filter(|peer| ![leader, unread].contains(peer)) {
            let refusal = Objection::OfValue(Flaw::WrongFeeRecipient {
                expected: MEGAPOOL.into(),
                found: thief,
            });
            assert!(
                world.objections.contains(&(peer, block(slot), refusal)),
                "{peer}"
            );
            assert!(
                world.objected.contains(&(peer, block(slot), leader)),
                "{peer}"
            );
        }
    }
}

/// Of three, one other is no witness: it is who proposes.
#[test]
fn one_of_three_that_has_never_read_whom_blocks_pay_signs_for_no_thief() {
    let mut world = World::new(3, 970);
    world.agree(false);
    let slot = world.block_slots(BEGIN..END)[3];
    let leaders = world.leaders(Slot(slot));
    let thief = [0x66; 20];
    let oddity = Oddity::Payee(MEGAPOOL, thief);
    world.corrupt(leaders[0], Villain::Builder(oddity));
    world.peers[leaders[2]].is_unread = true;
    world.run_to(slot + 1);
    world.pays(&[slot], MEGAPOOL.into());
    let doubt = Objection::OfView(Doubt::FeeRecipientUnread);
    assert!(world.objections.contains(&(leaders[2], block(slot), doubt)));
}

#[test]
fn while_some_have_the_new_agreement_and_some_the_old_none_is_missed() {
    let (mut world, slots) = world(970, false);
    for (peer, slot) in [
        (0, BEGIN + 4),
        (1, BEGIN + 12),
        (2, BEGIN + 20),
        (3, BEGIN + 24),
    ] {
        world.run_to(slot);
        world.agree_anew(peer, true);
    }
    world.run_to(END + 12);
    let last = BEGIN + 26;
    world.assert_no_theft(&slots);
    let late: Vec<u64> = slots.iter().copied().filter(|slot| *slot > last).collect();
    world.pays(&late, smoothing_pool());
    let since = world.chain.spec.epoch_of(Slot(BEGIN + 24));
    for peer in 0..3 {
        assert_eq!(
            world.switched(peer),
            Some(since),
            "peer {peer} has heard of all"
        );
        // Two whole epochs are final after that, as the coordinator learns an epoch later at most.
        let told = world.rocket.as_ref().unwrap().told_that_all_pay(peer)[0];
        assert!((since.0 + 5..=since.0 + 6).contains(&told.0), "{told}");
    }
}
