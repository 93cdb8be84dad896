//! Each operator's part, and an amount divided without losing a wei.

use alloy_primitives::U256;
use proptest::prelude::*;
use proto::agreement::PoolTerms;

use crate::pool::agreement::example::terms;
use crate::pool::ledger::account::*;
use crate::pool::ledger::books::Books;
use crate::pool::ledger::example::*;
use crate::pool::ledger::fact::What;
use crate::pool::ledger::holdings::Holdings;
use crate::pool::ledger::report::{Part, Report, Since};
use crate::pool::ledger::shares::divided;

fn amounts(all: &[u128]) -> Vec<Amount> {
    all.iter().map(|it| Amount::of(*it).unwrap()).collect()
}

#[test]
fn what_does_not_divide_goes_to_the_largest_remainders_and_then_to_the_first() {
    let of = |amount, weights: &[u128]| divided(Amount::of(amount).unwrap(), weights);
    assert_eq!(of(100, &[1, 1, 1]), amounts(&[34, 33, 33]));
    assert_eq!(of(10, &[3_334, 3_333, 3_333]), amounts(&[4, 3, 3]));
    assert_eq!(of(7, &[1, 2, 1]), amounts(&[2, 3, 2]));
    assert_eq!(of(5, &[0, 0, 2]), amounts(&[0, 0, 5]));
    assert_eq!(of(5, &[0, 0]), amounts(&[0, 0]));
}

proptest! {
    #[test]
    fn no_wei_is_lost_and_nobody_gets_a_whole_one_too_much(
        amount in 0..1_u128 << 100, weights in prop::collection::vec(0..1_u128 << 90, 1..14),
    ) {
        let shares = divided(Amount::of(amount).unwrap(), &weights);
        let whole: u128 = weights.iter().sum();
        prop_assume!(whole > 0);
        prop_assert_eq!(shares.iter().map(|it| it.get()).sum::<u128>(), amount);
        for (share, weight) in shares.iter().zip(&weights) {
            let exact = U256::from(amount) * U256::from(*weight);
            let floor = u128::try_from(exact / U256::from(whole)).unwrap();
            prop_assert!(share.get() == floor || share.get() == floor + 1);
        }
    }
}

const ALICE: [u8; 20] = [1; 20];
const BOB: [u8; 20] = [2; 20];
const EVIL: [u8; 20] = [9; 20];

fn agreed() -> PoolTerms {
    let mut terms = terms();
    for member in &mut terms.members {
        (member.share, member.funding, member.owner) = (0, Vec::new(), None);
    }
    (terms.members[0].share, terms.members[1].share) = (3_333, 6_667);
    terms.members[0].funding = vec![ALICE.into()];
    terms.members[1].funding = vec![BOB.into()];
    terms
}

fn life() -> Books {
    let paid = |number, from: [u8; 20], amount| {
        let way = (Outside::Payer(from.into()), Held::NodeEther);
        fact(2, number, moved(Reason::PaidIn, amount, way))
    };
    let mut books = Books::default();
    books.take(&opening(1, Holdings::default())).unwrap();
    let given = (Outside::Giver(ALICE.into()), Held::Withdrawal);
    let began = vec![
        paid(1, ALICE, 6_000),
        paid(2, BOB, 2_000),
        paid(3, EVIL, 2_000),
        fact(2, 4, moved(Reason::Gift, 1, given)),
        fact(
            2,
            5,
            What::Deposited {
                ether: Some(milli(8_000)),
            },
        ),
    ];
    let there = holdings(&[
        (Held::NodeEther, 2_000),
        (Held::Bond, 8_000),
        (Held::Withdrawal, 1),
    ]);
    books.take(&period((1, 2), began, there)).unwrap();
    let back = (Held::Withdrawal, Outside::Receiver(ALICE.into()));
    let earned = vec![
        fact(
            3,
            6,
            moved(
                Reason::Withdrawn,
                600,
                (Outside::BeaconChain, Held::Megapool),
            ),
        ),
        fact(
            3,
            7,
            What::Distributed {
                node: milli(100),
                others: milli(500),
            },
        ),
        fact(3, 7, What::Claimed { amount: milli(100) }),
        fact(
            3,
            8,
            moved(
                Reason::TakenBack,
                2_000,
                (Held::NodeEther, Held::Withdrawal),
            ),
        ),
        fact(3, 9, moved(Reason::PaidOut, 1, back)),
    ];
    let there = holdings(&[(Held::Bond, 8_000), (Held::Withdrawal, 2_100)]);
    books.take(&period((2, 3), earned, there)).unwrap();
    books
}

#[test]
fn principal_goes_by_what_was_paid_in_and_earnings_by_the_agreed_shares() {
    let report = Report::of(&life(), &agreed(), Since::Ever).unwrap();
    let part = |place: usize| -> &Part { &report.parts[place] };
    let wei = |milli: u128| milli * 1_000_000_000_000_000;
    assert_eq!(part(0).paid_in, milli(6_000));
    // Of 2 ETH that came back, by 6, 2 and 2: what nobody declared stays nobody's.
    let principal: Vec<u128> = report
        .parts
        .iter()
        .map(|it| it.principal.0.unsigned_abs())
        .collect();
    assert_eq!(principal, [wei(1_200), wei(400), 0, 0, wei(400)]);
    // Of 0.1 ETH that was earned, by 3,333 and 6,667.
    let earned: Vec<u128> = report.parts.iter().map(|it| it.earned.get()).collect();
    assert_eq!(
        earned,
        [
            wei(100) / 10_000 * 3_333,
            wei(100) / 10_000 * 6_667,
            0,
            0,
            0
        ]
    );
    assert_eq!((part(0).sent, part(0).received), (milli(1), milli(1)));
    assert_eq!(part(4).name, None);
    assert_eq!(part(4).paid_in, milli(2_000));
    assert!(report.unexplained.values().all(|it| *it == Sum::ZERO));
    assert!(report.unexplained_in.is_empty());
}

#[test]
fn since_a_block_or_a_time_only_what_moved_then_is_told_and_weights_stay_whole() {
    let all = life();
    for since in [Since::Block(3), Since::Time(mark(3).time)] {
        let report = Report::of(&all, &agreed(), since).unwrap();
        assert!(report.totals.iter().all(|it| it.reason != Reason::PaidIn));
        assert_eq!(report.parts[0].paid_in, milli(6_000));
        assert_eq!(report.parts[0].principal, milli(1_200).into());
        assert_eq!(report.parts[0].sent, Amount::ZERO);
    }
    let report = Report::of(&all, &agreed(), Since::Block(4)).unwrap();
    assert_eq!(
        (report.totals.len(), report.parts[0].earned),
        (0, Amount::ZERO)
    );
}

#[test]
fn what_is_unexplained_in_two_places_does_not_cancel_out() {
    let mut books = Books::default();
    books
        .take(&opening(1, holdings(&[(Held::Credit, 5)])))
        .unwrap();
    books
        .take(&period((1, 2), Vec::new(), holdings(&[(Held::Bond, 5)])))
        .unwrap();
    let report = Report::of(&books, &agreed(), Since::Ever).unwrap();
    assert_eq!(report.unexplained["ETH"], Sum::ZERO);
    let places: Vec<&str> = report.unexplained_in.iter().map(|it| it.account).collect();
    assert_eq!(places, ["credit", "bond"]);
}

/// What each has of the principal, in thousandths of an ether, from some block on.
fn principal(books: &Books, since: Since) -> Vec<i128> {
    let report = Report::of(books, &agreed(), since).unwrap();
    let all = report.parts.iter();
    all.map(|it| it.principal.0 / 1_000_000_000_000_000)
        .collect()
}

/// In a new block this was logged, and this is there then.
fn goes_on(books: &mut Books, facts: Vec<What>, there: &[(Held, i64)]) {
    let last = books.end.as_ref().unwrap().mark.number;
    let facts = facts.into_iter().map(|what| fact(last + 1, last + 1, what));
    let next = period((last, last + 1), facts.collect(), holdings(there));
    books.take(&next).unwrap();
}

fn pays(from: [u8; 20], amount: u64) -> What {
    let way = (Outside::Payer(from.into()), Held::NodeEther);
    moved(Reason::PaidIn, amount, way)
}

fn taken_back(amount: u64) -> What {
    let way = (Held::NodeEther, Held::Withdrawal);
    moved(Reason::TakenBack, amount, way)
}

#[test]
fn who_pays_in_later_has_no_part_of_what_came_back_before() {
    let mut books = life();
    let before = principal(&books, Since::Ever);
    goes_on(
        &mut books,
        vec![pays(EVIL, 8_000)],
        &[
            (Held::Bond, 8_000),
            (Held::NodeEther, 8_000),
            (Held::Withdrawal, 2_100),
        ],
    );
    assert_eq!(principal(&books, Since::Ever), before);
    // What stands then: 4.8 and 1.6 of two operators, and 9.6 that nobody has declared.
    goes_on(
        &mut books,
        vec![taken_back(8_000)],
        &[(Held::Bond, 8_000), (Held::Withdrawal, 10_100)],
    );
    assert_eq!(
        principal(&books, Since::Block(4)),
        [2_400, 800, 0, 0, 4_800]
    );
}

#[test]
fn what_goes_back_to_its_payer_is_his_alone_and_stands_no_more() {
    let mut books = Books::default();
    books.take(&opening(1, Holdings::default())).unwrap();
    let paid = vec![pays(ALICE, 4_000), pays(BOB, 4_000)];
    goes_on(&mut books, paid, &[(Held::NodeEther, 8_000)]);
    let back = (Held::Withdrawal, Outside::Receiver(ALICE.into()));
    let given = vec![taken_back(4_000), moved(Reason::PaidOut, 4_000, back)];
    goes_on(&mut books, given, &[(Held::NodeEther, 4_000)]);
    assert_eq!(principal(&books, Since::Ever)[..2], [4_000, 0]);
    goes_on(
        &mut books,
        vec![taken_back(4_000)],
        &[(Held::Withdrawal, 4_000)],
    );
    assert_eq!(principal(&books, Since::Ever)[..2], [4_000, 4_000]);
}

#[test]
fn what_each_time_tells_adds_up_also_where_the_safe_has_paid_in_again() {
    let mut books = life();
    let again = moved(Reason::PaidIn, 1_500, (Held::Withdrawal, Held::NodeEther));
    goes_on(
        &mut books,
        vec![again],
        &[
            (Held::Bond, 8_000),
            (Held::NodeEther, 1_500),
            (Held::Withdrawal, 600),
        ],
    );
    let (ever, later) = (
        principal(&books, Since::Ever),
        principal(&books, Since::Block(4)),
    );
    assert_eq!(ever, [300, 100, 0, 0, 100]);
    assert_eq!(later, [-900, -300, 0, 0, -300]);
    // All that stood, and more than that, comes back.
    goes_on(
        &mut books,
        vec![taken_back(1_500)],
        &[(Held::Bond, 8_000), (Held::Withdrawal, 2_100)],
    );
    assert_eq!(principal(&books, Since::Ever), [1_200, 400, 0, 0, 400]);
}

#[test]
fn what_comes_back_where_nobody_is_known_to_have_paid_is_nobodys() {
    let mut books = Books::default();
    books
        .take(&opening(1, holdings(&[(Held::NodeEther, 5)])))
        .unwrap();
    goes_on(&mut books, vec![taken_back(5)], &[(Held::Withdrawal, 5)]);
    assert_eq!(principal(&books, Since::Ever), [0, 0, 0, 0, 5]);
}
