//! Whose head event counts.

use super::*;

fn head(block: char) -> Head {
    Head {
        slot: SLOT,
        block: root(block),
        previous: root('q'),
        current: root('d'),
    }
}

const SLOT: Slot = Slot(100);

/// Nodes that all hear, and have all told of the head `p`.
fn hearing(count: usize) -> Beacons {
    let mut beacons = nodes(count);
    for place in beacons.places() {
        beacons.hears(place, true, at(0));
    }
    let places = beacons.places();
    let told = places.filter_map(|place| beacons.heard(place, head('p'), at(0)));
    assert_eq!(told.count(), 1, "the same is told once");
    beacons
}

#[test]
fn a_head_counts_at_once_when_a_majority_has_it() {
    for (count, majority) in [(2, 2), (3, 2), (4, 3), (8, 5)] {
        let mut beacons = hearing(count);
        let places: Vec<Place> = beacons.places().collect();
        for place in &places[..majority - 1] {
            assert_eq!(beacons.heard(*place, head('n'), at(1000)), None);
        }
        let counts = beacons.heard(places[majority - 1], head('n'), at(1000));
        assert_eq!(counts, Some(Place(0)), "of {count}");
        assert_eq!(beacons.deadline(), None, "nothing is open");
    }
}

#[test]
fn a_head_that_one_of_three_makes_up_never_counts() {
    let mut beacons = hearing(3);
    assert_eq!(beacons.heard(Place(0), head('x'), at(1000)), None);
    assert_eq!(beacons.deadline(), None, "two still say otherwise");
    assert_eq!(beacons.settle(at(9000)), None);
}

#[test]
fn of_two_that_differ_the_preferred_ones_counts_after_a_grace() {
    let mut beacons = hearing(2);
    assert_eq!(beacons.heard(Place(0), head('n'), at(1000)), None);
    let late = beacons.deadline().unwrap();
    assert_eq!(late, at(1200), "a sixtieth of a slot");
    assert_eq!(beacons.settle(late), Some(Place(0)));
    assert_eq!(
        beacons.heard(Place(1), head('n'), at(1500)),
        None,
        "told already"
    );

    let mut beacons = hearing(2);
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), None);
    assert_eq!(
        beacons.settle(at(1200)),
        None,
        "the preferred one stays where it was"
    );
    assert_eq!(beacons.heard(Place(0), head('n'), at(1500)), Some(Place(0)));
}

#[test]
fn what_a_node_says_counts_at_once_where_the_other_is_mute_deaf_or_elsewhere() {
    let mut beacons = hearing(2);
    silence(&mut beacons, 0, at(1000));
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), Some(Place(1)));

    let mut beacons = hearing(2);
    assert_eq!(beacons.hears(Place(0), false, at(500)), None);
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), Some(Place(1)));

    let mut beacons = hearing(2);
    beacons.identify(Place(0), Identity::Other);
    assert_eq!(beacons.heard(Place(0), head('x'), at(1000)), None);
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), Some(Place(1)));
}

#[test]
fn an_event_that_cannot_be_read_does_not_end_a_stream() {
    let mut beacons = hearing(2);
    beacons.hears(Place(0), false, at(500));
    assert_eq!(beacons.heard(Place(0), head('n'), at(1000)), None);
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), Some(Place(0)));
}

#[test]
fn clients_that_name_other_roots_beside_the_same_block_agree_on_it() {
    let odd = Head {
        current: root('o'),
        ..head('n')
    };
    let mut beacons = hearing(2);
    assert_eq!(beacons.heard(Place(1), odd, at(1000)), None);
    assert_eq!(beacons.heard(Place(0), head('n'), at(1000)), Some(Place(0)));
    // What most say beside it is told.
    let mut beacons = hearing(3);
    assert_eq!(beacons.heard(Place(0), odd, at(1000)), None);
    assert_eq!(beacons.heard(Place(2), head('n'), at(1000)), Some(Place(0)));
    assert_eq!(beacons.heard(Place(1), head('n'), at(1000)), Some(Place(1)));
}

#[test]
fn a_head_that_one_of_three_makes_up_does_not_count_while_one_stream_is_away() {
    let away = |count| {
        let mut beacons = hearing(count);
        beacons.hears(Place(1), false, at(500));
        assert_eq!(beacons.heard(Place(0), head('x'), at(1000)), None);
        beacons
    };
    let mut beacons = away(3);
    let late = beacons.deadline().unwrap();
    assert_eq!(beacons.settle(late), None, "the third stays where it was");
    assert_eq!(beacons.heard(Place(2), head('n'), at(1500)), None);
    let later = beacons.deadline().unwrap();
    assert!(later > late, "it is looked at again, and not at once");
    assert_eq!(beacons.settle(later), None, "one has each");
    assert_eq!(beacons.heads.told(), None, "no answer is held against it");
    let agree = beacons.hears(Place(1), true, at(2000));
    assert_eq!(
        agree, None,
        "it has told of nothing yet, and the third of `n`"
    );
    assert_eq!(beacons.heard(Place(1), head('n'), at(2100)), Some(Place(1)));
    assert_eq!(beacons.heads.told(), Some(head('n')));

    let mut beacons = away(3);
    beacons.settle(at(3000));
    let alone = beacons.hears(Place(2), false, at(3100));
    let alone = alone.or_else(|| beacons.settle(at(4000)));
    assert_eq!(alone, Some(Place(0)), "nobody else hears");

    let mut beacons = away(3);
    beacons.hears(Place(2), true, at(1100));
    let late = beacons.settle(at(4000));
    assert_eq!(late, Some(Place(0)), "the third has told of nothing");

    // It has stood still since before two empty slots, as one that hangs does.
    let mut beacons = away(3);
    let after = chain().start_of(Slot(SLOT.0 + 3));
    let old = beacons.settle(after);
    assert_eq!(old, Some(Place(0)), "what the third has is old");

    let mut beacons = away(3);
    silence(&mut beacons, 2, at(1100));
    assert_eq!(
        beacons.settle(at(4000)),
        Some(Place(0)),
        "the third is mute"
    );
}
