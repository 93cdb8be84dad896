//! What a Safe of ours paid, by the transaction that had it do so: no log says whom and how much.
//!
//! Read is a transaction to the Safe itself, of one call or of several through `multiSend`. What
//! was done through another contract is not read, and is unexplained.

use std::collections::BTreeSet;

use alloy_primitives::U256;
use alloy_sol_types::{SolCall as _, SolEvent as _};
use proto::{Address, Root};

use super::{Fact, Scene, Seen, What, names as n};
use crate::pool::contracts::Contract;
use crate::pool::ledger::account::{Account, Amount, Move, Outside, Reason};
use crate::safe::Safe;

alloy_sol_types::sol! {
    function multiSend(bytes transactions) external payable;
}

/// The most calls of one transaction that are read.
const MOST_CALLS: usize = 512;

/// A transaction, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// To whom.
    pub to: Address,
    /// Its bytes.
    pub input: Vec<u8>,
}

impl Scene {
    /// The transactions that had a Safe of ours do something, and which one, in the order of the
    /// chain, each once.
    pub fn executions(&self, seen: &[Seen]) -> Vec<(u64, Address, Root)> {
        let mut known = BTreeSet::new();
        let executed = |it: &&Seen| {
            let is_ours = self.arrivals.held(&it.entry.by).is_some();
            is_ours && it.entry.is(n::ExecutionSuccess::SIGNATURE_HASH.0)
        };
        let of = seen.iter().filter(executed);
        let of = of.map(|it| (it.place.0, it.entry.by, it.entry.transaction));
        of.filter(|it| known.insert((it.1, it.2))).collect()
    }

    /// What a Safe of ours paid in one of them.
    pub fn paid(&self, (block, safe, transaction): (u64, Address, Root), sent: &Sent) -> Vec<Fact> {
        let Some(held) = self.arrivals.held(&safe).filter(|_| sent.to == safe) else {
            return Vec::new();
        };
        let payments = calls(&sent.input).unwrap_or_default().into_iter();
        let facts = payments.filter_map(|(to, amount)| {
            let to = self.receiver(&to)?;
            let moved = Move::ether(amount, held, to);
            Some(Fact {
                block,
                transaction: Some(transaction),
                what: What::Moved(Reason::PaidOut, moved),
            })
        });
        facts.collect()
    }

    /// In which account what was paid there goes; none where a log tells it.
    fn receiver(&self, to: &Address) -> Option<Account> {
        if self.is(to, Contract::NodeDeposit) || self.arrivals.held(to).is_some() {
            return None;
        }
        if Some(to) == self.megapool.as_ref() {
            // Debt of the node, whose log does not say who has paid it.
            return Some(Outside::Helper.into());
        }
        Some(Outside::Receiver(*to).into())
    }
}

/// Whom the Safe paid, and how much; none if that cannot be read.
fn calls(input: &[u8]) -> Option<Vec<(Address, Amount)>> {
    let call = Safe::execTransactionCall::abi_decode_validate(input).ok()?;
    if call.operation == 0 {
        let to = Address::from(call.to.into_array());
        return Some(paying(to, call.value).into_iter().collect());
    }
    let several = multiSendCall::abi_decode_validate(&call.data).ok()?;
    let (mut rest, mut all) = (several.transactions.as_ref(), Vec::new());
    for _ in 0..MOST_CALLS {
        // Operation, address, value, length, bytes, one after the other.
        let Some((head, behind)) = rest.split_first_chunk::<85>() else {
            return rest.is_empty().then_some(all);
        };
        let length = usize::try_from(U256::from_be_slice(&head[53..85])).ok()?;
        let to = Address::from(<[u8; 20]>::try_from(&head[1..21]).ok()?);
        all.extend(paying(to, U256::from_be_slice(&head[21..53])));
        rest = behind.get(length..)?;
    }
    None
}

fn paying(to: Address, value: U256) -> Option<(Address, Amount)> {
    let amount = Amount::of_word(&value.to_be_bytes::<32>())?;
    (amount != Amount::ZERO).then_some((to, amount))
}
