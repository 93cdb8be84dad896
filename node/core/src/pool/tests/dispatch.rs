//! What the node account sends, and in which order.

use std::collections::BTreeSet;

use alloy_primitives::U256;
use proto::{Address, PublicKey};

use crate::pool::amount::Wei;
use crate::pool::book::Place;
use crate::pool::dispatch::{Turns, call, due, is_wanted, name, with_proof};
use crate::pool::plan::{Body, Call, Kind, Need, Proven, Repeat, Sender, Step, Wait};
use crate::sending::call::{Effect, Gas};

fn place() -> Place {
    Place {
        name: "RocketNodeManager",
        address: [7; 20].into(),
    }
}

fn step(kind: Kind, sender: Sender) -> Step {
    let to = place();
    Step {
        words: format!("{kind:?}"),
        deed: "1".to_owned(),
        body: Body::Call(Call {
            to,
            contract: to.name,
            value: Wei::ZERO,
            data: format!("{kind:?}").into_bytes(),
            spelled: String::new(),
            akin: Vec::new(),
        }),
        kind,
        sender,
        repeat: Repeat::Idempotent,
        waits: Vec::new(),
    }
}

fn proven() -> Proven {
    Proven {
        verifier: Place {
            name: "RocketMegapoolManager",
            address: [8; 20].into(),
        },
        megapool: place(),
        id: 3,
        pubkey: key(),
        withdrawable_epoch: None,
        since: None,
        due: None,
    }
}

fn key() -> PublicKey {
    [4; 48].into()
}

/// A step that needs a proof.
fn proved(kind: Kind) -> Step {
    Step {
        body: Body::Needs(Need::Validator(proven())),
        ..step(kind, Sender::Anybody)
    }
}

fn kinds(steps: &[Step]) -> Vec<String> {
    due(steps).iter().map(|step| step.words.clone()).collect()
}

#[test]
fn a_node_is_founded_one_stage_after_the_other() {
    let owner = Sender::Itself([9; 20].into());
    let all = [
        step(Kind::Register, Sender::Node),
        step(Kind::ProposeRplWithdrawal, Sender::Node),
        step(Kind::ProposeWithdrawal, Sender::Node),
        step(Kind::ConfirmWithdrawal, owner),
        step(Kind::DeployMegapool, Sender::Node),
        step(Kind::SmoothingPool(true), Sender::Node),
    ];
    assert_eq!(kinds(&all), ["Register"]);
    let addresses = ["ProposeRplWithdrawal", "ProposeWithdrawal"];
    assert_eq!(kinds(&all[1..]), addresses);
    // The owner's turn: the node account sends nothing.
    assert_eq!(kinds(&all[3..]), [""; 0]);
    assert_eq!(kinds(&all[4..]), ["DeployMegapool", "SmoothingPool(true)"]);
    assert_eq!(kinds(&[]), [""; 0]);
}

#[test]
fn validators_that_are_there_wait_for_no_stage_and_go_first_and_payments_go_last() {
    let owner = Sender::Itself([9; 20].into());
    let all = [
        step(Kind::ConfirmWithdrawal, owner),
        step(Kind::SmoothingPool(true), Sender::Node),
        step(Kind::RepayDebt, Sender::Anybody),
        step(Kind::Deposit(vec![key()]), Sender::Node),
        step(Kind::Assign, Sender::Anybody),
        proved(Kind::Stake(3)),
        proved(Kind::NotifyExit(4)),
        step(Kind::Claim, Sender::NodeOrWithdrawal),
    ];
    let order = [
        "Stake(3)",
        "NotifyExit(4)",
        "Assign",
        "Claim",
        "RepayDebt",
        &format!("{:?}", Kind::Deposit(vec![key()])),
    ];
    assert_eq!(kinds(&all), order);
}

#[test]
fn what_waits_is_not_sent_nor_is_a_deposit_that_nobody_has_signed() {
    let mut smoothing = step(Kind::SmoothingPool(true), Sender::Node);
    smoothing.waits.push(Wait::FeeRecipients);
    let mut deposit = step(Kind::Deposit(vec![key()]), Sender::Node);
    deposit.body = Body::Needs(Need::Deposits {
        credentials: [1; 32].into(),
        keys: vec![key()],
    });
    assert_eq!(kinds(&[smoothing, deposit.clone()]), [""; 0]);
    assert_eq!(call(&deposit), None);
    assert_eq!(with_proof(&deposit, vec![1]), None);
}

#[test]
fn a_deposit_under_way_whose_key_is_still_to_be_deposited_is_told_from_one_that_must_not_be() {
    let other: PublicKey = [9; 48].into();
    let deposit = |keys: &[PublicKey]| Step {
        deed: keys[0].to_string(),
        ..step(Kind::Deposit(keys.to_vec()), Sender::Node)
    };
    let sent = name(&deposit(&[key()]));
    let unsigned = |keys: &[PublicKey]| Step {
        body: Body::Needs(Need::Deposits {
            credentials: [1; 32].into(),
            keys: keys.to_vec(),
        }),
        ..deposit(keys)
    };
    // Its signatures are forgotten, or a key before it in the lock is signed by now.
    for keys in [vec![key()], vec![other, key()]] {
        assert!(is_wanted(&[unsigned(&keys)], &sent));
        assert!(is_wanted(&[deposit(&keys)], &sent));
    }
    // Its ether must not move now, or it is done, or another one is meant.
    let mut held = unsigned(&[key()]);
    held.waits.push(Wait::Closed("deposits"));
    let stake = step(Kind::Stake(1), Sender::Node);
    for steps in [
        vec![held],
        vec![unsigned(&[other])],
        vec![stake],
        Vec::new(),
    ] {
        assert!(!is_wanted(&steps, &sent), "{steps:?}");
    }
}

/// Whoever tops one validator up before it is staked has its stake refused for ever.
#[test]
fn a_proof_that_is_refused_again_and_again_goes_behind_all_others() {
    let steps = [Kind::Stake(3), Kind::NotifyExit(4)].map(|kind| name(&proved(kind)));
    let [stake, exit] = &steps;
    let mut turns = Turns::default();
    let mut tried = Vec::new();
    for _ in 0..5 {
        turns.begin();
        for step in &steps {
            // A proof that was taken is kept.
            let is_kept = step == exit && tried.contains(&exit);
            if !is_kept && turns.passes_over(step).is_none() {
                tried.push(step);
                turns.made();
                if step == stake {
                    let words = turns.refused(step.clone(), "it is active".to_owned());
                    assert_eq!(words, "it would fail now: it is active");
                    assert_eq!(turns.passes_over(step), Some(words));
                }
            }
        }
    }
    assert_eq!(tried, [stake, exit, stake]);
}

#[test]
fn a_step_is_sent_as_it_was_planned_and_named_by_its_deed() {
    let planned = step(Kind::ProposeWithdrawal, Sender::Node);
    let sent = call(&planned).unwrap();
    assert_eq!(sent.data, planned.call().unwrap().data);
    assert_eq!((sent.to, sent.value), ([7; 20].into(), U256::ZERO));
    let gas = Gas::of(300_000).unwrap();
    assert_eq!((sent.gas, sent.effect), (gas, Effect::Idempotent));
    assert_eq!(sent.step.to_string(), "propose-withdrawal:1");
    assert_eq!(with_proof(&planned, vec![1]), None);
    // Another proof of the same is the same deed.
    let stake = proved(Kind::Stake(3));
    let [one, two] = [1, 2].map(|byte| with_proof(&stake, vec![byte]).unwrap());
    assert_eq!(one.step, two.step);
    assert_eq!((one.to, one.data), ([8; 20].into(), vec![1]));
    assert_eq!(call(&stake), None);
    let mut once = step(Kind::Deposit(vec![key(); 25]), Sender::Node);
    once.repeat = Repeat::OncePerNonce;
    let sent = call(&once).unwrap();
    assert_eq!(sent.effect, Effect::Once);
    assert_eq!(sent.gas, Gas::of_deposits(25).unwrap());
}

#[test]
fn the_longest_name_of_each_kind_is_a_name() {
    let address = Address::from([0xff; 20]);
    let longest = format!("{address}:{address}:{address}");
    let kinds = [
        Kind::Register,
        Kind::ProposeRplWithdrawal,
        Kind::ConfirmRplWithdrawal,
        Kind::SmoothingPool(false),
        Kind::Deposit(Vec::new()),
        Kind::NotifyNotExit(u32::MAX),
        Kind::RepayDebt,
    ];
    let named = kinds.map(|kind| {
        let mut step = step(kind, Sender::Node);
        step.deed.clone_from(&longest);
        name(&step)
    });
    assert_eq!(BTreeSet::from(named).len(), 7);
}
