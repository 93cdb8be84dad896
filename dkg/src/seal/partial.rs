//! One partial signature, sealed to the seal key for pre-signed exits.
//!
//! It is threshold encryption as `threshold_crypto` has it (Baek and Zheng 2003): u = rG, the text
//! hidden by a stream that derives from r times the seal key, and w = rH(u, hidden text), which
//! proves that whoever made it knows r. That alone says nothing of what it is for: a peer could
//! pass off another's sealed partial as its own of another validator's exit, and have it opened
//! when the operators approve of that. So what it is for, the *label*, is hashed as well: the
//! hidden text goes on with it, in plain, since what hides to it is chosen so. What was sealed for
//! one label is no sealed partial for another.
//!
//! The one-time secret r derives from the share and the label, so nothing random is needed, and a
//! peer that has lost everything but its share seals the very same bytes: of two that differ one is
//! a lie. Who knows the share could sign anyway, so r gives nothing away that the share does not.
//!
//! Never here: who may open it.

use hkdf::Hkdf;
use proto::exit::SealedText;
use proto::{PeerIndex, PeerSet, PublicKey, Root, SignatureBytes};
use rand_chacha::ChaChaRng;
use rand_chacha::rand_core::SeedableRng as _;
use sha2::Sha256;
use threshold_crypto::{Ciphertext, DecryptionShare, PublicKeySet, SecretKeyShare};

use crate::bls::{Message, PublicPoint, SecretShare};

/// Bytes of a point of G1, of a signature in G2, and of a label.
const POINT: usize = 48;
const SIGNATURE: usize = 96;
const LABEL: usize = 32;

/// A sealed partial signature that was made for the label that it was read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPartial(Ciphertext);

impl SealedPartial {
    /// Signs `message` with `share`, and gives the signature only sealed.
    pub fn seal(
        key: &PublicKeySet,
        share: &SecretShare,
        message: &Message,
        label: Root,
    ) -> SealedText {
        let seed = one_time_seed(share, label);
        let encrypt = |text: &[u8]| {
            let mut generator = ChaChaRng::from_seed(seed);
            key.public_key().encrypt_with_rng(&mut generator, text)
        };
        // Zeroes encrypt to the stream itself; nobody sees this.
        let (_, stream, _) = parts(&encrypt(&[0; SIGNATURE + LABEL]));
        let mut text = share.sign(message).to_bytes().as_bytes().to_vec();
        let of_label = stream[SIGNATURE..].iter().zip(label.as_bytes());
        text.extend(of_label.map(|(hidden, plain)| hidden ^ plain));
        let (u, v, w) = parts(&encrypt(&text));
        debug_assert_eq!(&v[SIGNATURE..], label.as_bytes());
        let mut bytes = [0; SealedText::LENGTH];
        bytes[..POINT].copy_from_slice(&u);
        bytes[POINT..POINT + SIGNATURE].copy_from_slice(&v[..SIGNATURE]);
        bytes[POINT + SIGNATURE..].copy_from_slice(&w);
        SealedText(bytes)
    }

    /// Reads what was sealed for `label`; none if it was not, or is nothing sealed. Takes some
    /// milliseconds.
    pub fn read(text: &SealedText, label: Root) -> Option<Self> {
        let (u, rest) = text.0.split_at(POINT);
        let (v, w) = rest.split_at(SIGNATURE);
        // Infinity would be a text that everybody can read.
        PublicPoint::from_bytes(&PublicKey::try_from(u).ok()?).ok()?;
        let mut v = v.to_vec();
        v.extend(label.as_bytes());
        let parts = serde_json::json!([u, v, w]);
        let sealed: Ciphertext = serde_json::from_value(parts).ok()?;
        sealed.verify().then_some(Self(sealed))
    }

    /// The part of the key to it that `share` gives.
    pub fn decryption_share(&self, share: &SecretKeyShare) -> PublicKey {
        // It was verified when it was read.
        let share = share.decrypt_share_no_verify(&self.0);
        let bytes = serde_json::to_value(share).and_then(serde_json::from_value::<Vec<u8>>);
        let bytes = bytes.expect("a point is a list of bytes");
        PublicKey::try_from(bytes.as_slice()).expect("a point of G1 has 48 bytes")
    }

    /// Whether `share` is the part of the key that `peer` alone can give.
    pub fn is_of(&self, key: &PublicKeySet, peer: PeerIndex, share: &PublicKey) -> bool {
        let own = key.public_key_share(peer.position());
        decoded(share).is_some_and(|share| own.verify_decryption_share(&share, &self.0))
    }

    /// What was sealed, by parts of the key that were verified; none if they are too few. It may be
    /// no signature, if its sealer has lied.
    pub fn unseal(
        &self,
        key: &PublicKeySet,
        shares: &[(PeerIndex, PublicKey)],
    ) -> Option<SignatureBytes> {
        // Two of one peer would give something else, and no error.
        let peers: PeerSet = shares.iter().map(|(peer, _)| *peer).collect();
        if peers.len() < shares.len() {
            return None;
        }
        let decoded =
            |(peer, share): &(PeerIndex, PublicKey)| Some((peer.position(), decoded(share)?));
        let shares: Option<Vec<_>> = shares.iter().map(decoded).collect();
        let shares = shares?;
        let borrowed = shares.iter().map(|(peer, share)| (*peer, share));
        let text = key.decrypt(borrowed, &self.0).ok()?;
        SignatureBytes::try_from(text.get(..SIGNATURE)?).ok()
    }
}

/// The three parts as bytes: a point, the text, a point.
fn parts(sealed: &Ciphertext) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let parts = serde_json::to_value(sealed).and_then(serde_json::from_value);
    parts.expect("a ciphertext is three lists of bytes")
}

fn decoded(share: &PublicKey) -> Option<DecryptionShare> {
    PublicPoint::from_bytes(share).ok()?;
    serde_json::from_value(serde_json::json!(share.as_bytes().as_slice())).ok()
}

/// What the one-time secret of this share and label derives from.
fn one_time_seed(share: &SecretShare, label: Root) -> [u8; 32] {
    let mut seed = [0; 32];
    Hkdf::<Sha256>::new(Some(b"gantry/sealed-exit/1"), share.to_bytes().as_ref())
        .expand(label.as_bytes(), &mut seed)
        .expect("32 bytes are within what HKDF gives");
    seed
}

#[cfg(test)]
mod tests;
