//! Aggregates against `@lodestar/types` 1.50.0: roots of both presets, and what is posted.

use proto::eth::operations::Attestation;
use proto::eth::{
    Aggregate, AttestationData, AttesterDuty, Checkpoint, CommitteeIndex, Mainnet, Minimal,
    PresetBase, SignedAggregate, ValidatorIndex, is_aggregator,
};
use proto::{Epoch, Root, SignatureBytes, Slot};
use ssz::{Decode as _, Encode as _};
use ssz_types::{BitList, BitVector};

fn aggregate() -> Aggregate {
    let mut aggregation_bits = BitList::with_capacity(37).expect("it has room");
    (0..37)
        .step_by(3)
        .for_each(|at| aggregation_bits.set(at, true).expect("it has room"));
    let checkpoint = |epoch, byte: u8| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::from([byte; 32]),
    };
    Aggregate {
        data: AttestationData {
            slot: Slot(1_234_567),
            index: CommitteeIndex(0),
            beacon_block_root: Root::from([1; 32]),
            source: checkpoint(38_578, 2),
            target: checkpoint(38_580, 3),
        },
        committee_index: CommitteeIndex(3),
        signature: SignatureBytes::from([0xcc; 96]),
        aggregation_bits,
    }
}

#[test]
fn an_aggregate_beside_its_proof_has_the_root_of_its_preset() {
    let root = |preset| {
        let proof = SignatureBytes::from([0xdd; 96]);
        let root = aggregate().root(preset, ValidatorIndex(44), proof);
        root.unwrap().to_string()
    };
    assert_eq!(
        root(PresetBase::Mainnet),
        "0x93d6e17ee0240a30b34407277680144ccb45842ea7840a7a4c538c116d5ec9e8"
    );
    assert_eq!(
        root(PresetBase::Minimal),
        "0x4b4785d177760032a721c68bbc010fa285e4066f17451cd4a5e9873f7a137d65"
    );
}

#[test]
fn a_committee_that_the_preset_has_not_has_no_root() {
    let mut beyond = aggregate();
    beyond.committee_index = CommitteeIndex(4);
    let proof = SignatureBytes::from([0xdd; 96]);
    let root = |preset| beyond.root(preset, ValidatorIndex(44), proof);
    assert!(root(PresetBase::Mainnet).is_some());
    assert_eq!(root(PresetBase::Minimal), None);
    beyond.committee_index = CommitteeIndex(u64::MAX);
    assert_eq!(
        beyond.root(PresetBase::Mainnet, ValidatorIndex(44), proof),
        None
    );
}

#[test]
fn what_is_posted_is_the_specs_own_form() {
    let signed = SignedAggregate {
        aggregator_index: ValidatorIndex(44),
        aggregate: aggregate(),
        selection_proof: SignatureBytes::from([0xdd; 96]),
        signature: SignatureBytes::from([0xee; 96]),
    };
    let json = serde_json::to_value(signed.in_full::<Mainnet>().unwrap()).unwrap();
    assert_eq!(json["message"]["aggregator_index"], "44");
    let posted = &json["message"]["aggregate"];
    assert_eq!(posted["aggregation_bits"], "0x4992244932");
    assert_eq!(posted["committee_bits"], "0x0800000000000000");
    let json = serde_json::to_value(signed.in_full::<Minimal>().unwrap()).unwrap();
    assert_eq!(json["message"]["aggregate"]["committee_bits"], "0x08");
}

#[test]
fn an_attestation_of_one_committee_is_an_aggregate_and_of_others_is_none() {
    let full: Attestation<Mainnet> = aggregate().in_full().unwrap();
    let bytes = full.as_ssz_bytes();
    assert_eq!(bytes.len(), 241);
    assert_eq!(
        Aggregate::of_ssz::<Mainnet>(&bytes).unwrap(),
        Some(aggregate())
    );
    let full: Attestation<Minimal> = aggregate().in_full().unwrap();
    assert_eq!(full.as_ssz_bytes().len(), 234);

    let mut two = full.clone();
    two.committee_bits.set(0, true).unwrap();
    assert_eq!(Aggregate::of(&two), None);
    let none = Attestation::<Minimal> {
        committee_bits: BitVector::default(),
        ..full
    };
    assert_eq!(Aggregate::of(&none), None);
}

#[test]
fn more_votes_than_a_committee_has_members_are_no_aggregate() {
    let mut large: Attestation<Mainnet> = aggregate().in_full().unwrap();
    large.aggregation_bits = BitList::with_capacity(2049).unwrap();
    assert_eq!(Aggregate::of(&large), None);
}

#[test]
fn a_list_of_aggregates_is_read_as_it_was_written_and_is_as_long_as_it_may_be() {
    let mut largest = aggregate();
    largest.aggregation_bits = BitList::with_capacity(2048).unwrap();
    assert_eq!(largest.as_ssz_bytes().len(), Aggregate::MAX_SSZ);
    let list = vec![aggregate(), largest];
    let bytes = Aggregate::list_to_ssz(&list);
    assert_eq!(Aggregate::list_from_ssz(&bytes).unwrap(), list);
    assert!(Aggregate::from_ssz_bytes(&bytes).is_err());
}

/// By SHA-256 of the standard library of Python.
#[test]
fn one_in_a_sixteenth_of_the_committee_aggregates() {
    let is_chosen = |length, byte: u8| is_aggregator(length, &SignatureBytes::from([byte; 96]));
    assert!(
        (0xd0..0xe0).all(|byte| is_chosen(1, byte)),
        "all of a small one"
    );
    assert!((0xd0..0xe0).all(|byte| is_chosen(31, byte)));
    let of = |length| {
        (0xd0..0xe0)
            .filter(move |byte| is_chosen(length, *byte))
            .collect::<Vec<u8>>()
    };
    assert_eq!(of(32), [0xd2, 0xd4, 0xd5, 0xd7, 0xda, 0xde, 0xdf]);
    assert_eq!(of(500), [0xd0]);
}

#[test]
fn a_duty_has_a_seat_if_the_node_says_it_in_whatever_form() {
    let duty = |committee_length: &str, place: &str| -> AttesterDuty {
        let key = format!("0x{}", "aa".repeat(48));
        serde_json::from_str(&format!(
            r#"{{"pubkey":"{key}","validator_index":"7","slot":"9","committee_index":"1",
                "committees_at_slot":"2"{committee_length}{place}}}"#
        ))
        .unwrap()
    };
    let length = |value| format!(r#","committee_length":{value}"#);
    let place = |value| format!(r#","validator_committee_index":{value}"#);
    let seat = duty(&length("\"128\""), &place("25")).seat().unwrap();
    assert_eq!((seat.committee_length, seat.position), (128, 25));
    for (length, place) in [
        (String::new(), place("\"0\"")),
        (length("null"), place("0")),
        (length("[1]"), place("0")),
        (length("8"), place("8")),
        (length("2049"), place("8")),
        (length("8"), place("\"x\"")),
    ] {
        assert_eq!(duty(&length, &place).seat(), None, "{length}{place}");
    }
}
