//! What became of duties is kept for each validator, and found again.

use super::*;
use crate::disk::duty_history::book::keep_newest;

fn row(slot: u64, kind: &str, work: &str, of: &[(u32, u64)]) -> Row {
    let fate = Fate {
        work: work.to_owned(),
        reason: None,
        chain: None,
        of: of.to_vec(),
    };
    Row {
        slot,
        kind: kind.to_owned(),
        fates: vec![fate],
        ..Row::default()
    }
}

fn voted(included: u64) -> OnChain {
    OnChain::Voted {
        included,
        target: true,
        head: false,
    }
}

fn seen(slot: u64, work: &'static str, index: u64, chain: OnChain) -> Seen {
    Seen {
        slot,
        work,
        index,
        chain,
    }
}

/// What each validator's work of this row has in the chain.
fn shown(row: &Row) -> Vec<(String, u64, Option<OnChain>)> {
    let each = |fate: &Fate| {
        let fate = fate.clone();
        let of = fate.of.into_iter();
        of.map(move |(_, index)| (fate.work.clone(), index, fate.chain))
    };
    let mut all: Vec<_> = row.fates.iter().flat_map(each).collect();
    all.sort_by_key(|(work, index, _)| (work.clone(), *index));
    all
}

#[test]
fn what_the_chain_shows_is_entered_for_whom_it_shows_it_and_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    let three = [(0, 70), (1, 71), (2, 72)];
    history
        .remember_row(row(7, "head", "attestation", &three))
        .unwrap();
    history
        .remember_row(row(7, "block", "block", &[(1, 71)]))
        .unwrap();
    let news = vec![
        seen(7, "attestation", 70, voted(8)),
        seen(7, "attestation", 72, OnChain::Lacking),
        seen(7, "block", 71, OnChain::Proposed),
        // Of no row that there is.
        seen(9, "attestation", 70, voted(10)),
    ];
    history.remember_seen(news).unwrap();
    // A turn of the chain takes back what was said.
    let turned = vec![seen(7, "attestation", 72, voted(9))];
    history.remember_seen(turned).unwrap();
    history.close().unwrap();
    let copy = left_behind(&path);
    let (_, remembered) = DutyHistory::open(&copy, CLUSTER, size()).unwrap();
    let [block, head] = remembered.rows.as_slice() else {
        panic!("{:?}", remembered.rows);
    };
    let attestation = |index, chain| ("attestation".to_owned(), index, chain);
    let expected = [
        attestation(70, Some(voted(8))),
        attestation(71, None),
        attestation(72, Some(voted(9))),
    ];
    assert_eq!(shown(head), expected);
    let expected = [("block".to_owned(), 71, Some(OnChain::Proposed))];
    assert_eq!(shown(block), expected);
}

/// Of a cluster with every duty there are eight rows in a slot.
#[test]
fn what_is_looked_for_after_a_start_goes_back_as_far_however_many_duties_a_slot_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    let kinds = proto::DutyKind::ALL;
    let slots: Vec<u64> = [44]
        .into_iter()
        .chain((45..300).step_by(4))
        .chain([300])
        .collect();
    for slot in slots.iter().copied() {
        for kind in kinds {
            let row = row(slot, kind.name(), "attestation", &[(0, 70)]);
            history.remember_row(row).unwrap();
        }
    }
    history.close().unwrap();
    let copy = left_behind(&path);
    let (_, remembered) = DutyHistory::open(&copy, CLUSTER, size()).unwrap();
    let found: Vec<u64> = remembered.rows.iter().map(|row| row.slot).collect();
    let expected = slots.into_iter().rev().take_while(|slot| *slot > 44);
    let expected: Vec<u64> = expected
        .flat_map(|slot| [slot; proto::DutyKind::ALL.len()])
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn outcomes_of_another_cluster_are_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    history
        .remember_row(row(7, "head", "attestation", &[(0, 70)]))
        .unwrap();
    history.close().unwrap();
    let copy = left_behind(&path);
    let other = Root::from([1; 32]);
    let (_, remembered) = DutyHistory::open(&copy, other, size()).unwrap();
    assert!(remembered.rows.is_empty());
}

#[test]
fn contributions_add_up_from_the_epoch_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, CLUSTER, size()).unwrap();
    let peer = size().all().nth(2).unwrap();
    let one = |shares, led| Contribution {
        duties: 1,
        shares,
        led,
        saw: 1,
    };
    for (epoch, more) in [
        (4, one(1, 1)),
        (5, one(1, 0)),
        (5, one(0, 0)),
        (6, one(1, 1)),
    ] {
        history.add_contribution(epoch, peer, more).unwrap();
    }
    history.close().unwrap();
    let copy = left_behind(&path);
    let (history, _) = DutyHistory::open(&copy, CLUSTER, size()).unwrap();
    let expected = Contribution {
        duties: 3,
        shares: 2,
        led: 1,
        saw: 3,
    };
    let found = history.book().contributions(5);
    assert_eq!(found, BTreeMap::from([(2, expected)]));
}

#[test]
fn the_oldest_are_forgotten_first() {
    let dir = tempfile::tempdir().unwrap();
    let db = sled::open(dir.path()).unwrap();
    for slot in 0..20_u64 {
        db.insert(slot.to_be_bytes(), &[]).unwrap();
    }
    keep_newest(&db, 5).unwrap();
    let left = db.iter().keys().map(|key| key.unwrap()[7]);
    assert_eq!(left.collect::<Vec<_>>(), [15, 16, 17, 18, 19]);
}
