//! An intent has one encoding, every part of it is in the hash, and no bytes but its own are read.

use super::*;

fn intent() -> Intent {
    Intent {
        lock: [1; 32].into(),
        agreement: [2; 32].into(),
        number: 3,
        previous: [4; 32].into(),
        aims: Aims {
            validators: 5,
            tickets: Tickets::Save,
            smoothing_pool: true,
            claims: false,
            exits: vec![[6; 48].into(), [7; 48].into()],
        },
    }
}

#[test]
fn an_intent_comes_back_from_its_bytes() {
    let bare = Intent {
        aims: Aims {
            exits: Vec::new(),
            ..intent().aims
        },
        ..intent()
    };
    for intent in [intent(), bare] {
        assert_eq!(Intent::decode(&intent.encode()), Ok(intent));
    }
}

#[test]
fn the_hash_is_over_purpose_and_encoding() {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(15_u64.to_le_bytes());
    hash.update(b"gantry/intent/1");
    hash.update(intent().encode());
    assert_eq!(
        intent().hash(),
        Root::from(<[u8; 32]>::from(hash.finalize()))
    );
}

#[test]
fn whatever_changes_changes_the_hash() {
    let changes: [fn(&mut Intent); 9] = [
        |it| it.lock = [9; 32].into(),
        |it| it.agreement = [9; 32].into(),
        |it| it.number = 9,
        |it| it.previous = [9; 32].into(),
        |it| it.aims.validators = 9,
        |it| it.aims.tickets = Tickets::Use,
        |it| it.aims.smoothing_pool = false,
        |it| it.aims.claims = true,
        |it| it.aims.exits.truncate(1),
    ];
    let mut hashes = vec![intent().hash()];
    for change in changes {
        let mut other = intent();
        change(&mut other);
        assert!(!hashes.contains(&other.hash()), "{other:?}");
        hashes.push(other.hash());
    }
}

#[test]
fn bytes_that_are_not_exactly_one_intent_are_none() {
    let whole = intent().encode();
    for length in 0..whole.len() {
        let cut = Intent::decode(&whole[..length]);
        assert_eq!(cut, Err(BadIntent::Length(length)));
    }
    let longer = [whole.as_slice(), &[0]].concat();
    let length = longer.len();
    assert_eq!(Intent::decode(&longer), Err(BadIntent::Length(length)));
    // The choices begin behind three hashes and two numbers.
    for (place, field) in [
        (112, "tickets"),
        (120, "the smoothing pool"),
        (128, "claims"),
    ] {
        let mut odd = whole.clone();
        odd[place] = 2;
        let refused = BadIntent::Choice { field, value: 2 };
        assert_eq!(Intent::decode(&odd), Err(refused));
    }
}

#[test]
fn exits_are_few_and_in_order() {
    let with = |exits: Vec<PublicKey>| {
        let aims = Aims {
            exits,
            ..intent().aims
        };
        Intent { aims, ..intent() }.encode()
    };
    for odd in [[7, 6], [6, 6]] {
        let keys = odd.map(|byte| [byte; 48].into()).to_vec();
        assert_eq!(Intent::decode(&with(keys)), Err(BadIntent::Order));
    }
    let keys = |count: u8| (0..count).map(|byte| [byte; 48].into()).collect();
    assert!(Intent::decode(&with(keys(64))).is_ok());
    assert_eq!(with(keys(64)).len(), MAX_BYTES);
    assert_eq!(Intent::decode(&with(keys(65))), Err(BadIntent::Exits(65)));
}

#[test]
fn what_differs_is_named_in_the_order_of_the_fields() {
    let ours = intent().aims;
    let theirs = Aims {
        validators: 6,
        exits: Vec::new(),
        ..ours.clone()
    };
    let differences = ours.differences(&theirs);
    let named: Vec<_> = differences.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, ["validators", "exits"]);
    assert_eq!(differences[0].1, "5");
    assert_eq!(differences[0].2, "6");
    assert!(ours.differences(&ours).is_empty());
}
