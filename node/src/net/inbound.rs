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
mod tests;
