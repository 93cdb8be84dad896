//! What the deposit contract has seen, read so that nothing is passed over.
//!
//! A node that shows too little makes an operator pay twice, and nodes do: those behind one address
//! are at different blocks, old blocks have been thrown away, an index is behind. So a
//! [`DepositView`] is all of one block: logs up to it, nonces at it, and its hash is the same
//! before and after. And the contract numbers its deposits: what it has counted up to that block
//! has to be in the log.
//!
//! Of a log that does not begin with the chain, what the contract had counted before its first
//! block is not in it. A node that has thrown away the state of that block cannot say how much that
//! was; then nothing shows that the log has not lost its beginning ([`DepositView::is_counted`]).
//!
//! The log up to some blocks before the newest is read once and kept; the rest is read anew for
//! every view, since those blocks may still be replaced by others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alloy::primitives::B256;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent as _;
use proto::definition::checksummed;
use proto::eth::{DepositData, DepositView, LoggedDeposit};
use proto::{Address, PublicKey, Timestamp};

use super::abi::DepositContract::DepositEvent;
use super::error::ExecutionError;
use super::old_state::is_hurried;
use super::rpc::Execution;
use crate::clock;

/// The most blocks one question about logs covers.
const MOST_BLOCKS: u64 = 2_500;
/// After how many answers in a row a question that was halved covers twice as many blocks again.
const ANSWERS_UNTIL_MORE: u32 = 32;
/// How often a node that is asked too often is waited for.
const MOST_WAITS: u32 = 60;
/// How many of the newest blocks are read anew for every view: two epochs, in which the chain is
/// final unless it is in trouble.
const UNSETTLED_BLOCKS: u64 = 64;
/// How old the newest block of a node that follows the chain is at most: many slots in a row may
/// be empty. What an older one does not show could be paid twice.
const OLDEST_HEAD: Duration = Duration::from_secs(600);

/// The log of the deposit contract, as far as it was read.
pub struct DepositLog<'a> {
    execution: &'a Execution,
    keys: BTreeSet<PublicKey>,
    first: u64,
    settled: Part,
    /// The last block of the settled part.
    anchor: Option<(u64, B256)>,
    span: Span,
}

/// A part of the log from the first block on.
#[derive(Clone)]
struct Part {
    seen: Vec<LoggedDeposit>,
    /// The next block to read.
    next: u64,
    /// The contract's number of the first deposit in it, if it has one.
    begins: Option<u64>,
    /// The contract's number of the last one.
    ends: u64,
    /// How many deposits are in it, of ours and others.
    count: u64,
}

/// How many blocks a question about logs covers.
struct Span {
    blocks: u64,
    answers: u32,
}

impl Execution {
    /// The log of the deposit contract from block `first` on, of which nothing is read yet.
    pub fn log(&self, keys: BTreeSet<PublicKey>, first: u64) -> DepositLog<'_> {
        DepositLog {
            execution: self,
            keys,
            first,
            settled: Part::from(first),
            anchor: None,
            span: Span {
                blocks: MOST_BLOCKS,
                answers: 0,
            },
        }
    }
}

impl DepositLog<'_> {
    /// A view of the newest block with the nonces of `senders`; its log may lack something.
    /// `progress` hears of the last block read and of the newest.
    ///
    /// # Errors
    /// If the node does not answer, does not follow or contradicts itself again and again, the
    /// first block is still to come, or a log of the contract is none of a deposit.
    pub async fn view(
        &mut self,
        senders: &BTreeSet<Address>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<DepositView, ExecutionError> {
        let patience = self.execution.patience;
        for _ in 1..patience.tries {
            match self.view_once(senders, &mut progress).await {
                Err(error) if error.may_pass() => tokio::time::sleep(patience.pause).await,
                view => return view.map(|(view, _)| view),
            }
        }
        let view = self.view_once(senders, &mut progress).await;
        view.map(|(view, _)| view)
    }

    /// A view whose log is whole: only with one may anything be sent.
    ///
    /// # Errors
    /// As [`Self::view`], or if the log lacks something again and again.
    pub async fn whole_view(
        &mut self,
        senders: &BTreeSet<Address>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<DepositView, ExecutionError> {
        let patience = self.execution.patience;
        for tried in 1..patience.tries {
            match self.whole_view_once(senders, &mut progress).await {
                Err(error) if error.may_pass() => {
                    if tried == 1 && matches!(error, ExecutionError::Lacking { .. }) {
                        // What lacks may be in the part that was to be kept.
                        self.forget();
                    }
                    tokio::time::sleep(patience.pause).await;
                }
                view => return view,
            }
        }
        self.whole_view_once(senders, &mut progress).await
    }

    async fn whole_view_once(
        &mut self,
        senders: &BTreeSet<Address>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<DepositView, ExecutionError> {
        let (view, count) = self.view_once(senders, progress).await?;
        match view.lacking {
            0 => Ok(view),
            lacking => Err(ExecutionError::Lacking {
                first: view.first,
                last: view.last,
                count,
                lacking,
            }),
        }
    }

    fn forget(&mut self) {
        self.settled = Part::from(self.first);
        self.anchor = None;
    }

    /// One view, and how many deposits the contract has counted up to it.
    async fn view_once(
        &mut self,
        senders: &BTreeSet<Address>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(DepositView, u64), ExecutionError> {
        let newest = self.execution.newest().await?;
        let (last, first) = (newest.number, self.first);
        let age = clock::now().since(Timestamp::from_unix(Duration::from_secs(newest.timestamp)));
        // A chain of our own that has just begun has an old genesis. (On mainnet the contract is
        // younger than block 0, so a node that has only that one was refused before.)
        if last > 0 && age > OLDEST_HEAD {
            return Err(ExecutionError::Behind(age.as_secs()));
        }
        if first > last {
            return Err(ExecutionError::BeyondHead { first, head: last });
        }
        self.settle(last, progress).await?;
        let mut part = self.settled.clone();
        self.read(&mut part, last, &mut |block| progress(block, last))
            .await?;
        let mut nonces = BTreeMap::new();
        let mut settled_nonces = BTreeMap::new();
        let old = last.saturating_sub(UNSETTLED_BLOCKS);
        for sender in senders {
            nonces.insert(*sender, self.execution.nonce_at(sender, last).await?);
            // Without it, nothing that has failed is sent anew.
            if let Some(nonce) = self.execution.nonce_if_kept(sender, old).await? {
                settled_nonces.insert(*sender, nonce);
            }
        }
        let before = self.counted_before().await?;
        let count = self.execution.deposit_count(last).await?;
        let begins = match (before, part.begins) {
            (Some(count), _) | (None, Some(count)) => Some(count),
            // At least what came lately has to be in the log.
            (None, None) => {
                let late = old.max(first.saturating_sub(1));
                self.execution.deposit_count_if_kept(late).await?
            }
        };
        if self.execution.hash_of(last).await? != newest.hash {
            return Err(ExecutionError::Moved { block: last });
        }
        let lacking = part.lacking(begins.unwrap_or(count), count);
        let lacking = lacking.ok_or(ExecutionError::Moved { block: last })?;
        let view = DepositView {
            first,
            last,
            seen: part.seen,
            nonces,
            settled_nonces,
            lacking,
            is_counted: before.is_some(),
        };
        Ok((view, count))
    }

    /// How many deposits the contract had counted before the first block, if the node still knows.
    async fn counted_before(&self) -> Result<Option<u64>, ExecutionError> {
        match self.first.checked_sub(1) {
            Some(block) => self.execution.deposit_count_if_kept(block).await,
            None => Ok(Some(0)),
        }
    }

    /// Reads what is old enough to be kept.
    async fn settle(
        &mut self,
        newest: u64,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(), ExecutionError> {
        if let Some((block, hash)) = self.anchor {
            if block > newest {
                // A node that is far behind has answered.
                return Err(ExecutionError::Moved { block });
            }
            if self.execution.hash_of(block).await? != hash {
                self.forget();
                return Err(ExecutionError::Moved { block });
            }
        }
        let Some(to) = newest.checked_sub(UNSETTLED_BLOCKS) else {
            return Ok(());
        };
        if to < self.settled.next {
            return Ok(());
        }
        let hash = self.execution.hash_of(to).await?;
        let mut part = self.settled.clone();
        self.read(&mut part, to, &mut |block| progress(block, newest))
            .await?;
        if self.execution.hash_of(to).await? != hash {
            return Err(ExecutionError::Moved { block: to });
        }
        (self.settled, self.anchor) = (part, Some((to, hash)));
        Ok(())
    }

    /// Reads the log up to block `to` into `part`. What the node refuses is asked for in halves:
    /// nodes limit blocks or answers, and each says so in words of its own.
    async fn read(
        &mut self,
        part: &mut Part,
        to: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), ExecutionError> {
        let mut waits = 0;
        while part.next <= to {
            let from = part.next;
            let until = to.min(from + (self.span.blocks - 1));
            match self.execution.logs(from, until).await {
                Ok(logs) => {
                    self.take(part, &logs)?;
                    part.next = until + 1;
                    progress(until);
                    self.span.answered();
                }
                Err(ExecutionError::Refused { cause, .. })
                    if is_hurried(&cause) && waits < MOST_WAITS =>
                {
                    waits += 1;
                    tokio::time::sleep(self.execution.patience.pause).await;
                }
                Err(ExecutionError::Refused { cause, .. })
                    if until == from || is_pruned(&cause) =>
                {
                    return Err(ExecutionError::NoLog { block: from, cause });
                }
                Err(ExecutionError::Refused { .. }) => self.span.refused(until - from + 1),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&self, part: &mut Part, logs: &[Log]) -> Result<(), ExecutionError> {
        for log in logs {
            let contract = &self.execution.chain.deposit_contract;
            let read = read_log(log).ok_or_else(|| ExecutionError::BadLog(checksummed(contract)));
            let (number, seen) = read?;
            if part.begins.is_some() && number <= part.ends {
                return Err(ExecutionError::Moved { block: seen.block });
            }
            part.begins.get_or_insert(number);
            part.ends = number;
            part.count += 1;
            if self.keys.contains(&seen.deposit.pubkey) {
                part.seen.push(seen);
            }
        }
        Ok(())
    }
}

impl Part {
    fn from(first: u64) -> Self {
        Self {
            seen: Vec::new(),
            next: first,
            begins: None,
            ends: 0,
            count: 0,
        }
    }

    /// How many of the `counted` deposits are not in it, of which there were `before` before it;
    /// none if it has more than that.
    fn lacking(&self, before: u64, counted: u64) -> Option<u64> {
        counted.checked_sub(before)?.checked_sub(self.count)
    }
}

impl Span {
    fn answered(&mut self) {
        self.answers += 1;
        if self.answers >= ANSWERS_UNTIL_MORE {
            self.blocks = MOST_BLOCKS.min(2 * self.blocks);
            self.answers = 0;
        }
    }

    fn refused(&mut self, blocks: u64) {
        self.blocks = (blocks / 2).max(1);
        self.answers = 0;
    }
}

/// Whether a node says that it has thrown these blocks away (EIP-4444): halves would not help.
pub(super) fn is_pruned(cause: &str) -> bool {
    cause.contains("(code 4444)") || cause.to_lowercase().contains("pruned")
}

/// The contract's number of a deposit, and the deposit, if every field of its log has its length.
/// The amount is little-endian gwei, and so is the number.
fn read_log(log: &Log) -> Option<(u64, LoggedDeposit)> {
    let event = DepositEvent::decode_log(&log.inner).ok()?.data;
    let amount = <[u8; 8]>::try_from(event.amount.as_ref()).ok()?;
    let number = <[u8; 8]>::try_from(event.index.as_ref()).ok()?;
    let deposit = DepositData {
        pubkey: event.pubkey.as_ref().try_into().ok()?,
        withdrawal_credentials: event.withdrawal_credentials.as_ref().try_into().ok()?,
        amount: u64::from_le_bytes(amount),
        signature: event.signature.as_ref().try_into().ok()?,
    };
    let seen = LoggedDeposit {
        deposit,
        transaction: log.transaction_hash?.0.into(),
        block: log.block_number?,
    };
    Some((u64::from_le_bytes(number), seen))
}
