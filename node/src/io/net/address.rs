//! From a peer's address to sockets and multiaddrs. Names are looked up before each attempt, so
//! they may move.

use std::net::SocketAddr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use proto::definition::{Host, PeerAddress};

/// The socket addresses that `address` stands for now; none if the name cannot be looked up.
pub(super) async fn resolve(address: &PeerAddress) -> Vec<SocketAddr> {
    match address.host() {
        Host::Ip(ip) => vec![SocketAddr::new(*ip, address.port())],
        Host::Name(name) => match tokio::net::lookup_host((name.as_str(), address.port())).await {
            Ok(found) => found.collect(),
            Err(error) => {
                tracing::debug!(name, %error, "the name of a peer cannot be looked up");
                Vec::new()
            }
        },
    }
}

/// The multiaddr of a TCP socket.
pub(super) fn multiaddr(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port()))
}
