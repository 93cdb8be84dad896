//! What nobody has signed, or one operator alone, takes no room and no place.

use super::*;
use crate::pool::agreement::MOST_ALONE;
use proto::agreement::{AgreementHash, Content, MAX_VERSIONS, Version};

/// A copy that ends in so many versions which nobody has signed, as anybody can write it.
fn bare(agreement: &Agreement, count: usize) -> Agreement {
    let mut file = agreement.to_file();
    for number in 0..count {
        let last = file.versions.last().unwrap();
        let mut terms = last.content.terms.pool.clone().unwrap();
        let mut withdrawal = [0xa0; 20];
        withdrawal[0] = u8::try_from(number).unwrap();
        terms.withdrawal = withdrawal.into();
        let content = Content {
            number: last.content.number + 1,
            previous: Some(last.hash),
            terms: terms.into(),
            ..last.content.clone()
        };
        file.versions.push(Version {
            hash: content.hash(),
            content,
            signatures: [].into(),
            node_signature: None,
            owner_signatures: [].into(),
        });
    }
    read(file).unwrap()
}

fn with(byte: u8) -> PoolTerms {
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
    // Drafts that one operator gives up before anybody has signed are taken.
    let drafts = bare(&own, MOST_ALONE);
    own.merge(&drafts, Deposits::UNKNOWN).unwrap();
    assert_eq!(own, drafts);
    // They are not in the way of the next one, which holds against them once it is signed.
    let mut next = own.instead(with(0x61), Deposits::UNKNOWN).unwrap();
    assert_eq!(next.last().content.number, 2);
    own.merge(&next, Deposits::UNKNOWN).unwrap_err();
    next.sign(&identities()[1]).unwrap();
    own.merge(&next, Deposits::UNKNOWN).unwrap();
    assert_eq!(own, next);
}

/// The copy after this operator has signed its versions from the second on, each or only the last.
fn signed_by_one(agreement: &Agreement, each: bool) -> Agreement {
    let mut file = agreement.to_file();
    let last = file.versions.len() - 1;
    let alice = &identities()[0];
    for (at, version) in file.versions.iter_mut().enumerate().skip(1) {
        if each || at == last {
            let signature = alice.sign_bare(&AgreementHash(version.hash));
            version.signatures.insert("alice".to_owned(), signature);
        }
    }
    read(file).unwrap()
}

#[test]
fn one_operator_alone_cannot_fill_the_agreement() {
    for each in [true, false] {
        for count in [MOST_ALONE + 1, MAX_VERSIONS - 1] {
            let junk = signed_by_one(&bare(&agreed(), count), each);
            let mut own = agreed();
            let words = own.merge(&junk, Deposits::UNKNOWN).unwrap_err().to_string();
            let last = junk.last().content.number;
            let expected =
                format!("versions 2 to {last} are signed by alice alone, and more than 8");
            assert!(words.contains(&expected), "{words}");
            assert_eq!(own, agreed());
            junk.refuse_crowd().unwrap_err();
            // A copy that was filled before is mended by the next version that anybody writes, and
            // what is in force stays.
            let next = junk.instead(with(0x61), Deposits::UNKNOWN).unwrap();
            assert_eq!(next.last().content.number, 2);
            assert_eq!(next.in_force().unwrap().content.number, 1);
            let mut signed = next.clone();
            signed.sign(&identities()[1]).unwrap();
            let mut mended = junk.clone();
            mended.merge(&signed, Deposits::UNKNOWN).unwrap();
            assert_eq!(mended, signed);
        }
    }
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

#[test]
fn what_one_operator_alone_has_signed_is_gone_behind_by_the_others() {
    // He uses up all the room that he has.
    let mut own = agreed();
    let junk = signed_by_one(&bare(&own, MOST_ALONE), true);
    own.merge(&junk, Deposits::UNKNOWN).unwrap();
    assert_eq!(own, junk);
    // Another one writes the next version behind it, and has his copies take nothing of it.
    let mut next = own.instead(with(0x61), Deposits::UNKNOWN).unwrap();
    next.sign(&identities()[1]).unwrap();
    assert_eq!(next.last().content.number, 10);
    next.refuse_crowd().unwrap();
    own.merge(&next, Deposits::UNKNOWN).unwrap();
    assert_eq!(own, next);
    // A longer branch of his takes its place with nobody.
    let mut other = bare(&agreed(), 1)
        .instead(with(0x62), Deposits::UNKNOWN)
        .unwrap();
    for byte in 0x63..0x69 {
        other.sign(&identities()[0]).unwrap();
        other = other.instead(with(byte), Deposits::UNKNOWN).unwrap();
    }
    other.sign(&identities()[0]).unwrap();
    let other = bare(&other, MOST_ALONE);
    assert!(other.versions().len() > own.versions().len());
    let words = own
        .merge(&other, Deposits::UNKNOWN)
        .unwrap_err()
        .to_string();
    assert!(words.contains("less is signed of it"), "{words}");
    assert_eq!(own, next);
    // All sign in the end, and the room is theirs again.
    sign_all(&mut own);
    assert_eq!(own.in_force().unwrap().content.number, 10);
    let more = bare(&own, MOST_ALONE);
    own.merge(&more, Deposits::UNKNOWN).unwrap();
}

#[test]
fn who_has_written_as_much_as_is_taken_leaves_the_next_version_to_another() {
    let mut own = agreed();
    for byte in 0..8 {
        own = own.instead(with(0x60 + byte), Deposits::UNKNOWN).unwrap();
        own.sign(&identities()[0]).unwrap();
        own.refuse_crowd().unwrap();
    }
    own = own.instead(with(0x70), Deposits::UNKNOWN).unwrap();
    let mut by_bob = own.clone();
    own.sign(&identities()[0]).unwrap();
    let words = own.refuse_crowd().unwrap_err().to_string();
    assert!(
        words.contains("2 to 10 are signed by alice alone"),
        "{words}"
    );
    by_bob.sign(&identities()[1]).unwrap();
    by_bob.refuse_crowd().unwrap();
}
