//! What the sum of a log remembers.

use sha2::{Digest as _, Sha256};

use super::super::entry::encode_records;
use super::super::entry::tests::one_of_each;
use super::super::frame::VERSION;
use super::*;

/// A record that an earlier program wrote is read, or refused by its version: who changes the
/// layout raises it.
#[test]
fn the_layout_of_a_version_never_changes() {
    let mut history = History::default();
    let records = one_of_each();
    for record in &records {
        history.apply(record).unwrap();
    }
    let snapshot = history.encode();
    assert_eq!(History::decode(&snapshot), Some(history));
    let written = [encode_records(&records), snapshot].concat();
    let digest = "1319dd68eb46d3047706dc44e72e864e1530b83f1d067bced483414d3b7e0b7c";
    assert_eq!(VERSION, 2, "and the digest is of this version");
    assert_eq!(hex::encode(Sha256::digest(written)), digest);
}
