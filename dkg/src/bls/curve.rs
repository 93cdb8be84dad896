//! Points of G1 (keys, commitments) and G2 (messages, signatures), and sums of their multiples.
//!
//! A thin layer over blst's C functions: nothing here decides anything. Secret multiples run in
//! constant time ([`G1::generator_times`], [`G2::times_secret`]); everything else is for public
//! values only.
#![allow(unsafe_code)]

use blst::{
    BLST_ERROR, MultiPoint as _, blst_fp12, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine,
};

use super::count::{Operation, count};
use super::scalar::Scalar;

/// Bytes of a random weight of a batch check: a false batch passes with probability 2^-128.
pub(crate) const WEIGHT_BYTES: usize = 16;

/// Bytes of a weight where a false batch does no harm that lasts: it passes once in 2^64 tries.
pub(crate) const SHORT_WEIGHT_BYTES: usize = 8;

/// A point of G1 in projective form; may be infinity.
#[derive(Clone, Copy, Default)]
pub(crate) struct G1(blst_p1);

impl G1 {
    /// The point of `affine`.
    pub(crate) fn of(affine: &blst_p1_affine) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads one point and writes one.
        unsafe { blst::blst_p1_from_affine(&mut out.0, affine) };
        out
    }

    /// The generator taken `secret` times, in constant time.
    pub(crate) fn generator_times(secret: &Scalar) -> Self {
        count(Operation::Key, 1);
        let raw = secret.to_raw();
        let mut out = Self::default();
        // SAFETY: blst reads one scalar and writes one point.
        unsafe { blst::blst_sk_to_pk_in_g1(&mut out.0, &raw) };
        out
    }

    /// The sum.
    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads two points and writes one.
        unsafe { blst::blst_p1_add_or_double(&mut out.0, &self.0, &other.0) };
        out
    }

    /// The sum with a point in affine form.
    #[must_use]
    pub(crate) fn plus_affine(&self, other: &blst_p1_affine) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads two points and writes one.
        unsafe { blst::blst_p1_add_or_double_affine(&mut out.0, &self.0, other) };
        out
    }

    /// This point taken `n` times, by doubling and adding; variable time, for small public `n`.
    #[must_use]
    pub(crate) fn times_small(&self, n: u64) -> Self {
        let mut out = Self::default();
        for bit in (0..u64::BITS - n.leading_zeros()).rev() {
            out = out.plus(&out);
            if n >> bit & 1 == 1 {
                out = out.plus(self);
            }
        }
        out
    }

    /// Whether this is the neutral element.
    pub(crate) fn is_infinity(&self) -> bool {
        // SAFETY: blst reads one point.
        unsafe { blst::blst_p1_is_inf(&self.0) }
    }

    /// The affine form, unless this is infinity.
    pub(crate) fn affine(&self) -> Option<blst_p1_affine> {
        let mut out = blst_p1_affine::default();
        (!self.is_infinity()).then(|| {
            // SAFETY: blst reads one point and writes one.
            unsafe { blst::blst_p1_to_affine(&mut out, &self.0) };
            out
        })
    }
}

impl PartialEq for G1 {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// The affine forms of many points with one inversion, unless one of them is infinity.
pub(crate) fn affine_all(points: &[G1]) -> Option<Vec<blst_p1_affine>> {
    if points.is_empty() {
        return Some(Vec::new());
    }
    if points.iter().any(G1::is_infinity) {
        return None;
    }
    let raw: Vec<blst_p1> = points.iter().map(|p| p.0).collect();
    Some(blst::p1_affines::from(&raw).as_slice().to_vec())
}

/// The sum of `points`, each taken as often as its weight says: [`WEIGHT_BYTES`] for each point, or
/// [`SHORT_WEIGHT_BYTES`], little-endian.
pub(crate) fn weighted_g1(points: &[blst_p1_affine], weights: &[u8]) -> G1 {
    if points.is_empty() {
        return G1::default();
    }
    let bytes = weight_bytes(points.len(), weights);
    count(
        Operation::WeightedKey,
        (weights.len() / SHORT_WEIGHT_BYTES) as u64,
    );
    G1(points.mult(weights, 8 * bytes))
}

fn weight_bytes(points: usize, weights: &[u8]) -> usize {
    let bytes = weights.len() / points;
    assert!(
        bytes * points == weights.len() && [WEIGHT_BYTES, SHORT_WEIGHT_BYTES].contains(&bytes),
        "one weight each"
    );
    bytes
}

/// The sum of `points`, each taken as often as its scalar says; the scalars are public.
pub(crate) fn scaled_g1(points: &[blst_p1_affine], scalars: &[Scalar]) -> G1 {
    assert_eq!(points.len(), scalars.len(), "one scalar each");
    if points.is_empty() {
        return G1::default();
    }
    let bytes: Vec<u8> = scalars.iter().flat_map(|s| s.to_raw().b).collect();
    G1(points.mult(&bytes, 255))
}

/// The 48 bytes of a point of G1 other than infinity, decoded and checked to be in the group.
pub(crate) fn decode_g1(bytes: &[u8; 48]) -> Option<blst_p1_affine> {
    count(Operation::DecodeKey, 1);
    let mut point = blst_p1_affine::default();
    // SAFETY: blst reads 48 bytes and writes one point, which the checks read.
    let valid = unsafe {
        blst::blst_p1_uncompress(&mut point, bytes.as_ptr()) == BLST_ERROR::BLST_SUCCESS
            && !blst::blst_p1_affine_is_inf(&point)
            && blst::blst_p1_affine_in_g1(&point)
    };
    valid.then_some(point)
}

/// The 48-byte compressed form.
pub(crate) fn encode_g1(point: &blst_p1_affine) -> [u8; 48] {
    let mut bytes = [0; 48];
    // SAFETY: blst reads one point and writes 48 bytes.
    unsafe { blst::blst_p1_affine_compress(bytes.as_mut_ptr(), point) };
    bytes
}

/// A point of G2 in projective form; may be infinity.
#[derive(Clone, Copy, Default)]
pub(crate) struct G2(blst_p2);

impl G2 {
    /// Hashes `message` to G2 under the domain separation tag `tag` (RFC 9380).
    pub(crate) fn hash(message: &[u8], tag: &[u8]) -> Self {
        count(Operation::Hash, 1);
        let mut out = Self::default();
        // SAFETY: blst reads the given number of bytes of each slice and writes one point; an
        // empty augmentation is never read.
        unsafe {
            blst::blst_hash_to_g2(
                &mut out.0,
                message.as_ptr(),
                message.len(),
                tag.as_ptr(),
                tag.len(),
                std::ptr::null(),
                0,
            );
        }
        out
    }

    /// This point taken `secret` times, in constant time.
    #[must_use]
    pub(crate) fn times_secret(&self, secret: &Scalar) -> Self {
        count(Operation::Multiple, 1);
        let raw = secret.to_raw();
        let mut out = Self::default();
        // SAFETY: blst reads one point and one scalar and writes one point.
        unsafe { blst::blst_sign_pk_in_g1(&mut out.0, &self.0, &raw) };
        out
    }

    /// Twice this point.
    #[must_use]
    pub(crate) fn doubled(&self) -> Self {
        count(Operation::Addition, 1);
        let mut out = Self::default();
        // SAFETY: blst reads one point and writes one.
        unsafe { blst::blst_p2_double(&mut out.0, &self.0) };
        out
    }

    /// The sum with a point in affine form.
    #[must_use]
    pub(crate) fn plus_affine(&self, other: &blst_p2_affine) -> Self {
        count(Operation::Addition, 1);
        let mut out = Self::default();
        // SAFETY: blst reads two points and writes one.
        unsafe { blst::blst_p2_add_or_double_affine(&mut out.0, &self.0, other) };
        out
    }

    /// Whether this is the neutral element.
    pub(crate) fn is_infinity(&self) -> bool {
        // SAFETY: blst reads one point.
        unsafe { blst::blst_p2_is_inf(&self.0) }
    }

    /// The affine form, unless this is infinity.
    pub(crate) fn affine(&self) -> Option<blst_p2_affine> {
        let mut out = blst_p2_affine::default();
        (!self.is_infinity()).then(|| {
            // SAFETY: blst reads one point and writes one.
            unsafe { blst::blst_p2_to_affine(&mut out, &self.0) };
            out
        })
    }
}

/// As [`weighted_g1`].
pub(crate) fn weighted_g2(points: &[blst_p2_affine], weights: &[u8]) -> G2 {
    if points.is_empty() {
        return G2::default();
    }
    let bytes = weight_bytes(points.len(), weights);
    count(
        Operation::WeightedSignature,
        (weights.len() / SHORT_WEIGHT_BYTES) as u64,
    );
    G2(points.mult(weights, 8 * bytes))
}

/// The same point with the other sign.
pub(crate) fn opposite(point: &blst_p2_affine) -> blst_p2_affine {
    let mut out = *point;
    // SAFETY: blst reads one coordinate and writes one.
    unsafe { blst::blst_fp2_cneg(&mut out.y, &point.y, true) };
    out
}

/// The 96 bytes of a point of the curve of G2 other than infinity, decoded. It may lie outside the
/// group: see [`is_in_g2`].
pub(crate) fn decompress_g2(bytes: &[u8; 96]) -> Option<blst_p2_affine> {
    count(Operation::Decompress, 1);
    let mut point = blst_p2_affine::default();
    // SAFETY: blst reads 96 bytes and writes one point, which the check reads.
    let valid = unsafe {
        blst::blst_p2_uncompress(&mut point, bytes.as_ptr()) == BLST_ERROR::BLST_SUCCESS
            && !blst::blst_p2_affine_is_inf(&point)
    };
    valid.then_some(point)
}

/// Whether a point lies on the curve and in the group G2.
pub(crate) fn is_in_g2(point: &blst_p2_affine) -> bool {
    count(Operation::Check, 1);
    // SAFETY: blst reads one point.
    unsafe { blst::blst_p2_affine_on_curve(point) && blst::blst_p2_affine_in_g2(point) }
}

/// The 96 bytes of a point of G2 other than infinity, decoded and checked to be in the group.
pub(crate) fn decode_g2(bytes: &[u8; 96]) -> Option<blst_p2_affine> {
    decompress_g2(bytes).filter(is_in_g2)
}

/// The 96-byte compressed form.
pub(crate) fn encode_g2(point: &blst_p2_affine) -> [u8; 96] {
    let mut bytes = [0; 96];
    // SAFETY: blst reads one point and writes 96 bytes.
    unsafe { blst::blst_p2_affine_compress(bytes.as_mut_ptr(), point) };
    bytes
}

/// Whether the product of the pairings of `keys` with the messages equals that of the generator
/// with `signature`: one Miller loop over all pairs, one final exponentiation.
pub(crate) fn pairings_match(
    keys: &[blst_p1_affine],
    messages: &[blst_p2_affine],
    signature: &blst_p2_affine,
) -> bool {
    count(Operation::Verification, 1);
    let mut g1 = keys.to_vec();
    // SAFETY: blst returns a pointer to a constant of its own.
    g1.push(unsafe { *blst::blst_p1_affine_generator() });
    let mut g2 = messages.to_vec();
    g2.push(opposite(signature));
    blst_fp12::miller_loop_n(&g2, &g1).final_exp() == blst_fp12::default()
}
