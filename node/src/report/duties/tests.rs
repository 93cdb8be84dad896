//! What is called done, missed, and not yet seen.

use proto::{ClusterSize, Root};

use super::*;
use crate::disk::duty_history::DutyHistory;

fn fate(work: &str, reason: Option<&str>, chain: Option<OnChain>, of: &[(u32, u64)]) -> Fate {
    Fate {
        work: work.to_owned(),
        reason: reason.map(str::to_owned),
        chain,
        of: of.to_vec(),
    }
}

fn row(slot: u64, fates: Vec<Fate>) -> Row {
    Row {
        slot,
        kind: "head".to_owned(),
        reached: Some(("signed".to_owned(), 90)),
        took_ms: Some(80),
        missing: vec!["dave".to_owned()],
        fates,
    }
}

const VOTED: OnChain = OnChain::Voted {
    included: 9,
    target: true,
    head: false,
};

/// What became of one duty with this fate.
fn outcome(work: &str, reason: Option<&str>, chain: Option<OnChain>) -> DutyRecord {
    let row = row(8, vec![fate(work, reason, chain, &[(1, 71)])]);
    records(&row, &Filter::default()).remove(0)
}

#[test]
fn what_leaves_a_trace_is_done_only_if_the_chain_shows_it() {
    let late = Some("no value found enough votes");
    for reason in [None, late] {
        let done = outcome("attestation", reason, Some(VOTED));
        assert_eq!(done.outcome, Outcome::Done);
        assert_eq!(done.included, Some(9));
        assert_eq!(done.source, Some(true));
        assert_eq!((done.target, done.head), (Some(true), Some(false)));
        assert_eq!(
            outcome("attestation", reason, None).outcome,
            Outcome::NotYetSeen
        );
        let lacking = outcome("attestation", reason, Some(OnChain::Lacking));
        assert_eq!(lacking.outcome, Outcome::Missed);
        assert_eq!((lacking.included, lacking.source), (None, None));
        assert_eq!(outcome("block", reason, None).outcome, Outcome::NotYetSeen);
    }
    let signed = outcome("attestation", None, Some(OnChain::Lacking));
    assert!(
        signed
            .reason
            .unwrap()
            .contains("no block of the chain has it")
    );
    let block = outcome("block", None, Some(OnChain::Proposed));
    assert_eq!((block.outcome, block.included), (Outcome::Done, Some(8)));
}

#[test]
fn what_leaves_no_trace_is_done_if_this_peer_has_done_it() {
    for work in ["aggregate", "contribution"] {
        assert_eq!(outcome(work, None, None).outcome, Outcome::Done);
        assert_eq!(outcome(work, Some("late"), None).outcome, Outcome::Missed);
    }
}

#[test]
fn duties_are_found_by_validator_slot_and_miss_the_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let size = ClusterSize::of(4).unwrap();
    let path = dir.path().join("memory");
    let (history, _) = DutyHistory::open(&path, Root::ZERO, size).unwrap();
    let both = [(0, 70), (1, 71)];
    let lacking = fate("attestation", None, Some(OnChain::Lacking), &[(1, 71)]);
    let late = fate("attestation", Some("late"), None, &[(0, 70)]);
    for row in [
        row(8, vec![fate("attestation", None, Some(VOTED), &both)]),
        row(40, vec![lacking, late]),
        row(72, vec![fate("attestation", None, None, &both)]),
    ] {
        history.remember_row(row).unwrap();
    }
    // Only its end shows that all of it is written, and then it shows nothing more.
    history.close().unwrap();
    let (history, _) = DutyHistory::open(&path, Root::ZERO, size).unwrap();
    let book = history.book();
    let found = |filter: Filter| {
        let report = DutyReport::of(&book, &filter, (&[], 32));
        let duties = report.duties.iter();
        let duties: Vec<_> = duties.map(|it| (it.slot, it.index)).collect();
        (duties, report.more)
    };
    let all = [(72, 70), (72, 71), (40, 70), (40, 71), (8, 70), (8, 71)];
    assert_eq!(found(Filter::default()), (all.to_vec(), false));
    let missed = Filter {
        missed: true,
        ..Filter::default()
    };
    assert_eq!(found(missed), (vec![(40, 70), (40, 71)], false));
    for validator in [1, 71] {
        let its = Filter {
            validator: Some(validator),
            since: 40,
            ..Filter::default()
        };
        assert_eq!(found(its), (vec![(72, 71), (40, 71)], false));
    }
    let epoch = Filter {
        since_epoch: Some(2),
        ..Filter::default()
    };
    assert_eq!(found(epoch), (all[..2].to_vec(), false));
    let few = Filter {
        count: Some(3),
        ..Filter::default()
    };
    assert_eq!(found(few), (all[..3].to_vec(), true));
}

#[test]
fn a_message_of_the_sync_committee_is_lost_only_where_a_block_came_that_has_it_not() {
    let shown = |reason, chain| {
        let record = outcome("sync-message", reason, chain);
        (record.outcome, record.included, record.reason.is_some())
    };
    let late = Some("late");
    for (reason, chain, expected) in [
        (None, Some(OnChain::Synced), (Outcome::Done, Some(9), false)),
        (late, Some(OnChain::Synced), (Outcome::Done, Some(9), true)),
        (None, Some(OnChain::Lacking), (Outcome::Missed, None, true)),
        (None, Some(OnChain::NoBlock), (Outcome::Done, None, false)),
        (late, Some(OnChain::NoBlock), (Outcome::Missed, None, true)),
        // Before the block is believed, whatever this peer has done: others may have signed it.
        (None, None, (Outcome::NotYetSeen, None, false)),
        (late, None, (Outcome::NotYetSeen, None, true)),
    ] {
        assert_eq!(shown(reason, chain), expected, "{reason:?} {chain:?}");
    }
}

#[test]
fn contributions_of_one_validator_in_two_subcommittees_are_told_apart() {
    let mut row = row(8, vec![fate("contribution", None, None, &[(1, 71)])]);
    for subcommittee in ["0", "3"] {
        row.kind = format!("contribution_{subcommittee}");
        let work = records(&row, &Filter::default()).remove(0).work;
        assert_eq!(work, format!("contribution-{subcommittee}"));
    }
}
