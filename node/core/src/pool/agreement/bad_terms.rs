//! Why terms cannot be, and what to do then.

use proto::definition::checksummed;
use proto::{Address, PublicKey};
use thiserror::Error;

use super::rules::{
    GAS_LIMIT, LEAST_GAS, LONGEST_TIMEZONE, MOST_FUNDING, MOST_GAS, MOST_RELAYS, SHORTEST_TIMEZONE,
    WHOLE,
};

/// What of the terms cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadTerms {
    /// The stake of this cluster returns somewhere else already.
    #[error(
        "the stake of the cluster {cluster:?} returns to {at} by its lock, and that of Rocket \
         Pool's validators to the megapool: this cluster cannot join. Make another one, with new \
         data directories, whose definition leaves it open (`gantry cluster new --withdrawal \
         later`)", at = checksummed(.address)
    )]
    Settled {
        /// The cluster's name.
        cluster: String,
        /// The first address.
        address: Address,
    },
    /// A deposit was signed for a key of this cluster.
    #[error(
        "your signing record holds a deposit for {0}, signed before there was an agreement: the \
         credentials of a key never change, so this cluster cannot join. Make another one, with \
         new data directories"
    )]
    OnRecord(PublicKey),
    /// Another `RocketStorage` than that of the chain.
    #[error(
        "RocketStorage is to be {given}, and on chain {chain_id} it is {known}: leave it out, and \
         gantry takes the right one", given = checksummed(.given), known = checksummed(.known)
    )]
    Storage {
        /// What is asked for.
        given: Address,
        /// What is right.
        known: Address,
        /// The chain.
        chain_id: u64,
    },
    /// An address that must not be in this place.
    #[error("the {what} {at} is {why}", at = checksummed(.address))]
    Address {
        /// What it is for.
        what: String,
        /// The address.
        address: Address,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// Other contracts than those of the chain.
    #[error(
        "on chain {0} a Safe is made by the contracts of version 1.4.1 at the addresses that all \
         wallets know, and others are named: leave them out, and gantry takes the right ones"
    )]
    SafeContracts(u64),
    /// The code at the Safe's address would be another one than is named.
    #[error(
        "the proxy hash of the Safe is not that of a proxy for {}: of the code that all wallets \
         know leave the hash out, of another one take that of the factory's creation code with it",
        checksummed(.0)
    )]
    SafeProxy(Address),
    /// Not one owner of each operator.
    #[error(
        "the Safe is to be owned by one account of each operator, {expected} in all, and its \
         {list} are {found}: name one of each (`--account NAME=ADDRESS`)"
    )]
    SafeOwners {
        /// Which list.
        list: &'static str,
        /// How many there are.
        found: usize,
        /// How many operators there are.
        expected: usize,
    },
    /// An account that cannot own it.
    #[error(
        "the account {at} of {name}, which is to own the Safe, is {why}",
        at = checksummed(.address)
    )]
    SafeOwner {
        /// Whose it is.
        name: String,
        /// The account.
        address: Address,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// The node account is not the Safe.
    #[error(
        "the node account is {found}, and the Safe of these founders and of this cluster is at \
         {expected}: leave out --node, and gantry names the right one",
        found = checksummed(.found), expected = checksummed(.expected)
    )]
    SafeAddress {
        /// What is named.
        found: Address,
        /// What follows from its founding.
        expected: Address,
    },
    /// One account of two operators.
    #[error(
        "{one} and {other} give the same account {at}: nobody could tell whose money comes from \
         it, or who decides. Each gives one of their own", at = checksummed(.address)
    )]
    Shared {
        /// An operator.
        one: String,
        /// Another one.
        other: String,
        /// The account.
        address: Address,
    },
    /// Other people than the operators.
    #[error(
        "the agreement is of {found}, and the cluster's operators are {expected}: name each of \
         them once, in this order"
    )]
    Members {
        /// Who stands in it.
        found: String,
        /// Who has to.
        expected: String,
    },
    /// The shares are not all of it.
    #[error(
        "the shares add up to {0} basis points, and all together are {WHOLE}: give each operator a \
         part of that"
    )]
    Shares(u64),
    /// Too many accounts.
    #[error("{0} gives more than {MOST_FUNDING} accounts to pay from: leave some out")]
    Funding(String),
    /// More validators than there are.
    #[error(
        "{wished} validators are wished for, and the lock has keys of {there}: wish for at most as \
         many"
    )]
    Validators {
        /// How many are wished for.
        wished: u64,
        /// How many keys there are.
        there: u64,
    },
    /// Neither Rocket Pool nor builders.
    #[error("it says nothing, neither of Rocket Pool nor of builders: name what is agreed on")]
    Nothing,
    /// Too many relays.
    #[error("{0} relays are named, and each peer asks all of them: name at most {MOST_RELAYS}")]
    Relays(usize),
    /// No relay.
    #[error(
        "{0:?} is no relay: it is https://0x…@host, with the public key that its operator gives"
    )]
    Relay(String),
    /// One relay twice.
    #[error("the address or the key of the relay {0} is named twice: name each relay once")]
    SameRelay(String),
    /// No gas limit that a block can have.
    #[error(
        "a gas limit of {0} is none that blocks have: {GAS_LIMIT} is usual, and it is between \
         {LEAST_GAS} and {MOST_GAS}"
    )]
    Gas(u64),
    /// No timezone as Rocket Pool takes it.
    #[error(
        "a timezone is {SHORTEST_TIMEZONE} to {LONGEST_TIMEZONE} ASCII letters, digits or /_+-, \
         such as Europe/Berlin or Etc/UTC: change {0:?}"
    )]
    Timezone(String),
}
