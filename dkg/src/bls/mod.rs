//! BLS signatures over BLS12-381 as Ethereum uses them, and what makes them threshold signatures.
//!
//! Public keys are points of G1 (48 bytes), signatures points of G2 (96 bytes), messages are
//! hashed to G2 under the proof-of-possession tag of draft-irtf-cfrg-bls-signature-05. A share is
//! the value of a secret polynomial of degree t - 1 at x = position + 1 of its peer; partial
//! signatures of t shares interpolate to the group's signature.
//!
//! | file | holds |
//! |---|---|
//! | `scalar`, `curve` | numbers modulo r and points: a thin layer over blst, all the `unsafe` |
//! | `points` | public keys, signatures, messages and shares that cannot be malformed |
//! | `lagrange` | combining partial signatures with integer-scaled coefficients |
//! | `verify` | one signature, many of one message, many of many messages |
//! | `polynomial` | secret polynomials, their commitments, proofs of knowledge |
//! | `count`, [`work`] | how many curve operations of each kind were done, and samples of each |
//!
//! Every type here is a validated one: a [`PublicPoint`] and a [`SignaturePoint`] lie in their
//! group and are not infinity, a [`SecretShare`] is neither zero nor above r. Secrets are handled
//! in constant time and wiped; public values in variable time.
//!
//! Never here: what may be signed (that is the vault's), randomness, the network.

mod count;
mod curve;
mod lagrange;
mod points;
mod polynomial;
mod scalar;
#[cfg(test)]
mod tests;
mod verify;
pub mod work;

pub use lagrange::{CannotCombine, combine, combine_unchecked};
pub use points::{BadPoint, Message, PublicPoint, SecretShare, SignaturePoint, UncheckedSignature};
pub use polynomial::Commitments;
pub use verify::{verify, verify_batch, verify_same_message};

pub(crate) use curve::{
    G1, WEIGHT_BYTES, affine_all, decode_g1, scaled_g1, weighted_g1, weighted_g2,
};
pub(crate) use polynomial::{Polynomial, proof};
pub(crate) use scalar::Scalar;
pub(crate) use verify::Weights;
