//! Signers read what they sign, what is new in it, and whom it needs.

use node_core::pool::agreement::Deposits;
use node_core::pool::agreement::example::{identities, lock, terms};
use proto::agreement::Relay;

use super::*;

/// The public keys of 42 and 1.
const KEYS: [&str; 2] = [
    "0x8ce3b57b791798433fd323753489cac9bca43b98deaafaed91f4cb010730ae1e38b186\
     ccd37a09b8aed62ce23b699c48",
    "0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83\
     ff97a1aeffb3af00adb22c6bb",
];

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
fn relays_are_read_before_they_are_signed_for_and_what_is_new_of_them_told() {
    let relay = format!("https://{}@relay.example", KEYS[0]);
    let builder = |relays: &[&str]| BuilderTerms {
        relays: relays.iter().map(|it| Relay::parse(it).unwrap()).collect(),
        gas_limit: 45_000_000,
        boost_factor: 90,
        timestamp: 1,
    };
    let alone = |relays: &[&str]| Terms {
        pool: None,
        builder: Some(builder(relays)),
    };
    let agreement = Agreement::first(lock(), alone(&[&relay])).unwrap();
    let text = describe(&agreement, &[]);
    for words in [
        format!("Relay             {relay}"),
        "Gas limit         45000000".to_owned(),
        "A bid counts      90 % of what it offers".to_owned(),
        "not yet signed by alice, bob, carol, dave, and until".to_owned(),
    ] {
        assert!(text.contains(&words), "{text}");
    }
    assert!(
        !text.contains("Rocket") && !text.contains("megapool"),
        "{text}"
    );
    let plain = format!("http://{}@127.0.0.1:18550", KEYS[1]);
    let agreement = Agreement::first(lock(), alone(&[&plain])).unwrap();
    let text = describe(&agreement, &[]);
    assert!(
        text.contains("WARNING: the relay http://127.0.0.1:18550"),
        "{text}"
    );
    let lines = changed([&alone(&[&relay]), &alone(&[])], 2, 1);
    assert_eq!(lines[1], format!("  - Relay: {relay}"));
    assert!(lines.contains(&"  + Blocks: built by your own nodes only".to_owned()));
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
    let pool = second.content.terms.pool.as_mut().unwrap();
    pool.members[0].owner = None;
    pool.wishes.smoothing_pool = false;
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
    let owner = checksummed(&terms().members[0].owner.unwrap());
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
