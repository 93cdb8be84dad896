//! What bytes are aggregates. What is taken and refused of them, the simulator's scripts tell.

use proto::eth::Checkpoint;
use proto::{Epoch, Root};
use ssz_types::BitList;

use super::*;

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
