//! Secret polynomials, the commitments that bind a dealer to them, and proofs of knowledge.
//!
//! Feldman (1987): a dealer publishes the coefficients in the exponent, so every receiver can
//! check its value, and everybody can compute every share's public key. The proof of knowledge of
//! the constant term is Schnorr's, bound to a context (Komlo and Goldberg, FROST, figure 1, round
//! 1 step 2): without it the last dealer could choose its constant to cancel the others'.

use blst::blst_p1_affine;
use proto::ShareIndex;
use zeroize::Zeroizing;

use super::curve::{G1, affine_all};
use super::points::PublicPoint;
use super::scalar::Scalar;

/// A secret polynomial modulo r, constant term first.
pub(crate) struct Polynomial(Vec<Scalar>);

impl Polynomial {
    /// The polynomial of these coefficients, constant term first.
    pub(crate) fn new(coefficients: Vec<Scalar>) -> Self {
        assert!(!coefficients.is_empty(), "a polynomial has a constant term");
        Self(coefficients)
    }

    /// Its value at a share's x-coordinate, by Horner's rule.
    pub(crate) fn at(&self, index: ShareIndex) -> Scalar {
        let x = Scalar::from_u64(index.x());
        let coefficients = self.0.iter().rev();
        coefficients.fold(Scalar::default(), |sum, c| sum.times(&x).plus(c))
    }

    /// Its constant term: the secret.
    pub(crate) fn constant(&self) -> &Scalar {
        &self.0[0]
    }

    /// The coefficients in the exponent.
    pub(crate) fn commit(&self) -> Vec<G1> {
        self.0.iter().map(G1::generator_times).collect()
    }
}

/// The coefficients of a secret polynomial in the exponent: the key it makes (constant term) and
/// every share's public key follow from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitments(Vec<PublicPoint>);

impl Commitments {
    /// The commitments in `points`, constant term first; `None` if there are none.
    pub fn new(points: Vec<PublicPoint>) -> Option<Self> {
        (!points.is_empty()).then_some(Self(points))
    }

    /// The points, constant term first; as many as the threshold.
    pub fn points(&self) -> &[PublicPoint] {
        &self.0
    }

    /// The public key of the secret itself.
    pub fn group_key(&self) -> PublicPoint {
        self.0[0]
    }

    /// The public key of the share at `index`; `None` if it is infinity, which no dealer of a
    /// checked ceremony can bring about.
    pub fn share_key(&self, index: ShareIndex) -> Option<PublicPoint> {
        self.evaluate(index).affine().map(PublicPoint)
    }

    /// The value in the exponent at `index`, by Horner's rule; variable time, all is public.
    pub(crate) fn evaluate(&self, index: ShareIndex) -> G1 {
        let coefficients = self.0.iter().rev();
        coefficients.fold(G1::default(), |sum, c| {
            sum.times_small(index.x()).plus_affine(&c.0)
        })
    }

    /// The commitments to the sum of polynomials: those of the joint key from every dealer's.
    /// `None` if they differ in degree or a sum is infinity.
    pub fn sum<'a>(dealers: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut dealers = dealers.into_iter();
        let mut sums: Vec<G1> = dealers.next()?.0.iter().map(|c| G1::of(&c.0)).collect();
        for dealer in dealers {
            if dealer.0.len() != sums.len() {
                return None;
            }
            for (sum, c) in sums.iter_mut().zip(&dealer.0) {
                *sum = sum.plus_affine(&c.0);
            }
        }
        let points: Vec<blst_p1_affine> = affine_all(&sums)?;
        Some(Self(points.into_iter().map(PublicPoint).collect()))
    }
}

/// Schnorr's proof of knowledge of a discrete logarithm, non-interactive.
pub(crate) mod proof {
    use sha2::{Digest as _, Sha512};

    use super::{G1, PublicPoint, Scalar, Zeroizing};

    /// The challenge for `key` and the nonce's point in `context`, which must name dealer, session
    /// and position.
    pub(crate) fn challenge(context: &[u8], key: &PublicPoint, nonce: &PublicPoint) -> Scalar {
        let hash = Sha512::new_with_prefix(b"gantry/proof-of-knowledge/1")
            .chain_update((context.len() as u64).to_le_bytes())
            .chain_update(context)
            .chain_update(key.to_bytes().as_bytes())
            .chain_update(nonce.to_bytes().as_bytes());
        Scalar::from_wide(&hash.finalize().into())
    }

    /// The answer that proves knowledge of `secret`; `nonce` must be secret, uniform and never
    /// used for another challenge.
    pub(crate) fn answer(secret: &Scalar, nonce: &Scalar, challenge: &Scalar) -> Scalar {
        nonce.plus(&secret.times(challenge))
    }

    /// The point of a nonce, and the secret number from 64 uniform bytes.
    pub(crate) fn nonce(uniform: &Zeroizing<[u8; 64]>) -> (Scalar, G1) {
        let secret = Scalar::from_wide(uniform);
        let point = G1::generator_times(&secret);
        (secret, point)
    }
}
