//! The agreement on Rocket Pool and on builders: a chain of versions, each signed by all operators.
//!
//! | file | holds |
//! |---|---|
//! | `rules` | what terms must be, and which lock they may join |
//! | `chain` | the versions of a file, verified; the next one |
//! | `merge` | two copies made one |
//! | `backing` | how many stand behind what is not in force yet |
//! | `policy` | on which terms others may build blocks, as far as it is in force |
//! | `signed` | what an operator has signed: one version of each number |
//! | `account` | the signatures of the node account, or of those that own it |
//! | `error`, `bad_terms` | why something is refused |
//!
//! A version is **complete** once every operator has signed its hash, and its node account too, if
//! it has not signed one before; where that is a Safe, each operator's account that owns it. The
//! complete version with the highest number is in force; behind it there may be one that is still
//! being signed. Each names the hash of the one before, so nothing can be taken out or put in.
//!
//! A version that cannot get all signatures is **given up** for the next one, which follows it: has
//! the next number and names its hash. Somebody may sign the one that was given up all the same, at
//! any time, so it must never be able to outdo what came in its place: the higher number holds. And
//! nobody signs two versions of one number, or one before a version already signed
//! ([`Signed`]): two complete versions of one number would take all operators to do so. Copies that
//! part are told apart with the names of those who have signed both.
//!
//! **What is fixed** ([`proto::agreement::Fixed`]) stands from the version on that was in force
//! when the first share of a deposit left ([`Deposits`]): the deposits return to the megapool of
//! that node account. Everything else changes with a new version.
//!
//! It joins a lock whose withdrawal is `later`, and none for whose keys a deposit was ever signed.
//! Each validator then gets one deposit of 1 ETH, whatever amounts the lock names: the rest comes
//! from Rocket Pool.
//!
//! **Builders** can be agreed on by every cluster, also by one that is not at Rocket Pool: then the
//! rules on locks above do not hold.
//!
//! The file's form and the hash stand in [`proto::agreement`]. Never here: files, and what Rocket
//! Pool says.

mod account;
mod backing;
mod bad_terms;
mod chain;
mod error;
mod merge;
mod policy;
mod rules;
mod signed;

use proto::agreement::Version;

use crate::record::Joined;

pub use backing::MOST_ALONE;
pub use bad_terms::BadTerms;
pub use chain::Agreement;
pub use error::{BadAgreement, Claim};
pub use merge::Merged;
pub use policy::{BuilderPolicy, Order, RegisteredPayee};
pub use rules::{GAS_LIMIT, MOST_FUNDING, MOST_RELAYS, WHOLE, cautions, check_terms, join};
pub use signed::Signed;

/// Whether what is fixed may still change, as far as one operator can tell. All have to sign a
/// change, and those who have signed a deposit do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deposits {
    /// No share of a deposit has left this peer.
    None,
    /// A share has left while this version was in force.
    Since(u64),
}

impl Deposits {
    /// The strict reading, for whoever cannot tell: as if one had left from the first version on. A
    /// command cannot: the signing record belongs to the peer that runs beside it.
    pub const UNKNOWN: Self = Self::Since(1);

    /// What the signing record says.
    pub fn of_record(joined: Option<&Joined>) -> Self {
        joined.map_or(Self::None, |joined| Self::Since(joined.number))
    }

    /// The same once deposits were consented to while this version was in force: a share may have
    /// left since then.
    #[must_use]
    pub fn consented(self, number: u64) -> Self {
        match self {
            Self::None => Self::Since(number),
            Self::Since(_) => self,
        }
    }
}

/// Which version it is, and who has signed it.
fn claim(version: &Version) -> Claim {
    Claim {
        number: version.content.number,
        hash: version.hash,
        signers: version.signatures.keys().cloned().collect(),
    }
}

#[cfg(any(test, feature = "example"))]
pub mod example;
#[cfg(test)]
mod tests;
