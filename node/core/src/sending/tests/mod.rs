//! What is sent, when, and never twice.

mod branches;
mod troubles;
mod values;

use super::call::{Call, Effect, Gas};
use super::fees::WEI_PER_GWEI;
use super::next::{Facts, Order};
use super::outbox::{Attempt, Made, Outbox, Raw};
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
        gas: Gas::of(100_000).unwrap(),
        effect,
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
        landed: Vec::new(),
    }
}

/// What a wallet makes of an order.
fn signed(order: &Order<'_>, now: u64) -> Made {
    let call = order.call.map(Call::digest);
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
