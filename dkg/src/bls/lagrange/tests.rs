//! Any threshold combines to one signature, and what is no partial gives none.

use proto::{ClusterSize, Root, SignatureBytes};

use super::*;
use crate::bls::{Message, SecretShare};

#[test]
fn coefficients_of_known_subsets() {
    assert_eq!(coefficients(&[1, 2, 3]), (vec![3, -3, 1], 1));
    assert_eq!(coefficients(&[1, 2, 4]), (vec![8, -6, 1], 3));
    assert_eq!(coefficients(&[2, 3, 4]), (vec![6, -8, 3], 1));
}

#[test]
fn coefficients_stay_small_for_every_subset_of_13() {
    for bits in 1u32..1 << 13 {
        let xs: Vec<i128> = (1..=13).filter(|x| bits >> (x - 1) & 1 == 1).collect();
        let (numerators, denominator) = coefficients(&xs);
        assert_eq!(numerators.iter().sum::<i128>(), i128::from(denominator));
        assert!(numerators.iter().all(|c| c.unsigned_abs() < 1 << 40));
    }
}

#[test]
fn repeated_and_missing_shares_are_refused() {
    let size = ClusterSize::of(4).unwrap();
    let index = ShareIndex::from(size.peer(2).unwrap());
    let partial = SecretShare::from_bytes(&[1; 32])
        .unwrap()
        .sign(&Message::hash(Root::ZERO));
    assert_eq!(combine(&[]), Err(CannotCombine::Nothing));
    assert_eq!(
        combine(&[(index, partial), (index, partial)]),
        Err(CannotCombine::Repeated(index))
    );
    assert_eq!(combine(&[(index, partial)]), Ok(partial));
}

/// A point of the curve outside the group: x = (k, 0) for the first k that gives one.
fn strange_point() -> UncheckedSignature {
    let mut candidates = (1..=255).map(|k| {
        let mut bytes = [0; 96];
        (bytes[0], bytes[95]) = (0x80, k);
        SignatureBytes::from(bytes)
    });
    let outside = |bytes: &SignatureBytes| SignaturePoint::from_bytes(bytes).is_err();
    candidates
        .find_map(|bytes| {
            let point = UncheckedSignature::from_bytes(&bytes).ok()?;
            outside(&bytes).then_some(point)
        })
        .unwrap()
}

#[test]
fn a_partial_outside_the_group_never_gives_a_signature_outside_it() {
    let size = ClusterSize::of(4).unwrap();
    let message = Message::hash(Root::ZERO);
    let share = |i: u8| SecretShare::from_bytes(&[i; 32]).unwrap().sign(&message);
    let good: Vec<_> = size
        .all()
        .zip(1..=3)
        .map(|(peer, i)| (ShareIndex::from(peer), share(i)))
        .collect();
    let mut partials: Vec<_> = good
        .iter()
        .map(|(i, s)| (*i, UncheckedSignature(s.0)))
        .collect();
    assert_eq!(combine_unchecked(&partials), combine(&good));
    let strange = strange_point();
    let shifted = |point: &blst_p2_affine, times: u32| {
        let mut sum = G2::default().plus_affine(point);
        (0..times).for_each(|_| sum = sum.plus_affine(&strange.0));
        UncheckedSignature(sum.affine().unwrap())
    };
    partials[0].1 = shifted(&good[0].1.0, 1);
    assert_eq!(
        combine_unchecked(&partials),
        Err(CannotCombine::OutsideGroup)
    );
    // Coefficients 3, -3, 1: what two peers add cancels out; the signature is the right one.
    partials[1].1 = shifted(&good[1].1.0, 1);
    assert_eq!(combine_unchecked(&partials), combine(&good));
}

#[test]
fn partials_that_cancel_out_are_an_error() {
    let size = ClusterSize::of(4).unwrap();
    let message = Message::hash(Root::ZERO);
    let indices: Vec<_> = size.all().take(2).map(ShareIndex::from).collect();
    let one = SecretShare::from_bytes(&[1; 32]).unwrap().sign(&message);
    // Coefficients 2 and -1.
    let twice = SignaturePoint(
        G2::default()
            .plus_affine(&one.0)
            .doubled()
            .affine()
            .unwrap(),
    );
    let partials = [(indices[0], one), (indices[1], twice)];
    assert_eq!(combine(&partials), Err(CannotCombine::Infinity));
}
