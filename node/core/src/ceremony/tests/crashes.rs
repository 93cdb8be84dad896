//! Whole ceremonies in which one peer loses power at any point: before each frame it takes, and
//! before each operation of its disk. It comes back with exactly what was durable, and everybody
//! ends with the same keys.

use super::disk::disks;
use crate::ceremony::example::{Cut, VICTIM, World, peer};
use crate::ceremony::{Input, Note};

#[test]
fn a_peer_that_loses_power_before_any_operation_of_its_disk_comes_back() {
    let crash = |operation: u64| {
        let disks = disks().map(|disk| match disk.is_of(VICTIM) {
            true => disk.cut_before(operation),
            false => disk,
        });
        let mut world = World::until(Cut::Never, disks);
        if !world.is_cut() {
            world.assert_all_have_the_same("without a crash");
            return false;
        }
        world.come_back();
        world.assert_all_have_the_same(&format!("before operation {operation}"));
        true
    };
    let crashes = (0..).take_while(|operation| crash(*operation)).count();
    assert!(crashes > 20, "{crashes} is too few to be all");
}

#[test]
fn a_peer_that_loses_power_before_it_takes_any_frame_comes_back() {
    let crash = |number| {
        let mut world = World::until(Cut::BeforeTaking(number), disks());
        if !world.is_cut() {
            return false;
        }
        world.come_back();
        world.assert_all_have_the_same(&format!("before it takes frame {number}"));
        true
    };
    let crashes = (0..).take_while(|number| crash(*number)).count();
    assert!(crashes > 30, "{crashes} is too few to be all");
}

#[test]
fn a_message_of_a_later_version_is_counted_and_costs_nothing() {
    let mut world = World::started(disks());
    for _ in 0..3 {
        // Field 99, of no bytes.
        world.give(0, Input::Frame(peer(1), vec![0x9a, 0x06, 0x00]));
    }
    world.run(|_, _, _| false);
    let passed_over = |at: usize| {
        let mut notes = world.notes[at].iter();
        notes.find_map(|note| {
            let Note::PassedOver(counts) = note else {
                return None;
            };
            Some(counts.clone())
        })
    };
    assert_eq!(passed_over(0), Some(vec![(peer(1), 3)]));
    assert_eq!(passed_over(1), None);
    world.assert_all_have_the_same("with messages of a later version");
}
