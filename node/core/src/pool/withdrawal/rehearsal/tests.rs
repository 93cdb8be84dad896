//! What counts as a rehearsal, and what does not.

use super::*;
use crate::pool::agreement::example::terms;

const ALICE: [u8; 20] = [0x41; 20];
/// With which bob decides.
const BOB: [u8; 20] = [0x52; 20];
const EVIL: [u8; 20] = [0xee; 20];

fn milli(amount: u32) -> Wei {
    Wei::of_milliether(amount)
}

fn logged(name: [u8; 32], words: &[[u8; 32]]) -> Logged {
    let indexed = words.iter().take(1).map(|word| (*word).into());
    Logged {
        by: [0x5a; 20].into(),
        topics: [name.into()].into_iter().chain(indexed).collect(),
        data: words[1..].concat(),
        transaction: [1; 32].into(),
    }
}

fn came(from: [u8; 20], amount: Wei) -> Logged {
    let from = *indexed(&from.into()).as_bytes();
    let words = [from, amount.0.to_be_bytes()];
    logged(SafeReceived::SIGNATURE_HASH.0, &words)
}

fn done() -> Logged {
    logged(ExecutionSuccess::SIGNATURE_HASH.0, &[[7; 32], [0; 32]])
}

fn read(log: &[Logged]) -> Rehearsal {
    Rehearsal::read(log, &terms())
}

#[test]
fn ether_of_an_operator_comes_in_and_the_safe_acts_after_that() {
    let received = |from: [u8; 20], amount| Rehearsal::Received {
        from: from.into(),
        amount,
    };
    assert_eq!(read(&[]), Rehearsal::Nothing);
    assert_eq!(read(&[came(ALICE, milli(1))]), received(ALICE, milli(1)));
    let both = [came(ALICE, milli(1)), came(BOB, milli(3))];
    assert_eq!(read(&both), received(BOB, milli(3)));
    assert_eq!(read(&[came(ALICE, milli(1)), done()]), Rehearsal::Done);
    let later = [came(ALICE, milli(1)), done(), came(ALICE, milli(1))];
    assert_eq!(read(&later), Rehearsal::Done);
    // 1.3.0 indexes nothing of what was done.
    let mut old = done();
    old.data = [*old.topics[1].as_bytes(), [0; 32]].concat();
    old.topics.truncate(1);
    assert_eq!(read(&[came(ALICE, milli(1)), old]), Rehearsal::Done);
}

#[test]
fn what_came_from_others_or_was_too_little_or_done_before_is_none() {
    let before = [done(), came(ALICE, milli(1))];
    assert_ne!(read(&before), Rehearsal::Done);
    let little = Wei(milli(1).0 - U256::ONE);
    for nothing in [
        vec![done()],
        vec![came(EVIL, milli(1_000)), done()],
        vec![came(ALICE, little), done()],
    ] {
        assert_eq!(read(&nothing), Rehearsal::Nothing);
    }
    // What cannot be read.
    let mut torn = came(ALICE, milli(1));
    torn.data.truncate(31);
    assert_eq!(read(&[torn, done()]), Rehearsal::Nothing);
}

#[test]
fn the_events_are_those_of_safes_contracts() {
    assert_eq!(SafeReceived::SIGNATURE, "SafeReceived(address,uint256)");
    assert_eq!(
        ExecutionSuccess::SIGNATURE,
        "ExecutionSuccess(bytes32,uint256)"
    );
}
