//! What is asked for, and what of it a transaction at one nonce is to do.
//!
//! | what is under way at the nonce | what is wanted there |
//! |---|---|
//! | what is asked for | the same |
//! | the same step with other ether, and it must not happen twice | what is under way |
//! | the same step with other contents, and it may | what is asked for |
//! | a step whose proof is being made, and which may happen twice | what is under way |
//! | one that may happen twice, and is given up | nothing |
//! | what the operator has emptied | nothing |
//! | any other step | neither that nor anything else: it is waited for, or the operator decides |
//!
//! What is under way is taken as it was signed, from the outbox: who sent it may have asked for it
//! with a value that is no more what is missing, and cannot word it again.
//!
//! What nobody asks for at one look may be asked for at the next: after a start it is not known
//! yet which validators leave, and by hand one step is done at a time. So a step is given up only
//! when it was not asked for at [`MOST_UNASKED`] looks in a row ([`Unasked`]).

use std::collections::BTreeMap;

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
    /// Steps that are not to be done any more, as is certain by now.
    pub given_up: &'a [StepId],
}

/// At so many looks in a row a step is not asked for before it is given up: some minutes.
pub const MOST_UNASKED: u32 = 32;

/// Which steps under way were not asked for, at how many looks in a row.
#[derive(Debug, Default)]
pub struct Unasked(BTreeMap<StepId, u32>);

impl Unasked {
    /// Counts a look at which everything was known that decides what is asked for.
    pub fn count(&mut self, outbox: &Outbox, asked: &[&StepId]) {
        let under_way = outbox.entries().filter(|it| it.nonce >= outbox.settled());
        let unasked = under_way
            .map(|it| &it.step)
            .filter(|it| !asked.contains(it));
        let count = |step: &StepId| {
            let before = self.0.get(step).copied().unwrap_or_default();
            (step.clone(), before.saturating_add(1))
        };
        self.0 = unasked.map(count).collect();
    }

    /// The steps that are given up.
    pub fn given_up(&self) -> Vec<StepId> {
        let long = self.0.iter().filter(|(_, looks)| **looks >= MOST_UNASKED);
        long.map(|(step, _)| step.clone()).collect()
    }
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
    if outbox.is_ahead_of(nonce) {
        return None;
    }
    match outbox.under_way(nonce) {
        None => asked.calls.first().map(Candidate::Call),
        Some(entry) => match wanted(entry, asked) {
            Wanted::Call(call) => Some(Candidate::Call(call)),
            Wanted::Kept | Wanted::Outdated(_) => Some(Candidate::Kept(entry)),
            Wanted::Nothing | Wanted::GivenUp | Wanted::Unasked => None,
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
    Kept,
    /// This, and what is under way must not happen twice and is not the same.
    Outdated(&'a Call),
    /// Nothing: the operator has emptied it, or it was by itself and is not asked for again.
    Nothing,
    /// Nobody asks for what is under way any more.
    GivenUp,
    /// Nobody asks for what is under way now.
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
            Effect::Once if !is_same => Wanted::Outdated(call),
            Effect::Once | Effect::Idempotent => Wanted::Call(call),
        };
    }
    let is_unproved = asked.unproved.contains(&entry.step);
    let is_given_up = asked.given_up.contains(&entry.step);
    match (entry.effect, under_way) {
        (Effect::Idempotent, None) => Wanted::Nothing,
        (Effect::Idempotent, Some(_)) if is_unproved => Wanted::Kept,
        (Effect::Idempotent, Some(_)) if is_given_up => Wanted::GivenUp,
        (Effect::Once | Effect::Idempotent, _) => Wanted::Unasked,
    }
}
