//! A program of wire version 1: what it can read and write.
//!
//! An old peer of the world runs the present core, to which every session is one of version 1. What
//! it says and hears passes through the schema of that version, which stands here as it was and is
//! never changed: a field of a later version is lost on the way, and a frame or kind of duty of a
//! later version, which that program would call a fault, is a violation of the world.

use prost::{DecodeError, Message};
use proto::Versions;

/// What such a program speaks.
pub const VERSIONS: Versions = Versions::between(1, 1).unwrap();

#[derive(Clone, PartialEq, Message)]
struct Frame {
    #[prost(message, optional, tag = "1")]
    greeting: Option<Greeting>,
    #[prost(bytes = "vec", optional, tag = "2")]
    vote: Option<Vec<u8>>,
    #[prost(message, optional, tag = "3")]
    randao: Option<Randao>,
}

#[derive(Clone, PartialEq, Message)]
struct Greeting {
    #[prost(uint64, optional, tag = "1")]
    mark: Option<u64>,
    #[prost(uint64, tag = "2")]
    sequence_seen: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Randao {
    #[prost(uint64, tag = "1")]
    slot: u64,
    #[prost(uint32, tag = "2")]
    validator: u32,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Vote {
    #[prost(uint64, tag = "1")]
    slot: u64,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(bytes = "vec", optional, tag = "3")]
    propose: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "4")]
    prepare: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    commit: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "6")]
    round_change: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "7")]
    pull: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "8")]
    value: Option<Vec<u8>>,
    #[prost(bytes = "vec", tag = "15")]
    body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Propose {
    #[prost(uint32, tag = "1")]
    round: u32,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    justification: Vec<Answer>,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(uint32, tag = "1")]
    signer: u32,
    #[prost(message, optional, tag = "2")]
    prepare: Option<Prepare>,
    #[prost(message, optional, tag = "3")]
    round_change: Option<RoundChange>,
}

#[derive(Clone, PartialEq, Message)]
struct Prepare {
    #[prost(uint32, tag = "1")]
    round: u32,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Commit {
    #[prost(uint32, tag = "1")]
    round: u32,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(uint64, tag = "3")]
    sequence: u64,
    #[prost(uint32, repeated, tag = "4")]
    validators: Vec<u32>,
    #[prost(bytes = "vec", tag = "5")]
    partials: Vec<u8>,
    #[prost(uint32, tag = "6")]
    certificate_signers: u32,
    #[prost(bytes = "vec", tag = "7")]
    certificate_signatures: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    signature: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RoundChange {
    #[prost(uint32, tag = "1")]
    round: u32,
    #[prost(uint32, repeated, tag = "2")]
    vote_rounds: Vec<u32>,
    #[prost(bytes = "vec", tag = "3")]
    vote_values: Vec<u8>,
    #[prost(uint32, optional, tag = "4")]
    prepared_round: Option<u32>,
    #[prost(bytes = "vec", tag = "5")]
    prepared_value: Vec<u8>,
    #[prost(uint32, tag = "6")]
    certificate_signers: u32,
    #[prost(bytes = "vec", tag = "7")]
    certificate_signatures: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    signature: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    bodies: Vec<Vec<u8>>,
}

/// A frame as it comes out of a program of version 1, or what in it that program calls a fault.
/// Bytes that no version could have written stay as they are: a villain's, and for the core.
pub fn through(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Ok(mut frame) = Frame::decode(bytes) else {
        return Ok(bytes.to_vec());
    };
    if frame == Frame::default() && !bytes.is_empty() {
        return Err("a frame that it does not know");
    }
    if let Some(inner) = &mut frame.vote {
        let Ok(mut vote) = Vote::decode(&inner[..]) else {
            return Ok(bytes.to_vec());
        };
        if vote.kind > 1 {
            return Err("a kind of duty that it does not know");
        }
        if read(&mut vote).is_ok() {
            *inner = vote.encode_to_vec();
        }
    }
    Ok(frame.encode_to_vec())
}

/// Leaves of the content of a vote what version 1 knows.
fn read(vote: &mut Vote) -> Result<(), DecodeError> {
    known::<Propose>(&mut vote.propose)?;
    known::<Prepare>(&mut vote.prepare)?;
    known::<Commit>(&mut vote.commit)?;
    known::<RoundChange>(&mut vote.round_change)
}

fn known<M: Message + Default>(bytes: &mut Option<Vec<u8>>) -> Result<(), DecodeError> {
    if let Some(bytes) = bytes {
        *bytes = M::decode(&bytes[..])?.encode_to_vec();
    }
    Ok(())
}

#[test]
fn a_program_of_version_1_loses_fields_and_refuses_frames_of_later_versions() {
    let greeting = [0x0a, 2, 0x10, 9];
    assert_eq!(through(&greeting).unwrap(), greeting);
    let with_more = [0x0a, 5, 0x10, 9, 0x98, 0x06, 5];
    assert_eq!(through(&with_more).unwrap(), greeting);
    assert!(through(&[0x9a, 0x06, 1, 7]).is_err());
    let other_kind = [0x12, 4, 0x08, 9, 0x10, 2];
    assert!(through(&other_kind).is_err());
}
