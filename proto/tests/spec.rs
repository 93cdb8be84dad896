//! A chain's spec as nodes and proxies answer it that differ from the API.

use std::collections::BTreeMap;

use proto::eth::{BlobLimits, ChainSpec, Genesis, SpecError};
use proto::{Epoch, Root};
use serde_json::{Value, json};

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

#[test]
fn aggregates_are_due_when_the_node_says_and_else_after_two_thirds_of_a_slot() {
    let slot = proto::Slot(5);
    let after = |key: &str, value: Value| {
        let chain = with(key, value).expect("no attestation waits for it");
        let due = chain.aggregate_deadline(slot);
        due.since(chain.start_of(slot)).as_millis() * 10_000 / chain.slot_duration().as_millis()
    };
    let key = "AGGREGATE_DUE_BPS";
    assert_eq!(after(key, json!("7500")), 7_500);
    for otherwise in [Value::Null, json!("10001"), json!({})] {
        assert_eq!(after(key, otherwise) / 10, 666);
    }
}

/// A schedule as a node gives it, with the limit of Electra from epoch 0 on.
fn blobs(schedule: impl Into<Value>) -> BlobLimits {
    let chain = with("BLOB_SCHEDULE", schedule).expect("it is no reason not to start");
    chain.blobs().clone()
}

fn entry(epoch: u64, most: u64) -> Value {
    json!({ "EPOCH": epoch.to_string(), "MAX_BLOBS_PER_BLOCK": most.to_string() })
}

#[test]
fn a_block_may_have_as_many_blobs_as_the_newest_entry_of_the_schedule_says() {
    let of = |limits: &BlobLimits| [0, 99, 100, 199, 200, u64::MAX].map(|e| limits.at(Epoch(e)));
    let sorted = [entry(100, 15), entry(200, 21)];
    assert_eq!(of(&blobs(sorted.to_vec())), [9, 9, 15, 15, 21, 21]);
    let unsorted = [entry(200, 21), entry(100, 15)];
    assert_eq!(of(&blobs(unsorted.to_vec())), [9, 9, 15, 15, 21, 21]);
    let unquoted = json!([{ "EPOCH": 100, "MAX_BLOBS_PER_BLOCK": 15 }]);
    assert_eq!(of(&blobs(unquoted)), [9, 9, 15, 15, 15, 15]);
    let doubled = [entry(100, 21), entry(100, 15)];
    assert_eq!(of(&blobs(doubled.to_vec())), [9, 9, 21, 21, 21, 21]);
    for none in [json!([]), Value::Null] {
        assert_eq!(of(&blobs(none)), [9; 6]);
    }
}

/// The chain may have other limits than it says: no reason not to sign.
#[test]
fn where_a_spec_names_no_limit_of_blobs_or_a_strange_one_the_highest_holds() {
    let all = BlobLimits::MAX;
    let many: Vec<Value> = (0..300).map(|epoch| entry(epoch, 9)).collect();
    for strange in [
        json!("soon"),
        json!([entry(100, 15), { "EPOCH": "200" }]),
        json!([{ "EPOCH": "never", "MAX_BLOBS_PER_BLOCK": "15" }]),
        json!([{ "EPOCH": "1", "MAX_BLOBS_PER_BLOCK": "-1" }]),
        json!([15, 21]),
        json!(many),
    ] {
        let limits = blobs(strange.clone());
        assert!(!limits.are_said(), "{strange}");
        assert_eq!(limits.at(Epoch(0)), all, "{strange}");
    }
    let absurd = blobs(vec![entry(100, 4_000_000_000)]);
    assert_eq!((absurd.at(Epoch(99)), absurd.at(Epoch(100))), (9, all));
    let far = blobs(json!([{ "EPOCH": 18446744073709552000_f64, "MAX_BLOBS_PER_BLOCK": "1" }]));
    assert_eq!(far.at(Epoch(1 << 60)), 9);
    assert!(far.are_said());

    // The chain has a schedule, and the node does not give it.
    let fulu = with("FULU_FORK_EPOCH", 100).unwrap();
    assert_eq!([99, 100].map(|at| fulu.blobs().at(Epoch(at))), [9, all]);

    let unnamed = with("MAX_BLOBS_PER_BLOCK_ELECTRA", Value::Null).unwrap();
    assert!(!unnamed.blobs().are_said());
    assert_eq!(unnamed.blobs().at(Epoch(7)), all);
}

#[test]
fn a_node_with_another_limit_of_any_list_of_a_block_is_refused_by_name() {
    let minimal = proto::eth::PresetBase::Minimal;
    for (key, limit) in minimal.limits() {
        assert!(with(key, limit).is_ok(), "{key}");
        let refused = with(key, limit + 1).unwrap_err().to_string();
        assert!(refused.contains(key), "{refused}");
    }
}
