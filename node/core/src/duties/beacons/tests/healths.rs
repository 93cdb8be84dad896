//! How a node is, by what it shows.

use super::*;
use crate::duties::Response;

fn standing(beacons: &Beacons, now: Timestamp) -> Standing {
    beacons.standing(Place(0), now)
}

/// A node of two that says this of itself, beside one that is at the newest head.
fn saying(own: Report) -> Standing {
    let mut beacons = nodes(2);
    beacons.reported(Place(0), ms(5), Some(own));
    beacons.reported(Place(1), ms(5), Some(report(100)));
    standing(&beacons, at(4000))
}

#[test]
fn a_node_stands_as_it_says() {
    let sound = report(100);
    assert_eq!(saying(sound), Standing::Sound);
    assert_eq!(
        saying(report(99)),
        Standing::Sound,
        "a block may come a moment later"
    );
    assert_eq!(saying(report(98)), Standing::Behind);
    for future in [102, u64::MAX] {
        assert_eq!(
            saying(report(future)),
            Standing::Behind,
            "no block can be of that slot yet"
        );
    }
    let syncing = Report {
        is_syncing: true,
        ..sound
    };
    assert_eq!(saying(syncing), Standing::Behind);
    let optimistic = Report {
        is_optimistic: true,
        ..sound
    };
    assert_eq!(saying(optimistic), Standing::Optimistic);
    let alone = Report {
        is_alone: true,
        ..sound
    };
    assert_eq!(saying(alone), Standing::NoExecution);
    let lonely = Report {
        peers: Some(0),
        ..sound
    };
    assert_eq!(saying(lonely), Standing::FewPeers);
}

#[test]
fn a_liar_of_three_makes_nobody_look_old() {
    let mut beacons = nodes(3);
    beacons.reported(Place(0), ms(5), Some(report(97)));
    beacons.reported(Place(1), ms(5), Some(report(100)));
    beacons.reported(Place(2), ms(5), Some(report(97)));
    assert_eq!(standing(&beacons, at(4000)), Standing::Sound);
    // Of two, nobody can tell.
    let mut beacons = nodes(2);
    beacons.reported(Place(0), ms(5), Some(report(97)));
    beacons.reported(Place(1), ms(5), Some(report(100)));
    assert_eq!(standing(&beacons, at(4000)), Standing::Behind);
}

#[test]
fn a_node_that_owes_an_answer_is_mute_until_it_gives_one() {
    let mut beacons = nodes(2);
    beacons.asked(Place(0), at(0));
    assert_eq!(standing(&beacons, at(999)), Standing::Sound);
    assert_eq!(standing(&beacons, at(1000)), Standing::Mute);
    let none = Response::HeadVote(Slot(100), None);
    beacons.answered(Place(0), ms(4000), &none);
    assert_eq!(
        standing(&beacons, at(4000)),
        Standing::Mute,
        "the call was given up"
    );
    beacons.reported(Place(0), ms(3000), None);
    assert_eq!(
        standing(&beacons, at(4000)),
        Standing::Mute,
        "so was that one"
    );
    beacons.reported(Place(0), ms(5), Some(report(100)));
    assert_eq!(standing(&beacons, at(5000)), Standing::Sound);
}

#[test]
fn a_node_whose_answers_are_of_no_use_is_failing_until_one_is() {
    let mut beacons = nodes(2);
    let vote = |some| Response::HeadVote(Slot(100), some);
    beacons.answered(Place(0), ms(5), &vote(None));
    assert_eq!(standing(&beacons, at(0)), Standing::Failing);
    beacons.reported(Place(0), ms(5), Some(report(100)));
    assert_eq!(
        standing(&beacons, at(0)),
        Standing::Failing,
        "it says that it is well"
    );
    beacons.answered(Place(0), ms(5), &vote(Some(super::vote('n'))));
    assert_eq!(standing(&beacons, at(0)), Standing::Sound);
}

#[test]
fn one_late_answer_passes_and_several_do_not() {
    let mut beacons = nodes(2);
    let vote = Response::HeadVote(Slot(100), Some(vote('n')));
    for (took, expected) in [
        (10, Standing::Sound),
        (1000, Standing::Sound),
        (1000, Standing::Sound),
        (1000, Standing::Slow),
        (10, Standing::Sound),
    ] {
        beacons.answered(Place(0), ms(took), &vote);
        assert_eq!(standing(&beacons, at(0)), expected, "after {took} ms");
    }
}

#[test]
fn those_that_are_well_come_first_and_then_the_operators_order() {
    let mut beacons = nodes(4);
    beacons.identify(Place(1), Identity::Other);
    silence(&mut beacons, 0, at(0));
    let order = |beacons: &Beacons| {
        let ranked = beacons.ranked(at(0)).into_iter();
        ranked.map(|(_, place)| place.0).collect::<Vec<_>>()
    };
    assert_eq!(order(&beacons), [2, 3, 0]);
    let seen = beacons.seen(at(0));
    let first: Vec<bool> = seen.iter().map(|seen| seen.is_first).collect();
    assert_eq!(first, [false, false, true, false]);
    beacons.reported(Place(0), ms(1), Some(report(100)));
    assert_eq!(order(&beacons), [0, 2, 3]);
}
