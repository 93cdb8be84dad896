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
mod tests {
    use proto::ClusterSize;

    use super::*;
    use crate::bls::{Commitments, SecretShare};

    fn point(seed: u8) -> PublicPoint {
        SecretShare::from_bytes(&[seed; 32]).unwrap().public()
    }

    /// What a ceremony gives one validator: t coefficients make the keys.
    fn shared(size: ClusterSize, degree: usize, seed: u8) -> SharedKey {
        let coefficients = (0..=degree).map(|at| point(seed + at as u8)).collect();
        let commitments = Commitments::new(coefficients).unwrap();
        SharedKey {
            group: commitments.group_key(),
            shares: size
                .all()
                .map(|peer| commitments.share_key(peer.into()).unwrap())
                .collect(),
        }
    }

    #[test]
    fn what_a_ceremony_makes_is_accepted_for_every_size() {
        for n in 3..=13 {
            let size = ClusterSize::of(n).unwrap();
            let t = size.threshold();
            let good: Vec<_> = (1..4).map(|seed| shared(size, t - 1, 20 * seed)).collect();
            assert!(lie_on_polynomials(t, &good), "n = {n}");
        }
    }

    #[test]
    fn any_one_key_of_another_polynomial_is_found_for_every_size() {
        for n in 3..=13 {
            let size = ClusterSize::of(n).unwrap();
            let t = size.threshold();
            let good: Vec<_> = (1..4).map(|seed| shared(size, t - 1, 20 * seed)).collect();
            for (which, x) in (0..3).flat_map(|which| (0..=n).map(move |x| (which, x))) {
                let mut bad = good.clone();
                match x.checked_sub(1) {
                    None => bad[which].group = point(99),
                    Some(share) => bad[which].shares[share] = point(99),
                }
                assert!(!lie_on_polynomials(t, &bad), "n = {n}, x = {x}");
            }
        }
    }

    #[test]
    fn a_higher_degree_would_need_more_shares_and_is_refused() {
        for n in 3..=13 {
            let size = ClusterSize::of(n).unwrap();
            let t = size.threshold();
            assert!(!lie_on_polynomials(t, &[shared(size, t, 20)]), "n = {n}");
            assert!(lie_on_polynomials(t, &[shared(size, t - 2, 20)]), "n = {n}");
        }
    }

    #[test]
    fn mistakes_that_cancel_each_other_are_found() {
        let size = ClusterSize::of(4).unwrap();
        let (a, b) = (shared(size, 2, 20), shared(size, 2, 40));
        let (mut one, mut other) = (a.clone(), b.clone());
        (one.shares[0], other.shares[0]) = (b.shares[0], a.shares[0]);
        assert!(!lie_on_polynomials(3, &[one, other]));
    }

    #[test]
    fn a_share_that_is_in_the_place_of_another_is_found() {
        let size = ClusterSize::of(4).unwrap();
        let mut swapped = shared(size, 2, 20);
        swapped.shares.swap(1, 2);
        assert!(!lie_on_polynomials(3, &[swapped]));
    }
}
