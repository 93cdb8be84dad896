//! What the network tells the core and the operator: events, and every reason in words.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use proto::session::{BadMessage, Goodbye, Purpose};
use proto::{PeerIndex, Root, Versions, WireVersion};
use thiserror::Error;

/// Something happened on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session with `peer` is open: what is sent from now on reaches it, or [`Event::Down`]
    /// follows.
    Up {
        /// Who.
        peer: PeerIndex,
        /// Name and version of its program: at most 64 printable bytes.
        software: String,
        /// What both sides speak.
        version: WireVersion,
    },
    /// The session with `peer` is over. Frames sent but not yet delivered are lost.
    Down {
        /// Who.
        peer: PeerIndex,
        /// Why.
        reason: Disconnect,
    },
    /// `peer` sent this. At most [`super::Limits::max_frame`] bytes, in the order of sending.
    Frame {
        /// Who.
        peer: PeerIndex,
        /// What.
        frame: Bytes,
    },
    /// One ping's measurement, about every three seconds for each session. Dropped when the core's
    /// channel is full.
    Measured {
        /// Who.
        peer: PeerIndex,
        /// There and back.
        rtt: Duration,
        /// Microseconds by which its clock is ahead of ours; wrong by at most half of `rtt`.
        clock_offset_micros: i64,
    },
    /// No session, and why. Told once until something changes, though dialling goes on.
    Refused {
        /// Who, if the identity is in the roster.
        peer: Option<PeerIndex>,
        /// Why.
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
    Silent {
        /// Who.
        name: String,
        /// How long.
        silence: Duration,
    },
    /// The connection broke.
    #[error("the connection to {name} broke: {cause}")]
    Lost {
        /// Who.
        name: String,
        /// The transport's words.
        cause: String,
    },
    /// The peer ended it.
    #[error("{name} ended the session: {reason}")]
    Left {
        /// Who.
        name: String,
        /// Its reason.
        reason: Goodbye,
    },
    /// A newer connection of the same peer takes its place.
    #[error("a newer connection to {name} takes the place of this one")]
    Replaced {
        /// Who.
        name: String,
    },
    /// The peer does not take what we have for it. Everything in the queue was dropped.
    #[error("{name} takes messages too slowly: {frames} frames, {bytes} bytes were waiting")]
    Overflow {
        /// Who.
        name: String,
        /// Frames in the queue.
        frames: usize,
        /// Bytes in the queue.
        bytes: usize,
    },
    /// Fault: the peer sends more frames or bytes than allowed.
    #[error("{name} sent more than {limit} {unit} a second; cut")]
    Rate {
        /// Who.
        name: String,
        /// The limit.
        limit: u32,
        /// Of what.
        unit: Unit,
    },
    /// Fault: the peer sent something too long or malformed.
    #[error("{name} sent {rule}; cut")]
    Malformed {
        /// Who.
        name: String,
        /// What was wrong.
        rule: BadMessage,
    },
    /// Fault: the peer sent a message that has no place at this point.
    #[error("{name} sent a second hello or an unasked claim; cut")]
    Unexpected {
        /// Who.
        name: String,
    },
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
    /// An identity that is not in the roster.
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
        /// Who.
        name: String,
        /// Why, for each of its addresses.
        why: String,
    },
    /// Another identity answers at the peer's address.
    #[error("at {address} not {name} answers but {found}: correct {name}'s address")]
    WrongIdentity {
        /// Who was meant.
        name: String,
        /// The address.
        address: String,
        /// Who answered.
        found: String,
    },
    /// It speaks no wire version that this program speaks.
    #[error(
        "peer {name} speaks wire version {theirs}, we speak {}: {}",
        Versions::OURS,
        who_upgrades(.name, .theirs)
    )]
    WireVersion {
        /// Who.
        name: String,
        /// What it speaks.
        theirs: Versions,
    },
    /// It is there for something else.
    #[error("peer {name} is here for {theirs}, we are here for {ours}: run the same command")]
    Purpose {
        /// Who.
        name: String,
        /// What we want.
        ours: Purpose,
        /// What it wants.
        theirs: Purpose,
    },
    /// It has another definition or lock.
    #[error(
        "peer {name} runs another cluster {}: ours {ours}, theirs {theirs}: compare \
         `gantry cluster show`", file(.purpose)
    )]
    Context {
        /// Who.
        name: String,
        /// Which file differs follows from this.
        purpose: Purpose,
        /// Our hash.
        ours: Root,
        /// Its hash.
        theirs: Root,
    },
    /// It counts the peers in another order.
    #[error(
        "peer {name} takes itself for peer {theirs}, we take it for {ours}: compare \
         `gantry cluster show`"
    )]
    Position {
        /// Who.
        name: String,
        /// Its place in our roster.
        ours: PeerIndex,
        /// Its place in its own, counted from 0.
        theirs: u32,
    },
    /// The first words were not a hello.
    #[error("peer {name} began with {rule}: is it gantry?")]
    Malformed {
        /// Who.
        name: String,
        /// What was wrong.
        rule: BadMessage,
    },
    /// It ends every conversation before its hello.
    #[error(
        "peer {name} closes the connection before its hello: does its cluster definition list our \
         identity?"
    )]
    HungUp {
        /// Who.
        name: String,
    },
    /// It ended the conversation before we could see why.
    #[error("peer {name} refuses us: {reason}")]
    Left {
        /// Who.
        name: String,
        /// Its reason.
        reason: Goodbye,
    },
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
    /// Lists of the settings do not fit the roster.
    #[error("{what}: {got}, but the cluster has {peers} peers; correct the configuration")]
    Settings {
        /// Which list.
        what: &'static str,
        /// Its length.
        got: usize,
        /// What it should be.
        peers: usize,
    },
    /// The identity is not that of the roster at this position.
    #[error(
        "the identity key is not that of {me} in the cluster; use the key the definition names"
    )]
    NotMyPlace {
        /// The position.
        me: PeerIndex,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        cause: String,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// The transport's cryptography cannot start.
    #[error("the encrypted transport cannot start: {0}")]
    Transport(String),
}
