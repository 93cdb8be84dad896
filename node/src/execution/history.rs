//! What a contract has logged since it is there, and the transactions that the log names.
//!
//! The log is asked for as a whole first: the node that an operator runs keeps an index by address.
//! What a node refuses is asked for in halves, as each limits blocks or answers in its own way.

use alloy::primitives::{B256, Bytes};
use proto::{Address, Root};
use serde::Deserialize;
use serde_json::json;

use super::at_block::{Anchor, States, asked};
use super::error::ExecutionError;
use super::log::is_pruned;

/// The most entries that are read: with more of them nobody could look through what was done.
const MOST_ENTRIES: usize = 4_096;

/// One entry of a contract's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which contract wrote it.
    pub by: Address,
    /// Its name's hash, and what of it is indexed.
    pub topics: Vec<Root>,
    /// The rest.
    pub data: Vec<u8>,
    /// In which transaction.
    pub transaction: Root,
}

/// A transaction of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnChain {
    /// Its hash.
    pub hash: Root,
    /// Whom it calls; none if it makes a contract.
    pub to: Option<Address>,
    /// With which bytes.
    pub input: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryShape {
    address: alloy::primitives::Address,
    topics: Vec<B256>,
    data: Bytes,
    transaction_hash: B256,
}

#[derive(Deserialize)]
struct ReceiptShape {
    logs: Vec<EntryShape>,
}

#[derive(Deserialize)]
struct TransactionShape {
    hash: B256,
    to: Option<alloy::primitives::Address>,
    input: Bytes,
}

impl States {
    /// All that `contract` has logged up to the block `last` under these names, in its order.
    ///
    /// # Errors
    /// If the node does not answer, has thrown blocks away, or the log is too long.
    pub async fn log_of(
        &mut self,
        contract: &Address,
        names: &[Root],
        last: &Anchor,
    ) -> Result<Vec<Entry>, ExecutionError> {
        let what = "for the log of a contract";
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let (mut all, mut next, mut span) = (Vec::new(), 0, last.number + 1);
        while next <= last.number {
            let until = last.number.min(next + (span - 1));
            let filter = json!({
                "address": contract.to_string(), "topics": [names],
                "fromBlock": format!("0x{next:x}"), "toBlock": format!("0x{until:x}"),
            });
            let replies = self
                .node
                .ask(what, &[asked("eth_getLogs", json!([filter]))])
                .await;
            let found = replies.and_then(|replies| {
                let reply = replies.first().ok_or(ExecutionError::NoBlock)?;
                self.result::<Vec<EntryShape>>(what, reply)
            });
            match found {
                Ok(found) => {
                    all.extend(found.into_iter().map(EntryShape::entry));
                    next = until + 1;
                }
                Err(ExecutionError::Refused { cause, .. })
                    if until == next || is_pruned(&cause) =>
                {
                    return Err(ExecutionError::NoLog { block: next, cause });
                }
                Err(ExecutionError::Refused { .. }) => span = (until - next).div_ceil(2).max(1),
                Err(error) => return Err(error),
            }
            if all.len() > MOST_ENTRIES {
                return Err(ExecutionError::LongLog(MOST_ENTRIES));
            }
        }
        Ok(all)
    }

    /// What was logged in a transaction, by whatever contract; none if the node does not have it.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn logged_in(
        &mut self,
        transaction: &Root,
    ) -> Result<Option<Vec<Entry>>, ExecutionError> {
        let what = "for the receipt of a transaction";
        let question = asked(
            "eth_getTransactionReceipt",
            json!([transaction.to_string()]),
        );
        let replies = self.node.ask(what, &[question]).await?;
        let reply = replies.first().ok_or(ExecutionError::NoBlock)?;
        let receipt: Option<ReceiptShape> = self.result(what, reply)?;
        let logs = receipt.map(|receipt| receipt.logs.into_iter().map(EntryShape::entry));
        Ok(logs.map(Iterator::collect))
    }

    /// These transactions, as far as the node has them.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn transactions(&mut self, all: &[Root]) -> Result<Vec<OnChain>, ExecutionError> {
        let what = "for a transaction";
        let question = |hash: &Root| asked("eth_getTransactionByHash", json!([hash.to_string()]));
        let questions: Vec<_> = all.iter().map(question).collect();
        let replies = self.node.ask(what, &questions).await?;
        let mut found = Vec::new();
        for (hash, reply) in all.iter().zip(&replies) {
            let shape: Option<TransactionShape> = self.result(what, reply)?;
            // Another one that it answers with is not taken in its place.
            let shape = shape.filter(|shape| shape.hash.0 == *hash.as_bytes());
            found.extend(shape.map(|shape| OnChain {
                hash: *hash,
                to: shape.to.map(|to| to.into_array().into()),
                input: shape.input.to_vec(),
            }));
        }
        Ok(found)
    }
}

impl EntryShape {
    fn entry(self) -> Entry {
        Entry {
            by: self.address.into_array().into(),
            topics: self.topics.iter().map(|topic| topic.0.into()).collect(),
            data: self.data.to_vec(),
            transaction: self.transaction_hash.0.into(),
        }
    }
}
