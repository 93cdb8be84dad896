//! What is typed makes a version; what is left out is as it was.

use clap::Parser;
use node_core::pool::agreement::example::{lock, terms};

use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    flags: Flags,
}

const NODE: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const OWNER: &str = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";

fn flags(words: &str) -> Flags {
    let words = ["new"].into_iter().chain(words.split_whitespace());
    Typed::try_parse_from(words).unwrap().flags
}

/// When everything here is written, Unix seconds.
const NOW: u64 = 1_795_263_776;

fn first(more: &str) -> Result<PoolTerms, String> {
    let words = format!(
        "--node {NODE} --withdrawal {OWNER} --rocket-storage {OWNER} --share alice=4000 --share \
         bob=2000 --share carol=2000 --share dave=2000 {more}"
    );
    let terms = flags(&words).terms(&lock(), None, NOW);
    let terms = terms.map_err(|error| error.to_string())?;
    assert_eq!(terms.builder, None);
    Ok(terms.pool.unwrap())
}

/// What stands at Rocket Pool after these words.
fn next(words: &str, before: PoolTerms) -> PoolTerms {
    let next = flags(words).terms(&lock(), Some(&before.into()), NOW);
    next.unwrap().pool.unwrap()
}

#[test]
fn a_first_version_is_made_of_what_is_typed_and_of_what_is_usual() {
    let terms = first("").unwrap();
    assert_eq!(terms.rpl_withdrawal, terms.withdrawal);
    assert_eq!(terms.members[0].share, 4_000);
    assert_eq!(terms.members[1].owner, None);
    let usual = Wishes {
        smoothing_pool: false,
        validators: 2,
        tickets: Tickets::Use,
        timezone: "Etc/UTC".to_owned(),
    };
    assert_eq!(terms.wishes, usual);
    let terms = first(&format!(
        "--funding bob={NODE},{OWNER} --owner bob={NODE} --rpl-withdrawal {NODE} --validators 1 \
         --smoothing-pool in --tickets save --timezone Europe/Rome"
    ));
    let terms = terms.unwrap();
    assert_eq!(terms.members[1].funding.len(), 2);
    assert!(terms.members[1].owner.is_some());
    assert_ne!(terms.rpl_withdrawal, terms.withdrawal);
    let wished = Wishes {
        smoothing_pool: true,
        validators: 1,
        tickets: Tickets::Save,
        timezone: "Europe/Rome".to_owned(),
    };
    assert_eq!(terms.wishes, wished);
}

#[test]
fn the_next_version_says_what_the_last_one_says_but_for_what_is_typed() {
    let next = |words: &str| next(words, terms());
    assert_eq!(next(""), terms());
    let mut expected = terms();
    expected.withdrawal = parse_address(OWNER).unwrap();
    assert_eq!(next(&format!("--withdrawal {OWNER}")), expected);
    let mut expected = terms();
    expected.members[0].share = 2_000;
    expected.members[3].share = 3_000;
    expected.members[1].funding.clear();
    expected.members[2].owner = None;
    let words = "--share alice=2000 --share dave=3000 --funding bob= --owner carol=";
    assert_eq!(next(words), expected);
    let mut expected = terms();
    expected.wishes.smoothing_pool = false;
    assert_eq!(next("--smoothing-pool out"), expected);
}

#[test]
fn what_is_missing_or_of_nobody_is_said() {
    let refused = |words: &str| {
        flags(words)
            .terms(&lock(), None, NOW)
            .unwrap_err()
            .to_string()
    };
    assert!(refused("").contains("--rocket-storage"));
    let storage = format!("--rocket-storage {OWNER}");
    assert!(refused(&storage).contains("--node"));
    let node = format!("{storage} --node {NODE}");
    assert!(refused(&node).contains("--withdrawal"));
    let both = format!("{node} --withdrawal {OWNER}");
    assert!(refused(&format!("{both} --share alice=5000")).contains("--share for each"));
    let words = first("--owner mallory=0x").unwrap_err();
    assert!(words.contains("names \"mallory\", who is no operator"));
    assert!(words.contains("alice, bob, carol, dave"), "{words}");
    let words = first("--share alice=1").unwrap_err();
    assert!(words.contains("--share is given twice for \"alice\""));
    let words = flags(&format!("{both} --share alice=40%")).terms(&lock(), None, NOW);
    let words = words.unwrap_err().to_string();
    assert!(words.contains("change \"40%\""), "{words}");
    let mistyped = NODE.replace("aAeb", "AAeb");
    let words = first(&format!("--owner alice={mistyped}")).unwrap_err();
    assert!(words.contains("wrong checksum"), "{words}");
}

#[test]
fn a_timezone_is_typed_as_the_database_of_timezones_has_it() {
    for zone in [
        "Etc/UTC",
        "Etc/GMT+5",
        "America/Port-au-Prince",
        "America/Argentina/Buenos_Aires",
        "Antarctica/DumontDUrville",
    ] {
        let terms = first(&format!("--timezone {zone}")).unwrap();
        assert_eq!(terms.wishes.timezone, zone);
    }
    for zone in [
        "CEST",
        "UTC+1",
        "Berlin/Europe",
        "europe/berlin",
        "Europe/berlin",
        "Europe",
        "Europe/",
        "US/Eastern",
        "Europe/Zürich",
    ] {
        let words = first(&format!("--timezone {zone}")).unwrap_err();
        let named = format!("--timezone \"{zone}\" is no name");
        assert!(words.contains(&named), "{words}");
        assert!(words.contains("Continent/City"), "{words}");
    }
    // One that was agreed before this was asked for stays as it is.
    let mut before = terms();
    before.wishes.timezone = "US/Eastern".to_owned();
    let next = next("--tickets save", before);
    assert_eq!(next.wishes.timezone, "US/Eastern");
}

#[test]
fn an_address_that_was_typed_without_its_checksum_is_told() {
    let small = NODE.to_lowercase();
    let words = format!("--node {small} --owner alice={OWNER} --funding bob={OWNER},{small}");
    assert_eq!(flags(&words).unchecked(), [parse_address(NODE).unwrap()]);
}
