//! Rocket Pool as a group's node account meets it: what the contracts say about one node.
//!
//! | module | holds |
//! |---|---|
//! | [`abi`] | the functions that are called, and no others |
//! | [`book`] | questions to the contracts of one block, and what they answered |
//! | [`contracts`] | which contracts there are, and the addresses that `RocketStorage` gives them |
//! | [`network`] | the settings, queues and intervals that hold for everybody |
//! | [`account`] | the node account: its addresses, its money inside Rocket Pool, smoothing pool |
//! | [`megapool`] | its megapool and the validators in it |
//! | [`minipool`] | its minipools, which can be finished and no more be made |
//! | [`queue`] | how many others a queue serves before one of its entries |
//! | [`upgrade`] | which of the protocol's own contracts are about to be replaced |
//! | [`view`] | all of it at one block, read in rounds |
//! | [`sight`] | two views, at head and finalised, and what differs |
//! | [`safe`] | the Safe that is the node account, if it is one |
//! | [`alarm`] | what of it should worry the operators, in words |
//! | [`agreement`] | what a cluster's operators agree on: a chain of versions that all sign |
//! | [`intent`] | what the node is to do next: a chain of documents that t sign |
//! | [`consent`] | whether this peer gives its share for a deposit |
//! | [`misuse`] | what a misused key of the node account leaves behind |
//! | [`plan`] | what is to be done, as steps that follow from what is seen and agreed |
//! | [`withdrawal`] | the Safe to which all of it goes: how it is, and what was done with it |
//! | [`errand`] | what only that Safe can do, as calls for its owners' wallets |
//! | [`funding`] | when the operators may pay in, how, and who has |
//! | [`ledger`] | where each wei came from and where it is, in double entry |
//! | [`allowed`] | what a Safe that is the node account may be asked to do |
//! | [`debt`] | what the debt of a megapool came of |
//! | [`dispatch`] | which steps of a plan the node account sends now, and with which calls |
//! | [`open_step`] | steps that anybody may take for a node, as calls |
//! | [`payee`] | whom blocks pay: the smoothing pool or the megapool |
//! | [`amount`] | wei, shares and foreign words, as they are shown |
//!
//! A view is a value of one block. It is read in rounds: [`view::read`] is given what was answered
//! so far, and says what else is to be asked, or gives the view. So nothing here waits for a node,
//! and the same answers make the same view on every peer. Addresses are taken from `RocketStorage`
//! anew for each view: its owners may replace every other contract.
//!
//! Both call surfaces are read, that of protocol 1.3.1 and that of 1.4 (and 1.4.1, which changed
//! nothing that is read here): what answers is there. The versions that contracts name decide
//! nothing. Every number, length and text is bounded, since a node may lie, and so may a contract
//! at an address that is given by hand.
//!
//! Source: the contracts of Rocket Pool at their tags v1.3.1 and v1.4, and RPIP-43 for the
//! smoothing pool.
//!
//! Never here: asking a node, and anything that is sent.

pub mod abi;
pub mod account;
pub mod agreement;
pub mod alarm;
pub mod allowed;
pub mod amount;
pub mod book;
pub mod consent;
pub mod contracts;
pub mod debt;
pub mod dispatch;
pub mod errand;
pub mod funding;
pub mod intent;
pub mod ledger;
pub mod megapool;
pub mod minipool;
pub mod misuse;
pub mod network;
pub mod open_step;
pub mod payee;
pub mod plan;
pub mod queue;
pub mod safe;
pub mod sight;
pub mod upgrade;
pub mod view;
pub mod withdrawal;

use proto::Address;
use proto::agreement::PoolTerms;

/// The address of `RocketStorage` on a public chain, by the chain's id: the one address of Rocket
/// Pool that never changes.
///
/// Source: docs.rocketpool.net, "Contract deployments".
pub fn storage_of(chain_id: u64) -> Option<Address> {
    let digits = match chain_id {
        1 => "1d8f8f00cfa6758d7be78336684788fb0ee0fa46",
        560_048 => "594fb75d3dc2dfa0150ad03f99f97817747dd4e1",
        _ => return None,
    };
    Some(digits.parse().expect("40 hex digits stand above"))
}

/// The chain on which no bond is put behind one person's key.
const MAINNET: u64 = 1;

/// Whether the agreed node account may become a node, and new bonds may go behind it, on the chain
/// with this id: on mainnet only if it is a Safe. Whoever has its one key can misuse the bond, and
/// a node's address is for ever. A node that is there already may be served all the same.
pub fn may_bond(terms: &PoolTerms, chain_id: u64) -> bool {
    terms.node_safe.is_some() || chain_id != MAINNET
}

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;
