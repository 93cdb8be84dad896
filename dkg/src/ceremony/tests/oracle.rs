//! The keys of a ceremony, held against `threshold_crypto` and blst's own interface.

use proto::{Root, ShareIndex};

use super::world::World;
use crate::bls::{Message, PublicPoint, SignaturePoint, combine, verify};
use crate::seal;

/// Every subset of `count` of `n` positions.
fn subsets(n: usize, count: usize) -> impl Iterator<Item = Vec<usize>> {
    let all = (0u32..1 << n).filter(move |bits| bits.count_ones() as usize == count);
    all.map(move |bits| (0..n).filter(|i| bits >> i & 1 == 1).collect())
}

#[test]
fn any_t_shares_sign_for_the_group_and_fewer_do_not() {
    for n in [3, 4, 5, 7] {
        let mut world = World::started(n, 1, 21);
        world.run();
        let root = Root::from([0x42; 32]);
        let message = Message::hash(root);
        let keys: Vec<_> = world
            .disks
            .values()
            .map(|d| &d.keys[&0].validators[0])
            .collect();
        let group = PublicPoint::from_bytes(&keys[0].public_key).unwrap();
        let partials: Vec<(ShareIndex, SignaturePoint)> = world
            .size
            .all()
            .zip(&keys)
            .map(|(peer, key)| (ShareIndex::from(peer), key.share.sign(&message)))
            .collect();
        let signed_by = |subset: &[usize]| {
            let partials: Vec<_> = subset.iter().map(|i| partials[*i]).collect();
            combine(&partials).unwrap()
        };
        let t = world.size.threshold();
        let whole = signed_by(&(0..t).collect::<Vec<_>>());
        assert!(verify(&group, &message, &whole));
        for subset in subsets(n, t) {
            assert_eq!(signed_by(&subset), whole);
        }
        for subset in subsets(n, t - 1) {
            assert!(!verify(&group, &message, &signed_by(&subset)));
        }
        assert_eq!(signed_by(&(0..n).collect::<Vec<_>>()), whole);
    }
}

#[test]
fn the_seal_key_encrypts_to_the_group_and_t_peers_open() {
    let mut world = World::started(4, 1, 22);
    world.run();
    let seals: Vec<_> = world
        .disks
        .values()
        .map(|disk| &disk.keys[&0].seal)
        .collect();
    let set = seal::public_set(world.size, &seals[0].commitment).unwrap();
    assert_eq!(set.threshold() + 1, world.size.threshold());
    let secret = b"a pre-signed exit";
    let sealed = set.public_key().encrypt(secret);
    let shares: Vec<_> = seals
        .iter()
        .enumerate()
        .map(|(i, key)| {
            let share = seal::secret_share(&key.share)
                .decrypt_share(&sealed)
                .unwrap();
            assert!(
                set.public_key_share(i)
                    .verify_decryption_share(&share, &sealed)
            );
            (i, share)
        })
        .collect();
    for subset in subsets(4, 3) {
        let chosen: Vec<_> = subset
            .iter()
            .map(|i| (shares[*i].0, &shares[*i].1))
            .collect();
        assert_eq!(set.decrypt(chosen, &sealed).unwrap(), secret);
    }
    let validator = &world.disks[&world.peer(0)].keys[&0].validators[0];
    assert_ne!(validator.public_key, seals[0].commitment[0]);
}
