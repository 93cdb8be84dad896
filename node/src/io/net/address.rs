//! Where a peer can be reached: `host:port`, or a multiaddr such as `/ip4/192.0.2.1/tcp/9000`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use thiserror::Error;

/// An address of a peer. Names are looked up before each attempt, so they may move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAddress {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

/// A text is not an address of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a peer's address; write host:port, or /ip4/192.0.2.1/tcp/9000")]
pub struct BadAddress(String);

impl PeerAddress {
    /// The socket addresses this stands for now; none if the name cannot be looked up.
    pub(super) async fn resolve(&self) -> Vec<SocketAddr> {
        match &self.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, self.port)],
            Host::Name(name) => match tokio::net::lookup_host((name.as_str(), self.port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    tracing::debug!(name, %error, "the name of a peer cannot be looked up");
                    Vec::new()
                }
            },
        }
    }
}

/// The multiaddr of a TCP socket.
pub(super) fn multiaddr(socket: SocketAddr) -> Multiaddr {
    Multiaddr::from(socket.ip()).with(Protocol::Tcp(socket.port()))
}

impl From<SocketAddr> for PeerAddress {
    fn from(socket: SocketAddr) -> Self {
        Self {
            host: Host::Ip(socket.ip()),
            port: socket.port(),
        }
    }
}

impl FromStr for PeerAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.chars().take(300).collect());
        if text.starts_with('/') {
            return text.parse().ok().and_then(from_multiaddr).ok_or_else(bad);
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(socket.into());
        }
        let (name, port) = text.rsplit_once(':').ok_or_else(bad)?;
        let port = port.parse().map_err(|_| bad())?;
        named(name, port).ok_or_else(bad)
    }
}

/// Only ip4, ip6, dns, dns4 or dns6, then tcp, then nothing: the identity comes from the roster.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is libp2p's")]
fn from_multiaddr(address: Multiaddr) -> Option<PeerAddress> {
    let mut parts = address.iter();
    let (host, Protocol::Tcp(port)) = (parts.next()?, parts.next()?) else {
        return None;
    };
    if parts.next().is_some() {
        return None;
    }
    match host {
        Protocol::Ip4(ip) => Some(SocketAddr::from((ip, port)).into()),
        Protocol::Ip6(ip) => Some(SocketAddr::from((ip, port)).into()),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => named(&name, port),
        _ => None,
    }
}

fn named(name: &str, port: u16) -> Option<PeerAddress> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_';
    let fits = (1..=253).contains(&name.len()) && name.bytes().all(plain);
    fits.then(|| PeerAddress {
        host: Host::Name(name.to_owned()),
        port,
    })
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(ip) => SocketAddr::new(*ip, self.port).fmt(f),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_an_address_are_read() {
        let table = [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("bob.example.org:9000", "bob.example.org:9000"),
            ("/ip4/192.0.2.1/tcp/9000", "192.0.2.1:9000"),
            ("/ip6/::1/tcp/9000", "[::1]:9000"),
            ("/dns4/bob.example.org/tcp/9000", "bob.example.org:9000"),
        ];
        for (text, read) in table {
            assert_eq!(text.parse::<PeerAddress>().unwrap().to_string(), read);
        }
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for text in [
            "",
            "bob",
            "bob:",
            "bob:99999",
            ":9000",
            "a b:9000",
            "::1:9000",
            "/ip4/1.2.3.4",
            "/ip4/1.2.3.4/udp/9000",
            "/ip4/1.2.3.4/tcp/9000/ws",
        ] {
            let error = text.parse::<PeerAddress>().unwrap_err();
            assert!(error.to_string().contains("write host:port"), "{text}");
        }
    }
}
