//! The keys of a ceremony, held against `threshold_crypto` and blst's own interface.

use proto::{PeerIndex, Root, ShareIndex};

use super::world::{World, terms_with_exit_key};
use crate::bls::{Message, PublicPoint, SignaturePoint, combine, verify};
use crate::ceremony::SealKey;
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

/// What these shares sign together.
fn combined(signed: &[(ShareIndex, SignaturePoint)], by: &[usize]) -> SignaturePoint {
    let partials: Vec<_> = by.iter().map(|i| signed[*i]).collect();
    combine(&partials).unwrap()
}

#[test]
fn as_many_as_can_halt_the_cluster_open_what_is_sealed_to_its_exit_key_and_fewer_do_not() {
    for n in 3..=13 {
        let mut world = World::of(terms_with_exit_key(n, 1), 23);
        for peer in world.size.all() {
            world.start(peer);
        }
        world.run();
        world.assert_all_finished();
        let enough = world.size.halting();
        assert_eq!(enough, n - world.size.threshold() + 1);
        let made = world.disks.values().map(|disk| &disk.keys[&0]);
        let keys: Vec<_> = made.map(|made| made.exit_seal.as_ref().unwrap()).collect();
        let set = seal::exit_set(world.size, &keys[0].commitment).unwrap();
        assert!(keys.iter().all(|key| key.commitment == keys[0].commitment));

        let message = Message::hash(Root::from([0x43; 32]));
        let sign = |(peer, key): (PeerIndex, &&SealKey)| (peer.into(), key.share.sign(&message));
        let signed: Vec<_> = world.size.all().zip(&keys).map(sign).collect();
        let group = PublicPoint::from_bytes(&keys[0].commitment[0]).unwrap();
        // All subsets of a small cluster, some of a large one.
        for subset in subsets(n, enough).take(60) {
            assert!(verify(&group, &message, &combined(&signed, &subset)));
        }
        for subset in subsets(n, enough - 1).take(60) {
            assert!(!verify(&group, &message, &combined(&signed, &subset)));
        }

        let secret = b"a pre-signed exit";
        let sealed = set.public_key().encrypt(secret);
        let open = |at: usize| {
            let share = seal::secret_share(&keys[at].share);
            (at, share.decrypt_share(&sealed).unwrap())
        };
        let opened: Vec<_> = (n - enough..n).map(open).collect();
        let opened = opened.iter().map(|(at, share)| (*at, share));
        assert_eq!(set.decrypt(opened.clone(), &sealed).unwrap(), secret);
        assert!(set.decrypt(opened.skip(1), &sealed).is_err());
    }
}

#[test]
fn no_two_keys_of_a_ceremony_are_one() {
    let mut world = World::of(terms_with_exit_key(4, 2), 24);
    for peer in world.size.all() {
        world.start(peer);
    }
    world.run();
    let made = &world.disks[&world.peer(0)].keys[&0];
    let exit = made.exit_seal.as_ref().unwrap();
    let seals = [made.seal.commitment[0], exit.commitment[0]];
    let validators = made.validators.iter().map(|key| key.public_key);
    let keys: std::collections::BTreeSet<_> = validators.chain(seals).collect();
    assert_eq!(keys.len(), 4);
    assert_eq!(exit.commitment.len(), 2);
    assert_eq!(made.seal.commitment.len(), 3);
    // An older definition has one seal key.
    let mut world = World::started(4, 2, 24);
    world.run();
    assert!(world.disks[&world.peer(0)].keys[&0].exit_seal.is_none());
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
