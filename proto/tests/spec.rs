//! A chain's spec as nodes and proxies answer it that differ from the API.

use std::collections::BTreeMap;

use proto::eth::{ChainSpec, Genesis, SpecError};
use proto::{Epoch, Root};
use serde_json::Value;

const SPEC: &str = include_str!("vectors/spec-minimal.json");

fn with(key: &str, value: impl Into<Value>) -> Result<ChainSpec, SpecError> {
    let mut answer: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_str(SPEC).expect("a recorded answer is JSON");
    let mut keys = answer.remove("data").expect("and has data");
    keys.insert(key.to_owned(), value.into());
    let genesis = Genesis {
        genesis_time: 1_795_263_776,
        genesis_validators_root: Root::ZERO,
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    ChainSpec::new(&keys, genesis)
}

#[test]
fn numbers_are_understood_without_their_quotes() {
    for (key, number) in [
        ("SLOTS_PER_EPOCH", 8),
        ("SLOT_DURATION_MS", 4000),
        ("ATTESTATION_DUE_BPS", 2500),
        ("ELECTRA_FORK_EPOCH", 3),
        ("DEPOSIT_CHAIN_ID", 17),
    ] {
        assert_eq!(with(key, number), with(key, number.to_string()), "{key}");
    }
    let part = with("SLOTS_PER_EPOCH", 8.5).unwrap_err().to_string();
    assert!(part.contains("SLOTS_PER_EPOCH"), "{part}");
}

#[test]
fn the_far_future_is_understood_where_numbers_are_doubles() {
    let never = with("GLOAS_FORK_EPOCH", u64::MAX.to_string());
    let doubled: Value = serde_json::from_str("18446744073709552000").unwrap();
    assert!(doubled.as_u64().is_none());
    assert_eq!(with("GLOAS_FORK_EPOCH", doubled), never);
}

#[test]
fn what_is_left_open_with_null_is_as_if_it_were_not_there() {
    let open = with("GLOAS_FORK_EPOCH", Value::Null).unwrap();
    let names: Vec<&str> = open.forks().iter().map(|fork| &*fork.name).collect();
    assert!(!names.contains(&"gloas"), "{names:?}");
    assert_eq!(open.first_difference(&open, Epoch(0)), None);
    let open = with("ATTESTATION_DUE_BPS", Value::Null).unwrap();
    assert!(!open.says_when_attestations_are_due());
    let needed = with("SLOTS_PER_EPOCH", Value::Null).unwrap_err();
    assert_eq!(needed, SpecError::Missing("SLOTS_PER_EPOCH"));
}
