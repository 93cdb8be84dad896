//! The steps that make an account a node of Rocket Pool, as the node account sends them.
//!
//! They come in this order: it registers, the withdrawal addresses are proposed, they confirm
//! themselves, the megapool is made, and the node goes into the smoothing pool or out of it. None
//! moves money. What comes after the addresses is not sent before they have confirmed themselves:
//! until then whoever holds the node account's key could still take what comes in.
//!
//! Never here: which steps there are (the plan says so), deposits, and what anybody may send.

use alloy_primitives::keccak256;

use super::plan::{Kind, Repeat, Sender, Step};
use crate::sending::call::{Call, Effect, Gas};

/// Gas in the worst case. Measured on the contracts of 1.4: registering 365,000, the megapool
/// together with a deposit 966,000, the others less than 150,000.
const REGISTER: u64 = 800_000;
const MEGAPOOL: u64 = 1_500_000;
const SMALL: u64 = 300_000;

/// What of the founding a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Registration,
    Addresses,
    After,
}

/// The calls of the founding that are to be sent now, in their order.
pub fn calls(steps: &[Step]) -> Vec<Call> {
    let staged = steps
        .iter()
        .filter_map(|step| Some((part(&step.kind)?, step)));
    let Some(first) = staged.clone().map(|(part, _)| part.stage).min() else {
        return Vec::new();
    };
    // One stage at a time: what belongs to a later one waits for the contracts to show this done.
    let now = staged.filter(|(part, _)| part.stage == first);
    now.filter_map(|(part, step)| call(part, step)).collect()
}

/// How a step of the founding is sent.
#[derive(Debug, Clone, Copy)]
struct Part {
    stage: Stage,
    name: &'static str,
    gas: u64,
}

fn part(kind: &Kind) -> Option<Part> {
    let (stage, name, gas) = match kind {
        Kind::Register => (Stage::Registration, "register", REGISTER),
        Kind::ProposeRplWithdrawal => (Stage::Addresses, "propose-rpl-withdrawal", SMALL),
        Kind::ConfirmRplWithdrawal => (Stage::Addresses, "confirm-rpl-withdrawal", SMALL),
        Kind::ProposeWithdrawal => (Stage::Addresses, "propose-withdrawal", SMALL),
        Kind::ConfirmWithdrawal => (Stage::Addresses, "confirm-withdrawal", SMALL),
        Kind::DeployMegapool => (Stage::After, "deploy-megapool", MEGAPOOL),
        Kind::SmoothingPool(true) => (Stage::After, "join-smoothing-pool", SMALL),
        Kind::SmoothingPool(false) => (Stage::After, "leave-smoothing-pool", SMALL),
        Kind::Dequeue(_)
        | Kind::RepayDebt
        | Kind::Deposit(_)
        | Kind::Assign
        | Kind::Stake(_)
        | Kind::NotifyExit(_)
        | Kind::NotifyNotExit(_)
        | Kind::FinalBalance(_)
        | Kind::Distribute
        | Kind::Claim => return None,
    };
    Some(Part { stage, name, gas })
}

/// The call of a step, if the node account may send it now.
fn call(part: Part, step: &Step) -> Option<Call> {
    let may_send = match step.sender {
        Sender::Node | Sender::NodeOrWithdrawal => step.is_ready(),
        Sender::Anybody | Sender::Itself(_) => false,
    };
    let planned = step.call().filter(|_| may_send)?;
    // Another agreed address is another deed.
    let name = format!("{}:{}", part.name, hex::encode(keccak256(&planned.data)));
    Some(Call {
        step: name
            .parse()
            .expect("lower-case words and digits are a name"),
        words: step.words.clone(),
        to: planned.to.address,
        value: planned.value.0,
        data: planned.data.clone(),
        gas: Gas::of(part.gas).expect("it is below what a transaction may use"),
        effect: match step.repeat {
            Repeat::Idempotent => Effect::Idempotent,
            Repeat::OncePerNonce => Effect::Once,
        },
    })
}
