//! Values that are not the duty's, and a chain for other tests.

use std::collections::BTreeMap;

use proto::eth::Genesis;

use super::*;

/// At Electra, and from epoch 20 on at Fulu; eight slots an epoch.
pub(in crate::duties) fn chain() -> ChainSpec {
    let genesis = Genesis {
        genesis_time: 0,
        genesis_validators_root: Root::ZERO,
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    let text = |value: &str| serde_json::Value::String(value.to_owned());
    let keys = [
        ("SLOT_DURATION_MS", "12000"),
        ("SLOTS_PER_EPOCH", "8"),
        ("PRESET_BASE", "minimal"),
        (
            "DEPOSIT_CONTRACT_ADDRESS",
            "0x00000000219ab540356cBB839Cbe05303d7705Fa",
        ),
        ("DEPOSIT_CHAIN_ID", "1337"),
        ("CAPELLA_FORK_VERSION", "0x03000001"),
        ("ELECTRA_FORK_VERSION", "0x05000001"),
        ("ELECTRA_FORK_EPOCH", "0"),
        ("FULU_FORK_VERSION", "0x06000001"),
        ("FULU_FORK_EPOCH", "20"),
    ];
    let keys: BTreeMap<String, serde_json::Value> = keys
        .iter()
        .map(|(key, value)| ((*key).to_owned(), text(value)))
        .collect();
    ChainSpec::new(&keys, genesis).unwrap()
}
