//! A bid counts if a relay that is agreed on has signed it, for exactly this payload, in its slot,
//! and no more than it offers.

use proto::eth::{Block, BuilderBid, Form, Genesis};
use proto::{Root, example};

use super::*;
use crate::pool::agreement::example::{policy, relay};

/// A bid of the relay of the example, signed by its key, and the block around its header.
const BID: &str = include_str!("../../../../../../proto/tests/vectors/bid-minimal.json");
const BLOCK: &[u8] = include_bytes!("../../../../../../proto/tests/vectors/blinded-minimal.ssz");
/// The slot of the block, and when that begins by the header, Unix seconds.
const SLOT: Slot = Slot(17);
const STARTS_AT: u64 = 1_795_263_776;

fn chain() -> ChainSpec {
    let genesis = Genesis {
        genesis_time: STARTS_AT - SLOT.0 * 12,
        genesis_validators_root: [1; 32].into(),
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    example::chain_since(genesis, &[])
}

fn shown() -> ShownBid {
    ShownBid {
        relay: relay(),
        bid: serde_json::from_str(BID).unwrap(),
    }
}

fn offer() -> u128 {
    shown().bid.message.value.to()
}

fn block() -> Block {
    Block::from_ssz_of(&chain(), Form::Blinded, BLOCK).unwrap()
}

fn stating(wei: u128) -> Blinded {
    Blinded::new(block(), wei).unwrap()
}

fn seen(shown: ShownBid, policy: Option<&BuilderPolicy>) -> Bids {
    let mut bids = Bids::default();
    bids.see(vec![shown], policy, (&chain(), SLOT));
    bids
}

/// The bid with this change, signed again by the relay.
fn signed(change: impl FnOnce(&mut BuilderBid)) -> ShownBid {
    let mut shown = shown();
    change(&mut shown.bid.message);
    let mut secret = [0; 32];
    secret[31] = 42;
    let secret = bls::SecretShare::from_bytes(&secret).unwrap();
    let root = shown.bid.message.signing_root([0, 0, 0, 1].into());
    shown.bid.signature = secret.sign(&Message::hash(root)).to_bytes();
    shown
}

#[test]
fn a_bid_counts_up_to_what_it_offers() {
    let bids = seen(shown(), Some(&policy(1)));
    assert!(bids.show(&stating(offer())));
    assert!(bids.show(&stating(0)));
    assert!(!bids.show(&stating(offer() + 1)));
    assert!(!Bids::default().show(&stating(0)));
}

#[test]
fn a_bid_that_no_named_relay_has_signed_is_none() {
    let named = policy(1);
    let none = |shown: ShownBid, policy: Option<&BuilderPolicy>| {
        assert!(!seen(shown, policy).show(&stating(0)));
    };
    none(shown(), None);
    // By a relay that nobody has agreed on, whatever it is called.
    let mut other = shown();
    other.relay.url.push_str(".elsewhere");
    none(other, Some(&named));
    let mut other = shown();
    other.relay.public_key = [9; 48].into();
    none(other, Some(&named));
    // Changed on the way.
    let mut dearer = shown();
    dearer.bid.message.value += U256::from(1);
    none(dearer, Some(&named));
    let mut unsigned = shown();
    unsigned.bid.signature = [0; 96].into();
    none(unsigned, Some(&named));
    // By its key, in the name of another.
    none(signed(|bid| bid.pubkey = [9; 48].into()), Some(&named));
}

#[test]
fn a_bid_is_for_its_own_payload_in_its_own_slot() {
    let named = policy(1);
    let counts = |shown: ShownBid| seen(shown, Some(&named)).show(&stating(0));
    assert!(counts(signed(|_| {})));
    assert!(!counts(signed(|bid| bid.header.block_hash = Root::ZERO)));
    assert!(!counts(signed(|bid| bid.header.parent_hash = Root::ZERO)));
    // What the payload hides behind the same hash is not what the leader has written there.
    assert!(!counts(signed(|bid| bid.header.gas_used += 1)));
    assert!(!counts(signed(
        |bid| bid.blob_kzg_commitments = Default::default()
    )));
    let requests = |bid: &mut BuilderBid| bid.execution_requests.deposits = Default::default();
    assert!(!counts(signed(requests)));
    let mut bids = Bids::default();
    bids.see(vec![shown()], Some(&named), (&chain(), Slot(18)));
    assert!(!bids.show(&stating(0)));
}

#[test]
fn of_two_bids_for_one_payload_the_higher_counts_and_of_many_a_few() {
    let named = policy(1);
    let mut bids = seen(shown(), Some(&named));
    bids.see(
        vec![signed(|bid| bid.value = U256::ONE)],
        Some(&named),
        (&chain(), SLOT),
    );
    assert!(bids.show(&stating(offer())));
    let other = |at: u8| signed(|bid| bid.header.block_hash = [at; 32].into());
    let many = (0..=64).map(other).collect();
    bids.see(many, Some(&named), (&chain(), SLOT));
    assert_eq!(bids.0.len(), REMEMBERED);
    assert!(bids.show(&stating(offer())));
}
