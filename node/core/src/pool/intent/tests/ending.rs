//! What one operator alone could keep the others from, or keep for later.

use super::*;

/// What the operator alone has signed, with this number.
fn leap(group: &mut Group, number: u64) -> Intent {
    let intent = Intent {
        number,
        ..group.propose(0, aims(1))
    };
    let signed = group.forge(0, &intent);
    for peer in 1..4 {
        group.hear(peer, &signed).unwrap();
    }
    intent
}

#[test]
fn nobody_approves_a_number_after_which_there_is_none() {
    let mut group = Group::new();
    let last = leap(&mut group, MOST_AHEAD);
    let refused = Refused::Leap {
        number: MOST_AHEAD,
        known: 0,
    };
    assert_eq!(group.peers[1].approve(&last.hash()), Err(refused));
    // All others go on as before.
    let intent = group.propose(1, aims(2));
    assert_eq!(intent.number, 1);
    group.agree(&[1, 2, 3], &intent);
    assert_eq!(group.holds(2), Some(intent.id()));
}

#[test]
fn who_approved_what_leapt_as_far_as_may_be_is_followed_by_the_others() {
    let mut group = Group::new();
    let far = leap(&mut group, MOST_LEAP);
    group.peers[1].approve(&far.hash()).unwrap();
    group.agree(&[1], &far);
    // The others want something else, and have signed nothing yet.
    let intent = group.propose(1, aims(2));
    assert_eq!(intent.number, MOST_LEAP + 1);
    group.agree(&[1], &intent);
    for peer in [2, 3] {
        assert_eq!(
            group.peers[peer].approve(&intent.hash()),
            Ok(intent.clone())
        );
    }
    group.agree(&[2, 3], &intent);
    assert_eq!(group.holds(0), Some(intent.id()));
}

#[test]
fn what_holds_is_said_anew_so_that_nothing_open_comes_into_force_later() {
    let mut group = Group::new();
    let now = group.peers[1].aims().unwrap().clone();
    let dropped = group.propose(0, aims(1));
    group.agree(&[0, 1], &dropped);
    let keeps = group.propose(2, now.clone());
    assert_eq!((keeps.number, &keeps.aims), (2, &now));
    group.agree(&[1, 2, 3], &keeps);
    let late = group.forge(3, &dropped);
    assert_eq!(group.hear(2, &late), Ok(Taken::default()));
    assert_eq!(group.holds(2), Some(keeps.id()));
    assert_eq!(group.peers[2].aims(), Some(&now));
    let again = group.peers[2].propose(now, keeps.hash(), &group.cluster);
    assert_eq!(again, Err(Refused::Unchanged));
}
