//! Whether a lock's keys are what a ceremony makes: points of the group, and the share keys of each
//! validator on one polynomial with its group key, so that any t shares sign for it.
//!
//! A lock is signed by the operators named in it, so a wrong one is no accident; but it may come
//! from anybody. Who is about to pay to its keys asks here first. A vote needs no such care: a key
//! that fits no share gives no signature.
//!
//! The values of a polynomial of degree below t at 0, 1, …, n are those whose t-th differences
//! vanish. All validators are checked at once: their keys at each x are added up with random
//! weights of 128 bits, and the n + 1 sums must lie on a polynomial too. The weights are hashed
//! from all keys; to find a bad lock that passes takes 2^128 tries. With 1,000 validators of four
//! peers it takes half a second, most of it for decoding the keys.

use proto::PublicKey;
use proto::lock::{Lock, Validator};
use thiserror::Error;

use crate::bls::{BadPoint, G1, PublicPoint, WEIGHT_BYTES, Weights, weighted_g1};

/// The keys of one validator as points.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SharedKey {
    /// The group's key.
    group: PublicPoint,
    /// The public key of each operator's share, in the order of the definition.
    shares: Vec<PublicPoint>,
}

/// Keys that no ceremony makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadKeys {
    /// Bytes that are no key.
    #[error("the lock's key {0} is no point of the group: {1}")]
    Point(PublicKey, #[source] BadPoint),
    /// Share keys that do not fit their group key.
    #[error(
        "the share keys of validator {0} do not fit its key: no ceremony made this lock; copy it \
         from your backup or from another operator, and pay nothing to its keys"
    )]
    Unshared(PublicKey),
}

/// Whether the keys of all validators of `lock` are what a ceremony makes.
///
/// # Errors
/// Names the first key that is no point, or the first validator whose shares do not fit its key.
pub fn check(lock: &Lock) -> Result<(), BadKeys> {
    let keys: Vec<SharedKey> = lock.validators.iter().map(read).collect::<Result<_, _>>()?;
    let threshold = lock.definition.terms().size().threshold();
    if lie_on_polynomials(threshold, &keys) {
        return Ok(());
    }
    let bad = keys
        .iter()
        .position(|one| !lie_on_polynomials(threshold, std::slice::from_ref(one)));
    let at = bad.expect("a sum of polynomials is one, so one of the parts is none");
    Err(BadKeys::Unshared(lock.validators[at].public_key))
}

fn read(validator: &Validator) -> Result<SharedKey, BadKeys> {
    let point = |key| PublicPoint::from_bytes(key).map_err(|error| BadKeys::Point(*key, error));
    Ok(SharedKey {
        group: point(&validator.public_key)?,
        shares: validator
            .share_public_keys
            .iter()
            .map(point)
            .collect::<Result<_, _>>()?,
    })
}

/// Whether group key and share keys of every validator are the values, at 0 and at 1 to n, of a
/// polynomial of degree below `threshold`. All have equally many shares.
fn lie_on_polynomials(threshold: usize, keys: &[SharedKey]) -> bool {
    let peers = keys.first().map_or(0, |one| one.shares.len());
    let columns: Vec<Vec<_>> = (0..=peers)
        .map(|x| keys.iter().map(|one| one.at(x).0).collect())
        .collect();
    let mut weights = Weights::new(&[0; 32]);
    for column in &columns {
        weights.g1(column);
    }
    let weights = weights.take(keys.len());
    assert_eq!(weights.len(), keys.len() * WEIGHT_BYTES, "one weight each");
    let sums: Vec<G1> = columns.iter().map(|c| weighted_g1(c, &weights)).collect();
    sums.windows(threshold + 1).all(difference_vanishes)
}

impl SharedKey {
    /// The value of the polynomial at `x`, from 0 to n.
    fn at(&self, x: usize) -> &PublicPoint {
        match x.checked_sub(1) {
            None => &self.group,
            Some(share) => &self.shares[share],
        }
    }
}

/// Whether the highest difference of these values vanishes: the sum of all, each taken as often as
/// the binomial coefficient says, with alternating signs.
fn difference_vanishes(values: &[G1]) -> bool {
    let order = values.len() as u64 - 1;
    let (mut even, mut odd, mut binomial) = (G1::default(), G1::default(), 1);
    for (value, j) in values.iter().zip(0..) {
        let side = if j % 2 == 0 { &mut even } else { &mut odd };
        *side = side.plus(&value.times_small(binomial));
        binomial = binomial * (order - j) / (j + 1);
    }
    even == odd
}

#[cfg(test)]
mod tests;
