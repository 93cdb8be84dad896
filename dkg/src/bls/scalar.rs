//! Numbers modulo the group order r of BLS12-381: secrets, shares, coefficients.
//!
//! Arithmetic is blst's, which runs in constant time. A [`Scalar`] is wiped when dropped and is
//! never printed. Source: draft-irtf-cfrg-bls-signature-05 for r and the key encoding.
#![allow(unsafe_code)]

use blst::{blst_fr, blst_scalar};
use zeroize::{Zeroize, Zeroizing};

/// A number modulo r. May be a secret, so it has no `Debug` and no `PartialEq`.
#[derive(Clone, Default)]
pub(crate) struct Scalar(blst_fr);

impl Drop for Scalar {
    fn drop(&mut self) {
        self.0.l.zeroize();
    }
}

impl Scalar {
    /// The small number `n`.
    pub(crate) fn from_u64(n: u64) -> Self {
        let limbs = [n, 0, 0, 0];
        let mut out = Self::default();
        // SAFETY: blst reads four limbs and writes one field element.
        unsafe { blst::blst_fr_from_uint64(&mut out.0, limbs.as_ptr()) };
        out
    }

    /// The 64 bytes as a number modulo r: uniform to 2^-256 if they are.
    pub(crate) fn from_wide(bytes: &[u8; 64]) -> Self {
        let mut raw = blst_scalar::default();
        // SAFETY: blst reads the given number of bytes and writes one scalar. It reports zero,
        // which needs no care here.
        unsafe { blst::blst_scalar_from_be_bytes(&mut raw, bytes.as_ptr(), bytes.len()) };
        Self::from_raw(&raw)
    }

    /// Reads 32 bytes, big-endian; `None` unless the number is below r.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let mut raw = blst_scalar::default();
        // SAFETY: blst reads 32 bytes and writes one scalar; the check reads it.
        let below_r = unsafe {
            blst::blst_scalar_from_bendian(&mut raw, bytes.as_ptr());
            blst::blst_scalar_fr_check(&raw)
        };
        below_r.then(|| Self::from_raw(&raw))
    }

    /// The number as 32 bytes, big-endian, wiped when dropped.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let raw = self.to_raw();
        let mut bytes = Zeroizing::new([0; 32]);
        // SAFETY: blst reads one scalar and writes 32 bytes.
        unsafe { blst::blst_bendian_from_scalar(bytes.as_mut_ptr(), &raw) };
        bytes
    }

    /// The number as blst's multiplications take it; wiped when dropped.
    pub(crate) fn to_raw(&self) -> blst_scalar {
        let mut raw = blst_scalar::default();
        // SAFETY: blst reads one field element and writes one scalar.
        unsafe { blst::blst_scalar_from_fr(&mut raw, &self.0) };
        raw
    }

    /// The number that `raw`, which must be below r, holds.
    pub(crate) fn from_raw(raw: &blst_scalar) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads one scalar and writes one field element.
        unsafe { blst::blst_fr_from_scalar(&mut out.0, raw) };
        out
    }

    /// The sum.
    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads two field elements and writes one.
        unsafe { blst::blst_fr_add(&mut out.0, &self.0, &other.0) };
        out
    }

    /// The product.
    #[must_use]
    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads two field elements and writes one.
        unsafe { blst::blst_fr_mul(&mut out.0, &self.0, &other.0) };
        out
    }

    /// The inverse of a public number other than zero; variable time.
    #[must_use]
    pub(crate) fn inverse(&self) -> Self {
        let mut out = Self::default();
        // SAFETY: blst reads one field element and writes one.
        unsafe { blst::blst_fr_eucl_inverse(&mut out.0, &self.0) };
        out
    }

    /// Whether the number is zero; looks at every limb.
    pub(crate) fn is_zero(&self) -> bool {
        self.0.l.iter().fold(0, |bits, limb| bits | limb) == 0
    }
}

#[cfg(test)]
mod tests;
