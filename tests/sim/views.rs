//! Scripts of what speaks against a value. What only a late beacon node says is asked again, and so
//! costs a moment, not the duty; what is wrong with the value itself is final.

use std::time::Duration;

use node_core::duties::agreed::objection::{Doubt, Flaw, Objection};
use node_core::duties::note::Phase;
use proto::{Slot, Timestamp};

use crate::blocks::Oddity;
use crate::faults::Fault;
use crate::peer::BeaconNode;
use crate::scenarios::{block, head, ms};
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// How long after its vote a beacon node learns better.
const DELAYS: [Duration; 3] = [ms(20), ms(100), ms(500)];

impl World {
    /// Who leads the first round of a head vote in which a leader is there: peer 3 is dead.
    fn heads_leader(&self, slot: u64) -> usize {
        let terms = self.cluster.lock.definition.terms();
        let order = consensus::leaders(terms.size(), &self.cluster.lock.hash(), head(slot));
        let mut order = order.into_iter().map(|peer| peer.position());
        order.find(|peer| *peer != 3).expect("three are alive")
    }

    /// From now on the beacon node of `peer` has an old source, until it is told otherwise.
    fn is_late(&mut self, peer: usize) {
        let never = Timestamp::from_micros(u64::MAX);
        self.chain.late_until.insert(peer, never);
    }

    /// The beacon node of `peer` has the right source after so long.
    fn learns_after(&mut self, peer: usize, later: Duration) {
        self.chain.late_until.insert(peer, self.now + later);
    }
}

#[test]
fn a_source_that_turns_right_after_the_vote_costs_no_second_leader() {
    for delay in DELAYS {
        for late in [0, 1, 2] {
            let mut world = World::new(4, 600 + late as u64);
            let slot = world.head_slots(FIRST + 4..FIRST + 8)[0];
            world.run_until(slot - 1, ms(6_000));
            world.fault(Fault::Kill(3));
            world.is_late(late);
            world.run_until_reached(late, head(slot), Phase::ValueReady);
            assert!(world.checks.has_said(late, head(slot), "PREPARE"));
            world.learns_after(late, delay);
            world.run_to(slot + 1);
            world.assert_all_done(slot..slot + 1);
            if world.heads_leader(slot) != late {
                let round = world.round(late, head(slot));
                assert!(round <= 2, "{late} is late {delay:?}: round {round}");
            }
        }
    }
}

/// Three vote and one of them dies before it has signed: the fourth, whose source was late, owes
/// its share.
#[test]
fn what_a_quorum_has_voted_for_is_signed_once_the_own_source_is_right() {
    for delay in DELAYS {
        let mut world = World::new(4, 610);
        let slot = world.head_slots(FIRST + 4..FIRST + 8)[0];
        world.run_until(slot - 1, ms(6_000));
        world.is_late(2);
        world.run_until_reached(3, head(slot), Phase::ValueReady);
        // From now on its disk takes nothing, so its share never leaves.
        world.peers[3].sync_ms = (60_000, 60_000);
        world.run_until_reached(2, head(slot), Phase::PrepareQuorum);
        world.run_until(
            slot,
            world.now.since(world.chain.spec.start_of(Slot(slot))) + ms(300),
        );
        assert!(!world.checks.has_said(2, head(slot), "COMMIT"));
        let objection = Objection::OfView(Doubt::OtherCheckpoints);
        assert!(world.objections.contains(&(2, head(slot), objection)));
        world.learns_after(2, delay);
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        assert!(world.checks.has_said(2, head(slot), "COMMIT"));
        let asked = world.asked[&(2, head(slot))];
        assert!(asked < 40, "one question at a time: {asked}");
    }
}

/// Two of four beacon nodes have to follow the chain for a block beside its leader's.
#[test]
fn a_node_that_follows_the_chain_again_votes_for_the_block_in_the_same_slot() {
    for delay in DELAYS {
        let mut world = World::new(4, 620);
        let slot = world.block_slots(FIRST + 4..FIRST + 10)[0];
        let leaders = world.leaders(Slot(slot));
        world.run_until(slot - 1, ms(6_000));
        world.fault(Fault::Kill(leaders[3]));
        let late = leaders[1];
        world.fault(Fault::Beacon(late, BeaconNode::Optimistic));
        world.run_until(slot, delay);
        assert!(!world.checks.has_said(late, block(slot), "PREPARE"));
        world.fault(Fault::Beacon(late, BeaconNode::Sound));
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        assert_eq!(world.round(leaders[0], block(slot)), 1);
    }
}

/// Each of these would be worth nothing on the chain, or be somebody else's block.
#[test]
fn a_block_that_is_not_the_duties_is_refused_by_every_peer() {
    let oddities = [
        (Oddity::Proposer, Flaw::OtherProposer),
        (Oddity::Reveal, Flaw::WrongRandao),
        (Oddity::Layout, Flaw::OtherDuty),
    ];
    for (oddity, flaw) in oddities {
        let mut world = World::new(4, 630);
        let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
        let leaders = world.leaders(Slot(slot));
        world.corrupt(leaders[0], Villain::Builder(oddity));
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        for peer in leaders.into_iter().skip(1) {
            let refusal = (peer, block(slot), Objection::OfValue(flaw));
            assert!(world.objections.contains(&refusal), "{oddity:?}: {peer}");
            assert_eq!(world.round(peer, block(slot)), 2, "{oddity:?}: {peer}");
        }
    }
}
