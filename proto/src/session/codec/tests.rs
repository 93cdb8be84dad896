//! Messages of a session come back from their bytes, in whatever pieces they arrive.

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
    for (highest_version, theirs) in [(None, (90, 90)), (Some(92), (90, 92))] {
        let mut message = BytesMut::new();
        let hello = wire::Hello {
            wire_version: 90,
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
