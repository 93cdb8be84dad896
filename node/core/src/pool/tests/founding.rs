//! What the node account sends to become a node, and in which order.

use alloy_primitives::U256;

use crate::pool::amount::Wei;
use crate::pool::book::Place;
use crate::pool::founding::calls;
use crate::pool::plan::{Body, Call, Kind, Repeat, Sender, Step, Wait};
use crate::sending::call::{Effect, Gas};

fn step(kind: Kind, sender: Sender) -> Step {
    let to = Place {
        name: "RocketNodeManager",
        address: [7; 20].into(),
    };
    Step {
        words: format!("{kind:?}"),
        body: Body::Call(Call {
            to,
            contract: to.name,
            value: Wei::ZERO,
            data: format!("{kind:?}").into_bytes(),
            spelled: String::new(),
        }),
        kind,
        sender,
        repeat: Repeat::Idempotent,
        waits: Vec::new(),
    }
}

fn kinds(steps: &[Step]) -> Vec<String> {
    calls(steps).into_iter().map(|call| call.words).collect()
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
fn what_is_not_ready_and_what_is_not_of_the_founding_is_not_sent() {
    let mut smoothing = step(Kind::SmoothingPool(true), Sender::Node);
    smoothing.waits.push(Wait::FeeRecipients);
    let steps = [
        smoothing,
        step(Kind::Assign, Sender::Anybody),
        step(Kind::Claim, Sender::NodeOrWithdrawal),
        step(Kind::DeployMegapool, Sender::Anybody),
    ];
    assert_eq!(kinds(&steps), [""; 0]);
}

#[test]
fn a_step_is_sent_as_it_was_planned_and_named_after_its_bytes() {
    let planned = step(Kind::ProposeWithdrawal, Sender::Node);
    let [call] = &calls(std::slice::from_ref(&planned))[..] else {
        panic!("one call");
    };
    assert_eq!(call.data, planned.call().unwrap().data);
    assert_eq!((call.to, call.value), ([7; 20].into(), U256::ZERO));
    assert_eq!(
        (call.gas, call.effect),
        (Gas::of(300_000).unwrap(), Effect::Idempotent)
    );
    assert!(call.step.is_of("propose-withdrawal"));
    let mut other = planned;
    if let Body::Call(call) = &mut other.body {
        call.data.push(1);
    }
    assert_ne!(calls(&[other])[0].step, call.step);
}
