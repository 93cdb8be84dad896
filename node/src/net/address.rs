//! From a peer's address to sockets and multiaddrs. Names are looked up before each attempt, so
//! they may move.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use proto::definition::{Host, PeerAddress};
use tokio::time::timeout;

/// What the addresses of a peer stand for now.
#[derive(Debug)]
pub(super) struct Found {
    /// The sockets, in the order of the addresses.
    pub(super) sockets: Vec<SocketAddr>,
    /// The names that stand for none, and why.
    pub(super) missing: Vec<String>,
}

/// The socket addresses that `hints` stand for now, in their order. All names are looked up at
/// once, each for at most `limit`: the dead name of a peer must not keep its other addresses back.
pub(super) async fn resolve(hints: &[PeerAddress], limit: Duration) -> Found {
    resolve_with(hints, limit, async |name: &str, port| {
        let found = tokio::net::lookup_host((name, port)).await?;
        Ok(found.collect())
    })
    .await
}

async fn resolve_with(
    hints: &[PeerAddress],
    limit: Duration,
    look_up: impl AsyncFn(&str, u16) -> io::Result<Vec<SocketAddr>>,
) -> Found {
    let look_up = &look_up;
    let each = hints.iter().map(|hint| async move {
        let name = match hint.host() {
            Host::Ip(ip) => return Ok(vec![SocketAddr::new(*ip, hint.port())]),
            Host::Name(name) => name.as_str(),
        };
        let found = timeout(limit, look_up(name, hint.port())).await;
        let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        found.map_err(|error| format!("the name {name} cannot be looked up ({error})"))
    });
    let mut found = Found {
        sockets: Vec::new(),
        missing: Vec::new(),
    };
    for each in join_all(each).await {
        match each {
            Ok(sockets) => found.sockets.extend(sockets),
            Err(why) => found.missing.push(why),
        }
    }
    found
}

pub(super) fn multiaddr(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port()))
}

#[cfg(test)]
mod tests;
