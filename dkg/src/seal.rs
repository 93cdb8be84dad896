//! The cluster's seal keys: threshold encryption keys, made in the same ceremony as the validators'
//! keys and separate from each of them and of each other, given as `threshold_crypto`'s types. One
//! is opened by t peers; the other, for pre-signed exits, by as many as can halt the cluster.
//!
//! `threshold_crypto` takes any list of points as a key set: an empty one panics later, infinity is
//! accepted, and the degree is never held against the threshold. So a [`PublicKeySet`] is made here
//! only, from as many valid points as shares open it. Its arithmetic is not constant time; the
//! polynomials are made with [`crate::bls`], and only the finished shares of these two keys, and
//! the one-time secrets of what is sealed ([`SealedPartial`]), ever enter it.

mod partial;

pub use partial::SealedPartial;
pub use threshold_crypto::{PublicKeySet, SecretKeyShare};

use proto::{ClusterSize, PublicKey};
use serde::Deserialize as _;
use serde::de::value::{Error as ValueError, SeqDeserializer};
use thiserror::Error;
use threshold_crypto::poly::Commitment;

use crate::bls::{BadPoint, PublicPoint, SecretShare};

/// A list of points that is no seal key of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSealKey {
    /// Not as many coefficients as shares are to open it.
    #[error("the seal key has {found} coefficients, and {expected} shares open it: refuse it")]
    Degree {
        /// How many there are.
        found: usize,
        /// How many shares open it.
        expected: usize,
    },
    /// A coefficient is no point of the group.
    #[error("a coefficient of the seal key is {0}")]
    Point(#[from] BadPoint),
}

/// The public seal key of these coefficients, as the lock holds them, constant term first.
///
/// # Errors
/// If there are not exactly t of them or one is not a valid point.
pub fn public_set(size: ClusterSize, commitment: &[PublicKey]) -> Result<PublicKeySet, BadSealKey> {
    key_set(size.threshold(), commitment)
}

/// The same of the seal key for pre-signed exits, which n - t + 1 peers open.
///
/// # Errors
/// If there are not exactly n - t + 1 coefficients or one is not a valid point.
pub fn exit_set(size: ClusterSize, commitment: &[PublicKey]) -> Result<PublicKeySet, BadSealKey> {
    key_set(size.halting(), commitment)
}

fn key_set(expected: usize, commitment: &[PublicKey]) -> Result<PublicKeySet, BadSealKey> {
    if commitment.len() != expected {
        return Err(BadSealKey::Degree {
            found: commitment.len(),
            expected,
        });
    }
    let mut coefficients = Vec::new();
    for key in commitment {
        PublicPoint::from_bytes(key)?;
        coefficients.push(key.as_bytes().to_vec());
    }
    let fields = SeqDeserializer::<_, ValueError>::new(std::iter::once(coefficients));
    let commitment = Commitment::deserialize(fields)
        .expect("every point was decoded before, and both libraries read the same encoding");
    Ok(PublicKeySet::from(commitment))
}

/// This peer's share of a seal key.
pub fn secret_share(share: &SecretShare) -> SecretKeyShare {
    let bytes = share.to_bytes();
    let limbs = bytes.rchunks_exact(8).map(|limb| {
        u64::from_be_bytes(
            limb.try_into()
                .expect("a chunk of exactly 8 bytes is 8 bytes"),
        )
    });
    SecretKeyShare::deserialize(SeqDeserializer::<_, ValueError>::new(limbs))
        .expect("a share is below the group order, which is the same in both libraries")
}

#[cfg(test)]
mod tests;
