//! The sync committee's containers against `@lodestar/types` 1.50.0: roots of both presets, and
//! what is posted.

use proto::eth::sync::SyncCommitteeContribution;
use proto::eth::{
    Contribution, Mainnet, Minimal, PresetBase, SignedContribution, SyncAggregatorSelectionData,
    SyncCommitteeMessage, SyncDuty, ValidatorIndex, hash_tree_root, is_sync_aggregator,
};
use proto::{DutyKind, Root, SignatureBytes, Slot, Subcommittee};
use ssz::Encode as _;
use ssz_types::BitList;

fn contribution(size: usize) -> Contribution {
    let mut aggregation_bits = BitList::with_capacity(size).expect("it has room");
    (0..size)
        .step_by(3)
        .for_each(|at| aggregation_bits.set(at, true).expect("it has room"));
    Contribution {
        slot: Slot(1_234_567),
        beacon_block_root: Root::from([1; 32]),
        subcommittee_index: 2,
        signature: SignatureBytes::from([0xcc; 96]),
        aggregation_bits,
    }
}

#[test]
fn a_contribution_beside_its_proof_has_the_root_of_its_preset() {
    let root = |preset, size| {
        let proof = SignatureBytes::from([0xdd; 96]);
        let root = contribution(size).root(preset, ValidatorIndex(44), proof);
        root.map(|root| root.to_string())
    };
    let mainnet = "0x2228ad4f111b499a79c2972b74f54a51cfcd064bf78bef328b8ea558bef879f7";
    assert_eq!(root(PresetBase::Mainnet, 128).as_deref(), Some(mainnet));
    let minimal = "0x3b5b803581cc80c253b7e79671cd72e50a6737fe60305b43a9f9b6c8776dba24";
    assert_eq!(root(PresetBase::Minimal, 8).as_deref(), Some(minimal));
    assert_eq!(root(PresetBase::Mainnet, 8), None, "another size");
    assert_eq!(root(PresetBase::Minimal, 128), None, "another size");
}

#[test]
fn what_chooses_a_member_is_its_signature_of_slot_and_subcommittee() {
    let data = SyncAggregatorSelectionData {
        slot: Slot(1_234_567),
        subcommittee_index: 2,
    };
    assert_eq!(
        hash_tree_root(&data).to_string(),
        "0xa12dff2d4883554ddf2b5c63deb0648e872713576a70333eea4455af3094382e"
    );
    let is_chosen =
        |preset, byte: u8| is_sync_aggregator(preset, &SignatureBytes::from([byte; 96]));
    assert!((0xd0..0xe0).all(|byte| is_chosen(PresetBase::Minimal, byte)));
    let of_mainnet = (0..0x40).filter(|byte| is_chosen(PresetBase::Mainnet, *byte));
    assert_eq!(of_mainnet.collect::<Vec<u8>>(), [2, 12, 17, 27]);
}

#[test]
fn what_is_posted_is_the_specs_own_form() {
    let signed = SignedContribution {
        aggregator_index: ValidatorIndex(44),
        contribution: contribution(8),
        selection_proof: SignatureBytes::from([0xdd; 96]),
        signature: SignatureBytes::from([0xee; 96]),
    };
    assert!(signed.in_full::<Mainnet>().is_none());
    let json = serde_json::to_value(signed.in_full::<Minimal>().unwrap()).unwrap();
    let posted = &json["message"]["contribution"];
    assert_eq!(posted["subcommittee_index"], "2");
    assert_eq!(posted["aggregation_bits"], "0x49");
    let message = SyncCommitteeMessage {
        slot: Slot(7),
        beacon_block_root: Root::from([1; 32]),
        validator_index: ValidatorIndex(9),
        signature: SignatureBytes::from([2; 96]),
    };
    let json = serde_json::to_value(message).unwrap();
    assert_eq!(json["validator_index"], "9");
    assert_eq!(json["beacon_block_root"], Root::from([1; 32]).to_string());
}

#[test]
fn a_contribution_is_read_from_the_specs_own_form_and_its_own() {
    for size in [8, 128] {
        let it = contribution(size);
        assert_eq!(Contribution::from_ssz(&it.to_ssz()).unwrap(), it);
        assert!(it.to_ssz().len() <= Contribution::MAX_SSZ);
    }
    let full: SyncCommitteeContribution<Mainnet> = contribution(128).in_full().unwrap();
    let bytes = full.as_ssz_bytes();
    assert_eq!(bytes.len(), 160);
    assert_eq!(
        Contribution::of_ssz::<Mainnet>(&bytes).unwrap(),
        contribution(128)
    );
    assert!(Contribution::of_ssz::<Minimal>(&bytes).is_err());
    assert_eq!(contribution(128).to_ssz().len(), Contribution::MAX_SSZ);
}

#[test]
fn a_seat_is_in_a_subcommittee_and_one_beyond_the_last_in_none() {
    let of = |preset: PresetBase, seat| {
        let (subcommittee, place) = preset.subcommittee_of(seat)?;
        Some((subcommittee.index(), place))
    };
    assert_eq!(of(PresetBase::Mainnet, 0), Some((0, 0)));
    assert_eq!(of(PresetBase::Mainnet, 511), Some((3, 127)));
    assert_eq!(of(PresetBase::Mainnet, 512), None);
    assert_eq!(of(PresetBase::Minimal, 9), Some((1, 1)));
    assert_eq!(of(PresetBase::Minimal, 32), None);
    assert_eq!(of(PresetBase::Mainnet, u64::MAX), None);
}

#[test]
fn every_kind_of_duty_has_a_code_and_a_name_of_its_own() {
    for (code, kind) in (0..).zip(DutyKind::ALL) {
        assert_eq!(kind.code(), code);
        assert_eq!(DutyKind::from_code(code), Some(kind));
        assert_eq!(DutyKind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(DutyKind::from_code(DutyKind::ALL.len() as u8), None);
    assert_eq!(Subcommittee::new(4), None);
}

#[test]
fn seats_are_read_as_a_node_answers_them() {
    let key = format!("0x{}", "aa".repeat(48));
    let text = format!(
        r#"{{"pubkey":"{key}","validator_index":"7",
            "validator_sync_committee_indices":["1","300"]}}"#
    );
    let duty: SyncDuty = serde_json::from_str(&text).unwrap();
    assert_eq!(duty.validator_sync_committee_indices, [1, 300]);
}
