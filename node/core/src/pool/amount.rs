//! Amounts, shares and foreign words, as they are shown.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::U256;
use alloy_primitives::utils::format_ether;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// The most characters of a text in a contract that are kept.
const MOST_LETTERS: usize = 64;

/// An amount of ether or RPL in its smallest unit, of which 10^18 are one. Shown in ones, written
/// to JSON as a decimal text in the smallest unit: no script loses a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Wei(pub U256);

impl Wei {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// An amount in thousandths of an ether.
    pub fn of_milliether(amount: u32) -> Self {
        Self(U256::from(u128::from(amount) * 1_000_000_000_000_000))
    }

    /// An amount in gwei.
    pub fn of_gwei(amount: u64) -> Self {
        Self(U256::from(u128::from(amount) * 1_000_000_000))
    }
}

/// The most digits of an amount that is typed, before the point: more than there is of anything.
const MOST_DIGITS: usize = 10;
/// And behind it: the smallest unit is the last of them.
const MOST_DECIMALS: usize = 18;

/// What was typed is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadAmount {
    /// Something else.
    #[error("write an amount with digits and at most one point, such as 8 or 0.25")]
    Unreadable,
    /// More of it than there is.
    #[error("that is more than there is of it")]
    TooMuch,
    /// A part that there is not.
    #[error("write at most 18 decimals: there is no smaller part")]
    TooFine,
    /// Nothing.
    #[error("an amount of nothing does nothing: write how much")]
    Nothing,
}

/// Ones as people type them, with a point if there are parts, as in 2.5. No sign, no exponent, no
/// comma, which means another thing elsewhere.
impl FromStr for Wei {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let (ones, parts) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(ones) || !is_number(parts) {
            return Err(BadAmount::Unreadable);
        }
        if ones.trim_start_matches('0').len() > MOST_DIGITS {
            return Err(BadAmount::TooMuch);
        }
        if parts.len() > MOST_DECIMALS {
            return Err(BadAmount::TooFine);
        }
        let digits = format!("{ones}{parts:0<MOST_DECIMALS$}");
        let wei: U256 = digits.parse().map_err(|_| BadAmount::Unreadable)?;
        match wei.is_zero() {
            true => Err(BadAmount::Nothing),
            false => Ok(Self(wei)),
        }
    }
}

/// Ones with every digit that is not a nought at the end.
fn in_ones(amount: U256) -> String {
    let text = format_ether(amount);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Wei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&in_ones(self.0))
    }
}

impl Serialize for Wei {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

/// A share of a whole, in units of 10^-18. Shown in percent, written to JSON as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Share(pub U256);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{} %",
            in_ones(self.0.saturating_mul(U256::from(100)))
        ))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

/// A text that somebody else wrote into a contract: ASCII letters that can be seen, and a bound on
/// how many. Whatever else is in it could move the cursor or write from right to left.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ForeignText(String);

impl ForeignText {
    /// What may be shown of this text.
    pub fn of(text: &str) -> Self {
        let seen = |letter: char| match letter {
            ' '..='~' => letter,
            _ => '?',
        };
        let mut shown: String = text.chars().take(MOST_LETTERS).map(seen).collect();
        if text.chars().nth(MOST_LETTERS).is_some() {
            shown.push_str("...");
        }
        Self(shown)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests;
