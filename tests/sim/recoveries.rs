//! Scripts of what heals by itself: networks that were split, processes that were restarted, votes
//! that are repeated.

use rand::RngExt as _;

use crate::faults::Fault;
use crate::scenarios::ms;
use crate::world::{FIRST, World};

impl World {
    /// L2: since the network was whole again, during the slot `mended`, no process was restarted,
    /// no vault stopped, and at most the duties of two slots were lost, none of them later than in
    /// the second slot.
    fn assert_healed_by_itself(&self, mended: u64, end: u64) {
        self.assert_all_done(mended + 3..end);
        for (at, peer) in self.peers.iter().enumerate() {
            let process = peer.process.as_ref().expect("nobody was killed");
            let stopped = process.node.vault().stopped();
            assert!(
                stopped.is_none() && peer.life == 1,
                "L2 is violated: peer {at}, life {}, {stopped:?}\n{}",
                peer.life,
                self.name()
            );
        }
    }
}

/// Every pair of peers on different sides.
fn pairs(sides: &[u8]) -> Vec<(usize, usize)> {
    let all = 0..sides.len();
    let of = |one: usize| (one + 1..sides.len()).map(move |other| (one, other));
    let pairs = all.flat_map(of);
    pairs
        .filter(|(one, other)| sides[*one] != sides[*other])
        .collect()
}

#[test]
fn l2_a_partition_heals_without_an_operator_and_costs_two_slots_at_most() {
    for (n, seeds) in [(4, 0..12), (5, 0..4), (7, 0..4)] {
        for seed in seeds {
            let mut world = World::new(n, 400 + seed);
            world.weather.split_percent = 40;
            let sides: Vec<u8> = (0..n).map(|_| world.dice.random_range(0..3)).collect();
            let begin = ms(world.dice.random_range(0..12_000));
            let notice = world.dice.random_range(10..4_000);
            let mended = FIRST + 2 + world.dice.random_range(1..6);
            world.run_until(FIRST + 2, begin);
            for (one, other) in pairs(&sides) {
                world.fault(Fault::Cut(one, other, notice));
            }
            world.run_until(mended, begin);
            for (one, other) in pairs(&sides) {
                world.fault(Fault::Mend(one, other));
            }
            world.run_until(mended, begin + ms(1));
            // Views of an epoch's first block would differ until the next epoch otherwise.
            world.chain.converge(world.now);
            world.weather.split_percent = 0;
            world.run_to(mended + 7);
            world.assert_healed_by_itself(mended, mended + 6);
        }
    }
}

/// L3, L7: one process at a time dies at any moment, also between its record and its shares, and
/// comes back in the same slot. What it repeats is not refused, and no duty is lost.
#[test]
fn l7_restarts_and_repeats_alone_burn_no_duty() {
    for (n, seeds) in [(4, 0..8), (5, 0..3), (7, 0..3)] {
        for seed in seeds {
            let mut world = World::new(n, 500 + seed);
            // It votes again in the slot after next: so one at a time is silent.
            for slot in (FIRST + 1..FIRST + 9).step_by(2) {
                let peer = world.dice.random_range(0..n);
                // Around the moment at which heads arrive and votes are cast.
                let at = ms(world.dice.random_range(100..3_500));
                world.run_until(slot, at);
                world.fault(Fault::Kill(peer));
                let back = at + ms(world.dice.random_range(5..900));
                world.run_until(slot, back);
                world.fault(Fault::Start(peer));
            }
            world.run_to(FIRST + 10);
            world.assert_all_done(FIRST + 1..FIRST + 9);
        }
    }
}
