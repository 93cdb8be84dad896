//! Whole ceremonies on real files, in which one peer loses power: before each frame it sends, and
//! between each two changes of its files. It comes back with exactly what was durable, and
//! everybody ends with the same keys.
//!
//! Every operation of the disk is cut in `node_core`'s tests, on a simulated one. What is torn
//! within one file is the business of `files` and of the journal's own crash tests.

mod forgotten;
mod real;
mod states;

use node_core::ceremony::example::{Cut, VICTIM};

use real::until;

/// The victim loses power before it sends its frame of this number, and comes back from each state
/// its files can be in; gives how many there are, none if it sends fewer frames.
fn states_before_frame(number: usize) -> usize {
    for at in 0.. {
        // Keys are random, so each crash is one of a ceremony of its own.
        let mut world = until(Cut::BeforeSending(number));
        if !world.is_cut() {
            return 0;
        }
        let states = world.disks[VICTIM].states();
        world.disks[VICTIM].put_back(&states[at]);
        world.come_back();
        let names = states[at].names();
        world.assert_all_have_the_same(&format!("before frame {number} with {names:?}"));
        if at + 1 == states.len() {
            return states.len();
        }
    }
    unreachable!("there are few states")
}

#[test]
fn a_peer_that_loses_power_before_any_frame_or_between_any_two_files_comes_back() {
    let crashes = (0..).map(states_before_frame);
    let crashes: Vec<usize> = crashes.take_while(|states| *states > 0).collect();
    let several = crashes.iter().filter(|states| **states > 1).count();
    assert!(crashes.len() > 20 && several >= 4, "{crashes:?}");
}
