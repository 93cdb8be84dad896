//! What is written comes back, and nothing within it can be changed.

use crate::pool::ledger::account::*;
use crate::pool::ledger::example::*;
use crate::pool::ledger::fact::What;
use crate::pool::ledger::kept::{BadLine, Chain};
use crate::pool::ledger::period::Period;

fn some() -> Vec<Period> {
    let giver = Outside::Giver([0xee; 20].into());
    let facts = vec![
        fact(2, 1, moved(Reason::Gift, 5, (giver, Held::Withdrawal))),
        fact(2, 2, What::Deposited { ether: None }),
        fact(2, 3, What::Proposed { to: Held::Megapool }),
        fact(
            2,
            4,
            What::Distributed {
                node: milli(1),
                others: milli(5),
            },
        ),
    ];
    vec![
        opening(1, holdings(&[(Held::Debt, -50)])),
        period(
            (1, 2),
            facts,
            holdings(&[(Held::Debt, -50), (Held::Withdrawal, 5)]),
        ),
    ]
}

fn lines(lock: [u8; 32]) -> (Vec<String>, Chain) {
    let mut chain = Chain::begin(&lock.into());
    let mut lines = Vec::new();
    for period in some() {
        let (line, next) = chain.line(&period);
        lines.push(line.trim_end().to_owned());
        chain = next;
    }
    (lines, chain)
}

#[test]
fn lines_come_back_as_they_were_and_end_with_the_same_hash() {
    let (lines, end) = lines([1; 32]);
    let mut chain = Chain::begin(&[1; 32].into());
    let read: Vec<Period> = lines.iter().map(|line| chain.read(line).unwrap()).collect();
    assert_eq!(read, some());
    assert_eq!(chain, end);
}

#[test]
fn a_line_that_was_changed_left_out_or_is_of_another_cluster_is_refused() {
    let (lines, _) = lines([1; 32]);
    let read = |lock: [u8; 32], lines: &[String]| {
        let mut chain = Chain::begin(&lock.into());
        lines.iter().try_for_each(|line| chain.read(line).map(drop))
    };
    assert_eq!(read([1; 32], &lines), Ok(()));
    assert_eq!(read([2; 32], &lines), Err(BadLine::Hash));
    assert_eq!(read([1; 32], &lines[1..]), Err(BadLine::Hash));
    let mut changed = lines.clone();
    changed[1] = changed[1].replace("5000000000000000", "6000000000000000");
    assert_ne!(changed, lines);
    assert_eq!(read([1; 32], &changed), Err(BadLine::Hash));
    assert_eq!(read([1; 32], &["".to_owned()]), Err(BadLine::Hash));
}

#[test]
fn an_amount_that_cannot_be_is_not_read() {
    let amount = |text: &str| serde_json::from_str::<Amount>(&format!("{text:?}"));
    assert_eq!(
        amount("1267650600228229401496703205375").unwrap().get(),
        (1 << 100) - 1
    );
    assert!(amount("1267650600228229401496703205376").is_err());
    assert!(amount("-1").is_err());
    assert!(serde_json::from_str::<Sum>("\"-2000000000000000000000000000000\"").is_err());
    assert_eq!(Amount::of_word(&[0xff; 32]), None);
}
