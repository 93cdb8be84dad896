//! What the owners of a Safe sign with wallets of their own: one plain call, or several as one.
//!
//! | file | holds |
//! |---|---|
//! | this one | the transaction and its hash |
//! | `typed_data` | it as `eth_signTypedData_v4` takes it (EIP-712) |
//! | [`builder`] | its calls as Safe's Transaction Builder takes them |
//!
//! Several calls go through Safe's own `MultiSendCallOnly`, the one thing to which such a Safe
//! delegates: it makes plain calls and nothing else, all of them or none. Its address and the hash
//! of its code stand in [`super::known`].
//!
//! All but what is called and the nonce is fixed, as for the node account: no gas of its own, no
//! refund. So an inner call that fails has all of it fail, and the nonce stays.
//!
//! Source: Safe 1.3.0, 1.4.1 and 1.5.0 (`Safe.getTransactionHash`, `MultiSendCallOnly`), EIP-712.
//!
//! Never here: a key, which calls these are, and sending.

pub mod builder;
mod typed_data;

use alloy_primitives::U256;
use alloy_sol_types::SolCall as _;
use proto::{Address, Root};

use super::abi::{MultiSendCallOnly, SafeTx};
use super::transaction::{Account, content};

/// A plain call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whom it calls.
    pub to: Address,
    /// Wei that go with it.
    pub value: U256,
    /// Selector and arguments; nothing if it only pays.
    pub data: Vec<u8>,
}

/// How a Safe does something: the `operation` of its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Call,
    Delegate,
}

/// What the owners of a Safe are asked to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletTransaction {
    account: Account,
    nonce: u64,
    call: Call,
    operation: Operation,
}

impl WalletTransaction {
    /// This call of this Safe at this nonce.
    pub fn one(account: Account, nonce: u64, call: Call) -> Self {
        Self {
            account,
            nonce,
            call,
            operation: Operation::Call,
        }
    }

    /// These calls as one, through the `MultiSendCallOnly` at `batch`.
    pub fn several(account: Account, nonce: u64, (calls, batch): (&[Call], Address)) -> Self {
        let packed = calls.iter().flat_map(packed).collect::<Vec<u8>>();
        let transactions = packed.into();
        let call = Call {
            to: batch,
            value: U256::ZERO,
            data: MultiSendCallOnly::multiSendCall { transactions }.abi_encode(),
        };
        Self {
            account,
            nonce,
            call,
            operation: Operation::Delegate,
        }
    }

    /// The Safe's nonce at which it can be done, once.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// What every wallet shows before it signs.
    pub fn hash(&self) -> Root {
        self.account.hash(&self.content())
    }

    /// The two hashes of which that one is made, which hardware wallets show in its place: that of
    /// the domain, and that of the message.
    pub fn parts(&self) -> [Root; 2] {
        self.account.parts(&self.content())
    }

    fn content(&self) -> SafeTx {
        let operation = match self.operation {
            Operation::Call => 0,
            Operation::Delegate => 1,
        };
        let Call { to, value, data } = &self.call;
        content((to, *value, data), operation, self.nonce)
    }
}

/// One call as `multiSend` takes it: operation, target, wei, length and bytes, without gaps.
fn packed(call: &Call) -> Vec<u8> {
    let value = call.value.to_be_bytes::<32>();
    let length = U256::from(call.data.len()).to_be_bytes::<32>();
    let plain = [0_u8];
    [
        &plain[..],
        call.to.as_bytes(),
        &value,
        &length,
        &call.data[..],
    ]
    .concat()
}

#[cfg(test)]
mod tests;
