//! Each cause is told, and what is of another contract or unknown is not taken for one.

use alloy_primitives::U256;
use proto::Root;

use super::*;
use crate::pool::example::{ETHER, MEGAPOOL};

fn entry(event: [u8; 32], id: Option<u64>, data: &[u64]) -> Logged {
    let word = |number: u64| Root::from(U256::from(number).to_be_bytes::<32>());
    Logged {
        by: MEGAPOOL.into(),
        topics: [event.into()].into_iter().chain(id.map(word)).collect(),
        data: data.iter().flat_map(|it| *word(*it).as_bytes()).collect(),
        transaction: Root::ZERO,
    }
}

fn debt(ether: u64) -> Logged {
    entry(RAISED, None, &[ether * ETHER, 77])
}

fn causes(log: &[Logged]) -> Vec<(Wei, Cause)> {
    let all = raised(&MEGAPOOL.into(), log);
    assert!(all.iter().all(|it| it.time == 77));
    all.into_iter().map(|it| (it.amount, it.cause)).collect()
}

fn wei(ether: u64) -> Wei {
    Wei(U256::from(ether) * U256::from(ETHER))
}

#[test]
fn debt_is_told_with_what_it_came_of() {
    let dissolved = MegapoolValidatorDissolved::SIGNATURE_HASH.0;
    let log = [debt(1), debt(2), entry(dissolved, Some(3), &[77])];
    let both = [(wei(1), Cause::Dissolved(3)), (wei(2), Cause::Dissolved(3))];
    assert_eq!(causes(&log), both);
    let penalty = MegapoolPenaltyApplied::SIGNATURE_HASH.0;
    let exiting = MegapoolValidatorExiting::SIGNATURE_HASH.0;
    let exited = MegapoolValidatorExited::SIGNATURE_HASH.0;
    let log = [
        debt(1),
        entry(penalty, None, &[ETHER, 77]),
        // A notice in time brings no debt.
        entry(exiting, Some(4), &[77]),
        debt(2),
        entry(exiting, Some(5), &[77]),
        debt(3),
        entry(exited, Some(6), &[77]),
    ];
    let told = [
        (wei(1), Cause::Penalty),
        (wei(2), Cause::LateNotice(5)),
        (wei(3), Cause::Short(6)),
    ];
    assert_eq!(causes(&log), told);
    let said = raised(&MEGAPOOL.into(), &log)[1].to_string();
    assert_eq!(
        said,
        "2 ETH at 77 (Unix seconds): that validator 5 leaves was proved too late"
    );
}

#[test]
fn another_contracts_word_is_no_cause() {
    let penalty = MegapoolPenaltyApplied::SIGNATURE_HASH.0;
    let foreign = Logged {
        by: [9; 20].into(),
        ..entry(penalty, None, &[ETHER, 77])
    };
    let log = [debt(1), foreign.clone()];
    assert_eq!(causes(&log), [(wei(1), Cause::Unknown)]);
    let foreign = Logged {
        by: [9; 20].into(),
        ..debt(5)
    };
    assert_eq!(causes(&[foreign]), []);
}
