//! A withdrawal address confirms itself, and takes the place of one that somebody has planted.
//!
//! A pending address stays behind one that is set at once, and may confirm itself years later: the
//! owner puts itself in its place and confirms that. Source: `RocketStorage.setWithdrawalAddress`
//! and `confirmWithdrawalAddress`, and the same of `RocketNodeManager` for RPL.

use alloy_sol_types::SolCall;
use proto::Address;

use super::{Grounds, Unable, Written};
use crate::pool::book::{Place, theirs};
use crate::pool::contracts::Contract;
use crate::pool::plan::calls::{NodeManager, Storage};
use crate::pool::plan::{Call, at};

/// How one of the two addresses stands.
struct Standing {
    what: &'static str,
    owner: Option<Address>,
    pending: Option<Address>,
    /// Who may propose another one.
    proposer: Address,
    agreed: Address,
    /// The calls that propose the agreed one, and that confirm it.
    propose: Call,
    confirm: Call,
}

fn call(to: Place, call: &impl SolCall, arguments: &[&str]) -> Call {
    Call::of(to, call, arguments)
}

fn standings(grounds: &Grounds<'_>) -> Result<[Standing; 2], Unable> {
    let (account, terms) = (grounds.account()?, grounds.terms);
    let storage = grounds.sight.head.contracts.storage;
    let nodes = grounds.place(Contract::NodeManager)?;
    let (node, of) = (theirs(&account.node), at(&account.node));
    let (ether, rpl) = (terms.withdrawal, terms.rpl_withdrawal);
    let confirm = false;
    let propose = Storage::setWithdrawalAddressCall {
        node,
        next: theirs(&ether),
        confirm,
    };
    let propose_rpl = NodeManager::setRPLWithdrawalAddressCall {
        node,
        next: theirs(&rpl),
        confirm,
    };
    let confirms = Storage::confirmWithdrawalAddressCall { node };
    let confirms_rpl = NodeManager::confirmRPLWithdrawalAddressCall { node };
    Ok([
        Standing {
            what: "withdrawal address",
            owner: Some(account.withdrawal),
            pending: account.pending_withdrawal,
            proposer: account.withdrawal,
            agreed: ether,
            propose: call(storage, &propose, &[&of, &at(&ether), "false"]),
            confirm: call(storage, &confirms, &[&of]),
        },
        Standing {
            what: "RPL withdrawal address",
            owner: account.rpl_withdrawal,
            pending: account.pending_rpl_withdrawal,
            proposer: account.rpl_withdrawal.unwrap_or(account.withdrawal),
            agreed: rpl,
            propose: call(nodes, &propose_rpl, &[&of, &at(&rpl), "false"]),
            confirm: call(nodes, &confirms_rpl, &[&of]),
        },
    ])
}

/// What the agreed addresses have to do themselves.
pub(super) fn confirm(grounds: &Grounds<'_>) -> Result<Vec<Written>, Unable> {
    let mut all: Vec<Written> = Vec::new();
    let mut waits = None;
    for it in standings(grounds)? {
        let is_agreed = it.owner == Some(it.agreed);
        let calls = if it.pending == Some(it.agreed) {
            vec![it.confirm]
        } else if is_agreed && it.pending.is_none() {
            continue;
        } else if it.proposer == it.agreed {
            vec![it.propose, it.confirm]
        } else {
            waits.get_or_insert(Unable::NotProposed {
                what: it.what,
                by: it.proposer,
                node: grounds.sight.node,
                call: Box::new(it.propose),
            });
            continue;
        };
        match all.iter_mut().find(|written| written.safe == it.agreed) {
            Some(written) => written.calls.extend(calls),
            None => all.push(Written::of(it.agreed, calls)),
        }
    }
    match (all.is_empty(), waits) {
        (false, _) => Ok(all),
        (true, Some(why)) => Err(why),
        (true, None) => Err(Unable::Confirmed),
    }
}
