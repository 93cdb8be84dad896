//! What the debt of a megapool came of: by its log.
//!
//! Whatever raises the debt says in the same transaction what it was: a penalty, a validator that
//! was dissolved, the notice of an exit that came too late, or a final balance that left the others
//! short. Each is logged after the debt that it brings.
//!
//! Source: `RocketMegapoolDelegate` of 1.4, `_increaseDebt` and its callers.
//!
//! Never here: asking a node.

use std::fmt;

use alloy_sol_types::SolEvent as _;
use proto::Address;

use super::amount::Wei;
use super::withdrawal::birth::Logged;

alloy_sol_types::sol! {
    event MegapoolDebtIncreased(uint256 amount, uint256 time);
    event MegapoolPenaltyApplied(uint256 amount, uint256 time);
    event MegapoolValidatorDissolved(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorExiting(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorExited(uint32 indexed validatorId, uint256 time);
}

/// The name of the event by which it is found when debt was made.
pub const RAISED: [u8; 32] = MegapoolDebtIncreased::SIGNATURE_HASH.0;

/// The most transactions that are looked at, the newest.
pub const MOST_RAISED: usize = 8;

/// Why debt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The oracle nodes have fined the node: for a block that paid somebody else, as a rule.
    Penalty,
    /// This validator was not staked in time.
    Dissolved(u64),
    /// That this validator leaves was proved too late.
    LateNotice(u64),
    /// This validator came back with less than the others had lent it.
    Short(u64),
    /// Something that this program does not know.
    Unknown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Penalty => f.write_str("a penalty by the oracle nodes"),
            Self::Dissolved(id) => write!(f, "validator {id} was dissolved"),
            Self::LateNotice(id) => write!(f, "that validator {id} leaves was proved too late"),
            Self::Short(id) => write!(f, "validator {id} came back with less than was lent to it"),
            Self::Unknown => f.write_str("what this gantry does not know"),
        }
    }
}

/// Debt that was made at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// How much.
    pub amount: Wei,
    /// When, Unix seconds.
    pub time: u64,
    /// Why.
    pub cause: Cause,
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            amount,
            time,
            cause,
        } = self;
        write!(f, "{amount} ETH at {time} (Unix seconds): {cause}")
    }
}

/// The debt that one transaction made, by all that it logged.
pub fn raised(megapool: &Address, log: &[Logged]) -> Vec<Raised> {
    let mut all: Vec<Raised> = Vec::new();
    // From where on the cause is still to come.
    let mut open = 0;
    for entry in log.iter().filter(|entry| entry.by == *megapool) {
        if entry.is(RAISED) {
            let data = MegapoolDebtIncreased::abi_decode_data(&entry.data);
            let (amount, time) = data.unwrap_or_default();
            all.push(Raised {
                amount: Wei(amount),
                time: u64::try_from(time).unwrap_or(u64::MAX),
                cause: Cause::Unknown,
            });
        } else if let Some(cause) = cause(entry) {
            all[open..].iter_mut().for_each(|it| it.cause = cause);
            open = all.len();
        }
    }
    all
}

fn cause(entry: &Logged) -> Option<Cause> {
    let id = || {
        let id = entry.topics.get(1).map(|word| *word.as_bytes());
        let id = id.map(alloy_primitives::U256::from_be_bytes::<32>);
        id.and_then(|id| u64::try_from(id).ok())
    };
    if entry.is(MegapoolPenaltyApplied::SIGNATURE_HASH.0) {
        return Some(Cause::Penalty);
    }
    if entry.is(MegapoolValidatorDissolved::SIGNATURE_HASH.0) {
        return id().map(Cause::Dissolved);
    }
    if entry.is(MegapoolValidatorExiting::SIGNATURE_HASH.0) {
        return id().map(Cause::LateNotice);
    }
    if entry.is(MegapoolValidatorExited::SIGNATURE_HASH.0) {
        return id().map(Cause::Short);
    }
    None
}

#[cfg(test)]
mod tests;
