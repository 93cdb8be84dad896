//! What is said by name, and how often.

use node_core::ceremony::Alarm;
use node_core::ceremony::example::{peer, place};
use proto::{Root, example};

use super::super::tests::site;
use super::*;

#[test]
fn what_was_passed_over_is_said_by_name() {
    let words = Words::new(&place(0)).passed_over(&[(peer(1), 3)]);
    assert!(
        words.ends_with("only a later version of gantry knows: 3 of bob"),
        "{words}"
    );
}

#[test]
fn what_must_be_seen_is_said_once_with_the_name_of_its_cause() {
    let dir = tempfile::tempdir().unwrap();
    let (site, mut words) = (site(dir.path()), Words::new(&place(0)));
    for _ in 0..2 {
        for alarm in [Alarm::Promise, Alarm::Untold] {
            words.tell(&Note::Alarm(peer(3), alarm), &site);
        }
    }
    let said: Vec<&String> = words.screen.said_once().iter().collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("dave: is connected and has not told"));
    assert!(said[0].contains("ask its operator to end `gantry dkg` there"));
    assert!(said[1].starts_with("dave: promised in a later attempt"));
}

#[test]
fn two_locks_are_told_with_who_showed_the_other_and_what_not_to_pay() {
    let dir = tempfile::tempdir().unwrap();
    let halt = Halt::TwoLocks {
        peer: peer(3),
        here: Root::from([1; 32]),
        there: Root::from([2; 32]),
    };
    let words = halted(halt, &site(dir.path())).to_string();
    assert!(words.starts_with(example::NAMES[3]), "{words}");
    assert!(
        words.contains("Pay nothing to keys of either lock"),
        "{words}"
    );
}

#[test]
fn who_ended_before_as_this_peer_did_is_not_said_to_lack_something() {
    let dir = tempfile::tempdir().unwrap();
    let (site, mut words) = (site(dir.path()), Words::new(&place(0)));
    let missing = [peer(1)].into_iter().collect();
    let first = words.done(missing);
    assert!(first.contains("bob may lack something"), "{first}");
    words.tell(&Note::FinishedBefore, &site);
    let again = words.done(missing);
    assert!(!again.contains("may lack"), "{again}");
    assert!(
        again.contains("If bob has no cluster-lock.json yet"),
        "{again}"
    );
}

#[test]
fn nobody_is_waited_for_by_no_name() {
    let (joining, beginning) = (|| JOINING.to_owned(), || Step::Opening.to_string());
    let bob = ["bob".to_owned()];
    assert_eq!(
        with_names(joining(), &bob),
        "waiting for peers to join: bob"
    );
    let words = with_names(joining(), &[]);
    assert_eq!(words, "all have joined, and this peer begins");
    // All have joined here, but bob waits for others.
    assert_eq!(
        with_names(beginning(), &bob),
        "waiting for peers to begin: bob"
    );
    assert_eq!(with_names(beginning(), &[]), "all have begun");
    assert_eq!(with_names(Step::Storing.to_string(), &[]), "storing keys");
}
