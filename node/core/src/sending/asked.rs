//! What is asked for, and what of it a transaction at one nonce is to do.
//!
//! | what is under way at the nonce | what is wanted there |
//! |---|---|
//! | what is asked for | the same |
//! | the same step with other contents, and it must not happen twice | what is under way |
//! | the same step with other contents, and it may | what is asked for |
//! | a step whose proof is being made, and which may happen twice | what is under way |
//! | any other step, and what the operator has emptied | nothing |
//!
//! What is under way is taken as it was signed, from the outbox: who sent it may have asked for it
//! with a value that is no more what is missing, and cannot word it again.

use alloy_primitives::U256;
use proto::Root;

use super::call::{Call, Effect, Gas, StepId};
use super::outbox::{Entry, Outbox};

/// What is to be done by the account.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// In their order.
    pub calls: &'a [Call],
    /// Steps that are to be done as well, and whose proofs are not made yet.
    pub unproved: &'a [StepId],
}

/// What a signed transaction does, as the outbox has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Of contract, value and data ([`Call::digest`]).
    pub digest: Root,
    /// Wei that go with it.
    pub value: U256,
    /// The gas that it may use.
    pub gas: Gas,
}

/// What a transaction is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents<'a> {
    /// This.
    Call(&'a Call),
    /// The same as the one that was signed for its nonce before.
    Kept(Kept),
    /// Nothing: it uses up its nonce.
    Nothing,
}

impl Contents<'_> {
    /// The gas that it may use.
    pub fn gas(&self) -> Gas {
        match self {
            Self::Call(call) => call.gas,
            Self::Kept(kept) => kept.gas,
            Self::Nothing => Gas::EMPTY,
        }
    }

    /// What the chain is asked to do, if anything ([`Call::digest`]).
    pub fn digest(&self) -> Option<Root> {
        match self {
            Self::Call(call) => Some(call.digest()),
            Self::Kept(kept) => Some(kept.digest),
            Self::Nothing => None,
        }
    }

    /// Wei that go with it.
    pub(super) fn value(&self) -> U256 {
        match self {
            Self::Call(call) => call.value,
            Self::Kept(kept) => kept.value,
            Self::Nothing => U256::ZERO,
        }
    }
}

/// What is tried at the newest block before it is sent, or has its fee raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate<'a> {
    /// This call.
    Call(&'a Call),
    /// What is under way, as it was signed.
    Kept(&'a Entry),
}

/// The call that is sent next, or what is under way and may be replaced: the one to simulate.
pub fn candidate<'a>(outbox: &'a Outbox, asked: Asked<'a>, nonce: u64) -> Option<Candidate<'a>> {
    match outbox.under_way(nonce) {
        None => asked.calls.first().map(Candidate::Call),
        Some(entry) => match wanted(entry, asked) {
            Wanted::Call(call) => Some(Candidate::Call(call)),
            Wanted::Kept { .. } => Some(Candidate::Kept(entry)),
            Wanted::Nothing | Wanted::Unasked => None,
        },
    }
}

/// The transactions of which it matters whether they are in a block.
pub fn sent_for(outbox: &Outbox, asked: Asked<'_>) -> Vec<Root> {
    let Some(call) = asked.calls.first() else {
        return Vec::new();
    };
    let attempts = outbox.of(&call.step).flat_map(|entry| &entry.attempts);
    attempts.map(|attempt| attempt.transaction).collect()
}

/// What is wanted at a nonce that is taken.
pub(super) enum Wanted<'a> {
    /// This.
    Call(&'a Call),
    /// What is under way.
    Kept {
        /// Whether it is asked for with other contents.
        is_outdated: bool,
    },
    /// Nothing: the operator has emptied it, or it was by itself and is not asked for again.
    Nothing,
    /// Nobody asks for what is under way.
    Unasked,
}

pub(super) fn wanted<'a>(entry: &Entry, asked: Asked<'a>) -> Wanted<'a> {
    if entry.cancelled {
        return Wanted::Nothing;
    }
    let under_way = entry.newest().call;
    if let Some(call) = asked.calls.iter().find(|call| call.step == entry.step) {
        let is_same = under_way == Some(call.digest());
        return match entry.effect {
            Effect::Once if !is_same => Wanted::Kept { is_outdated: true },
            Effect::Once | Effect::Idempotent => Wanted::Call(call),
        };
    }
    let is_unproved = asked.unproved.contains(&entry.step);
    match (entry.effect, under_way) {
        (Effect::Idempotent, None) => Wanted::Nothing,
        (Effect::Idempotent, Some(_)) if is_unproved => Wanted::Kept { is_outdated: false },
        (Effect::Once | Effect::Idempotent, _) => Wanted::Unasked,
    }
}
