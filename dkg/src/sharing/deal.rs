//! What one peer deals: polynomials, commitments, proofs of knowledge, encrypted shares.
//!
//! Everything secret is derived (HKDF-SHA-256) from the ceremony seed and the attempt or session,
//! so a peer that crashed makes exactly the same bundle again. A session names terms, attempt and
//! every opening: another session has other polynomials, other nonces and other encryption keys,
//! and no nonce ever meets two challenges.
//!
//! Security: the seed must be secret, uniform, durable before the first message, and never used
//! for two ceremonies at once.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use proto::ceremony::{Bundle, Context, Opening, SealedShares};
use proto::{PeerIndex, Root, ShareIndex};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{Dealt, Participant};
use crate::bls::{Commitments, G1, Polynomial, PublicPoint, Scalar, affine_all, proof};

/// Bytes of one share.
pub(crate) const SHARE_BYTES: usize = 32;

/// Bytes by which a ciphertext is longer than its shares.
pub(crate) const TAG_BYTES: usize = 16;

/// Expands `seed`, separated by `salt` and `label`.
fn derive<const N: usize>(seed: &[u8; 32], salt: &[u8], label: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(salt), seed)
        .expand_multi_info(label, out.as_mut())
        .expect("no derived secret is longer than 255 hashes");
    out
}

fn position(peer: PeerIndex) -> [u8; 1] {
    [u8::try_from(peer.position()).expect("a position is below 13")]
}

/// This peer's one-time secret for what `dealer` seals to it in an attempt.
pub(crate) fn one_time_secret(
    seed: &[u8; 32],
    context: Context,
    dealer: PeerIndex,
) -> StaticSecret {
    let label: [&[u8]; 3] = [
        b"gantry/one-time key/1",
        &context.attempt.to_le_bytes(),
        &position(dealer),
    ];
    StaticSecret::from(*derive(seed, context.terms.as_bytes(), &label))
}

/// This peer's opening of an attempt; `acked` as in [`Opening`].
pub(crate) fn open(who: &Participant, context: Context, acked: Vec<u32>) -> Opening {
    let key = |dealer: PeerIndex| {
        if dealer == who.me {
            [0; 32]
        } else {
            PublicKey::from(&one_time_secret(&who.seed, context, dealer)).to_bytes()
        }
    };
    Opening {
        context,
        acked,
        keys: who.terms.roster.size().all().map(key).collect(),
    }
}

/// Whether x25519 with this public key gives a secret: the key is not of small order.
pub(crate) fn is_sound_key(key: &[u8; 32]) -> bool {
    StaticSecret::from([1; 32])
        .diffie_hellman(&PublicKey::from(*key))
        .was_contributory()
}

/// Deals: this peer's bundle for the session of `openings`, and what it deals to itself.
pub(crate) fn deal(
    who: &Participant,
    context: Context,
    openings: &[(Root, Opening)],
) -> (Bundle, Dealt) {
    let hashes: Vec<Root> = openings.iter().map(|(hash, _)| *hash).collect();
    let session = proto::ceremony::session(context, &hashes);
    let thresholds = who.terms.thresholds().enumerate();
    let polynomials: Vec<Polynomial> = thresholds
        .map(|(key, threshold)| polynomial(&who.seed, session, key, threshold))
        .collect();
    deal_out(who, context, openings, &polynomials)
}

/// Deals the shares of these polynomials, one for each key.
pub(crate) fn deal_out(
    who: &Participant,
    context: Context,
    openings: &[(Root, Opening)],
    polynomials: &[Polynomial],
) -> (Bundle, Dealt) {
    let hashes: Vec<Root> = openings.iter().map(|(hash, _)| *hash).collect();
    let session = proto::ceremony::session(context, &hashes);
    let commitments = commit(polynomials);
    let proofs = (0..who.terms.keys())
        .flat_map(|key| {
            let nonce = derive(
                &who.seed,
                session.as_bytes(),
                &[b"gantry/nonce/1", &index(key)],
            );
            prove(
                &proof_context(session, who.me, key),
                &polynomials[key],
                &commitments[key],
                nonce,
            )
        })
        .collect();
    let seal_to = |receiver: PeerIndex| {
        if receiver == who.me {
            return SealedShares::default();
        }
        let label: [&[u8]; 2] = [b"gantry/sealing key/1", &position(receiver)];
        let secret = StaticSecret::from(*derive(&who.seed, session.as_bytes(), &label));
        let theirs = openings[receiver.position()].1.keys[who.me.position()];
        let shares = shares_of(polynomials, receiver);
        seal(
            &Channel {
                session,
                dealer: who.me,
                receiver,
            },
            &secret,
            &theirs,
            &shares,
        )
    };
    let bundle = Bundle {
        context,
        openings: hashes,
        commitments: commitments
            .iter()
            .flat_map(|c| c.points().iter().flat_map(|p| *p.to_bytes().as_bytes()))
            .collect(),
        proofs,
        shares: who.terms.roster.size().all().map(seal_to).collect(),
    };
    let shares = polynomials.iter().map(|p| p.at(who.me.into())).collect();
    (
        bundle,
        Dealt {
            commitments,
            shares,
        },
    )
}

fn index(key: usize) -> [u8; 4] {
    u32::try_from(key)
        .expect("a ceremony makes at most 1,001 keys")
        .to_le_bytes()
}

fn polynomial(seed: &[u8; 32], session: Root, key: usize, threshold: usize) -> Polynomial {
    let coefficient = |degree: usize| {
        let label: [&[u8]; 3] = [b"gantry/polynomial/1", &index(key), &index(degree)];
        Scalar::from_wide(&derive(seed, session.as_bytes(), &label))
    };
    Polynomial::new((0..threshold).map(coefficient).collect())
}

fn commit(polynomials: &[Polynomial]) -> Vec<Commitments> {
    let coefficients: Vec<Vec<G1>> = polynomials.iter().map(Polynomial::commit).collect();
    let points = affine_all(&coefficients.concat());
    let points = points.expect("a coefficient is 0 with probability 2^-255");
    let mut points = points.into_iter().map(PublicPoint);
    let commitments = coefficients.iter().map(|coefficients| {
        let own = points.by_ref().take(coefficients.len()).collect();
        Commitments::new(own).expect("every threshold is at least 2")
    });
    commitments.collect()
}

/// What the proof of knowledge for `key` of `dealer` is bound to.
pub(crate) fn proof_context(session: Root, dealer: PeerIndex, key: usize) -> Vec<u8> {
    [&session.as_bytes()[..], &position(dealer), &index(key)].concat()
}

fn prove(
    context: &[u8],
    polynomial: &Polynomial,
    commitments: &Commitments,
    uniform: Zeroizing<[u8; 64]>,
) -> Vec<u8> {
    let (nonce, point) = proof::nonce(&uniform);
    let point = PublicPoint(
        point
            .affine()
            .expect("a nonce is 0 with probability 2^-255"),
    );
    let challenge = proof::challenge(context, &commitments.group_key(), &point);
    let answer = proof::answer(polynomial.constant(), &nonce, &challenge);
    [&point.to_bytes().as_bytes()[..], &answer.to_bytes()[..]].concat()
}

fn shares_of(polynomials: &[Polynomial], receiver: PeerIndex) -> Zeroizing<Vec<u8>> {
    let index = ShareIndex::from(receiver);
    let mut bytes = Zeroizing::new(Vec::with_capacity(polynomials.len() * SHARE_BYTES));
    for polynomial in polynomials {
        bytes.extend_from_slice(&polynomial.at(index).to_bytes()[..]);
    }
    bytes
}

/// From which dealer to which receiver, in which session.
pub(crate) struct Channel {
    /// The session of the bundle.
    pub(crate) session: Root,
    /// Who seals.
    pub(crate) dealer: PeerIndex,
    /// Who opens.
    pub(crate) receiver: PeerIndex,
}

impl Channel {
    /// The cipher of this channel: its key serves for one message, so its nonce is constant.
    fn cipher(&self, shared: &[u8; 32]) -> ChaCha20Poly1305 {
        let label: [&[u8]; 3] = [
            b"gantry/sealed shares/1",
            &position(self.dealer),
            &position(self.receiver),
        ];
        let key: Zeroizing<[u8; 32]> = derive(shared, self.session.as_bytes(), &label);
        ChaCha20Poly1305::new(&Key::from(*key))
    }

    /// What is authenticated with the shares: both one-time keys.
    fn bound(ours: &[u8; 32], theirs: &[u8; 32]) -> Vec<u8> {
        [*ours, *theirs].concat()
    }
}

pub(crate) fn seal(
    channel: &Channel,
    secret: &StaticSecret,
    receiver_key: &[u8; 32],
    shares: &[u8],
) -> SealedShares {
    let key = PublicKey::from(secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(*receiver_key));
    let payload = Payload {
        msg: shares,
        aad: &Channel::bound(&key, receiver_key),
    };
    let ciphertext = channel
        .cipher(shared.as_bytes())
        .encrypt(&Nonce::default(), payload)
        .expect("32 kB are within the cipher's limits");
    SealedShares { key, ciphertext }
}

/// The receiver's end of a channel.
pub(crate) struct Opener {
    /// Which channel.
    pub(crate) channel: Channel,
    /// The receiver's one-time secret for it.
    pub(crate) secret: StaticSecret,
}

/// Opens what was sealed to the holder of the secret; `None` if it does not decrypt.
pub(crate) fn unseal(opener: &Opener, sealed: &SealedShares) -> Option<Zeroizing<Vec<u8>>> {
    let Opener { channel, secret } = opener;
    let own = PublicKey::from(secret).to_bytes();
    let shared = secret.diffie_hellman(&PublicKey::from(sealed.key));
    let payload = Payload {
        msg: &sealed.ciphertext,
        aad: &Channel::bound(&sealed.key, &own),
    };
    let shares = channel
        .cipher(shared.as_bytes())
        .decrypt(&Nonce::default(), payload);
    shares.ok().map(Zeroizing::new)
}
