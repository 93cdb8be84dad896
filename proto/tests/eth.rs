//! The containers against blocks, domains and roots that another implementation made.
//!
//! How each vector was made: `vectors/README.md`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proto::eth::operations::VoluntaryExit;
use proto::eth::{
    AttestationData, BeaconBlock, Blobs, Block, BlockContents, BlockError, BlockVotes, ChainSpec,
    Checkpoint, CommitteeIndex, DepositMessage, Domain, DomainType, ForkName, Genesis, Mainnet,
    Minimal, PresetBase, SignedBlock, SingleAttestation, SpecError, ValidatorIndex, hash_tree_root,
    signing_root,
};
use proto::{Epoch, Root, SignatureBytes, Slot, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;
use ssz::{Decode as _, Encode as _};

const SPEC_MINIMAL: &str = include_str!("vectors/spec-minimal.json");
const SPEC_MAINNET: &str = include_str!("vectors/spec-mainnet.json");
const FULL_MINIMAL: &[u8] = include_bytes!("vectors/full-minimal.ssz");
const FULL_MAINNET: &[u8] = include_bytes!("vectors/full-mainnet.ssz");
const GENESIS_TIME: u64 = 1_795_263_776;

fn keys(answer: &str) -> BTreeMap<String, Value> {
    let mut answer: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_str(answer).expect("a recorded answer is JSON");
    answer.remove("data").expect("and has data")
}

fn genesis() -> Genesis {
    Genesis {
        genesis_time: GENESIS_TIME,
        genesis_validators_root: Root::from(std::array::from_fn(|i| i as u8)),
        genesis_fork_version: [0, 0, 0, 1].into(),
    }
}

fn minimal() -> ChainSpec {
    ChainSpec::new(&keys(SPEC_MINIMAL), genesis()).expect("a live node gave this spec")
}

fn mainnet() -> ChainSpec {
    ChainSpec::new(&keys(SPEC_MAINNET), genesis()).expect("a live node gave this spec")
}

fn with(key: &str, value: &str) -> Result<ChainSpec, SpecError> {
    let mut keys = keys(SPEC_MINIMAL);
    keys.insert(key.to_owned(), value.into());
    ChainSpec::new(&keys, genesis())
}

fn root(text: &str) -> Root {
    text.parse().expect("the roots below are hex")
}

#[test]
fn blocks_of_a_live_chain_have_the_roots_that_their_beacon_node_says() {
    let cases = [
        (
            minimal(),
            &include_bytes!("vectors/electra-minimal.ssz")[..],
            "0x24d28537dc9ad9108a4fb049ffcf27cafffab72c666d395e635f758c38418961",
            (ForkName::Electra, 112, 34),
        ),
        (
            with("FULU_FORK_EPOCH", "0").unwrap(),
            &include_bytes!("vectors/fulu-minimal.ssz")[..],
            "0xb13b6a4834160f49fb1a10c80895f09a40c9c52d705f55e107307aace307f60b",
            (ForkName::Fulu, 111, 60),
        ),
        (
            mainnet(),
            &include_bytes!("vectors/fulu-mainnet.ssz")[..],
            "0x93aedb60fc85c86073153b477184c8778f91e2f6d536d6fcd24c5f75aa8762b6",
            (ForkName::Fulu, 112, 14),
        ),
    ];
    for (spec, ssz, expected, (fork, slot, proposer)) in cases {
        let signed = SignedBlock::from_ssz(&spec, ssz).unwrap();
        assert_eq!(signed.block.root(), root(expected));
        assert_eq!(hash_tree_root(signed.block.header()), root(expected));
        assert_eq!(signed.block.fork(), fork);
        assert_eq!(signed.block.slot(), Slot(slot));
        assert_eq!(signed.block.proposer_index(), ValidatorIndex(proposer));
        assert_eq!(
            signed.block.fee_recipient().to_string(),
            format!("0x{}", "fe".repeat(20))
        );
        let mut again = Vec::new();
        signed.append_ssz(&mut again);
        assert_eq!(again, ssz);
    }
}

#[test]
fn a_block_with_something_in_every_list_is_read_from_ssz_and_json_alike() {
    let minimal_root = "0x2d11657b6e5cb4c7a1a3f4f6cf625868dea0f78add51d28ba9b0ef9f26be8f70";
    let mainnet_root = "0xa6d847b64e409cd9c1aac651bd88ae838a45e12e3c31905c4e77d4313f4c7ddf";
    let cases = [
        (
            minimal(),
            FULL_MINIMAL,
            include_str!("vectors/full-minimal.json"),
            minimal_root,
        ),
        (
            mainnet(),
            FULL_MAINNET,
            include_str!("vectors/full-mainnet.json"),
            mainnet_root,
        ),
    ];
    for (spec, ssz, json, expected) in cases {
        let block = Block::from_ssz(&spec, ssz).unwrap();
        assert_eq!(block.root(), root(expected));
        assert_eq!(block.blob_count(), 1);
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        assert_eq!(Block::from_json(&spec, raw).unwrap(), block);
    }
    let block = BeaconBlock::<Minimal>::from_ssz_bytes(FULL_MINIMAL).unwrap();
    assert_eq!(
        serde_json::to_value(&block).unwrap(),
        serde_json::from_str::<Value>(include_str!("vectors/full-minimal.json")).unwrap()
    );
    assert_eq!(block.as_ssz_bytes(), FULL_MINIMAL);
    let block = BeaconBlock::<Mainnet>::from_ssz_bytes(FULL_MAINNET).unwrap();
    assert_eq!(block.as_ssz_bytes(), FULL_MAINNET);
}

#[test]
fn the_votes_of_a_block_are_those_that_its_json_shows() {
    for (spec, ssz, json) in [
        (
            minimal(),
            FULL_MINIMAL,
            include_str!("vectors/full-minimal.json"),
        ),
        (
            mainnet(),
            FULL_MAINNET,
            include_str!("vectors/full-mainnet.json"),
        ),
    ] {
        let votes = BlockVotes::of(&Block::from_ssz(&spec, ssz).unwrap());
        let json: Value = serde_json::from_str(json).unwrap();
        let shown = &json["body"]["attestations"][0];
        let bytes = |value: &Value| hex::decode(&value.as_str().unwrap()[2..]).unwrap();
        let set = |bytes: Vec<u8>| -> Vec<usize> {
            let bits = (0..8 * bytes.len()).filter(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1);
            bits.collect()
        };
        let first = &votes.attestations[0];
        let covered: Vec<usize> = first.committees.iter().map(|it| it.0 as usize).collect();
        assert_eq!(covered, set(bytes(&shown["committee_bits"])));
        let mut expected = set(bytes(&shown["aggregation_bits"]));
        assert_eq!(
            expected.pop(),
            Some(first.bits.len()),
            "the last bit says the length"
        );
        let voted = (0..first.bits.len()).filter(|bit| first.bits[*bit]);
        assert_eq!(voted.collect::<Vec<_>>(), expected);
        assert_eq!(serde_json::to_value(first.data).unwrap(), shown["data"]);
        let synced = (0..votes.sync_committee.len()).filter(|bit| votes.sync_committee[*bit]);
        let shown = &json["body"]["sync_aggregate"]["sync_committee_bits"];
        assert_eq!(synced.collect::<Vec<_>>(), set(bytes(shown)));
        assert_eq!(8 * bytes(shown).len(), votes.sync_committee.len());
    }
}

#[test]
fn a_block_of_the_other_preset_is_refused() {
    assert!(Block::from_ssz(&mainnet(), FULL_MINIMAL).is_err());
    assert!(Block::from_ssz(&minimal(), FULL_MAINNET).is_err());
}

#[test]
fn blobs_travel_untouched_and_must_be_as_many_as_the_block_commits_to() {
    let spec = minimal();
    let contents = |proofs: usize, blobs: usize| {
        let proofs_at = 12 + FULL_MINIMAL.len();
        let offsets = [12, proofs_at, proofs_at + proofs];
        let mut ssz: Vec<u8> = offsets
            .iter()
            .flat_map(|offset| u32::try_from(*offset).unwrap().to_le_bytes())
            .collect();
        ssz.extend_from_slice(FULL_MINIMAL);
        ssz.extend(std::iter::repeat_n(7, proofs));
        ssz.extend(std::iter::repeat_n(8, blobs));
        ssz
    };
    let read = BlockContents::from_ssz(&spec, &contents(48, 131_072)).unwrap();
    assert_eq!(read.blobs.kzg_proofs(), [7; 48]);
    assert_eq!(read.blobs.blobs().len(), 131_072);
    for (proofs, blobs) in [(0, 131_072), (96, 131_072), (48, 0), (48, 131_071)] {
        let refused = BlockContents::from_ssz(&spec, &contents(proofs, blobs));
        assert!(
            matches!(refused, Err(BlockError::Blobs { .. })),
            "{refused:?}"
        );
    }
    let fulu = with("FULU_FORK_EPOCH", "0").unwrap();
    assert!(BlockContents::from_ssz(&fulu, &contents(48, 131_072)).is_err());
    assert!(BlockContents::from_ssz(&fulu, &contents(48 * 128, 131_072)).is_ok());

    let signed = read.signed_ssz(SignatureBytes::from([9; 96]));
    let block_at = 12 + 4 + 96;
    assert_eq!(signed[16..block_at], [9; 96]);
    assert_eq!(
        signed[block_at..block_at + FULL_MINIMAL.len()],
        *FULL_MINIMAL
    );
    assert_eq!(signed.len(), block_at + FULL_MINIMAL.len() + 48 + 131_072);
}

#[test]
fn blobs_in_pieces_are_the_same_when_joined() {
    for spec in [minimal(), with("FULU_FORK_EPOCH", "0").unwrap()] {
        let block = Block::from_ssz(&spec, FULL_MINIMAL).unwrap();
        let all: Vec<u8> = (0..Blobs::total_bytes(&block)).map(|n| n as u8).collect();
        let blobs = Blobs::joined(&block, all.clone()).unwrap();
        let cut = |at| blobs.piece(at, 1_001).unwrap();
        let pieces: Vec<_> = (0..all.len()).step_by(1_001).map(cut).collect();
        assert!(pieces.concat() == all && blobs.piece(all.len(), 9).is_none());
        assert!(Blobs::joined(&block, all[1..].to_vec()).is_err());
    }
}

#[test]
fn a_block_of_a_fork_without_containers_is_refused_by_name() {
    let spec = with("GLOAS_FORK_EPOCH", "1").unwrap();
    let error = Block::from_ssz(&spec, FULL_MINIMAL).unwrap_err();
    assert!(error.to_string().contains("\"gloas\""), "{error}");
}

fn vote() -> AttestationData {
    AttestationData {
        slot: Slot(1_234_567),
        index: CommitteeIndex(0),
        beacon_block_root: Root::from([1; 32]),
        source: Checkpoint {
            epoch: Epoch(38_578),
            root: Root::from([2; 32]),
        },
        target: Checkpoint {
            epoch: Epoch(38_579),
            root: Root::from([3; 32]),
        },
    }
}

fn domain(purpose: DomainType) -> Domain {
    let version = [6, 0, 0, 1].into();
    Domain::new(purpose, version, genesis().genesis_validators_root)
}

#[test]
fn a_head_vote_has_the_root_and_the_signing_root_of_the_spec() {
    let vote = vote();
    assert_eq!(
        hash_tree_root(&vote),
        root("0x1faec0d41b851c785a947b8f8772ab8747abc36627276c5ae330ec7c5e952e07")
    );
    assert_eq!(
        signing_root(&vote, domain(DomainType::BeaconAttester)),
        root("0xc697d62a249a41f0879580552081a1317b311fdfabccaea4177a1f754bfd740d")
    );
    assert_eq!(AttestationData::from_ssz(&vote.to_ssz()).unwrap(), vote);
    assert_eq!(vote.to_ssz()[..8], 1_234_567u64.to_le_bytes());
    let attestation = SingleAttestation {
        committee_index: CommitteeIndex(3),
        attester_index: ValidatorIndex(44),
        data: vote,
        signature: SignatureBytes::from([0xcc; 96]),
    };
    assert_eq!(attestation.as_ssz_bytes().len(), 240);
    let json = serde_json::to_value(attestation).unwrap();
    assert_eq!(json["attester_index"], "44");
    assert_eq!(json["data"]["target"]["epoch"], "38579");
}

#[test]
fn epochs_slots_exits_and_deposits_have_the_signing_roots_of_the_spec() {
    assert_eq!(
        signing_root(&Epoch(38_579), domain(DomainType::Randao)),
        root("0x6ee0aecec1b48dd1c3b051e899ec7c5c80a31395fbf7bda777a88b6da07bcb4c")
    );
    assert_eq!(
        signing_root(&Slot(1_234_567), domain(DomainType::SelectionProof)),
        root("0x4c452ce55204350b9f4104f35c8a2c9d7df2d6eb9ea45841dd0c1cef276147b0")
    );
    let version = [0, 0, 0, 1].into();
    let message = DepositMessage {
        pubkey: [0xaa; 48].into(),
        withdrawal_credentials: [1; 32].into(),
        amount: 32_000_000_000,
    };
    assert_eq!(
        message.root(),
        root("0x0c062c201c94515ba30b67154395b65c95b2e6a4e020acc983cec3f86459c4a3")
    );
    assert_eq!(
        message.signing_root(version),
        root("0xe245c22dce526a9be94c65bfd94b16a168812724c5bc3ae29cef0ab4b9421f4f")
    );
    assert_eq!(
        message.signed([0xbb; 96].into()).root(),
        root("0x6ab5ab609735aa26c049dcbfeb2deea316087b178bec4458746e87b1477a0200")
    );
    assert_eq!(minimal().deposit_domain(), Domain::deposit(version));
}

#[test]
fn an_exit_is_signed_for_capella_whatever_the_fork() {
    let exit = VoluntaryExit {
        epoch: Epoch(7),
        validator_index: ValidatorIndex(9),
    };
    let spec = with("CAPELLA_FORK_VERSION", "0x04000001").unwrap();
    assert_eq!(
        signing_root(&exit, spec.voluntary_exit_domain()),
        root("0x41858fe9414b45edd79492410ebf992d76ba330db72678251080372c84f504bf")
    );
}

#[test]
fn a_domain_follows_the_fork_of_its_epoch() {
    let spec = with("FULU_FORK_EPOCH", "9").unwrap();
    let (before, after) = (Epoch(8), Epoch(9));
    let purpose = DomainType::BeaconAttester;
    assert_eq!(spec.domain(purpose, after), domain(purpose));
    assert_ne!(spec.domain(purpose, before), domain(purpose));
    assert_eq!(spec.fork_at(before), Ok(ForkName::Electra));
    assert_eq!(spec.fork_at(after), Ok(ForkName::Fulu));
}

#[test]
fn the_clock_counts_slots_from_genesis() {
    let spec = minimal();
    let at = |micros: u64| Timestamp::from_micros(GENESIS_TIME * 1_000_000 + micros);
    assert_eq!(
        spec.slot_at(Timestamp::from_micros(GENESIS_TIME * 1_000_000 - 1)),
        None
    );
    assert_eq!(spec.slot_at(at(0)), Some(Slot(0)));
    assert_eq!(spec.slot_at(at(3_999_999)), Some(Slot(0)));
    assert_eq!(spec.slot_at(at(4_000_000)), Some(Slot(1)));
    assert_eq!(spec.start_of(Slot(10)), at(40_000_000));
    assert_eq!(
        spec.attestation_deadline(Slot(1)),
        at(4_000_000 + 1_333_000)
    );
    assert_eq!(spec.epoch_of(Slot(17)), Epoch(2));
    assert_eq!(spec.first_slot(Epoch(2)), Slot(16));
    let end_of_time = spec.start_of(Slot(u64::MAX));
    assert!(spec.slot_at(end_of_time).is_some());
}

#[test]
fn attestations_are_due_when_the_node_says_and_a_third_into_the_slot_if_it_does_not() {
    let moved = with("ATTESTATION_DUE_BPS", "2500").unwrap();
    let offset = |spec: &ChainSpec, slot| {
        let deadline = spec.attestation_deadline(slot);
        deadline.since(spec.start_of(slot)).as_millis()
    };
    assert_eq!(offset(&moved, Slot(3)), 1000);
    assert!(moved.says_when_attestations_are_due());

    let mut old = keys(SPEC_MINIMAL);
    old.remove("ATTESTATION_DUE_BPS");
    old.remove("SLOT_DURATION_MS");
    old.insert("SECONDS_PER_SLOT".to_owned(), "12".into());
    let old = ChainSpec::new(&old, genesis()).unwrap();
    assert_eq!(offset(&old, Slot(3)), 3999);
    assert!(!old.says_when_attestations_are_due());

    let gloas = with("GLOAS_FORK_EPOCH", "2").unwrap();
    assert_eq!(offset(&gloas, Slot(15)), 1333);
    assert_eq!(offset(&gloas, Slot(16)), 1000);
}

#[test]
fn a_spec_that_makes_no_sense_is_refused_with_the_key() {
    let refused = [
        ("SLOTS_PER_EPOCH", "0"),
        ("SLOT_DURATION_MS", "0"),
        ("ATTESTATION_DUE_BPS", "10001"),
        ("PRESET_BASE", "gnosis"),
        ("ELECTRA_FORK_EPOCH", "soon"),
        ("SYNC_COMMITTEE_SIZE", "512"),
        ("DEPOSIT_CONTRACT_ADDRESS", "0x1234"),
    ];
    for (key, value) in refused {
        let error = with(key, value).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
    let mut keys = keys(SPEC_MINIMAL);
    keys.remove("SLOTS_PER_EPOCH");
    let missing = ChainSpec::new(&keys, genesis()).unwrap_err();
    assert_eq!(missing, SpecError::Missing("SLOTS_PER_EPOCH"));
    assert_eq!(mainnet().preset(), PresetBase::Mainnet);
}

/// A valid encoding with some bytes replaced and its end cut: most of it still makes sense.
fn damaged(valid: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((0..valid.len(), any::<u8>()), 0..8);
    (edits, 0..=valid.len()).prop_map(move |(edits, cut)| {
        let mut bytes = valid.to_vec();
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        bytes.truncate(if cut % 4 == 0 { cut } else { valid.len() });
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_are_a_block_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = Block::from_ssz(&minimal(), &bytes);
        let _ = SignedBlock::from_ssz(&minimal(), &bytes);
        let _ = BlockContents::from_ssz(&minimal(), &bytes);
        let _ = AttestationData::from_ssz(&bytes);
        let _ = SingleAttestation::from_ssz_bytes(&bytes);
    }

    #[test]
    fn a_damaged_block_that_is_read_keeps_its_bytes(bytes in damaged(FULL_MINIMAL)) {
        if let Ok(block) = Block::from_ssz(&minimal(), &bytes) {
            let value = BeaconBlock::<Minimal>::from_ssz_bytes(block.ssz()).unwrap();
            prop_assert_eq!(value.as_ssz_bytes(), bytes);
        }
    }

    #[test]
    fn any_text_is_contents_or_an_error(text in ".{0,200}") {
        prop_assert!(BlockContents::from_json(&minimal(), &text).is_err());
    }
}
