//! Shares that make a signature, and those that name a liar.

use dkg::bls::SecretShare;

use super::super::keys::ValidatorKeys;
use super::*;

const VALUE: Root = Root::ZERO;
const VALIDATOR: ValidatorPosition = ValidatorPosition(0);

fn secret(number: u8) -> SecretShare {
    let mut bytes = [0; 32];
    bytes[31] = number;
    SecretShare::from_bytes(&bytes).unwrap()
}

fn partial(number: u8) -> (ValidatorPosition, SignatureBytes) {
    let message = Message::hash(VALUE);
    (VALIDATOR, secret(number).sign(&message).to_bytes())
}

fn share(number: u8) -> (ValidatorPosition, Share) {
    let (validator, signature) = partial(number);
    (validator, Share::Sent(signature))
}

/// A collector of four peers to which the first of them have sent these.
fn collector(sent: &[u8]) -> Collector {
    let size = ClusterSize::of(4).unwrap();
    let mut collector = Collector::new(size);
    for (peer, number) in size.all().zip(sent) {
        collector.add(peer, VALUE, [share(*number)]);
    }
    collector
}

/// What this combines to, if the secret is 5 + 3x + 2x².
fn combine(collector: &mut Collector, mut suspects: PeerSet) -> (Combined, PeerSet) {
    let validator = ValidatorKeys {
        public_key: secret(5).public().to_bytes(),
        group: secret(5).public(),
        shares: [10, 19, 32, 49]
            .map(|s| secret(s).public().to_bytes())
            .to_vec(),
    };
    let with = Combining {
        message: &Message::hash(VALUE),
        keys: &ClusterKeys::new(collector.size, vec![validator]),
        suspects: &mut suspects,
        seed: &[7; 32],
    };
    (collector.combine(&VALUE, &[VALIDATOR], with), suspects)
}

fn combined(sent: [u8; 4]) -> (Combined, PeerSet) {
    combine(&mut collector(&sent), PeerSet::EMPTY)
}

#[test]
fn there_is_nothing_to_combine_before_t_shares_and_after_the_signature() {
    let is_ready = |collector: &Collector| collector.is_ready(&VALUE, &[VALIDATOR]);
    assert!(!is_ready(&collector(&[10, 19])));
    let mut collector = collector(&[10, 19, 32]);
    assert!(is_ready(&collector));
    combine(&mut collector, PeerSet::EMPTY);
    let fourth = collector.size.peer(3).unwrap();
    collector.add(fourth, VALUE, [share(49)]);
    assert!(!is_ready(&collector));
}

#[test]
fn anchor_269_a_bad_share_is_named_and_replaced() {
    let third = ClusterSize::of(4).unwrap().peer(2).unwrap();
    // Peers 1 and 2 make 30 - 57 of it: 27 lets the combination vanish, 28 only spoils it.
    for bad in [27, 28] {
        let (combined, suspects) = combined([10, 19, bad, 49]);
        assert_eq!(combined.signatures, [partial(5)]);
        assert_eq!(combined.bad_shares, [(third, VALIDATOR)]);
        assert_eq!(suspects.iter().collect::<Vec<_>>(), [third]);
    }
}

#[test]
fn a_caught_peer_helps_again_with_a_good_share_only() {
    let third = ClusterSize::of(4).unwrap().peer(2).unwrap();
    for (share, signatures) in [(27, vec![]), (32, vec![partial(5)])] {
        let mut collector = collector(&[10, 19, share]);
        let (combined, _) = combine(&mut collector, [third].into_iter().collect());
        let is_bad = signatures.is_empty();
        assert_eq!(combined.signatures, signatures);
        assert_eq!(combined.bad_shares.contains(&(third, VALIDATOR)), is_bad);
    }
}

#[test]
fn good_shares_cost_nobody_a_name() {
    let (combined, suspects) = combined([10, 19, 32, 49]);
    assert_eq!(combined.signatures, [partial(5)]);
    assert_eq!(suspects, PeerSet::EMPTY);
}
