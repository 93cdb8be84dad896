//! What a call that carries a proof is about, read back from its bytes: two peers never make the
//! same proof, as each shows another block, so of a call that another has made one compares what it
//! says.
//!
//! The contract verifies that it is so; what has to be compared is which of several true things it
//! is: of a validator that was topped up after it had left, a small later withdrawal is as true as
//! the one that counts.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall as _, SolValue as _};
use proto::{Address, Slot};

use super::calls::{Plain, SlotProof, ValidatorProof, Versioned, WithdrawalProof};

/// Which withdrawal a call proves as the final balance of which validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinalBalance {
    /// The megapool.
    pub megapool: Address,
    /// The validator's number in it.
    pub id: u32,
    /// The slot of the block that has paid it out. A block pays a validator once.
    pub slot: Slot,
}

/// What `notifyFinalBalance` of either version is called with; none if it is anything else, or has
/// other bytes than its arguments.
pub fn final_balance(data: &[u8]) -> Option<FinalBalance> {
    plain(data).or_else(|| versioned(data))
}

fn plain(data: &[u8]) -> Option<FinalBalance> {
    let call = Plain::notifyFinalBalanceCall::abi_decode_validate(data).ok()?;
    (call.abi_encode() == data).then(|| FinalBalance {
        megapool: call.megapool.into_array().into(),
        id: call.id,
        slot: Slot(call.withdrawal.withdrawalSlot),
    })
}

fn versioned(data: &[u8]) -> Option<FinalBalance> {
    type Parts = (WithdrawalProof, ValidatorProof, SlotProof);
    let call = Versioned::notifyFinalBalanceCall::abi_decode_validate(data).ok()?;
    let parts = Parts::abi_decode_validate(&call.proofData).ok()?;
    let is_whole = call.proofVersion == U256::ONE
        && parts.abi_encode() == call.proofData
        && call.abi_encode() == data;
    is_whole.then(|| FinalBalance {
        megapool: call.megapool.into_array().into(),
        id: call.id,
        slot: Slot(parts.0.withdrawalSlot),
    })
}

#[cfg(test)]
mod tests;
