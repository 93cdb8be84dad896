//! What curve work adds up to: operations by kind, [`counted`] and never timed.
//!
//! The core has no clock, so it counts; a shell that has one times a [`Sample`] on its machine and
//! multiplies.

use std::hint::black_box;

use blst::{blst_p1_affine, blst_p2_affine};

use super::curve::{
    G1, G2, SHORT_WEIGHT_BYTES, decode_g1, decompress_g2, encode_g1, encode_g2, is_in_g2,
    pairings_match, weighted_g1, weighted_g2,
};
use super::scalar::Scalar;

pub use super::count::{Operation, Tally, counted};

/// Points in a sample's weighted sums.
const POINTS: usize = 32;

/// Nothing hashed under this tag means anything.
const TAG: &[u8] = b"gantry/sample/1";

/// Made-up input to try operations on.
pub struct Sample {
    secret: Scalar,
    hash: G2,
    key: [u8; 48],
    signature: [u8; 96],
    keys: Vec<blst_p1_affine>,
    signatures: Vec<blst_p2_affine>,
    weights: Vec<u8>,
}

impl Default for Sample {
    /// Thirty-two different points of each group.
    fn default() -> Self {
        let secret = Scalar::from_wide(&[0xa5; 64]);
        let hash = G2::hash(&[0xa5; 32], TAG);
        let generator = G1::generator_times(&secret);
        let numbers = 1..=POINTS as u64;
        let keys = numbers.clone().map(|i| generator.times_small(i).affine());
        let signatures = numbers.map(|i| hash.times_secret(&Scalar::from_u64(i)).affine());
        let keys: Vec<_> = keys.flatten().collect();
        let signatures: Vec<_> = signatures.flatten().collect();
        Self {
            key: encode_g1(&keys[0]),
            signature: encode_g2(&signatures[0]),
            weights: (0..POINTS * SHORT_WEIGHT_BYTES)
                .map(|i| (i * 151 + 7) as u8)
                .collect(),
            secret,
            hash,
            keys,
            signatures,
        }
    }
}

impl Sample {
    /// Does `operation` a few times, in less than a millisecond, and answers how often.
    pub fn perform(&self, operation: Operation) -> u32 {
        let (key, signature) = (&self.keys[..1], &self.signatures[..1]);
        let repeat = |times: u32, work: &dyn Fn()| {
            (0..times).for_each(|_| work());
            times
        };
        match operation {
            Operation::Hash => repeat(4, &|| {
                black_box(G2::hash(black_box(&[0x5a; 32]), TAG).affine());
            }),
            Operation::Key => repeat(8, &|| {
                black_box(G1::generator_times(black_box(&self.secret)).affine());
            }),
            Operation::Multiple => repeat(4, &|| {
                black_box(black_box(&self.hash).times_secret(&self.secret).affine());
            }),
            Operation::DecodeKey => repeat(16, &|| {
                black_box(decode_g1(black_box(&self.key)));
            }),
            Operation::Decompress => repeat(16, &|| {
                black_box(decompress_g2(black_box(&self.signature)));
            }),
            Operation::Check => repeat(16, &|| {
                black_box(is_in_g2(black_box(&signature[0])));
            }),
            Operation::Addition => repeat(256, &|| {
                black_box(black_box(&self.hash).plus_affine(&signature[0]));
            }),
            Operation::WeightedKey => {
                black_box(weighted_g1(black_box(&self.keys), &self.weights).affine());
                POINTS as u32
            }
            Operation::WeightedSignature => {
                black_box(weighted_g2(black_box(&self.signatures), &self.weights).affine());
                POINTS as u32
            }
            Operation::Verification => {
                black_box(pairings_match(key, black_box(signature), &signature[0]));
                1
            }
        }
    }
}

#[cfg(test)]
mod tests;
