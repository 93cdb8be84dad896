//! What nobody has signed takes no room and no place.

use super::*;
use crate::pool::agreement::MOST_BARE;
use proto::agreement::{Content, MAX_VERSIONS, Version};

/// A copy that ends in so many versions which nobody has signed, as anybody can write it.
fn bare(agreement: &Agreement, count: usize) -> Agreement {
    let mut file = agreement.to_file();
    for number in 0..count {
        let last = file.versions.last().unwrap();
        let mut terms = last.content.terms.clone();
        let mut withdrawal = [0xa0; 20];
        withdrawal[0] = u8::try_from(number).unwrap();
        terms.withdrawal = withdrawal.into();
        let content = Content {
            number: last.content.number + 1,
            previous: Some(last.hash),
            terms,
            ..last.content.clone()
        };
        file.versions.push(Version {
            hash: content.hash(),
            content,
            signatures: [].into(),
            node_signature: None,
        });
    }
    read(file).unwrap()
}

fn with(byte: u8) -> Terms {
    let mut terms = good_terms();
    terms.withdrawal = [byte; 20].into();
    terms
}

#[test]
fn a_file_of_versions_that_nobody_has_signed_leaves_room_for_the_next_one() {
    let mut own = agreed();
    let junk = bare(&own, MAX_VERSIONS - 1);
    let words = own.merge(&junk, Deposits::UNKNOWN).unwrap_err().to_string();
    assert!(
        words.contains("the versions 2 to 256, and more than 8"),
        "{words}"
    );
    assert_eq!(own, agreed());
    junk.refuse_bare().unwrap_err();
    // Drafts that one operator gives up before anybody has signed are taken.
    let drafts = bare(&own, MOST_BARE);
    own.merge(&drafts, Deposits::UNKNOWN).unwrap();
    assert_eq!(own, drafts);
    // He is told before the others refuse it.
    let words = own.instead(with(0x61), Deposits::UNKNOWN).unwrap_err();
    assert!(matches!(words, BadAgreement::Bare { .. }), "{words}");
    own.sign(&identities()[0]).unwrap();
    let next = own.instead(with(0x61), Deposits::UNKNOWN).unwrap();
    let mut other = agreed();
    other.merge(&next, Deposits::UNKNOWN).unwrap();
    assert_eq!(other, next);
}

#[test]
fn what_somebody_has_signed_holds_against_what_nobody_has_however_far_that_goes() {
    let mut open = agreed().next(with(0x61), Deposits::UNKNOWN).unwrap();
    open.sign(&identities()[1]).unwrap();
    let mut own = open.clone();
    let words = own
        .merge(&bare(&agreed(), 3), Deposits::UNKNOWN)
        .unwrap_err();
    assert!(
        words.to_string().contains("less is signed of it"),
        "{words}"
    );
    assert_eq!(own, open);
    // A copy that was filled before is mended by what somebody has signed.
    let mut filled = bare(&agreed(), MAX_VERSIONS - 1);
    filled.merge(&open, Deposits::UNKNOWN).unwrap();
    assert_eq!(filled, open);
    // And what it is filled with keeps no signature from it.
    let mut filled = bare(&agreed(), MAX_VERSIONS - 1);
    let mut signed = bare(&agreed(), 1);
    signed.sign(&identities()[0]).unwrap();
    filled.merge(&signed, Deposits::UNKNOWN).unwrap();
    assert!(filled.versions()[1].signatures.contains_key("alice"));
}
