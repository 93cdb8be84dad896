//! The connections: TCP without delay, counted, then Noise with the identity key, then Yamux.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::transport::timeout::TransportTimeoutError;
use libp2p::core::upgrade::Version;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use libp2p::{PeerId, Transport as _, noise, tcp, yamux};
use proto::{Identity, IdentityKey};

use super::count::{Counted, TcpMeter};
use super::event::NetError;

/// The kernel gives a connection up when sent bytes stay unacknowledged this long, so that closing
/// a half-dead connection cannot hang.
const UNACKNOWLEDGED_MS: u32 = 10_000;

/// Streams a connection can carry at once: ours, and one that is being negotiated or refused.
const MAX_STREAMS: usize = 4;

/// The transport of `identity`. Connections that take longer than `timeout` to set up fail.
pub(super) fn transport(
    identity: &Identity,
    meter: Arc<TcpMeter>,
    timeout: Duration,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, NetError> {
    let noise = noise::Config::new(&keypair(identity)?).map_err(unavailable)?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(MAX_STREAMS);
    Ok(tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .map(move |stream, _| {
            let limited = rustix::net::sockopt::set_tcp_user_timeout(&stream.0, UNACKNOWLEDGED_MS);
            if let Err(error) = limited {
                tracing::debug!(%error, "the kernel does not limit unacknowledged bytes");
            }
            Counted::new(stream, meter.clone())
        })
        .upgrade(Version::V1)
        .authenticate(noise)
        .multiplex(yamux)
        .timeout(timeout)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        // The system's own errors come out bare, so that their reason can be told.
        .map_err(|error| match error {
            TransportTimeoutError::Timeout => io::ErrorKind::TimedOut.into(),
            TransportTimeoutError::TimerError(error) => error,
            TransportTimeoutError::Other(error) => error.either(
                |setup| setup.either(|tcp| tcp, io::Error::other),
                io::Error::other,
            ),
        })
        .boxed())
}

/// The libp2p name of an identity key.
pub(super) fn peer_id(key: &IdentityKey) -> Result<PeerId, NetError> {
    let key = ed25519::PublicKey::try_from_bytes(&key.to_bytes()).map_err(unavailable)?;
    Ok(PublicKey::from(key).to_peer_id())
}

fn keypair(identity: &Identity) -> Result<Keypair, NetError> {
    Keypair::ed25519_from_bytes(identity.seed()).map_err(unavailable)
}

fn unavailable(cause: impl std::fmt::Display) -> NetError {
    NetError::Transport(cause.to_string())
}
