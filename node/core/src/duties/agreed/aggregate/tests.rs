//! What bytes are aggregates, and what must be true of one that is proposed. How peers agree on
//! one, the simulator's scripts tell.

use proto::eth::{AttesterDuty, Checkpoint, ValidatorIndex};
use proto::{Epoch, Root};
use ssz_types::BitList;

use super::super::sums::tests::signature;
use super::super::value::tests::chain;
use super::*;
use crate::duties::schedule::Attester;

fn aggregate(committee: u64) -> Aggregate {
    let checkpoint = |epoch| Checkpoint {
        epoch: Epoch(epoch),
        root: Root::ZERO,
    };
    Aggregate {
        data: AttestationData {
            slot: Slot(17),
            index: CommitteeIndex(0),
            beacon_block_root: [1; 32].into(),
            source: checkpoint(1),
            target: checkpoint(2),
        },
        committee_index: CommitteeIndex(committee),
        signature: SignatureBytes::from([3; 96]),
        aggregation_bits: BitList::with_capacity(9).unwrap(),
    }
}

fn value(committees: impl IntoIterator<Item = u64>) -> Option<Value> {
    let all = committees.into_iter().map(aggregate).collect();
    Aggregates::new(all).map(Value::Aggregates)
}

#[test]
fn aggregates_are_read_as_they_were_written() {
    let most = MAX_COMMITTEES as u64;
    for committees in [0..1, 3..5, 0..most] {
        let value = value(committees).unwrap();
        let bytes = consensus::Value::encode(&value);
        assert!(bytes.len() <= DutyKind::Aggregate.max_body());
        assert_eq!(<Value as consensus::Value>::decode(&bytes), Some(value));
        assert_eq!(<Value as consensus::Value>::decode(&bytes[2..]), None);
    }
}

#[test]
fn other_aggregates_have_another_hash() {
    let hash = |value: Option<Value>| consensus::Value::hash(&value.unwrap());
    let mut voted = aggregate(1);
    voted.aggregation_bits.set(3, true).unwrap();
    let voted = Aggregates::new(vec![voted]).map(Value::Aggregates);
    let all = [value([1]), value([2]), value([1, 2]), voted];
    let hashes: std::collections::BTreeSet<Root> = all.into_iter().map(hash).collect();
    assert_eq!(hashes.len(), 4);
}

#[test]
fn no_committee_is_there_twice_or_out_of_order_and_all_are_for_one_vote() {
    assert_eq!(value([]), None);
    assert_eq!(value([1, 1]), None);
    assert_eq!(value([2, 1]), None);
    assert_eq!(value(0..=MAX_COMMITTEES as u64), None);
    let mut other = aggregate(2);
    other.data.beacon_block_root = [9; 32].into();
    assert_eq!(Aggregates::new(vec![aggregate(1), other]), None);
}

/// The validator at this place of the lock, which attests in this place of this committee of nine.
fn attester(validator: u32, committee: u64, place: u64) -> Attester {
    Attester {
        validator: ValidatorPosition(validator),
        duty: AttesterDuty {
            pubkey: [1; 48].into(),
            validator_index: ValidatorIndex(70 + u64::from(validator)),
            slot: Slot(17),
            committee_index: CommitteeIndex(committee),
            committees_at_slot: 5,
            committee_length: Some(9),
            validator_committee_index: Some(place),
        },
    }
}

/// The first and the second are of committee 1, the third of committee 4; the first aggregates.
fn owners() -> Owners {
    let attesters = vec![attester(0, 1, 2), attester(1, 1, 5), attester(2, 4, 0)];
    let first = attesters[0];
    Owners::Aggregators {
        chosen: vec![Aggregator {
            attester: first,
            seat: first.duty.seat().unwrap(),
            selection_proof: SignatureBytes::from([4; 96]),
        }],
        attesters,
    }
}

const DUTY: DutyId = DutyId {
    slot: Slot(17),
    kind: DutyKind::Aggregate,
};

/// What the cluster has voted for, with the signatures of these.
fn voted(of: &[u32]) -> Voted {
    let signed = |of: &u32| (ValidatorPosition(*of), signature(10 + *of as u8).to_bytes());
    Voted {
        vote: aggregate(1).data,
        signatures: of.iter().map(signed).collect(),
    }
}

/// A run's part in which the cluster has voted for this, or for nothing yet.
fn run(voted: Option<Voted>) -> AggregateDuty {
    AggregateDuty {
        voted,
        ..AggregateDuty::new(DUTY, &owners())
    }
}

/// One of committee 1 that carries a stranger's vote and the votes of these places.
fn carrying(places: &[usize]) -> Aggregate {
    let mut proposed = aggregate(1);
    proposed.signature = signature(3).to_bytes();
    for place in places.iter().chain([&7]) {
        proposed.aggregation_bits.set(*place, true).unwrap();
    }
    proposed
}

#[test]
fn a_proposed_aggregate_must_be_of_our_committee_for_the_clusters_vote_of_the_slot() {
    let checked = |change: &dyn Fn(&mut Aggregate), voted: Option<Voted>| {
        let mut proposed = carrying(&[2, 5]);
        change(&mut proposed);
        let value = Aggregates::new(vec![proposed]).map(Value::Aggregates);
        run(voted).check(&value.unwrap(), &owners(), &chain())
    };
    let length = |bits| {
        move |of: &mut Aggregate| {
            of.aggregation_bits = BitList::with_capacity(bits).unwrap();
        }
    };
    type Case<'a> = (&'a str, &'a dyn Fn(&mut Aggregate), Result<(), Flaw>);
    let cases: [Case<'_>; 9] = [
        ("nothing", &|_| {}, Ok(())),
        ("slot", &|of| of.data.slot = Slot(18), Err(Flaw::OtherDuty)),
        (
            "epoch",
            &|of| of.data.target.epoch = Epoch(3),
            Err(Flaw::OtherDuty),
        ),
        (
            "index",
            &|of| of.data.index = CommitteeIndex(1),
            Err(Flaw::OtherDuty),
        ),
        (
            "a committee of none of ours",
            &|of| of.committee_index = CommitteeIndex(2),
            Err(Flaw::OtherCommittee),
        ),
        (
            "one in which none was chosen",
            &|of| of.committee_index = CommitteeIndex(4),
            Err(Flaw::OtherCommittee),
        ),
        ("a bit more", &length(10), Err(Flaw::OtherCommittee)),
        ("a bit less", &length(8), Err(Flaw::OtherCommittee)),
        (
            "no point",
            &|of| of.signature = SignatureBytes::from([3; 96]),
            Err(Flaw::NoSignature),
        ),
    ];
    for (what, change, expected) in cases {
        assert_eq!(checked(change, None), expected, "{what}, before the vote");
        assert_eq!(checked(change, Some(voted(&[0]))), expected, "{what}");
    }
    let other = |of: &mut Aggregate| of.data.beacon_block_root = [9; 32].into();
    assert_eq!(checked(&other, None), Ok(()), "before the vote");
    assert_eq!(checked(&other, Some(voted(&[]))), Err(Flaw::OtherVote));
}

#[test]
fn a_proposed_aggregate_without_a_vote_of_ours_is_doubted() {
    let doubt = |places: &[usize], of: &[u32]| {
        let value = Aggregates::new(vec![carrying(places)]).map(Value::Aggregates);
        run(Some(voted(of))).doubt(&value.unwrap())
    };
    assert_eq!(doubt(&[2, 5], &[0, 1, 2]), None);
    assert_eq!(doubt(&[2], &[0]), None, "the second has not signed");
    assert_eq!(doubt(&[2], &[0, 1]), Some(Doubt::OwnVoteMissing));
    assert_eq!(doubt(&[], &[0]), Some(Doubt::OwnVoteMissing));
}

#[test]
fn what_the_own_node_gives_is_kept_with_our_votes_or_not_at_all() {
    let kept = |given: Aggregate| match run(Some(voted(&[0, 1]))).keep(vec![given]) {
        Some(Value::Aggregates(all)) => all.of(CommitteeIndex(1)).cloned(),
        _ => None,
    };
    assert_eq!(kept(carrying(&[2, 5])), Some(carrying(&[2, 5])), "as it is");
    let sum = [10, 11]
        .into_iter()
        .fold(signature(3), |sum, of| sum.plus(&signature(of)).unwrap());
    let whole = Aggregate {
        signature: sum.to_bytes(),
        ..carrying(&[2, 5])
    };
    assert_eq!(kept(carrying(&[])), Some(whole), "with both of ours");
    let mut other = carrying(&[2, 5]);
    other.data.beacon_block_root = [9; 32].into();
    assert_eq!(kept(other), None, "of another vote");
    let mut longer = carrying(&[]);
    longer.aggregation_bits = BitList::with_capacity(10).unwrap();
    assert_eq!(kept(longer), None, "of another committee");
    let mut garbage = carrying(&[]);
    garbage.signature = SignatureBytes::from([3; 96]);
    assert_eq!(kept(garbage), None, "a sum that is no point");
    assert_eq!(run(None).keep(vec![carrying(&[2])]), None, "no vote");
}

/// Votes come until then; what is aggregated before lacks some (`AGGREGATE_DUE_BPS`, 6667).
#[test]
fn aggregates_are_due_when_two_thirds_of_their_slot_are_over_and_not_with_the_votes() {
    let chain = chain();
    let into = due_at(DUTY.slot, &chain).since(chain.start_of(DUTY.slot));
    let slot = chain.slot_duration();
    assert!(into * 3 >= slot * 2 && into * 10 < slot * 7, "{into:?}");
    assert_eq!(begin(DUTY.slot, &chain).0, due_at(DUTY.slot, &chain));
}
