//! Everything two peers that hold the key ceremony send each other: its messages, and what they
//! tell each other once it is finished, up to the deposits.
//!
//! Inside a session that authenticates both sides and their definition. Decoding is total and
//! keeps no more than it was given; the caller bounds the length of a frame by [`max_frame`].
//!
//! Never here: whether a signature is valid.

use prost::Message as _;
use thiserror::Error;

use crate::{ClusterSize, IdentitySignature, Root, SignatureBytes};

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message of the ceremony, to be decoded by [`crate::ceremony`].
    Ceremony(Vec<u8>),
    /// Everybody's identity signature of a lock, in the order of the definition: the ceremony
    /// that made it is finished, and the lock is durable at the sender. Whoever stored the same
    /// keys finishes with it.
    Lock(Root, Vec<IdentitySignature>),
    /// The sender's partial signature of every deposit message of a lock, in order. Every peer has
    /// shown the sender that it holds the lock.
    Partials(Root, Vec<SignatureBytes>),
    /// The signature of every deposit message of a lock, in order. The sender has everything. None
    /// if the withdrawal address is not known yet.
    Deposits(Root, Vec<SignatureBytes>),
    /// The sender knows that every peer has everything, and waits for nobody.
    Leaving,
    /// What the sender holds of the receiver's own words, in case the receiver has lost its
    /// memory: statements to be decoded by [`crate::ceremony`]. For peers of wire version 2.
    Remembered(Vec<Vec<u8>>),
}

/// Why bytes are not a frame. The sender is at fault, unless it is [`BadFrame::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadFrame {
    /// Not protobuf of this schema.
    #[error("not a frame of this version: {0}")]
    Undecodable(#[from] prost::DecodeError),
    /// No body.
    #[error("a frame without a body")]
    Empty,
    /// A frame of a later version: to be passed over, as [`crate::version`] says.
    #[error("a frame of a later version")]
    Unknown,
    /// A byte string of the wrong length.
    #[error("{0} of a wrong length")]
    Length(&'static str),
}

/// The longest frame, in bytes, if a message of the ceremony has at most `ceremony` bytes and there
/// are `deposits` deposit messages.
pub fn max_frame(size: ClusterSize, ceremony: usize, deposits: usize) -> usize {
    // Field keys, lengths and the lock hash need far less than this.
    const AROUND: usize = 128;
    ceremony.max(deposits * 96).max(size.peers() * 64) + AROUND
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        use wire::frame::Body;
        let signatures = |lock: &Root, signatures: Vec<u8>| wire::Signatures {
            lock: lock.as_bytes().to_vec(),
            signatures,
        };
        let joined = |all: &[SignatureBytes]| all.iter().flat_map(|s| *s.as_bytes()).collect();
        let body = match self {
            Self::Ceremony(bytes) => Body::Ceremony(bytes.clone()),
            Self::Lock(lock, all) => {
                Body::Lock(signatures(lock, all.iter().flat_map(|s| s.0).collect()))
            }
            Self::Partials(lock, all) => Body::Partials(signatures(lock, joined(all))),
            Self::Deposits(lock, all) => Body::Deposits(signatures(lock, joined(all))),
            Self::Leaving => Body::Leaving(wire::Leaving {}),
            Self::Remembered(statements) => Body::Remembered(wire::Remembered {
                statements: statements.clone(),
            }),
        };
        wire::Frame { body: Some(body) }.encode_to_vec()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// If the bytes are not exactly one frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadFrame> {
        use wire::frame::Body;
        // What is no body that we know, but well-formed, is one that we do not know.
        let absent = match bytes {
            [] => BadFrame::Empty,
            _ => BadFrame::Unknown,
        };
        Ok(match wire::Frame::decode(bytes)?.body.ok_or(absent)? {
            Body::Ceremony(bytes) => Self::Ceremony(bytes),
            Body::Lock(said) => {
                let all = split::<64>(&said.signatures)?;
                Self::Lock(root(&said.lock)?, all.map(IdentitySignature).collect())
            }
            Body::Partials(said) => {
                let all = split::<96>(&said.signatures)?;
                Self::Partials(root(&said.lock)?, all.map(SignatureBytes::from).collect())
            }
            Body::Deposits(said) => {
                let all = split::<96>(&said.signatures)?;
                Self::Deposits(root(&said.lock)?, all.map(SignatureBytes::from).collect())
            }
            Body::Leaving(wire::Leaving {}) => Self::Leaving,
            Body::Remembered(said) => Self::Remembered(said.statements),
        })
    }
}

fn root(bytes: &[u8]) -> Result<Root, BadFrame> {
    Root::try_from(bytes).map_err(|_| BadFrame::Length("a lock hash"))
}

/// The parts of N bytes each that `bytes` consist of.
fn split<const N: usize>(bytes: &[u8]) -> Result<impl Iterator<Item = [u8; N]>, BadFrame> {
    let (parts, rest) = bytes.as_chunks::<N>();
    if rest.is_empty() {
        Ok(parts.iter().copied())
    } else {
        Err(BadFrame::Length("signatures"))
    }
}

/// The generated messages of `schema/ceremony_session.proto`.
#[allow(clippy::all, reason = "generated code")]
mod wire {
    include!(concat!(env!("OUT_DIR"), "/gantry.ceremony_session.rs"));
}

#[cfg(test)]
mod tests;
