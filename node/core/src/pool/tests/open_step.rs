//! What anybody may do for a node, and when there is something to do.

use alloy_primitives::U256;
use alloy_sol_types::SolCall;

use crate::pool::abi::*;
use crate::pool::book::theirs;
use crate::pool::example::*;
use crate::pool::open_step::{Idle, OpenStep};
use crate::sending::call::{Call, Effect};

fn asked(world: &World, step: OpenStep) -> Result<Call, Idle> {
    step.call(&world.view().unwrap().0)
}

fn set(world: &mut World, call: impl SolCall<Return = U256>, number: u64) {
    world.set(MEGAPOOL, call, U256::from(number));
}

#[test]
fn rewards_are_split_while_there_are_some_and_nothing_holds_them() {
    let mut world = World::saturn();
    let split = |world: &World| asked(world, OpenStep::Distribute);
    assert_eq!(split(&world), Err(Idle::NoneStaked));
    set(&mut world, Megapool::getLastDistributionTimeCall {}, 77);
    assert_eq!(split(&world), Err(Idle::NoRewards));
    set(&mut world, Megapool::getPendingRewardsCall {}, 1);
    let call = split(&world).unwrap();
    assert_eq!((call.to, call.value), (MEGAPOOL.into(), U256::ZERO));
    // The selector of distribute().
    assert_eq!(call.data, [0xe4, 0xfc, 0x6b, 0x6d]);
    assert_eq!(call.effect, Effect::Idempotent);
    assert!(call.step.is_of("distribute"));
    // The next time is another step.
    set(&mut world, Megapool::getLastDistributionTimeCall {}, 78);
    assert_ne!(split(&world).unwrap().step, call.step);
    world.set(MEGAPOOL, Megapool::getLockedValidatorCountCall {}, 1_u32);
    assert_eq!(split(&world), Err(Idle::Held));
    world.set(MEGAPOOL, Megapool::getLockedValidatorCountCall {}, 0_u32);
    world.set(MEGAPOOL, Megapool::getExitingValidatorCountCall {}, 1_u32);
    assert_eq!(split(&world), Err(Idle::Held));
}

/// A validator of the node that waits with so many express entries before it.
fn waiting(ahead: u64) -> World {
    let mut world = World::saturn();
    world.set_validators(&[ValidatorInfo {
        inQueue: true,
        expressUsed: true,
        ..ValidatorInfo::default()
    }]);
    let namespace = alloy_primitives::keccak256("deposit.queue.express");
    let key = QueueKey {
        receiver: theirs(&MEGAPOOL.into()),
        validatorId: 0,
    };
    let list = at("linkedListStorage");
    let place = LinkedList::getIndexOfCall { namespace, key };
    world.set(list, place, U256::from(101 + ahead));
    let head = LinkedList::getHeadIndexCall(namespace);
    world.set(list, head, U256::from(101));
    world
}

#[test]
fn ether_is_assigned_when_the_nodes_own_validator_is_next_and_the_pool_has_enough() {
    let assign = |world: &World| asked(world, OpenStep::Assign);
    assert_eq!(assign(&World::saturn()), Err(Idle::NotOnTop));
    assert_eq!(assign(&waiting(1)), Err(Idle::NotOnTop));
    let call = assign(&waiting(0)).unwrap();
    assert_eq!(call.to, at("rocketDepositPool"));
    // One validator at a time.
    assert_eq!(call.data[4..], [&[0; 31][..], &[1]].concat());
    assert!(call.step.is_of("assign"));

    let mut world = waiting(0);
    let top = DepositPool::getQueueTopReturn {
        receiver: theirs(&MEGAPOOL.into()),
        assignmentPossible: false,
        headMovedBlock: U256::from(90),
    };
    world.set(
        at("rocketDepositPool"),
        DepositPool::getQueueTopCall {},
        top,
    );
    assert_eq!(assign(&world), Err(Idle::PoolTooLow));
    let settings = at("rocketDAOProtocolSettingsDeposit");
    let enabled = SettingsDeposit::getAssignDepositsEnabledCall {};
    world.set(settings, enabled, false);
    assert_eq!(assign(&world), Err(Idle::NoAssigning));
}

#[test]
fn a_node_without_a_megapool_has_nothing_to_do() {
    for step in [OpenStep::Distribute, OpenStep::Assign] {
        assert_eq!(asked(&World::houston(), step), Err(Idle::NoMegapool));
    }
}
