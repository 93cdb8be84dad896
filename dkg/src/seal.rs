//! The cluster's seal key: a threshold encryption key, made in the same ceremony as the validators'
//! keys and separate from each of them, given as `threshold_crypto`'s types.
//!
//! `threshold_crypto` takes any list of points as a key set: an empty one panics later, infinity is
//! accepted, and the degree is never held against the threshold. So a [`PublicKeySet`] is made here
//! only, from t valid points. Its arithmetic is not constant time; the polynomials are made with
//! [`crate::bls`], and only this key's finished share ever enters it.

use proto::{ClusterSize, PublicKey};
use serde::Deserialize as _;
use serde::de::value::{Error as ValueError, SeqDeserializer};
use thiserror::Error;
use threshold_crypto::poly::Commitment;
use threshold_crypto::{PublicKeySet, SecretKeyShare};

use crate::bls::{BadPoint, PublicPoint, SecretShare};

/// A list of points that is no seal key of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSealKey {
    /// Not as many coefficients as the threshold.
    #[error("the seal key has {found} coefficients, and {expected} are the threshold: refuse it")]
    Degree {
        /// How many there are.
        found: usize,
        /// The threshold.
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
    if commitment.len() != size.threshold() {
        return Err(BadSealKey::Degree {
            found: commitment.len(),
            expected: size.threshold(),
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

/// This peer's share of the seal key.
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
