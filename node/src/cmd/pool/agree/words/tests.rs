//! Signers read what they sign, what is new in it, and whom it needs.

use node_core::pool::agreement::Deposits;
use node_core::pool::agreement::example::{identities, lock, terms};

use super::*;

#[test]
fn every_part_of_a_version_is_in_its_words() {
    let agreement = Agreement::first(lock(), terms()).unwrap();
    let text = describe(&agreement, &[]);
    let terms = terms();
    for address in [
        terms.fixed.rocket_storage,
        terms.fixed.node_account,
        terms.withdrawal,
        terms.rpl_withdrawal,
    ] {
        assert!(text.contains(&checksummed(&address)), "{text}");
    }
    for member in &terms.members {
        assert!(text.contains(&format!("  {:<15} gets 25.00 %", member.name)));
        assert!(text.contains(&checksummed(&member.funding[0])));
        assert!(text.contains(&checksummed(&member.owner.unwrap())));
    }
    for words in [
        "Smoothing pool    in",
        "2 of the 2 in the lock",
        "used whenever there is one",
        "Europe/Berlin",
        "one deposit of 1 ETH is signed",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let fingerprint = Fingerprint::of_hash(&agreement.last().hash);
    assert!(fingerprint.groups().iter().all(|it| text.contains(it)));
    assert!(text.contains("not yet signed by alice, bob, carol, dave, the node account 0x"));
    assert!(text.contains("nothing is in force"), "{text}");
    // Nobody has the keys of the example's addresses.
    assert!(text.contains("WARNING: the withdrawal address"), "{text}");
}

#[test]
fn of_the_next_version_only_what_is_new_is_told_apart() {
    let mut agreement = Agreement::first(lock(), terms()).unwrap();
    for identity in identities() {
        agreement.sign(&identity).unwrap();
    }
    // The node account's signature is not what this is about.
    let mut file = agreement.to_file();
    let mut second = file.versions[0].clone();
    second.content.number = 2;
    second.content.previous = Some(second.hash);
    second.content.terms.members[0].owner = None;
    second.content.terms.wishes.smoothing_pool = false;
    second.hash = second.content.hash();
    second.signatures.clear();
    file.versions.push(second);
    let next = Agreement::of(file.clone(), lock(), Deposits::UNKNOWN).unwrap();
    let text = describe(&next, &[]);
    let given_up = format!("Gives up          version 1, {}", file.versions[0].hash);
    assert!(text.contains(&given_up), "{text}");
    assert!(!text.contains("New since"), "{text}");
    let (one, two) = (
        &file.versions[0].content.terms,
        &file.versions[1].content.terms,
    );
    let lines = changed([one, two], 2, 1);
    let owner = checksummed(&one.members[0].owner.unwrap());
    assert_eq!(
        lines,
        [
            "New since version 1:".to_owned(),
            format!("  - alice decides with: {owner}"),
            "  - Smoothing pool: in".to_owned(),
            "  + Smoothing pool: out".to_owned(),
            String::new(),
        ]
    );
}
