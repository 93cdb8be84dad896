//! What a few blocks in a row show: their logs, whom they pay and what the beacon chain pays out in
//! them, and single transactions.
//!
//! A log is asked for of several contracts at once. What a node refuses is asked for in halves, as
//! each limits blocks or answers in its own way.
//!
//! Never here: what it means.

use alloy::primitives::{Address as Theirs, B256, Bytes, U64};
use proto::{Address, Root};
use serde::Deserialize;
use serde_json::{Value, json};

use super::at_block::{States, asked};
use super::error::ExecutionError;
use super::history::Entry;

/// The most questions for one log.
const MOST_QUESTIONS: u32 = 2_000;

/// Which logs are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanLogs {
    /// Who wrote them: one of these.
    pub by: Vec<Address>,
    /// By place, one of these words; any where none is named.
    pub topics: Vec<Vec<Root>>,
    /// The first block and the last one.
    pub blocks: (u64, u64),
    /// The most that are taken.
    pub most: usize,
}

/// Whom a block pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paying {
    pub number: u64,
    pub hash: Root,
    pub parent: Root,
    /// Who gets its tips.
    pub payee: Address,
    /// To whom the beacon chain pays out in it, and how many gwei.
    pub withdrawals: Vec<(Address, u64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayingShape {
    number: U64,
    hash: B256,
    parent_hash: B256,
    miner: Theirs,
    #[serde(default)]
    withdrawals: Vec<WithdrawalShape>,
}

#[derive(Deserialize)]
struct WithdrawalShape {
    address: Theirs,
    amount: U64,
}

#[derive(Deserialize)]
struct SentShape {
    to: Option<Theirs>,
    input: Bytes,
}

impl States {
    /// What is wanted, in no certain order.
    ///
    /// # Errors
    /// If the node does not answer, or there is more of it than is taken.
    pub async fn logs_in(&mut self, wanted: &SpanLogs) -> Result<Vec<Entry>, ExecutionError> {
        let by: Vec<String> = wanted.by.iter().map(Address::to_string).collect();
        let word = |words: &Vec<Root>| match &words[..] {
            [] => Value::Null,
            words => words.iter().map(Root::to_string).collect(),
        };
        let topics: Value = wanted.topics.iter().map(word).collect();
        let (mut next, last) = wanted.blocks;
        let (mut all, mut span) = (Vec::new(), last.saturating_sub(next).saturating_add(1));
        for _ in 0..MOST_QUESTIONS {
            if next > last {
                return Ok(all);
            }
            let until = last.min(next.saturating_add(span - 1));
            let filter = json!({
                "address": by, "topics": topics,
                "fromBlock": format!("0x{next:x}"), "toBlock": format!("0x{until:x}"),
            });
            match self.log(filter).await {
                Ok(found) => {
                    all.extend(found);
                    if all.len() > wanted.most {
                        return Err(ExecutionError::LongLog(wanted.most));
                    }
                    next = until + 1;
                }
                Err(ExecutionError::Refused { cause, .. }) if until == next => {
                    return Err(ExecutionError::NoHistory { block: next, cause });
                }
                Err(ExecutionError::Refused { .. } | ExecutionError::Hangs { .. }) => {
                    span = (until - next).div_ceil(2).max(1);
                }
                Err(error) => return Err(error),
            }
        }
        Err(ExecutionError::SmallParts(MOST_QUESTIONS))
    }

    /// Whom these blocks pay, from the first to the last one.
    ///
    /// # Errors
    /// If the node does not answer, or does not have one of them.
    pub async fn paying(
        &mut self,
        (first, last): (u64, u64),
    ) -> Result<Vec<Paying>, ExecutionError> {
        let number = |block: u64| json!([format!("0x{block:x}"), false]);
        let questions = (first..=last).map(|block| asked("eth_getBlockByNumber", number(block)));
        let questions: Vec<_> = questions.collect();
        let what = "for a block";
        let replies = self.node.ask(what, &questions).await?;
        let mut all = Vec::with_capacity(replies.len());
        for (block, reply) in (first..).zip(&replies) {
            let found: Option<PayingShape> = self.result(what, reply)?;
            let found = found
                .map(PayingShape::paying)
                .filter(|it| it.number == block);
            all.push(found.ok_or(ExecutionError::Moved { block })?);
        }
        Ok(all)
    }

    /// To whom each of these transactions went, and its bytes; none where the node has forgotten it
    /// or it made a contract.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn transactions(
        &mut self,
        hashes: &[Root],
    ) -> Result<Vec<Option<(Address, Vec<u8>)>>, ExecutionError> {
        let hash = |it: &Root| asked("eth_getTransactionByHash", json!([it.to_string()]));
        let questions: Vec<_> = hashes.iter().map(hash).collect();
        let what = "for a transaction";
        let replies = self.node.ask(what, &questions).await?;
        let mut all = Vec::with_capacity(replies.len());
        for reply in &replies {
            let found: Option<SentShape> = self.result(what, reply)?;
            let sent = found.and_then(|it| {
                let to = it.to?.into_array().into();
                Some((to, it.input.to_vec()))
            });
            all.push(sent);
        }
        Ok(all)
    }
}

impl PayingShape {
    fn paying(self) -> Paying {
        let withdrawal = |it: WithdrawalShape| (it.address.into_array().into(), it.amount.to());
        Paying {
            number: self.number.to(),
            hash: self.hash.0.into(),
            parent: self.parent_hash.0.into(),
            payee: self.miner.into_array().into(),
            withdrawals: self.withdrawals.into_iter().map(withdrawal).collect(),
        }
    }
}
