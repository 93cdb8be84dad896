//! Whether the beacon node's chain is the one that the definition names.

use proto::definition::{Chain, checksummed};
use proto::eth::ChainSpec;
use proto::lock::Lock;
use thiserror::Error;

/// Beacon node and definition do not name the same chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadChain {
    /// Everything would be signed under wrong domains.
    #[error(
        "the beacon node is on another chain: its {field} is {theirs}, the cluster's {ours}. Give \
         the URL of a node of the cluster's chain"
    )]
    Other {
        /// What differs.
        field: &'static str,
        /// Its value in the definition.
        ours: String,
        /// Its value by the beacon node.
        theirs: String,
    },
    /// The chain is right, and deposits by this definition would not arrive on it.
    #[error(
        "the definition says that the {field} of this chain is {ours}, and the beacon node says \
         {theirs}: send no deposit by this definition, for it would be lost, or go to whoever \
         wrote the definition. If the beacon node is right, the cluster needs another definition \
         and another ceremony"
    )]
    Deposits {
        /// What differs.
        field: &'static str,
        /// Its value in the definition.
        ours: String,
        /// Its value by the beacon node.
        theirs: String,
    },
}

/// Compares the chain of the definition with that of the beacon node, deposit contract included:
/// the definition's writer names it, and every operator's own node knows better.
pub(super) fn check_chain(lock: &Lock, node: &ChainSpec) -> Result<(), BadChain> {
    check(&lock.definition.terms().chain, node)
}

fn check(chain: &Chain, node: &ChainSpec) -> Result<(), BadChain> {
    let genesis = node.genesis();
    let signed_under = [
        (
            "genesis validators root",
            chain.genesis_validators_root.to_string(),
            genesis.genesis_validators_root.to_string(),
        ),
        (
            "genesis fork version",
            chain.genesis_fork_version.to_string(),
            genesis.genesis_fork_version.to_string(),
        ),
    ];
    let deposits = [
        (
            "execution chain id",
            chain.execution_chain_id.to_string(),
            node.deposit_chain_id().to_string(),
        ),
        (
            "deposit contract",
            checksummed(&chain.deposit_contract),
            checksummed(&node.deposit_contract()),
        ),
    ];
    let differs = |(_, ours, theirs): &(&str, String, String)| ours != theirs;
    if let Some((field, ours, theirs)) = signed_under.into_iter().find(differs) {
        return Err(BadChain::Other {
            field,
            ours,
            theirs,
        });
    }
    match deposits.into_iter().find(differs) {
        Some((field, ours, theirs)) => Err(BadChain::Deposits {
            field,
            ours,
            theirs,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proto::eth::Genesis;
    use serde_json::json;

    use super::*;

    const CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

    /// A chain of one's own, and a beacon node that follows it.
    fn devnet() -> (Chain, ChainSpec) {
        let genesis = Genesis {
            genesis_time: 0,
            genesis_validators_root: [7; 32].into(),
            genesis_fork_version: [0, 0, 0, 1].into(),
        };
        let keys = [
            ("SLOT_DURATION_MS", "12000"),
            ("SLOTS_PER_EPOCH", "8"),
            ("PRESET_BASE", "minimal"),
            ("DEPOSIT_CONTRACT_ADDRESS", CONTRACT),
            ("DEPOSIT_CHAIN_ID", "1337"),
            ("CAPELLA_FORK_VERSION", "0x03000001"),
        ];
        let keys = keys.map(|(key, value)| (key.to_owned(), json!(value)));
        let chain = Chain {
            name: "devnet".to_owned(),
            execution_chain_id: 1337,
            genesis_fork_version: genesis.genesis_fork_version,
            genesis_validators_root: genesis.genesis_validators_root,
            deposit_contract: CONTRACT.parse().unwrap(),
        };
        let keys = BTreeMap::from(keys);
        (chain, ChainSpec::new(&keys, genesis).unwrap())
    }

    fn words(change: impl FnOnce(&mut Chain)) -> String {
        let (mut chain, node) = devnet();
        change(&mut chain);
        check(&chain, &node).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn another_contract_than_that_of_the_own_beacon_node_is_refused() {
        assert_eq!(words(|_| {}), "");
        let contract = words(|chain| {
            let lookalike = "0x00000000219ab540356cbb839cbe05303d7705fb";
            chain.deposit_contract = lookalike.parse().unwrap();
        });
        assert!(
            contract.contains(&format!("the beacon node says {CONTRACT}: send no deposit")),
            "{contract}"
        );
        let id = words(|chain| chain.execution_chain_id = 1338);
        assert!(
            id.contains("execution chain id of this chain is 1338, and the beacon node says 1337"),
            "{id}"
        );
    }

    #[test]
    fn a_node_of_another_chain_is_refused_whichever_value_tells() {
        let root = words(|chain| chain.genesis_validators_root = [8; 32].into());
        assert!(
            root.contains("its genesis validators root is 0x0707"),
            "{root}"
        );
        let version = words(|chain| chain.genesis_fork_version = [0; 4].into());
        let expected = "its genesis fork version is 0x00000001, the cluster's 0x00000000";
        assert!(version.contains(expected), "{version}");
    }
}
