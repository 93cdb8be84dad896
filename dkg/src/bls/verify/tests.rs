//! Batches pass if and only if each signature does.

use proto::Root;

use super::*;
use crate::bls::SecretShare;

const SEED: [u8; 32] = [9; 32];

fn signed(key: u8, root: u8) -> (PublicPoint, Message, SignaturePoint) {
    let share = SecretShare::from_bytes(&[key; 32]).unwrap();
    let message = Message::hash(Root::from([root; 32]));
    (share.public(), message, share.sign(&message))
}

#[test]
fn a_batch_of_one_message_fails_with_any_one_bad_signature() {
    for count in [1, 2, 5, 40] {
        let good: Vec<_> = (1..=count).map(|i| signed(i, 1)).collect();
        let message = good[0].1;
        let pairs: Vec<_> = good.iter().map(|(k, _, s)| (*k, *s)).collect();
        assert!(verify_same_message(&pairs, &message, &SEED));
        for bad in [0, pairs.len() - 1] {
            let mut pairs = pairs.clone();
            pairs[bad].1 = signed(99, 1).2;
            assert!(!verify_same_message(&pairs, &message, &SEED));
        }
    }
}

#[test]
fn bad_signatures_that_cancel_each_other_are_caught() {
    let (a, b) = (signed(1, 1), signed(2, 1));
    let swapped = [(a.0, b.2), (b.0, a.2)];
    assert!(!verify_same_message(&swapped, &a.1, &SEED));
    let batch = [(a.0, a.1, b.2), (b.0, b.1, a.2)];
    assert!(!verify_batch(&batch, &SEED));
}

/// Two wrong signatures that make up for each other if these are their weights.
fn fitted(signatures: [SignaturePoint; 2], weights: &[u8]) -> [SignaturePoint; 2] {
    let (first, second) = weights.split_at(weights.len() / 2);
    let mut once = vec![0; first.len()];
    once[0] = 1;
    let shift = signed(77, 7).2.0;
    let shifted = |point: SignaturePoint, by, weight: &[u8]| {
        let sum = weighted_g2(&[point.0, by], &[&once, weight].concat());
        SignaturePoint(sum.affine().unwrap())
    };
    let [a, b] = signatures;
    let back = super::super::curve::opposite(&shift);
    [shifted(a, shift, second), shifted(b, back, first)]
}

#[test]
fn signatures_that_fit_weights_known_before_them_are_caught() {
    let (a, b) = (signed(1, 1), signed(2, 1));
    let (keys, message) = ([a.0.0, b.0.0], a.1);
    // Drawn without the signatures: from the seed, or from nothing secret, or from nothing.
    let guesses = || {
        let messages = [[message.affine].to_vec(), [message.affine; 2].to_vec()];
        let drawn = messages.into_iter().flat_map(|messages| {
            [SEED, [0; 32]].map(|seed| Weights::of(&seed, &keys, &messages, &[]))
        });
        drawn.chain([SEED, [0; 32]].map(|seed| Weights::new(&seed)))
    };
    for guess in guesses() {
        let [one, other] = fitted([a.2, b.2], &guess.take_short(2));
        assert!(!verify_same_message(
            &[(a.0, one), (b.0, other)],
            &message,
            &SEED
        ));
    }
    for guess in guesses() {
        let [one, other] = fitted([a.2, b.2], &guess.take(2));
        let batch = [(a.0, message, one), (b.0, message, other)];
        assert!(!verify_batch(&batch, &SEED));
    }
}

/// If somebody knew them, the signatures would pass: the test above tests something.
#[test]
fn signatures_that_fit_the_weights_add_up_to_what_the_true_ones_do() {
    let (a, b) = (signed(1, 1), signed(2, 1));
    let weights = Weights::new(&SEED).take_short(2);
    let sum = |[a, b]: [SignaturePoint; 2]| weighted_g2(&[a.0, b.0], &weights).affine();
    let fitted = fitted([a.2, b.2], &weights);
    assert_ne!(fitted[0].to_bytes(), a.2.to_bytes());
    let bytes = |sum: Option<blst_p2_affine>| SignaturePoint(sum.unwrap()).to_bytes();
    assert_eq!(bytes(sum(fitted)), bytes(sum([a.2, b.2])));
}

#[test]
fn weights_depend_on_the_seed_and_on_everything_that_is_verified() {
    let (a, b) = (signed(1, 1), signed(2, 2));
    let draw = |seed: u8, key: &PublicPoint, message: &Message, signature: &SignaturePoint| {
        Weights::of(&[seed; 32], &[key.0], &[message.affine], &[signature.0]).take(1)
    };
    let all = [
        draw(1, &a.0, &a.1, &a.2),
        draw(2, &a.0, &a.1, &a.2),
        draw(1, &b.0, &a.1, &a.2),
        draw(1, &a.0, &b.1, &a.2),
        draw(1, &a.0, &a.1, &b.2),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn a_batch_of_many_messages_fails_with_any_one_bad_signature() {
    let good: Vec<_> = (1..=20).map(|i| signed(i, i % 18)).collect();
    assert!(verify_batch(&good, &SEED));
    for bad in 0..good.len() {
        let mut batch = good.clone();
        batch[bad].2 = signed(30, 1).2;
        assert!(!verify_batch(&batch, &SEED));
    }
    assert!(verify_batch(&[], &SEED));
    assert!(verify_same_message(&[], &good[0].1, &SEED));
}

#[test]
fn a_key_with_its_own_opposite_does_not_break_a_batch() {
    let (key, message, signature) = signed(1, 1);
    let mirror = SignaturePoint(super::super::curve::opposite(&signature.0));
    let pairs = [(key, signature), (key, mirror)];
    assert!(!verify_same_message(&pairs, &message, &SEED));
}
