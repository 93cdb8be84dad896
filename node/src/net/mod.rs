//! Sessions with the other peers: one authenticated connection and one stream with each of them.
//!
//! [`start`] listens, dials, redials and keeps at most one session with each peer of the roster.
//! What happens arrives as [`Event`]s; what is to be said goes into the [`Outbox`].
//!
//! ```text
//!  core ──Outbox──► queue of the peer ──► session (one future a connection) ──► TCP
//!  core ◄──Event─── bounded channel ◄──── session: hello, pings, frames     ◄── TCP
//!                                 ◄────── driver: dials, chooses between connections
//! ```
//!
//! - libp2p over TCP, Noise and Yamux, the identity key as its key. A connection of an identity
//!   outside the roster is refused before any stream opens.
//! - The first words ([`proto::session::Hello`]) must agree in purpose, context and positions,
//!   and have a wire version in common ([`proto::version`]); else [`Event::Refused`] says what
//!   differs, on both sides.
//! - The side that dialled pings, every three seconds ([`Limits::ping_every`]); a session that is
//!   silent for [`Limits::silence`] is cut. A cut or refused peer is dialled again, with capped
//!   backoff and jitter.
//! - Two programs with one identity are an alarm ([`Event::SecondSession`]) that every peer that
//!   can see both of them gives to both, with a signed proof. A restarted program is none.
//! - Everything is bounded: frames, queues, rates, connections. While the core's channel is full
//!   nothing is read from the streams, so a stalled core slows its peers down and is then cut off.
//!
//! Never here: what a frame means. No gossip, no discovery, no relay.

mod address;
mod connection;
mod count;
mod driver;
mod end;
mod event;
pub(crate) mod listening;
mod outbox;
mod peer;
mod pending;
mod ping;
mod rate;
mod reach;
mod redial;
mod session;
mod talk;
mod transport;

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test picks the one event it waits for"
)]
mod tests;

pub use count::{PeerTraffic, Traffic};
pub use driver::start;
pub use event::{Disconnect, Event, NetError, Refusal};
pub use outbox::Outbox;

use std::net::SocketAddr;
use std::time::Duration;

use proto::definition::PeerAddress;
use proto::frame::MAX_FRAME;
use proto::session::Purpose;
use proto::{Identity, PeerIndex, Root, Roster};

/// Everything [`start`] needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This peer's identity key. Also signs proofs against a second program that holds it.
    pub identity: Identity,
    /// This peer's position.
    pub me: PeerIndex,
    /// Who may connect.
    pub roster: Roster,
    /// The operators' names in the order of the roster, for messages to people.
    pub names: Vec<String>,
    /// Where each peer can be reached, in the order of the roster; this peer's entry is ignored.
    /// A peer without an address is waited for.
    pub addresses: Vec<Vec<PeerAddress>>,
    /// Where to listen. Port 0 lets the system choose.
    pub listen: Vec<SocketAddr>,
    /// What the sessions are for.
    pub purpose: Purpose,
    /// Hash of the lock (duties) or of the definition (ceremony).
    pub context: Root,
    /// Bounds and times.
    pub limits: Limits,
}

impl Settings {
    /// Whether the lists fit the roster, and the identity its place.
    fn check(&self) -> Result<(), NetError> {
        let peers = self.roster.size().peers();
        let lists = [
            ("names", self.names.len()),
            ("lists of addresses", self.addresses.len()),
        ];
        if let Some((what, got)) = lists.into_iter().find(|(_, length)| *length != peers) {
            return Err(NetError::Settings { what, got, peers });
        }
        let mine = *self.roster.key(self.me) == self.identity.public();
        mine.then_some(())
            .ok_or(NetError::NotMyPlace { me: self.me })
    }

    fn name(&self, peer: PeerIndex) -> String {
        self.names[peer.position()].clone()
    }
}

/// Bounds of what is received and queued, and times of the sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Longest frame, in bytes.
    pub max_frame: usize,
    /// Frames that may wait for one peer before its session is cut.
    pub queue_frames: usize,
    /// Bytes that may wait for one peer before its session is cut.
    pub queue_bytes: usize,
    /// Events that may wait for the core before streams are no longer read.
    pub inbox_events: usize,
    /// Frames a peer may send a second, on average over [`Limits::burst`].
    pub frames_per_second: u32,
    /// Bytes a peer may send a second, on average over [`Limits::burst`].
    pub bytes_per_second: u32,
    /// How much of the rates may come at once.
    pub burst: Duration,
    /// Time between two pings.
    pub ping_every: Duration,
    /// A peer that is not heard for this long is down.
    pub silence: Duration,
    /// Longest wait between two attempts to reach a peer.
    pub redial: Duration,
    /// Longest time to connect and to exchange first words.
    pub connect: Duration,
}

impl Default for Limits {
    /// For duties: a block in a frame of [`MAX_FRAME`] at most, and a slot of thousand validators
    /// in some hundred small ones.
    fn default() -> Self {
        Self {
            max_frame: MAX_FRAME,
            queue_frames: 4096,
            queue_bytes: 32 << 20,
            inbox_events: 1024,
            frames_per_second: 1000,
            bytes_per_second: 8 << 20,
            burst: Duration::from_secs(4),
            ping_every: Duration::from_secs(3),
            silence: Duration::from_secs(6),
            redial: Duration::from_secs(1),
            connect: Duration::from_millis(2500),
        }
    }
}
