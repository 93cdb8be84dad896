//! Everything two running peers send each other, inside a session that authenticates both.
//!
//! Decoding is total and bounded: a frame is at most [`MAX_FRAME`] bytes (the network layer cuts
//! longer ones before they are read), and a list of partials is at most [`MAX_PARTIALS`] long.

use prost::Message as _;
use thiserror::Error;

use crate::{SignatureBytes, Slot};

/// The longest frame in bytes: a block of 10 MiB (the gossip limit of the consensus spec,
/// `MAX_PAYLOAD_SIZE`) and what surrounds it.
pub const MAX_FRAME: usize = 11 << 20;

/// The most partial signatures in one list: every validator of the largest cluster.
pub const MAX_PARTIALS: usize = 16_384;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The first frame of a session.
    Hello(Hello),
    /// A signed message of consensus, to be decoded by [`crate::vote`].
    Vote(Vec<u8>),
    /// Partial RANDAO reveals.
    Randao(Randao),
}

/// What a peer says of itself and of the receiver when a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// The sender votes in no slot at or below this one: its restart mark.
    pub mark: Option<Slot>,
    /// The highest sequence number of the receiver's record that the sender has seen.
    pub sequence_seen: u64,
}

/// Partial RANDAO reveals for the proposers of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Randao {
    /// The slot to be proposed in.
    pub slot: Slot,
    /// One partial signature for each validator of ours that proposes in it.
    pub partials: Vec<Partial>,
}

/// One peer's signature for one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// The validator's position in the lock, counted from 0.
    pub validator: u32,
    /// The signature, not yet verified.
    pub signature: SignatureBytes,
}

/// Why bytes are not a frame. The sender is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadFrame {
    /// Not protobuf of this schema.
    #[error("not a frame of this version: {0}")]
    Undecodable(#[from] prost::DecodeError),
    /// No body, or one this version does not know.
    #[error("a frame without a known body")]
    Empty,
    /// A list is longer than allowed.
    #[error("{0} partial signatures in one frame, more than {MAX_PARTIALS}")]
    TooMany(usize),
    /// A signature is not 96 bytes long.
    #[error("a partial signature of {0} bytes instead of 96")]
    SignatureLength(usize),
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Hello(hello) => wire::frame::Body::Hello(wire::Hello {
                mark: hello.mark.map(|slot| slot.0),
                sequence_seen: hello.sequence_seen,
            }),
            Self::Vote(bytes) => wire::frame::Body::Vote(bytes.clone()),
            Self::Randao(randao) => wire::frame::Body::Randao(wire::Randao {
                slot: randao.slot.0,
                partials: randao.partials.iter().map(to_wire).collect(),
            }),
        };
        wire::Frame { body: Some(body) }.encode_to_vec()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// If the bytes are not exactly one frame within the bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadFrame> {
        match wire::Frame::decode(bytes)?.body.ok_or(BadFrame::Empty)? {
            wire::frame::Body::Hello(hello) => Ok(Self::Hello(Hello {
                mark: hello.mark.map(Slot),
                sequence_seen: hello.sequence_seen,
            })),
            wire::frame::Body::Vote(bytes) => Ok(Self::Vote(bytes)),
            wire::frame::Body::Randao(randao) => Ok(Self::Randao(Randao {
                slot: Slot(randao.slot),
                partials: partials(&randao.partials)?,
            })),
        }
    }
}

fn to_wire(partial: &Partial) -> wire::Partial {
    wire::Partial {
        validator: partial.validator,
        signature: partial.signature.as_bytes().to_vec(),
    }
}

fn partials(list: &[wire::Partial]) -> Result<Vec<Partial>, BadFrame> {
    if list.len() > MAX_PARTIALS {
        return Err(BadFrame::TooMany(list.len()));
    }
    let read = |partial: &wire::Partial| {
        let signature = SignatureBytes::try_from(partial.signature.as_slice())
            .map_err(|_| BadFrame::SignatureLength(partial.signature.len()))?;
        Ok(Partial {
            validator: partial.validator,
            signature,
        })
    };
    list.iter().map(read).collect()
}

/// The generated messages of `schema/frame.proto`.
mod wire {
    include!(concat!(env!("OUT_DIR"), "/gantry.frame.rs"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_survive_the_wire() {
        let partial = Partial {
            validator: 3,
            signature: [7; 96].into(),
        };
        for frame in [
            Frame::Hello(Hello {
                mark: Some(Slot(0)),
                sequence_seen: 9,
            }),
            Frame::Hello(Hello {
                mark: None,
                sequence_seen: 0,
            }),
            Frame::Vote(vec![1, 2, 3]),
            Frame::Randao(Randao {
                slot: Slot(12),
                partials: vec![partial],
            }),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn a_short_signature_is_refused() {
        let bytes = wire::Frame {
            body: Some(wire::frame::Body::Randao(wire::Randao {
                slot: 1,
                partials: vec![wire::Partial {
                    validator: 0,
                    signature: vec![0; 95],
                }],
            })),
        }
        .encode_to_vec();
        assert_eq!(Frame::decode(&bytes), Err(BadFrame::SignatureLength(95)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        }
    }
}
