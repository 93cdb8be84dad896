//! Frames of any bytes.

use proptest::prelude::*;

use super::*;

#[test]
fn frames_survive_the_wire() {
    let lock = Root::from([3; 32]);
    for frame in [
        Frame::Ceremony(vec![1, 2, 3]),
        Frame::Lock(lock, vec![IdentitySignature([4; 64]); 4]),
        Frame::Partials(lock, vec![[5; 96].into(); 2]),
        Frame::Deposits(lock, Vec::new()),
        Frame::Leaving,
        Frame::Remembered(vec![vec![1, 2], vec![3]]),
    ] {
        let bytes = frame.encode();
        assert!(bytes.len() <= max_frame(ClusterSize::of(4).unwrap(), 3, 2));
        assert_eq!(Frame::decode(&bytes), Ok(frame));
    }
}

#[test]
fn half_a_signature_is_refused() {
    let said = wire::Signatures {
        lock: vec![0; 32],
        signatures: vec![0; 97],
    };
    let frame = wire::Frame {
        body: Some(wire::frame::Body::Partials(said)),
    };
    let refused = Frame::decode(&frame.encode_to_vec());
    assert_eq!(refused, Err(BadFrame::Length("signatures")));
}

#[test]
fn a_frame_of_a_later_version_is_told_from_bytes_that_are_none() {
    let later = [0x9a, 0x06, 2, 7, 7]; // Field 99, of two bytes.
    assert_eq!(Frame::decode(&later), Err(BadFrame::Unknown));
    assert_eq!(Frame::decode(&[]), Err(BadFrame::Empty));
    let torn = Frame::decode(&later[..4]);
    assert!(matches!(torn, Err(BadFrame::Undecodable(_))), "{torn:?}");
}

proptest! {
    #[test]
    fn decoding_is_total(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Frame::decode(&bytes).ok();
    }
}
