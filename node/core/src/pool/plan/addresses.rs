//! The agreed withdrawal addresses are proposed, and confirm themselves.
//!
//! Nobody sets one at once (`confirm` is false): a mistyped address could never confirm itself, and
//! so owns nothing. And a pending address that somebody else has planted stays behind an address
//! that is set at once, and confirms itself years later; one that is proposed takes its place.
//!
//! Who may propose: the present withdrawal address, which is the node account as long as none is
//! set; for RPL the RPL withdrawal address, or the other one as long as none is set. So RPL comes
//! first. Source: `RocketStorage.setWithdrawalAddress`, `confirmWithdrawalAddress`,
//! `RocketNodeManager.setRPLWithdrawalAddress`, `confirmRPLWithdrawalAddress`.

use alloy_sol_types::SolCall;
use proto::Address;

use super::Facts;
use super::calls::{NodeManager, Storage};
use super::step::{Body, Call, Kind, Repeat, Sender, Step, at};
use crate::pool::book::{Place, theirs};
use crate::pool::contracts::Contract;

/// How one of the two addresses stands.
struct Standing {
    name: &'static str,
    /// The address, once there is one.
    owner: Option<Address>,
    /// Who may propose another one.
    proposer: Address,
    pending: Option<Address>,
    agreed: Address,
    to: Place,
    kinds: [Kind; 2],
}

pub(super) fn plan(facts: &Facts<'_>) -> Vec<Step> {
    let Some(account) = facts.node().map(|node| &node.account) else {
        return Vec::new();
    };
    let Some(nodes) = facts.contracts().at(Contract::NodeManager) else {
        return Vec::new();
    };
    let node = theirs(&account.node);
    let rpl = Standing {
        name: "RPL withdrawal address",
        owner: account.rpl_withdrawal,
        proposer: account.rpl_withdrawal.unwrap_or(account.withdrawal),
        pending: account.pending_rpl_withdrawal,
        agreed: facts.terms.rpl_withdrawal,
        to: nodes,
        kinds: [Kind::ProposeRplWithdrawal, Kind::ConfirmRplWithdrawal],
    };
    let next = theirs(&rpl.agreed);
    let confirm = false;
    let rpl = rpl.step(
        account.node,
        &NodeManager::setRPLWithdrawalAddressCall {
            node,
            next,
            confirm,
        },
        &NodeManager::confirmRPLWithdrawalAddressCall { node },
    );
    let ether = Standing {
        name: "withdrawal address",
        owner: Some(account.withdrawal),
        proposer: account.withdrawal,
        pending: account.pending_withdrawal,
        agreed: facts.terms.withdrawal,
        to: facts.contracts().storage,
        kinds: [Kind::ProposeWithdrawal, Kind::ConfirmWithdrawal],
    };
    let next = theirs(&ether.agreed);
    let ether = ether.step(
        account.node,
        &Storage::setWithdrawalAddressCall {
            node,
            next,
            confirm,
        },
        &Storage::confirmWithdrawalAddressCall { node },
    );
    rpl.into_iter().chain(ether).collect()
}

impl Standing {
    /// What is to be done next, if anything is.
    fn step(self, node: Address, propose: &impl SolCall, confirm: &impl SolCall) -> Option<Step> {
        let Self { name, agreed, .. } = self;
        let is_agreed = self.owner == Some(agreed);
        if is_agreed && self.pending.is_none() {
            return None;
        }
        let [proposing, confirming] = self.kinds;
        let shown = at(&agreed);
        let of = at(&node);
        let present = [self.owner, self.pending];
        let present = present.map(|it| it.map_or_else(|| "none".to_owned(), |it| it.to_string()));
        let deed = format!("{agreed}:{}:{}", present[0], present[1]);
        if self.pending == Some(agreed) {
            let words = match is_agreed {
                true => format!("{shown} confirms itself as {name}, so that no entry is left"),
                false => format!("{shown} confirms that it is to be the {name}"),
            };
            return Some(Step {
                kind: confirming,
                deed,
                sender: Sender::Itself(agreed),
                repeat: Repeat::Idempotent,
                body: Body::Call(Call::of(self.to, confirm, &[&of])),
                words,
                waits: Vec::new(),
            });
        }
        let words = match self.pending.filter(|_| is_agreed) {
            Some(planted) => format!(
                "{} waits as {name} and could take everything one day: {shown} puts itself in its \
                 place",
                at(&planted)
            ),
            None => format!("{shown} is proposed as {name}, to be confirmed by itself"),
        };
        let sender = match self.proposer == node {
            true => Sender::Node,
            false => Sender::Itself(self.proposer),
        };
        Some(Step {
            kind: proposing,
            deed,
            sender,
            repeat: Repeat::Idempotent,
            body: Body::Call(Call::of(self.to, propose, &[&of, &shown, "false"])),
            words,
            waits: Vec::new(),
        })
    }
}
