//! What the sum of a log remembers.

use sha2::{Digest as _, Sha256};

use super::super::entry::encode_records;
use super::super::entry::tests::one_of_each;
use super::super::frame::{JOINED, PLAIN, VERSION};
use super::*;
use proto::agreement::Fixed;

/// A record that an earlier program wrote is read, or refused by its version: who changes the
/// layout raises it.
#[test]
fn the_layout_of_a_version_never_changes() {
    let all = one_of_each();
    let [plain @ .., joined, agreed] = all.as_slice() else {
        unreachable!("there is one of each")
    };
    assert!(matches!(joined.entry(), Entry::Joined(_)));
    assert!(matches!(agreed.entry(), Entry::Agreed { .. }));
    let digest = |records: &[Record], version: u32| {
        let mut history = History::default();
        for record in records {
            history.apply(record).unwrap();
        }
        assert_eq!(history.version(), version);
        let snapshot = history.encode();
        assert_eq!(History::decode(&snapshot), Some(history));
        let written = [encode_records(records), snapshot].concat();
        hex::encode(Sha256::digest(written))
    };
    assert_eq!(
        (PLAIN, JOINED, VERSION),
        (2, 3, 4),
        "and the digests are of these versions"
    );
    let of_two = "1319dd68eb46d3047706dc44e72e864e1530b83f1d067bced483414d3b7e0b7c";
    assert_eq!(digest(plain, PLAIN), of_two);
    let of_three = "4eeb32caca32175eda86741e559ba26598acbda6e2ee3f0ef3ecf4e74811fdfd";
    assert_eq!(digest(&all[..all.len() - 1], JOINED), of_three);
    let of_four = "e2562cafa7de304829c621b0ae071a22dd0462be2d160535569d6fded9cb44e5";
    assert_eq!(digest(&all, VERSION), of_four);
}

#[test]
fn another_node_of_rocket_pool_than_the_first_is_never_joined() {
    let mut history = History::default();
    let records = one_of_each();
    for record in &records {
        history.apply(record).unwrap();
    }
    let joined = *history.joined().unwrap();
    let later = Joined {
        number: 9,
        ..joined
    };
    history.add(Entry::Joined(later)).unwrap();
    assert_eq!(
        history.joined(),
        Some(&joined),
        "since the first share left"
    );
    let fixed = Fixed {
        node_account: [1; 20].into(),
        ..joined.fixed
    };
    let other = Entry::Joined(Joined { fixed, ..joined });
    assert_eq!(history.add(other), Err(BadRecord::TwoNodes));
}
