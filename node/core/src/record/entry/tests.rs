//! Records as bytes, and bytes that are none.

use proptest::prelude::*;
use proto::eth::{Checkpoint, CommitteeIndex};

use super::*;

fn root(byte: u8) -> Root {
    [byte; 32].into()
}

pub(in crate::record) fn one_of_each() -> Vec<Record> {
    let data = AttestationData {
        slot: Slot(9),
        index: CommitteeIndex(0),
        beacon_block_root: root(1),
        source: Checkpoint {
            epoch: Epoch(0),
            root: root(2),
        },
        target: Checkpoint {
            epoch: Epoch(1),
            root: root(3),
        },
    };
    let entries = [
        Entry::Enrolled(vec![[1; 48].into(), [2; 48].into()]),
        Entry::Mark(Slot(3)),
        Entry::Vote {
            data,
            signing_root: root(4),
            validators: [0, 1].map(RecordNumber).to_vec(),
        },
        Entry::Block {
            slot: Slot(4),
            signing_root: root(5),
            validator: RecordNumber(1),
        },
        Entry::Deposit {
            validator: RecordNumber(0),
            credentials: root(6),
            gwei: 32_000_000_000,
            signing_root: root(7),
        },
        Entry::Raised {
            validator: RecordNumber(1),
            marks: Watermarks {
                source: Some(Epoch(1)),
                target: None,
                slot: Some(Slot(u64::MAX)),
            },
        },
        Entry::Renewed {
            slot: Slot(64),
            epoch: Epoch(2),
        },
        Entry::Joined(Joined {
            number: 3,
            fixed: Fixed {
                rocket_storage: [8; 20].into(),
                node_account: [9; 20].into(),
            },
        }),
        Entry::Agreed {
            duty: DutyId {
                slot: Slot(65),
                kind: DutyKind::Aggregate,
            },
            value: root(10),
        },
    ];
    (1..)
        .zip(entries)
        .map(|(i, entry)| Record::new(i, entry))
        .collect()
}

#[test]
fn records_are_read_as_they_were_written() {
    let payload = encode_records(&one_of_each());
    assert_eq!(decode_records(&payload), Some(one_of_each()));
    for cut in 0..payload.len() {
        assert_eq!(decode_records(&payload[..cut]), None, "cut at {cut}");
    }
}

#[test]
fn members_far_apart_are_read_as_they_were_written() {
    let members = [0, 1, 9, 16_383].map(RecordNumber).to_vec();
    let mut out = Vec::new();
    write_members(&mut out, &members);
    assert_eq!(read_members(&mut Reader::new(&out)), Some(members));
}

proptest! {
    #[test]
    fn any_bytes_are_records_or_are_not(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Some(records) = decode_records(&bytes) {
            prop_assert_eq!(decode_records(&encode_records(&records)), Some(records));
        }
    }
}
