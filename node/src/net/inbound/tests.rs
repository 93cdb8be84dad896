//! Strangers take a few places, and give them back.

use libp2p::swarm::ListenError;
use libp2p::swarm::behaviour::ListenFailure;

use super::*;

/// How many connections from these addresses are let in.
fn admitted(inbound: &mut Unauthenticated, addresses: impl Iterator<Item = String>) -> usize {
    let admit = |address: String| {
        let remote: Multiaddr = address.parse().unwrap();
        let connection = ConnectionId::new_unchecked(inbound.waiting.len());
        inbound.admit(connection, &remote).is_ok()
    };
    addresses.map(admit).filter(|is_in| *is_in).count()
}

#[test]
fn one_source_takes_a_few_places_and_all_together_take_all() {
    let mut inbound = Unauthenticated::default();
    let stranger = (0..100).map(|port| format!("/ip4/192.0.2.1/tcp/{port}"));
    assert_eq!(admitted(&mut inbound, stranger), FROM_ONE);
    // As one host: it can have any of these addresses.
    let ip6 = (0..100).map(|host| format!("/ip6/2001:db8::{host}/tcp/1"));
    assert_eq!(admitted(&mut inbound, ip6), FROM_ONE);
    let mapped = (0..100).map(|port| format!("/ip6/::ffff:192.0.2.1/tcp/{port}"));
    assert_eq!(admitted(&mut inbound, mapped), 0);
    let many = (0..1000).map(|i| format!("/ip4/198.51.{}.{}/tcp/1", i / 250, i % 250));
    assert_eq!(admitted(&mut inbound, many), IN_ALL - 2 * FROM_ONE);
}

#[test]
fn a_place_is_free_again_when_its_connection_is_over() {
    let mut inbound = Unauthenticated::default();
    let from = || (0..100).map(|port| format!("/ip4/192.0.2.1/tcp/{port}"));
    assert_eq!(admitted(&mut inbound, from()), FROM_ONE);
    let address = Multiaddr::empty();
    let peer = PeerId::random();
    let first = ConnectionId::new_unchecked(0);
    let established =
        inbound.handle_established_inbound_connection(first, peer, &address, &address);
    assert!(established.is_ok());
    let second = ConnectionId::new_unchecked(1);
    inbound.on_swarm_event(FromSwarm::ListenFailure(ListenFailure {
        local_addr: &address,
        send_back_addr: &address,
        error: &ListenError::Aborted,
        connection_id: second,
        peer_id: None,
    }));
    assert_eq!(inbound.waiting.len(), FROM_ONE - 2);
}
