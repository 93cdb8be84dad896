//! What each peer says of duties that are over: "signed" is not "done".

use std::collections::BTreeMap;

use node_core::duties::agreed::objection::{Flaw, Objection};
use node_core::duties::note::{Miss, Note};
use node_core::duties::{Input, Output, Response};
use proto::eth::ValidatorIndex;
use proto::frame::{Frame, Parts};
use proto::{ClusterSize, DutyId, DutyKind, PeerSet, ValidatorPosition};

use crate::aggregates::aggregate;
use crate::chain::FIRST_INDEX;
use crate::faults::Fault;
use crate::scenarios::{block, ms};
use crate::world::{FIRST, World};

/// The slots whose duties have ended when the world stands at [`END`].
const OVER: std::ops::Range<u64> = FIRST + 2..FIRST + 8;
const END: u64 = OVER.end + 2;

impl World {
    /// What this peer said of the duties of [`OVER`].
    fn told_by(&self, peer: usize) -> impl Iterator<Item = &Note> {
        let told = self.told.iter();
        let over = told.filter(|(_, duty, _)| OVER.contains(&duty.slot.0));
        over.filter(move |(who, ..)| *who == peer)
            .map(|(.., note)| note)
    }

    fn misses(&self, peer: usize) -> Vec<&Miss> {
        let mut misses = Vec::new();
        for note in self.told_by(peer) {
            if let Note::Missed { why, .. } = note {
                misses.push(why);
            }
        }
        misses
    }
}

#[test]
fn where_all_is_well_nobody_is_blamed_and_what_was_accepted_counts_once() {
    let mut world = World::new(4, 720);
    world.run_to(END);
    world.assert_all_done(OVER);
    for peer in 0..4 {
        let mut accepted: BTreeMap<DutyId, usize> = BTreeMap::new();
        let mut over = accepted.clone();
        for note in world.told_by(peer) {
            if let Note::Accepted { duty, validators } = note {
                *accepted.entry(*duty).or_default() += validators;
            } else if let Note::Ended { duty, ended } = note {
                let done = ended.fates.iter().filter(|fate| fate.why.is_none());
                let done: usize = done.map(|fate| fate.of.len()).sum();
                assert_eq!(done, 1, "peer {peer}, {duty}");
                *over.entry(*duty).or_default() += done;
                let all = PeerSet::full(ClusterSize::of(4).unwrap());
                let is_free = matches!(duty.kind, DutyKind::Head);
                assert_eq!((ended.shares, ended.missing), (all, PeerSet::EMPTY));
                assert_eq!(ended.led.is_none(), is_free, "peer {peer}, {duty}");
                assert_eq!(ended.saw, all, "peer {peer}, {duty}");
            } else {
                let is_signed = matches!(note, Note::Signed { missing, .. } if missing.is_empty());
                assert!(is_signed, "peer {peer} says {note:?}");
            }
        }
        for slot in OVER {
            for (duty, _) in world.chain.duties(proto::Slot(slot)) {
                assert_eq!(accepted.get(&duty), Some(&1), "peer {peer}, {duty}");
                assert_eq!(over.get(&duty), Some(&1), "peer {peer}, {duty}");
            }
        }
    }
}

#[test]
fn an_answer_that_comes_twice_counts_once() {
    let mut world = World::new(4, 726);
    let mut slots = (FIRST + 2..FIRST + 6).map(proto::Slot);
    let (duty, validator) = slots
        .find_map(|slot| world.chain.duties(slot).pop())
        .unwrap();
    world.run_to(duty.slot.0 + 1);
    let before = world.told.len();
    let accepted = vec![ValidatorIndex(FIRST_INDEX + u64::from(validator))];
    let response = Response::Submit {
        duty,
        accepted,
        refused: Vec::new(),
    };
    world.feed(0, Input::Response(response));
    assert_eq!(world.told[before..], []);
}

#[test]
fn what_the_own_beacon_node_refuses_is_a_miss_with_its_words() {
    let mut world = World::new(4, 721);
    world.peers[2].refuses = true;
    world.run_to(END);
    world.assert_all_done(OVER);
    let duties: usize = OVER
        .map(|slot| world.chain.duties(proto::Slot(slot)).len())
        .sum();
    let aggregates = OVER.flat_map(|slot| {
        let all = world.aggregators(proto::Slot(slot)).into_iter();
        all.filter_map(|validator| world.chain.accepted(aggregate(slot), validator))
            .collect::<Vec<_>>()
    });
    let aggregates = aggregates.count();
    let misses = world.misses(2);
    assert_eq!(misses.len(), duties + aggregates);
    for miss in misses {
        let Miss::NotTaken { why, by } = miss else {
            panic!("{miss:?}");
        };
        assert_eq!(why, "not as the chain has it");
        let by: Vec<usize> = by.iter().map(|peer| peer.position()).collect();
        assert_eq!(by, [0, 1, 3], "all of them took it, and say so");
    }
    assert!(
        !world
            .told_by(2)
            .any(|note| matches!(note, Note::Accepted { .. }))
    );
    assert_eq!(world.misses(1), Vec::<&Miss>::new());
}

#[test]
fn what_no_beacon_node_takes_is_said_to_be_taken_by_none() {
    let mut world = World::new(4, 724);
    for peer in &mut world.peers {
        peer.refuses = true;
    }
    // A program of the first version is not asked, and does not say.
    world.peers[3].versions = crate::old::VERSIONS;
    world.run_until(FIRST + 4, ms(0));
    world.peers[1].refuses = false;
    world.peers[3].refuses = false;
    world.run_to(END);
    let taken_by = |world: &World, peer| {
        let mut taken: BTreeMap<DutyId, Vec<usize>> = BTreeMap::new();
        for note in world.told_by(peer) {
            if let Note::Missed { duty, why, .. } = note
                && duty.kind != DutyKind::Aggregate
                && let Miss::NotTaken { by, .. } = why
            {
                taken.insert(*duty, by.iter().map(|peer| peer.position()).collect());
            }
        }
        taken
    };
    for (duty, by) in taken_by(&world, 0) {
        let expected: &[usize] = if duty.slot.0 < FIRST + 4 { &[] } else { &[1] };
        assert_eq!(by, expected, "{duty}");
    }
    let duties = |slot| world.chain.duties(proto::Slot(slot)).len();
    let all: usize = OVER.map(duties).sum();
    let early: usize = (OVER.start..FIRST + 4).map(duties).sum();
    assert_eq!(taken_by(&world, 0).len(), all);
    for peer in [1, 3] {
        let taken = taken_by(&world, peer);
        assert!(taken.values().all(Vec::is_empty), "peer {peer}: {taken:?}");
        assert_eq!(taken.len(), early, "peer {peer}");
    }
}

#[test]
fn who_asks_what_was_taken_is_answered_once() {
    let mut world = World::new(4, 725);
    let slots = FIRST + 2..FIRST + 6;
    let mut duties = slots.flat_map(|slot| world.chain.duties(proto::Slot(slot)));
    let (duty, validator) = duties.next().unwrap();
    drop(duties);
    world.run_to(duty.slot.0 + 1);
    let peer = world.peers[2].index;
    let at = ValidatorPosition;
    let parts = |validators| Parts { duty, validators };
    let mut hear = |frame: Frame| {
        let process = world.peers[0].process.as_mut().unwrap();
        let input = Input::Frame(peer, frame.encode());
        let outputs = proto::Machine::handle(&mut process.node, world.now, input);
        let mut frames = Vec::new();
        for output in outputs {
            if let Output::Send(to, frame) = output
                && to == peer
            {
                frames.push(Frame::decode(&frame).unwrap());
            }
        }
        frames
    };
    assert_eq!(
        hear(Frame::Refused(parts(vec![at(77)]))),
        [],
        "no part of it"
    );
    let asked = Frame::Refused(parts(vec![at(validator), at(77), at(validator)]));
    let answer = Frame::Taken(parts(vec![at(validator)]));
    assert_eq!(hear(asked.clone()), [answer]);
    assert_eq!(hear(asked), [], "it has been told");
}

#[test]
fn a_dead_peer_is_named_and_no_other() {
    let mut world = World::new(4, 722);
    world.run_until(FIRST, ms(6_000));
    world.fault(Fault::Kill(3));
    world.run_to(END);
    let dead = world.peers[3].index;
    for peer in 0..3 {
        let mut named = 0;
        for note in world.told_by(peer) {
            let (Note::Signed { missing: peers, .. } | Note::Absent { peers, .. }) = note else {
                continue;
            };
            assert_eq!(peers.iter().collect::<Vec<_>>(), [dead], "{note:?}");
            named += 1;
        }
        assert!(named > 0);
    }
}

#[test]
fn a_peer_that_signs_nothing_says_that_as_the_reason() {
    let mut world = World::new(4, 723);
    world.run_until(FIRST + 1, ms(6_000));
    world.feed(1, Input::NotRecorded);
    // Alone, or the others would have signed for it.
    for other in [0, 2, 3] {
        world.fault(Fault::Cut(1, other, 100));
    }
    world.run_to(END);
    let misses = world.misses(1);
    assert!(!misses.is_empty());
    assert!(
        misses.iter().all(|why| matches!(why, Miss::Stopped(_))),
        "{misses:?}"
    );
}

impl World {
    /// These peers start again, and know of nobody whom blocks are to pay.
    fn forget_recipients(&mut self, peers: &[usize]) {
        for peer in peers {
            self.peers[*peer].knows_recipient = false;
            self.peers[*peer].prepared = None;
            self.fault(Fault::Kill(*peer));
            self.fault(Fault::Start(*peer));
        }
    }
}

#[test]
fn while_no_fee_recipient_is_agreed_nothing_is_proposed_and_every_head_is_voted_for() {
    let mut world = World::new(4, 724);
    world.forget_recipients(&[0, 1, 2, 3]);
    world.run_to(END);
    world.assert_safe();
    let slots = FIRST + 4..OVER.end;
    let blocks: Vec<_> = world.block_slots(slots.clone());
    let blocks: Vec<_> = blocks.into_iter().map(block).collect();
    assert!(!blocks.is_empty());
    assert_eq!(world.chain.missed(slots), blocks);
    for peer in 0..4 {
        for duty in &blocks {
            assert!(!world.checks.has_said(peer, *duty, "PROPOSE"));
            let asked = world.asked.contains_key(&(peer, *duty));
            assert!(!asked, "without a reveal no block is asked for");
        }
        let said = |why: &&Miss| matches!(why, Miss::NoFeeRecipient);
        assert!(world.misses(peer).iter().any(said));
    }
}

#[test]
fn a_peer_that_knows_no_fee_recipient_takes_no_block_and_the_others_sign_without_it() {
    let mut world = World::new(4, 725);
    world.forget_recipients(&[3]);
    world.run_to(END);
    let slots = FIRST + 4..OVER.end;
    world.assert_all_done(slots.clone());
    let refused = Objection::OfValue(Flaw::NoFeeRecipient);
    for slot in world.block_slots(slots) {
        assert!(!world.checks.has_said(3, block(slot), "COMMIT"));
        assert!(
            world.objections.contains(&(3, block(slot), refused)),
            "{slot}"
        );
    }
}

#[test]
fn a_beacon_node_is_told_of_no_fee_recipient_while_none_is_agreed() {
    let mut world = World::new(4, 726);
    world.forget_recipients(&[3]);
    world.run_to(END);
    let told = |peer: usize| world.peers[peer].prepared.clone();
    assert_eq!(told(3), Some(Vec::new()));
    let paid = told(0).expect("it was told");
    assert!(!paid.is_empty());
    let expected = world.peers[0].fee_recipient.into();
    assert!(paid.iter().all(|(_, recipient)| *recipient == expected));
}
