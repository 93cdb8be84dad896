//! A peer loses its memory: the folder of the unfinished ceremony, or the whole data directory. It
//! is never taken for a cheat. Before it has acknowledged it goes on, afterwards it says what to
//! do.

use node_core::ceremony::example::{Cut, VICTIM, World};

use super::real::{Real, until};
use crate::ceremony::CeremonyError;

/// Loses `lost` before each of the frames that the victim sends while there is no lock; gives to
/// `judge` each world with what became of the victim, and whether it had acknowledged.
fn lose(lost: &[&str], judge: impl Fn(&mut World<Real>, Option<CeremonyError>, &str)) -> usize {
    for number in 0.. {
        let mut world = until(Cut::BeforeSending(number));
        if !world.is_cut() || world.disks[VICTIM].has("cluster-lock.json") {
            return number;
        }
        world.disks[VICTIM].lose(lost);
        world.come_back();
        let stopped = world.stopped[VICTIM].take();
        judge(&mut world, stopped, &format!("before frame {number}"));
    }
    unreachable!("there are few frames")
}

#[test]
fn a_peer_that_loses_everything_is_never_taken_for_a_cheat() {
    let everything = ["ceremony", "keystores", "record"];
    let frames = lose(&everything, |world, stopped, when| match stopped {
        None => world.assert_all_have_the_same(when),
        Some(CeremonyError::Forgotten { .. }) => world.assert_nobody_blames(when),
        Some(error) => panic!("{when}: {error}"),
    });
    assert!(frames > 15, "{frames} is too few to be all");
}

#[test]
fn a_peer_that_loses_its_saved_ceremony_goes_on_unless_it_has_keys_that_it_may_have_acknowledged() {
    let frames = lose(&["ceremony"], |world, stopped, when| match stopped {
        None => {
            world.assert_all_have_the_same(when);
        }
        Some(error @ CeremonyError::Earlier(_)) => {
            assert!(world.disks[VICTIM].has("keystores"), "{when}");
            let words = error.to_string();
            assert!(words.contains("Delete no keystore"), "{when}: {words}");
            world.assert_nobody_blames(when);
        }
        Some(error) => panic!("{when}: {error}"),
    });
    assert!(frames > 15, "{frames} is too few to be all");
}

#[test]
fn a_lost_seed_costs_an_attempt_and_nothing_else() {
    let frames = lose(
        &["ceremony/seed.json"],
        |world, stopped, when| match stopped {
            None => world.assert_all_have_the_same(when),
            Some(CeremonyError::SeedLost(_)) => world.assert_nobody_blames(when),
            Some(CeremonyError::Earlier(_)) => {
                assert!(world.disks[VICTIM].has("keystores"), "{when}")
            }
            Some(error) => panic!("{when}: {error}"),
        },
    );
    assert!(frames > 15, "{frames} is too few to be all");
}

#[test]
fn a_position_lost_beside_its_seed_costs_nothing_until_a_lock_is_signed_by_all() {
    let lost = ["ceremony/position.json"];
    lose(&lost, |world, stopped, when| match stopped {
        None => world.assert_all_have_the_same(when),
        Some(CeremonyError::Forgotten { .. }) => world.assert_nobody_blames(when),
        Some(error) => panic!("{when}: {error}"),
    });
}

#[test]
fn an_older_copy_that_would_deny_an_acknowledgement_is_refused() {
    let later = r#"{"version":1,"position":{"attempt":1,"opened":1,"acked":[]}}"#;
    let mut refused = 0;
    for number in 0.. {
        let mut world = until(Cut::BeforeSending(number));
        let disk = &world.disks[VICTIM];
        if !world.is_cut() || disk.has("cluster-lock.json") {
            break;
        }
        if !disk.has("ceremony/position.json") {
            continue;
        }
        disk.write_position(later);
        world.come_back();
        let stopped = world.stopped[VICTIM].take();
        let when = format!("before frame {number}");
        match stopped {
            None => world.assert_all_have_the_same(&when),
            Some(CeremonyError::Forgotten { .. }) => {
                refused += 1;
                world.assert_nobody_blames(&when);
            }
            Some(error) => panic!("{when}: {error}"),
        }
    }
    assert!(refused > 0, "nobody held an acknowledgement");
}
