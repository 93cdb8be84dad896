//! The whole cluster in one deterministic world: n nodes with their records on simulated disks, a
//! chain that they see through n beacon nodes, one clock, one seed.
//!
//! | module | is |
//! |---|---|
//! | `world` | the clock, the machines, what they have come to |
//! | `events` | what happens, and the queue of it |
//! | `peer`, `links`, `chain` | one machine, the sessions between them, what beacon nodes see |
//! | `draws` | who has which duty, by the block that settles it |
//! | `act`, `submitting` | what nodes ask for, and what they submit |
//! | `nature`, `faults` | what the chain does; what goes wrong |
//! | `words` | messages in a few words |
//! | `checks` | what must hold at every step, by the names of the invariants |
//! | `villains` | peers that break the protocol on purpose |
//! | `old` | what a program of the wire version before ours reads and writes |
//! | `kept` | the checks of what peers keep |
//! | `plan` | what goes wrong under a seed |
//! | `scenarios`, `recoveries`, `turns`, `views`, `disks` | scripts that read aloud |
//! | `attacks`, `blind`, `mixed` | the same, of liars, of beacon nodes, of upgrades |
//! | `blobs`, `garbage` | the same, of blocks with blobs |
//! | `rocket`, `payees` | a node account that goes in and out of the smoothing pool; scripts |
//! | `joining`, `deposits` | deposits at Rocket Pool: what is checked of them; scripts |
//! | `aggregates`, `aggregating` | aggregates: what is checked of them; scripts |
//! | `syncing` | the sync committee: what is checked of it; scripts |
//! | `bids` | a relay, and what of it peers sign; scripts |
//! | `leaving`, `exits` | exits: what is checked of them; scripts |
//! | `intents` | intents at Rocket Pool: what is checked of them; scripts |
//! | `dues`, `endings` | the same, of duties that are drawn anew; of what is said at their end |
//! | `lives` | the same, of validators that come, go and are slashed |
//! | `strays` | what the chain has of our validators: none of it may seem foreign; scripts |
//! | `controls` | worlds that are wrong on purpose: the checkers must notice |
//!
//! A run that fails prints its seed and the hash of everything that happened. By default 135
//! seeds are run, in about a minute on two cores. More, with any number of peers:
//!
//! ```sh
//! GANTRY_SIM=4:1000..2000 cargo test -p sim from_the_environment
//! SIM_TELL=1 GANTRY_SIM=4:17..18 cargo test -p sim from_the_environment
//! ```
//!
//! Where each invariant is checked (S: safety, at every step; L: liveness, once all is mended):
//!
//! | invariant | here | elsewhere |
//! |---|---|---|
//! | S1 no slashable pair of group signatures | `checks` | |
//! | S2 recorded before released | `checks` | `node_core::vault` release tests |
//! | S3 records grow, hold nothing slashable | `kept` | `node_core::record` crash and fault tests |
//! | S4 one root for each duty | `kept`, as S17 | `consensus` schedules |
//! | S5 what is signed is the duty's, and somebody's | `checks` | |
//! | S6 earlier duties bind later ones | `kept`, as S3 | `node_core::vault` rule tests |
//! | S7, S9 one run for each duty | `checks`, as S14 | a map by duty in `node_core::duties` |
//! | S8 no run without a duty | `act` | |
//! | S10 nothing forged, repeats change nothing | `scenarios`: villains | `proto` tests |
//! | S11 t - b correct peers behind a signature | `checks` | |
//! | S12 a rolled-back peer signs nothing | `kept`, `disks` | `node_core::vault` tests |
//! | S13 no share of two operator sets | | there is no resharing yet |
//! | S14 one statement a round, across restarts | `checks` | `consensus::anything` |
//! | S15 no PROPOSE against the votes rule | | `consensus`: justify, bugs, schedules |
//! | S16 no garbage submitted, bad shares named | `act`, `scenarios` | `node_core::partials` |
//! | S17 no two locks | `kept` | `consensus` schedules |
//! | L1 every duty from two slots after | `seeds_hold` | `consensus` schedules |
//! | L2 a partition heals by itself | `recoveries`, `seeds_hold` | |
//! | L3 a restart blocks nobody | `scenarios`, `recoveries` | |
//! | L4 an undecided duty blocks no other | `scenarios` | `consensus::bugs` |
//! | L5 a dead beacon node costs a round at most | `scenarios` | `consensus::bugs` |
//! | L6 no deleting after a fork | | `node_core::vault` rule tests |
//! | L7 the same root is signed again | `kept`, `recoveries` | `node_core::vault` rule tests |

#![allow(
    clippy::unwrap_used,
    reason = "a world that cannot be made is a failed test"
)]

mod act;
mod aggregates;
mod aggregating;
mod asked;
mod attacks;
mod bids;
mod blind;
mod blobs;
mod blocks;
mod chain;
mod checks;
mod controls;
mod deposits;
mod disks;
mod draws;
mod dues;
mod endings;
mod events;
mod exits;
mod faults;
mod garbage;
mod intents;
mod joining;
mod kept;
mod leaving;
mod links;
mod lives;
mod mixed;
mod nature;
mod old;
mod payees;
mod peer;
mod plan;
mod presigned;

mod recoveries;
mod registering;

mod rocket;
mod scenarios;
mod strays;
mod submitting;
mod syncing;
mod turns;
mod views;
mod villains;
mod words;
mod world;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use world::{FIRST, World};

#[test]
fn in_a_calm_world_every_duty_is_done_in_its_first_round() {
    for n in [3, 4, 5, 6, 7, 10] {
        let mut world = World::new(n, 1);
        world.run_to(FIRST + 12);
        world.assert_all_done(FIRST..FIRST + 11);
    }
}

/// S1 to S17 at every step, and L1 and L2 after everything is mended: how many duties the trouble
/// cost. The seeds are shared out among the cores.
fn seeds_hold(n: usize, seeds: std::ops::Range<u64>) -> usize {
    let (next, missed) = (AtomicU64::new(seeds.start), AtomicUsize::new(0));
    let run = || {
        while let seed = next.fetch_add(1, Relaxed)
            && seed < seeds.end
        {
            missed.fetch_add(seed_holds(n, seed), Relaxed);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(run))));
    missed.into_inner()
}

fn seed_holds(n: usize, seed: u64) -> usize {
    let mut world = plan::troubled_world(n, seed);
    plan::run(&mut world);
    world.assert_safe();
    if plan::promises_duties(&world) {
        world.assert_all_done(plan::calm_slots());
    }
    world.chain.missed(FIRST..FIRST + plan::TROUBLED).len()
}

#[test]
fn four_peers_in_trouble_stay_safe_and_recover() {
    let missed = seeds_hold(4, 0..40);
    // Eleven duties a seed. Trouble that costs nothing would test nothing, and so would one that
    // leaves nothing to agree on.
    assert!(
        (20..200).contains(&missed),
        "{missed} duties missed while everything failed"
    );
}

#[test]
fn five_peers_in_trouble_stay_safe_and_recover() {
    seeds_hold(5, 0..26);
}

#[test]
fn seven_and_eight_peers_in_trouble_stay_safe_and_recover() {
    seeds_hold(7, 0..20);
    seeds_hold(8, 0..4);
}

#[test]
fn three_six_nine_and_twelve_peers_in_trouble_stay_safe_and_recover() {
    seeds_hold(3, 0..16);
    seeds_hold(6, 0..16);
    seeds_hold(9, 0..4);
    seeds_hold(12, 0..2);
}

#[test]
fn ten_eleven_and_thirteen_peers_in_trouble_stay_safe_and_recover() {
    seeds_hold(10, 0..3);
    seeds_hold(11, 0..2);
    seeds_hold(13, 0..2);
}

#[test]
fn a_seed_run_twice_gives_the_same_hash() {
    let hash = |seed| {
        let mut world = plan::troubled_world(4, seed);
        plan::run(&mut world);
        world.hash
    };
    assert_eq!(hash(7), hash(7));
    assert_ne!(hash(7), hash(8));
}

/// See the top of this file.
#[test]
fn seeds_from_the_environment_hold() {
    let Ok(wish) = std::env::var("GANTRY_SIM") else {
        return;
    };
    let wish: Vec<u64> = wish
        .split([':', '.'])
        .filter_map(|part| part.parse().ok())
        .collect();
    let [n, first, end] = wish[..] else {
        panic!("GANTRY_SIM is the number of peers, a colon, and seeds as 0..10");
    };
    seeds_hold(usize::try_from(n).unwrap(), first..end);
}
