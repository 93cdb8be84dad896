//! A transaction: a call, such as a deposit or nothing in the place of one, and what it may cost.

use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Decodable2718 as _;
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::SolCall as _;
use proto::eth::DepositData;
use proto::{Address, Root};

use super::abi::DepositContract::depositCall;
use super::error::ExecutionError;

/// Gas a deposit may use: it needs about 60,000, and 160,000 if every level of the contract's tree
/// is read. Not estimated, because not every client estimates EIP-1559 transactions; what the
/// contract checks was checked before, and gas that is not used is not paid.
pub const DEPOSIT_GAS: u64 = 250_000;
/// Gas of a transaction that does nothing (EIP-2028: 21,000 and nothing for data).
pub const EMPTY_GAS: u64 = 21_000;
pub const WEI_PER_GWEI: u64 = 1_000_000_000;

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

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub nonce: u64,
    pub to: Address,
    /// Wei.
    pub value: U256,
    pub data: Vec<u8>,
    /// Gas it may use.
    pub gas: u64,
    /// Highest price of a unit of gas, wei.
    pub max_fee: u64,
    /// Of which goes to the proposer, wei.
    pub priority_fee: u64,
}

impl Transaction {
    /// What a signed transaction with fees of EIP-1559 does, if the bytes are one that calls.
    pub fn read(mut raw: &[u8]) -> Option<Self> {
        let envelope = TxEnvelope::decode_2718(&mut raw).ok()?;
        let signed = envelope.as_eip1559().filter(|_| raw.is_empty())?.tx();
        Some(Self {
            nonce: signed.nonce,
            to: signed.to.to()?.0.0.into(),
            value: signed.value,
            data: signed.input.to_vec(),
            gas: signed.gas_limit,
            max_fee: u64::try_from(signed.max_fee_per_gas).ok()?,
            priority_fee: u64::try_from(signed.max_priority_fee_per_gas).ok()?,
        })
    }
}

/// A deposit, or nothing in the place of one.
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

    /// The call of the deposit contract, or the transfer of nothing to the account itself.
    pub fn call(&self, contract: Address, account: Address) -> Transaction {
        let (to, value, data) = match &self.deposit {
            Some(deposit) => (contract, wei(deposit), call(deposit)),
            None => (account, U256::ZERO, Vec::new()),
        };
        Transaction {
            nonce: self.nonce,
            to,
            value,
            data,
            gas: self.gas(),
            max_fee: self.max_fee,
            priority_fee: self.priority_fee,
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

/// A signed transaction, with its bytes as a node takes them (EIP-2718).
pub struct Signed {
    pub hash: Root,
    pub raw: Vec<u8>,
}

/// What a node's refusal of a transaction comes to.
///
/// # Errors
/// If it is one.
pub(super) fn taken(error: ExecutionError) -> Result<Taken, ExecutionError> {
    if let ExecutionError::Refused { cause, .. } = &error {
        if is_known_already(cause) {
            return Ok(Taken::Yes);
        }
        if is_spent_already(cause) {
            return Ok(Taken::TooLate);
        }
    }
    Err(error)
}

/// Whether a node's refusal of a transaction says that it has it already.
fn is_known_already(cause: &str) -> bool {
    // Not "known transaction" anywhere: an "unknown transaction type" was not taken.
    let words = [
        "alreadyknown",
        "alreadyimported",
        "alreadyexists",
        "alreadyinmempool",
        "alreadyinthetxpool",
    ];
    let letters = letters(cause);
    letters.starts_with("knowntransaction") || words.iter().any(|word| letters.contains(word))
}

/// Whether it says that another transaction has used the nonce up.
fn is_spent_already(cause: &str) -> bool {
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

fn call(deposit: &DepositData) -> Vec<u8> {
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
