//! Operator and core each hear what concerns them.

use node_core::record::JournalError;
use proto::ClusterSize;

use super::*;
use crate::beacon::{BeaconError, Call, Cause};

fn peer(position: usize) -> PeerIndex {
    ClusterSize::of(4).unwrap().peer(position).unwrap()
}

#[test]
fn a_second_program_stops_only_the_peer_whose_identity_it_has() {
    for (position, stops) in [(0, true), (1, false)] {
        let event = net::Event::SecondSession {
            peer: peer(position),
        };
        let said = in_words(Arrival::Network(event), peer(0));
        let told = matches!(said.news, Some(News::SecondSession { is_me, .. }) if is_me == stops);
        assert!(told, "{said:?}");
        let is_stopped = matches!(said.input, Some(Input::SecondSession));
        assert_eq!(is_stopped, stops);
    }
}

#[test]
fn a_record_that_failed_stops_the_core_and_the_operator_hears_why() {
    let failed = Written::Failed(JournalError::Poisoned);
    let said = in_words(Arrival::Written(failed), peer(0));
    let told = matches!(said.news, Some(News::NotDurable(JournalError::Poisoned)));
    assert!(told, "{said:?}");
    assert!(matches!(said.input, Some(Input::NotRecorded)), "{said:?}");
}

#[test]
fn the_core_hears_that_no_head_events_come_and_a_refused_session_is_the_operators_alone() {
    let error = BeaconError {
        node: "http://127.0.0.1:5052".into(),
        call: Call::Events,
        cause: Cause::Timeout(1),
    };
    let said = in_words(Arrival::Heard(Listened::Ends(error)), peer(0));
    assert!(matches!(said.news, Some(News::NoHeads(_))), "{said:?}");
    assert!(matches!(said.input, Some(Input::Hears(false))), "{said:?}");
    let name = "bob".to_owned();
    let refused = net::Event::Refused {
        peer: Some(peer(1)),
        reason: net::Refusal::HungUp { name },
    };
    let said = in_words(Arrival::Network(refused), peer(0));
    assert!(matches!(said.news, Some(News::Refused { .. })), "{said:?}");
    assert!(said.input.is_none(), "{said:?}");
}
