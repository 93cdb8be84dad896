//! When money may move: what has to hold at the newest block and at the finalised one.

use proto::agreement::PoolTerms;

use super::Facts;
use super::step::Wait;
use crate::pool::account::{Account, planted};
use crate::pool::may_bond;
use crate::pool::view::Node;

/// What every step of money waits for: both withdrawal addresses are the agreed ones, nobody else
/// can become one, and this is so at both blocks, with the same contracts.
pub(super) fn money(facts: &Facts<'_>) -> Vec<Wait> {
    let head = facts.node().map(|node| &node.account);
    let finalised = facts.sight.node_at_finalised().map(|node| &node.account);
    let mut waits = Vec::new();
    for (what, is_right) in RIGHT {
        let holds = |account: Option<&Account>| account.is_some_and(|it| is_right(facts.terms, it));
        if !holds(head) {
            waits.push(Wait::Address(what));
        } else if !holds(finalised) {
            waits.push(Wait::Final(what));
        }
    }
    let old = facts.sight.finalised.as_ref();
    if old.map(|view| view.contracts.places()) != Some(facts.contracts().places()) {
        waits.push(Wait::Final("where Rocket Pool's contracts are"));
    }
    waits
}

/// Whether something of the account is as it was agreed.
type Rule = fn(&PoolTerms, &Account) -> bool;

const RIGHT: [(&str, Rule); 2] = [
    ("withdrawal address", |terms, it| {
        it.withdrawal == terms.withdrawal && planted(it.pending_withdrawal, it.withdrawal).is_none()
    }),
    ("RPL withdrawal address", |terms, it| {
        it.rpl_withdrawal == Some(terms.rpl_withdrawal)
            && planted(it.pending_rpl_withdrawal, terms.rpl_withdrawal).is_none()
    }),
];

/// What a new node and its bonds wait for where one person has the node account's key, and may not.
pub(super) fn one_key(facts: &Facts<'_>) -> Option<Wait> {
    (!may_bond(facts.terms, facts.sight.chain_id)).then_some(Wait::OneKey)
}

/// What new ether waits for, beside that: that the program knows all contracts, that no other's
/// validator is in the megapool, and that the megapool is there for good and owes nothing.
pub(in crate::pool) fn new_money(facts: &Facts<'_>) -> Vec<Wait> {
    let mut waits = money(facts);
    waits.extend(one_key(facts));
    let megapool = facts.megapool();
    let finalised = facts.sight.node_at_finalised().and_then(Node::deployed);
    if megapool.map(|it| it.place) != finalised.map(|it| it.place) {
        waits.push(Wait::Final("the megapool"));
    }
    let rules = [
        facts.sight.head.network.may_deposit,
        facts
            .sight
            .finalised
            .as_ref()
            .is_some_and(|it| it.network.may_deposit),
    ];
    if rules != [true, true] {
        waits.push(Wait::Closed("deposits"));
    }
    let unknown = facts.contracts().found().filter(|it| !it.is_known);
    waits.extend(unknown.map(|it| Wait::Version(it.name())));
    if let Some(megapool) = megapool {
        if !megapool.debt.is_zero() {
            waits.push(Wait::Debt(megapool.debt));
        }
        let mut all = megapool.validators.iter();
        let foreign = all.find(|it| !facts.keys.contains(&it.pubkey));
        waits.extend(foreign.map(|it| Wait::Foreign(it.id)));
    }
    waits
}
