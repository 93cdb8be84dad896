//! Every entry sums to zero, and every account comes to what the chain says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::pool::ledger::account::*;
use crate::pool::ledger::books::{Books, Unfit};
use crate::pool::ledger::example::*;
use crate::pool::ledger::fact::{Fact, What};
use crate::pool::ledger::holdings::Holdings;
use crate::pool::ledger::period::Period;

fn books(periods: &[Period]) -> Books {
    let mut books = Books::default();
    for period in periods {
        books.take(period).unwrap();
    }
    books
}

/// What the moves of each reason come to, in thousandths of an ether, by account.
fn by_reason(books: &Books, reason: Reason) -> Vec<(Account, Account, i128)> {
    let entries = books.entries.iter().filter(|it| it.reason == reason);
    let moves = entries.flat_map(|it| it.moves.clone());
    let milli = 1_000_000_000_000_000;
    let shown = |it: Move| (it.from, it.to, Sum::from(it.amount).0 / milli);
    moves.map(shown).collect()
}

fn way(from: impl Into<Account>, to: impl Into<Account>, amount: i128) -> (Account, Account, i128) {
    (from.into(), to.into(), amount)
}

#[test]
fn a_bond_is_told_from_credit_from_ether_that_was_paid_in_and_from_the_node_accounts_own() {
    let books = books(&[
        opening(1, Holdings::default()),
        period(
            (1, 2),
            vec![
                fact(
                    2,
                    1,
                    moved(
                        Reason::PaidIn,
                        9_500,
                        (Outside::Payer([1; 20].into()), Held::NodeEther),
                    ),
                ),
                fact(
                    2,
                    2,
                    What::Deposited {
                        ether: Some(milli(4_000)),
                    },
                ),
            ],
            holdings(&[(Held::NodeEther, 5_500), (Held::Bond, 4_000)]),
        ),
        // It leaves the queue.
        period(
            (2, 3),
            vec![fact(3, 3, What::Credited)],
            holdings(&[(Held::NodeEther, 5_500), (Held::Credit, 4_000)]),
        ),
        // Two at once: credit first, then what was paid in, then the account's own.
        period(
            (3, 4),
            vec![fact(4, 4, What::Deposited { ether: None })],
            holdings(&[(Held::NodeEther, 3_500), (Held::Bond, 8_000)]),
        ),
    ]);
    assert_eq!(
        by_reason(&books, Reason::Credited),
        [way(Held::Bond, Held::Credit, 4_000)]
    );
    assert_eq!(
        by_reason(&books, Reason::Bonded),
        [
            way(Held::NodeEther, Held::Bond, 4_000),
            way(Held::NodeEther, Held::Bond, 2_000),
            way(Held::Credit, Held::Bond, 4_000),
            way(Outside::NodeAccount, Held::Bond, 2_000),
        ]
    );
    assert_eq!(by_reason(&books, Reason::Unexplained), []);
}

#[test]
fn without_a_log_that_can_have_been_it_nothing_is_explained() {
    let moves_in_silence = [
        (Held::NodeEther, 1_000),
        (Held::Credit, 1_000),
        (Held::Bond, 1_000),
        (Held::Refund, 1_000),
        (Held::Megapool, 1_000),
        (Held::Withdrawal, 1_000),
        (Held::Outstanding, 1_000),
        (Held::Debt, -50),
    ];
    for (held, amount) in moves_in_silence {
        let silent = period((1, 2), Vec::new(), holdings(&[(held, amount)]));
        let books = books(&[opening(1, Holdings::default()), silent]);
        let found = by_reason(&books, Reason::Unexplained);
        let outside = Outside::Unexplained;
        let expected = match amount > 0 {
            true => way(outside, held, amount.into()),
            false => way(held, outside, -i128::from(amount)),
        };
        assert_eq!(found, [expected], "{held:?}");
        assert_eq!(books.entries.len(), 2, "{held:?}");
    }
}

#[test]
fn a_validator_that_ends_brings_its_bond_back_and_what_is_lost_is_told() {
    let before = holdings(&[
        (Held::Bond, 8_000),
        (Held::Megapool, 31_000),
        (Held::Debt, -50),
    ]);
    let books = books(&[
        opening(1, before),
        period(
            (1, 2),
            vec![
                fact(2, 1, What::DebtPaid { amount: milli(50) }),
                fact(
                    2,
                    1,
                    What::Exited {
                        balance: milli(31_000),
                    },
                ),
                fact(
                    2,
                    1,
                    What::Claimed {
                        amount: milli(2_950),
                    },
                ),
            ],
            holdings(&[(Held::Bond, 4_000), (Held::Withdrawal, 2_950)]),
        ),
    ]);
    assert_eq!(
        by_reason(&books, Reason::DebtPaid),
        [way(Held::Bond, Held::Debt, 50)]
    );
    assert_eq!(
        by_reason(&books, Reason::BondBack),
        [
            way(Held::Megapool, Outside::Others, 31_000),
            way(Held::Bond, Held::Refund, 2_950),
            way(Held::Bond, Outside::Lost, 1_000),
        ]
    );
    assert_eq!(by_reason(&books, Reason::Unexplained), []);
}

#[test]
fn a_debt_is_paid_out_of_what_its_transaction_says() {
    let paid = |then: Vec<What>| {
        let mut facts = vec![fact(2, 1, What::DebtPaid { amount: milli(50) })];
        facts.extend(then.into_iter().map(|what| fact(2, 1, what)));
        // Of another transaction, it says nothing.
        facts.push(fact(2, 2, What::Claimed { amount: milli(1) }));
        let before = holdings(&[
            (Held::Debt, -50),
            (Held::Refund, 500),
            (Held::Megapool, 500),
        ]);
        let books = books(&[
            opening(1, before),
            period((1, 2), facts, Holdings::default()),
        ]);
        by_reason(&books, Reason::DebtPaid)[0].0
    };
    let distributed = || What::Distributed {
        node: milli(1),
        others: milli(2),
    };
    let claimed = || What::Claimed { amount: milli(1) };
    assert_eq!(paid(vec![distributed(), claimed()]), Held::Megapool.into());
    assert_eq!(paid(vec![claimed()]), Held::Refund.into());
    assert_eq!(paid(vec![]), Outside::Helper.into());
}

#[test]
fn tips_are_told_only_where_a_block_has_paid_here() {
    let tipped = |facts: Vec<Fact>| {
        let there = holdings(&[(Held::Megapool, 40)]);
        let books = books(&[
            opening(1, Holdings::default()),
            period((1, 2), facts, there),
        ]);
        by_reason(&books, Reason::Tips)
    };
    let proposed = |to| fact(2, 1, What::Proposed { to });
    assert_eq!(tipped(vec![proposed(Held::Withdrawal)]), []);
    let found = tipped(vec![proposed(Held::Megapool)]);
    assert_eq!(found, [way(Outside::Tips, Held::Megapool, 40)]);
}

#[test]
fn blocks_are_read_only_where_more_has_come_than_logs_explain() {
    let lacks = |all: &[(Held, i64)], facts| {
        let before = holdings(&[(Held::Megapool, 10), (Held::Bond, 10)]);
        period((1, 2), facts, holdings(all)).lacks_blocks(&before)
    };
    let bond = (Held::Bond, 10);
    assert_eq!(lacks(&[(Held::Megapool, 10), bond], vec![]), None);
    assert_eq!(lacks(&[(Held::Megapool, 17), bond], vec![]), Some(milli(7)));
    assert_eq!(lacks(&[bond], vec![]), None);
    let way = (Outside::Giver([1; 20].into()), Held::Megapool);
    let sent = vec![fact(2, 1, moved(Reason::Sent, 7, way))];
    assert_eq!(lacks(&[(Held::Megapool, 17), bond], sent), None);
}

#[test]
fn periods_follow_each_other_and_what_was_final_is_never_written_over() {
    let mut books = books(&[opening(5, Holdings::default())]);
    let kept = books.clone();
    let refused = |books: &mut Books, period: &Period| books.take(period).unwrap_err();
    let next = || period((5, 8), Vec::new(), Holdings::default());
    assert_eq!(refused(&mut Books::default(), &next()), Unfit::NoOpening);
    let late = period((6, 8), Vec::new(), Holdings::default());
    assert_eq!(refused(&mut books, &late), Unfit::Gap { found: 6, ends: 5 });
    let mut other = next();
    other.after.as_mut().unwrap().hash = [9; 32].into();
    assert_eq!(refused(&mut books, &other), Unfit::OtherBlock(5));
    let back = period((5, 5), Vec::new(), Holdings::default());
    assert_eq!(refused(&mut books, &back), Unfit::Backwards(5));
    let mut moved = next();
    moved.arrivals.withdrawal = [1; 20].into();
    assert_eq!(refused(&mut books, &moved), Unfit::OtherArrivals(8));
    assert_eq!(books, kept);
    // With what is there it begins anew, and nothing of before is left in the accounts.
    moved.after = None;
    moved.holdings = holdings(&[(Held::Withdrawal, 3)]);
    books.take(&moved).unwrap();
    assert_eq!(books.end.unwrap().arrivals, moved.arrivals);
}

fn held() -> impl Strategy<Value = Held> {
    prop_oneof![
        Just(Held::Withdrawal),
        Just(Held::NodeEther),
        Just(Held::Credit),
        Just(Held::Bond),
        Just(Held::Megapool),
        Just(Held::Refund),
        Just(Held::Debt),
    ]
}

fn any_what() -> impl Strategy<Value = What> {
    let amount = || (0..50_000_u64).prop_map(milli);
    prop_oneof![
        (held(), held(), 0..50_000_u64).prop_map(|(from, to, it)| moved(
            Reason::Gift,
            it,
            (from, to)
        )),
        (held(), 0..9_000_u64).prop_map(|(to, it)| moved(Reason::Gift, it, (Outside::Helper, to))),
        amount().prop_map(|it| What::Deposited { ether: Some(it) }),
        Just(What::Deposited { ether: None }),
        Just(What::Credited),
        Just(What::Dissolved),
        Just(What::Intervals),
        amount().prop_map(|balance| What::Exited { balance }),
        amount().prop_map(|amount| What::DebtPaid { amount }),
        (amount(), amount()).prop_map(|(node, others)| What::Distributed { node, others }),
        amount().prop_map(|amount| What::Claimed { amount }),
        held().prop_map(|to| What::Proposed { to }),
    ]
}

fn any_period(after: u64) -> impl Strategy<Value = Period> {
    let facts = prop::collection::vec((0..4_u64, any_what()), 0..8);
    let there = prop::collection::vec((held(), -50_000..50_000_i64), 0..8);
    (facts, there).prop_map(move |(facts, there)| {
        let facts = facts
            .into_iter()
            .map(|(number, what)| fact(after + 1, number, what));
        period((after, after + 1), facts.collect(), holdings(&there))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_the_chain_shows_the_books_are_closed_and_come_to_what_it_says(
        first in any_period(1), second in any_period(2), opens in any::<bool>(),
    ) {
        let began = match opens {
            true => holdings(&[(Held::Bond, 8_000), (Held::Debt, -5)]),
            false => Holdings::default(),
        };
        let books = books(&[opening(1, began), first, second.clone()]);
        let mut sums: BTreeMap<Asset, i128> = BTreeMap::new();
        for ((_, asset), sum) in &books.balances {
            *sums.entry(*asset).or_default() += sum.0;
        }
        prop_assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
        for entry in &books.entries {
            let sum: i128 = entry.moves.iter().flat_map(Move::postings).map(|it| it.2.0).sum();
            prop_assert_eq!(sum, 0);
        }
        for ((account, asset), sum) in &books.balances {
            if let Account::Held(held) = account {
                prop_assert_eq!(*sum, second.holdings.of(*held, *asset), "{:?}", held);
            }
        }
        let unexplained = books.entries.iter().filter(|it| it.reason == Reason::Unexplained);
        prop_assert!(unexplained.count() <= 2);
    }
}
