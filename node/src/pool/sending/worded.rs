//! What a transaction does: a call that is asked for, or what was signed for its nonce before.
//!
//! Never here: its nonce and its fees.

use node_core::sending::asked::Kept;
use node_core::sending::call::{Call, Gas, StepId, digest};
use node_core::sending::outbox::{Entry, OutboxError};
use proto::Root;

use crate::execution::Transaction;

/// What a call does.
pub(in crate::pool) fn unpriced(call: &Call) -> Transaction {
    Transaction {
        nonce: 0,
        to: call.to,
        value: call.value,
        data: call.data.clone(),
        gas: call.gas.units(),
        max_fee: 0,
        priority_fee: 0,
    }
}

/// What the transaction does that was signed last in this entry, for its nonce.
///
/// # Errors
/// If its bytes are none, or are not what the entry says of them.
pub(super) fn as_signed(entry: &Entry) -> Result<(Transaction, Kept), OutboxError> {
    let against = || OutboxError::Contradiction(entry.nonce);
    let signed = Transaction::read(&entry.raw.0).ok_or_else(against)?;
    let kept = Kept {
        digest: digest(&signed.to, signed.value, &signed.data),
        value: signed.value,
        gas: Gas::of(signed.gas).map_err(|_| against())?,
    };
    let is_it = signed.nonce == entry.nonce && entry.newest().call == Some(kept.digest);
    is_it.then_some((signed, kept)).ok_or_else(against)
}

/// What left, in words.
pub fn sent(step: &StepId, (nonce, is_empty): (u64, bool), transaction: &Root) -> String {
    match is_empty {
        true => format!("sent nothing in the place of {step}, at nonce {nonce} in {transaction}"),
        false => format!("sent {step} at nonce {nonce} in {transaction}"),
    }
}
