//! What a command asks of the beacon node first: whether its chain is the one that the definition
//! names, and which slot it is.

use proto::definition::{Chain, checksummed};
use proto::eth::ChainSpec;
use proto::lock::Lock;
use proto::{Slot, Timestamp};
use thiserror::Error;

use crate::beacon::{BeaconClient, BeaconError, SyncStatus};
use crate::clock;

/// Beacon node and definition do not name the same chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadChain {
    /// Everything would be signed under wrong domains.
    #[error(
        "the beacon node is on another chain: its {field} is {theirs}, the cluster's {ours}. Give \
         the URL of a node of the cluster's chain"
    )]
    Other {
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
        field: &'static str,
        /// Its value in the definition.
        ours: String,
        /// Its value by the beacon node.
        theirs: String,
    },
}

/// Compares the chain of the definition with that of the beacon node, deposit contract included:
/// the definition's writer names it, and every operator's own node knows better.
pub(crate) fn check_chain(lock: &Lock, node: &ChainSpec) -> Result<(), BadChain> {
    check(&lock.definition.terms().chain, node)
}

/// Why it cannot be said which slot it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnsureSlot {
    #[error("the chain has not begun: there is no current slot")]
    BeforeGenesis,
    #[error(
        "by the clock of this machine it is slot {slot}, and the beacon node has a block of slot \
         {head}: set the clock first"
    )]
    ClockBehind {
        /// The slot by the clock.
        slot: Slot,
        /// The slot of the beacon node's head.
        head: Slot,
    },
    #[error(
        "the beacon node does not follow the chain yet (its head is of slot {0}, unchecked or far \
         from the newest), so nothing shows that the clock of this machine is right: wait until it \
         is synced"
    )]
    NotSynced(Slot),
    #[error(
        "by the clock of this machine or of the beacon node it is slot {slot}, and the newest \
         block of the beacon node, which says that it is synced, is of slot {head}: set the clock, \
         or wait until the chain has blocks again"
    )]
    FarApart {
        /// The slot by the later clock.
        slot: Slot,
        /// The slot of the beacon node's head.
        head: Slot,
    },
}

/// The slot at `now` by the clock of this machine, unless the beacon node's head is later.
pub(crate) fn slot_by_clock(
    spec: &ChainSpec,
    node: &SyncStatus,
    now: Timestamp,
) -> Result<Slot, UnsureSlot> {
    let slot = spec.slot_at(now).ok_or(UnsureSlot::BeforeGenesis)?;
    let head = node.head_slot;
    if slot < head {
        return Err(UnsureSlot::ClockBehind { slot, head });
    }
    Ok(slot)
}

/// The slot at `now` by two witnesses, this clock and a beacon node that is synced: the later one,
/// and none if they are an epoch or more apart. Of a node that is not synced the head says nothing
/// about how late it is, and a clock that is behind would go unnoticed.
pub(crate) fn slot_by_two(
    spec: &ChainSpec,
    node: &SyncStatus,
    now: Timestamp,
) -> Result<Slot, UnsureSlot> {
    let slot = slot_by_clock(spec, node, now)?;
    let head = node.head_slot;
    if !node.may_vote() {
        return Err(UnsureSlot::NotSynced(head));
    }
    // What the node takes for the current slot, by a clock that may be another machine's.
    let theirs = Slot(head.0.saturating_add(node.sync_distance));
    let latest = slot.max(theirs);
    if latest.0 - head.0 >= spec.slots_per_epoch() {
        return Err(UnsureSlot::FarApart { slot: latest, head });
    }
    Ok(latest)
}

/// A beacon node whose word is not taken for what is signed or sent.
#[derive(Debug, Error)]
pub enum UnfitNode {
    #[error(transparent)]
    Silent(#[from] BeaconError),
    #[error(transparent)]
    Chain(#[from] BadChain),
    #[error(transparent)]
    Slot(#[from] UnsureSlot),
}

/// Whom to believe about the slot.
pub(crate) type Judge = fn(&ChainSpec, &SyncStatus, Timestamp) -> Result<Slot, UnsureSlot>;

/// The current slot by `judge`, and the chain, of a beacon node that follows the lock's: from its
/// genesis, slot length and head and this clock.
pub(crate) async fn current_slot(
    beacon: &BeaconClient,
    lock: &Lock,
    judge: Judge,
) -> Result<(ChainSpec, Slot), UnfitNode> {
    let spec = beacon.chain_spec().await?;
    check_chain(lock, &spec)?;
    let slot = judge(&spec, &beacon.sync_status().await?, clock::now())?;
    Ok((spec, slot))
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
    // The definition does not say it: of a chain of one's own only the peers can.
    let begins = chain.genesis_time().map(|known| {
        let (ours, theirs) = (known.to_string(), genesis.genesis_time.to_string());
        ("genesis time", ours, theirs)
    });
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
    let mut signed_under = signed_under.into_iter().chain(begins);
    if let Some((field, ours, theirs)) = signed_under.find(differs) {
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
    use std::time::Duration;

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
        let chain = Chain {
            name: "devnet".to_owned(),
            execution_chain_id: 1337,
            genesis_fork_version: genesis.genesis_fork_version,
            genesis_validators_root: genesis.genesis_validators_root,
            deposit_contract: CONTRACT.parse().unwrap(),
        };
        (chain, spec(1337, genesis))
    }

    fn spec(chain_id: u64, genesis: Genesis) -> ChainSpec {
        let chain_id = chain_id.to_string();
        let keys = [
            ("SLOT_DURATION_MS", "12000"),
            ("SLOTS_PER_EPOCH", "8"),
            ("PRESET_BASE", "minimal"),
            ("DEPOSIT_CONTRACT_ADDRESS", CONTRACT),
            ("DEPOSIT_CHAIN_ID", &chain_id),
            ("CAPELLA_FORK_VERSION", "0x03000001"),
        ];
        let keys = keys.map(|(key, value)| (key.to_owned(), json!(value)));
        ChainSpec::new(&BTreeMap::from(keys), genesis).unwrap()
    }

    /// What comes of this clock, in seconds after genesis, and a node with its head at slot 100.
    fn slot_with(clock: u64, change: impl FnOnce(&mut SyncStatus)) -> Result<u64, UnsureSlot> {
        let (_, spec) = devnet();
        let mut node = SyncStatus {
            head_slot: Slot(100),
            sync_distance: 0,
            is_syncing: false,
            is_optimistic: false,
            el_offline: false,
        };
        change(&mut node);
        let now = Timestamp::from_unix(Duration::from_secs(clock));
        slot_by_two(&spec, &node, now).map(|slot| slot.0)
    }

    #[test]
    fn marks_are_made_of_a_clock_that_a_synced_node_confirms() {
        let (slot, head) = (Slot(99), Slot(100));
        assert_eq!(slot_with(1200, |_| {}), Ok(100));
        assert_eq!(slot_with(12 * 107, |_| {}), Ok(107));
        assert_eq!(
            slot_with(1199, |_| {}),
            Err(UnsureSlot::ClockBehind { slot, head })
        );
        let not_synced = Err(UnsureSlot::NotSynced(head));
        assert_eq!(slot_with(1200, |node| node.is_syncing = true), not_synced);
        assert_eq!(
            slot_with(1200, |node| node.is_optimistic = true),
            not_synced
        );
        // An epoch has 8 slots here.
        let slot = Slot(108);
        let far = Err(UnsureSlot::FarApart { slot, head });
        assert_eq!(slot_with(12 * 108, |_| {}), far);
    }

    #[test]
    fn marks_are_not_below_what_the_node_takes_for_the_current_slot() {
        assert_eq!(slot_with(1200, |node| node.sync_distance = 3), Ok(103));
        let (slot, head) = (Slot(u64::MAX), Slot(100));
        let far = Err(UnsureSlot::FarApart { slot, head });
        assert_eq!(slot_with(1200, |node| node.sync_distance = u64::MAX), far);
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
    fn a_known_chain_begins_when_it_is_known_to_begin() {
        for name in Chain::KNOWN {
            let known = Chain::known(name).unwrap();
            let begins = known.genesis_time().unwrap();
            let node = |genesis_time| {
                let genesis = Genesis {
                    genesis_time,
                    genesis_validators_root: known.genesis_validators_root,
                    genesis_fork_version: known.genesis_fork_version,
                };
                spec(known.execution_chain_id, genesis)
            };
            assert_eq!(check(&known, &node(begins)), Ok(()));
            let other = check(&known, &node(begins + 12)).unwrap_err().to_string();
            let (ours, theirs) = (begins.to_string(), (begins + 12).to_string());
            assert!(other.contains("its genesis time is"), "{other}");
            assert!(other.contains(&ours) && other.contains(&theirs), "{other}");
        }
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
