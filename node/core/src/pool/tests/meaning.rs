//! What a view means: the alarms, the smoothing pool, and what is not final.

use alloy_primitives::U256;

use crate::pool::abi::*;
use crate::pool::alarm::{Alarm, Purse};
use crate::pool::book::theirs;
use crate::pool::example::*;
use crate::pool::sight::{Sight, SmoothingPool};
use crate::pool::view::Block;

const EVIL: [u8; 20] = [0xee; 20];

fn block(number: u64, time: u64) -> Block {
    Block {
        number,
        hash: [9; 32].into(),
        time,
    }
}

/// The two views, 1,000 seconds apart.
fn sight(head: &World, finalised: &World) -> Sight {
    Sight {
        chain_id: 1,
        node: NODE.into(),
        head_block: block(100, 11_000),
        head: head.view().unwrap().0,
        finalised_block: block(20, 10_000),
        finalised: Some(finalised.view().unwrap().0),
    }
}

fn words(sight: &Sight) -> Vec<String> {
    sight.alarms().iter().map(Alarm::to_string).collect()
}

#[test]
fn a_node_that_is_well_raises_nothing_and_differs_in_nothing() {
    let world = World::saturn();
    let sight = sight(&world, &world);
    assert_eq!(words(&sight), [""; 0]);
    assert_eq!(sight.differences(), Some(Vec::new()));
    assert_eq!(sight.smoothing_pool(), Some(SmoothingPool::Out));
}

#[test]
fn a_planted_withdrawal_address_is_told_and_the_repair_of_one_is_not() {
    let it = theirs(&NODE.into());
    let mut world = World::saturn();
    let pending = || Storage::getNodePendingWithdrawalAddressCall(it);
    world.set(STORAGE, pending(), theirs(&EVIL.into()));
    let rpl = NodeManager::getNodePendingRPLWithdrawalAddressCall(it);
    world.set(at("rocketNodeManager"), rpl.clone(), theirs(&EVIL.into()));
    let found = sight(&world, &World::saturn());
    assert_eq!(
        found.alarms()[..2],
        [
            Alarm::PendingWithdrawal(EVIL.into()),
            Alarm::PendingRplWithdrawal(EVIL.into())
        ]
    );
    let said = words(&found);
    assert!(said[0].contains("owns everything") && said[0].contains("put no money in"));
    assert_eq!(
        found.alarms()[2],
        Alarm::NotFinal(vec![
            "the pending withdrawal address",
            "the pending RPL withdrawal address"
        ])
    );
    // The owner itself as pending entry keeps every other out.
    world.set(STORAGE, pending(), theirs(&OWNER.into()));
    world.set(at("rocketNodeManager"), rpl, theirs(&OWNER.into()));
    assert_eq!(words(&sight(&world, &world)), [""; 0]);
}

#[test]
fn an_account_that_owns_itself_and_an_rpl_address_that_is_unset_are_told() {
    let it = theirs(&NODE.into());
    let mut world = World::saturn();
    world.set(STORAGE, Storage::getNodeWithdrawalAddressCall(it), it);
    let is_set = NodeManager::getNodeRPLWithdrawalAddressIsSetCall(it);
    world.set(at("rocketNodeManager"), is_set, false);
    let merkle = at("rocketMerkleDistributorMainnet");
    let outstanding = MerkleDistributor::getOutstandingEthCall(it);
    world.set(merkle, outstanding, U256::from(ETHER));
    let alarms = sight(&world, &world).alarms();
    let one = crate::pool::amount::Wei(U256::from(ETHER));
    assert_eq!(
        alarms,
        [
            Alarm::NodeIsOwner,
            Alarm::RplUnset,
            Alarm::Outstanding(NODE.into(), one)
        ]
    );
    assert!(alarms[0].is_urgent() && !alarms[1].is_urgent());
}

#[test]
fn the_smoothing_pool_is_left_when_the_epoch_after_is_final_and_not_before() {
    let it = theirs(&NODE.into());
    let nodes = at("rocketNodeManager");
    let left = |time: u64| {
        let mut world = World::saturn();
        let changed = NodeManager::getSmoothingPoolRegistrationChangedCall(it);
        world.set(nodes, changed, U256::from(time));
        world
    };
    // The finalised block is of second 10,000; two epochs are 768 seconds.
    let pool = |world: &World| sight(world, world).smoothing_pool();
    assert_eq!(pool(&left(10_000 - 768)), Some(SmoothingPool::Out));
    let cooling = Some(SmoothingPool::CoolingDown { left: 9_233 });
    assert_eq!(pool(&left(9_233)), cooling);
    let said = words(&sight(&left(9_233), &left(9_233)));
    assert!(said[0].contains("keep it as fee recipient"), "{said:?}");
    let mut inside = left(9_233);
    let state = NodeManager::getSmoothingPoolRegistrationStateCall(it);
    inside.set(nodes, state, true);
    assert_eq!(pool(&inside), Some(SmoothingPool::In));
}

#[test]
fn a_validator_that_waits_to_be_staked_is_told_with_the_time_that_is_left() {
    let prestaked = |assigned: u32| {
        let mut world = World::saturn();
        world.set_validators(&[ValidatorInfo {
            inPrestake: true,
            lastAssignmentTime: assigned,
            ..ValidatorInfo::default()
        }]);
        let term = SettingsMegapool::getTimeBeforeDissolveCall {};
        world.set(
            at("rocketDAOProtocolSettingsMegapool"),
            term,
            U256::from(864_000),
        );
        world
    };
    // Ten days from the assignment; the newest block is of second 11,000.
    let world = prestaked(11_000);
    let alarm = sight(&world, &world).alarms().remove(0);
    assert!(!alarm.is_urgent());
    assert!(alarm.to_string().contains("10 days are left"), "{alarm}");
    let world = prestaked(0);
    let term = SettingsMegapool::getTimeBeforeDissolveCall {};
    let mut world = world;
    let settings = at("rocketDAOProtocolSettingsMegapool");
    world.set(settings, term, U256::from(14_600));
    let alarm = sight(&world, &world).alarms().remove(0);
    assert!(alarm.is_urgent());
    assert!(alarm.to_string().contains("60 min are left"), "{alarm}");
    let term = SettingsMegapool::getTimeBeforeDissolveCall {};
    world.set(settings, term, U256::from(10_999));
    let alarm = sight(&world, &world).alarms().remove(0);
    assert!(alarm.is_urgent());
    assert!(alarm.to_string().contains("the term is over"), "{alarm}");
}

#[test]
fn debt_locks_exits_and_unknown_versions_are_told_what_is_urgent_first() {
    let mut world = World::saturn();
    world.set_validators(&[ValidatorInfo {
        staked: true,
        exiting: true,
        locked: true,
        lockedTime: 500,
        ..ValidatorInfo::default()
    }]);
    world.set(MEGAPOOL, Megapool::getDebtCall {}, U256::from(ETHER / 20));
    world.set(MEGAPOOL, Megapool::getExitingValidatorCountCall {}, 1_u32);
    let verifier = at("beaconStateVerifier");
    world.set(verifier, Versioned::versionCall {}, U256::from(3));
    let debt = crate::pool::amount::Wei(U256::from(ETHER / 20));
    assert_eq!(
        sight(&world, &world).alarms(),
        [
            Alarm::Debt(debt),
            Alarm::Locked(0, 500),
            Alarm::Exiting(1),
            Alarm::UnknownVersion("beaconStateVerifier", Some(3)),
        ]
    );
}

#[test]
fn an_upgrade_that_waits_is_told_a_week_before_and_one_that_is_over_is_not() {
    let mut world = World::saturn();
    let upgrades = "rocketDAONodeTrustedUpgrade";
    world.register(upgrades);
    let call = |id: u64| U256::from(id);
    world.set(
        at(upgrades),
        TrustedUpgrade::getTotalCall {},
        U256::from(20),
    );
    for id in 5..=20 {
        let name = format!("rocketNode{id}\u{202e}");
        world.set(at(upgrades), TrustedUpgrade::getNameCall(call(id)), name);
        let to = TrustedUpgrade::getUpgradeAddressCall(call(id));
        world.set(at(upgrades), to, theirs(&OWNER.into()));
        let end = TrustedUpgrade::getEndCall(call(id));
        world.set(at(upgrades), end, U256::from(11_000 + 6 * 86_400));
        // Those before were carried out, and one was vetoed.
        let executed = TrustedUpgrade::getExecutedCall(call(id));
        world.set(at(upgrades), executed, id < 18);
        let vetoed = TrustedUpgrade::getVetoedCall(call(id));
        world.set(at(upgrades), vetoed, id == 19);
    }
    let said = words(&sight(&world, &world));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("Rocket Pool's own rocketNode18? is replaced by 0xbBbB"),
        "{said:?}"
    );
    assert!(said[0].contains("on, in 6 days. Read"), "{said:?}");
    assert!(said[1].contains("rocketNode20?"), "{said:?}");
    let end = TrustedUpgrade::getEndCall(call(20));
    world.set(at(upgrades), end, U256::from(10_999));
    let said = words(&sight(&world, &world));
    assert!(said[1].contains("possible since 10999"), "{said:?}");
}

#[test]
fn rpl_that_is_unstaked_is_told_with_what_begins_its_time_anew() {
    let it = theirs(&NODE.into());
    let mut world = World::saturn();
    let staking = at("rocketNodeStaking");
    let unstaking = NodeStaking::getNodeUnstakingRPLCall(it);
    world.set(staking, unstaking, U256::from(7) * U256::from(ETHER));
    let since = NodeStaking::getNodeLastUnstakeTimeCall(it);
    world.set(staking, since, U256::from(1_000));
    let settings = at("rocketDAOProtocolSettingsNode");
    let period = SettingsNode::getUnstakingPeriodCall {};
    world.set(settings, period, U256::from(28 * 86_400));
    let alarms = sight(&world, &world).alarms();
    let [Alarm::RplWaits(_, term)] = alarms[..] else {
        panic!("{alarms:?}");
    };
    assert_eq!(alarms[0].term(), Some(term));
    let said = alarms[0].to_string();
    assert!(said.starts_with("7 RPL are being unstaked"), "{said}");
    assert!(
        said.contains("in 27 days. Unstaking more before begins the time anew"),
        "{said}"
    );
}

#[test]
fn that_nothing_becomes_final_is_told_before_proofs_are_too_old() {
    let world = World::saturn();
    let mut seen = sight(&world, &world);
    seen.finalised_block.time = seen.head_block.time - 1_800;
    assert_eq!(words(&seen), [""; 0]);
    seen.finalised_block.time -= 60;
    let alarms = seen.alarms();
    assert_eq!(alarms, [Alarm::NothingFinal(1_860)]);
    assert!(alarms[0].is_urgent());
    let said = alarms[0].to_string();
    assert!(said.contains("finalised for 31 min"), "{said}");
}

#[test]
fn an_account_that_can_pay_for_few_steps_more_is_told() {
    let purse = |balance: u64| Purse {
        account: NODE.into(),
        balance: crate::pool::amount::Wei(U256::from(balance)),
        price: 10_000_000_000,
    };
    assert_eq!(Alarm::of_purse(&purse(20_000_000_000_000_000)), None);
    let low = Alarm::of_purse(&purse(19_999_999_999_999_999)).unwrap();
    assert!(low.is_urgent());
    let said = low.to_string();
    assert!(said.contains("1999999 gas at the price of now"), "{said}");
}

#[test]
fn what_differs_at_the_finalised_block_is_named_with_both_values() {
    let it = theirs(&NODE.into());
    let mut head = World::saturn();
    let call = Storage::getNodeWithdrawalAddressCall(it);
    head.set(STORAGE, call, theirs(&EVIL.into()));
    let merkle = at("rocketMerkleDistributorMainnet");
    for address in [EVIL, OWNER] {
        let call = MerkleDistributor::getOutstandingEthCall(theirs(&address.into()));
        head.set(merkle, call, U256::ZERO);
    }
    let found = sight(&head, &World::saturn());
    let differences = found.differences().unwrap();
    let first = &differences[0];
    assert_eq!(first.what, "node.account.rpl_outstanding");
    let second = &differences[1];
    assert_eq!(second.what, "node.account.withdrawal");
    assert_eq!(second.head, format!("{}", theirs(&EVIL.into())));
    assert_eq!(second.finalised, format!("{}", theirs(&OWNER.into())));
    assert_eq!(differences.len(), 2);
    assert!(words(&found)[0].contains("not final yet: the withdrawal address"));
    // A node that is too new to be in the finalised block.
    let mut old = World::saturn();
    let nodes = at("rocketNodeManager");
    old.set(nodes, NodeManager::getNodeExistsCall(it), false);
    let young = sight(&World::saturn(), &old);
    assert!(words(&young)[0].contains("the registration"));
}
