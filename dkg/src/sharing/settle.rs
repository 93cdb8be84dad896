//! From n good bundles to keys: sums of shares and commitments, and the proof that all works.
//!
//! Every peer signs the transcript with each new share. One peer's partial signatures are checked
//! together: with weights w_i over the keys, the sum of w_i sig_i must be a signature under the
//! sum of w_i key_i. The same sums of t peers then interpolate to a signature under the weighted
//! group keys, for several subsets: so a combination works for every key at once.

use std::collections::BTreeMap;

use blst::{blst_p1_affine, blst_p2_affine};
use proto::ceremony::{Context, hash_of};
use proto::{ClusterSize, PeerIndex, PeerSet, Root, ShareIndex, SignatureBytes, Statement};

use super::Dealt;
use crate::bls::{
    self, Commitments, G1, Message, PublicPoint, Scalar, SecretShare, SignaturePoint, Weights,
    affine_all, weighted_g1, weighted_g2,
};

/// Bytes of one partial signature.
pub(crate) const PARTIAL_BYTES: usize = 96;

/// The hash that everything made in an attempt hangs on: session and every bundle.
pub(crate) fn transcript(session: Root, bundles: &[Root]) -> Root {
    struct Transcript<'a>(Root, &'a [Root]);
    impl Statement for Transcript<'_> {
        const PURPOSE: &'static str = "gantry/ceremony/transcript/1";

        fn feed(&self, write: &mut dyn FnMut(&[u8])) {
            write(self.0.as_bytes());
            for bundle in self.1 {
                write(bundle.as_bytes());
            }
        }
    }
    hash_of(&Transcript(session, bundles))
}

/// The public side of what was made: follows from the bundles alone.
pub(crate) struct PublicKeys {
    /// The joint commitments of each key; the last is the seal key.
    pub(crate) joint: Vec<Commitments>,
    /// For each peer, its share's public key of each key; none for a peer of which one is infinity.
    pub(crate) shares: Vec<Vec<PublicPoint>>,
    /// Peers with a share of zero, or one whose key is that of another share or of a group.
    pub(crate) unsound: PeerSet,
}

impl PublicKeys {
    /// Sums every dealer's commitments, given as one list of all keys for each dealer. `None` if a
    /// coefficient of a joint polynomial is infinity or two groups have the same key.
    ///
    /// A dealer that deals last cannot bring the latter about, for it has proven that it knows its
    /// constant terms; other coefficients it can choose, but then most of its shares do not fit. A
    /// receiver whose own share fits may see `None` before another complains. Whose share of zero
    /// it is, the sums do not say either: so it is held against a peer only if that has confirmed.
    pub(crate) fn sum(size: ClusterSize, dealers: &[&[Commitments]]) -> Option<Self> {
        let keys = dealers.first().map_or(0, |keys| keys.len());
        let joint: Vec<Commitments> = (0..keys)
            .map(|key| Commitments::sum(dealers.iter().map(|keys| &keys[key])))
            .collect::<Option<_>>()?;
        let mut owners = BTreeMap::new();
        for group in joint.iter().map(Commitments::group_key) {
            if owners.insert(group.to_bytes(), None).is_some() {
                return None;
            }
        }
        let (mut shares, mut unsound) = (Vec::new(), PeerSet::EMPTY);
        for peer in size.all() {
            let values: Vec<G1> = joint.iter().map(|c| c.evaluate(peer.into())).collect();
            let Some(points) = affine_all(&values) else {
                unsound.insert(peer);
                shares.push(Vec::new());
                continue;
            };
            let points: Vec<PublicPoint> = points.into_iter().map(PublicPoint).collect();
            for point in &points {
                if let Some(other) = owners.insert(point.to_bytes(), Some(peer)) {
                    unsound.insert(peer);
                    other.map(|other| unsound.insert(other));
                }
            }
            shares.push(points);
        }
        Some(Self {
            joint,
            shares,
            unsound,
        })
    }
}

/// This peer's shares: the sums of what every dealer dealt it, if its share keys are sound.
pub(crate) fn own_shares(dealt: &[&Dealt]) -> Vec<SecretShare> {
    let keys = dealt.first().map_or(0, |d| d.shares.len());
    (0..keys)
        .map(|key| {
            let shares = dealt.iter().map(|d| &d.shares[key]);
            let sum = shares.fold(Scalar::default(), |sum, share| sum.plus(share));
            SecretShare::of(sum).expect("the share fits its key, which is not infinity")
        })
        .collect()
}

/// This peer's partial signatures of the transcript, one after the other.
pub(crate) fn prove(shares: &[SecretShare], transcript: Root) -> Vec<u8> {
    let message = Message::ceremony_proof(transcript);
    shares
        .iter()
        .flat_map(|share| *share.sign(&message).to_bytes().as_bytes())
        .collect()
}

/// How the proofs of an attempt are tested.
pub(crate) struct ProofTest {
    /// What every share signs.
    message: Message,
    /// One weight for each key.
    weights: Vec<u8>,
}

impl ProofTest {
    /// The weights depend on a secret seed, or else on all of the proof as `more`: nobody can aim
    /// at them.
    pub(crate) fn new(seed: &[u8; 32], transcript: Root, more: &[u8], keys: usize) -> Self {
        let mut weights = Weights::new(seed);
        weights.bytes(b"proofs");
        weights.bytes(transcript.as_bytes());
        weights.bytes(more);
        Self {
            message: Message::ceremony_proof(transcript),
            weights: weights.take(keys),
        }
    }

    /// The weighted sum of one key for each weight.
    fn weighted(&self, keys: &[PublicPoint]) -> Option<PublicPoint> {
        let keys: Vec<blst_p1_affine> = keys.iter().map(|key| key.0).collect();
        weighted_g1(&keys, &self.weights).affine().map(PublicPoint)
    }
}

/// Checks one peer's partial signatures under its share keys; gives their weighted sum, or `None`
/// if one is wrong.
pub(crate) fn check_proof(
    share_keys: &[PublicPoint],
    partials: &[u8],
    test: &ProofTest,
) -> Option<SignaturePoint> {
    if partials.len() != share_keys.len() * PARTIAL_BYTES {
        return None;
    }
    let points: Vec<blst_p2_affine> = partials
        .chunks_exact(PARTIAL_BYTES)
        .map(|bytes| {
            let bytes = SignatureBytes::try_from(bytes).ok()?;
            SignaturePoint::from_bytes(&bytes).ok().map(|s| s.0)
        })
        .collect::<Option<_>>()?;
    let signature = SignaturePoint(weighted_g2(&points, &test.weights).affine()?);
    bls::verify(&test.weighted(share_keys)?, &test.message, &signature).then_some(signature)
}

/// Combines the weighted sums of n different subsets of t peers, for every peer the one that
/// starts with it, and holds the results against the weighted group keys. Every sum passed
/// [`check_proof`], so this cannot fail unless the code is wrong.
pub(crate) fn subsets_combine(
    size: ClusterSize,
    public: &PublicKeys,
    sums: &[SignaturePoint],
    test: &ProofTest,
) -> bool {
    let peers: Vec<PeerIndex> = size.all().collect();
    let subset = |start: usize| -> Vec<(ShareIndex, SignaturePoint)> {
        (start..start + size.threshold())
            .map(|i| (peers[i % peers.len()].into(), sums[i % peers.len()]))
            .collect()
    };
    let group_keys: Vec<PublicPoint> = public.joint.iter().map(Commitments::group_key).collect();
    let first = bls::combine(&subset(0));
    let verified = first.is_ok_and(|signature| {
        test.weighted(&group_keys)
            .is_some_and(|key| bls::verify(&key, &test.message, &signature))
    });
    verified && (1..peers.len()).all(|start| bls::combine(&subset(start)) == first)
}

/// The transcript of these bundles, which must be those of one session in the dealers' order.
pub(crate) fn transcript_of(context: Context, openings: &[Root], bundles: &[Root]) -> Root {
    transcript(proto::ceremony::session(context, openings), bundles)
}
