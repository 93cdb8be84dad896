//! Who is there, and who counts as if it were not.

use super::*;

fn four() -> (Peers, Vec<PeerIndex>) {
    let size = ClusterSize::of(4).unwrap();
    let all: Vec<PeerIndex> = size.all().collect();
    (Peers::new(size, all[0], BTreeMap::new()), all)
}

#[test]
fn a_peer_is_silent_while_away_and_up_to_its_mark() {
    let (mut peers, all) = four();
    assert_eq!(peers.silent(Slot(9)).len(), 3);
    peers.set_up(all[1], WireVersion::V1);
    peers.set_mark(all[1], Some(Slot(9)));
    assert!(peers.is_silent(all[1], Slot(9)));
    assert!(!peers.is_silent(all[1], Slot(10)));
    assert!(
        !peers.is_silent(all[0], Slot(9)),
        "this peer judges itself elsewhere"
    );
}

#[test]
fn the_quorum_round_trip_is_that_of_the_last_peer_needed() {
    let (mut peers, all) = four();
    for (peer, ms) in [(1, 10), (2, 40), (3, 400)] {
        peers.set_up(all[peer], WireVersion::V1);
        peers.set_round_trip(all[peer], Duration::from_millis(ms));
    }
    assert_eq!(peers.quorum_round_trip(), Duration::from_millis(40));
}

#[test]
fn what_came_with_a_version_is_performed_once_a_threshold_knows_it() {
    let (mut peers, all) = four();
    assert!(peers.enough_know(WireVersion::V1), "as before, nobody up");
    peers.set_up(all[1], WireVersion::V2);
    peers.set_up(all[2], WireVersion::V1);
    assert_eq!(peers.knowing(WireVersion::V1).len(), 2);
    assert!(!peers.enough_know(WireVersion::V2), "two of four know it");
    peers.set_up(all[3], WireVersion::V2);
    assert!(peers.enough_know(WireVersion::V2), "three of four know it");
}

#[test]
fn who_goes_away_does_not_forget_what_it_knows() {
    let (mut peers, all) = four();
    peers.set_up(all[1], WireVersion::V2);
    peers.set_up(all[3], WireVersion::V2);
    peers.set_down(all[1]);
    assert!(!peers.knows(all[1], WireVersion::V1), "it hears nothing");
    assert!(peers.enough_know(WireVersion::V2));
    peers.set_up(all[1], WireVersion::V1);
    assert!(!peers.enough_know(WireVersion::V2), "an older program now");
    peers.set_up(all[1], WireVersion::V2);
    peers.set_foreign(all[3]);
    assert!(!peers.enough_know(WireVersion::V2), "of another chain");
}

#[test]
fn peers_are_too_old_only_where_one_that_is_connected_is() {
    let (mut peers, all) = four();
    assert!(!peers.are_too_old_for(WireVersion::V2), "nobody is here");
    peers.set_up(all[1], WireVersion::V2);
    assert!(!peers.are_too_old_for(WireVersion::V2), "two are away");
    peers.set_up(all[2], WireVersion::V1);
    assert!(peers.are_too_old_for(WireVersion::V2));
    peers.set_up(all[3], WireVersion::V2);
    assert!(!peers.are_too_old_for(WireVersion::V2), "three know it");
}

#[test]
fn a_peer_of_another_chain_counts_as_if_it_were_not_there() {
    let (mut peers, all) = four();
    for (peer, ms) in [(1, 10), (2, 40), (3, 400)] {
        peers.set_up(all[peer], WireVersion::V2);
        peers.set_round_trip(all[peer], Duration::from_millis(ms));
    }
    assert!(peers.set_foreign(all[1]));
    assert!(!peers.set_foreign(all[1]), "that is known");
    assert_eq!(peers.connected(), [all[2], all[3]].into_iter().collect());
    assert!(!peers.knows(all[1], WireVersion::V1));
    assert!(peers.is_silent(all[1], Slot(9)));
    assert_eq!(peers.quorum_round_trip(), Duration::from_millis(400));
    peers.set_up(all[1], WireVersion::V2);
    assert!(peers.connected().contains(all[1]), "another session");
}

#[test]
fn only_a_higher_sequence_is_news() {
    let (mut peers, all) = four();
    assert!(peers.saw_sequence(all[2], 5));
    assert!(!peers.saw_sequence(all[2], 4));
    assert_eq!(peers.sequence(all[2]), 5);
}
