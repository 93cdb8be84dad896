//! No bytes but those of a valid point or share are one.

use proptest::prelude::*;

use super::*;

#[test]
fn infinity_zero_and_numbers_above_the_order_are_refused() {
    let mut key = [0; 48];
    key[0] = 0xc0;
    assert_eq!(
        PublicPoint::from_bytes(&key.into()),
        Err(BadPoint::PublicKey)
    );
    let mut signature = [0; 96];
    signature[0] = 0xc0;
    assert_eq!(
        SignaturePoint::from_bytes(&signature.into()),
        Err(BadPoint::Signature)
    );
    assert_eq!(
        SecretShare::from_bytes(&[0; 32]).unwrap_err(),
        BadPoint::Secret
    );
    assert_eq!(
        SecretShare::from_bytes(&[0xff; 32]).unwrap_err(),
        BadPoint::Secret
    );
}

#[test]
fn a_point_of_the_curve_outside_the_group_is_refused() {
    // x = 4 is on the curve of G1; its point has not order r.
    let mut key = [0; 48];
    (key[0], key[47]) = (0x80, 4);
    assert!(blst::min_pk::PublicKey::from_bytes(&key).is_ok());
    assert_eq!(
        PublicPoint::from_bytes(&key.into()),
        Err(BadPoint::PublicKey)
    );
}

#[test]
fn keys_and_signatures_are_those_of_blsts_own_interface() {
    let secret = [7; 32];
    let theirs = blst::min_pk::SecretKey::from_bytes(&secret).unwrap();
    let ours = SecretShare::from_bytes(&secret).unwrap();
    assert_eq!(*ours.to_bytes(), secret);
    assert_eq!(
        ours.public().to_bytes().as_bytes(),
        &theirs.sk_to_pk().to_bytes()
    );
    let root = Root::from([3; 32]);
    assert_eq!(
        ours.sign(&Message::hash(root)).to_bytes().as_bytes(),
        &theirs.sign(root.as_bytes(), ETHEREUM_TAG, &[]).to_bytes()
    );
}

#[test]
fn a_ceremony_proof_is_never_a_chain_signature() {
    let root = Root::from([3; 32]);
    assert_ne!(Message::hash(root), Message::ceremony_proof(root));
}

proptest! {
    #[test]
    fn decoding_is_total_and_canonical(
        bytes in proptest::collection::vec(any::<u8>(), 96),
        flags in prop::sample::select(vec![0x80u8, 0xa0, 0xc0, 0x00]),
    ) {
        let mut key: [u8; 48] = bytes[..48].try_into().unwrap();
        key[0] = flags | key[0] & 0x1f;
        if let Ok(point) = PublicPoint::from_bytes(&key.into()) {
            prop_assert_eq!(point.to_bytes(), PublicKey::from(key));
        }
        let mut signature: [u8; 96] = bytes.try_into().unwrap();
        signature[0] = flags | signature[0] & 0x1f;
        if let Ok(point) = SignaturePoint::from_bytes(&signature.into()) {
            prop_assert_eq!(point.to_bytes(), SignatureBytes::from(signature));
        }
    }
}
