//! Carries one call after the other out from one account: looks, asks the core what is next, and
//! does that one thing. Every transaction is durable before it leaves.
//!
//! | module | is |
//! |---|---|
//! | [`kept`] | the outbox on the disk |
//! | [`node_account`] | the node account, from its keystore |
//! | [`own_account`] | the operator's own account, sealed like a share |
//! | [`signed_file`] | what was signed for the Safe that is the node account, on the disk |
//! | `worded` | what a transaction does, from a call or as it was signed before |
//!
//! Never here: which calls there are, and what is next, which the core decides
//! ([`node_core::sending`]).

pub mod kept;
pub mod node_account;
pub mod own_account;
pub mod signed_file;
mod worded;

use std::path::Path;

use alloy::primitives::U256;
use node_core::pool::alarm::Purse;
use node_core::pool::amount::Wei;
use node_core::sending::asked::{Asked, Candidate, Contents, candidate, sent_for};
use node_core::sending::call::{Call, StepId};
use node_core::sending::fees::{Market, WEI_PER_GWEI};
use node_core::sending::next::{Act, Facts, Landed, Order, may_pass_over, next};
use node_core::sending::outbox::{Attempt, Made, Outbox, OutboxError, Raw};
use node_core::sending::why::{Stop, Why};
use proto::{Address, Root};
use thiserror::Error;

use self::kept::{KeptError, KeptOutbox};
use self::worded::as_signed;
pub use self::worded::sent;
pub(in crate::pool) use self::worded::unpriced;
use crate::execution::{
    AccountState, Anchors, ExecutionError, Patience, Sender, States, Taken, Transaction,
};

/// Nothing more is sent.
#[derive(Debug, Error)]
pub enum SendingError {
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// It is not known what was sent.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The rule that nothing happens twice.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(
        "the execution node is on chain {found}, and what was sent from this account is on \
         {expected}: give a node of the right chain"
    )]
    OtherChain { found: u64, expected: u64 },
}

/// What one look has led to.
#[derive(Debug)]
pub enum Progress {
    /// All that is asked for is done.
    Done {
        /// Whether all that was sent is final.
        is_final: bool,
    },
    /// Nothing was to be done now.
    Waits(Why),
    /// Nothing is done any more, until the operator has looked.
    Stopped(Stop),
    /// A transaction was handed to the node.
    Sent {
        step: StepId,
        nonce: u64,
        transaction: Root,
        /// Whether it does nothing, in the place of the step.
        is_empty: bool,
        /// What keeps its fee from being raised, if it ought to be, or what else is to be said.
        held: Option<Why>,
    },
    /// It was, and the node did not take it. It is tried again at the next look.
    Refused {
        step: StepId,
        cause: ExecutionError,
        /// As for one that was taken.
        held: Option<Why>,
    },
}

/// The same, and what was passed over.
#[derive(Debug)]
pub struct Advance {
    pub progress: Progress,
    /// Steps that were asked for before and are not sent now, and why, in words.
    pub passed: Vec<(StepId, String)>,
    /// What the account has, at the newest block.
    pub purse: Purse,
}

/// One account that sends.
pub struct Sending {
    states: States,
    sender: Sender,
    kept: KeptOutbox,
    outbox: Outbox,
    /// The highest price of a unit of gas, wei.
    cap: u64,
}

impl Sending {
    /// Makes ready to send from this account, with a connection of its own. Nothing is asked yet.
    ///
    /// # Errors
    /// If the outbox cannot be read, another process has it, or the URL is none.
    pub fn open(
        url: &str,
        (sender, chain_id): (Sender, u64),
        data_dir: &Path,
        max_fee_gwei: u64,
    ) -> Result<Self, SendingError> {
        let (kept, outbox) = KeptOutbox::open(data_dir, sender.address(), chain_id)?;
        Ok(Self {
            states: States::at(url, Patience::USUAL)?,
            sender,
            kept,
            outbox,
            cap: max_fee_gwei.saturating_mul(WEI_PER_GWEI),
        })
    }

    /// Where the outbox stands.
    pub fn path(&self) -> &Path {
        self.kept.path()
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.sender.address()
    }

    /// What it has sent.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether a step of this kind was sent, and what became of it is not final.
    pub fn has_open(&self, kind: &str) -> bool {
        let settled = self.outbox.settled();
        let mut open = self.outbox.entries().filter(|it| it.nonce >= settled);
        open.any(|entry| entry.step.is_of(kind))
    }

    /// Has nothing in the place of the steps of this kind that are under way. Says whether any is.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn cancel(&mut self, kind: &str) -> Result<bool, SendingError> {
        let mut is_open = false;
        for step in self.steps_of(kind) {
            is_open |= self.outbox.cancel(&step);
        }
        self.kept.store(&self.outbox)?;
        Ok(is_open)
    }

    /// Has steps of this kind that are over sent anew: the operator has looked.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn again(&mut self, kind: &str) -> Result<(), SendingError> {
        for step in self.steps_of(kind) {
            self.outbox.forget(&step);
        }
        Ok(self.kept.store(&self.outbox)?)
    }

    fn steps_of(&self, kind: &str) -> Vec<StepId> {
        let steps = self.outbox.entries().map(|entry| entry.step.clone());
        steps.filter(|step| step.is_of(kind)).collect()
    }

    /// Looks at the account, and does the next thing for the calls that are asked for at the
    /// newest of these blocks, in their order: what cannot be sent now is passed over for the next
    /// one. `now` is in Unix seconds.
    ///
    /// # Errors
    /// If the node does not answer, or the outbox cannot be written.
    pub async fn advance(
        &mut self,
        asked: Asked<'_>,
        anchors: &Anchors,
        now: u64,
    ) -> Result<Advance, SendingError> {
        if anchors.chain_id != self.outbox.chain_id() {
            return Err(SendingError::OtherChain {
                found: anchors.chain_id,
                expected: self.outbox.chain_id(),
            });
        }
        let account = self.sender.address();
        // Of these blocks, it is the same for every call.
        let state = self.states.account(&account, anchors).await?;
        let purse = Purse {
            account,
            balance: Wei(state.balance),
            price: state.base_fee.saturating_add(state.suggested.unwrap_or(0)),
        };
        let mut first = None;
        let mut passed = Vec::new();
        for from in 0..asked.calls.len().max(1) {
            let asked = Asked {
                calls: &asked.calls[from..],
                ..asked
            };
            let facts = self.facts(asked, (&state, anchors), now).await?;
            if self.outbox.settle(facts.settled) {
                self.kept.store(&self.outbox)?;
            }
            // What is decided borrows the outbox, and what is done changes it.
            let outbox = self.outbox.clone();
            let act = next(&outbox, asked, &facts, self.cap);
            let is_passed = may_pass_over(&outbox, &facts, &act);
            let progress = self.act(act, now).await?;
            if !is_passed {
                return Ok(Advance {
                    progress,
                    passed,
                    purse,
                });
            }
            let words = words(&progress);
            let step = asked.calls.first().map(|call| call.step.clone());
            passed.extend(step.zip(words));
            first.get_or_insert(progress);
        }
        let progress = first.expect("the last one is not passed over before the first");
        Ok(Advance {
            progress,
            passed,
            purse,
        })
    }

    /// The first of these calls that would succeed in the block after the newest one; if none, why
    /// each would not.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn choose(
        &mut self,
        calls: Vec<Call>,
        anchors: &Anchors,
    ) -> Result<Result<Call, String>, SendingError> {
        let account = self.sender.address();
        let mut refusals = Vec::new();
        for call in calls {
            let tried = unpriced(&call);
            let tried = self
                .states
                .simulate(&anchors.head, &account, &tried)
                .await?;
            match tried {
                Ok(()) => return Ok(Ok(call)),
                Err(why) if refusals.contains(&why) => {}
                Err(why) => refusals.push(why),
            }
        }
        Ok(Err(refusals.join("; or ")))
    }

    async fn act(&mut self, act: Act<'_>, now: u64) -> Result<Progress, SendingError> {
        match act {
            Act::Done { is_final } => Ok(Progress::Done { is_final }),
            Act::Wait(why) => Ok(Progress::Waits(why)),
            Act::Stop(stop) => Ok(Progress::Stopped(stop)),
            Act::Broadcast { nonce, held } => self.broadcast(nonce, held).await,
            Act::Sign(order) | Act::Replace(order) => {
                let made = self.sign(&order, now).await?;
                let nonce = made.nonce;
                let mut fuller = self.outbox.clone();
                fuller.add(made)?;
                self.kept.store(&fuller)?;
                self.outbox = fuller;
                self.broadcast(nonce, None).await
            }
        }
    }

    async fn facts(
        &mut self,
        asked: Asked<'_>,
        (state, anchors): (&AccountState, &Anchors),
        now: u64,
    ) -> Result<Facts, SendingError> {
        let account = self.sender.address();
        let (call, kept) = match candidate(&self.outbox, asked, state.nonce) {
            Some(Candidate::Call(call)) => (Some(unpriced(call)), None),
            Some(Candidate::Kept(entry)) => {
                let (call, kept) = as_signed(entry)?;
                (Some(call), Some(kept))
            }
            None => (None, None),
        };
        let simulated = match call {
            Some(call) => {
                let tried = self.states.simulate(&anchors.head, &account, &call);
                Some(tried.await?)
            }
            None => None,
        };
        let landed = self.states.landed(&sent_for(&self.outbox, asked)).await?;
        let landed = landed.into_iter().map(|(transaction, succeeded)| Landed {
            transaction,
            succeeded,
        });
        Ok(Facts {
            now,
            nonce: state.nonce,
            settled: state.settled,
            pending: state.pending,
            balance: state.balance,
            market: Market {
                base_fee: state.base_fee,
                suggested: state.suggested,
            },
            simulated,
            kept,
            landed: landed.collect(),
        })
    }

    async fn sign(&self, order: &Order<'_>, now: u64) -> Result<Made, SendingError> {
        let empty = Transaction {
            nonce: 0,
            to: self.sender.address(),
            value: U256::ZERO,
            data: Vec::new(),
            gas: order.contents.gas().units(),
            max_fee: 0,
            priority_fee: 0,
        };
        let does = match order.contents {
            Contents::Call(call) => unpriced(call),
            Contents::Kept(_) => {
                let lost = OutboxError::Contradiction(order.nonce);
                as_signed(self.outbox.at(order.nonce).ok_or(lost)?)?.0
            }
            Contents::Nothing => empty,
        };
        let transaction = Transaction {
            nonce: order.nonce,
            max_fee: order.offer.max_fee,
            priority_fee: order.offer.tip,
            ..does
        };
        let chain_id = self.outbox.chain_id();
        let signed = self.sender.sign(chain_id, &transaction).await?;
        Ok(Made {
            nonce: order.nonce,
            step: order.step.clone(),
            effect: order.effect,
            attempt: Attempt {
                transaction: signed.hash,
                call: order.contents.digest(),
                max_fee: order.offer.max_fee,
                tip: order.offer.tip,
                signed_at: now,
            },
            raw: Raw(signed.raw),
        })
    }

    /// Hands over what stands in the outbox at this nonce, and so on the disk.
    async fn broadcast(&mut self, nonce: u64, held: Option<Why>) -> Result<Progress, SendingError> {
        let entry = self.outbox.at(nonce).ok_or(ExecutionError::NoBlock)?;
        let (step, transaction) = (entry.step.clone(), entry.newest().transaction);
        let is_empty = entry.newest().call.is_none();
        match self.states.submit(&entry.raw.0).await {
            // If another one has used the nonce up, the next look shows it.
            Ok(Taken::Yes | Taken::TooLate) => Ok(Progress::Sent {
                step,
                nonce,
                transaction,
                is_empty,
                held,
            }),
            Err(cause) => Ok(Progress::Refused { step, cause, held }),
        }
    }
}

/// Why nothing is sent, if so.
fn words(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Waits(why) => Some(why.to_string()),
        Progress::Stopped(stop) => Some(stop.to_string()),
        Progress::Done { .. } | Progress::Sent { .. } | Progress::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests;
