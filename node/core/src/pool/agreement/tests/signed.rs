//! An operator signs one version of each number, and none before one already signed.

use super::*;

fn with(agreement: &Agreement, byte: u8) -> Agreement {
    let mut terms = good_terms();
    terms.withdrawal = [byte; 20].into();
    agreement.instead(terms, Deposits::UNKNOWN).unwrap()
}

fn added(signed: &mut Signed, agreement: &Agreement) {
    let last = agreement.last();
    signed.add(last.content.number, last.hash);
}

#[test]
fn a_second_version_of_a_number_is_not_signed() {
    let (one, other) = (with(&agreed(), 0x61), with(&agreed(), 0x62));
    let mut signed = Signed::default();
    signed.allow(&one).unwrap();
    added(&mut signed, &one);
    // The same again, after a crash.
    signed.allow(&one).unwrap();
    let words = signed.allow(&other).unwrap_err().to_string();
    let (theirs, hers) = (one.last().hash, other.last().hash);
    let expected = format!("you have signed version 2 with the hash {theirs}, so you cannot sign");
    assert!(words.contains(&expected), "{words}");
    assert!(
        words.contains(&format!("version 2 with the hash {hers}")),
        "{words}"
    );
    // What is written in place of either may be signed.
    signed.allow(&with(&one, 0x63)).unwrap();
    signed.allow(&with(&other, 0x63)).unwrap();
}

#[test]
fn one_before_a_version_already_signed_is_not_signed() {
    let open = with(&agreed(), 0x61);
    let mut signed = Signed::default();
    added(&mut signed, &with(&open, 0x62));
    let words = signed.allow(&open).unwrap_err().to_string();
    assert!(words.contains("you have signed version 3"), "{words}");
}

#[test]
fn signatures_in_a_copy_count_as_what_is_remembered() {
    let mut one = with(&agreed(), 0x61);
    one.sign(&identities()[1]).unwrap();
    let other = with(&agreed(), 0x62);
    let by = |name| {
        let mut signed = Signed::default();
        signed.add_those_of(&one, name);
        signed
    };
    by("alice").allow(&other).unwrap();
    by("bob").allow(&other).unwrap_err();
}

#[test]
fn a_copy_that_lacks_what_its_operator_signed_last_is_told_apart() {
    let first = agreed();
    let open = with(&first, 0x61);
    let mut signed = Signed::default();
    signed.check_newest(None).unwrap();
    signed.check_newest(Some(&first)).unwrap();
    added(&mut signed, &first);
    added(&mut signed, &open);
    for older in [None, Some(&first), Some(&with(&first, 0x62))] {
        let words = signed.check_newest(older).unwrap_err().to_string();
        assert!(
            words.contains("it lacks version 2 with the hash"),
            "{words}"
        );
    }
    signed.check_newest(Some(&open)).unwrap();
    // Another branch counts once its version is in force.
    let mut settled = with(&with(&first, 0x62), 0x63);
    signed.check_newest(Some(&settled)).unwrap_err();
    sign_all(&mut settled);
    signed.check_newest(Some(&settled)).unwrap();
}
