//! What goes wrong under a seed. The same seed gives the same world.
//!
//! For some slots everything may fail at once, the chain turns now and then, and within the
//! cluster's budget there are villains or peers whose disks are rolled back; then all of it is
//! mended, except that villains stay villains and a rolled-back peer signs nothing. From the second
//! slot after that no duty may be missed (L1, L2), whatever lies behind.

use std::time::Duration;

use proto::{ClusterSize, Slot};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::events::Event;
use crate::faults::Fault;
use crate::old;
use crate::peer::{BeaconNode, Conduct};
use crate::villains::{VILLAINS, Villain};
use crate::world::{FIRST, Weather, World};

/// How many slots faults last.
pub const TROUBLED: u64 = 9;
/// How many slots pass after everything is mended.
pub const CALM: u64 = 6;

/// What happens in which slot, so many ms after its start.
type Trouble = (u64, u64, Fault);

/// A world with the faults of a seed, ready to run.
pub fn troubled_world(n: usize, seed: u64) -> World {
    let mut world = World::new(n, seed);
    let mut dice = StdRng::seed_from_u64(seed ^ 0xfa17);
    climate(&mut world, &mut dice);
    // Under every fourth seed half of the cluster is not upgraded yet.
    if seed % 4 == 1 {
        let half = &mut world.peers[..n / 2];
        half.iter_mut()
            .for_each(|peer| peer.versions = old::VERSIONS);
    }
    villains(&mut world, &mut dice);
    let mut faults = Vec::new();
    for slot in FIRST..FIRST + TROUBLED {
        for peer in 0..n {
            if dice.random_range(0..100) < 12 {
                faults.extend(trouble(slot, peer, n, &mut dice));
            }
        }
    }
    faults.extend(roll_backs(&world, &mut dice));
    faults.extend(reorganisations(&mut dice));
    for (slot, after_ms, fault) in faults {
        let at = world.chain.spec.start_of(Slot(slot)) + Duration::from_millis(after_ms);
        world.at(at, Event::Fault(fault));
    }
    exits(&mut world, &mut StdRng::seed_from_u64(seed ^ 0xe817));
    let healed = world.chain.spec.start_of(Slot(FIRST + TROUBLED));
    let later = Duration::from_millis(dice.random_range(0..12_000));
    world.at(healed + later, Event::Fault(Fault::Heal));
    world
}

/// Whether so many peers sign that every duty of the calm is due: those rolled back do not, and
/// villains may choose not to.
pub fn promises_duties(world: &World) -> bool {
    let size = ClusterSize::of(world.peers.len()).unwrap();
    let bad = world.checks.bad.len();
    // What proves nothing is as good as withheld.
    let withhold = [Villain::Withholder, Villain::Forger].map(Conduct::Villain);
    let held_back = world
        .peers
        .iter()
        .any(|peer| withhold.contains(&peer.conduct) && size.has_ambiguous_quorums());
    bad <= size.peers() - size.threshold() && !held_back
}

/// Runs a world to its end.
pub fn run(world: &mut World) {
    world.run_to(FIRST + TROUBLED + CALM);
}

/// The slots in which nothing may be missed.
pub fn calm_slots() -> std::ops::Range<u64> {
    // The world is mended during the slot FIRST + TROUBLED.
    FIRST + TROUBLED + 3..FIRST + TROUBLED + CALM
}

/// What holds all the time: delays, clocks, disks, beacon nodes.
fn climate(world: &mut World, dice: &mut StdRng) {
    let least = dice.random_range(1..60);
    let most = least + dice.random_range(1..300);
    world.weather = Weather {
        delay_ms: (least, most),
        split_percent: *pick(&[0, 10, 40], dice),
        late_percent: *pick(&[0, 10, 40], dice),
    };
    world.chain.blobs = *pick(&[0, 0, 1, 3], dice);
    for peer in &mut world.peers {
        peer.skew_micros = dice.random_range(-500_000..=500_000);
        peer.sync_ms = *pick(&[(1, 8), (1, 8), (5, 200), (200, 1_500)], dice);
        peer.answer_ms = *pick(&[(2, 30), (2, 30), (20, 400), (500, 2_500)], dice);
    }
}

/// At most as many villains as the cluster's safety and its duties bear.
fn villains(world: &mut World, dice: &mut StdRng) {
    let size = ClusterSize::of(world.peers.len()).unwrap();
    for peer in 0..size.faulty() {
        if dice.random_range(0..3) == 0 {
            let kind = *pick(&VILLAINS, dice);
            world.corrupt(peer, kind);
        }
    }
}

/// Old disks put in place at one peer, or at two where the cluster bears two bad peers.
fn roll_backs(world: &World, dice: &mut StdRng) -> Vec<Trouble> {
    let size = ClusterSize::of(world.peers.len()).unwrap();
    let budget = 2 * size.threshold() - size.peers() - 1;
    if !world.checks.bad.is_empty() || budget == 0 || dice.random_range(0..4) > 0 {
        return Vec::new();
    }
    let first = dice.random_range(0..size.peers());
    let second = (first + dice.random_range(1..size.peers())) % size.peers();
    let two = budget > 1 && dice.random_range(0..2) == 0;
    let peers = if two {
        vec![first, second]
    } else {
        vec![first]
    };
    let one = |peer| {
        let begin = dice.random_range(0..12_000);
        let old = dice.random_range(2..5);
        let slot = FIRST + dice.random_range(old..TROUBLED);
        let age = usize::try_from(old).expect("a few slots");
        let start = begin + dice.random_range(10..2_000);
        [
            (slot, begin, Fault::RollBack(peer, age)),
            (slot, start, Fault::Start(peer)),
        ]
    };
    peers.into_iter().flat_map(one).collect()
}

/// Under every third seed the chain turns now and then.
fn reorganisations(dice: &mut StdRng) -> Vec<Trouble> {
    if dice.random_range(0..3) > 0 {
        return Vec::new();
    }
    let slots = FIRST + 1..FIRST + TROUBLED;
    let mut turn = |slot| {
        let depth = *pick(&[1, 1, 2, 4], dice);
        let turns = dice.random_range(0..2) == 0;
        turns.then(|| (slot, dice.random_range(0..8_000), Fault::Reorganise(depth)))
    };
    slots.filter_map(&mut turn).collect()
}

/// Under every fifth seed operators approve of exits meanwhile, here and there one.
fn exits(world: &mut World, dice: &mut StdRng) {
    if world.seed % 5 != 2 {
        return;
    }
    for peer in 0..world.peers.len() {
        let slot = Slot(FIRST + dice.random_range(1..TROUBLED));
        let after = Duration::from_millis(dice.random_range(0..12_000));
        let validator = dice.random_range(0..2);
        let at = world.chain.spec.start_of(slot) + after;
        world.at(at, Event::Approve(peer, validator));
    }
}

/// One peer's trouble in one slot, with what mends it: slot, ms after its start, what.
fn trouble(slot: u64, peer: usize, n: usize, dice: &mut StdRng) -> Vec<Trouble> {
    let begin = dice.random_range(0..12_000);
    let end = begin + *pick(&[100, 1_000, 5_000, 15_000, 30_000], dice);
    let other = (peer + dice.random_range(1..n)) % n;
    let notice = *pick(&[10, 500, 4_000], dice);
    let pairs = (0..n).filter(|other| *other != peer);
    match dice.random_range(0..13) {
        0..=2 => vec![
            (slot, begin, Fault::Kill(peer)),
            (slot, end, Fault::Start(peer)),
        ],
        3 => vec![(slot, begin, Fault::PlanPowerCut(peer))],
        4 => vec![(slot, begin, Fault::LosePower(peer))],
        5 => vec![
            (slot, begin, Fault::Cut(peer, other, notice)),
            (slot, end, Fault::Mend(peer, other)),
        ],
        6 => pairs
            .flat_map(|other| {
                let cut = (slot, begin, Fault::Cut(peer, other, notice));
                [cut, (slot, end, Fault::Mend(peer, other))]
            })
            .collect(),
        7 => vec![(
            slot,
            begin,
            *pick(&[Fault::DiskFull(peer), Fault::DiskBroken(peer)], dice),
        )],
        8 => vec![
            (
                slot,
                begin,
                Fault::Beacon(peer, *pick(&[BeaconNode::Dead, BeaconNode::Hung], dice)),
            ),
            (slot, end, Fault::Beacon(peer, BeaconNode::Sound)),
        ],
        9 => vec![
            (slot, begin, Fault::Beacon(peer, BeaconNode::Optimistic)),
            (slot, end, Fault::Beacon(peer, BeaconNode::Sound)),
        ],
        10 => vec![
            (slot, begin, Fault::Forget(peer)),
            (slot, end, Fault::Start(peer)),
        ],
        11 => vec![(
            slot,
            begin,
            Fault::Drift(peer, dice.random_range(-200..=200)),
        )],
        // Two slots ahead at most: it votes in none of them again, nor does it when it is back.
        _ => {
            let ahead = *pick(&[-60_000, -12_000, -3_000, 3_000, 12_000, 24_000], dice);
            let usual = dice.random_range(-500..=500);
            vec![
                (slot, begin, Fault::SetClock(peer, ahead)),
                (slot, end, Fault::SetClock(peer, usual)),
            ]
        }
    }
}

fn pick<'a, T>(list: &'a [T], dice: &mut StdRng) -> &'a T {
    &list[dice.random_range(0..list.len())]
}
