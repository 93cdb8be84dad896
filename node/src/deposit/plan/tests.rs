//! Promises of a plan: free nonces for what is new, the same nonce for what is under way.

use proto::eth::LoggedDeposit;

use super::*;
use crate::execution::WEI_PER_GWEI;
use crate::execution::tests::fake::deposit;
use node_core::deposit::standing::{Purpose, Sent};

const FEES: Fees = Fees {
    base_fee: WEI_PER_GWEI,
    max_fee: 3 * WEI_PER_GWEI,
    priority_fee: WEI_PER_GWEI,
    suggested: None,
};

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn account(next: u64, pending: u64) -> Account {
    Account {
        address: address(1),
        next,
        pending,
    }
}

fn pinned(validator: u8, nonce: u64, fees: [u64; 2]) -> Pinned {
    let deposit = deposit(validator);
    let sent = Sent {
        sender: address(1),
        nonce,
        transaction: [validator; 32].into(),
        deposit: Some(Purpose {
            pubkey: deposit.pubkey,
            amount: deposit.amount,
        }),
        max_fee: fees[0],
        priority_fee: fees[1],
    };
    Pinned {
        deposit,
        sender: address(1),
        nonce,
        attempts: vec![sent],
    }
}

/// A view at whose block these validators' deposits are there, by somebody else.
fn view(theirs: &[u8]) -> DepositView {
    let seen = |validator: &u8| LoggedDeposit {
        deposit: deposit(*validator),
        transaction: [66; 32].into(),
        block: 9,
    };
    DepositView {
        first: 0,
        last: 10,
        seen: theirs.iter().map(seen).collect(),
        nonces: [(address(1), 4)].into(),
        settled_nonces: [(address(1), 4)].into(),
        lacking: 0,
        is_counted: true,
    }
}

fn standing(missing: &[u8], open: Vec<Pinned>, overtaken: Vec<Pinned>) -> Standing {
    Standing {
        missing: missing
            .iter()
            .map(|validator| deposit(*validator))
            .collect(),
        open,
        unsettled: Vec::new(),
        overtaken,
        doubled: Vec::new(),
    }
}

/// Nonce, validator, kind, whether it pays, both fees.
fn brief(steps: &[Step]) -> Vec<(u64, u8, Kind, bool, [u64; 2])> {
    let brief = |step: &Step| {
        let Unsigned {
            nonce,
            deposit,
            max_fee,
            priority_fee,
        } = step.transaction;
        let validator = step.deposit.pubkey.as_bytes()[0];
        (
            nonce,
            validator,
            step.kind,
            deposit.is_some(),
            [max_fee, priority_fee],
        )
    };
    steps.iter().map(brief).collect()
}

const ONE: u64 = WEI_PER_GWEI;
const USUAL: [u64; 2] = [3 * ONE, ONE];

#[test]
fn what_is_new_takes_the_nonces_that_are_free() {
    let open = vec![pinned(7, 5, [9 * ONE, 2 * ONE])];
    let standing = standing(&[1, 2], open, vec![]);
    let steps = steps(&standing, &view(&[]), (&account(4, 6), &FEES), false);
    // Nonce 4 is under way and nobody knows what it is.
    assert!(matches!(steps, Err(Refusal::UnderWay(_))));
    let steps = super::steps(&standing, &view(&[]), (&account(5, 6), &FEES), false).unwrap();
    let expected = [
        (5, 7, Kind::Again, true, [9 * ONE, 2 * ONE]),
        (6, 1, Kind::New, true, USUAL),
        (7, 2, Kind::New, true, USUAL),
    ];
    assert_eq!(brief(&steps), expected);
    // Nonce 4 was dropped by the node: what is new fills the gap.
    let steps = super::steps(&standing, &view(&[]), (&account(4, 4), &FEES), false).unwrap();
    let nonces: Vec<u64> = steps.iter().map(|step| step.transaction.nonce).collect();
    assert_eq!(nonces, [4, 5, 6]);
}

#[test]
fn what_is_under_way_is_replaced_at_its_nonce_with_both_fees_an_eighth_higher() {
    let open = vec![
        pinned(7, 4, [1_000 * ONE, 10 * ONE]),
        pinned(8, 5, [ONE, 3]),
    ];
    let standing = standing(&[], open, vec![]);
    let steps = steps(&standing, &view(&[]), (&account(4, 6), &FEES), true).unwrap();
    let expected = [
        (4, 7, Kind::Instead, true, [1_125 * ONE, 11 * ONE + ONE / 4]),
        // The present fees are more than an eighth above these.
        (5, 8, Kind::Instead, true, USUAL),
    ];
    assert_eq!(brief(&steps), expected);
    assert_eq!([raised(0), raised(1), raised(8), raised(9)], [1, 2, 9, 11]);
}

#[test]
fn nothing_takes_the_place_of_what_somebody_else_has_paid() {
    let overtaken = standing(&[], vec![], vec![pinned(7, 4, USUAL)]);
    let of = (&account(4, 5), &FEES);
    let words = steps(&overtaken, &view(&[7]), of, false)
        .unwrap_err()
        .to_string();
    assert!(words.contains("32 ETH would be paid twice"), "{words}");
    assert!(words.contains("--replace"), "{words}");
    let instead = steps(&overtaken, &view(&[7]), of, true).unwrap();
    let higher = [3 * ONE + 3 * ONE / 8, ONE + ONE / 8];
    assert_eq!(brief(&instead), [(4, 7, Kind::Instead, false, higher)]);
    assert_eq!(instead[0].transaction.gas(), 21_000);

    // The next start sends the same nothing again.
    let mut cancelled = pinned(7, 4, USUAL);
    cancelled.attempts.push(Sent {
        deposit: None,
        max_fee: 9,
        priority_fee: 2,
        ..cancelled.attempts[0]
    });
    let overtaken = standing(&[], vec![], vec![cancelled]);
    let again = steps(&overtaken, &view(&[7]), of, false).unwrap();
    assert_eq!(brief(&again), [(4, 7, Kind::Again, false, [9, 2])]);
}

#[test]
fn another_account_does_not_pay_what_may_still_come() {
    let standing = standing(&[1], vec![pinned(7, 4, USUAL)], vec![]);
    let other = Account {
        address: address(2),
        next: 0,
        pending: 0,
    };
    let words = steps(&standing, &view(&[]), (&other, &FEES), false);
    let words = words.unwrap_err().to_string();
    assert!(words.contains("was sent before from 0x0101"), "{words}");
    assert!(words.contains("with its nonce 4"), "{words}");
}

#[test]
fn replacing_needs_something_to_replace() {
    let standing = standing(&[1], vec![], vec![]);
    let steps = steps(&standing, &view(&[]), (&account(4, 4), &FEES), true);
    assert!(matches!(steps, Err(Refusal::NothingToReplace)));
}
