//! Paying in: when an operator may, how, and who has.
//!
//! An operator pays from an account of the own into Rocket Pool, for the node, without which the
//! ether could go nowhere else: `depositEthFor`. From there only deposits of the node take it, and
//! the withdrawal address gets it back. So that address has to be right, for good, before: a Safe
//! of all operators that they have tried, at the newest block and at the finalised one.
//!
//! Source: `RocketNodeDeposit` of protocol 1.3.1 and 1.4; ERC-681 for the link.
//!
//! Never here: asking a node, sending.

pub mod paid;

use alloy_sol_types::SolCall as _;
use proto::Address;
use proto::definition::checksummed;
use thiserror::Error;

use super::amount::Wei;
use super::book::theirs;
use super::contracts::Contract;
use super::plan::{Call, Facts, Wait, ground};
use super::withdrawal::Unfit;
use super::withdrawal::rehearsal::Rehearsal;

alloy_sol_types::sol! {
    function depositEthFor(address node) external payable;
}

/// Why nobody should pay in now.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unready {
    /// There is nothing to pay for.
    #[error(
        "the node account {} is no node of Rocket Pool yet: have the peer that coordinates \
         register it, which `gantry status` there shows", checksummed(.0)
    )]
    NoNode(Address),
    /// Something speaks against new ether.
    #[error(
        "pay nothing in yet: {}. `gantry pool plan` shows what is to be done, and `gantry pool \
         file confirm` writes what the withdrawal address has to do itself", spelled(.0)
    )]
    Waits(Vec<Wait>),
    /// What would come back would not come to the operators.
    #[error(
        "pay nothing in: the withdrawal address {} is no Safe of the operators' own: {why}. \
         Make a fresh one with any wallet, owned by the agreed accounts, and agree on it",
        checksummed(.at)
    )]
    Unfit {
        /// Which address.
        at: Address,
        /// What is wrong with it.
        why: Unfit,
    },
    /// Nobody knows yet whether anything can be taken out of it.
    #[error(
        "pay nothing in before you have tried the withdrawal Safe {}, as the finalised block shows \
         it: {so_far}", checksummed(.at)
    )]
    Untried {
        /// Which Safe.
        at: Address,
        /// How far the operators are.
        so_far: Rehearsal,
    },
}

fn spelled(waits: &[Wait]) -> String {
    let waits: Vec<String> = waits.iter().map(ToString::to_string).collect();
    waits.join("; ")
}

/// What of the withdrawal Safes decides.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawal<'a> {
    /// Whether each address of the agreement is a Safe of the operators', and if not, why not.
    pub judged: &'a [(Address, Result<(), Unfit>)],
    /// How far the operators are with that to which ether goes, at the finalised block.
    pub rehearsal: Rehearsal,
}

/// The call with which anybody pays this much in for the node.
///
/// # Errors
/// Why nobody should.
pub fn call(facts: &Facts<'_>, withdrawal: &Withdrawal<'_>, amount: Wei) -> Result<Call, Unready> {
    let (node, terms) = (facts.subject(), facts.terms());
    let no_node = || Unready::NoNode(node);
    if !facts.is_registered() {
        return Err(no_node());
    }
    let deposit = facts.at(Contract::NodeDeposit).ok_or_else(no_node)?;
    let waits = ground::new_money(facts);
    if !waits.is_empty() {
        return Err(Unready::Waits(waits));
    }
    for at in [terms.withdrawal, terms.rpl_withdrawal] {
        let judged = withdrawal.judged.iter().find(|(of, _)| *of == at);
        let why = match judged {
            Some((_, Ok(()))) => continue,
            Some((_, Err(why))) => why.clone(),
            None => Unfit::NoContract,
        };
        return Err(Unready::Unfit { at, why });
    }
    if withdrawal.rehearsal != Rehearsal::Done {
        return Err(Unready::Untried {
            at: terms.withdrawal,
            so_far: withdrawal.rehearsal,
        });
    }
    let pays = depositEthForCall {
        node: theirs(&node),
    };
    let of = checksummed(&node);
    Ok(Call::of(deposit, &pays, &[&of]).with(amount))
}

/// A link that a wallet understands (ERC-681): this payment, and nothing else.
pub fn link(chain_id: u64, node: &Address, call: &Call) -> String {
    let name = depositEthForCall::SIGNATURE.split('(').next();
    format!(
        "ethereum:{}@{chain_id}/{}?address={}&value={}",
        checksummed(&call.to.address),
        name.unwrap_or_default(),
        checksummed(node),
        call.value.0
    )
}

#[cfg(test)]
mod tests;
