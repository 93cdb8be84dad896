//! Whether the operators have tried their withdrawal Safe before money depends on it: a little
//! ether came in, and t of them had the Safe do something after that.
//!
//! Both are read from the Safe's own log. What came from an account that nobody has agreed on
//! counts for nothing: it may be one from which nobody could take it back.
//!
//! Source: `SafeReceived` and `ExecutionSuccess` of Safe 1.3.0, 1.4.1 and 1.5.0. Names and types
//! are the same in all of them, only what is indexed is not.
//!
//! Never here: asking a node.

use std::fmt;

use alloy_primitives::U256;
use alloy_sol_types::SolEvent as _;
use proto::agreement::PoolTerms;
use proto::definition::checksummed;
use proto::{Address, Root};

use super::birth::{Logged, address};
use crate::pool::amount::Wei;
use crate::pool::funding::paid::indexed;

alloy_sol_types::sol! {
    event SafeReceived(address indexed sender, uint256 value);
    event ExecutionSuccess(bytes32 txHash, uint256 payment);
}

/// How much has to come in, in thousandths of an ether.
const LEAST: u32 = 1;

/// How far the operators are with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rehearsal {
    /// Nothing has come in from an account of theirs.
    Nothing,
    /// This has, and nothing was done after it.
    Received {
        /// From whom.
        from: Address,
        /// How much.
        amount: Wei,
    },
    /// Both were done.
    Done,
}

impl Rehearsal {
    /// How much has to come in.
    pub fn amount() -> Wei {
        Wei::of_milliether(LEAST)
    }

    /// What of the Safe's log it is read from: what of the operators came in, and what it did. By
    /// place in the entry, one of these words. What strangers send is not looked at: there can be
    /// any number of that.
    pub fn events(terms: &PoolTerms) -> [Vec<Vec<Root>>; 2] {
        let [came, done] = [
            SafeReceived::SIGNATURE_HASH,
            ExecutionSuccess::SIGNATURE_HASH,
        ];
        let own = accounts(terms).iter().map(indexed).collect();
        [vec![vec![came.0.into()], own], vec![vec![done.0.into()]]]
    }

    /// By these entries of the Safe's log, in the order of the chain.
    pub fn read(log: &[Logged], terms: &PoolTerms) -> Self {
        let own = accounts(terms);
        let mut it = Self::Nothing;
        for entry in log {
            if let Some((from, amount)) = received(entry) {
                let counts = own.contains(&from) && amount >= Self::amount();
                if counts {
                    it = Self::Received { from, amount };
                }
            } else if entry.is(ExecutionSuccess::SIGNATURE_HASH.0) && it != Self::Nothing {
                return Self::Done;
            }
        }
        it
    }
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(
                f,
                "not yet: {} ETH have to come in first, from an account that the agreement names \
                 as paying in or deciding",
                Self::amount()
            ),
            Self::Received { from, amount } => write!(
                f,
                "not yet: {amount} ETH came in from {}, and have to go back: `gantry pool file \
                 rehearsal`",
                checksummed(from)
            ),
            Self::Done => f.write_str("yes: ether came in, and the owners had it act after that"),
        }
    }
}

/// The accounts of the operators, from which they pay or with which they decide.
fn accounts(terms: &PoolTerms) -> Vec<Address> {
    let members = terms.members.iter();
    let all = members.flat_map(|member| member.funding.iter().chain(&member.owner));
    all.copied().collect()
}

/// What came in, and from whom.
fn received(entry: &Logged) -> Option<(Address, Wei)> {
    if !entry.is(SafeReceived::SIGNATURE_HASH.0) {
        return None;
    }
    match entry.words()?[..] {
        [from, amount] => Some((address(&from)?, Wei(U256::from_be_bytes(amount)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
