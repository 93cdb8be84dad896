//! Scripts of aggregation: who is chosen, whose aggregate is taken, and what liars can do about it.

use node_core::duties::agreed::aggregate::Aggregates;
use node_core::duties::agreed::objection::{Doubt, Flaw, Objection};
use node_core::duties::agreed::value::Value;
use node_core::duties::fault::Breach;
use proto::Slot;
use proto::frame::Frame;
use proto::vote::{Message, Proposal, Propose};
use ssz_types::BitList;

use crate::aggregates::{Pool, aggregate};
use crate::faults::Fault;
use crate::old;
use crate::peer::BeaconNode;
use crate::scenarios::ms;
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// The slots in which everything is exchanged after a start.
const SETTLED: u64 = FIRST + 3;

#[test]
fn every_attester_that_is_chosen_aggregates_and_its_beacon_node_was_told_ahead() {
    let mut world = World::new(4, 800);
    world.run_to(SETTLED + 13);
    world.assert_all_done(FIRST + 1..SETTLED + 12);
    world.assert_all_aggregated(SETTLED..SETTLED + 12);
    assert_eq!(world.refused, []);
    for slot in (SETTLED + 5..SETTLED + 12).map(Slot) {
        let begins = world.chain.spec.first_slot(world.chain.spec.epoch_of(slot));
        for validator in world.chain.attesters_in(slot) {
            let is_chosen = world.chosen(validator, slot).is_some();
            let (at, told) = world.subscribed[&(2, slot, validator)];
            assert_eq!(told, is_chosen, "slot {slot}");
            assert!(at < world.chain.spec.start_of(begins), "slot {slot}");
        }
    }
}

#[test]
fn selection_proofs_travel_when_the_attestations_of_the_slot_are_out() {
    let mut world = World::new(4, 801);
    world.run_to(SETTLED + 13);
    world.assert_safe();
    assert_eq!(world.hurried, Default::default());
}

#[test]
fn one_of_four_peers_dead_costs_no_aggregate() {
    for dead in 0..4 {
        let mut world = World::new(4, 810 + dead as u64);
        world.run_until(FIRST, ms(6_000));
        world.fault(Fault::Kill(dead));
        world.run_to(SETTLED + 10);
        world.assert_all_aggregated(SETTLED..SETTLED + 9);
    }
}

#[test]
fn a_leader_whose_beacon_node_has_no_aggregate_leaves_it_to_the_next() {
    let mut world = World::new(4, 820);
    world.run_to(SETTLED);
    let slot = world.aggregate_slots(SETTLED..SETTLED + 8)[0];
    let leaders = consensus::leaders(
        world.cluster.lock.definition.terms().size(),
        &world.cluster.lock.hash(),
        aggregate(slot),
    );
    let (first, second) = (leaders[0].position(), leaders[1].position());
    world.peers[first].pool = Pool::Nothing;
    world.run_to(slot + 1);
    world.assert_all_aggregated_in(slot);
    assert_eq!(world.round(second, aggregate(slot)), 2);
}

#[test]
fn votes_of_ours_that_a_beacon_node_leaves_out_are_added() {
    let mut world = World::new(4, 821);
    for peer in &mut world.peers {
        peer.pool = Pool::WithoutOurs;
    }
    world.run_to(SETTLED + 9);
    world.assert_all_aggregated(SETTLED..SETTLED + 8);
    assert_eq!(world.refused, []);
}

#[test]
fn no_beacon_node_has_an_aggregate_and_nothing_but_the_aggregate_is_missed() {
    let mut world = World::new(4, 822);
    for peer in &mut world.peers {
        peer.pool = Pool::Nothing;
    }
    world.run_to(SETTLED + 9);
    world.assert_all_done(FIRST + 1..SETTLED + 8);
    let slot = world.aggregate_slots(SETTLED..SETTLED + 8)[0];
    assert!(
        world
            .signed
            .keys()
            .all(|(_, duty)| *duty != aggregate(slot))
    );
}

/// What a lying leader proposes is taken by nobody, and the next one's is.
#[test]
fn a_leader_that_proposes_a_wrong_aggregate_loses_its_round_and_not_the_aggregate() {
    let lies: [(Lie, Objection); 5] = [
        (without_ours, Objection::OfView(Doubt::OwnVoteMissing)),
        (of_other_vote, Objection::OfValue(Flaw::OtherVote)),
        (of_other_committee, Objection::OfValue(Flaw::OtherCommittee)),
        (of_another_length, Objection::OfValue(Flaw::OtherCommittee)),
        (without_signature, Objection::OfValue(Flaw::NoSignature)),
    ];
    for (number, (lie, objection)) in (0..).zip(lies) {
        let mut world = World::new(4, 830 + number);
        world.run_to(SETTLED);
        let slot = world.aggregate_slots(SETTLED..SETTLED + 8)[0];
        let leaders = consensus::leaders(
            world.cluster.lock.definition.terms().size(),
            &world.cluster.lock.hash(),
            aggregate(slot),
        );
        let liar = leaders[0].position();
        world.lies.insert((liar, aggregate(slot)), lie);
        world.checks.bad.insert(liar);
        world.run_to(slot + 1);
        world.assert_all_aggregated_in(slot);
        for peer in (0..4).filter(|peer| *peer != liar) {
            let said = (peer, aggregate(slot), objection);
            assert!(world.objections.contains(&said), "{objection:?} by {peer}");
        }
    }
}

impl World {
    /// What this peer sends in place of a proposal of aggregates of which it is to lie.
    pub(crate) fn lie(&self, from: usize, frame: Vec<u8>) -> Vec<u8> {
        if self.lies.is_empty() {
            return frame;
        }
        let lock = &self.cluster.lock;
        let size = lock.definition.terms().size();
        let me = self.peers[from].index;
        let message = match Frame::decode(&frame) {
            Ok(Frame::Vote(vote)) => Message::decode(lock.hash(), size, me, &vote).unwrap(),
            Ok(_) | Err(_) => return frame,
        };
        let lie = self.lies.get(&(from, message.scope().duty));
        let (Message::Propose(proposal), Some(lie)) = (&message, lie) else {
            return frame;
        };
        let Some(Value::Aggregates(all)) = consensus::Value::decode(&proposal.body) else {
            return frame;
        };
        let value = Value::Aggregates(lie(&all));
        let statement = Propose {
            value: consensus::Value::hash(&value),
            ..proposal.signed.statement.clone()
        };
        let lied = Message::Propose(Proposal {
            signed: self.cluster.identities[from]
                .sign(me, statement)
                .into_signed(),
            body: consensus::Value::encode(&value).into(),
            justification: proposal.justification.clone(),
        });
        Frame::Vote(lied.encode()).encode()
    }
}

/// Makes of the right aggregates wrong ones.
pub type Lie = fn(&Aggregates) -> Aggregates;

fn changed(all: &Aggregates, change: impl Fn(&mut proto::eth::Aggregate)) -> Aggregates {
    let mut changed: Vec<_> = all.iter().cloned().collect();
    changed.iter_mut().for_each(change);
    Aggregates::new(changed).unwrap()
}

fn without_ours(all: &Aggregates) -> Aggregates {
    changed(all, |of| {
        (0..28).for_each(|at| of.aggregation_bits.set(at, false).unwrap())
    })
}

fn of_other_vote(all: &Aggregates) -> Aggregates {
    changed(all, |of| of.data.beacon_block_root = [0x77; 32].into())
}

fn of_other_committee(all: &Aggregates) -> Aggregates {
    changed(all, |of| of.committee_index.0 += 9)
}

fn of_another_length(all: &Aggregates) -> Aggregates {
    changed(all, |of| {
        let mut longer = BitList::with_capacity(of.aggregation_bits.len() + 1).unwrap();
        let set = of.aggregation_bits.iter().enumerate();
        set.for_each(|(at, is_set)| longer.set(at, is_set).unwrap());
        of.aggregation_bits = longer;
    })
}

fn without_signature(all: &Aggregates) -> Aggregates {
    changed(all, |of| of.signature = [0xc1; 96].into())
}

#[test]
fn a_share_of_a_selection_proof_that_is_none_is_named_and_costs_nothing() {
    let mut world = World::new(4, 840);
    world.corrupt(1, Villain::BadShares);
    world.run_to(SETTLED + 9);
    world.assert_all_aggregated(SETTLED..SETTLED + 8);
    assert!(world.blamed.contains(&(0, 1, Breach::BadShare)));
}

#[test]
fn a_peer_killed_while_it_aggregates_commits_to_no_second_value() {
    for after in [8_010, 8_040, 8_060, 8_080, 8_120] {
        let mut world = World::new(4, 850 + after);
        world.run_to(SETTLED);
        let slot = world.aggregate_slots(SETTLED..SETTLED + 8)[0];
        world.run_until(slot, ms(after));
        (0..2).for_each(|peer| world.fault(Fault::Kill(peer)));
        world.run_until(slot, ms(after + 300));
        (0..2).for_each(|peer| world.fault(Fault::Start(peer)));
        world.run_to(slot + 3);
        world.assert_safe();
    }
}

#[test]
fn a_cluster_of_which_t_peers_know_aggregation_aggregates() {
    let mut world = World::new(4, 860);
    world.peers[2].versions = old::VERSIONS;
    world.run_to(SETTLED + 9);
    world.assert_all_aggregated(SETTLED..SETTLED + 8);
    assert_eq!(world.blamed, Default::default());
}

#[test]
fn where_fewer_know_it_nothing_of_it_is_said() {
    let mut world = World::new(4, 861);
    (2..4).for_each(|peer| world.peers[peer].versions = old::VERSIONS);
    world.run_to(SETTLED + 9);
    world.assert_all_done(FIRST + 1..SETTLED + 8);
    let spoke = world
        .signed
        .keys()
        .any(|(_, duty)| duty.kind == aggregate(0).kind);
    assert!(!spoke);
}

#[test]
fn a_peer_whose_beacon_node_stands_still_takes_the_aggregates_of_others() {
    let mut world = World::new(4, 870);
    world.fault(Fault::Beacon(3, BeaconNode::Optimistic));
    world.run_to(SETTLED + 9);
    world.assert_all_aggregated(SETTLED..SETTLED + 8);
}
