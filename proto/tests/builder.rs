//! Blinded blocks, bids and registrations against those that another implementation made.
//!
//! How each vector was made: `vectors/README.md`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proto::eth::{
    Block, BlockContents, ChainSpec, Domain, ForkName, Form, Genesis, Layout, PresetBase,
    SignedBuilderBid, SignedValidatorRegistration,
};
use proto::{Root, SignatureBytes};
use serde_json::Value;
use serde_json::value::RawValue;
use ssz::{Decode as _, Encode as _};

const MINIMAL: &[u8] = include_bytes!("vectors/blinded-minimal.ssz");
const MAINNET: &[u8] = include_bytes!("vectors/blinded-mainnet.ssz");
const FULL_MINIMAL: &[u8] = include_bytes!("vectors/full-minimal.ssz");
const FULL_MAINNET: &[u8] = include_bytes!("vectors/full-mainnet.ssz");
const MINIMAL_JSON: &str = include_str!("vectors/blinded-minimal.json");
const GENESIS_VERSION: [u8; 4] = [0, 0, 0, 1];

fn spec(answer: &str) -> ChainSpec {
    let mut answer: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_str(answer).expect("a recorded answer is JSON");
    let genesis = Genesis {
        genesis_time: 0,
        genesis_validators_root: Root::ZERO,
        genesis_fork_version: GENESIS_VERSION.into(),
    };
    let data = answer.remove("data").expect("and has data");
    ChainSpec::new(&data, genesis).expect("a live node gave this spec")
}

fn minimal() -> ChainSpec {
    spec(include_str!("vectors/spec-minimal.json"))
}

fn mainnet() -> ChainSpec {
    spec(include_str!("vectors/spec-mainnet.json"))
}

fn root(text: &str) -> Root {
    text.parse().expect("the roots below are hex")
}

#[test]
fn a_blinded_block_has_the_root_of_the_block_with_its_payload() {
    let cases = [
        (minimal(), MINIMAL, FULL_MINIMAL),
        (mainnet(), MAINNET, FULL_MAINNET),
    ];
    for (spec, blinded, full) in cases {
        let full = Block::from_ssz(&spec, full).unwrap();
        let blinded = Block::from_ssz_of(&spec, Form::Blinded, blinded).unwrap();
        assert!(blinded.is_blinded() && !full.is_blinded());
        assert_eq!(blinded.root(), full.root());
        assert_eq!(blinded.header(), full.header());
        assert_eq!(blinded.signing_root(&spec), full.signing_root(&spec));
        assert_eq!(blinded.execution_block_hash(), full.execution_block_hash());
        assert_eq!(
            blinded.execution_parent_hash(),
            full.execution_parent_hash()
        );
        assert_eq!(blinded.fee_recipient(), full.fee_recipient());
        let (theirs, ours) = (full.parts(), blinded.parts());
        assert_eq!((ours.body, ours.payload), (theirs.body, theirs.payload));
        // Its blobs are with whoever has built it.
        assert_eq!((full.blob_count(), blinded.blob_count()), (1, 0));
    }
}

#[test]
fn a_blinded_block_is_read_from_json_as_from_ssz() {
    let raw: &RawValue = serde_json::from_str(MINIMAL_JSON).unwrap();
    let read = Block::from_json_of(&minimal(), Form::Blinded, raw).unwrap();
    let expected = Block::from_ssz_of(&minimal(), Form::Blinded, MINIMAL).unwrap();
    assert_eq!(read, expected);
    let contents = BlockContents::blinded_from_json(&minimal(), raw).unwrap();
    assert_eq!(contents.block, expected);
    let contents = BlockContents::blinded_from_ssz(&minimal(), MINIMAL).unwrap();
    assert_eq!(contents.block, expected);
}

#[test]
fn neither_form_of_a_block_is_taken_for_the_other() {
    let spec = minimal();
    assert!(Block::from_ssz(&spec, MINIMAL).is_err());
    assert!(Block::from_ssz_of(&spec, Form::Blinded, FULL_MINIMAL).is_err());
    let raw: &RawValue = serde_json::from_str(MINIMAL_JSON).unwrap();
    assert!(Block::from_json(&spec, raw).is_err());
    let full: &RawValue = serde_json::from_str(include_str!("vectors/full-minimal.json")).unwrap();
    assert!(Block::from_json_of(&spec, Form::Blinded, full).is_err());
}

#[test]
fn a_signed_blinded_block_is_posted_alone() {
    let contents = BlockContents::blinded_from_ssz(&minimal(), MINIMAL).unwrap();
    let signed = contents.signed_ssz(SignatureBytes::from([9; 96]));
    assert_eq!(signed[..4], 100u32.to_le_bytes());
    assert_eq!(signed[4..100], [9; 96]);
    assert_eq!(signed[100..], *MINIMAL);
}

#[test]
fn bids_and_registrations_have_the_signing_roots_of_another_implementation() {
    let domain = "0x0000000118ae4ccbda9538839d79bb18ca09e23e24ae8c1550f56cbb3d84b053";
    let own = Domain::builder(GENESIS_VERSION.into());
    assert_eq!(Root::from(*own.as_bytes()), root(domain));

    let text = include_str!("vectors/bid-minimal.json");
    let bid: SignedBuilderBid = serde_json::from_str(text).unwrap();
    let expected = "0xa4b6b18edea4fad048dbf52a57dc9100d1159625b0f7196944ccf7e9958eec0d";
    assert_eq!(
        bid.message.signing_root(GENESIS_VERSION.into()),
        root(expected)
    );
    assert_eq!(bid.message.value.to_string(), "123456789012345678901");
    let bytes = bid.as_ssz_bytes();
    assert_eq!(SignedBuilderBid::from_ssz_bytes(&bytes), Ok(bid));

    let text = include_str!("vectors/registration.json");
    let registration: SignedValidatorRegistration = serde_json::from_str(text).unwrap();
    let expected = "0xeeff1432d27e1bc749f2a5e79560a19bccddabb213871c7e57971412ac5c0ac9";
    let signing_root = registration.message.signing_root(GENESIS_VERSION.into());
    assert_eq!(signing_root, root(expected));
}

proptest! {
    #[test]
    fn a_damaged_blinded_block_is_a_block_or_an_error(at in 0..MINIMAL.len(), byte: u8) {
        let mut bytes = MINIMAL.to_vec();
        bytes[at] = byte;
        let layout = Layout {
            preset: PresetBase::Minimal,
            fork: ForkName::Electra,
        };
        if let Ok(block) = Block::of_layout(layout, Form::Blinded, &bytes) {
            prop_assert_eq!(block.ssz(), bytes);
        }
    }
}
