//! Why there is no connection to a peer, in words for the operator.
//!
//! Never here: when to try again.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::DialError;
use libp2p::{Multiaddr, PeerId};
use proto::definition::PeerAddress;
use rustix::io::Errno;

use super::event::Refusal;

/// Why dialling the peer `name` came to nothing; none if this program gave it up itself. `named`
/// gives the operator who has a libp2p name; `missing` says which of the peer's names stand for no
/// address.
pub(super) fn unreached(
    name: String,
    error: &DialError,
    missing: &[String],
    named: impl Fn(&PeerId) -> Option<String>,
) -> Option<Refusal> {
    match error {
        DialError::WrongPeerId { obtained, address } => Some(Refusal::WrongIdentity {
            name,
            address: shown(address),
            found: match named(obtained) {
                Some(other) => format!("operator {other}"),
                None => format!("identity {}", key(obtained)),
            },
        }),
        DialError::LocalPeerId { address } => Some(Refusal::WrongIdentity {
            name,
            address: shown(address),
            found: "this peer itself".to_owned(),
        }),
        DialError::Transport(failures) => {
            let each = failures.iter();
            let mut each: Vec<String> = each.map(|(to, error)| failure(to, error)).collect();
            // They come in the order in which they failed; another order is no news.
            each.sort();
            each.extend_from_slice(missing);
            let why = each.join("; ");
            Some(Refusal::Unreached { name, why })
        }
        DialError::NoAddresses
        | DialError::DialPeerConditionFalse(_)
        | DialError::Aborted
        | DialError::Denied { .. } => None,
    }
}

/// The peer `name` if no address of it is known.
pub(super) fn without_address(name: String, known: &[PeerAddress]) -> Option<Refusal> {
    known.is_empty().then(|| Refusal::Unreached {
        name,
        why: "no address of it is known here, so it has to call. Ask its operator for one"
            .to_owned(),
    })
}

/// The identity key in a libp2p name, as operators know it.
pub(super) fn key(id: &PeerId) -> String {
    // The name of such a key is the key itself, after what says of which kind it is.
    let bytes = id.to_bytes();
    let known = libp2p::identity::PublicKey::try_decode_protobuf(bytes.get(2..).unwrap_or(&[]));
    match known.ok().and_then(|key| key.try_into_ed25519().ok()) {
        Some(key) => hex::encode(key.to_bytes()),
        None => id.to_string(),
    }
}

/// A multiaddr as people write it.
pub(super) fn shown(address: &Multiaddr) -> String {
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port))) => {
            SocketAddr::new(ip.into(), port).to_string()
        }
        (Some(Protocol::Ip6(ip)), Some(Protocol::Tcp(port))) => {
            SocketAddr::new(ip.into(), port).to_string()
        }
        (_, _) => address.to_string(),
    }
}

fn failure(address: &Multiaddr, error: &TransportError<io::Error>) -> String {
    let to = shown(address);
    let TransportError::Other(error) = error else {
        return format!("{to} is no address that can be dialled");
    };
    let family = match address.iter().next() {
        Some(Protocol::Ip6(_)) => "IPv6",
        _ => "IPv4",
    };
    let innermost = innermost(error);
    let system = innermost.downcast_ref::<io::Error>();
    let errno = system.and_then(Errno::from_io_error);
    match (system.map(io::Error::kind), errno) {
        (Some(ErrorKind::ConnectionRefused), _) => {
            format!("{to} refuses the connection: is gantry running there, on this port?")
        }
        (Some(ErrorKind::TimedOut), _) => {
            format!("{to} does not answer: is the port open in its firewall, and forwarded?")
        }
        (Some(ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable), _)
        | (_, Some(Errno::AFNOSUPPORT)) => {
            format!("{to} is not to be reached from this machine, which has no way over {family}")
        }
        (Some(ErrorKind::HostUnreachable), _) => {
            format!("{to} is a machine to which there is no way: is it on?")
        }
        (_, _) => format!("{to} gives no connection ({innermost})"),
    }
}

/// The cause that is wrapped in others.
fn innermost(error: &io::Error) -> &(dyn Error + 'static) {
    let mut cause: &(dyn Error + 'static) = error;
    loop {
        let wrapped = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as &(dyn Error + 'static));
        match wrapped.or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => return cause,
        }
    }
}

#[cfg(test)]
mod tests;
