//! A transaction: a deposit, or nothing in the place of one, and what it may cost.

use alloy::network::{Ethereum, Network};
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::SolCall as _;
use proto::Root;
use proto::eth::DepositData;

use super::abi::DepositContract::depositCall;

/// Gas a deposit may use: it needs about 60,000, and 160,000 if every level of the contract's tree
/// is read. Not estimated, because not every client estimates EIP-1559 transactions; what the
/// contract checks was checked before, and gas that is not used is not paid.
pub const DEPOSIT_GAS: u64 = 250_000;
/// Gas of a transaction that does nothing (EIP-2028: 21,000 and nothing for data).
pub const EMPTY_GAS: u64 = 21_000;
pub const WEI_PER_GWEI: u64 = 1_000_000_000;
/// A priority fee up to this many wei by unit of gas is never far above anything: 3 gwei, 0.0002
/// ETH for a deposit.
const CHEAP: u64 = 3 * WEI_PER_GWEI;
/// How many times the node's suggestion is far above it.
const FAR_ABOVE: u64 = 4;

/// What a unit of gas may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// What the newest block asks, wei.
    pub base_fee: u64,
    /// Highest price, wei.
    pub max_fee: u64,
    /// Of which goes to the proposer, wei.
    pub priority_fee: u64,
    /// What the node would give the proposer, wei, if it says so.
    pub suggested: Option<u64>,
}

impl Fees {
    /// Whether the proposer gets far more by this priority fee, in wei, than the node suggests: a
    /// slip of the keyboard, or what became of a fee that was raised again and again.
    pub fn is_far_above(&self, priority_fee: u64) -> bool {
        let suggested = self.suggested.unwrap_or(0);
        priority_fee > CHEAP.max(FAR_ABOVE.saturating_mul(suggested))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsigned {
    pub nonce: u64,
    /// What it deposits; if nothing, it only uses up the nonce.
    pub deposit: Option<DepositData>,
    /// Highest price of a unit of gas, wei.
    pub max_fee: u64,
    /// Of which goes to the proposer, wei.
    pub priority_fee: u64,
}

impl Unsigned {
    /// Gas it may use.
    pub fn gas(&self) -> u64 {
        match self.deposit {
            Some(_) => DEPOSIT_GAS,
            None => EMPTY_GAS,
        }
    }

    /// The most it can cost beside what it deposits, wei.
    pub fn highest_fee(&self) -> U256 {
        U256::from(self.gas()) * U256::from(self.max_fee)
    }
}

/// Whether a node has taken a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It has it.
    Yes,
    /// Another transaction has used up the nonce.
    TooLate,
}

pub struct Signed {
    pub hash: Root,
    pub(super) envelope: <Ethereum as Network>::TxEnvelope,
}

/// Whether a node's refusal of a transaction says that it has it already.
pub(super) fn is_known_already(cause: &str) -> bool {
    // Not "known transaction" anywhere: an "unknown transaction type" was not taken.
    let words = [
        "alreadyknown",
        "alreadyimported",
        "alreadyexists",
        "alreadyinmempool",
    ];
    let letters = letters(cause);
    letters.starts_with("knowntransaction") || words.iter().any(|word| letters.contains(word))
}

/// Whether it says that another transaction has used the nonce up.
pub(super) fn is_spent_already(cause: &str) -> bool {
    let letters = letters(cause);
    ["noncetoolow", "oldnonce"]
        .iter()
        .any(|word| letters.contains(word))
}

/// The API has no code for either, so it is read from the words of the common nodes.
fn letters(cause: &str) -> String {
    let letters = cause.chars().filter(char::is_ascii_alphabetic);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

pub(super) fn call(deposit: &DepositData) -> Vec<u8> {
    let call = depositCall {
        pubkey: Bytes::copy_from_slice(deposit.pubkey.as_bytes()),
        withdrawal_credentials: Bytes::copy_from_slice(deposit.withdrawal_credentials.as_bytes()),
        signature: Bytes::copy_from_slice(deposit.signature.as_bytes()),
        deposit_data_root: B256::from(*deposit.root().as_bytes()),
    };
    call.abi_encode()
}

/// What a deposit sends along, wei.
pub(super) fn wei(deposit: &DepositData) -> U256 {
    U256::from(deposit.amount) * U256::from(WEI_PER_GWEI)
}

#[cfg(test)]
mod tests;
