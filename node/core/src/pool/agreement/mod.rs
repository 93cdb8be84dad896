//! The agreement on Rocket Pool: a chain of versions, each signed by all operators.
//!
//! | file | holds |
//! |---|---|
//! | `rules` | what terms must be, and which lock they may join |
//! | `chain` | the versions of a file, verified; the next one; copies of it merged |
//! | `account` | the node account's signature |
//! | `error` | why something is refused |
//!
//! A version is **complete** once every operator has signed its hash, and the node account that of
//! the first version which names it. The last complete version is in force; behind it there may be
//! one that is still being signed. Each names the hash of the one before, so nothing can be taken
//! out or put in, and two files whose versions differ are told apart with the names of those who
//! have signed both.
//!
//! **What is fixed** ([`proto::agreement::Fixed`]) stands from the version on that was in force
//! when the first share of a deposit left ([`Deposits`]): the deposits return to the megapool of
//! that node account. Everything else changes with a new version.
//!
//! It joins a lock whose withdrawal is `later`, and none for whose keys a deposit was ever signed.
//! Each validator then gets one deposit of 1 ETH, whatever amounts the lock names: the rest comes
//! from Rocket Pool.
//!
//! The file's form and the hash stand in [`proto::agreement`]. Never here: files, and what Rocket
//! Pool says.

mod account;
mod chain;
mod error;
mod rules;

pub use chain::Agreement;
pub use error::{BadAgreement, BadTerms, Claim};
pub use rules::{MOST_FUNDING, WHOLE, cautions, check_terms, join};

/// Whether what is fixed may still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deposits {
    /// No share of a deposit has left.
    None,
    /// A share has left while this version was in force.
    Since(u64),
}

impl Deposits {
    /// The strict reading, for whoever cannot tell: as if one had left from the first version on.
    pub const UNKNOWN: Self = Self::Since(1);
}

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;
