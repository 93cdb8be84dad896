//! The verdict on epochs that were shown.

use super::*;
use crate::ledger::tests::ledger;

#[test]
fn an_epoch_that_was_shown_and_has_not_all_its_duties_in_blocks_is_an_error() {
    let (ledger, none) = (ledger(), BTreeSet::new());
    let shown = BTreeSet::from([Epoch(1), Epoch(2)]);
    let error = judge(&ledger, &shown, &none).unwrap_err().to_string();
    assert_eq!(
        error,
        "not as expected: epoch 1: attestations 0/2, proposals 0/1, sync committee messages 0/0"
    );
    assert!(judge(&ledger, &none, &none).is_ok(), "it is not over");
    assert!(judge(&ledger, &shown, &BTreeSet::from([Epoch(1)])).is_ok());
}
