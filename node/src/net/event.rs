//! What the network tells the core and the operator: events, and every reason in words.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use proto::session::{BadMessage, Goodbye, Purpose};
use proto::{PeerIndex, Root, Versions, WireVersion};
use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session with `peer` is open: what is sent from now on reaches it, or [`Event::Down`]
    /// follows.
    Up {
        peer: PeerIndex,
        /// Name and version of its program: at most 64 printable bytes.
        software: String,
        version: WireVersion,
    },
    /// The session with `peer` is over. Frames sent but not yet delivered are lost.
    Down { peer: PeerIndex, reason: Disconnect },
    /// `peer` sent this. At most [`super::Limits::max_frame`] bytes, in the order of sending.
    Frame { peer: PeerIndex, frame: Bytes },
    /// One ping's measurement, about every three seconds for each session. Dropped when the core's
    /// channel is full.
    Measured {
        peer: PeerIndex,
        rtt: Duration,
        /// Microseconds by which its clock is ahead of ours; wrong by at most half of `rtt`.
        clock_offset_micros: i64,
    },
    /// No session, and why. Told once until something changes, though dialling goes on.
    Refused {
        /// Who, if the identity is in the roster.
        peer: Option<PeerIndex>,
        reason: Refusal,
    },
    /// Two programs with the identity of `peer` are alive at the same time, proven by its own
    /// signature. If it is this peer's identity, this program must stop voting.
    SecondSession {
        /// Whose identity; it may be our own.
        peer: PeerIndex,
    },
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Disconnect {
    /// Nothing was heard for a while: cut off, asleep, or its core is stalled.
    #[error("{name} was silent for {silence:?}; its machine or the line to it is down")]
    Silent { name: String, silence: Duration },
    #[error("the connection to {name} broke: {cause}")]
    Lost { name: String, cause: String },
    #[error("{name} ended the session: {reason}")]
    Left { name: String, reason: Goodbye },
    #[error("a newer connection to {name} takes the place of this one")]
    Replaced { name: String },
    /// The peer does not take what we have for it. Everything in the queue was dropped.
    #[error("{name} takes messages too slowly: {frames} frames, {bytes} bytes were waiting")]
    Overflow {
        name: String,
        frames: usize,
        bytes: usize,
    },
    /// Fault: the peer sends more frames or bytes than allowed.
    #[error("{name} sent more than {limit} {unit} a second; cut")]
    Rate {
        name: String,
        limit: u32,
        unit: Unit,
    },
    /// Fault: the peer sent something too long or malformed.
    #[error("{name} sent {rule}; cut")]
    Malformed { name: String, rule: BadMessage },
    /// Fault: the peer sent a message that has no place at this point.
    #[error("{name} sent a second hello or an unasked claim; cut")]
    Unexpected { name: String },
}

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole messages.
    Frames,
    /// Bytes before encryption.
    Bytes,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frames => "frames",
            Self::Bytes => "bytes",
        })
    }
}

impl Disconnect {
    /// Whether the peer broke a rule, as opposed to being absent or slow.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Rate { .. } | Self::Malformed { .. } | Self::Unexpected { .. } => true,
            Self::Silent { .. }
            | Self::Lost { .. }
            | Self::Left { .. }
            | Self::Replaced { .. }
            | Self::Overflow { .. } => false,
        }
    }
}

/// Why a connection did not become a session.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error(
        "a program at {address} with identity {identity} is not in this cluster; refused. If it \
         should be, compare `gantry cluster show`"
    )]
    Stranger {
        /// The identity key, in hex.
        identity: String,
        /// Where it came from.
        address: String,
    },
    /// No connection to it comes about. Nobody need be at fault.
    #[error("{name} is not reached: {why}")]
    Unreached {
        name: String,
        /// Why, for each of its addresses.
        why: String,
    },
    #[error("at {address} not {name} answers but {found}: correct {name}'s address")]
    WrongIdentity {
        name: String,
        address: String,
        found: String,
    },
    #[error(
        "peer {name} speaks wire version {theirs}, we speak {}: {}",
        Versions::OURS,
        who_upgrades(.name, .theirs)
    )]
    WireVersion { name: String, theirs: Versions },
    #[error("peer {name} is here for {theirs}, we are here for {ours}: run the same command")]
    Purpose {
        name: String,
        ours: Purpose,
        theirs: Purpose,
    },
    #[error(
        "peer {name} runs another cluster {}: ours {ours}, theirs {theirs}: compare \
         `gantry cluster show`", file(.purpose)
    )]
    Context {
        name: String,
        /// Which file differs follows from this.
        purpose: Purpose,
        ours: Root,
        theirs: Root,
    },
    #[error(
        "peer {name} takes itself for peer {theirs}, we take it for {ours}: compare \
         `gantry cluster show`"
    )]
    Position {
        name: String,
        /// Its place in our roster.
        ours: PeerIndex,
        /// Its place in its own, counted from 0.
        theirs: u32,
    },
    #[error("peer {name} began with {rule}: is it gantry?")]
    Malformed { name: String, rule: BadMessage },
    /// It ends every conversation before its hello.
    #[error(
        "peer {name} closes the connection before its hello: does its cluster definition list our \
         identity?"
    )]
    HungUp { name: String },
    #[error("peer {name} refuses us: {reason}")]
    Left { name: String, reason: Goodbye },
}

/// What is to be done where one program is too old for the other.
fn who_upgrades(name: &str, theirs: &Versions) -> String {
    if theirs.highest() < Versions::OURS.lowest() {
        format!("{name} must upgrade gantry")
    } else {
        "upgrade gantry here".to_owned()
    }
}

/// What the context hash is of.
fn file(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Duties => "lock",
        Purpose::Ceremony => "definition",
    }
}

/// The network cannot start.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum NetError {
    #[error("{what}: {got}, but the cluster has {peers} peers; correct the configuration")]
    Settings {
        what: &'static str,
        got: usize,
        peers: usize,
    },
    #[error(
        "the identity key is not that of {me} in the cluster; use the key the definition names"
    )]
    NotMyPlace { me: PeerIndex },
    #[error("cannot listen on {address}, where `listen` says to: {cause}")]
    Listen { address: SocketAddr, cause: String },
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    #[error("the encrypted transport cannot start: {0}")]
    Transport(String),
}
