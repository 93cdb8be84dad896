//! What is typed of builders makes terms, with Rocket Pool or without it.

use clap::Parser;
use node_core::pool::agreement::example::{lock, terms};
use proto::agreement::Terms;

use super::super::Flags;
use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    flags: Flags,
}

const RELAY: &str = "https://0x8ce3b57b791798433fd323753489cac9bca43b98deaafaed91f4cb010730ae1e\
                     38b186ccd37a09b8aed62ce23b699c48@relay.example";
const NOW: u64 = 1_795_263_776;

fn typed(words: &str, before: Option<&Terms>, now: u64) -> Result<Terms, String> {
    let words = ["new"].into_iter().chain(words.split_whitespace());
    let typed = Typed::try_parse_from(words).map_err(|error| error.to_string())?;
    let terms = typed.flags.terms(&lock(), before, now);
    terms.map_err(|error| error.to_string())
}

#[test]
fn a_cluster_agrees_on_builders_alone_with_one_flag() {
    let terms = typed(&format!("--relay {RELAY}"), None, NOW).unwrap();
    let expected = BuilderTerms {
        relays: vec![Relay::parse(RELAY).unwrap()],
        gas_limit: 60_000_000,
        boost_factor: 100,
        timestamp: NOW,
    };
    assert_eq!(terms.pool, None);
    assert_eq!(terms.builder, Some(expected));
    let words = typed("", None, NOW).unwrap_err();
    assert!(words.contains("--relay alone"), "{words}");
}

#[test]
fn what_is_agreed_at_rocket_pool_stays_when_relays_are_named() {
    let before = terms().into();
    let after = typed(&format!("--relay {RELAY}"), Some(&before), NOW).unwrap();
    assert_eq!(after.pool, Some(terms()));
    assert_eq!(after.builder.unwrap().relays.len(), 1);
    // Nothing is agreed on builders by what says nothing of them.
    let after = typed("--tickets save", Some(&before), NOW).unwrap();
    assert_eq!(after.builder, None);
}

#[test]
fn the_next_version_keeps_what_is_not_typed_and_is_later() {
    let words = format!("--relay {RELAY} --gas-limit 45000000 --boost-factor 90");
    let first = typed(&words, None, NOW).unwrap();
    let next = typed("--boost-factor 80", Some(&first), NOW + 60).unwrap();
    let (old, new) = (first.builder.clone().unwrap(), next.builder.unwrap());
    assert_eq!((new.relays, new.gas_limit), (old.relays, 45_000_000));
    assert_eq!((new.boost_factor, new.timestamp), (80, NOW + 60));
    // A clock that was set back makes no registration that nobody counts.
    let next = typed("--boost-factor 80", Some(&first), NOW - 60).unwrap();
    assert_eq!(next.builder.unwrap().timestamp, NOW + 1);
    let off = typed("--no-relays", Some(&first), NOW).unwrap();
    let off = off.builder.unwrap();
    assert_eq!((off.relays.len(), off.gas_limit), (0, 45_000_000));
}

#[test]
fn what_is_no_relay_is_said() {
    let words = typed("--relay https://relay.example", None, NOW).unwrap_err();
    assert!(words.contains("before the @"), "{words}");
    assert!(typed(&format!("--relay {RELAY} --no-relays"), None, NOW).is_err());
}
