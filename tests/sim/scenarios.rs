//! Scripts that read aloud: dead peers, restarts, split heads, bad leaders.

use std::time::Duration;

use node_core::duties::agreed::objection::{Doubt, Flaw, Objection};
use node_core::duties::fault::Breach;
use proto::{DutyId, DutyKind, Round, Slot};

use crate::faults::Fault;
use crate::peer::BeaconNode;
use crate::villains::Villain;
use crate::world::{FIRST, World};

pub fn head(slot: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::Head,
    }
}

pub fn block(slot: u64) -> DutyId {
    DutyId {
        slot: Slot(slot),
        kind: DutyKind::Block,
    }
}

pub const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl World {
    /// The slots of this range in which one of our validators attests to a foreign block.
    pub fn head_slots(&self, slots: std::ops::Range<u64>) -> Vec<u64> {
        let foreign = |slot: &u64| self.chain.proposer(Slot(*slot)).is_none();
        let attests = |slot: &u64| !self.chain.attesters_in(Slot(*slot)).is_empty();
        slots.filter(foreign).filter(attests).collect()
    }

    /// The slots of this range in which one of our validators proposes.
    pub fn block_slots(&self, slots: std::ops::Range<u64>) -> Vec<u64> {
        slots
            .filter(|slot| self.chain.proposer(Slot(*slot)).is_some())
            .collect()
    }

    /// How long after its slot's start a duty was accepted.
    pub fn took(&self, duty: DutyId) -> Duration {
        let duties = self.chain.duties(duty.slot);
        let (_, validator) = duties.into_iter().find(|(of, _)| *of == duty).unwrap();
        let at = self.chain.accepted(duty, validator);
        let at = at.unwrap_or_else(|| panic!("{duty} was missed\n{}", self.name()));
        at.since(self.chain.spec.start_of(duty.slot))
    }

    pub(crate) fn round(&self, peer: usize, duty: DutyId) -> u8 {
        let signed = self.signed.get(&(peer, duty));
        signed
            .unwrap_or_else(|| panic!("peer {peer} has no {duty}"))
            .round
            .number()
    }
}

#[test]
fn one_of_four_peers_dead_no_duty_lost_and_no_vote_takes_a_second_round() {
    for dead in 0..4 {
        let mut world = World::new(4, 10 + dead as u64);
        world.run_until(FIRST, ms(6_000));
        world.fault(Fault::Kill(dead));
        world.run_to(FIRST + 10);
        world.assert_all_done(FIRST + 1..FIRST + 9);
        for slot in world.head_slots(FIRST + 1..FIRST + 9) {
            let other = (dead + 1) % 4;
            assert_eq!(
                world.round(other, head(slot)),
                Round::ZERO.number(),
                "slot {slot}"
            );
        }
    }
}

#[test]
fn a_leader_that_is_down_is_skipped_at_once() {
    let mut world = World::new(4, 20);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    world.run_until(slot - 1, ms(6_000));
    world.fault(Fault::Kill(leaders[0]));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    assert_eq!(world.round(leaders[1], block(slot)), 2);
    // Block fetch 30 ms, one hop of ROUND-CHANGE more than the usual three, 20 ms each.
    let took = world.took(block(slot));
    assert!(took < ms(200), "{took:?}");
}

#[test]
fn a_leader_that_hangs_costs_one_round() {
    let mut world = World::new(4, 21);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    world.fault(Fault::Beacon(leaders[0], BeaconNode::Optimistic));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    assert_eq!(world.round(leaders[1], block(slot)), 2);
    assert!(
        world.took(block(slot)) < ms(1_600),
        "{:?}",
        world.took(block(slot))
    );
}

#[test]
fn a_peer_killed_in_mid_slot_again_and_again_costs_the_others_nothing() {
    let mut world = World::new(4, 30);
    for slot in FIRST + 1..FIRST + 9 {
        let after = ms(300 * (slot % 5) + 500);
        world.run_until(slot, after);
        world.fault(Fault::Kill(2));
        world.run_until(slot, after + ms(400));
        world.fault(Fault::Start(2));
    }
    world.run_to(FIRST + 10);
    world.assert_all_done(FIRST + 1..FIRST + 9);
}

#[test]
fn a_restarted_peer_helps_in_its_first_slot_and_votes_after_its_mark() {
    let mut world = World::new(4, 40);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.run_until(slot - 1, ms(11_000));
    world.fault(Fault::Kill(3));
    world.run_until(slot, ms(100));
    world.fault(Fault::Start(3));
    world.run_to(slot + 6);
    world.assert_all_done(FIRST..slot + 6);
    let says = |duty, kind| world.checks.has_said(3, duty, kind);
    assert!(
        !says(head(slot), "PREPARE"),
        "it has forgotten what it voted"
    );
    assert!(
        says(head(slot), "COMMIT"),
        "it signs what a certificate proves"
    );
    assert!(
        world.signed.contains_key(&(3, head(slot))),
        "it combines and submits"
    );
    // In the slot before, the mark was written for this slot: it votes again in the next ones,
    // unless the others are a quorum before it has its own value.
    let next = world.head_slots(slot + 1..slot + 6);
    assert!(next.into_iter().any(|slot| says(head(slot), "PREPARE")));
}

#[test]
fn a_peer_that_restarts_after_the_others_have_signed_still_signs_and_submits() {
    let mut world = World::new(4, 41);
    world.peers[3].answer_ms = (600, 700);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.run_until(slot - 1, ms(11_000));
    world.fault(Fault::Kill(3));
    world.run_until(slot, ms(5_000));
    assert!(world.signed.contains_key(&(0, head(slot))));
    world.fault(Fault::Start(3));
    world.run_until(slot, ms(7_000));
    world.assert_safe();
    assert!(
        world.signed.contains_key(&(3, head(slot))),
        "it combines and submits"
    );
    assert!(
        world.checks.has_said(3, head(slot), "COMMIT"),
        "it signs what a certificate proves"
    );
}

#[test]
fn heads_split_two_to_two_are_decided_in_round_1() {
    let mut world = World::new(4, 70);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.branches.insert(Slot(slot), vec![0, 0, 1, 1]);
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    for peer in 0..4 {
        assert_eq!(world.round(peer, head(slot)), 1);
    }
    // Round 0 ends at once, since no vote can gather t any more; then the leader's head must become
    // known to a third peer, which is between 1.5 and 2.5 s.
    let took = world.took(head(slot));
    assert!(took < ms(2_700), "{took:?}");
}

#[test]
fn heads_split_two_to_one_with_a_dead_peer_are_decided() {
    let mut world = World::new(4, 71);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.branches.insert(Slot(slot), vec![0, 0, 1, 1]);
    world.run_until(slot - 1, ms(5_000));
    world.fault(Fault::Kill(3));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
}

/// The preferred node of one peer has a head that only it knows, and nobody could be without that
/// peer's vote: its second node has the head that others vote for.
#[test]
fn of_two_heads_by_own_nodes_the_one_that_other_peers_vote_for_is_taken() {
    let mut world = World::new(4, 72);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    world.branches.insert(Slot(slot), vec![0, 0, 1, 1]);
    world.run_until(slot - 1, ms(5_000));
    world.fault(Fault::Kill(3));
    world.peers[2].second = Some(0);
    // Its nodes are given time to agree, and the others' votes come meanwhile.
    world.peers[2].answer_ms = (1_500, 1_500);
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    for peer in 0..3 {
        assert_eq!(world.round(peer, head(slot)), 0, "peer {peer}");
    }
}

#[test]
fn a_peer_cut_off_and_back_takes_part_by_the_next_slot() {
    let mut world = World::new(4, 80);
    world.run_until(FIRST + 1, ms(7_000));
    (1..4).for_each(|other| world.fault(Fault::Cut(0, other, 500)));
    let back = FIRST + 4;
    world.run_until(back, ms(6_000));
    (1..4).for_each(|other| world.fault(Fault::Mend(0, other)));
    world.run_to(back + 7);
    world.assert_all_done(FIRST..back + 6);
    let slots = world.head_slots(back + 1..back + 6);
    assert!(world.checks.has_said(0, head(slots[0]), "COMMIT"));
    // The others may be a quorum before it has its own value.
    let votes = |slot: &u64| world.checks.has_said(0, head(*slot), "PREPARE");
    assert!(slots.iter().any(votes));
}

#[test]
fn an_optimistic_beacon_node_gives_no_vote_and_its_peer_still_helps() {
    let mut world = World::new(4, 90);
    world.fault(Fault::Beacon(3, BeaconNode::Optimistic));
    world.run_to(FIRST + 9);
    world.assert_all_done(FIRST..FIRST + 8);
    for slot in world.block_slots(FIRST + 1..FIRST + 8) {
        for kind in ["PROPOSE", "PREPARE", "COMMIT"] {
            assert!(!world.checks.has_said(3, block(slot), kind), "{kind}");
        }
        assert!(world.signed.contains_key(&(3, block(slot))), "it submits");
    }
    for slot in world.head_slots(FIRST + 1..FIRST + 8) {
        assert!(!world.checks.has_said(3, head(slot), "PREPARE"));
        assert!(!world.checks.has_said(3, head(slot), "COMMIT"));
        assert!(
            world.signed.contains_key(&(3, head(slot))),
            "it collects and submits"
        );
        let asked = world.asked[&(3, head(slot))];
        assert!(asked < 40, "it stops asking once the duty is done: {asked}");
    }
}

#[test]
fn a_block_with_another_fee_recipient_is_refused_by_every_peer() {
    let mut world = World::new(4, 100);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    let thief = leaders[0];
    world.peers[thief].fee_recipient = [0x66; 20];
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    for peer in (0..4).filter(|peer| *peer != thief) {
        let refusal = (
            peer,
            block(slot),
            Objection::OfValue(Flaw::WrongFeeRecipient {
                expected: crate::chain::FEE_RECIPIENT.into(),
                found: [0x66; 20].into(),
            }),
        );
        assert!(world.objections.contains(&refusal), "peer {peer}");
        assert!(world.objected.contains(&(peer, block(slot), thief)));
        assert_eq!(world.round(peer, block(slot)), 2);
    }
}

#[test]
fn a_reveal_is_whole_before_its_slot_begins_although_clocks_differ() {
    for slow in 0..4 {
        let mut world = World::new(4, 110);
        for (at, peer) in world.peers.iter_mut().enumerate() {
            peer.skew_micros = if at == slow { -500_000 } else { 500_000 };
        }
        world.run_to(FIRST + 12);
        world.assert_all_done(FIRST + 1..FIRST + 11);
        for slot in world.block_slots(FIRST + 1..FIRST + 11) {
            let leader = world.leaders(Slot(slot))[0];
            assert_eq!(
                world.round(leader, block(slot)),
                1,
                "slot {slot}, {slow} is behind"
            );
        }
    }
}

#[test]
fn a_value_whose_parent_stays_unknown_is_named_as_the_reason() {
    let mut world = World::new(4, 120);
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leader = world.leaders(Slot(slot))[0];
    let private = [0x77; 32].into();
    world.run_until(slot - 1, ms(11_900));
    let now = world.now;
    world
        .chain
        .arrives(leader, (Slot(slot - 1), private), now - ms(11_850));
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
    for peer in (0..4).filter(|peer| *peer != leader) {
        let doubt = (peer, block(slot), Objection::OfView(Doubt::UnknownParent));
        assert!(
            world.objections.contains(&doubt),
            "peer {peer}: {:?}",
            world.objections
        );
    }
}

#[test]
fn an_undecided_duty_does_not_hold_up_the_next() {
    let mut world = World::new(4, 160);
    world.run_until(FIRST + 2, ms(11_900));
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    for (one, other) in pairs {
        world.fault(Fault::Cut(one, other, 100));
    }
    world.run_until(FIRST + 4, ms(100));
    for (one, other) in pairs {
        world.fault(Fault::Mend(one, other));
    }
    world.run_to(FIRST + 8);
    world.assert_all_done(FIRST + 4..FIRST + 7);
    assert!(
        !world.chain.missed(FIRST + 3..FIRST + 4).is_empty(),
        "nobody heard anybody"
    );
}

#[test]
fn a_peer_with_bad_shares_is_named_and_costs_no_duty() {
    let mut world = World::new(4, 170);
    world.corrupt(2, Villain::BadShares);
    world.run_to(FIRST + 9);
    world.assert_all_done(FIRST..FIRST + 8);
    let named = world
        .blamed
        .iter()
        .any(|(_, culprit, breach)| (*culprit, *breach) == (2, Breach::BadShare));
    assert!(named, "{:?}", world.blamed);
}

#[test]
fn a_peer_that_tells_two_stories_leaves_evidence_and_costs_no_duty() {
    let mut world = World::new(4, 171);
    world.corrupt(1, Villain::Equivocator);
    world.weather.split_percent = 100;
    world.run_to(FIRST + 9);
    world.assert_all_done(FIRST..FIRST + 8);
    let proven = world
        .blamed
        .iter()
        .any(|(_, culprit, breach)| (*culprit, *breach) == (1, Breach::Contradiction));
    assert!(proven, "{:?}", world.blamed);
}

#[test]
fn a_peer_that_withholds_or_repeats_costs_no_duty() {
    for villain in [Villain::Withholder, Villain::Replayer] {
        let mut world = World::new(4, 172);
        world.corrupt(3, villain);
        world.run_to(FIRST + 9);
        world.assert_all_done(FIRST..FIRST + 8);
    }
}

#[test]
fn a_peer_is_busy_while_it_decides_and_signs_a_duty_and_at_no_other_time() {
    let mut world = World::new(4, 90);
    let slot = world.head_slots(FIRST + 2..FIRST + 6)[0];
    let mut steps = [const { Vec::new() }; 4];
    for at in 0..12_000 {
        world.run_until(slot, ms(at));
        for (peer, steps) in steps.iter_mut().enumerate() {
            let is_busy = world.peers[peer].process.as_ref().unwrap().node.is_busy();
            let step = (is_busy, world.signed.contains_key(&(peer, head(slot))));
            if steps.last() != Some(&step) {
                steps.push(step);
            }
        }
    }
    let (idle, decides, is_over) = ((false, false), (true, false), (false, true));
    for steps in &steps {
        assert_eq!((steps[0], steps[steps.len() - 1]), (idle, is_over));
    }
    // The fourth one may be so late that the others have signed without it.
    let deciding = steps.iter().filter(|steps| steps.contains(&decides));
    assert!(deciding.count() >= 3);
}
