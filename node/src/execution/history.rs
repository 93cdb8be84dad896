//! A contract's log since it is there, of certain names, and the log of one transaction.
//!
//! The log is asked for as a whole first: the node that an operator runs keeps an index by address.
//! What a node refuses is asked for in halves, as each limits blocks or answers in its own way; a
//! node that has thrown old blocks away is asked from the first on that it still has. Transactions
//! and receipts are not asked for by their hashes, of which nodes forget the old ones.

use alloy::primitives::{B256, Bytes, U64};
use proto::{Address, Root};
use serde::Deserialize;
use serde_json::{Value, json};

use super::at_block::{States, asked};
use super::error::ExecutionError;
use super::log::is_pruned;

/// The most questions for one log: enough for the blocks of mainnet in parts of 5,000, twice.
const MOST_QUESTIONS: u32 = 10_000;
/// After how many answers in a row a question that was halved covers twice as many blocks again.
const ANSWERS_UNTIL_MORE: u32 = 32;

/// Which entries of a contract's log are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which contract wrote them.
    pub contract: Address,
    /// What stands in each place: one of these names first, then one of these indexed words; any,
    /// where none is named.
    pub topics: Vec<Vec<Root>>,
    /// The most that there can be.
    pub most: usize,
}

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
    /// In which block.
    pub block: Root,
    /// The number of that block, and which entry it is there.
    pub place: (u64, u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryShape {
    address: alloy::primitives::Address,
    topics: Vec<B256>,
    data: Bytes,
    transaction_hash: B256,
    block_hash: B256,
    block_number: U64,
    log_index: U64,
}

impl States {
    /// All that is wanted up to the block with the number `last`, and the number of the first block
    /// whose log was looked through: none before it, if the node has thrown those away.
    ///
    /// # Errors
    /// If the node does not answer, or there is more of it than there can be.
    pub async fn log_of(
        &mut self,
        wanted: &Wanted,
        last: u64,
    ) -> Result<(Vec<Entry>, u64), ExecutionError> {
        let topics = wanted.topics();
        let filter = |from: u64, until: u64| {
            json!({
                "address": wanted.contract.to_string(), "topics": topics,
                "fromBlock": format!("0x{from:x}"), "toBlock": format!("0x{until:x}"),
            })
        };
        let (mut all, mut next, mut span) = (Vec::new(), 0_u64, last.saturating_add(1));
        let (mut answers, mut first) = (0, 0);
        for _ in 0..MOST_QUESTIONS {
            let until = last.min(next.saturating_add(span - 1));
            match self.log(filter(next, until)).await {
                Ok(found) => {
                    all.extend(found);
                    if all.len() > wanted.most {
                        return Err(ExecutionError::LongLog(wanted.most));
                    }
                    if until == last {
                        return Ok((all, first));
                    }
                    (next, answers) = (until + 1, answers + 1);
                    if answers >= ANSWERS_UNTIL_MORE {
                        (span, answers) = (span.saturating_mul(2), 0);
                    }
                }
                Err(ExecutionError::Refused { cause, .. }) if is_pruned(&cause) && next == 0 => {
                    next = self.first_kept(&filter, last).await?;
                    first = next;
                }
                Err(ExecutionError::Refused { cause, .. })
                    if until == next || is_pruned(&cause) =>
                {
                    return Err(ExecutionError::NoHistory { block: next, cause });
                }
                Err(ExecutionError::Refused { .. } | ExecutionError::Hangs { .. }) => {
                    (span, answers) = ((until - next).div_ceil(2).max(1), 0);
                }
                Err(error) => return Err(error),
            }
        }
        Err(ExecutionError::SmallParts(MOST_QUESTIONS))
    }

    /// The first block whose log the node still has, of one that has thrown away the first ones.
    async fn first_kept(
        &mut self,
        filter: &impl Fn(u64, u64) -> Value,
        last: u64,
    ) -> Result<u64, ExecutionError> {
        let (mut gone, mut kept) = (0, last);
        while kept - gone > 1 {
            let middle = gone + (kept - gone) / 2;
            match self.log(filter(middle, middle)).await {
                Ok(_) => kept = middle,
                Err(ExecutionError::Refused { cause, .. }) if is_pruned(&cause) => gone = middle,
                Err(error) => return Err(error),
            }
        }
        Ok(kept)
    }

    /// What was logged in a transaction of the block with this hash, by whatever contract.
    ///
    /// # Errors
    /// If the node does not answer, or does not have the block.
    pub async fn logged_in(
        &mut self,
        block: &Root,
        transaction: &Root,
    ) -> Result<Vec<Entry>, ExecutionError> {
        let mut all = self.log(json!({"blockHash": block.to_string()})).await?;
        all.retain(|entry| entry.transaction == *transaction);
        Ok(all)
    }

    pub(super) async fn log(&mut self, filter: Value) -> Result<Vec<Entry>, ExecutionError> {
        let what = "for the log of a contract";
        let question = asked("eth_getLogs", json!([filter]));
        let replies = self.node.ask(what, &[question]).await?;
        let reply = replies.first().ok_or(ExecutionError::NoBlock)?;
        let found: Vec<EntryShape> = self.result(what, reply)?;
        Ok(found.into_iter().map(EntryShape::entry).collect())
    }
}

impl Wanted {
    fn topics(&self) -> Value {
        let place = |words: &Vec<Root>| match &words[..] {
            [] => Value::Null,
            words => words.iter().map(Root::to_string).collect(),
        };
        self.topics.iter().map(place).collect()
    }
}

impl EntryShape {
    fn entry(self) -> Entry {
        Entry {
            by: self.address.into_array().into(),
            topics: self.topics.iter().map(|topic| topic.0.into()).collect(),
            data: self.data.to_vec(),
            transaction: self.transaction_hash.0.into(),
            block: self.block_hash.0.into(),
            place: (self.block_number.to(), self.log_index.to()),
        }
    }
}

#[cfg(test)]
mod tests;
