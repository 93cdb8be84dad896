//! What the network is told before it starts: who this peer is, who may connect, and the bounds.

use std::net::SocketAddr;
use std::time::Duration;

use proto::definition::PeerAddress;
use proto::frame::MAX_FRAME;
use proto::session::Purpose;
use proto::{Identity, PeerIndex, Root, Roster};

use super::event::NetError;

/// Everything [`start`](super::start) needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This peer's identity key. Also signs proofs against a second program that holds it.
    pub identity: Identity,
    /// This peer's position.
    pub me: PeerIndex,
    pub roster: Roster,
    /// The operators' names in the order of the roster, for messages to people.
    pub names: Vec<String>,
    /// Where each peer can be reached, in the order of the roster; this peer's entry is ignored.
    /// A peer without an address is waited for.
    pub addresses: Vec<Vec<PeerAddress>>,
    /// Where to listen. Port 0 lets the system choose.
    pub listen: Vec<SocketAddr>,
    pub purpose: Purpose,
    /// Hash of the lock (duties) or of the definition (ceremony).
    pub context: Root,
    pub limits: Limits,
}

impl Settings {
    /// Whether the lists fit the roster, and the identity its place.
    pub(super) fn check(&self) -> Result<(), NetError> {
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

    /// The operator's name of a peer.
    pub(super) fn name(&self, peer: PeerIndex) -> String {
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
