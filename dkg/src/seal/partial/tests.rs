//! What is sealed opens with enough parts of the key, for what it was sealed, and never otherwise.

use proto::ClusterSize;

use super::*;
use crate::bls::verify;
use crate::seal::{exit_set, secret_share};

fn secret(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

fn size() -> ClusterSize {
    ClusterSize::of(4).unwrap()
}

/// The seal key 7 + 3x.
fn key() -> PublicKeySet {
    exit_set(size(), &[7, 3].map(|of| secret(of).public().to_bytes())).unwrap()
}

/// The share of it that the peer at this place holds.
fn key_share(peer: u8) -> SecretKeyShare {
    secret_share(&secret(7 + 3 * (peer + 1)))
}

fn peer(at: u8) -> PeerIndex {
    size().peer(at.into()).unwrap()
}

fn message() -> Message {
    Message::hash([9; 32].into())
}

fn label(of: u8) -> Root {
    [of; 32].into()
}

fn sealed() -> SealedText {
    SealedPartial::seal(&key(), &secret(5), &message(), label(1))
}

/// The parts of the key that these peers give.
fn parts(sealed: &SealedPartial, peers: &[u8]) -> Vec<(PeerIndex, PublicKey)> {
    let part = |at: &u8| (peer(*at), sealed.decryption_share(&key_share(*at)));
    peers.iter().map(part).collect()
}

#[test]
fn any_two_of_four_open_what_is_sealed_and_one_does_not() {
    let sealed = SealedPartial::read(&sealed(), label(1)).unwrap();
    for pair in [[0, 1], [1, 3], [3, 0]] {
        let opened = sealed.unseal(&key(), &parts(&sealed, &pair)).unwrap();
        assert_eq!(opened, secret(5).sign(&message()).to_bytes());
        let point = crate::bls::SignaturePoint::from_bytes(&opened).unwrap();
        assert!(verify(&secret(5).public(), &message(), &point));
    }
    assert_eq!(sealed.unseal(&key(), &parts(&sealed, &[2])), None);
    assert_eq!(sealed.unseal(&key(), &parts(&sealed, &[2, 2])), None);
}

#[test]
fn what_was_sealed_for_one_thing_is_not_sealed_for_another() {
    assert_eq!(SealedPartial::read(&sealed(), label(2)), None);
}

#[test]
fn a_text_that_was_changed_anywhere_is_none() {
    for at in [0, 47, 48, 100, 143, 144, 239] {
        let mut changed = sealed();
        changed.0[at] ^= 1;
        assert_eq!(SealedPartial::read(&changed, label(1)), None, "byte {at}");
    }
    assert_eq!(SealedPartial::read(&SealedText([0; 240]), label(1)), None);
    // Infinity twice is well-formed, and hides nothing.
    let mut open = SealedText([0; 240]);
    (open.0[0], open.0[144]) = (0xc0, 0xc0);
    assert_eq!(SealedPartial::read(&open, label(1)), None);
}

#[test]
fn sealed_again_it_is_the_same_and_for_another_thing_it_is_not() {
    assert_eq!(sealed(), sealed());
    let other = SealedPartial::seal(&key(), &secret(5), &message(), label(2));
    assert_ne!(sealed().0[..48], other.0[..48]);
    assert_ne!(sealed().0[48..144], other.0[48..144]);
}

#[test]
fn a_part_of_the_key_is_that_of_its_peer_and_of_this_text() {
    let sealed = SealedPartial::read(&sealed(), label(1)).unwrap();
    let other = SealedPartial::seal(&key(), &secret(6), &message(), label(1));
    let other = SealedPartial::read(&other, label(1)).unwrap();
    let part = sealed.decryption_share(&key_share(1));
    assert!(sealed.is_of(&key(), peer(1), &part));
    assert!(!sealed.is_of(&key(), peer(2), &part));
    assert!(!other.is_of(&key(), peer(1), &part));
    assert!(!sealed.is_of(&key(), peer(1), &PublicKey::from([0; 48])));
}
