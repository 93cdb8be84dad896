//! Everything two running peers send each other, inside a session that authenticates both.
//!
//! Decoding is total and bounded: a frame is at most [`MAX_FRAME`] bytes (the network layer cuts
//! longer ones before they are read).
//!
//! Each frame came with a version ([`Frame::since`]) and goes only to peers that speak it. A frame
//! that this program does not know is [`BadFrame::Unknown`], which is nobody's fault. How to add
//! one stands in [`crate::version`].

use prost::Message as _;
use thiserror::Error;

use crate::definition::MAX_VALIDATORS;
use crate::vote::Partial;
use crate::{DutyId, DutyKind, SignatureBytes, Slot, WireVersion};

/// The longest frame in bytes: a block of 10 MiB (the gossip limit of the consensus spec,
/// `MAX_PAYLOAD_SIZE`) and what surrounds it.
pub const MAX_FRAME: usize = 11 << 20;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The first frame of a session.
    Greeting(Greeting),
    /// A signed message of consensus, to be decoded by [`crate::vote`].
    Vote(Vec<u8>),
    /// A partial RANDAO reveal.
    Randao(Randao),
    /// Whether the sender's beacon node gives it sight of the chain; it does until this is said.
    Sight {
        /// The sender cannot choose what to propose: skip its turns to lead.
        is_blind: bool,
    },
    /// The sender's beacon node refused these parts: has the receiver's taken them?
    Refused(Parts),
    /// The answer: the sender's beacon node has taken these.
    Taken(Parts),
}

/// What a peer says of itself and of the receiver when a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// The sender votes in no slot at or below this one: its restart mark.
    pub mark: Option<Slot>,
    /// The highest sequence number of the receiver's record that the sender has seen.
    pub sequence_seen: u64,
    /// When the sender's chain began, in Unix seconds: programs of version 1 do not say.
    pub genesis_time: Option<u64>,
}

/// A partial RANDAO reveal for the cluster's proposer of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randao {
    /// The slot to be proposed in.
    pub slot: Slot,
    /// The validator that proposes in it, and the sender's partial signature for it.
    pub partial: Partial,
}

/// Parts of a duty that has been signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The duty.
    pub duty: DutyId,
    /// Whose parts: positions in the lock, at most as many as a lock has.
    pub validators: Vec<u32>,
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
    /// A frame of a later version: to be counted and passed over.
    #[error("a frame of a later version")]
    Unknown,
    /// A signature is not 96 bytes long.
    #[error("a partial signature of {0} bytes instead of 96")]
    SignatureLength(usize),
    /// More validators than a lock has.
    #[error("parts of {0} validators, and a lock has {MAX_VALIDATORS} at most")]
    TooManyValidators(usize),
}

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let body = match self {
            Self::Greeting(greeting) => wire::frame::Body::Greeting(wire::Greeting {
                mark: greeting.mark.map(|slot| slot.0),
                sequence_seen: greeting.sequence_seen,
                genesis_time: greeting.genesis_time,
            }),
            Self::Vote(bytes) => wire::frame::Body::Vote(bytes.clone()),
            Self::Randao(randao) => wire::frame::Body::Randao(wire::Randao {
                slot: randao.slot.0,
                validator: randao.partial.validator,
                signature: randao.partial.signature.as_bytes().to_vec(),
            }),
            Self::Sight { is_blind } => wire::frame::Body::Sight(wire::Sight {
                is_blind: *is_blind,
            }),
            Self::Refused(parts) => wire::frame::Body::Refused(parts.to_wire()),
            Self::Taken(parts) => wire::frame::Body::Taken(parts.to_wire()),
        };
        wire::Frame { body: Some(body) }.encode_to_vec()
    }

    /// The version that this frame came with: peers that speak less are not sent it.
    pub fn since(&self) -> WireVersion {
        match self {
            Self::Greeting(_) | Self::Vote(_) | Self::Randao(_) => WireVersion::V1,
            Self::Sight { .. } | Self::Refused(_) | Self::Taken(_) => WireVersion::V2,
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// If the bytes are not exactly one frame within the bounds that this program knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadFrame> {
        // What is no body that we know, but well-formed, is one that we do not know.
        let absent = match bytes {
            [] => BadFrame::Empty,
            _ => BadFrame::Unknown,
        };
        match wire::Frame::decode(bytes)?.body.ok_or(absent)? {
            wire::frame::Body::Greeting(greeting) => Ok(Self::Greeting(Greeting {
                mark: greeting.mark.map(Slot),
                sequence_seen: greeting.sequence_seen,
                genesis_time: greeting.genesis_time,
            })),
            wire::frame::Body::Vote(bytes) => Ok(Self::Vote(bytes)),
            wire::frame::Body::Sight(wire::Sight { is_blind }) => Ok(Self::Sight { is_blind }),
            wire::frame::Body::Refused(parts) => Parts::from_wire(parts).map(Self::Refused),
            wire::frame::Body::Taken(parts) => Parts::from_wire(parts).map(Self::Taken),
            wire::frame::Body::Randao(randao) => {
                let signature = SignatureBytes::try_from(randao.signature.as_slice())
                    .map_err(|_| BadFrame::SignatureLength(randao.signature.len()))?;
                let partial = Partial {
                    validator: randao.validator,
                    signature,
                };
                Ok(Self::Randao(Randao {
                    slot: Slot(randao.slot),
                    partial,
                }))
            }
        }
    }
}

impl Parts {
    fn to_wire(&self) -> wire::Parts {
        wire::Parts {
            slot: self.duty.slot.0,
            kind: self.duty.kind.code().into(),
            validators: self.validators.clone(),
        }
    }

    fn from_wire(parts: wire::Parts) -> Result<Self, BadFrame> {
        let validators = parts.validators;
        if validators.len() > MAX_VALIDATORS {
            return Err(BadFrame::TooManyValidators(validators.len()));
        }
        let kind = u8::try_from(parts.kind).ok().and_then(DutyKind::from_code);
        let duty = DutyId {
            slot: Slot(parts.slot),
            kind: kind.ok_or(BadFrame::Unknown)?,
        };
        Ok(Self { duty, validators })
    }
}

/// The generated messages of `schema/frame.proto`.
mod wire {
    include!(concat!(env!("OUT_DIR"), "/gantry.frame.rs"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(validators: usize) -> Parts {
        Parts {
            duty: DutyId {
                slot: Slot(7),
                kind: DutyKind::Block,
            },
            validators: (0..).take(validators).collect(),
        }
    }

    #[test]
    fn frames_survive_the_wire() {
        let partial = Partial {
            validator: 3,
            signature: [7; 96].into(),
        };
        for frame in [
            Frame::Greeting(Greeting {
                mark: Some(Slot(0)),
                sequence_seen: 9,
                genesis_time: Some(7),
            }),
            Frame::Greeting(Greeting {
                mark: None,
                sequence_seen: 0,
                genesis_time: None,
            }),
            Frame::Vote(vec![1, 2, 3]),
            Frame::Randao(Randao {
                slot: Slot(12),
                partial,
            }),
            Frame::Sight { is_blind: true },
            Frame::Sight { is_blind: false },
            Frame::Refused(parts(3)),
            Frame::Taken(parts(MAX_VALIDATORS)),
        ] {
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn a_short_signature_is_refused() {
        let bytes = wire::Frame {
            body: Some(wire::frame::Body::Randao(wire::Randao {
                slot: 1,
                validator: 0,
                signature: vec![0; 95],
            })),
        }
        .encode_to_vec();
        assert_eq!(Frame::decode(&bytes), Err(BadFrame::SignatureLength(95)));
    }

    #[test]
    fn more_validators_than_a_lock_has_are_refused_and_a_later_kind_of_duty_is_unknown() {
        let many = Frame::Taken(parts(MAX_VALIDATORS + 1)).encode();
        let refusal = BadFrame::TooManyValidators(MAX_VALIDATORS + 1);
        assert_eq!(Frame::decode(&many), Err(refusal));
        let mut parts = parts(1).to_wire();
        parts.kind = 77;
        let body = Some(wire::frame::Body::Refused(parts));
        let bytes = wire::Frame { body }.encode_to_vec();
        assert_eq!(Frame::decode(&bytes), Err(BadFrame::Unknown));
    }

    #[test]
    fn a_frame_of_a_later_version_is_told_from_bytes_that_are_none() {
        let later = [0x9a, 0x06, 2, 7, 7]; // Field 99, of two bytes.
        assert_eq!(Frame::decode(&later), Err(BadFrame::Unknown));
        assert_eq!(Frame::decode(&[]), Err(BadFrame::Empty));
        let torn = Frame::decode(&later[..4]);
        assert!(matches!(torn, Err(BadFrame::Undecodable(_))), "{torn:?}");
        let wrong_type = Frame::decode(&[0x10, 1]);
        assert!(matches!(wrong_type, Err(BadFrame::Undecodable(_))));
    }

    /// A later version may add fields to a frame that this one knows.
    #[test]
    fn a_field_of_a_later_version_is_passed_over() {
        let greeting = Frame::Greeting(Greeting {
            mark: Some(Slot(4)),
            sequence_seen: 9,
            genesis_time: None,
        });
        let mut bytes = greeting.encode();
        bytes[1] += 3;
        bytes.extend([0x98, 0x06, 5]); // Field 99 of the greeting, a number.
        assert_eq!(Frame::decode(&bytes), Ok(greeting));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
            }
        }
    }
}
