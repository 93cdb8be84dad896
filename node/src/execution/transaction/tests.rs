//! Fees and answers are read as what they mean.

use super::*;

#[test]
fn a_tip_far_above_what_the_node_suggests_is_told_from_a_dear_day() {
    let is_far_above = |priority_gwei: u64, suggested: Option<u64>| {
        let fees = Fees {
            base_fee: 7,
            max_fee: u64::MAX,
            priority_fee: WEI_PER_GWEI,
            suggested,
        };
        fees.is_far_above(priority_gwei * WEI_PER_GWEI)
    };
    // What a node suggests on a quiet day is next to nothing, and 1 gwei is not much more.
    assert!(!is_far_above(1, Some(1_000)));
    assert!(!is_far_above(3, None));
    assert!(is_far_above(4, Some(1_000)));
    assert!(!is_far_above(40, Some(10 * WEI_PER_GWEI)));
    assert!(is_far_above(41, Some(10 * WEI_PER_GWEI)));
}

#[test]
fn a_transaction_that_a_node_has_is_told_from_one_that_it_does_not_know() {
    for had in [
        "already known",
        "AlreadyKnown",
        "known transaction: 0x12",
        "ALREADY_EXISTS: ",
    ] {
        assert!(is_known_already(had), "{had}");
    }
    for refused in [
        "unknown transaction type",
        "nonce too low",
        "replacement underpriced",
    ] {
        assert!(!is_known_already(refused), "{refused}");
    }
}
