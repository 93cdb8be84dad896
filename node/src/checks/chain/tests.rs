//! A node is believed about chain and slot only if it fits the lock and the clock.

use std::time::Duration;

use proto::eth::Genesis;

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
    proto::example::chain_since(genesis, &[("DEPOSIT_CHAIN_ID", &chain_id)])
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
    compare(&chain, &node).map_or_else(|error| error.to_string(), |()| String::new())
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
        assert_eq!(compare(&known, &node(begins)), Ok(()));
        let other = compare(&known, &node(begins + 12)).unwrap_err().to_string();
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
