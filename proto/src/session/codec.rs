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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_FRAME: usize = 1000;

    fn samples() -> Vec<Message> {
        let mine = Instance([1; 16]);
        vec![
            Message::Hello(Hello {
                versions: Versions::OURS,
                purpose: Purpose::Ceremony,
                context: Root::from([7; 32]),
                peer: 12,
                instance: mine,
                software: "x".repeat(MAX_SOFTWARE),
            }),
            Message::Welcome,
            Message::Ping(Ping {
                number: 255,
                clock: Timestamp::from_micros(u64::MAX),
                held_micros: Some(5),
            }),
            Message::Ping(Ping {
                number: 0,
                clock: Timestamp::from_micros(0),
                held_micros: None,
            }),
            Message::Pong(Pong {
                number: 3,
                clock: Timestamp::from_micros(9),
            }),
            Message::Challenge(mine),
            Message::Claim(Claim {
                mine,
                other: Instance([2; 16]),
                signature: IdentitySignature([3; 64]),
            }),
            Message::Goodbye(Goodbye::SecondSession),
            Message::Goodbye(Goodbye::Unknown),
            Message::Unknown { tag: 200 },
            Message::Frame(Bytes::from(vec![5; MAX_FRAME])),
            Message::Frame(Bytes::new()),
        ]
    }

    fn bytes_of(message: &Message) -> BytesMut {
        let mut out = BytesMut::new();
        message.encode(&mut out);
        out
    }

    #[test]
    fn every_message_comes_back_although_it_arrives_byte_by_byte() {
        let mut stream = BytesMut::new();
        samples().iter().for_each(|m| m.encode(&mut stream));
        let (mut arrived, mut taken) = (BytesMut::new(), Vec::new());
        for byte in stream {
            arrived.put_u8(byte);
            taken.extend(Message::take(&mut arrived, MAX_FRAME).unwrap());
        }
        assert_eq!(taken, samples());
    }

    #[test]
    fn pings_stay_small() {
        let sizes: Vec<usize> = samples()[2..5].iter().map(|m| bytes_of(m).len()).collect();
        assert_eq!(sizes, [15, 15, 11]);
    }

    #[test]
    fn a_length_over_the_bound_is_refused_before_its_bytes_arrive() {
        let long = bytes_of(&Message::Frame(Bytes::from(vec![0; MAX_FRAME + 1])));
        let mut start = BytesMut::from(&long[..2]);
        assert!(matches!(
            Message::take(&mut start, MAX_FRAME),
            Err(BadMessage::TooLong { .. })
        ));
        let mut control = BytesMut::from(&[0x81, 0x04, HELLO][..]);
        assert!(matches!(
            Message::take(&mut control, MAX_FRAME),
            Err(BadMessage::TooLong { length: 513, .. })
        ));
    }

    #[test]
    fn a_hello_of_other_wire_versions_is_named_whatever_else_it_holds() {
        for (highest_version, theirs) in [(None, (9, 9)), (Some(11), (9, 11))] {
            let mut message = BytesMut::new();
            let hello = wire::Hello {
                wire_version: 9,
                purpose: 77,
                highest_version,
                ..wire::Hello::default()
            };
            protobuf(&mut message, HELLO, &hello);
            let theirs = Versions::between(theirs.0, theirs.1).unwrap();
            assert_eq!(
                Message::take(&mut message, MAX_FRAME),
                Err(BadMessage::WireVersion { theirs })
            );
        }
    }

    /// The programs of version 1 refuse a hello whose first field is not 1, and know no range.
    #[test]
    fn the_range_in_a_hello_is_one_that_the_first_version_can_read() {
        let ours = |versions| Hello {
            versions,
            purpose: Purpose::Duties,
            context: Root::ZERO,
            peer: 1,
            instance: Instance([1; 16]),
            software: String::new(),
        };
        assert_eq!(ours(Versions::OURS).to_wire().wire_version, 1);
        let old = ours(Versions::between(1, 1).unwrap());
        assert_eq!(old.to_wire().highest_version, None);
        let taken = Message::take(&mut bytes_of(&Message::Hello(old.clone())), MAX_FRAME);
        assert_eq!(taken, Ok(Some(Message::Hello(old))));
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over_and_what_is_malformed_is_not() {
        let raw = |tag, body: &[u8]| {
            let mut raw = BytesMut::new();
            head(&mut raw, tag, body.len()).put_slice(body);
            Message::take(&mut raw, MAX_FRAME)
        };
        assert_eq!(raw(8, &[1, 2, 3]), Ok(Some(Message::Unknown { tag: 8 })));
        let unknown = Message::Goodbye(Goodbye::Unknown);
        assert_eq!(raw(GOODBYE, &[100]), Ok(Some(unknown)));
        assert!(raw(8, &[0; MAX_CONTROL + 1]).is_err());
        assert!(raw(WELCOME, &[1]).is_err() && raw(GOODBYE, &[]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(bytes: Vec<u8>, tag in 0..9u8) {
            let mut raw = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = Message::take(&mut raw, MAX_FRAME) {}
            let mut tagged = BytesMut::new();
            head(&mut tagged, tag, bytes.len()).put_slice(&bytes);
            while let Ok(Some(message)) = Message::take(&mut tagged, MAX_FRAME) {
                let again = Message::take(&mut bytes_of(&message), MAX_FRAME);
                prop_assert_eq!(again, Ok(Some(message)));
            }
        }
    }
}
