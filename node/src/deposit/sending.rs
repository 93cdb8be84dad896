//! Sending: every transaction stands on the disk before it leaves, and is then waited for.
//!
//! Whether one has arrived is read from the contract's log and the account's nonce, never from a
//! receipt: a node may have none for minutes ("transaction indexing is in progress") or for ever,
//! and the log and the nonce are what a later start looks at too.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proto::Address;
use proto::definition::Gwei;
use proto::eth::{DepositData, DepositView};
use thiserror::Error;

use super::plan::{Kind, Step};
use super::refusal::Refusal;
use super::sent::{SentError, SentFile};
use crate::execution::{DepositLog, Execution, ExecutionError, Fees, Sender, Taken};
use node_core::deposit::standing::{Fate, Pinned, Purpose, Sent};
use node_core::sending::fees::gwei;

/// How many transactions may be under way: nodes keep few of one account.
const UNDER_WAY: usize = 16;

/// Not all is sent and in blocks.
#[derive(Debug, Error)]
pub enum SendingError {
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// It is not known what was sent.
    #[error(transparent)]
    Sent(#[from] SentError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What a plan is carried out with.
pub(crate) struct Sending<'a> {
    pub execution: &'a Execution,
    pub log: DepositLog<'a>,
    pub record: SentFile,
    pub ours: &'a [DepositData],
    pub sender: &'a Sender,
    /// The fees that the operator has seen.
    pub agreed: Fees,
    /// How long transactions are waited for.
    pub timeout: Duration,
    /// Where what happens is told, a line each.
    pub say: fn(String),
}

/// What the transactions of a group have come to.
#[derive(Default)]
struct Waiting {
    told: BTreeSet<u64>,
    open: usize,
    unseen: u64,
    /// How often in a row all that was left was not to be seen.
    blind: u32,
    trouble: String,
}

impl Sending<'_> {
    /// Sends the transactions and waits until all are in blocks.
    pub async fn perform(&mut self, steps: &[Step]) -> Result<(), SendingError> {
        let mut last = None;
        let mut unseen = 0;
        for group in steps.chunks(UNDER_WAY) {
            self.refuse_change(group, last.as_ref(), unseen)?;
            self.refuse_dearer().await?;
            for step in group {
                self.send(step).await?;
            }
            let (view, more) = self.wait(group, unseen).await?;
            (last, unseen) = (Some(view), unseen + more);
        }
        Ok(())
    }

    fn say(&self, line: String) {
        (self.say)(line);
    }

    /// Stops if somebody else has sent what is next, or if that cannot be seen.
    fn refuse_change(
        &self,
        group: &[Step],
        view: Option<&DepositView>,
        unseen: u64,
    ) -> Result<(), Refusal> {
        let Some(view) = view else { return Ok(()) };
        let is_new = |step: &&Step| step.kind == Kind::New;
        let is_there = |step: &Step| view.seen.iter().any(|s| s.deposit == step.deposit);
        match group.iter().filter(is_new).any(is_there) || view.lacking > unseen {
            true => Err(Refusal::Changed),
            false => Ok(()),
        }
    }

    /// Stops if a transaction would wait for gas to become cheaper.
    async fn refuse_dearer(&self) -> Result<(), SendingError> {
        let agreed = self.agreed.max_fee;
        let fees = self.execution.fees(0).await?;
        let now = fees.base_fee.saturating_add(self.agreed.priority_fee);
        if now > agreed {
            let (now, agreed) = (gwei(now), gwei(agreed));
            return Err(Refusal::Dearer { now, agreed }.into());
        }
        Ok(())
    }

    async fn send(&mut self, step: &Step) -> Result<(), SendingError> {
        let transaction = &step.transaction;
        let signed = self.execution.sign(self.sender, transaction).await?;
        let hash = signed.hash;
        let purpose = |deposit: DepositData| Purpose {
            pubkey: deposit.pubkey,
            amount: deposit.amount,
        };
        if !self
            .record
            .sent()
            .iter()
            .any(|sent| sent.transaction == hash)
        {
            self.record.append(Sent {
                sender: self.sender.address(),
                nonce: transaction.nonce,
                transaction: hash,
                deposit: transaction.deposit.map(purpose),
                max_fee: transaction.max_fee,
                priority_fee: transaction.priority_fee,
            })?;
        }
        let (key, amount) = (step.deposit.pubkey, Gwei(step.deposit.amount));
        match (self.execution.submit(signed).await, step.kind) {
            (Ok(Taken::Yes), _) if transaction.deposit.is_none() => {
                self.say(format!(
                    "sent nothing in the place of {key} {amount} in {hash}"
                ));
            }
            (Ok(Taken::Yes), _) => self.say(format!("sent {key} {amount} in {hash}")),
            // Then it is in a block, or another one at its nonce is. The log tells.
            (Ok(Taken::TooLate), _) => {
                self.say(format!("used up already: the nonce of {key} {amount}"));
            }
            (Err(error), Kind::Again) => {
                self.say(format!("sent before: {key} {amount} in {hash}: {error}"));
            }
            (Err(cause), Kind::New | Kind::Instead) => {
                let file = self.record.path().to_owned();
                return Err(Refusal::Stopped { cause, file }.into());
            }
        }
        Ok(())
    }

    /// Waits until every transaction of the group is in a block; answers with a view that shows it,
    /// and with how many of the deposits the node does not show, beside those before.
    async fn wait(
        &mut self,
        group: &[Step],
        unseen_before: u64,
    ) -> Result<(DepositView, u64), SendingError> {
        let begin = Instant::now();
        let patience = self.execution.patience();
        let senders: BTreeSet<Address> = [self.sender.address()].into();
        let nonces: BTreeSet<u64> = group.iter().map(|step| step.transaction.nonce).collect();
        let mut waiting = Waiting::default();
        loop {
            match self.log.view(&senders, |_, _| {}).await {
                Ok(view) => {
                    self.look(&view, &nonces, &mut waiting)?;
                    if waiting.open == 0 && waiting.unseen == 0 {
                        return Ok((view, 0));
                    }
                    let all_unseen = unseen_before + waiting.unseen;
                    if waiting.blind >= patience.tries && all_unseen <= view.lacking {
                        self.say(format!(
                            "{} of them are in blocks whose log this node does not show; a beacon \
                             node shows the validators",
                            waiting.unseen
                        ));
                        return Ok((view, waiting.unseen));
                    }
                }
                // An answer that does not come is not the end: what was sent may be on its way.
                Err(error) => waiting.trouble = format!(" ({error})"),
            }
            if begin.elapsed() > self.timeout {
                let late = Refusal::Late {
                    open: group.len() - waiting.told.len(),
                    seconds: self.timeout.as_secs(),
                    trouble: waiting.trouble,
                    file: self.record.path().to_owned(),
                };
                return Err(late.into());
            }
            tokio::time::sleep(patience.pause).await;
        }
    }

    fn look(
        &self,
        view: &DepositView,
        nonces: &BTreeSet<u64>,
        waiting: &mut Waiting,
    ) -> Result<(), Refusal> {
        (waiting.open, waiting.unseen) = (0, 0);
        waiting.trouble.clear();
        let own = self.sender.address();
        let pinned = Pinned::all(self.ours, self.record.sent());
        for pinned in pinned
            .iter()
            .filter(|p| p.sender == own && nonces.contains(&p.nonce))
        {
            let (key, nonce) = (pinned.deposit.pubkey, pinned.nonce);
            match pinned.fate(view) {
                Fate::Open => waiting.open += 1,
                Fate::Unseen => waiting.unseen += 1,
                Fate::Done(block) if waiting.told.insert(nonce) => {
                    self.say(format!("deposited {key} in block {block}"));
                }
                Fate::Spent if waiting.told.insert(nonce) => {
                    self.say(format!(
                        "nonce {nonce} is used up: {key} is not paid with it"
                    ));
                }
                Fate::Done(_) | Fate::Spent => {}
                Fate::Overtaken(_) if pinned.is_being_cancelled() => waiting.open += 1,
                Fate::Overtaken(other) => {
                    return Err(Refusal::Overtaken {
                        key,
                        other,
                        nonce,
                        amount: Gwei(pinned.deposit.amount),
                    });
                }
                Fate::Failed | Fate::Unsettled => {
                    return Err(Refusal::Failed {
                        key,
                        sender: own,
                        nonce,
                        transaction: pinned.newest().transaction,
                    });
                }
            }
        }
        waiting.blind = match waiting.open {
            0 => waiting.blind + 1,
            _ => 0,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
