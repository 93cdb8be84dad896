//! What a Safe is to do at one nonce: the hash that its owners sign, and the call that has it done.

use alloy_primitives::{Address as Word, U256};
use alloy_sol_types::{Eip712Domain, SolCall as _, SolStruct as _};
use proto::{Address, Root};

use super::abi::{Safe, SafeTx, theirs};

/// A plain call: never one of foreign code in the Safe's own storage.
const CALL: u8 = 0;

/// Which Safe it is, and on which chain: a signature is good for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The chain's id.
    pub chain_id: u64,
    /// Its address.
    pub address: Address,
}

impl Account {
    /// EIP-712: since Safe 1.3.0 the domain has the chain and the contract, and nothing else.
    fn domain(&self) -> Eip712Domain {
        let (chain, contract) = (U256::from(self.chain_id), theirs(&self.address));
        Eip712Domain::new(None, None, Some(chain), Some(contract), None)
    }

    /// The two parts of what owners of this Safe sign of this, as EIP-712 has them: the hash of the
    /// domain, and that of the content.
    pub(super) fn parts(&self, content: &SafeTx) -> [Root; 2] {
        let parts = [self.domain().separator(), content.eip712_hash_struct()];
        parts.map(|part| part.0.into())
    }

    /// What owners of this Safe sign of this.
    pub(super) fn hash(&self, content: &SafeTx) -> Root {
        content.eip712_signing_hash(&self.domain()).0.into()
    }
}

/// A transaction as owners sign it: whom it calls with how many wei and which bytes, how, and when.
/// All else is fixed: no gas of its own, no refund.
pub(super) fn content(
    (to, value, data): (&Address, U256, &[u8]),
    operation: u8,
    nonce: u64,
) -> SafeTx {
    SafeTx {
        to: theirs(to),
        value,
        data: data.to_vec().into(),
        operation,
        safeTxGas: U256::ZERO,
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Word::ZERO,
        refundReceiver: Word::ZERO,
        nonce: U256::from(nonce),
    }
}

/// A transaction of a Safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Whom it calls.
    pub to: Address,
    /// Wei that go with the call.
    pub value: U256,
    /// Selector and arguments.
    pub data: Vec<u8>,
    /// The Safe's own nonce: it does one thing at each.
    pub nonce: u64,
}

impl Transaction {
    /// Nothing at all, which uses the nonce up: a call of the Safe to itself.
    pub fn nothing(account: &Account, nonce: u64) -> Self {
        Self {
            to: account.address,
            value: U256::ZERO,
            data: Vec::new(),
            nonce,
        }
    }

    /// What owners of this Safe sign.
    pub fn hash(&self, account: &Account) -> Root {
        let call = (&self.to, self.value, &self.data[..]);
        account.hash(&content(call, CALL, self.nonce))
    }

    /// What the Safe is called with, by anybody, to have it done: with the signatures of t owners.
    pub fn execution(&self, signatures: Vec<u8>) -> Vec<u8> {
        Safe::execTransactionCall {
            to: theirs(&self.to),
            value: self.value,
            data: self.data.clone().into(),
            operation: CALL,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Word::ZERO,
            refundReceiver: Word::ZERO,
            signatures: signatures.into(),
        }
        .abi_encode()
    }
}
