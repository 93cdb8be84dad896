//! Whole ceremonies in memory, on real files, in which one peer loses power at any point: before
//! each frame it sends, before each frame it takes, and between each two changes of its files. It
//! comes back with exactly what was durable, and everybody ends with the same keys.
//!
//! What is torn within one file is the business of `files` and of the journal's own crash tests.

mod disk;
mod forgotten;
mod older;
mod split;
mod world;

use world::{Cut, World};

/// The victim loses power before it sends its frame of this number, and comes back from each state
/// its files can be in; gives how many there are, none if it sends fewer frames.
fn states_before_frame(number: usize) -> usize {
    for at in 0.. {
        // Keys are random, so each crash is one of a ceremony of its own.
        let mut world = World::until(Cut::BeforeSending(number));
        if !world.is_cut() {
            return 0;
        }
        let states = world.states();
        world.come_back(Some(&states[at]));
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

#[test]
fn a_peer_that_loses_power_before_it_takes_any_frame_comes_back() {
    let crash = |number| {
        let mut world = World::until(Cut::BeforeTaking(number));
        if !world.is_cut() {
            return false;
        }
        world.come_back(None);
        world.assert_all_have_the_same(&format!("before it takes frame {number}"));
        true
    };
    let crashes = (0..).take_while(|number| crash(*number)).count();
    assert!(crashes > 30, "{crashes} is too few to be all");
}

#[test]
fn a_message_of_a_later_version_is_counted_and_costs_nothing() {
    let mut world = World::until(Cut::BeforeSending(usize::MAX));
    assert!(!world.is_cut());
    let words = world.hear_unknown(3);
    assert!(
        words.ends_with("only a later version of gantry knows: 3 of bob"),
        "{words}"
    );
    world.assert_all_have_the_same("with messages of a later version");
}
