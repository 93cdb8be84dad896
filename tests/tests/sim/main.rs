//! The whole cluster in one deterministic world: n nodes with their records on simulated disks, a
//! chain that they see through n beacon nodes, one clock, one seed.
//!
//! | module | is |
//! |---|---|
//! | `world` | the clock, the queue, the machines |
//! | `peer`, `links`, `chain` | one machine, the sessions between them, what beacon nodes see |
//! | `act`, `faults` | what nodes ask for; what goes wrong |
//! | `checks` | what must hold at every step, by the names of the invariants |
//! | `villains` | peers that break the protocol on purpose |
//! | `plan` | what goes wrong under a seed |
//! | `scenarios` | scripts that read aloud |
//! | `controls` | worlds that are wrong on purpose: the checkers must notice |
//!
//! A run that fails prints its seed and the hash of everything that happened.

mod act;
mod chain;
mod checks;
mod faults;
mod links;
mod peer;
mod villains;
mod world;

use world::{FIRST, World};

#[test]
fn in_a_calm_world_every_duty_is_done_in_its_first_round() {
    for n in [3, 4, 5, 6, 7, 10] {
        let mut world = World::new(n, 1);
        world.run_to(FIRST + 12);
        world.assert_all_done(FIRST..FIRST + 11);
    }
}
