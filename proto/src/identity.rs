//! Who said it: identity keys, signed statements, and statements whose signature was checked.
//!
//! Every operator has one ed25519 identity key. A [`Statement`] turns itself into a preimage that
//! names its purpose and its context (the lock or definition hash), so a signature made for one
//! purpose is worth nothing for another. Only [`Signed::verify`] and [`Identity::sign`] make a
//! [`Verified`], so an unauthenticated statement cannot reach a tally.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{ClusterSize, PeerIndex};

/// An operator's public identity key: ed25519, 32 bytes, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentityKey(VerifyingKey);

/// A text or byte string is not an ed25519 public key that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an identity key: expected 64 hex digits as printed by `gantry identity new`")]
pub struct BadIdentityKey;

impl IdentityKey {
    /// Reads a key and refuses weak ones (points of small order, for which anybody can sign).
    ///
    /// # Errors
    /// If the bytes are not a point of the curve or the point is weak.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadIdentityKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadIdentityKey)?;
        if key.is_weak() {
            Err(BadIdentityKey)
        } else {
            Ok(Self(key))
        }
    }

    /// The key's 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether `signature` is this key's signature of `statement`.
    pub fn has_signed<T: Statement>(&self, statement: &T, signature: &IdentitySignature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&digest(statement), &signature).is_ok()
    }
}

impl fmt::Display for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for IdentityKey {
    type Err = BadIdentityKey;

    fn from_str(text: &str) -> Result<Self, BadIdentityKey> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| BadIdentityKey)?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for IdentityKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IdentityKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// An ed25519 signature, 64 bytes, not yet verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentitySignature(pub [u8; 64]);

impl fmt::Debug for IdentitySignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for IdentitySignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for IdentitySignature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(|_| D::Error::custom("expected 128 hex digits of an identity signature"))?;
        Ok(Self(bytes))
    }
}

/// Something an identity key may sign.
pub trait Statement {
    /// Names the purpose, for example `gantry/vote/1`; no two kinds of statement share one.
    const PURPOSE: &'static str;

    /// Feeds everything the statement says, its context included, to `write`. Two different
    /// statements must never feed the same bytes: fields have fixed lengths or carry them.
    fn feed(&self, write: &mut dyn FnMut(&[u8]));

    /// What [`feed`](Self::feed) gives, in one piece.
    fn preimage(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.feed(&mut |part| bytes.extend_from_slice(part));
        bytes
    }
}

/// What is signed: SHA-256 over the length and text of the purpose, then the statement.
fn digest<T: Statement>(statement: &T) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((T::PURPOSE.len() as u64).to_le_bytes());
    hash.update(T::PURPOSE.as_bytes());
    statement.feed(&mut |bytes| hash.update(bytes));
    hash.finalize().into()
}

/// This peer's secret identity key. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Identity(SigningKey);

impl Identity {
    /// The identity of this 32-byte ed25519 seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed. Secret: for the key file and the transport only.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public key.
    pub fn public(&self) -> IdentityKey {
        IdentityKey(self.0.verifying_key())
    }

    /// Signs `statement` without saying as which peer: before a roster exists.
    pub fn sign_bare<T: Statement>(&self, statement: &T) -> IdentitySignature {
        IdentitySignature(self.0.sign(&digest(statement)).to_bytes())
    }

    /// Signs `statement` as `signer`, which must be this key's place in the roster.
    pub fn sign<T: Statement>(&self, signer: PeerIndex, statement: T) -> Verified<T> {
        let signature = self.sign_bare(&statement);
        Verified(Signed {
            statement,
            signer,
            signature,
        })
    }
}

impl fmt::Debug for Identity {
    /// Prints the public key only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public())
    }
}

/// The identity keys of a cluster, in the order of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    size: ClusterSize,
    keys: Vec<IdentityKey>,
}

impl Roster {
    /// The roster of `keys` in the order of the definition.
    ///
    /// # Errors
    /// If there are not 3 to 13 keys. (That no key occurs twice is the definition's rule.)
    pub fn new(keys: Vec<IdentityKey>) -> Result<Self, crate::BadClusterSize> {
        Ok(Self {
            size: ClusterSize::of(keys.len())?,
            keys,
        })
    }

    /// How many peers there are, and the quorums of that number.
    pub fn size(&self) -> ClusterSize {
        self.size
    }

    /// The identity key of `peer`.
    pub fn key(&self, peer: PeerIndex) -> &IdentityKey {
        &self.keys[peer.position()]
    }

    /// The peer that holds `key`, if any.
    pub fn find(&self, key: &IdentityKey) -> Option<PeerIndex> {
        self.keys
            .iter()
            .position(|k| k == key)
            .and_then(|position| self.size.peer(position))
    }
}

/// A statement as it arrives: somebody claims that `signer` signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// What is said.
    pub statement: T,
    /// Who is claimed to say it.
    pub signer: PeerIndex,
    /// The claim's proof.
    pub signature: IdentitySignature,
}

impl<T: Statement> Signed<T> {
    /// Checks the signature against the roster.
    ///
    /// # Errors
    /// If `signer` did not sign this statement.
    pub fn verify(self, roster: &Roster) -> Result<Verified<T>, BadSignature> {
        self.check(roster)?;
        Ok(Verified(self))
    }

    /// Checks the signature against the roster, for who wants no more than to know.
    ///
    /// # Errors
    /// If `signer` did not sign this statement.
    pub fn check(&self, roster: &Roster) -> Result<(), BadSignature> {
        let key = roster.key(self.signer);
        if key.has_signed(&self.statement, &self.signature) {
            Ok(())
        } else {
            Err(BadSignature {
                signer: self.signer,
            })
        }
    }
}

/// The identity signature of a statement is not its claimed signer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the identity signature is not that of {signer}")]
pub struct BadSignature {
    /// Who was claimed to have signed.
    pub signer: PeerIndex,
}

/// A statement that its signer has really signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(Signed<T>);

impl<T> Verified<T> {
    /// The signed form, to be sent on.
    pub fn into_signed(self) -> Signed<T> {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = Signed<T>;

    fn deref(&self) -> &Signed<T> {
        &self.0
    }
}

#[cfg(test)]
mod tests;
