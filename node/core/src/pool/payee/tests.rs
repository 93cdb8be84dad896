//! Every case of RPIP-43, at the parent of a proposal and at the finalised block.

use alloy_primitives::U256;
use proto::eth::Genesis;
use proto::example;

use super::*;
use crate::pool::example::{MEGAPOOL, NODE, World, at, subject};

/// Seconds of a slot, slots of an epoch, and when the chain begins.
const SLOT: u64 = 12;
const SLOTS: u64 = 4;
const GENESIS: u64 = 1_700_000_000;

fn chain() -> ChainSpec {
    let genesis = Genesis {
        genesis_time: GENESIS,
        genesis_validators_root: [3; 32].into(),
        genesis_fork_version: [0; 4].into(),
    };
    example::chain_since(genesis, &[("SLOTS_PER_EPOCH", &SLOTS.to_string())])
}

/// The time of a slot of an epoch.
fn time(epoch: u64, slot: u64) -> u64 {
    GENESIS + (epoch * SLOTS + slot) * SLOT
}

fn block(time: u64) -> Block {
    Block {
        number: time,
        hash: [9; 32].into(),
        time,
    }
}

/// After a block of this time; `changed` is when the node went in or out last.
fn standing(time: u64, is_in: bool, changed: Option<u64>) -> Standing {
    Standing {
        block: block(time),
        is_in,
        changed,
        smoothing_pool: at(SMOOTHING_POOL),
        megapool: Some(MEGAPOOL.into()),
        said_by: at(NODE_MANAGER),
    }
}

const SMOOTHING: fn(Reason) -> Payee = Payee::SmoothingPool;

#[test]
fn who_is_in_pays_the_smoothing_pool_and_who_is_out_for_good_the_megapool() {
    let (old, now) = (time(8, 0), time(10, 2));
    let never = None;
    let long_ago = Some(time(2, 0));
    let cases = [
        // At the parent, at the finalised block.
        (
            standing(now, false, never),
            standing(old, false, never),
            Payee::Megapool,
        ),
        (
            standing(now, false, long_ago),
            standing(old, false, long_ago),
            Payee::Megapool,
        ),
        (
            standing(now, true, long_ago),
            standing(old, true, long_ago),
            SMOOTHING(Reason::In),
        ),
        // It went in after the finalised block, perhaps a moment ago.
        (
            standing(now, true, Some(now)),
            standing(old, false, never),
            SMOOTHING(Reason::In),
        ),
        // It has left since.
        (
            standing(now, false, Some(now)),
            standing(old, true, never),
            SMOOTHING(Reason::In),
        ),
        // It went in and out since: neither block shows it inside.
        (
            standing(now, false, Some(now)),
            standing(old, false, never),
            SMOOTHING(Reason::CoolingDown),
        ),
    ];
    for (parent, finalised, expected) in cases {
        let found = payee(false, Some(&parent), Some(&finalised), &chain());
        assert_eq!(found, expected, "{parent:?}, {finalised:?}");
    }
}

#[test]
fn who_has_left_pays_it_until_the_epoch_after_that_is_final() {
    // It leaves in the last slot of epoch 5; epoch 6 is final with the block that begins epoch 7.
    let left = Some(time(5, SLOTS - 1));
    for (finalised, expected) in [
        (time(6, 0), SMOOTHING(Reason::CoolingDown)),
        (time(6, SLOTS - 1), SMOOTHING(Reason::CoolingDown)),
        (time(7, 0), Payee::Megapool),
    ] {
        let parent = standing(time(9, 0), false, left);
        let finalised = standing(finalised, false, left);
        let found = payee(false, Some(&parent), Some(&finalised), &chain());
        assert_eq!(found, expected, "{finalised:?}");
        let wished = payee(true, Some(&parent), Some(&finalised), &chain());
        assert!(matches!(wished, Payee::SmoothingPool(_)));
    }
}

#[test]
fn what_cannot_be_read_and_what_is_agreed_pay_the_smoothing_pool() {
    let out = standing(time(8, 0), false, None);
    let inside = standing(time(8, 0), true, None);
    for (parent, finalised) in [(None, None), (Some(&out), None), (None, Some(&out))] {
        let found = payee(false, parent, finalised, &chain());
        assert_eq!(
            found,
            SMOOTHING(Reason::Unread),
            "{parent:?}, {finalised:?}"
        );
        assert_eq!(
            payee(true, parent, finalised, &chain()),
            SMOOTHING(Reason::Agreed)
        );
    }
    assert_eq!(
        payee(false, None, Some(&inside), &chain()),
        SMOOTHING(Reason::In)
    );
    assert_eq!(
        payee(true, Some(&out), Some(&out), &chain()),
        SMOOTHING(Reason::Agreed)
    );
    // There is nobody else to pay before the megapool is made.
    let early = Standing {
        megapool: None,
        ..out
    };
    let found = payee(false, Some(&early), Some(&early), &chain());
    assert_eq!(found, SMOOTHING(Reason::Unread));
}

#[test]
fn all_have_paid_it_for_two_final_epochs_when_the_third_begins_to_be_final() {
    let settled = |finalised| is_settled(Epoch(5), finalised, &chain());
    assert!(!settled(time(5, 0)));
    assert!(!settled(time(7, SLOTS - 1)));
    assert!(settled(time(8, 0)));
}

fn world() -> World {
    let mut world = World::saturn();
    world.register(SMOOTHING_POOL);
    let changed = NodeManager::getSmoothingPoolRegistrationChangedCall(theirs(&NODE.into()));
    world.set(at(NODE_MANAGER), changed, U256::from(77));
    world
}

/// How it stands by `world`, and in how many rounds that was read.
fn read(world: &World, guess: Option<Address>) -> Result<(Standing, usize), Fault> {
    let mut answers = Answers::new();
    for rounds in 0.. {
        match Standing::read(&subject(), (block(5), guess), &answers)? {
            Round::Done(standing) => return Ok((standing, rounds)),
            Round::Ask(questions) => {
                assert!(!questions.is_empty());
                for question in questions {
                    let answer = world.answer(&question);
                    assert_eq!(
                        answers.insert(question, answer),
                        None,
                        "nothing is asked twice"
                    );
                }
            }
        }
    }
    unreachable!("it ends");
}

#[test]
fn it_is_read_in_one_round_if_the_contract_has_not_moved() {
    let mut world = world();
    let (view, _) = world.view().unwrap();
    let expected = Standing::of_view(&view, block(5)).unwrap();
    assert_eq!(expected.changed, Some(77));
    assert_eq!(expected.megapool, Some(MEGAPOOL.into()));
    assert_eq!(read(&world, None), Ok((expected, 2)));
    assert_eq!(read(&world, Some(at(NODE_MANAGER))), Ok((expected, 1)));
    // What the contract of before says counts for nothing.
    let old = at("an older one");
    let state = NodeManager::getSmoothingPoolRegistrationStateCall(theirs(&NODE.into()));
    world.set(old, state, true);
    assert_eq!(read(&world, Some(old)), Ok((expected, 2)));
}

#[test]
fn a_smoothing_pool_that_is_not_there_is_a_fault() {
    let fault = read(&World::saturn(), None).unwrap_err();
    assert_eq!(fault.contract, SMOOTHING_POOL);
    let mut nothing = world();
    let state = NodeManager::getSmoothingPoolRegistrationStateCall(theirs(&NODE.into()));
    nothing.garble(at(NODE_MANAGER), state, vec![1; 7]);
    assert!(read(&nothing, None).is_err());
}
