//! What the stand-in says of its chain: constants and genesis.

use std::collections::BTreeMap;

use proto::eth::{ChainSpec, Genesis};
use serde_json::{Value, json};

use super::world::{FORK_VERSION, SLOTS_PER_EPOCH, World};
use crate::execution::{CHAIN_ID, DEPOSIT_CONTRACT};

/// How the chain began.
pub fn genesis(world: &World) -> Genesis {
    Genesis {
        genesis_time: world.genesis_time,
        genesis_validators_root: World::genesis_validators_root(),
        genesis_fork_version: [0; 4].into(),
    }
}

/// The chain, as a peer reads it.
///
/// # Panics
/// Never: a test has a peer's reader accept it.
pub fn of(world: &World) -> ChainSpec {
    ChainSpec::new(&constants(world), genesis(world)).expect("a peer accepts it")
}

/// The constants that a validator client needs, with all forks up to Electra at genesis.
pub fn constants(world: &World) -> BTreeMap<String, Value> {
    let text = |number: u64| json!(number.to_string());
    let mut spec = BTreeMap::from([
        ("CONFIG_NAME".to_owned(), json!("devnet-load")),
        ("PRESET_BASE".to_owned(), json!("mainnet")),
        ("SLOTS_PER_EPOCH".to_owned(), text(SLOTS_PER_EPOCH)),
        ("SLOT_DURATION_MS".to_owned(), text(world.slot_ms)),
        (
            "SECONDS_PER_SLOT".to_owned(),
            text(world.slot_ms.div_ceil(1000)),
        ),
        ("ATTESTATION_DUE_BPS".to_owned(), json!("3333")),
        ("GENESIS_FORK_VERSION".to_owned(), json!("0x00000000")),
        ("DEPOSIT_CHAIN_ID".to_owned(), text(CHAIN_ID)),
        ("DEPOSIT_NETWORK_ID".to_owned(), text(CHAIN_ID)),
        (
            "DEPOSIT_CONTRACT_ADDRESS".to_owned(),
            json!(DEPOSIT_CONTRACT),
        ),
        ("TARGET_AGGREGATORS_PER_COMMITTEE".to_owned(), json!("16")),
    ]);
    let forks = ["ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA"];
    for (number, fork) in (1_u8..).zip(forks) {
        spec.insert(format!("{fork}_FORK_EPOCH"), json!("0"));
        let version = [number, FORK_VERSION[1], FORK_VERSION[2], FORK_VERSION[3]];
        spec.insert(
            format!("{fork}_FORK_VERSION"),
            json!(format!("0x{}", hex::encode(version))),
        );
    }
    spec.insert("FULU_FORK_EPOCH".to_owned(), text(u64::MAX));
    spec.insert("FULU_FORK_VERSION".to_owned(), json!("0x06000000"));
    spec
}
