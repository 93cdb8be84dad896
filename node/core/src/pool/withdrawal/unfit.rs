//! Why a Safe is not one to which money may go.

use proto::definition::checksummed;
use proto::{Address, Root};
use thiserror::Error;

use crate::pool::consent::When;
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
    #[error(
        "{} had to do with it as {}, and is not one that this gantry knows as Safe's",
        checksummed(.0), .1.name()
    )]
    Other(Address, Part),
    /// Something may act for it.
    #[error("the module {} may act for it without its owners", checksummed(.0))]
    Module(Address),
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
    #[error(
        "the execution node shows {0} setups of it, and there is one of every Safe: has the node \
         thrown away the block in which it was made?"
    )]
    Setups(usize),
    /// It was set up later than it was made, or not made by a factory.
    #[error("transaction {0}, which set it up, did not make it by a factory")]
    NotMade(Root),
    /// It was not the operators' own from the beginning.
    #[error(
        "when it was made it was not owned by all of the agreed accounts and nobody else, with \
         your cluster's threshold: whoever had it alone may have left something behind in it that \
         nobody can see"
    )]
    BornOtherwise,
    /// What stands in an event is none of Safe's forms.
    #[error("what transaction {0} did with it cannot be read")]
    Misread(Root),
    /// It is so at this block.
    #[error("{0} {1}: wait until that is final")]
    At(When, Box<Unfit>),
}

impl Unfit {
    /// The same, of the finalised block alone.
    pub fn when_finalised(self) -> Self {
        Self::At(When::Finalised, Box::new(self))
    }
}
