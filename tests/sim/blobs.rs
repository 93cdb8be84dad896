//! Scripts of blocks with blobs, which only the builder's beacon node has at first.

use node_core::duties::Input;
use node_core::duties::fault::Breach;
use node_core::duties::note::{Note, Phase};
use proto::eth::Block;
use proto::frame::{BLOBS_PART, BlobsPart, BlobsWanted, Frame};
use proto::{DutyId, Slot};

use crate::blocks::{BYTES_OF_A_BLOB, Lie};
use crate::chain::{SLOTS_PER_EPOCH, spec_with};
use crate::faults::Fault;
use crate::old;
use crate::scenarios::{block, ms};
use crate::villains::Villain;
use crate::world::{FIRST, World};

/// A world of four with so many blobs in a block, the first slot from the third on in which the
/// cluster proposes, and who leads its rounds.
pub fn with_blobs(seed: u64, blobs: usize) -> (World, u64, Vec<usize>) {
    let mut world = World::new(4, seed);
    world.chain.blobs = blobs;
    let slot = world.block_slots(FIRST + 2..FIRST + 10)[0];
    let leaders = world.leaders(Slot(slot));
    (world, slot, leaders)
}

impl World {
    /// Lets time pass until `peer` has sent its COMMIT and has the signature. Its beacon node does
    /// not publish the block.
    pub(crate) fn commit_in_vain(&mut self, peer: usize, duty: DutyId) {
        self.peers[peer].refuses = true;
        self.run_until_reached(peer, duty, Phase::SignatureVerified);
    }

    /// Lets time pass until `peer` has blobs from another: from whom.
    pub(crate) fn run_until_pulled(&mut self, peer: usize, duty: DutyId) -> usize {
        for at in 0..12_000 {
            self.run_until(duty.slot.0, ms(at));
            if let Some(from) = self.pulled_from(peer, duty) {
                return from;
            }
        }
        panic!("peer {peer} never had the blobs\n{}", self.name());
    }

    pub(crate) fn pulled_from(&self, peer: usize, duty: DutyId) -> Option<usize> {
        let mut told = self.told.iter().rev();
        told.find_map(|(who, of, note)| {
            let Note::Pulled { from, .. } = note else {
                return None;
            };
            ((*who, *of) == (peer, duty)).then_some(from.position())
        })
    }

    fn missed_by(&self, peer: usize, duty: DutyId) -> bool {
        self.told.iter().any(|(who, of, note)| {
            matches!(note, Note::Missed { .. }) && (*who, *of) == (peer, duty)
        })
    }
}

/// The others ask their nodes, which know it, and nobody calls the duty missed.
#[test]
fn a_block_with_blobs_is_published_by_its_builder_and_nobody_pulls_them() {
    let mut world = World::new(4, 640);
    world.chain.blobs = 2;
    world.run_to(FIRST + 12);
    world.assert_all_done(FIRST..FIRST + 11);
    for slot in world.block_slots(FIRST..FIRST + 10) {
        let leader = world.leaders(Slot(slot))[0];
        assert_eq!(world.publishers[&block(slot)], [leader].into(), "{slot}");
        assert!((0..4).all(|peer| !world.missed_by(peer, block(slot))));
    }
    assert_eq!(world.pulls, Default::default());
}

#[test]
fn a_block_whose_builder_fails_after_its_commit_is_published_with_its_blobs_by_another() {
    for seed in 0..8 {
        let (mut world, slot, leaders) = with_blobs(650 + seed, 1 + seed as usize);
        world.commit_in_vain(leaders[0], block(slot));
        assert_eq!(world.run_until_pulled(leaders[1], block(slot)), leaders[0]);
        world.fault(Fault::Kill(leaders[0]));
        let pulled = world.now;
        world.run_to(slot + 6);
        world.assert_all_done(slot..slot + 5);
        assert!(world.publishers[&block(slot)].contains(&leaders[1]));
        let signed = world.signed[&(leaders[1], block(slot))].at;
        // A second, and at 40 ms there and back three parts for a blob.
        assert!(pulled.since(signed) < ms(1_000 + 40 * (1 + 3 * (1 + seed))));
        // The last asks its node a second later still, which knows the block by then.
        let askers: Vec<usize> = world.pulls.keys().copied().collect();
        assert!(!askers.contains(&leaders[3]), "{askers:?}");
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn a_builder_that_dies_before_anybody_asks_takes_its_block_along_but_nothing_else() {
    let (mut world, slot, leaders) = with_blobs(660, 1);
    world.commit_in_vain(leaders[0], block(slot));
    world.fault(Fault::Kill(leaders[0]));
    world.run_to(slot + 8);
    assert_eq!(world.chain.missed(slot..slot + 1), [block(slot)]);
    assert!(world.missed_by(leaders[1], block(slot)));
    world.assert_all_done(slot + 1..slot + 7);
}

/// Also if its own beacon node refuses them: the fault may be the node's.
#[test]
fn whoever_has_pulled_blobs_serves_them_too() {
    let (mut world, slot, leaders) = with_blobs(670, 2);
    world.peers[leaders[1]].refuses = true;
    world.commit_in_vain(leaders[0], block(slot));
    world.run_until_pulled(leaders[1], block(slot));
    world.fault(Fault::Kill(leaders[0]));
    assert_eq!(world.run_until_pulled(leaders[2], block(slot)), leaders[1]);
    world.run_to(slot + 1);
    world.assert_all_done(slot..slot + 1);
}

/// Two have the builder's blobs when it dies, and the liar comes first.
#[test]
fn a_liar_that_serves_other_blobs_does_not_stop_the_pull_from_the_next() {
    for lie in [Lie::Short, Lie::Elsewhere, Lie::Garbage, Lie::Silence] {
        let (mut world, slot, leaders) = with_blobs(680, 2);
        let [builder, liar, other, one] = leaders[..] else {
            panic!("four lead");
        };
        world.corrupt(liar, Villain::Server(lie));
        for peer in [liar, other] {
            world.peers[peer].refuses = true;
        }
        world.commit_in_vain(builder, block(slot));
        for peer in [liar, other] {
            assert_eq!(world.run_until_pulled(peer, block(slot)), builder);
        }
        world.fault(Fault::Kill(builder));
        world.run_to(slot + 1);
        world.assert_all_done(slot..slot + 1);
        let from = world.pulled_from(one, block(slot));
        assert_eq!(from, Some(other), "{lie:?}");
        let is_named = world.blamed.contains(&(one, liar, Breach::BlobsPart));
        assert_eq!(is_named, [Lie::Short, Lie::Elsewhere].contains(&lie));
        // What has the right size is for the beacon node to refuse.
        let of_slot = (one, block(slot));
        let refused = world
            .refused
            .iter()
            .filter(|(who, of, _)| (*who, *of) == of_slot);
        assert_eq!(refused.count(), usize::from(lie == Lie::Garbage), "{lie:?}");
    }
}

#[test]
fn a_builder_that_does_not_answer_delays_the_pull_and_is_not_asked_for_ever() {
    let (mut world, slot, leaders) = with_blobs(690, 1);
    world.corrupt(leaders[0], Villain::Server(Lie::Silence));
    world.commit_in_vain(leaders[0], block(slot));
    world.run_to(slot + 3);
    world.assert_safe();
    assert_eq!(world.chain.missed(slot..slot + 1), [block(slot)]);
    for (asker, questions) in &world.pulls {
        assert!(*questions <= 30, "{asker}: {questions}");
    }
    world.assert_all_done(slot + 1..slot + 2);
}

/// A world in which an old peer is sent a frame that it does not know is not safe.
#[test]
fn an_old_peer_neither_asks_nor_is_asked() {
    for turn in 0..3 {
        let (_, slot, leaders) = with_blobs(700, 1);
        let (mut world, ..) = with_blobs(700, 1);
        world.peers[leaders[turn]].versions = old::VERSIONS;
        world.commit_in_vain(leaders[0], block(slot));
        world.run_to(slot + 1);
        world.assert_safe();
        assert!(!world.pulls.contains_key(&leaders[turn]));
        let is_lost = !world.chain.missed(slot..slot + 1).is_empty();
        assert_eq!(is_lost, turn == 0, "as before, where the builder is old");
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn blobs_that_nobody_asked_for_are_a_fault() {
    let (mut world, slot, leaders) = with_blobs(710, 1);
    world.run_until_reached(leaders[1], block(slot), Phase::SignatureVerified);
    let of = BlobsWanted {
        slot: Slot(slot),
        block: [7; 32].into(),
        part: 0,
    };
    let bytes = Some(vec![0; BLOBS_PART]);
    let frame = Frame::BlobsPart(BlobsPart { of, bytes }).encode();
    let liar = world.peers[leaders[3]].index;
    world.checks.bad.insert(leaders[3]);
    world.feed(leaders[1], Input::Frame(liar, frame));
    let named = (leaders[1], leaders[3], Breach::BlobsUnasked);
    assert_eq!(world.blamed, [named].into());
}

/// The beacon nodes name another limit than at the start, as after an upgrade; it holds from the
/// next epoch on.
fn with_limit(seed: u64, blobs: usize, limit: &str) -> (World, u64, Vec<usize>) {
    let mut world = World::new(4, seed);
    world.chain.blobs = blobs;
    let spec = spec_with([("MAX_BLOBS_PER_BLOCK_ELECTRA", limit)]);
    for peer in &mut world.peers {
        *peer.spec = spec.clone();
    }
    let next = FIRST + SLOTS_PER_EPOCH;
    let slot = world.block_slots(next + 2..next + 10)[0];
    let leaders = world.leaders(Slot(slot));
    (world, slot, leaders)
}

#[test]
fn blobs_are_passed_on_up_to_the_limit_of_the_chain_and_no_further() {
    for (blobs, limit, passes) in [(3, "3", true), (3, "2", false)] {
        let (mut world, slot, leaders) = with_limit(715, blobs, limit);
        world.run_to(slot);
        world.commit_in_vain(leaders[0], block(slot));
        world.run_to(slot + 1);
        let others = leaders[1..].iter();
        let pulled = others.filter(|peer| world.pulled_from(**peer, block(slot)).is_some());
        assert_eq!(pulled.count() > 0, passes, "{blobs} of {limit}");
        assert_eq!(world.parts.is_empty(), !passes);
        assert_eq!(world.blamed, Default::default());
    }
}

#[test]
fn a_part_beyond_the_blobs_that_the_chain_allows_is_refused_and_its_sender_named() {
    let (mut world, slot, leaders) = with_limit(716, 1, "2");
    world.run_to(slot);
    world.run_until_reached(leaders[1], block(slot), Phase::SignatureVerified);
    let of = |part| BlobsWanted {
        slot: Slot(slot),
        block: [7; 32].into(),
        part,
    };
    let liar = world.peers[leaders[3]].index;
    world.checks.bad.insert(leaders[3]);
    let last = (2 * (BYTES_OF_A_BLOB + 128 * 48)).div_ceil(BLOBS_PART) - 1;
    let last = u32::try_from(last).unwrap();
    for (part, breach) in [
        (last, Breach::BlobsUnasked),
        (last + 1, Breach::BlobsLimit),
        (u32::MAX, Breach::BlobsLimit),
    ] {
        let bytes = Some(vec![0; BLOBS_PART]);
        let part = Frame::BlobsPart(BlobsPart {
            of: of(part),
            bytes,
        });
        world.blamed.clear();
        world.feed(leaders[1], Input::Frame(liar, part.encode()));
        let named = (leaders[1], leaders[3], breach);
        assert_eq!(world.blamed, [named].into());
    }
}

#[test]
fn a_peer_is_given_every_part_twice_at_most_and_only_of_the_block_that_is_signed() {
    let (mut world, slot, leaders) = with_blobs(720, 1);
    let builder = leaders[0];
    world.run_until_reached(builder, block(slot), Phase::Accepted);
    // Before that nobody is given any.
    world.run_until(slot, ms(3_000));
    let is_signed = |block: &&Block| block.slot() == Slot(slot);
    let root = world.chain.blocks().find(is_signed).unwrap().root();
    let asker = world.peers[leaders[1]].index;
    // It did not ask, and says that the answers are unasked for.
    world.corrupt(leaders[1], Villain::Server(Lie::Silence));
    let ask = |world: &mut World, block, part| {
        let slot = Slot(slot);
        let frame = Frame::BlobsWanted(BlobsWanted { slot, block, part });
        world.feed(builder, Input::Frame(asker, frame.encode()));
        world.run_until(
            slot.0,
            world.now.since(world.chain.spec.start_of(slot)) + ms(20),
        );
        world.parts.get(&builder).copied().unwrap_or(0)
    };
    assert_eq!(ask(&mut world, [7; 32].into(), 0), 0);
    assert_eq!(ask(&mut world, root, u32::MAX), 0);
    let parts = BYTES_OF_A_BLOB.div_ceil(BLOBS_PART) + 1;
    let questions = (0..9).flat_map(|_| 0..3);
    let given = questions.map(|part| ask(&mut world, root, part)).max();
    // The question for the part that there is not counts, too.
    assert_eq!(given, Some(2 * parts - 1));
}

/// Nothing of blobs is sent before a block is signed, so they cannot delay it. (Once the first peer
/// has signed and asks for blobs, the delays that are drawn for the others are other ones.)
#[test]
fn blobs_change_nothing_of_when_a_block_is_signed() {
    for seed in 730..738 {
        let signed = |blobs| {
            let (mut world, slot, leaders) = with_blobs(seed, 0);
            world.run_to(slot);
            world.chain.blobs = blobs;
            world.commit_in_vain(leaders[0], block(slot));
            world.run_until(slot, ms(11_999));
            let pulls: usize = world.pulls.values().sum();
            assert_eq!(pulls > 0, blobs > 0);
            let of_slot = world.signed.into_iter();
            let of_slot = of_slot.filter(|((_, duty), _)| *duty == block(slot));
            let mut signings: Vec<_> = of_slot.map(|(_, signing)| signing).collect();
            signings.sort_by_key(|signing| signing.at);
            let rounds: Vec<_> = signings.iter().map(|signing| signing.round).collect();
            (signings[0].at, rounds)
        };
        let without = signed(0);
        assert_eq!(without.1.len(), 4);
        assert_eq!(signed(9), without);
    }
}
