//! Frames of any bytes, whole and damaged.

use super::*;

fn header() -> Header {
    Header {
        version: PLAIN,
        generation: 7,
        capacity: 1 << 20,
        cluster: [1; 32],
        identity: [2; 32],
        previous: [3; 32],
    }
}

#[test]
fn a_header_is_read_as_it_was_written_and_not_with_any_bit_changed() {
    let block = header().encode();
    assert_eq!(Header::decode(&block), Ok(header()));
    for bit in 0..(HEADER_BODY + 4) * 8 {
        let mut flipped = block;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Header::decode(&flipped).is_err(), "bit {bit}");
    }
    assert_eq!(Header::decode(&block[..100]), Err(BadHeader::Unreadable));
}

#[test]
fn a_frame_is_read_as_it_was_written_and_not_with_any_bit_changed() {
    let (bytes, chain) = encode_frame(&[9; 32], FrameKind::Records, b"payload");
    assert_eq!(bytes.len(), BLOCK);
    let frame = frame_at(&bytes, 0).unwrap();
    assert_eq!((frame.chain, frame.payload), (chain, &b"payload"[..]));
    for bit in 0..(FRAME_HEAD + 7) * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(frame_at(&flipped, 0), None, "bit {bit}");
    }
    assert_eq!(frame_at(&bytes[..FRAME_HEAD + 6], 0), None);
}
