//! Shares, commitments and combinations held against `threshold_crypto`, an independent
//! implementation over the same curve with the same encodings.

use proptest::prelude::*;
use proto::{ClusterSize, PeerIndex, PublicKey, Root, ShareIndex, SignatureBytes};
use serde::Deserialize as _;
use serde::de::value::{Error as ValueError, SeqDeserializer};
use threshold_crypto::poly::Poly;
use threshold_crypto::{SecretKeySet, SignatureShare};

use super::super::curve::affine_all;
use super::super::*;

/// The same polynomial in both libraries.
fn polynomials(size: ClusterSize, seed: [u8; 32]) -> (Polynomial, SecretKeySet) {
    let coefficients: Vec<Scalar> = (0..size.threshold())
        .map(|degree| {
            let mut wide = [0; 64];
            wide[..32].copy_from_slice(&seed);
            wide[63] = u8::try_from(degree).unwrap() + 1;
            Scalar::from_wide(&wide).times(&Scalar::from_wide(&wide))
        })
        .collect();
    let limbs = |scalar: &Scalar| -> Vec<u64> {
        let bytes = scalar.to_bytes();
        let limbs = bytes.rchunks_exact(8);
        limbs
            .map(|limb| u64::from_be_bytes(limb.try_into().unwrap()))
            .collect()
    };
    let theirs: Vec<Vec<u64>> = coefficients.iter().map(limbs).collect();
    let fields = SeqDeserializer::<_, ValueError>::new(std::iter::once(theirs));
    let theirs = SecretKeySet::from(Poly::deserialize(fields).unwrap());
    (Polynomial::new(coefficients), theirs)
}

fn subsets(size: ClusterSize) -> impl Iterator<Item = Vec<PeerIndex>> {
    let chosen = (0u32..1 << size.peers())
        .filter(move |bits| bits.count_ones() as usize == size.threshold());
    chosen.map(move |bits| {
        size.all()
            .filter(|p| bits >> p.position() & 1 == 1)
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn both_libraries_agree_on_every_t_subset(
        n in prop::sample::select(vec![4usize, 7]),
        seed in any::<[u8; 32]>(),
        root in any::<[u8; 32]>(),
    ) {
        let size = ClusterSize::of(n).unwrap();
        let (ours, theirs) = polynomials(size, seed);
        let points = affine_all(&ours.commit()).unwrap().into_iter().map(PublicPoint);
        let commitments = Commitments::new(points.collect()).unwrap();
        let their_keys = theirs.public_keys();
        prop_assert_eq!(
            commitments.group_key().to_bytes(),
            PublicKey::from(their_keys.public_key().to_bytes())
        );

        let message = Message::hash(Root::from(root));
        let mut partials = Vec::new();
        for peer in size.all() {
            let share = SecretShare::of(ours.at(peer.into())).unwrap();
            let key = commitments.share_key(peer.into()).unwrap();
            prop_assert_eq!(key, share.public());
            prop_assert_eq!(
                key.to_bytes(),
                PublicKey::from(their_keys.public_key_share(peer.position()).to_bytes())
            );
            let partial = share.sign(&message);
            prop_assert!(verify(&key, &message, &partial));
            partials.push((ShareIndex::from(peer), partial));
        }
        for subset in subsets(size) {
            let chosen: Vec<_> = subset.iter().map(|p| partials[p.position()]).collect();
            let signature = combine(&chosen).unwrap();
            let their_shares: Vec<(usize, SignatureShare)> = subset
                .iter()
                .map(|p| {
                    let bytes = *partials[p.position()].1.to_bytes().as_bytes();
                    (p.position(), SignatureShare::from_bytes(bytes).unwrap())
                })
                .collect();
            let chosen = their_shares.iter().map(|(i, share)| (*i, share));
            let theirs = their_keys.combine_signatures(chosen).unwrap();
            prop_assert_eq!(signature.to_bytes(), SignatureBytes::from(theirs.to_bytes()));
            prop_assert!(verify(&commitments.group_key(), &message, &signature));
        }
    }
}
