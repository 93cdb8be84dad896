//! The wire form keeps every statement, and reads or refuses any bytes.

use proptest::prelude::*;

use super::*;
use crate::Identity;

const CONTEXT: Context = Context {
    terms: Root::ZERO,
    attempt: 3,
};

fn statements() -> Vec<Spoken> {
    let size = ClusterSize::of(4).unwrap();
    let peer = size.peer(2).unwrap();
    let me = Identity::from_seed(&[1; 32]);
    let sealed = SealedShares {
        key: [4; 32],
        ciphertext: vec![5; 48],
    };
    let opening = Opening {
        context: CONTEXT,
        acked: vec![0, 2],
        keys: vec![[7; 32]; 4],
    };
    let bundle = Bundle {
        context: CONTEXT,
        openings: vec![Root::ZERO; 4],
        commitments: vec![1; 144],
        proofs: vec![2; 80],
        shares: vec![sealed; 4],
    };
    let confirm = Confirm {
        context: CONTEXT,
        bundles: vec![Root::ZERO; 4],
        partials: vec![1; 96],
    };
    let complaint = Complaint {
        context: CONTEXT,
        dealer: peer,
        bundle: Root::ZERO,
        secret: [9; 32],
    };
    let ack = Ack {
        context: CONTEXT,
        transcript: Root::ZERO,
        lock: Root::ZERO,
        lock_signature: IdentitySignature([3; 64]),
    };
    let done = Done {
        context: CONTEXT,
        transcript: Root::ZERO,
    };
    vec![
        Spoken::Opening(me.sign(peer, opening).into_signed()),
        Spoken::Bundle(me.sign(peer, bundle).into_signed()),
        Spoken::Confirm(me.sign(peer, confirm).into_signed()),
        Spoken::Complaint(me.sign(peer, complaint).into_signed()),
        Spoken::Ack(me.sign(peer, ack).into_signed()),
        Spoken::Done(me.sign(peer, done).into_signed()),
    ]
}

#[test]
fn every_message_survives_the_wire() {
    let size = ClusterSize::of(4).unwrap();
    for spoken in statements() {
        let frame = Frame::Spoken(spoken.clone());
        assert_eq!(Frame::decode(size, &frame.encode()), Ok(frame));
        assert_eq!(Spoken::decode(size, &spoken.encode()), Ok(spoken));
    }
    let accusation = Frame::Accusation(statements()[..3].to_vec());
    assert_eq!(Frame::decode(size, &accusation.encode()), Ok(accusation));
}

#[test]
fn lists_of_another_cluster_and_long_accusations_are_refused() {
    let seven = ClusterSize::of(7).unwrap();
    let opening = Frame::Spoken(statements()[0].clone()).encode();
    assert_eq!(
        Frame::decode(seven, &opening),
        Err(WireError::Length("a list of peers"))
    );
    let four = ClusterSize::of(4).unwrap();
    let long = Frame::Accusation(statements()[..4].to_vec()).encode();
    assert_eq!(
        Frame::decode(four, &long),
        Err(WireError::Length("the accusation"))
    );
    assert_eq!(Frame::decode(four, &[]), Err(WireError::Empty));
}

proptest! {
    #[test]
    fn decoding_is_total(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Frame::decode(ClusterSize::of(4).unwrap(), &bytes);
    }

    #[test]
    fn decoding_is_total_near_real_messages(
        which in 0usize..6,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let size = ClusterSize::of(4).unwrap();
        let mut bytes = statements()[which].encode();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(frame) = Frame::decode(size, &bytes) {
            prop_assert_eq!(Frame::decode(size, &frame.encode()), Ok(frame));
        }
        bytes.truncate(cut.index(bytes.len()));
        let _ = Frame::decode(size, &bytes);
    }
}
