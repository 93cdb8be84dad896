//! Scripts of the attacker: what a liar, a wrong clock or an unlucky crash must not achieve.

use consensus::{Rule, Value as _};
use node_core::duties::Input;
use node_core::duties::agreed::value::Value;
use node_core::duties::fault::Breach;
use node_core::duties::note::Phase;
use proto::{DutyId, Slot};

use crate::chain::{FULU_EPOCH, SLOTS_PER_EPOCH, spec_with};
use crate::faults::Fault;
use crate::scenarios::{block, head, ms};
use crate::villains::Villain;
use crate::world::{FIRST, World};

impl World {
    /// Lets time pass, to the millisecond, until `peer` has come this far with a duty.
    pub(crate) fn run_until_reached(&mut self, peer: usize, duty: DutyId, phase: Phase) {
        for after in 0..12_000 {
            if self.reached.contains_key(&(peer, duty, phase)) {
                return;
            }
            self.run_until(duty.slot.0, ms(after));
        }
        self.assert_safe();
        panic!("peer {peer} never reached {phase:?}\n{}", self.name());
    }
}

/// The record survives the crash, so nothing has to be written, and nothing is waited for.
#[test]
fn a_peer_that_recorded_before_it_crashed_commits_in_the_same_slot() {
    let mut world = World::new(4, 200);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.run_until(slot - 1, ms(11_000));
    world.fault(Fault::Kill(0));
    // Another peer has its vote: after the crash it has forgotten that, and must not vote again.
    world.run_until_reached(1, head(slot), Phase::PrepareQuorum);
    world.run_until_reached(3, head(slot), Phase::RecordDurable);
    world.fault(Fault::Kill(3));
    world.run_until(slot, ms(6_000));
    world.fault(Fault::Start(3));
    world.run_until(slot, ms(9_000));
    world.assert_safe();
    for peer in 1..4 {
        assert!(world.signed.contains_key(&(peer, head(slot))), "{peer}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_peer_vote_twice() {
    let mut world = World::new(4, 210);
    world.weather.late_percent = 100;
    world.run_until(FIRST + 8, ms(8_000));
    world.peers[3].skew_micros = -5 * 12_000_000;
    world.run_to(FIRST + 14);
    world.assert_safe();
}

/// What the wrong clock has left on the disk must not silence the peer once the clock is right.
#[test]
fn after_a_clock_that_jumped_ahead_a_restarted_peer_votes_again() {
    let mut world = World::new(4, 215);
    world.run_until(FIRST + 4, ms(6_000));
    world.peers[3].skew_micros = 3_000 * 12_000_000;
    world.feed(3, Input::Tick);
    world.run_until(FIRST + 8, ms(6_000));
    world.fault(Fault::Kill(3));
    world.peers[3].skew_micros = 0;
    world.fault(Fault::Start(3));
    world.run_until(FIRST + 8, ms(6_001));
    let process = world.peers[3].process.as_ref().unwrap();
    let silent_until = process.node.vault().restart_mark();
    assert!(silent_until <= Some(Slot(FIRST + 6)), "{silent_until:?}");
    world.run_to(FIRST + 24);
    world.assert_all_done(FIRST + 5..FIRST + 23);
    let says = |duty| world.checks.has_said(3, duty, "PREPARE");
    let votes = |slot| says(head(slot)) || says(block(slot));
    // Not in every slot: often the others are a quorum before it has its own value.
    assert!((FIRST + 9..FIRST + 24).any(votes));
}

#[test]
fn after_a_second_session_nothing_that_waits_for_the_record_leaves() {
    let mut world = World::new(4, 220);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.run_until_reached(2, head(slot), Phase::PrepareQuorum);
    assert!(!world.checks.has_said(2, head(slot), "COMMIT"));
    world.feed(2, Input::SecondSession);
    let process = world.peers[2].process.as_ref().unwrap();
    let why = process.node.vault().stopped().unwrap().to_string();
    assert!(
        why.starts_with("another gantry runs with this peer's identity"),
        "{why}"
    );
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    assert!(!world.checks.has_said(2, head(slot), "COMMIT"));
}

#[test]
fn a_peer_whose_record_fails_under_way_announces_no_round() {
    let mut world = World::new(4, 230);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    let order = consensus::leaders(
        world.cluster.lock.definition.terms().size(),
        &world.cluster.lock.hash(),
        head(slot),
    );
    let first = order[0].position();
    let branch = |peer| u8::from(peer == first || peer == order[1].position());
    world
        .branches
        .insert(Slot(slot), (0..4).map(branch).collect());
    world.run_until_reached(first, head(slot), Phase::ValueReady);
    world.feed(first, Input::NotRecorded);
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    for kind in ["PROPOSE", "ROUND-CHANGE", "COMMIT"] {
        assert!(!world.checks.has_said(first, head(slot), kind), "{kind}");
    }
}

#[test]
fn a_leader_whose_record_failed_is_skipped_at_once() {
    let mut world = World::new(4, 250);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    world.run_until(slot - 1, ms(6_000));
    world.feed(leaders[0], Input::NotRecorded);
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    let took = world.took(block(slot));
    assert!(took < ms(200), "{took:?}");
}

/// Whoever spread the same block under two layouts could make the others refuse what they voted
/// for.
/// A fork was scheduled while the peers ran, and one beacon node was told of it: its peer stays
/// with the others until the fork, and then signs nothing under the domains of the old schedule.
#[test]
fn a_peer_stops_before_the_epoch_in_which_its_beacon_node_forks_otherwise() {
    let mut world = World::new(4, 250);
    let fork = FULU_EPOCH * SLOTS_PER_EPOCH;
    let told = spec_with([("FULU_FORK_VERSION", "0x66000001")]);
    *world.peers[3].spec = told;
    world.run_to(fork + 8);
    world.assert_all_done(FIRST..fork + 7);
    let said = |slot| world.checks.has_said(3, head(slot), "PREPARE");
    let slots = world.head_slots(FIRST..fork + 7);
    let (before, after): (Vec<u64>, Vec<u64>) = slots.iter().partition(|slot| **slot < fork);
    assert!(before.iter().any(|slot| said(*slot)), "{before:?}");
    assert!(!after.is_empty() && !after.iter().any(|slot| said(*slot)));
    let process = world.peers[3].process.as_ref().unwrap();
    let why = process.node.vault().stopped().unwrap().to_string();
    assert!(
        why.contains("from epoch 5 on") && why.contains("restart gantry"),
        "{why}"
    );
}

/// A fork that this version does not know is named by every beacon node: whatever it is, in its
/// epoch nothing is signed, and until the last slot before it everything is.
#[test]
fn a_fork_that_cannot_be_served_is_told_each_epoch_and_nothing_is_signed_in_it() {
    let epoch = FULU_EPOCH + 1;
    let named = ("GLOAS_FORK_EPOCH", epoch.to_string());
    let version = ("GLOAS_FORK_VERSION", "0x07000001");
    let with_version = spec_with([(named.0, named.1.as_str()), version]);
    let without = spec_with([("HEZE_FORK_EPOCH", named.1.as_str())]);
    for (seed, spec) in [(260, with_version), (261, without)] {
        for from_the_start in [true, false] {
            let mut world = World::new(4, seed);
            if from_the_start {
                world.chain.spec = std::sync::Arc::new(spec.clone());
            }
            for peer in &mut world.peers {
                *peer.spec = spec.clone();
            }
            let fork = epoch * SLOTS_PER_EPOCH;
            world.run_to(fork + 4);
            world.assert_all_done(FIRST..fork);
            let late = world.signed.keys().any(|(_, duty)| duty.slot.0 >= fork);
            assert!(!late, "something is called signed");
            for peer in 0..4 {
                // Once in each of the epochs 3 to 6.
                assert_eq!(world.warned[&peer], 4);
                let process = world.peers[peer].process.as_ref().unwrap();
                let why = process.node.vault().stopped().unwrap().to_string();
                assert!(why.contains("epoch 6") && why.contains("upgrade"), "{why}");
            }
        }
    }
}

#[test]
fn a_block_of_another_layout_is_another_value() {
    let mut world = World::new(4, 240);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    let is_block = |value: &&Value| matches!(value, Value::Block(_));
    let one = world.chain.values().find(is_block).unwrap();
    let mut bytes = one.encode();
    bytes[1] ^= 1;
    let other = Value::decode(&bytes).unwrap();
    assert_ne!(one.hash(), other.hash());
}

impl World {
    /// Four peers, of which the second is a villain: it costs no duty, and the others blame it.
    fn bears(seed: u64, villain: Villain, blamed_for: Breach) {
        let mut world = Self::new(4, seed);
        world.corrupt(1, villain);
        world.weather.split_percent = 60;
        world.run_to(FIRST + 11);
        world.assert_all_done(FIRST..FIRST + 10);
        world.assert_blamed(1, blamed_for);
    }

    fn assert_blamed(&self, culprit: usize, breach: Breach) {
        let mut all = self.blamed.iter();
        let named = all.any(|(_, who, what)| (*who, *what) == (culprit, breach));
        assert!(named, "{:?}", self.blamed);
    }
}

#[test]
fn a_peer_that_proposes_out_of_turn_is_named_and_costs_no_duty() {
    World::bears(260, Villain::Usurper, Breach::Consensus(Rule::NotLeader));
}

/// Nobody hears both of its proposals from itself: the votes of the others show them.
#[test]
fn a_leader_that_proposes_two_values_is_convicted_and_costs_no_duty() {
    let mut world = World::new(4, 261);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leader = world.leaders(Slot(slot))[0];
    world.corrupt(leader, Villain::TwoFaced);
    world.run_to(slot + 1);
    world.assert_all_done(FIRST..slot + 1);
    world.assert_blamed(leader, Breach::Contradiction);
}

#[test]
fn a_peer_with_forged_certificates_is_named_and_costs_no_duty() {
    World::bears(
        262,
        Villain::Forger,
        Breach::Consensus(Rule::BadCertificate),
    );
}
