//! Copies that meet, and versions that are given up: whatever order they come in, one holds.

use super::*;

fn joined(into: &mut Agreement, copy: &Agreement) -> Result<Merged, String> {
    let merged = into.merge(copy, Deposits::UNKNOWN);
    merged.map_err(|error| error.to_string())
}

/// What is agreed with a withdrawal address of its own.
fn with(byte: u8) -> PoolTerms {
    let mut terms = good_terms();
    terms.withdrawal = [byte; 20].into();
    terms
}

/// A second version, which the first `count` operators have signed.
fn second(byte: u8, count: usize) -> Agreement {
    let mut next = agreed().next(with(byte), Deposits::UNKNOWN).unwrap();
    sign(&mut next, 0..count);
    next
}

fn sign(agreement: &mut Agreement, who: std::ops::Range<usize>) {
    for identity in &identities()[who] {
        agreement.sign(identity).unwrap();
    }
}

fn in_force(agreement: &Agreement) -> u64 {
    agreement.in_force().unwrap().content.number
}

#[test]
fn copies_of_one_agreement_are_merged_to_all_that_they_hold() {
    let mut copies: Vec<Agreement> = identities()
        .iter()
        .map(|identity| {
            let mut copy = first();
            copy.sign(identity).unwrap();
            copy
        })
        .collect();
    sign_as_node(&mut copies[2]);
    let mut whole = copies.remove(0);
    for copy in &copies {
        assert_eq!(joined(&mut whole, copy), Ok(Merged::Level));
    }
    assert_eq!(whole, agreed());
    // A copy that has gone on brings the next version along, and takes nothing away.
    let longer = two_versions();
    assert_eq!(joined(&mut whole, &longer), Ok(Merged::Newer));
    assert_eq!(whole, longer);
    let older = joined(&mut whole, &first());
    assert_eq!(older, Ok(Merged::Older(claim(&longer.versions()[1]))));
    assert_eq!(whole, longer);
}

#[test]
fn a_version_that_is_given_up_never_outdoes_what_came_in_its_place() {
    let open = second(0x61, 3);
    let mut other = open.instead(with(0x62), Deposits::UNKNOWN).unwrap();
    assert_eq!(other.last().content.number, 3);
    assert_eq!(other.last().content.previous, Some(open.last().hash));
    assert_eq!(other.given_up(), &open.versions()[1..]);
    assert_eq!(other.complete_before(), Some(&agreed().versions()[0]));
    assert_eq!(in_force(&other), 1);
    assert_eq!(read(other.to_file()).as_ref(), Ok(&other));
    // Dave, the last, signs the one that was given up. Until the new one is complete it holds.
    let mut late = open.clone();
    sign(&mut late, 3..4);
    assert_eq!(in_force(&late), 2);
    let mut both = other.clone();
    let lacking = Merged::Older(claim(other.last()));
    assert_eq!(joined(&mut both, &late), Ok(lacking));
    assert_eq!(in_force(&both), 2);
    // All sign the new one: whoever hears of both, in whatever order, is of one mind.
    sign(&mut other, 0..4);
    assert_eq!(in_force(&other), 3);
    assert_eq!(joined(&mut late, &other), Ok(Merged::Newer));
    assert_eq!(joined(&mut both, &other), Ok(Merged::Level));
    assert_eq!(joined(&mut other, &late), Ok(Merged::Level));
    assert_eq!([&late, &both].map(in_force), [3, 3]);
    assert_eq!(late, both);
    assert_eq!(late, other);
}

#[test]
fn what_is_in_force_again_needs_no_new_signature_of_the_node_account() {
    // A version with another account, which has signed it, is given up for the first account.
    let other = SigningKey::from_slice(&[6; 32]).unwrap();
    let mut terms = good_terms();
    terms.fixed.node_account = account(&other);
    let mut moved = agreed().next(terms, Deposits::None).unwrap();
    let signature = signed_by(&other, &moved.node_text());
    moved.sign_as_node(account(&other), signature).unwrap();
    sign(&mut moved, 0..3);
    let mut back = moved.instead(with(0x62), Deposits::None).unwrap();
    sign(&mut back, 0..4);
    assert_eq!(in_force(&back), 3);
    // If the one between comes into force late, that takes nothing from the newest.
    sign(&mut moved, 3..4);
    let newer = Merged::Older(claim(back.last()));
    assert_eq!(back.merge(&moved, Deposits::None).unwrap(), newer);
    assert!(back.versions()[1].signatures.contains_key("dave"));
    assert_eq!(in_force(&back), 3);
}

#[test]
fn an_account_that_was_given_up_binds_nobody() {
    let mut terms = good_terms();
    terms.fixed.node_account = [0x95; 20].into();
    let mut wrong = Agreement::first(lock(), terms).unwrap();
    sign(&mut wrong, 0..3);
    let mut right = wrong.instead(good_terms(), Deposits::UNKNOWN).unwrap();
    sign_all(&mut right);
    assert_eq!(right.unsigned_by().len(), 1);
    sign_as_node(&mut right);
    assert_eq!(in_force(&right), 2);
    assert_eq!(read(right.to_file()), Ok(right));
}

#[test]
fn a_version_can_be_given_up_for_what_is_in_force_already() {
    let same = second(0x61, 2).instead(good_terms(), Deposits::UNKNOWN);
    assert_eq!(same.unwrap().last().content.terms, good_terms().into());
    let words = agreed().instead(good_terms(), Deposits::UNKNOWN);
    let words = words.unwrap_err().to_string();
    assert!(words.contains("says what version 1 says"), "{words}");
}

#[test]
fn of_two_versions_with_one_number_it_is_told_who_has_signed_which() {
    let mut one = second(0x61, 3);
    let mut other = second(0x62, 0);
    sign(&mut other, 2..4);
    let words = joined(&mut one, &other).unwrap_err();
    assert!(words.contains("two versions 2"), "{words}");
    assert!(
        words.contains("(signed by alice, bob, carol) and 0x"),
        "{words}"
    );
    assert!(words.contains("(signed by carol, dave)"), "{words}");
    assert!(words.contains("Signed both: carol."), "{words}");
    assert_eq!(one, second(0x61, 3));
    let words = joined(&mut second(0x63, 0), &second(0x64, 0)).unwrap_err();
    assert!(words.contains("Nobody has signed both"), "{words}");
    // One that nobody has signed makes room for one that somebody has, and not the other way.
    let mut bare = second(0x63, 0);
    let given_up = claim(bare.last());
    assert_eq!(joined(&mut bare, &one), Ok(Merged::InPlace(given_up)));
    assert_eq!(bare, one);
    joined(&mut bare, &second(0x63, 0)).unwrap_err();
    // What is written in place of one of them settles it, with whoever holds the other one.
    let settled = other.instead(with(0x65), Deposits::UNKNOWN).unwrap();
    let given_up = claim(one.last());
    assert_eq!(joined(&mut one, &settled), Ok(Merged::InPlace(given_up)));
    assert_eq!(one, settled);
    let words = joined(&mut one, &second(0x61, 3)).unwrap_err();
    assert!(words.contains("it is older than your copy"), "{words}");
    assert!(words.contains("goes on to version 3"), "{words}");
}

#[test]
fn a_complete_version_holds_against_any_branch_that_has_none_so_high() {
    let whole = second(0x61, 4);
    // However far it goes without all signatures.
    let mut branch = second(0x62, 3);
    for byte in 0x63..0x66 {
        branch = branch.instead(with(byte), Deposits::UNKNOWN).unwrap();
    }
    let mut own = whole.clone();
    let words = joined(&mut own, &branch).unwrap_err();
    assert!(words.contains("it is older than your copy"), "{words}");
    assert_eq!(own, whole);
    let given_up = claim(&branch.versions()[1]);
    let mut longer = branch.clone();
    assert_eq!(joined(&mut longer, &whole), Ok(Merged::InPlace(given_up)));
    assert_eq!(longer, whole);
    // All have signed its last one, so later than the other.
    sign_all(&mut branch);
    assert_eq!(
        joined(&mut own, &branch),
        Ok(Merged::InPlace(claim(whole.last())))
    );
    assert_eq!(in_force(&own), 5);
    joined(&mut own, &whole).unwrap_err();
    assert_eq!(own, branch);
}

#[test]
fn two_complete_versions_of_one_number_are_told_with_everybody_who_signed_both() {
    let (mut one, other) = (second(0x61, 4), second(0x62, 4));
    let words = joined(&mut one, &other).unwrap_err();
    assert!(words.contains("all have signed both"), "{words}");
    for agreement in [&one, &other] {
        assert!(words.contains(&agreement.last().hash.to_string()));
    }
    assert!(
        words.contains("Signed both: alice, bob, carol, dave."),
        "{words}"
    );
    assert_eq!(one, second(0x61, 4));
    // A later version that all have signed settles it.
    let mut settled = other.next(with(0x63), Deposits::UNKNOWN).unwrap();
    sign_all(&mut settled);
    let given_up = claim(one.last());
    assert_eq!(joined(&mut one, &settled), Ok(Merged::InPlace(given_up)));
    assert_eq!(in_force(&one), 3);
}

#[test]
fn what_is_fixed_is_compared_also_if_a_copy_brings_it() {
    let mut terms = good_terms();
    terms.fixed.node_account = [0x95; 20].into();
    let moved = agreed().next(terms, Deposits::None).unwrap();
    let mut own = agreed();
    let words = joined(&mut own, &moved).unwrap_err();
    assert!(words.contains("changes the node account"), "{words}");
    assert_eq!(own, agreed());
}
