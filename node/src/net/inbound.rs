//! Connections from outside that have not yet said who they are: anybody can open one, and it holds
//! a socket for as long as [`super::Limits::connect`].
//!
//! They are bounded for each source, so that a stranger who opens many and says nothing keeps
//! nobody out who comes from elsewhere, and in all, so that many strangers do not take the sockets
//! that the peers and the beacon node need.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dummy::ConnectionHandler;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use thiserror::Error;

/// From one source. All peers of a cluster may come from one: behind a router that hides their
/// addresses, or on one machine.
const FROM_ONE: usize = 16;
/// In all: half of the descriptors that a process may usually have.
const IN_ALL: usize = 512;

/// The connection is closed before a word is read from it.
#[derive(Debug, Error)]
#[error("too many connections wait to be authenticated")]
struct TooMany;

/// Counts the connections that wait, and refuses more.
#[derive(Default)]
pub(super) struct Unauthenticated {
    waiting: BTreeMap<ConnectionId, IpAddr>,
}

impl Unauthenticated {
    fn admit(&mut self, connection: ConnectionId, remote: &Multiaddr) -> Result<(), TooMany> {
        let source = source(remote);
        let of_source = self.waiting.values().filter(|other| **other == source);
        if self.waiting.len() >= IN_ALL || of_source.count() >= FROM_ONE {
            return Err(TooMany);
        }
        self.waiting.insert(connection, source);
        Ok(())
    }
}

/// Where a connection comes from, as far as whoever opens it cannot choose: an IPv6 host has a
/// whole /64 of addresses to itself. What has no address counts as one source.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum is libp2p's, not exhaustive"
)]
fn source(remote: &Multiaddr) -> IpAddr {
    let mut addresses = remote.iter().filter_map(|part| match part {
        Protocol::Ip4(address) => Some(IpAddr::V4(address)),
        Protocol::Ip6(address) => Some(IpAddr::V6(address).to_canonical()),
        _ => None,
    });
    match addresses.next() {
        Some(IpAddr::V6(address)) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

impl NetworkBehaviour for Unauthenticated {
    type ConnectionHandler = ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.admit(connection, remote)
            .map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.waiting.remove(&connection);
        Ok(ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ListenFailure(failure) = event {
            self.waiting.remove(&failure.connection_id);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
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
}
