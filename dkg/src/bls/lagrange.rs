//! Combining partial signatures: Lagrange interpolation at 0 with integer-scaled coefficients.
//!
//! The coefficient of share j among the set S is the product over m in S, m != j, of
//! x_m / (x_m - x_j). All x are small integers, so every coefficient is c_j / D with a common
//! denominator D and integers c_j of at most a few dozen bits. The c_j multiples share their
//! doublings, and only if D > 1 does one full multiplication, by 1/D modulo r, follow. Signatures
//! are public: variable time is fine here, and no secret may ever be interpolated with this.

use blst::blst_p2_affine;
use proto::ShareIndex;
use thiserror::Error;

use super::curve::{G2, is_in_g2, opposite};
use super::points::{SignaturePoint, UncheckedSignature};
use super::scalar::Scalar;

/// Partial signatures that do not interpolate to one signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CannotCombine {
    /// There are none.
    #[error("no partial signature to combine: wait for the threshold")]
    Nothing,
    /// One peer's share is there twice.
    #[error("two partial signatures of the share at x = {}: keep one of each peer", .0.x())]
    Repeated(ShareIndex),
    /// The partials cancel out, so at least one of them is no signature of its share.
    #[error("the partial signatures cancel out: verify each one under its share's key")]
    Infinity,
    /// The partials combine to a point outside the group, so at least one of them lies outside.
    #[error("a partial signature lies outside the group: verify each one under its share's key")]
    OutsideGroup,
}

/// The signature that `partials` interpolate to: the group's, if there are at least t of them and
/// each is its share's signature of the same message. Verify the result under the group key.
///
/// # Errors
/// If there are none, if an index is repeated, or if the result is infinity.
pub fn combine(partials: &[(ShareIndex, SignaturePoint)]) -> Result<SignaturePoint, CannotCombine> {
    let partials: Vec<_> = partials.iter().map(|(i, s)| (*i, s.0)).collect();
    interpolate(&partials).map(SignaturePoint)
}

/// As [`combine`], of partials that may lie outside the group: one check of the result instead of
/// one of each partial.
///
/// Why that is as safe. The result is a point of the group, or an error, whatever the partials
/// are: the check (on the curve, in the group) is made on the very point that is returned. If it
/// then verifies under the group key it is the group's signature, because in the group of prime
/// order only one point satisfies the pairing equation. So partials outside the group whose strange
/// parts cancel out change nothing, and those whose parts do not are noticed here. And if all
/// partials are their shares' signatures the result passes: whenever it does not, checking and
/// verifying each partial by itself ([`SignaturePoint::from_bytes`], [`super::verify`]) finds at
/// least one that is bad.
///
/// # Errors
/// As [`combine`], or [`CannotCombine::OutsideGroup`].
pub fn combine_unchecked(
    partials: &[(ShareIndex, UncheckedSignature)],
) -> Result<SignaturePoint, CannotCombine> {
    let partials: Vec<_> = partials.iter().map(|(i, s)| (*i, s.0)).collect();
    let point = interpolate(&partials)?;
    if is_in_g2(&point) {
        Ok(SignaturePoint(point))
    } else {
        Err(CannotCombine::OutsideGroup)
    }
}

/// The point that `partials`, points of the curve, interpolate to.
fn interpolate(partials: &[(ShareIndex, blst_p2_affine)]) -> Result<blst_p2_affine, CannotCombine> {
    if partials.is_empty() {
        return Err(CannotCombine::Nothing);
    }
    let xs: Vec<i128> = partials.iter().map(|(i, _)| i128::from(i.x())).collect();
    for (later, (index, _)) in partials.iter().enumerate() {
        if partials[..later].iter().any(|(i, _)| i == index) {
            return Err(CannotCombine::Repeated(*index));
        }
    }
    let (numerators, denominator) = coefficients(&xs);
    let points: Vec<blst_p2_affine> = partials
        .iter()
        .zip(&numerators)
        .map(|((_, point), c)| signed(point, *c))
        .collect();
    let mut sum = sum_of_multiples(&points, &numerators);
    if denominator > 1 {
        let divisor = Scalar::from_u64(denominator);
        sum = sum.times_secret(&divisor.inverse());
    }
    sum.affine().ok_or(CannotCombine::Infinity)
}

/// The c_j and D of the module doc for pairwise different `xs` between 1 and 13.
fn coefficients(xs: &[i128]) -> (Vec<i128>, u64) {
    let fractions: Vec<(i128, i128)> = xs
        .iter()
        .map(|own| {
            let others = xs.iter().filter(|x| *x != own);
            let (top, bottom) =
                others.fold((1, 1), |(top, bottom), x| (top * x, bottom * (x - own)));
            let common = gcd(top, bottom) * bottom.signum();
            (top / common, bottom / common)
        })
        .collect();
    let denominator = fractions
        .iter()
        .fold(1, |all, (_, bottom)| all / gcd(all, *bottom) * bottom);
    let numerators = fractions
        .iter()
        .map(|(top, bottom)| top * (denominator / bottom))
        .collect();
    let denominator = u64::try_from(denominator).expect("it divides 12! for at most 13 shares");
    (numerators, denominator)
}

/// The greatest common divisor, positive.
fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

/// The point with the sign of `multiple`.
fn signed(point: &blst_p2_affine, multiple: i128) -> blst_p2_affine {
    if multiple >= 0 {
        *point
    } else {
        opposite(point)
    }
}

/// The sum of the points, each taken |multiple| times, with shared doublings.
fn sum_of_multiples(points: &[blst_p2_affine], multiples: &[i128]) -> G2 {
    let most = multiples.iter().map(|c| c.unsigned_abs()).max();
    let bits = u128::BITS - most.unwrap_or(0).leading_zeros();
    let mut sum = G2::default();
    for bit in (0..bits).rev() {
        sum = sum.doubled();
        for (point, multiple) in points.iter().zip(multiples) {
            if multiple.unsigned_abs() >> bit & 1 == 1 {
                sum = sum.plus_affine(point);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests;
