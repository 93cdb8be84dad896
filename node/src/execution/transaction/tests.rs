//! Answers are read as what they mean.

use super::*;

#[test]
fn a_transaction_that_a_node_has_is_told_from_one_that_it_does_not_know() {
    for had in [
        "already known",
        "AlreadyKnown",
        "known transaction: 0x12",
        "ALREADY_EXISTS: ",
        "0x1f: this transaction is already in the TxPool",
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
