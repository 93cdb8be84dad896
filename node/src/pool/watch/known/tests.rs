//! What is kept to be sent.

use node_core::deposit::example::{deposits, version};

use super::*;

#[test]
fn a_deposit_with_a_wrong_signature_is_never_kept_to_be_sent() {
    let [mut wrong, right] = [0, 2].map(|at| deposits()[at]);
    wrong.signature = right.signature;
    let mut known = Known::default();
    known.take(&[wrong, right], version());
    assert_eq!(known.deposits.into_values().collect::<Vec<_>>(), [right]);
    // On another chain it is worth nothing.
    let mut known = Known::default();
    known.take(&[right], [9; 4].into());
    assert!(known.deposits.is_empty());
}

#[test]
fn no_deposit_is_kept_to_be_sent_once_the_key_of_the_node_account_was_misused() {
    let right = deposits()[0];
    let mut known = Known::default();
    known.take(&[right], version());
    known.judge(true);
    assert!(known.made().deposits.is_empty());
    known.take(&[right], version());
    assert!(known.made().deposits.is_empty());
    known.judge(false);
    known.take(&[right], version());
    assert_eq!(known.made().deposits.len(), 1);
}
