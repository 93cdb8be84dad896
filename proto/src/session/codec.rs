//! The bytes of a session's messages, as the table in [`super`] lays them out, both ways.

use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use prost::encoding::encode_varint;

use super::{
    BadMessage, Claim, Goodbye, Hello, Instance, MAX_CONTROL, MAX_SOFTWARE, Message, Ping, Pong,
    Purpose,
};
use crate::{IdentitySignature, Root, Timestamp, Versions};

mod wire {
    #![allow(missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/gantry.session.rs"));
}

const FRAME: u8 = 0;
const PING: u8 = 1;
const PONG: u8 = 2;
const HELLO: u8 = 3;
const WELCOME: u8 = 4;
const CHALLENGE: u8 = 5;
const CLAIM: u8 = 6;
const GOODBYE: u8 = 7;

/// The reason of a farewell that this program does not know. No version gives it a meaning.
const UNKNOWN_REASON: u8 = u8::MAX;

/// A missing pong, in the field that tells how long ago it came.
const NOT_HELD: u32 = u32::MAX;

impl Message {
    /// Appends the message, its length first, to `out`.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Frame(payload) => head(out, FRAME, payload.len()).put_slice(payload),
            Self::Ping(ping) => {
                let out = head(out, PING, 13);
                out.put_u8(ping.number);
                out.put_u64_le(ping.clock.micros());
                out.put_u32_le(ping.held_micros.unwrap_or(NOT_HELD));
            }
            Self::Pong(pong) => {
                let out = head(out, PONG, 9);
                out.put_u8(pong.number);
                out.put_u64_le(pong.clock.micros());
            }
            Self::Hello(hello) => protobuf(out, HELLO, &hello.to_wire()),
            Self::Welcome => {
                head(out, WELCOME, 0);
            }
            Self::Challenge(other) => head(out, CHALLENGE, 16).put_slice(&other.0),
            Self::Claim(claim) => protobuf(out, CLAIM, &claim.to_wire()),
            Self::Goodbye(reason) => {
                let place = Goodbye::ALL.iter().position(|r| r == reason);
                let code = place.and_then(|p| u8::try_from(p).ok());
                head(out, GOODBYE, 1).put_u8(code.unwrap_or(UNKNOWN_REASON));
            }
            Self::Unknown { tag } => {
                head(out, *tag, 0);
            }
        }
    }

    /// Takes the next whole message off `arrived`; none if more bytes must come first. Frames
    /// share the buffer's memory.
    ///
    /// # Errors
    /// If a frame is longer than `max_frame` bytes, or the bytes are not a message. The session
    /// is beyond repair then.
    pub fn take(arrived: &mut BytesMut, max_frame: usize) -> Result<Option<Self>, BadMessage> {
        let Some((length, prefix)) = length(arrived)? else {
            return Ok(None);
        };
        let bound = max_frame.max(MAX_CONTROL) + 1;
        if length > bound {
            return Err(BadMessage::TooLong { length, bound });
        }
        let Some(&tag) = arrived.get(prefix) else {
            return Ok(None);
        };
        let bound = if tag == FRAME {
            max_frame + 1
        } else {
            MAX_CONTROL
        };
        if length > bound {
            return Err(BadMessage::TooLong { length, bound });
        }
        if arrived.len() < prefix + length {
            return Ok(None);
        }
        arrived.advance(prefix);
        let mut body = arrived.split_to(length).freeze();
        body.advance(1);
        Self::decode(tag, body).map(Some)
    }

    fn decode(tag: u8, mut body: Bytes) -> Result<Self, BadMessage> {
        match (tag, body.len()) {
            (FRAME, _) => Ok(Self::Frame(body)),
            (PING, 13) => Ok(Self::Ping(Ping {
                number: body.get_u8(),
                clock: Timestamp::from_micros(body.get_u64_le()),
                held_micros: Some(body.get_u32_le()).filter(|held| *held != NOT_HELD),
            })),
            (PONG, 9) => Ok(Self::Pong(Pong {
                number: body.get_u8(),
                clock: Timestamp::from_micros(body.get_u64_le()),
            })),
            (HELLO, _) => Hello::from_wire(body).map(Self::Hello),
            (WELCOME, 0) => Ok(Self::Welcome),
            (CHALLENGE, 16) => instance(&body).map(Self::Challenge),
            (CLAIM, _) => Claim::from_wire(body).map(Self::Claim),
            (GOODBYE, 1) => {
                let reason = Goodbye::ALL.get(usize::from(body[0]));
                let reason = reason.copied().unwrap_or(Goodbye::Unknown);
                Ok(Self::Goodbye(reason))
            }
            (FRAME..=GOODBYE, _) => Err(BadMessage::Malformed("length")),
            (tag, _) => Ok(Self::Unknown { tag }),
        }
    }
}

impl Hello {
    fn to_wire(&self) -> wire::Hello {
        let (lowest, highest) = (self.versions.lowest(), self.versions.highest());
        wire::Hello {
            wire_version: lowest.number(),
            purpose: self.purpose.number(),
            context: self.context.as_bytes().to_vec(),
            peer: self.peer,
            instance: self.instance.0.to_vec(),
            software: self.software.clone(),
            highest_version: (highest > lowest).then_some(highest.number()),
        }
    }

    fn from_wire(body: Bytes) -> Result<Self, BadMessage> {
        let malformed = BadMessage::Malformed("hello");
        let hello = wire::Hello::decode(body).map_err(|_| malformed)?;
        let highest = hello.highest_version.unwrap_or(hello.wire_version);
        let versions = Versions::between(hello.wire_version, highest).ok_or(malformed)?;
        if Versions::OURS.common(versions).is_none() {
            // Nothing else of it may mean what it means here.
            return Err(BadMessage::WireVersion { theirs: versions });
        }
        let printable = hello.software.bytes().all(|b| (0x20..0x7f).contains(&b));
        if hello.software.len() > MAX_SOFTWARE || !printable {
            return Err(BadMessage::Malformed("software version in the hello"));
        }
        Ok(Self {
            versions,
            purpose: Purpose::of(hello.purpose).ok_or(malformed)?,
            context: Root::try_from(hello.context.as_slice()).map_err(|_| malformed)?,
            peer: hello.peer,
            instance: instance(&hello.instance)?,
            software: hello.software,
        })
    }
}

impl Claim {
    fn to_wire(self) -> wire::Claim {
        wire::Claim {
            mine: self.mine.0.to_vec(),
            other: self.other.0.to_vec(),
            signature: self.signature.0.to_vec(),
        }
    }

    fn from_wire(body: Bytes) -> Result<Self, BadMessage> {
        let malformed = BadMessage::Malformed("claim");
        let claim = wire::Claim::decode(body).map_err(|_| malformed)?;
        let signature = claim.signature.as_slice().try_into();
        Ok(Self {
            mine: instance(&claim.mine)?,
            other: instance(&claim.other)?,
            signature: IdentitySignature(signature.map_err(|_| malformed)?),
        })
    }
}

/// Writes length and tag of a message whose body of `body` bytes follows.
fn head(out: &mut BytesMut, tag: u8, body: usize) -> &mut BytesMut {
    encode_varint(body as u64 + 1, out);
    out.put_u8(tag);
    out
}

fn protobuf(out: &mut BytesMut, tag: u8, message: &impl prost::Message) {
    let out = head(out, tag, message.encoded_len());
    message
        .encode(out)
        .expect("a growing buffer has room for every message");
}

/// Reads the length at the start of `arrived`: its value and how many bytes it takes.
fn length(arrived: &[u8]) -> Result<Option<(usize, usize)>, BadMessage> {
    let mut value = 0;
    for (place, byte) in arrived.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return match value {
                0 => Err(BadMessage::Malformed("length")),
                length => Ok(Some((length, place + 1))),
            };
        }
    }
    if arrived.len() < 4 {
        Ok(None)
    } else {
        Err(BadMessage::Malformed("length"))
    }
}

fn instance(bytes: &[u8]) -> Result<Instance, BadMessage> {
    bytes
        .try_into()
        .map(Instance)
        .map_err(|_| BadMessage::Malformed("instance"))
}

#[cfg(test)]
mod tests;
