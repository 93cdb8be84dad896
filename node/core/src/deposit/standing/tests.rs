//! Promises of a deposit's standing: nothing that may still come is sent with another nonce.

use super::*;
use crate::deposit::example::{deposits, version};

const OURS: u64 = 5;

fn account(byte: u8) -> Address {
    [byte; 20].into()
}

fn hash(byte: u8) -> Root {
    [byte; 32].into()
}

fn sent(deposit: Option<&DepositData>, nonce: u64, transaction: u8) -> Sent {
    Sent {
        sender: account(1),
        nonce,
        transaction: hash(transaction),
        deposit: deposit.map(|deposit| Purpose {
            pubkey: deposit.pubkey,
            amount: deposit.amount,
        }),
        max_fee: 3,
        priority_fee: 1,
    }
}

fn seen(deposit: &DepositData, transaction: u8) -> LoggedDeposit {
    LoggedDeposit {
        deposit: *deposit,
        transaction: hash(transaction),
        block: 90,
    }
}

fn view(next: u64, seen: &[LoggedDeposit]) -> DepositView {
    DepositView {
        first: 0,
        last: 100,
        seen: seen.to_vec(),
        nonces: [(account(1), next)].into(),
        settled_nonces: [(account(1), next)].into(),
        lacking: 0,
        is_counted: true,
    }
}

/// The standing of the first of our deposits, of which this was sent.
fn standing(sent: &[Sent], view: &DepositView) -> Standing {
    Standing::of(version(), &deposits()[..1], sent, view).unwrap()
}

#[test]
fn a_deposit_belongs_to_its_nonce_until_that_is_used_for_something_else() {
    let first = deposits()[0];
    let attempt = [sent(Some(&first), OURS, 7)];
    let missing = |standing: Standing| {
        let counts = (standing.missing.len(), standing.open.len());
        assert_eq!(standing.overtaken, []);
        counts
    };
    assert_eq!(missing(standing(&[], &view(OURS, &[]))), (1, 0));
    // Not in a block, or not any more: it may still come.
    assert_eq!(missing(standing(&attempt, &view(OURS, &[]))), (0, 1));
    assert_eq!(missing(standing(&attempt, &view(OURS - 1, &[]))), (0, 1));
    // The nonce is used and the deposit is not there: it failed.
    assert_eq!(missing(standing(&attempt, &view(OURS + 1, &[]))), (1, 0));
    assert_eq!(
        missing(standing(&attempt, &view(OURS + 1, &[seen(&first, 7)]))),
        (0, 0)
    );
    // A view that was not asked for the account says nothing about it.
    let blind = DepositView {
        nonces: BTreeMap::new(),
        ..view(0, &[])
    };
    assert_eq!(missing(standing(&attempt, &blind)), (0, 1));
    // Of a log with holes it cannot be said that it failed.
    let holes = DepositView {
        lacking: 1,
        ..view(OURS + 1, &[])
    };
    assert_eq!(missing(standing(&attempt, &holes)), (0, 1));
}

#[test]
fn what_has_failed_is_not_sent_anew_while_another_chain_may_bring_it_back() {
    let first = deposits()[0];
    let attempt = [sent(Some(&first), OURS, 7)];
    let counts = |attempts: &[Sent], settled: &[(Address, u64)]| {
        let view = DepositView {
            settled_nonces: settled.iter().copied().collect(),
            ..view(OURS + 1, &[])
        };
        let standing = standing(attempts, &view);
        (standing.missing.len(), standing.unsettled.len())
    };
    assert_eq!(counts(&attempt, &[(account(1), OURS)]), (0, 1));
    assert_eq!(counts(&attempt, &[(account(1), OURS + 1)]), (1, 0));
    // A node that has thrown the old state away does not say that it has failed.
    assert_eq!(counts(&attempt, &[]), (0, 1));
    // Nothing took its place, and the deposit for which that was done has gone again.
    let cancelled = [attempt[0], sent(None, OURS, 8)];
    assert_eq!(counts(&cancelled, &[(account(1), OURS)]), (0, 1));
    assert_eq!(counts(&cancelled, &[(account(1), OURS + 1)]), (1, 0));
}

#[test]
fn any_transaction_at_the_nonce_makes_the_deposit() {
    let first = deposits()[0];
    let attempts = [sent(Some(&first), OURS, 7), sent(Some(&first), OURS, 8)];
    let pinned = &Pinned::all(&[first], &attempts)[0];
    assert_eq!(pinned.newest().transaction, hash(8));
    for transaction in [7, 8] {
        let view = view(OURS + 1, &[seen(&first, transaction)]);
        assert_eq!(pinned.fate(&view), Fate::Done(90));
    }
}

#[test]
fn somebody_elses_deposit_while_ours_may_still_come_is_seen() {
    let first = deposits()[0];
    let attempt = [sent(Some(&first), OURS, 7)];
    let theirs = view(OURS, &[seen(&first, 66)]);
    let overtaken = standing(&attempt, &theirs);
    assert_eq!((overtaken.missing.len(), overtaken.open.len()), (0, 0));
    assert_eq!(overtaken.overtaken[0].nonce, OURS);
    assert!(!overtaken.overtaken[0].is_being_cancelled());
    // Nothing was put in its place, and is in a block.
    let cancelled = [attempt[0], sent(None, OURS, 8)];
    assert!(standing(&cancelled, &theirs).overtaken[0].is_being_cancelled());
    let over = standing(&cancelled, &view(OURS + 1, &[seen(&first, 66)]));
    assert_eq!(
        (over.missing.len(), over.open.len(), over.overtaken.len()),
        (0, 0, 0)
    );
    let pinned = &Pinned::all(&[first], &cancelled)[0];
    assert_eq!(pinned.fate(&view(OURS + 1, &[])), Fate::Spent);
}

#[test]
fn what_is_on_the_chain_twice_is_told() {
    let first = deposits()[0];
    assert_eq!(standing(&[], &view(0, &[seen(&first, 7)])).doubled, []);
    let twice = [seen(&first, 7), seen(&first, 66)];
    assert_eq!(standing(&[], &view(0, &twice)).doubled, [first]);
}

#[test]
fn two_amounts_of_one_validator_are_two_deposits() {
    let ours = &deposits()[..2];
    assert_eq!(ours[0].pubkey, ours[1].pubkey);
    let attempt = [sent(Some(&ours[1]), OURS, 7)];
    let standing = Standing::of(version(), ours, &attempt, &view(OURS, &[])).unwrap();
    assert_eq!(standing.missing, [ours[0]]);
    assert_eq!(standing.open[0].deposit, ours[1]);
}
