//! The Safe that is the node account is created, and owned by whom it was agreed.
//!
//! Anybody can create it. Owners are exchanged one by one, each in the place of one that is not
//! agreed on any more; until all are, the Safe does nothing else. Source:
//! `SafeProxyFactory.createProxyWithNonce`, `OwnerManager.swapOwner`.

use super::Facts;
use super::step::{Body, Call, Kind, Repeat, Sender, Step, at};
use crate::pool::amount::Wei;
use crate::pool::book::Place;
use crate::pool::safe::{SafeState, Swap, place};
use crate::safe::{Safe, theirs};

pub(super) fn plan(facts: &Facts<'_>) -> Option<Step> {
    let agreed = facts.terms.node_safe.as_ref()?;
    match &facts.sight.head.safe {
        None => create(facts),
        Some(state) => {
            let swap = state.swaps(agreed).into_iter().next()?;
            Some(exchange(facts, state, &swap))
        }
    }
}

fn create(facts: &Facts<'_>) -> Option<Step> {
    let founding = facts.founding?;
    let node = facts.terms.fixed.node_account;
    let to = Place {
        name: "SafeProxyFactory",
        address: founding.contracts().factory,
    };
    Some(Step {
        kind: Kind::CreateSafe,
        deed: node.to_string(),
        sender: Sender::Anybody,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call {
            to,
            contract: to.name,
            value: Wei::ZERO,
            data: founding.creation(),
            spelled: "createProxyWithNonce(singleton, setup of the founders, salt)".to_owned(),
            akin: Vec::new(),
        }),
        words: format!(
            "the Safe that is the node account is created at {}",
            at(&node)
        ),
        waits: Vec::new(),
    })
}

fn exchange(facts: &Facts<'_>, state: &SafeState, swap: &Swap) -> Step {
    let node = facts.terms.fixed.node_account;
    let call = Safe::swapOwnerCall {
        prevOwner: theirs(&swap.before),
        oldOwner: theirs(&swap.old),
        newOwner: theirs(&swap.new),
    };
    let (old, new) = (at(&swap.old), at(&swap.new));
    Step {
        kind: Kind::SwapOwner(swap.new),
        // The same exchange may come again later, after it was undone.
        deed: format!("{node}:{}:{}:{}", swap.old, swap.new, state.nonce),
        sender: Sender::Node,
        repeat: Repeat::Idempotent,
        body: Body::Call(Call::of(
            place(&node),
            &call,
            &[&at(&swap.before), &old, &new],
        )),
        words: format!("{new} owns the node account in the place of {old}"),
        waits: Vec::new(),
    }
}
