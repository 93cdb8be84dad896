//! Every key of another polynomial is found, and what a ceremony makes is accepted.

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
