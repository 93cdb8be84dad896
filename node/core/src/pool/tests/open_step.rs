//! What anybody may do for a node, and when there is something to do.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use proto::{Epoch, PublicKey, Slot};

use crate::pool::abi::*;
use crate::pool::book::theirs;
use crate::pool::dispatch::{call, name};
use crate::pool::example::*;
use crate::pool::open_step::{NotNow, OpenStep};
use crate::pool::plan::{Body, Due, Idle, Leaving, Need, Repeat, Shown, Step, Wait};
use crate::sending::call::Effect;

fn asked(world: &World, step: OpenStep) -> Result<Step, NotNow> {
    with(world, step, &BTreeMap::new())
}

fn with(
    world: &World,
    step: OpenStep,
    leaving: &BTreeMap<PublicKey, Leaving>,
) -> Result<Step, NotNow> {
    let view = world.view().unwrap().0;
    let shown = Shown {
        view: &view,
        leaving,
    };
    step.step(&shown, None)
}

fn idle(idle: Idle) -> Result<Step, NotNow> {
    Err(NotNow::Idle(idle))
}

fn set(world: &mut World, call: impl SolCall<Return = U256>, number: u64) {
    world.set(MEGAPOOL, call, U256::from(number));
}

#[test]
fn rewards_are_split_while_there_are_some_and_nothing_holds_them() {
    let mut world = World::saturn();
    let split = |world: &World| asked(world, OpenStep::Distribute);
    assert_eq!(split(&world), idle(Idle::NoneStaked));
    set(&mut world, Megapool::getLastDistributionTimeCall {}, 77);
    assert_eq!(split(&world), idle(Idle::NoRewards));
    set(&mut world, Megapool::getPendingRewardsCall {}, 1);
    let step = split(&world).unwrap();
    let sent = call(&step).unwrap();
    assert_eq!((sent.to, sent.value), (MEGAPOOL.into(), U256::ZERO));
    // The selector of distribute().
    assert_eq!(sent.data, [0xe4, 0xfc, 0x6b, 0x6d]);
    assert_eq!(sent.effect, Effect::Idempotent);
    // As programs before have written it down.
    let at = theirs(&MEGAPOOL.into());
    assert_eq!(sent.step.to_string(), format!("distribute:{at:#x}:77"));
    // The next time is another step.
    set(&mut world, Megapool::getLastDistributionTimeCall {}, 78);
    assert_ne!(name(&split(&world).unwrap()), sent.step);
    let held = Err(NotNow::Waits(vec![Wait::Leaving]));
    world.set(MEGAPOOL, Megapool::getLockedValidatorCountCall {}, 1_u32);
    assert_eq!(split(&world), held);
    world.set(MEGAPOOL, Megapool::getLockedValidatorCountCall {}, 0_u32);
    world.set(MEGAPOOL, Megapool::getExitingValidatorCountCall {}, 1_u32);
    assert_eq!(split(&world), held);
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
    assert_eq!(assign(&World::saturn()), idle(Idle::NoneQueued));
    let Err(NotNow::Waits(waits)) = assign(&waiting(1)) else {
        panic!("another one is before it");
    };
    assert!(matches!(waits[..], [Wait::Turn(1..)]), "{waits:?}");
    let sent = call(&assign(&waiting(0)).unwrap()).unwrap();
    assert_eq!(sent.to, at("rocketDepositPool"));
    // One validator at a time.
    assert_eq!(sent.data[4..], [&[0; 31][..], &[1]].concat());
    let begin = format!("assign:{:#x}:0:", theirs(&MEGAPOOL.into()));
    assert!(sent.step.to_string().starts_with(&begin), "{}", sent.step);

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
    let low = Err(NotNow::Waits(vec![Wait::PoolEther]));
    assert_eq!(assign(&world), low);
    let settings = at("rocketDAOProtocolSettingsDeposit");
    let enabled = SettingsDeposit::getAssignDepositsEnabledCall {};
    world.set(settings, enabled, false);
    let closed = vec![Wait::Closed("assignments"), Wait::PoolEther];
    assert_eq!(assign(&world), Err(NotNow::Waits(closed)));
}

#[test]
fn a_node_without_a_megapool_has_nothing_to_do() {
    let all = [
        OpenStep::Distribute,
        OpenStep::Assign,
        OpenStep::Stake,
        OpenStep::NotifyExit,
        OpenStep::NotifyNotExit,
        OpenStep::FinalBalance,
        OpenStep::RepayDebt,
        OpenStep::Claim,
    ];
    for step in all {
        assert_eq!(asked(&World::houston(), step), idle(Idle::NoMegapool));
    }
}

/// A prestaked, a staked, a challenged and an exiting one.
fn four() -> World {
    let staked = ValidatorInfo {
        staked: true,
        ..ValidatorInfo::default()
    };
    let mut world = World::saturn();
    world.set_validators(&[
        ValidatorInfo {
            inPrestake: true,
            lastAssignmentTime: 500,
            ..ValidatorInfo::default()
        },
        staked.clone(),
        ValidatorInfo {
            locked: true,
            lockedTime: 700,
            ..staked.clone()
        },
        ValidatorInfo {
            exiting: true,
            ..staked
        },
    ]);
    world
}

#[test]
fn each_proof_is_of_the_first_validator_that_needs_it() {
    let world = four();
    let gone = |withdrawn| Leaving {
        withdrawable: Epoch(900),
        withdrawn,
    };
    let mut leaving = BTreeMap::from([(key(1), gone(None)), (key(3), gone(None))]);
    let about = |step: OpenStep, leaving: &BTreeMap<PublicKey, Leaving>| {
        let step = with(&world, step, leaving)?;
        let Body::Needs(need) = step.body else {
            panic!("{step:?}");
        };
        Ok::<_, NotNow>(need)
    };
    let Ok(Need::Validator(stake)) = about(OpenStep::Stake, &leaving) else {
        panic!("the first one waits for it");
    };
    assert_eq!((stake.id, stake.pubkey), (0, key(0)));
    assert!(matches!(stake.due, Some(Due::Time(501..))), "{stake:?}");
    let Ok(Need::Validator(exit)) = about(OpenStep::NotifyExit, &leaving) else {
        panic!("the second one leaves");
    };
    assert_eq!((exit.id, exit.withdrawable_epoch), (1, Some(900)));
    assert!(matches!(exit.due, Some(Due::Epoch(..900))), "{exit:?}");
    let Ok(Need::Validator(not)) = about(OpenStep::NotifyNotExit, &leaving) else {
        panic!("the third one was challenged");
    };
    assert_eq!((not.id, not.since), (2, Some(700)));
    let back = about(OpenStep::FinalBalance, &leaving);
    assert_eq!(back, Err(NotNow::Idle(Idle::NoneBack)));
    leaving.insert(key(3), gone(Some(Slot(77))));
    let Ok(Need::Withdrawal { of, slot }) = about(OpenStep::FinalBalance, &leaving) else {
        panic!("the fourth one has left");
    };
    assert_eq!((of.id, slot), (3, 77));
    // One is asked for that is not there, or that needs nothing.
    let view = world.view().unwrap().0;
    let shown = Shown {
        view: &view,
        leaving: &leaving,
    };
    let of = |id| OpenStep::Stake.step(&shown, Some(id)).unwrap_err();
    assert_eq!(of(4), NotNow::NoValidator(4));
    assert_eq!(of(1), NotNow::Idle(Idle::NonePrestaked));
}

#[test]
fn debt_is_paid_once_and_what_is_there_is_claimed() {
    let mut world = four();
    assert_eq!(asked(&world, OpenStep::RepayDebt), idle(Idle::NoDebt));
    assert_eq!(asked(&world, OpenStep::Claim), idle(Idle::NoRefund));
    set(&mut world, Megapool::getDebtCall {}, 50);
    set(&mut world, Megapool::getRefundValueCall {}, 20);
    let debt = asked(&world, OpenStep::RepayDebt).unwrap();
    assert_eq!(debt.repeat, Repeat::OncePerNonce);
    let sent = call(&debt).unwrap();
    assert_eq!((sent.value, sent.effect), (U256::from(30), Effect::Once));
    let claim = asked(&world, OpenStep::Claim).unwrap();
    assert!(claim.words.contains("after 0."), "{}", claim.words);
    // The same debt later, of another validator, is another deed.
    let mut later = world.clone();
    let gone = ValidatorInfo {
        staked: true,
        exited: true,
        ..ValidatorInfo::default()
    };
    later.set_validators(&[gone.clone(), gone]);
    let again = asked(&later, OpenStep::RepayDebt).unwrap();
    assert_ne!(name(&again), sent.step);
}
