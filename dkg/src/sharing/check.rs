//! Checking what others deal: shape, points, proofs of knowledge, and a receiver's own shares.
//!
//! The checks of all keys of a bundle are batched with random weights of 128 bits, so one bundle
//! costs little more than decoding its points. A failed batch needs no search for the bad key:
//! all keys of a bundle are one dealer's.

use proto::ceremony::{Bundle, Terms, hash_of};
use proto::{PeerIndex, PublicKey, ShareIndex};

use super::deal::{Opener, SHARE_BYTES, TAG_BYTES, is_sound_key, proof_context, unseal};
use super::{Dealt, Rule};
use crate::bls::{
    Commitments, G1, PublicPoint, Scalar, WEIGHT_BYTES, Weights, decode_g1, proof, scaled_g1,
    weighted_g1,
};

/// Bytes of a compressed point of G1.
pub(crate) const POINT_BYTES: usize = 48;

/// Bytes of one proof of knowledge: a point and a scalar.
pub(crate) const PROOF_BYTES: usize = POINT_BYTES + SHARE_BYTES;

/// Checks everything in a bundle that anybody can check, and gives its commitments.
///
/// # Errors
/// The rule that the dealer broke.
pub(crate) fn check_public(
    terms: &Terms,
    dealer: PeerIndex,
    bundle: &Bundle,
    seed: &[u8; 32],
) -> Result<Vec<Commitments>, Rule> {
    check_shape(terms, dealer, bundle)?;
    let mut points = bundle.commitments.chunks_exact(POINT_BYTES).map(point);
    let commitments = terms.thresholds().map(|threshold| {
        let own: Option<Vec<PublicPoint>> = points.by_ref().take(threshold).collect();
        own.and_then(Commitments::new)
    });
    let commitments = commitments.collect::<Option<Vec<Commitments>>>();
    let commitments = commitments.ok_or(Rule::BadPoint)?;
    check_knowledge(dealer, bundle, &commitments, seed)?;
    Ok(commitments)
}

fn point(bytes: &[u8]) -> Option<PublicPoint> {
    decode_g1(bytes.try_into().ok()?).map(PublicPoint)
}

fn check_shape(terms: &Terms, dealer: PeerIndex, bundle: &Bundle) -> Result<(), Rule> {
    let size = terms.roster.size();
    let keys = terms.keys();
    let own = &bundle.shares[dealer.position()];
    let others = || {
        size.all()
            .filter(|p| *p != dealer)
            .map(|p| &bundle.shares[p.position()])
    };
    let coefficients: usize = terms.thresholds().sum();
    let fits = bundle.commitments.len() == coefficients * POINT_BYTES
        && bundle.proofs.len() == keys * PROOF_BYTES
        && own.ciphertext.is_empty()
        && others().all(|sealed| sealed.ciphertext.len() == keys * SHARE_BYTES + TAG_BYTES);
    if !fits {
        Err(Rule::WrongShape)
    } else if others().all(|sealed| is_sound_key(&sealed.key)) {
        Ok(())
    } else {
        Err(Rule::WeakKey)
    }
}

/// z G = R + c A for every key at once.
fn check_knowledge(
    dealer: PeerIndex,
    bundle: &Bundle,
    commitments: &[Commitments],
    seed: &[u8; 32],
) -> Result<(), Rule> {
    let session = bundle.session();
    let weights = weights(b"knowledge", bundle, seed, &[]).take(commitments.len());
    let mut answers = Scalar::default();
    let (mut nonces, mut keys, mut scalars) = (Vec::new(), Vec::new(), Vec::new());
    let proofs = bundle.proofs.chunks_exact(PROOF_BYTES);
    for (key, (bytes, commitment)) in proofs.zip(commitments).enumerate() {
        let (nonce, answer) = bytes.split_at(POINT_BYTES);
        let nonce = point(nonce).ok_or(Rule::BadPoint)?;
        let answer = scalar(answer).ok_or(Rule::NoKnowledge)?;
        let context = proof_context(session, dealer, key);
        let challenge = proof::challenge(&context, &commitment.group_key(), &nonce);
        let weight = weight(&weights, key);
        answers = answers.plus(&weight.times(&answer));
        scalars.push(weight.times(&challenge));
        nonces.push(nonce.0);
        keys.push(commitment.group_key().0);
    }
    let right = weighted_g1(&nonces, &weights).plus(&scaled_g1(&keys, &scalars));
    if G1::generator_times(&answers) == right {
        Ok(())
    } else {
        Err(Rule::NoKnowledge)
    }
}

fn scalar(bytes: &[u8]) -> Option<Scalar> {
    Scalar::from_bytes(bytes.try_into().ok()?)
}

fn weights(label: &[u8], bundle: &Bundle, seed: &[u8; 32], more: &[u8]) -> Weights {
    let mut weights = Weights::new(seed);
    weights.bytes(label);
    weights.bytes(hash_of(bundle).as_bytes());
    weights.bytes(more);
    weights
}

/// The weight at `place` as a number.
fn weight(weights: &[u8], place: usize) -> Scalar {
    let mut bytes = [0; 32];
    let own = &weights[place * WEIGHT_BYTES..][..WEIGHT_BYTES];
    for (to, from) in bytes.iter_mut().rev().zip(own) {
        *to = *from;
    }
    Scalar::from_bytes(&bytes).expect("128 bits are below the group order")
}

/// Decrypts the shares sealed to `receiver` in a bundle that passed [`check_public`] and holds
/// them against the commitments.
///
/// # Errors
/// The rule that the dealer broke.
pub(crate) fn check_shares(
    bundle: &Bundle,
    opener: &Opener,
    commitments: Vec<Commitments>,
    seed: &[u8; 32],
) -> Result<Dealt, Rule> {
    let sealed = &bundle.shares[opener.channel.receiver.position()];
    let bytes = unseal(opener, sealed).ok_or(Rule::Undecryptable)?;
    let shares = bytes.chunks_exact(SHARE_BYTES).map(scalar);
    let shares: Vec<Scalar> = shares.collect::<Option<_>>().ok_or(Rule::UnfitShare)?;

    let weights = weights(b"shares", bundle, seed, &bytes).take(shares.len());
    let mut left = Scalar::default();
    for (place, share) in shares.iter().enumerate() {
        left = left.plus(&weight(&weights, place).times(share));
    }
    let right = weighted_value(&commitments, &weights, opener.channel.receiver.into());
    if G1::generator_times(&left) == right {
        Ok(Dealt {
            commitments,
            shares,
        })
    } else {
        Err(Rule::UnfitShare)
    }
}

/// The weighted sum over all keys of the commitments' values at `index`. Not all have equally many
/// coefficients.
fn weighted_value(commitments: &[Commitments], weights: &[u8], index: ShareIndex) -> G1 {
    let each = || commitments.iter().zip(weights.chunks_exact(WEIGHT_BYTES));
    let longest = commitments.iter().map(|c| c.points().len()).max();
    let degrees = (0..longest.unwrap_or(0)).rev();
    degrees.fold(G1::default(), |sum, degree| {
        let (mut coefficients, mut own) = (Vec::new(), Vec::new());
        for (commitment, weight) in each() {
            if let Some(coefficient) = commitment.points().get(degree) {
                coefficients.push(coefficient.0);
                own.extend_from_slice(weight);
            }
        }
        sum.times_small(index.x())
            .plus(&weighted_g1(&coefficients, &own))
    })
}

/// The keys of `points` as they are written in the lock.
pub(crate) fn encode_all(points: &[PublicPoint]) -> Vec<PublicKey> {
    points.iter().map(PublicPoint::to_bytes).collect()
}
