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
mod tests;
