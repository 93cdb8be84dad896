//! Public keys, signatures, messages and shares that cannot be malformed.
//!
//! Source: draft-irtf-cfrg-bls-signature-05, ciphersuite
//! `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`, as the consensus specs use it.

use std::fmt;

use blst::{blst_p1_affine, blst_p2_affine};
use proto::{PublicKey, Root, SignatureBytes};
use thiserror::Error;
use zeroize::Zeroizing;

use super::curve::{self, G1, G2};
use super::scalar::Scalar;

/// Ethereum's domain separation tag for hashing to G2.
const ETHEREUM_TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// The ceremony's own tag: under it a share proves that it works, and nothing signed under it is a
/// signature on any chain.
const CEREMONY_TAG: &[u8] = b"GANTRY_CEREMONY_PROOF_BLS12381G2_XMD:SHA-256_SSWU_RO_1";

/// Bytes that should be a key, a signature or a share and are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadPoint {
    /// The bytes are no point of G1, one outside the group, or infinity.
    #[error("not a BLS public key: refuse whatever carries it")]
    PublicKey,
    /// The bytes are no point of G2, one outside the group, or infinity.
    #[error("not a BLS signature: refuse whatever carries it")]
    Signature,
    /// The number is zero or not below the group order.
    #[error("not a BLS secret key: the key file is damaged or of another kind, restore it")]
    Secret,
}

/// A public key or commitment: a point of G1, in the group, not infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicPoint(pub(crate) blst_p1_affine);

impl PublicPoint {
    /// Decodes and validates a key (the specification's `KeyValidate`).
    ///
    /// # Errors
    /// [`BadPoint::PublicKey`] if it is no point, outside the group, or infinity.
    pub fn from_bytes(key: &PublicKey) -> Result<Self, BadPoint> {
        curve::decode_g1(key.as_bytes())
            .map(Self)
            .ok_or(BadPoint::PublicKey)
    }

    /// The 48-byte compressed form.
    pub fn to_bytes(&self) -> PublicKey {
        curve::encode_g1(&self.0).into()
    }
}

impl fmt::Debug for PublicPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_bytes(), f)
    }
}

/// A signature, partial or whole: a point of G2, in the group, not infinity. Nothing says that it
/// is anybody's signature of anything; [`super::verify`] does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignaturePoint(pub(crate) blst_p2_affine);

impl SignaturePoint {
    /// Decodes a signature and checks that it lies in the group.
    ///
    /// # Errors
    /// [`BadPoint::Signature`] if it is no point, outside the group, or infinity.
    pub fn from_bytes(signature: &SignatureBytes) -> Result<Self, BadPoint> {
        curve::decode_g2(signature.as_bytes())
            .map(Self)
            .ok_or(BadPoint::Signature)
    }

    /// The aggregate of both (`Aggregate` of the draft), unless one undoes the other.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        G2::default()
            .plus_affine(&self.0)
            .plus_affine(&other.0)
            .affine()
            .map(Self)
    }

    /// The 96-byte compressed form.
    pub fn to_bytes(&self) -> SignatureBytes {
        curve::encode_g2(&self.0).into()
    }
}

impl fmt::Debug for SignaturePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_bytes(), f)
    }
}

/// A decoded signature that nobody has checked: a point of the curve, perhaps outside the group,
/// not infinity. [`super::combine_unchecked`] and nothing else takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UncheckedSignature(pub(crate) blst_p2_affine);

impl UncheckedSignature {
    /// Decodes a signature; that it lies in the group is left to check.
    ///
    /// # Errors
    /// [`BadPoint::Signature`] if it is no point of the curve, or infinity.
    pub fn from_bytes(signature: &SignatureBytes) -> Result<Self, BadPoint> {
        curve::decompress_g2(signature.as_bytes())
            .map(Self)
            .ok_or(BadPoint::Signature)
    }
}

impl From<SignaturePoint> for UncheckedSignature {
    fn from(signature: SignaturePoint) -> Self {
        Self(signature.0)
    }
}

/// A message hashed to G2: hash once, sign and verify for as many keys as there are.
#[derive(Clone, Copy)]
pub struct Message {
    pub(crate) point: G2,
    pub(crate) affine: blst_p2_affine,
}

impl Message {
    /// The message of Ethereum's `signing_root`.
    pub fn hash(signing_root: Root) -> Self {
        Self::under(ETHEREUM_TAG, signing_root)
    }

    /// The message by which a share proves in the ceremony of `transcript` that it works.
    pub(crate) fn ceremony_proof(transcript: Root) -> Self {
        Self::under(CEREMONY_TAG, transcript)
    }

    fn under(tag: &[u8], root: Root) -> Self {
        let point = G2::hash(root.as_bytes(), tag);
        let affine = point
            .affine()
            .expect("nobody can find a message that hashes to infinity");
        Self { point, affine }
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.affine == other.affine
    }
}

impl Eq for Message {}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?})", SignaturePoint(self.affine))
    }
}

/// One peer's share of a validator's key, or (in tests and imports) a whole key. Wiped from memory
/// when dropped, never printed.
///
/// Security: only the vault may call [`SecretShare::sign`] on a validator's share; a signature
/// made past its record can be slashed.
#[derive(Clone)]
pub struct SecretShare(Scalar);

impl SecretShare {
    /// Reads 32 bytes, big-endian, as in EIP-2335 keystores.
    ///
    /// # Errors
    /// [`BadPoint::Secret`] if the number is zero or not below the group order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadPoint> {
        Scalar::from_bytes(bytes)
            .and_then(Self::of)
            .ok_or(BadPoint::Secret)
    }

    /// The share of this value, unless that is zero.
    pub(crate) fn of(scalar: Scalar) -> Option<Self> {
        (!scalar.is_zero()).then_some(Self(scalar))
    }

    /// The 32 bytes, big-endian, wiped when dropped. For the keystore only.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.to_bytes()
    }

    /// The share's public key.
    pub fn public(&self) -> PublicPoint {
        let point = G1::generator_times(&self.0).affine();
        PublicPoint(point.expect("a share is not zero modulo the prime order of the group"))
    }

    /// The signature of `message`, in constant time.
    pub fn sign(&self, message: &Message) -> SignaturePoint {
        let point = message.point.times_secret(&self.0).affine();
        SignaturePoint(point.expect("a share is not zero modulo the prime order of the group"))
    }
}

impl fmt::Debug for SecretShare {
    /// Says only that there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretShare(..)")
    }
}

#[cfg(test)]
mod tests;
