//! What is to be done by one transaction.
//!
//! Gas is set from the worst case, not from an estimate: between estimate and block others change
//! what a call costs, and gas that is not used is not paid.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::{U256, keccak256};
use proto::{Address, Root};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// The most bytes of a call: a proof of a withdrawal long ago has about 4,000, a deposit of 25
/// validators about 12,000.
pub const MOST_DATA: usize = 1 << 15;
/// The longest name of a step, in letters.
const MOST_LETTERS: usize = 160;

/// The name of a step: the same as long as it is the same deed. What may rightly be done again
/// later has another name then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepId(String);

/// A text that names no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a step's name has 1 to 160 letters of a-z, 0-9, `-`, `.` and `:`")]
pub struct BadStep;

impl StepId {
    /// Whether its name begins with this word: the kind of the step.
    pub fn is_of(&self, kind: &str) -> bool {
        let rest = self.0.strip_prefix(kind);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

impl FromStr for StepId {
    type Err = BadStep;

    fn from_str(text: &str) -> Result<Self, BadStep> {
        let is_fit = |letter: u8| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"-.:".contains(&letter)
        };
        let is_long = text.is_empty() || text.len() > MOST_LETTERS;
        match is_long || !text.bytes().all(is_fit) {
            true => Err(BadStep),
            false => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for StepId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Gas that a transaction may use, at most what a block takes of one (EIP-7825).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gas(u64);

/// More gas than one transaction may use, or more deposits than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TooMuch {
    /// Gas.
    #[error(
        "{0} units of gas are more than the {most} that one transaction may use (EIP-7825): make \
         several of it", most = Gas::MOST
    )]
    Gas(u64),
    /// Deposits.
    #[error("{0} deposits do not fit into one transaction, which holds 1 to {MOST_DEPOSITS}")]
    Deposits(u64),
}

/// The most deposits of one transaction: more would not fit when the pool can assign each at once.
pub const MOST_DEPOSITS: u64 = 25;
/// Gas of a deposit of several validators: for the first things, and for each validator when the
/// pool is full. Measured on the contracts of 1.4, rounded up.
const DEPOSITS_BASE: u64 = 920_000;
const DEPOSITS_EACH: u64 = 530_000;

impl Gas {
    /// The most that one transaction may use: 2^24.
    pub const MOST: u64 = 1 << 24;
    /// A transaction that does nothing (EIP-2028: 21,000 and nothing for data).
    pub const EMPTY: Self = Self(21_000);

    /// So much.
    ///
    /// # Errors
    /// If no transaction may use so much.
    pub fn of(units: u64) -> Result<Self, TooMuch> {
        match units > Self::MOST {
            true => Err(TooMuch::Gas(units)),
            false => Ok(Self(units.max(Self::EMPTY.0))),
        }
    }

    /// The worst case of one transaction that deposits for so many validators of a megapool.
    ///
    /// # Errors
    /// If there are none, or more than fit.
    pub fn of_deposits(count: u64) -> Result<Self, TooMuch> {
        match (1..=MOST_DEPOSITS).contains(&count) {
            true => Self::of(DEPOSITS_BASE + DEPOSITS_EACH * count),
            false => Err(TooMuch::Deposits(count)),
        }
    }

    /// The units.
    pub fn units(self) -> u64 {
        self.0
    }
}

/// What it would be to do a step twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Money lost, or what cannot be undone: it is bound to one nonce, with one calldata.
    Once,
    /// Nothing but fees: the contracts refuse it, or nothing changes. Its proof may be renewed.
    Idempotent,
}

/// One call of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The step that it takes.
    pub step: StepId,
    /// What it does, in words for the operators.
    pub words: String,
    /// The contract.
    pub to: Address,
    /// Wei that go with it.
    pub value: U256,
    /// Selector and arguments, at most [`MOST_DATA`] bytes.
    pub data: Vec<u8>,
    /// Other bytes that do the same: what is under way with them is kept.
    pub akin: Vec<Vec<u8>>,
    /// Of the worst case.
    pub gas: Gas,
    /// What a second time would be.
    pub effect: Effect,
}

impl Call {
    /// What the chain is asked to do, in 32 bytes: contract, value and data.
    pub fn digest(&self) -> Root {
        digest(&self.to, self.value, &self.data)
    }
}

/// What the chain is asked to do by a call of this contract, with so many wei and these bytes.
pub fn digest(to: &Address, value: U256, data: &[u8]) -> Root {
    let value = value.to_be_bytes::<32>();
    let bytes = [to.as_bytes(), &value[..], data].concat();
    keccak256(bytes).0.into()
}
