//! Whether a step is to be sent, awaited or replaced by the account that sends the node's steps.
//!
//! What was sent decides that and nothing else: never the bytes of a call, which follow from what
//! is seen and what is agreed. A step that is not idempotent has one nonce. As long as what was
//! sent there is not final, it is sent nowhere else: it is awaited, or another call takes its place
//! at that very nonce. So whatever becomes of a transaction, at most one of its kind is done.

use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use proto::Root;

use super::step::{Call, Kind, Repeat, Sender, Step};

/// A transaction that was sent. Those with one nonce stand in the order in which they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What it does.
    pub kind: Kind,
    /// Its nonce.
    pub nonce: u64,
    /// [`digest`] of its call.
    pub call: Root,
}

/// The account's next nonce at the two blocks that were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonces {
    /// At the newest block.
    pub head: u64,
    /// At the finalised one.
    pub finalised: u64,
}

/// What is to be done about a step that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is sent with this nonce, for the first time or again after it has failed for good.
    Send(u64),
    /// What was sent with this nonce is waited for.
    Await(u64),
    /// It takes the place of what was sent with this nonce.
    Replace(u64),
}

/// What the account has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties {
    /// For each step that is ready and that this account may send: its place, and what is due.
    pub steps: Vec<(usize, Due)>,
    /// Nonces at which something is under way that nobody wants any more. It may be done all the
    /// same, and what comes behind has to wait for it.
    pub stray: Vec<u64>,
}

/// What tells two calls apart: to whom, with how much, which bytes.
pub fn digest(call: &Call) -> Root {
    let parts = [
        &call.to.address.as_bytes()[..],
        &call.value.0.to_be_bytes::<32>(),
        &call.data,
    ];
    keccak256(parts.concat()).0.into()
}

/// What of these steps is to be sent, awaited or replaced by the node account.
pub fn due(steps: &[Step], outbox: &[Sent], nonces: Nonces) -> Duties {
    let mut by_nonce: BTreeMap<u64, Vec<&Sent>> = BTreeMap::new();
    for sent in outbox {
        by_nonce.entry(sent.nonce).or_default().push(sent);
    }
    let last = by_nonce.keys().next_back();
    let mut next = last
        .map_or(0, |last| last.saturating_add(1))
        .max(nonces.head);
    let mut duties = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let may_send = match step.sender {
            Sender::Node | Sender::NodeOrWithdrawal | Sender::Anybody => step.is_ready(),
            Sender::Itself(_) => false,
        };
        if let Some(call) = step.call().filter(|_| may_send) {
            let due = of_step(step, call, (&by_nonce, nonces)).unwrap_or_else(|| {
                next = next.saturating_add(1);
                Due::Send(next - 1)
            });
            duties.push((place, due));
        }
    }
    let is_wanted = |nonce: &u64| {
        duties.iter().any(|(_, due)| match due {
            Due::Send(other) | Due::Await(other) | Due::Replace(other) => other == nonce,
        })
    };
    let open = by_nonce.range(nonces.head..).map(|(nonce, _)| *nonce);
    Duties {
        stray: open.filter(|nonce| !is_wanted(nonce)).collect(),
        steps: duties,
    }
}

/// What is due because of what was sent; none if the step has to be sent with a new nonce.
fn of_step(
    step: &Step,
    call: &Call,
    (by_nonce, nonces): (&BTreeMap<u64, Vec<&Sent>>, Nonces),
) -> Option<Due> {
    let is_it = |sent: &[&Sent]| {
        sent.iter()
            .any(|sent| is_same_effect(&sent.kind, &step.kind))
    };
    // What is in a block, and the step is still to be done, has failed there. Another chain may
    // still bring it back: what could be done twice waits until that is final.
    let from = match step.repeat {
        Repeat::Idempotent => nonces.head,
        Repeat::OncePerNonce => nonces.finalised.min(nonces.head),
    };
    let (nonce, sent) = by_nonce.range(from..).find(|(_, sent)| is_it(sent))?;
    let is_current = sent.last().is_some_and(|sent| sent.call == digest(call));
    Some(match *nonce < nonces.head || is_current {
        true => Due::Await(*nonce),
        false => Due::Replace(*nonce),
    })
}

/// Whether doing both would do something twice.
fn is_same_effect(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Deposit(some), Kind::Deposit(others)) => some.iter().any(|it| others.contains(it)),
        (one, other) => one == other,
    }
}
