//! What is sent, when, and never twice.

mod branches;
mod taken;
mod troubles;
mod values;

use super::asked::{Asked, Candidate, Contents, Kept, candidate, sent_for};
use super::call::{Call, Effect, Gas};
use super::fees::WEI_PER_GWEI;
use super::next::{Act, Facts, Order};
use super::outbox::{Attempt, Made, Outbox, Raw};
use super::why::{Stop, Why};
use crate::sending::fees::Market;
use alloy_primitives::{U256, keccak256};
use proto::{Address, Root};

const GWEI: u64 = WEI_PER_GWEI;
/// What the operator allows.
const CAP: u64 = 100 * GWEI;

fn account() -> Address {
    [0xaa; 20].into()
}

fn outbox() -> Outbox {
    Outbox::new(account(), 560_048)
}

/// A step of this name that sends an ether.
fn call(step: &str, effect: Effect) -> Call {
    Call {
        step: step.parse().unwrap(),
        words: format!("do {step}"),
        to: [7; 20].into(),
        value: U256::from(10).pow(U256::from(18)),
        data: step.as_bytes().to_vec(),
        akin: Vec::new(),
        gas: Gas::of(100_000).unwrap(),
        effect,
    }
}

/// These, and nothing whose proof is still to be made.
fn just(calls: &[Call]) -> Asked<'_> {
    Asked {
        calls,
        unproved: &[],
        given_up: &[],
    }
}

/// What is next for these.
fn next<'a>(outbox: &'a Outbox, asked: &'a [Call], facts: &Facts, cap: u64) -> Act<'a> {
    super::next::next(outbox, just(asked), facts, cap)
}

/// What was signed for this call, as its transaction has it.
fn kept(call: &Call) -> Kept {
    Kept {
        digest: call.digest(),
        value: call.value,
        gas: call.gas,
    }
}

/// A chain on which all is well, at this nonce.
fn facts(nonce: u64) -> Facts {
    Facts {
        now: 1_000,
        nonce,
        settled: nonce,
        pending: nonce,
        balance: U256::from(10).pow(U256::from(19)),
        market: Market {
            base_fee: 10 * GWEI,
            suggested: Some(GWEI),
        },
        simulated: Some(Ok(())),
        kept: None,
        landed: Vec::new(),
    }
}

/// What a wallet makes of an order.
fn signed(order: &Order<'_>, now: u64) -> Made {
    let call = order.contents.digest();
    let words = format!("{} {:?} {:?}", order.nonce, call, order.offer);
    let hash = keccak256(words);
    Made {
        nonce: order.nonce,
        step: order.step.clone(),
        effect: order.effect,
        attempt: Attempt {
            transaction: Root::from(hash.0),
            call,
            max_fee: order.offer.max_fee,
            tip: order.offer.tip,
            signed_at: now,
        },
        raw: Raw(hash.to_vec()),
    }
}

/// The order that is to be signed.
fn order<'a>(act: Act<'a>) -> Order<'a> {
    let (Act::Sign(order) | Act::Replace(order)) = act else {
        panic!("nothing is to be signed");
    };
    order
}

/// An outbox in which this call is under way at nonce 5.
fn sent(call: &Call) -> Outbox {
    let mut outbox = outbox();
    outbox.settle(5);
    let asked = [call.clone()];
    let copy = outbox.clone();
    let order = order(next(&copy, &asked, &facts(5), CAP));
    outbox.add(signed(&order, 1_000)).unwrap();
    outbox
}

fn once() -> Call {
    call("pay", Effect::Once)
}

fn waits(act: Act<'_>) -> Why {
    let Act::Wait(why) = act else {
        panic!("it does not wait");
    };
    why
}

fn stops(act: Act<'_>) -> Stop {
    let Act::Stop(stop) = act else {
        panic!("it does not stop");
    };
    stop
}
