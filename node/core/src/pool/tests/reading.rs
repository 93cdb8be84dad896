//! What is read: both call surfaces, in few rounds, with every value where it belongs.

use alloy_primitives::{I256, U256};

use crate::pool::abi::*;
use crate::pool::account::Staking;
use crate::pool::amount::Wei;
use crate::pool::book::theirs;
use crate::pool::contracts::{Contract, address_key};
use crate::pool::example::*;
use crate::pool::megapool::Stage;
use crate::pool::queue::Lane;
use crate::pool::{minipool, storage_of};

fn ether(amount: u64) -> Wei {
    Wei(U256::from(amount) * U256::from(ETHER))
}

#[test]
fn addresses_are_kept_under_the_keys_that_rocket_storage_computes() {
    for (name, key) in [
        (
            "rocketNodeManager",
            "0xaf00be55c9fb8f543c04e0aa0d70351b880c1bfafffd15b60065a4a50c85ec94",
        ),
        (
            "rocketMegapoolManager",
            "0x2a2b4a8dd1ebf36039ccacb8955595756efac973c96d20c49559e03f5c7154ae",
        ),
        (
            "beaconStateVerifier",
            "0x5a6367e6222199e9e1cbd0452d13a79590451226ef0963b81b55f3b08a73b949",
        ),
        (
            "rocketTokenRPL",
            "0x1b80652f417157fe4774177f7d33c8b600483b9193e3f00d2ab1ace8fa6bdc9c",
        ),
    ] {
        assert_eq!(address_key(name).to_string(), key);
    }
    let shown = |chain| storage_of(chain).map(|it| proto::definition::checksummed(&it));
    let mainnet = "0x1d8f8f00cfa6758d7bE78336684788Fb0ee0Fa46";
    assert_eq!(shown(1).as_deref(), Some(mainnet));
    let hoodi = "0x594Fb75D3dc2DFa0150Ad03F99F97817747dd4E1";
    assert_eq!(shown(560_048).as_deref(), Some(hoodi));
    assert_eq!(shown(11_155_111), None);
}

#[test]
fn a_node_of_the_newer_protocol_is_read_whole() {
    let (view, rounds) = World::saturn().view().unwrap();
    assert!(rounds <= 5, "{rounds} rounds");
    assert_eq!(view.contracts.protocol.as_str(), "1.4");
    let pool = view.contracts.at(Contract::DepositPool).unwrap();
    assert_eq!(pool.address, at("rocketDepositPool"));
    assert_eq!(view.network.rewards.last_paid_block, Some(77));
    let rules = view.network.megapools.as_ref().unwrap();
    assert_eq!(rules.base_bonds, [ether(4), ether(8)]);
    let node = view.node.unwrap();
    let account = &node.account;
    assert_eq!(account.withdrawal, OWNER.into());
    assert_eq!(account.pending_withdrawal, None);
    assert_eq!(account.rpl_withdrawal, Some(OWNER.into()));
    assert_eq!(account.balance, ether(2));
    assert_eq!(account.credit.usable, ether(12));
    assert_eq!(account.tickets.as_ref().unwrap().count, 2);
    assert_eq!(account.unclaimed_intervals, [1, 2]);
    let Staking::Saturn { legacy, .. } = account.staking else {
        panic!("{:?}", account.staking);
    };
    assert_eq!(legacy, ether(500));
    let megapool = node.megapool.unwrap();
    assert_eq!(megapool.expected, MEGAPOOL.into());
    // None is asked for: there are none, and asking for the first would revert.
    assert_eq!(megapool.deployed.unwrap().validators, []);
}

#[test]
fn a_node_of_the_older_protocol_is_read_by_what_answers() {
    let (view, _) = World::houston().view().unwrap();
    assert_eq!(view.network.queues, None);
    assert_eq!(view.network.megapools, None);
    let node = view.node.unwrap();
    assert_eq!(node.megapool, None);
    assert_eq!(node.account.tickets, None);
    assert_eq!(node.account.unclaimed, None);
    let Staking::Houston { staked, .. } = node.account.staking else {
        panic!("{:?}", node.account.staking);
    };
    assert_eq!(staked, ether(600));
    // What the text says decides nothing.
    let mut world = World::houston();
    let text = alloy_primitives::keccak256("protocol.version");
    world.set(STORAGE, Storage::getStringCall(text), "1.4.1");
    let again = world.view().unwrap().0.node.unwrap();
    assert!(matches!(again.account.staking, Staking::Houston { .. }));
}

#[test]
fn an_address_that_is_no_node_is_told_from_one_and_a_megapool_that_is_not_there_yet_too() {
    let it = theirs(&NODE.into());
    let mut world = World::saturn();
    let nodes = at("rocketNodeManager");
    world.set(nodes, NodeManager::getNodeExistsCall(it), false);
    assert_eq!(world.view().unwrap().0.node, None);

    let mut world = World::saturn();
    let nobody = alloy_primitives::Address::ZERO;
    world.set(nodes, NodeManager::getMegapoolAddressCall(it), nobody);
    let factory = at("rocketMegapoolFactory");
    world.set(factory, MegapoolFactory::getMegapoolDeployedCall(it), false);
    let megapool = world.view().unwrap().0.node.unwrap().megapool.unwrap();
    assert_eq!(megapool.expected, MEGAPOOL.into());
    assert_eq!(megapool.deployed, None);
}

/// One validator of each stage.
fn of_each_stage() -> [ValidatorInfo; 7] {
    let info = ValidatorInfo::default;
    [
        ValidatorInfo {
            inQueue: true,
            expressUsed: true,
            lastRequestedValue: 32_000,
            lastRequestedBond: 4_000,
            ..info()
        },
        ValidatorInfo {
            inPrestake: true,
            lastAssignmentTime: 5_000,
            depositValue: 1_000,
            ..info()
        },
        ValidatorInfo {
            staked: true,
            depositValue: 32_000,
            locked: true,
            lockedTime: 77,
            ..info()
        },
        ValidatorInfo {
            staked: true,
            exiting: true,
            ..info()
        },
        ValidatorInfo {
            staked: true,
            exited: true,
            exitBalance: 32_010_000_000,
            ..info()
        },
        ValidatorInfo {
            dissolved: true,
            ..info()
        },
        info(),
    ]
}

#[test]
fn every_stage_of_a_validator_is_told_and_its_place_in_the_queue() {
    let mut world = World::saturn();
    world.set_validators(&of_each_stage());
    let namespace = alloy_primitives::keccak256("deposit.queue.express");
    let list = at("linkedListStorage");
    let key_of_first = QueueKey {
        receiver: theirs(&MEGAPOOL.into()),
        validatorId: 0,
    };
    let place = LinkedList::getIndexOfCall {
        namespace,
        key: key_of_first,
    };
    world.set(list, place, U256::from(105));
    let head = LinkedList::getHeadIndexCall(namespace);
    world.set(list, head, U256::from(101));
    let (view, rounds) = world.view().unwrap();
    assert!(rounds <= 6, "{rounds} rounds");
    let megapool = view.node.unwrap().megapool.unwrap().deployed.unwrap();
    let stages: Vec<_> = megapool.validators.iter().map(|it| it.stage).collect();
    assert_eq!(
        stages,
        [
            // Four express entries are before it, and then one standard one is served.
            Stage::Queued {
                lane: Lane::Express,
                ahead: 4,
                before: Some(5)
            },
            Stage::Prestaked {
                assigned: 5_000,
                dissolvable: 5_000 + 2_419_200
            },
            Stage::Staked,
            Stage::Exiting,
            Stage::Exited {
                balance: Wei::of_gwei(32_010_000_000)
            },
            Stage::Dissolved,
            Stage::Dequeued,
        ]
    );
    let first = &megapool.validators[0];
    assert_eq!((first.requested, first.bond), (ether(32), ether(4)));
    assert_eq!(megapool.validators[1].deposited, ether(1));
    assert_eq!(megapool.validators[2].locked_since, Some(77));
    assert_eq!(megapool.validators[6].pubkey, key(6));
}

/// Puts a minipool with this status number at this address into the world.
fn put_minipool(world: &mut World, index: u64, (address, status): ([u8; 20], u8)) {
    let node = theirs(&NODE.into());
    let it = theirs(&address.into());
    let all = at("rocketMinipoolManager");
    let count = MinipoolManager::getNodeMinipoolCountCall(node);
    world.set(all, count, U256::from(index + 1));
    let index = U256::from(index);
    world.set(
        all,
        MinipoolManager::getNodeMinipoolAtCall { node, index },
        it,
    );
    world.set(all, MinipoolManager::getMinipoolExistsCall(it), true);
    let pubkey = alloy_primitives::Bytes::copy_from_slice(key(9).as_bytes());
    world.set(all, MinipoolManager::getMinipoolPubkeyCall(it), pubkey);
    let mut credentials = vec![1; 1];
    credentials.extend([0; 11]);
    credentials.extend(address);
    let of = MinipoolManager::getMinipoolWithdrawalCredentialsCall(it);
    world.set(all, of, credentials);
    world.set(address, Minipool::getStatusCall {}, status);
    world.set(address, Minipool::getFinalisedCall {}, false);
    world.set(address, Minipool::getStatusTimeCall {}, U256::from(1_000));
    world.set(address, Minipool::getNodeAddressCall {}, node);
    world.set(
        address,
        Minipool::getNodeFeeCall {},
        U256::from(ETHER / 100 * 14),
    );
    world.set(address, Minipool::getNodeDepositBalanceCall {}, ether(8).0);
    world.set(address, Minipool::getUserDepositBalanceCall {}, ether(24).0);
    world.set(address, Minipool::getNodeRefundBalanceCall {}, ether(1).0);
    world.set(address, Minipool::canStakeCall {}, true);
    let share = Minipool::calculateNodeShareCall(ether(2).0);
    world.set(address, share, U256::from(ETHER / 2));
    world.give(address, ether(3).0);
    let penalties = NetworkPenalties::getPenaltyCountCall(it);
    world.set(at("rocketNetworkPenalties"), penalties, U256::from(2));
}

#[test]
fn minipools_are_read_whatever_the_age_of_their_code() {
    // None of them has what came with later code: getVacant, canPromote and others revert.
    let mut world = World::saturn();
    world.register("rocketMinipoolQueue");
    for (index, status) in (0..5).zip([0, 1, 2, 3, 4]) {
        put_minipool(&mut world, index, ([0x50 + status; 20], status));
    }
    let position = MinipoolQueue::getMinipoolPositionCall(theirs(&[0x50; 20].into()));
    world.set(at("rocketMinipoolQueue"), position, I256::ONE);
    let (view, rounds) = world.view().unwrap();
    assert!(rounds <= 7, "{rounds} rounds");
    let minipools = view.node.unwrap().minipools;
    let stages: Vec<_> = minipools.iter().map(|it| it.stage).collect();
    assert_eq!(
        stages,
        [
            minipool::Stage::Queued { ahead: Some(1) },
            minipool::Stage::Prelaunch {
                can_stake: true,
                can_promote: false,
                ready: 1_000 + 43_200,
                dissolvable: 1_000 + 259_200
            },
            minipool::Stage::Staking,
            minipool::Stage::Withdrawable,
            minipool::Stage::Dissolved,
        ]
    );
    let it = &minipools[2];
    assert_eq!(it.place.address, [0x52; 20].into());
    assert_eq!((it.balance, it.refund), (ether(3), ether(1)));
    assert_eq!(it.node_share, Some(Wei(U256::from(ETHER / 2))));
    assert_eq!(it.fee.to_string(), "14 %");
    assert_eq!((it.penalties, it.pubkey), (2, Some(key(9))));
}

#[test]
fn a_hundred_validators_take_a_few_rounds_and_each_is_asked_once() {
    let staked = ValidatorInfo {
        staked: true,
        ..ValidatorInfo::default()
    };
    let mut world = World::saturn();
    world.set_validators(&vec![staked; 100]);
    let (view, rounds) = world.view().unwrap();
    assert!(rounds <= 5, "{rounds} rounds");
    let megapool = view.node.unwrap().megapool.unwrap().deployed.unwrap();
    assert_eq!(megapool.validators.len(), 100);
}
