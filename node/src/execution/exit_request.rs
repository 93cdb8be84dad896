//! The exit that the owner of a stake asks of the chain itself, without any key of the validator
//! (EIP-7002): a call of a contract of the chain from the address that the stake returns to.
//!
//! Never here: a transaction. Whoever owns the stake sends it with a wallet of his own.

use alloy::primitives::U256;
use proto::{Address, PublicKey};

use super::{ExecutionError, Patience, StateAnswer, StateQuestion, States};

/// `WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS`, the same on every chain.
const CONTRACT: [u8; 20] = [
    0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6,
    0x4c, 0x00, 0x70, 0x02,
];

/// The contract that takes such requests.
pub fn contract() -> Address {
    CONTRACT.into()
}

/// What it is called with to have this validator leave: its key, and 0 as the amount (8 bytes),
/// which stands for all.
pub fn data(validator: &PublicKey) -> [u8; 56] {
    let mut data = [0; 56];
    data[..48].copy_from_slice(validator.as_bytes());
    data
}

/// What one request costs in wei at the head of the chain; none if the chain has no such contract.
///
/// # Errors
/// If the node does not answer or does not follow the chain.
pub async fn fee(url: &str) -> Result<Option<U256>, ExecutionError> {
    let mut states = States::at(url, Patience::USUAL)?;
    let head = states.anchors().await?.head;
    // Called with nothing it says its fee, in 32 bytes.
    let question = StateQuestion::Call(contract(), Vec::new());
    let answers = states.ask(&[(head, question)]).await?;
    Ok(answers.first().and_then(read))
}

fn read(answer: &StateAnswer) -> Option<U256> {
    match answer {
        StateAnswer::Bytes(bytes) => {
            let word = <[u8; 32]>::try_from(bytes.as_slice()).ok()?;
            Some(U256::from_be_bytes(word))
        }
        StateAnswer::Reverted(_) => None,
    }
}

#[cfg(test)]
mod tests;
