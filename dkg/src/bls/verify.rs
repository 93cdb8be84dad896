//! Verifying signatures: one, many of one message, many of many messages.
//!
//! Batches use random weights (small exponents test of Bellare, Garay and Rabin 1998): all
//! signatures of a batch are valid, or it passes with probability 2^-128, in the votes of one slot
//! 2^-64: a batch is tried once, and all that a false one brings is a vote that the chain refuses.
//! The weights are a hash of a secret seed and of every input, so nobody can choose signatures to
//! fit them.

use blst::{blst_p1_affine, blst_p2_affine};
use sha2::{Digest as _, Sha256};

use super::curve::{SHORT_WEIGHT_BYTES, WEIGHT_BYTES, pairings_match, weighted_g1, weighted_g2};
use super::points::{Message, PublicPoint, SignaturePoint};

/// Whether `signature` is that of `message` under `key`.
pub fn verify(key: &PublicPoint, message: &Message, signature: &SignaturePoint) -> bool {
    pairings_match(&[key.0], &[message.affine], &signature.0)
}

/// Whether every signature is that of `message` under its key. `seed` is 32 secret random bytes;
/// the same seed may serve many calls. True for none.
pub fn verify_same_message(
    signatures: &[(PublicPoint, SignaturePoint)],
    message: &Message,
    seed: &[u8; 32],
) -> bool {
    match signatures {
        [] => true,
        [(key, signature)] => verify(key, message, signature),
        many => {
            let (keys, points): (Vec<_>, Vec<_>) = many.iter().map(|(k, s)| (k.0, s.0)).unzip();
            let weights = Weights::of(seed, &keys, &[message.affine], &points);
            let weights = weights.take_short(many.len());
            let key = weighted_g1(&keys, &weights).affine();
            let signature = weighted_g2(&points, &weights).affine();
            key.zip(signature)
                .is_some_and(|(k, s)| pairings_match(&[k], &[message.affine], &s))
        }
    }
}

/// Whether every signature is that of its message under its key; costs one pairing for each
/// different message. `seed` as for [`verify_same_message`]. True for none.
pub fn verify_batch(
    signatures: &[(PublicPoint, Message, SignaturePoint)],
    seed: &[u8; 32],
) -> bool {
    if signatures.is_empty() {
        return true;
    }
    let keys: Vec<blst_p1_affine> = signatures.iter().map(|(k, _, _)| k.0).collect();
    let points: Vec<blst_p2_affine> = signatures.iter().map(|(_, _, s)| s.0).collect();
    let asked: Vec<blst_p2_affine> = signatures.iter().map(|(_, m, _)| m.affine).collect();
    let weights = Weights::of(seed, &keys, &asked, &points).take(signatures.len());

    let mut messages: Vec<blst_p2_affine> = Vec::new();
    let mut groups: Vec<(Vec<blst_p1_affine>, Vec<u8>)> = Vec::new();
    let weighted = keys.iter().zip(weights.chunks_exact(WEIGHT_BYTES));
    for (message, (key, weight)) in asked.iter().zip(weighted) {
        let place = messages.iter().position(|m| m == message);
        let place = place.unwrap_or_else(|| {
            messages.push(*message);
            groups.push(Default::default());
            groups.len() - 1
        });
        groups[place].0.push(*key);
        groups[place].1.extend_from_slice(weight);
    }
    let keys: Option<Vec<blst_p1_affine>> = groups
        .iter()
        .map(|(keys, weights)| weighted_g1(keys, weights).affine())
        .collect();
    let signature = weighted_g2(&points, &weights).affine();
    keys.zip(signature)
        .is_some_and(|(keys, signature)| pairings_match(&keys, &messages, &signature))
}

/// Random weights of a batch check, drawn from a seed and everything that is checked.
pub(crate) struct Weights(Sha256);

impl Weights {
    /// Weights that depend on `seed`.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self(Sha256::new_with_prefix(b"gantry/weights/1").chain_update(seed))
    }

    /// Weights that depend on a seed and on everything that is verified.
    fn of(
        seed: &[u8; 32],
        keys: &[blst_p1_affine],
        messages: &[blst_p2_affine],
        signatures: &[blst_p2_affine],
    ) -> Self {
        let mut weights = Self::new(seed);
        weights.g1(keys);
        weights.g2(messages);
        weights.g2(signatures);
        weights
    }

    /// Makes the weights depend on `bytes`.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Makes the weights depend on points of G1 (their coordinates: cheaper than compressing).
    pub(crate) fn g1(&mut self, points: &[blst_p1_affine]) {
        for limb in points.iter().flat_map(|p| p.x.l.iter().chain(&p.y.l)) {
            self.0.update(limb.to_le_bytes());
        }
        self.0.update((points.len() as u64).to_le_bytes());
    }

    /// Makes the weights depend on points of G2.
    fn g2(&mut self, points: &[blst_p2_affine]) {
        let coordinates = points.iter().flat_map(|p| p.x.fp.iter().chain(&p.y.fp));
        for limb in coordinates.flat_map(|c| c.l) {
            self.0.update(limb.to_le_bytes());
        }
        self.0.update((points.len() as u64).to_le_bytes());
    }

    /// `count` weights of [`WEIGHT_BYTES`] each, one after the other.
    pub(crate) fn take(self, count: usize) -> Vec<u8> {
        self.stretch(count * WEIGHT_BYTES)
    }

    /// `count` weights of [`SHORT_WEIGHT_BYTES`] each.
    fn take_short(self, count: usize) -> Vec<u8> {
        self.stretch(count * SHORT_WEIGHT_BYTES)
    }

    fn stretch(self, bytes: usize) -> Vec<u8> {
        let key = self.0.finalize();
        (0u64..)
            .map(|i| {
                Sha256::new_with_prefix(key)
                    .chain_update(i.to_le_bytes())
                    .finalize()
            })
            .flat_map(<[u8; 32]>::from)
            .take(bytes)
            .collect()
    }
}

#[cfg(test)]
mod tests {
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
}
