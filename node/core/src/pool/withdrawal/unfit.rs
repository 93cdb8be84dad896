//! Why a Safe is not one to which money may go.

use proto::definition::checksummed;
use proto::{Address, Root};
use thiserror::Error;

use crate::safe::known::Part;

/// What is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Nothing is at the address.
    #[error("there is no contract at it: it is somebody's account, or its Safe is not made yet")]
    NoContract,
    /// Something else is at the address.
    #[error("the code at it, with the hash {0}, is no proxy of a Safe 1.3.0, 1.4.1 or 1.5.0")]
    Proxy(Root),
    /// A contract that had or has to do with it is none of Safe's.
    #[error("{} had to do with it as {}, and is none of Safe's", checksummed(.0), .1.name())]
    Other(Address, Part),
    /// Something may act for it.
    #[error("the module {} may act for it without its owners", checksummed(.0))]
    Module(Address),
    /// Something acted for it, or might have.
    #[error("a module was enabled in transaction {0}: what it has left behind, nobody can see")]
    HadModule(Root),
    /// Something may refuse.
    #[error("the guard {} may refuse what its owners sign", checksummed(.0))]
    Guard(Address),
    /// An owner whom nobody has agreed on.
    #[error("{} owns it, and the agreement does not name that account", checksummed(.0))]
    Stranger(Address),
    /// An owner is not there.
    #[error("{} does not own it, which the agreement names", checksummed(.0))]
    Missing(Address),
    /// Another number of owners has to sign.
    #[error("{found} of its owners have to sign, and by your cluster's threshold {agreed} must")]
    Threshold {
        /// At the contract.
        found: u64,
        /// By the lock.
        agreed: usize,
    },
    /// It was set up more than once, or never.
    #[error("its log tells of {0} setups, and there is to be one")]
    Setups(usize),
    /// It was set up later than it was made, or not made by a factory.
    #[error("transaction {0}, which set it up, did not make it by a factory")]
    NotMade(Root),
    /// The log does not tell of everything.
    #[error("its log tells of {logged} executions, and it counts {nonce}")]
    Lacking {
        /// In the log.
        logged: u64,
        /// By the contract.
        nonce: u64,
    },
    /// It has done too much to be looked through.
    #[error("it has executed {0} transactions, too many to be accounted for")]
    TooMany(u64),
    /// One transaction executed several.
    #[error("transaction {0} had it execute several times, and shows only one")]
    Several(Root),
    /// It was called by another contract.
    #[error("transaction {0} had it execute through another contract, and does not show what")]
    Through(Root),
    /// A transaction is not there any more.
    #[error("the execution node does not have transaction {0} any more")]
    Pruned(Root),
    /// What stands in a transaction or an event is none of Safe's forms.
    #[error("what transaction {0} did with it cannot be read")]
    Misread(Root),
}
