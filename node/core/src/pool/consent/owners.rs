//! That what comes back comes to the group: the node is the agreed one, both withdrawal addresses
//! are, nobody waits to take their place, and the megapool is the node's, at both blocks.

use alloy_primitives::{Address as Theirs, U256, keccak256};
use proto::Address;
use proto::agreement::PoolTerms;

use super::Grounds;
use super::chain::views;
use super::extra::Extra;
use super::refusal::{Refusal, When};
use crate::pool::account::{Account, planted};
use crate::pool::amount::Wei;
use crate::pool::book::theirs;
use crate::pool::contracts::Contract;
use crate::pool::megapool::Deployed;
use crate::pool::view::View;

/// One ether, wei.
const ETHER: u128 = 1_000_000_000_000_000_000;

/// The address of the megapool, if all of it is as agreed.
pub(super) fn check(grounds: &Grounds<'_>, terms: &PoolTerms) -> Result<Address, Refusal> {
    let mut places = Vec::new();
    for ((when, view), extra) in views(grounds)?.into_iter().zip(grounds.extra) {
        let node = view.node.as_ref().ok_or(Refusal::NotRegistered(when))?;
        of_account(when, &node.account, terms)?;
        let megapool = node.deployed().ok_or(Refusal::NoMegapool(when))?;
        is_ours(when, view, (extra, megapool.place.address, terms))?;
        may_deposit(when, view, (megapool, &node.account))?;
        places.push(megapool.place.address);
    }
    match places[..] {
        [head, finalised] if head == finalised => Ok(head),
        _ => Err(Refusal::MegapoolAddress(When::Head)),
    }
}

fn of_account(when: When, account: &Account, terms: &PoolTerms) -> Result<(), Refusal> {
    if account.withdrawal != terms.withdrawal {
        return Err(Refusal::Withdrawal {
            when,
            found: account.withdrawal,
        });
    }
    if let Some(pending) = planted(account.pending_withdrawal, terms.withdrawal) {
        return Err(Refusal::PendingWithdrawal { when, pending });
    }
    if account.rpl_withdrawal != Some(terms.rpl_withdrawal) {
        let found = account.rpl_withdrawal;
        return Err(Refusal::RplWithdrawal { when, found });
    }
    match planted(account.pending_rpl_withdrawal, terms.rpl_withdrawal) {
        Some(pending) => Err(Refusal::PendingRplWithdrawal { when, pending }),
        None => Ok(()),
    }
}

/// That the address is that of the clone which this factory makes for this node, computed here. The
/// view has checked that the megapool names the node, and its own address as credentials.
fn is_ours(
    when: When,
    view: &View,
    (extra, address, terms): (&Extra, Address, &PoolTerms),
) -> Result<(), Refusal> {
    let factory = view.contracts.at(Contract::MegapoolFactory);
    let computed = factory.zip(extra.proxy).map(|(factory, proxy)| {
        let node = terms.fixed.node_account;
        megapool_of(&node, &factory.address, &proxy)
    });
    match computed == Some(address) {
        true => Ok(()),
        false => Err(Refusal::MegapoolAddress(when)),
    }
}

/// Where the megapool of `node` is: a clone (EIP-1167) of `proxy` that `factory` makes (EIP-1014).
pub fn megapool_of(node: &Address, factory: &Address, proxy: &Address) -> Address {
    const HEAD: [u8; 20] = [
        0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3, 0x36, 0x3d, 0x3d, 0x37, 0x3d,
        0x3d, 0x3d, 0x36, 0x3d, 0x73,
    ];
    const FOOT: [u8; 15] = [
        0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
    ];
    let code = [&HEAD[..], proxy.as_bytes(), &FOOT].concat();
    let salt = keccak256(node.as_bytes());
    let made: Theirs = theirs(factory).create2(salt, keccak256(code));
    made.into_array().into()
}

/// That the call which is to come can be made: else a key is shown for nothing.
fn may_deposit(
    when: When,
    view: &View,
    (megapool, account): (&Deployed, &Account),
) -> Result<(), Refusal> {
    if !view.network.may_deposit {
        return Err(Refusal::Closed(when));
    }
    if !megapool.debt.is_zero() {
        return Err(Refusal::Debt(megapool.debt));
    }
    let ether = U256::from(ETHER);
    let bond = megapool.next_bond;
    if !(ether..=U256::from(32) * ether).contains(&bond.0) {
        return Err(Refusal::Bond(bond));
    }
    let has = Wei(account.balance.0.saturating_add(account.credit.usable.0));
    // Ether may come at any time, so only the newest block counts.
    match when == When::Head && has < bond {
        true => Err(Refusal::Funds { bond, has }),
        false => Ok(()),
    }
}
