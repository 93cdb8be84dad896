//! Which transactions are sent: new ones at free nonces, the same again, or others in their place.

use std::collections::BTreeSet;

use proto::Address;
use proto::definition::Gwei;
use proto::eth::{DepositData, DepositView};

use super::refusal::Refusal;
use crate::execution::{Fees, Unsigned};
use node_core::deposit::standing::{Fate, Pinned, Standing};
use node_core::sending::fees::raised;

/// One transaction of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub transaction: Unsigned,
    /// The deposit that it makes, or whose second payment it prevents.
    pub deposit: DepositData,
    pub kind: Kind,
}

/// What a transaction is to earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is none.
    New,
    /// It is one of them, to the last byte.
    Again,
    /// It takes the place of one at its nonce, with a higher fee.
    Instead,
}

/// The account that pays, as the chain and the node's pool show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub address: Address,
    /// The nonce of its next transaction by the view.
    pub next: u64,
    /// The same with those that are under way.
    pub pending: u64,
}

/// What `account` sends, in the order of its nonces. With `replace`, what is under way is replaced.
///
/// # Errors
/// If something is under way that this could pay twice.
pub(crate) fn steps(
    standing: &Standing,
    view: &DepositView,
    (account, fees): (&Account, &Fees),
    replace: bool,
) -> Result<Vec<Step>, Refusal> {
    let under_way: Vec<&Pinned> = standing.open.iter().chain(&standing.overtaken).collect();
    for pinned in &under_way {
        refuse(pinned, view, account, replace)?;
    }
    if replace && under_way.is_empty() {
        return Err(Refusal::NothingToReplace);
    }
    let taken: BTreeSet<u64> = under_way.iter().map(|pinned| pinned.nonce).collect();
    if (account.next..account.pending).any(|nonce| !taken.contains(&nonce)) {
        return Err(Refusal::UnderWay(account.address));
    }
    let is_there = |pinned: &Pinned| matches!(pinned.fate(view), Fate::Overtaken(_));
    let earlier = under_way.iter().map(|pinned| match replace {
        true => instead(pinned, fees, is_there(pinned)),
        false => again(pinned),
    });
    let free = (account.next..).filter(|nonce| !taken.contains(nonce));
    let new = standing.missing.iter().zip(free).map(|(deposit, nonce)| {
        let transaction = Unsigned {
            nonce,
            deposit: Some(*deposit),
            max_fee: fees.max_fee,
            priority_fee: fees.priority_fee,
        };
        Step {
            transaction,
            deposit: *deposit,
            kind: Kind::New,
        }
    });
    let mut steps: Vec<Step> = earlier.chain(new).collect();
    steps.sort_by_key(|step| step.transaction.nonce);
    Ok(steps)
}

/// Stops if the nonce of a deposit was used up so lately that the deposit may still come back, or
/// if the node no longer knows whether it was.
pub(crate) fn refuse_unsettled(standing: &Standing, view: &DepositView) -> Result<(), Refusal> {
    let Some(pinned) = standing.unsettled.first() else {
        return Ok(());
    };
    let (key, sender, nonce) = (pinned.deposit.pubkey, pinned.sender, pinned.nonce);
    if !view.settled_nonces.contains_key(&sender) {
        return Err(Refusal::Forgotten { key, sender, nonce });
    }
    Err(Refusal::Unsettled {
        key,
        sender,
        nonce,
        transaction: pinned.newest().transaction,
    })
}

fn refuse(
    pinned: &Pinned,
    view: &DepositView,
    account: &Account,
    replace: bool,
) -> Result<(), Refusal> {
    if let Fate::Overtaken(other) = pinned.fate(view)
        && !replace
        && !pinned.is_being_cancelled()
    {
        return Err(Refusal::Overtaken {
            key: pinned.deposit.pubkey,
            other,
            nonce: pinned.nonce,
            amount: Gwei(pinned.deposit.amount),
        });
    }
    if pinned.sender != account.address {
        return Err(Refusal::OtherSender {
            key: pinned.deposit.pubkey,
            sender: pinned.sender,
            nonce: pinned.nonce,
            transaction: pinned.newest().transaction,
        });
    }
    Ok(())
}

fn again(pinned: &Pinned) -> Step {
    let newest = pinned.newest();
    let transaction = Unsigned {
        nonce: pinned.nonce,
        deposit: newest.deposit.map(|_| pinned.deposit),
        max_fee: newest.max_fee,
        priority_fee: newest.priority_fee,
    };
    Step {
        transaction,
        deposit: pinned.deposit,
        kind: Kind::Again,
    }
}

/// What takes the place of a pinned deposit: the deposit itself, or nothing if it is there already.
fn instead(pinned: &Pinned, fees: &Fees, is_there: bool) -> Step {
    let newest = pinned.newest();
    let priority_fee = raised(newest.priority_fee).max(fees.priority_fee);
    let max_fee = raised(newest.max_fee).max(fees.max_fee).max(priority_fee);
    let transaction = Unsigned {
        nonce: pinned.nonce,
        deposit: (!is_there).then_some(pinned.deposit),
        max_fee,
        priority_fee,
    };
    Step {
        transaction,
        deposit: pinned.deposit,
        kind: Kind::Instead,
    }
}

#[cfg(test)]
mod tests;
