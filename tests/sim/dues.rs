//! Scripts of duties that are drawn anew: a late block, a turn, a beacon node that stands still, a
//! start and a gap between two events. In epochs of four slots, slot 23 is the last one of epoch 5
//! and settles the duties of epoch 7, which are slots 28 to 31.

use std::collections::BTreeMap;

use node_core::duties::Output;
use node_core::duties::agreed::value::Value;
use node_core::duties::note::Phase;
use node_core::vault::Signable;
use proto::{Epoch, Slot};

use crate::chain::{Chain, SLOTS_PER_EPOCH};
use crate::draws::Draw;
use crate::faults::Fault;
use crate::scenarios::{head, ms};
use crate::world::World;

/// The slot that settles the duties of [`DRAWN`].
const SETTLES: u64 = 23;
/// The epoch whose duties the scripts watch.
const DRAWN: Epoch = Epoch(7);
const SLOTS: std::ops::Range<u64> = 28..32;

/// A world in which nothing but the script disturbs the blocks before and after [`SETTLES`]: the
/// last one comes so many ms after the start of its slot, the next 2 s after that of its own.
fn world(seed: u64, last_after_ms: u64) -> World {
    let mut world = World::new(4, seed);
    world.arrivals.insert(Slot(SETTLES), last_after_ms);
    world.arrivals.insert(Slot(SETTLES + 1), 2_000);
    world
}

/// The same when no peer hears events from just before the last block on.
fn deaf_world(seed: u64, last_after_ms: u64) -> World {
    let mut world = world(seed, last_after_ms);
    world.run_until(SETTLES, ms(11_000));
    world.all(|peer| Fault::Hears(peer, false));
    world
}

/// A world in which the duties are drawn by this branch of the settling block, and in which a
/// foreign block of `slot` comes 2 s after its start.
fn drawn_world(seed: u64, branch: u8, slot: u64) -> World {
    let mut world = world(seed, 1_000);
    world.arrivals.insert(Slot(slot), 2_000);
    world.run_until(SETTLES + 1, ms(6_000));
    world.turn(SETTLES, Some(branch), true);
    world
}

impl World {
    /// All duties of [`DRAWN`] are done, and no beacon node has refused one of any peer.
    fn assert_none_refused(&mut self) {
        self.run_to(SLOTS.end + 1);
        self.assert_all_done(SLOTS);
        assert_eq!(self.refused, [], "{}", self.name());
    }

    /// The block of `slot` gives way to this one, or to none, at every beacon node at once.
    fn turn(&mut self, slot: u64, branch: Option<u8>, tell: bool) {
        let root = branch.map(|branch| Chain::foreign(Slot(slot), branch));
        for peer in 0..self.peers.len() {
            if let Some(root) = root {
                self.chain.arrives(peer, (Slot(slot), root), self.now);
            }
            self.chain.turns(peer, (Slot(slot), root), self.now);
            if tell {
                self.at(self.now, crate::events::Event::Block(peer));
            }
        }
    }

    fn all(&mut self, fault: impl Fn(usize) -> Fault) {
        (0..self.peers.len()).for_each(|peer| self.fault(fault(peer)));
    }
}

#[test]
fn the_last_block_of_an_epoch_that_comes_a_tenth_of_a_slot_late_costs_nothing() {
    let mut world = world(700, 13_200);
    world.assert_none_refused();
}

#[test]
fn an_epoch_that_builds_on_the_last_block_but_one_costs_nothing() {
    let mut world = world(701, 1_000);
    // When the last block has settled all, the next one turns out to build on another.
    world.run_until(SETTLES + 1, ms(1_990));
    world.turn(SETTLES, None, false);
    world.assert_none_refused();
}

#[test]
fn a_beacon_node_that_stands_still_for_two_epochs_costs_its_peer_nothing_after() {
    let mut world = world(702, 1_000);
    world.run_to(20);
    world.fault(Fault::Stall(3, SLOTS.start));
    world.run_to(SLOTS.end + 4);
    world.assert_all_done(SLOTS.start..SLOTS.end + 3);
    for slot in SLOTS.start..SLOTS.end + 3 {
        let has_duty = !world.chain.attesters_in(Slot(slot)).is_empty();
        let signs = world.checks.has_said(3, head(slot), "COMMIT");
        assert_eq!(signs, has_duty, "slot {slot}");
    }
    assert_eq!(world.refused, []);
}

#[test]
fn two_of_four_peers_on_a_beacon_node_that_stood_still_lose_nothing_after() {
    let mut world = world(703, 1_000);
    world.run_to(20);
    (2..4).for_each(|peer| world.fault(Fault::Stall(peer, SLOTS.start)));
    world.run_to(SLOTS.end + 4);
    world.assert_all_done(SLOTS.start..SLOTS.end + 3);
    assert_eq!(world.refused, []);
}

#[test]
fn the_first_event_after_a_start_is_compared_with_what_was_asked_before_it() {
    let mut world = world(704, 13_200);
    world.run_until(SETTLES, ms(11_000));
    world.all(Fault::Kill);
    world.run_until(SETTLES + 1, ms(100));
    world.all(Fault::Start);
    world.assert_none_refused();
}

#[test]
fn what_happened_while_no_events_came_is_asked_when_they_come_again() {
    let mut world = deaf_world(705, 1_000);
    world.run_until(SETTLES + 1, ms(3_000));
    world.turn(SETTLES, None, false);
    world.run_until(SETTLES + 1, ms(6_000));
    world.all(|peer| Fault::Hears(peer, true));
    world.assert_none_refused();
}

#[test]
fn an_epoch_is_asked_again_when_it_begins_if_no_event_has_borne_it_out() {
    let mut world = deaf_world(706, 13_200);
    world.assert_none_refused();
}

/// Two draws by branches of the settling block, and a slot without a proposal of ours, in which the
/// first has the validators `moves` and `stays`, of whom in the second one has a later slot, and
/// the other the same slot and another committee.
struct Redraw {
    branches: [u8; 2],
    slot: u64,
    moves: (u32, Slot),
    stays: u32,
}

fn redraw() -> Redraw {
    let draw = |branch| {
        let block = (Slot(SETTLES), Chain::foreign(Slot(SETTLES), branch));
        Draw::by(block, Slot(SETTLES))
    };
    let seats = |branch| {
        let of = move |validator| (validator, draw(branch).seat(validator, DRAWN));
        (0..3).map(of).collect::<BTreeMap<_, _>>()
    };
    for (one, other) in (2..=60).flat_map(|one| (2..=60).map(move |other| (one, other))) {
        let (before, after) = (seats(one), seats(other));
        for (moves, stays) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            let (slot, committee) = before[&stays];
            let together = before[&moves].0 == slot && !Chain::is_ours(slot);
            let same = after[&stays].0 == slot && after[&stays].1 != committee;
            if together && same && after[&moves].0 > slot {
                return Redraw {
                    branches: [one, other],
                    slot: slot.0,
                    moves: (moves, after[&moves].0),
                    stays,
                };
            }
        }
    }
    unreachable!("some draws are like that");
}

/// A vote in the old slot would burn that of the new one: an epoch has one.
#[test]
fn a_validator_whose_slot_has_changed_votes_in_the_new_one_and_the_rest_goes_on() {
    let Redraw {
        branches: [one, other],
        slot,
        moves: (moves, later),
        stays,
    } = redraw();
    for after_ms in [100, 1_000, 1_990] {
        let mut world = drawn_world(707 + after_ms, one, slot);
        world.run_until(slot, ms(after_ms));
        world.turn(SETTLES, Some(other), true);
        world.assert_none_refused();
        assert!(world.chain.accepted(head(slot), stays).is_some());
        assert!(world.chain.accepted(head(slot), moves).is_none());
        assert!(world.chain.accepted(head(later.0), moves).is_some());
        assert_eq!(SLOTS.start / SLOTS_PER_EPOCH, DRAWN.0);
    }
}

/// What is signed before the beacon node has said whose duty it is now, would be wrong.
#[test]
fn nothing_is_signed_between_a_turn_and_the_new_draw() {
    let Redraw {
        branches: [one, other],
        slot,
        moves: (moves, later),
        stays,
    } = redraw();
    let mut world = drawn_world(708, one, slot);
    world.run_until(slot, ms(1_950));
    for peer in &mut world.peers {
        peer.draw_ms = Some((900, 1_000));
    }
    world.turn(SETTLES, Some(other), true);
    world.assert_none_refused();
    assert!(world.chain.accepted(head(slot), stays).is_some());
    assert!(world.chain.accepted(head(later.0), moves).is_some());
}

/// The vault has signed and the disk is slow: what becomes durable after a turn is sent for those
/// only whose duty it still is, and not before the beacon node has said so.
#[test]
fn a_share_that_waits_for_the_disk_is_not_sent_for_who_has_moved_meanwhile() {
    let Redraw {
        branches: [one, other],
        slot,
        moves: (moves, _),
        stays,
    } = redraw();
    for draw_ms in [(5, 30), (900, 1_000)] {
        let mut world = drawn_world(710, one, slot);
        world.run_to(slot);
        for peer in &mut world.peers {
            peer.sync_ms = (300, 400);
        }
        let quorum = Phase::PrepareQuorum;
        (0..4).for_each(|peer| world.run_until_reached(peer, head(slot), quorum));
        for peer in &mut world.peers {
            peer.draw_ms = Some(draw_ms);
        }
        world.turn(SETTLES, Some(other), true);
        world.run_to(slot + 1);
        world.assert_safe();
        assert!(world.chain.accepted(head(slot), stays).is_some());
        let values = world.chain.values();
        let of_slot = values.filter_map(|value| match value {
            Value::Head(vote) => Some(vote).filter(|vote| vote.slot.0 == slot),
            Value::Block(_) | Value::Blinded(_) | Value::Aggregates(_) | Value::Contribution(_) => {
                None
            }
        });
        for vote in of_slot {
            let root = Signable::attestation(&world.chain.spec, vote).signing_root();
            let sent = world.checks.releasers(moves, &root);
            assert_eq!(sent, Default::default(), "{draw_ms:?}");
        }
    }
}

#[test]
fn a_head_that_flaps_a_thousand_times_makes_a_handful_of_questions() {
    let mut world = world(709, 1_000);
    world.run_until(SETTLES + 2, ms(6_000));
    let slot = Slot(SETTLES + 2);
    let mut asked = 0;
    for turn in 0..1_000_u32 {
        let root = [(turn % 2) as u8 + 1; 32].into();
        let head = node_core::duties::schedule::Head {
            slot,
            block: root,
            previous: root,
            current: root,
        };
        let process = world.peers[0].process.as_mut().unwrap();
        let input = node_core::duties::Input::Head(head);
        let outputs = proto::Machine::handle(&mut process.node, world.now, input);
        let asks = |output: &&Output| matches!(output, Output::Ask(_));
        asked += outputs.iter().filter(asks).count();
    }
    assert!(asked <= 5, "{asked} questions");
}
