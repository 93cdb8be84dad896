//! What two peers say to keep a session: first words, pings, proofs of a second program, farewell.
//!
//! A session is one stream of messages, each with its length before it:
//!
//! ```text
//! message = length (LEB128, 1 to 4 bytes, counts what follows) ‖ tag (1 byte) ‖ body
//!
//! tag 0  frame      body: bytes of duties or of the ceremony, opaque here
//! tag 1  ping       body: number (1) ‖ clock µs (8, LE) ‖ held µs (4, LE); 15 bytes in all
//! tag 2  pong       body: number (1) ‖ clock µs (8, LE); 11 bytes in all
//! tag 3  hello      body: protobuf Hello
//! tag 4  welcome    body: none; the sender takes this session as the one with its peer
//! tag 5  challenge  body: instance (16): sign that you are alive although this one is, too
//! tag 6  claim      body: protobuf Claim
//! tag 7  goodbye    body: reason (1)
//! ```
//!
//! A tag that this program does not know is one of a later version: its message is counted and
//! passed over. A later version may add tags, of messages of [`MAX_CONTROL`] bytes at most, and
//! sends them only to peers that speak it; see [`crate::version`].
//!
//! Frames and pings have fixed layouts, not protobuf, because they are most of the traffic: a
//! frame costs two to five bytes more than its payload. Decoding is total and allocates nothing
//! that has not arrived. Never here: sockets, clocks, decisions.

mod codec;

use std::fmt;

use prost::bytes::Bytes;
use thiserror::Error;

use crate::{IdentitySignature, Root, Statement, Timestamp, Versions};

/// Longest message other than a frame, in bytes, its tag included.
pub const MAX_CONTROL: usize = 256;

/// Longest name and version of a program, in bytes.
pub const MAX_SOFTWARE: usize = 64;

/// What a session is for. Two peers talk only if both mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The duties of a running cluster; the context is the lock's hash.
    Duties,
    /// The key ceremony; the context is the definition's hash.
    Ceremony,
}

impl Purpose {
    fn number(self) -> u32 {
        match self {
            Self::Duties => 1,
            Self::Ceremony => 2,
        }
    }

    fn of(number: u32) -> Option<Self> {
        [Self::Duties, Self::Ceremony]
            .into_iter()
            .find(|purpose| purpose.number() == number)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duties => "duties",
            Self::Ceremony => "the key ceremony",
        })
    }
}

/// One start of one program: a random number drawn when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance(pub [u8; 16]);

/// The first message in each direction. The identity behind it is the transport's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// What the sender speaks.
    pub versions: Versions,
    /// What the sender wants to talk about.
    pub purpose: Purpose,
    /// Hash of the lock or definition.
    pub context: Root,
    /// The sender's position in its definition, not yet compared with ours.
    pub peer: u32,
    /// Which start of the sender's program this is.
    pub instance: Instance,
    /// Name and version of the sender's program, at most [`MAX_SOFTWARE`] printable bytes.
    pub software: String,
}

/// "Are you there?", sent by the side that dialled, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ping {
    /// Counts up and wraps around; the pong repeats it.
    pub number: u8,
    /// The sender's clock.
    pub clock: Timestamp,
    /// Microseconds since the sender received the pong to the ping before this one, so that the
    /// answering side can measure, too. None if that pong is still missing.
    pub held_micros: Option<u32>,
}

/// The answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pong {
    /// The ping's number.
    pub number: u8,
    /// The sender's clock.
    pub clock: Timestamp,
}

/// "My instance `mine` is alive, and I know of instance `other`."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Who signs.
    pub mine: Instance,
    /// The instance that was named in the challenge.
    pub other: Instance,
    /// The identity's signature of [`Claim::statement`].
    pub signature: IdentitySignature,
}

impl Claim {
    /// What the signature is of, in the session's context.
    pub fn statement(&self, context: Root) -> AliveBeside {
        AliveBeside {
            context,
            mine: self.mine,
            other: self.other,
        }
    }
}

/// The signed statement of a [`Claim`]. As an instance is drawn at random when a program starts,
/// nobody can have signed it before that program started: an old claim cannot be played again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliveBeside {
    /// Hash of the lock or definition.
    pub context: Root,
    /// The signing program.
    pub mine: Instance,
    /// The other program with the same identity.
    pub other: Instance,
}

impl Statement for AliveBeside {
    const PURPOSE: &'static str = "gantry/alive-beside/1";

    fn feed(&self, write: &mut dyn FnMut(&[u8])) {
        write(self.context.as_bytes());
        write(&self.mine.0);
        write(&self.other.0);
    }
}

/// Why the sender ends the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Goodbye {
    /// The sender's program stops.
    #[error("its program stops")]
    Stopping,
    /// The hellos do not fit; each side sees the difference by itself.
    #[error("its settings differ from ours")]
    Unfit,
    /// Another connection between the same two programs is kept.
    #[error("it keeps another connection to us")]
    Duplicate,
    /// The receiver broke the rate limit.
    #[error("we sent more than its rate limit allows")]
    Rate,
    /// The receiver sent something malformed or too long.
    #[error("it could not read what we sent")]
    Malformed,
    /// The receiver did not take what the sender had for it.
    #[error("we took its messages too slowly")]
    Overflow,
    /// The receiver was silent.
    #[error("it heard nothing from us")]
    Silent,
    /// Two programs run with the receiver's identity.
    #[error("two programs run with our identity")]
    SecondSession,
    /// A reason of a later version.
    #[error("for a reason that this version of gantry does not know")]
    Unknown,
}

impl Goodbye {
    /// The reasons in the order of their numbers. [`Goodbye::Unknown`] has none.
    const ALL: [Self; 8] = [
        Self::Stopping,
        Self::Unfit,
        Self::Duplicate,
        Self::Rate,
        Self::Malformed,
        Self::Overflow,
        Self::Silent,
        Self::SecondSession,
    ];
}

/// One message of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Bytes of duties or of the ceremony.
    Frame(Bytes),
    /// See [`Ping`].
    Ping(Ping),
    /// See [`Pong`].
    Pong(Pong),
    /// See [`Hello`].
    Hello(Hello),
    /// The sender takes this session as the one with its peer.
    Welcome,
    /// Asks for a [`Claim`] beside this instance.
    Challenge(Instance),
    /// See [`Claim`].
    Claim(Claim),
    /// See [`Goodbye`].
    Goodbye(Goodbye),
    /// Something of a later version, to be counted and passed over. Nobody sends it.
    Unknown {
        /// Its tag.
        tag: u8,
    },
}

/// What arrived is not a message of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadMessage {
    /// The announced length is over the bound.
    #[error("a message of {length} bytes, where at most {bound} are allowed")]
    TooLong {
        /// Announced length, in bytes.
        length: usize,
        /// Largest length allowed, in bytes.
        bound: usize,
    },
    /// The sender of the hello speaks no wire version that this program speaks.
    #[error("wire version {theirs}, where we speak {}", Versions::OURS)]
    WireVersion {
        /// What the sender speaks.
        theirs: Versions,
    },
    /// Tag, length or content do not fit the layout.
    #[error("a malformed {0}")]
    Malformed(&'static str),
}

#[cfg(test)]
mod tests;
