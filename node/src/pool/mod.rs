//! What Rocket Pool says about a node account, read from the operator's own execution node.
//!
//! Two views, at the newest block and at the finalised one, each wholly of its block. Both go
//! forward together, so that what is asked of one travels with what is asked of the other. The
//! chain may turn away from a block in the middle of it: then all is read anew.
//!
//! [`leaving`] and [`proving`] ask the own beacon node: who leaves, and the proofs of the beacon
//! chain that these contracts take, which [`proof`] makes, and [`trial`] on trial, in a [`calm`];
//! [`simulate`] tries the steps of a plan at the newest block; [`funds`] looks at who has paid in
//! and what a withdrawal Safe has; [`sending`] sends calls; [`watch`]
//! is the thread of a running peer that looks; [`withdrawal`] looks at the Safe to which all of it
//! goes; `debt` asks what the debt of a megapool came of; [`ledger`] reads what has moved.
//!
//! Never here: what an answer means, which is the core's.

pub mod calm;
pub mod debt;
pub mod funds;
pub mod leaving;
pub mod ledger;
pub mod proof;
pub mod proving;
pub mod sending;
pub mod simulate;
pub mod trial;
pub mod watch;
pub mod withdrawal;

use std::collections::BTreeMap;

use node_core::pool::book::{Answer, Answers, Fault, Question, Round};
use node_core::pool::sight::Sight;
use node_core::pool::storage_of;
use node_core::pool::view::{Block, Subject, View, read};
use proto::agreement::PoolVersion;
use proto::definition::checksummed;
use proto::lock::Lock;
use proto::{Address, Root};
use thiserror::Error;

use crate::execution::{
    Anchor, Anchors, ExecutionError, Patience, StateAnswer, StateQuestion, States,
};

/// What is looked for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The node's account.
    pub node: Address,
    /// `RocketStorage`, if it is not that of a public chain.
    pub storage: Option<Address>,
    /// The id of the chain, if the operator's own lock names one.
    pub chain_id: Option<u64>,
    /// Whether the account may be none of Rocket Pool's nodes yet.
    pub may_be_new: bool,
    /// Whether the account is to be a Safe.
    pub is_safe: bool,
}

impl Target {
    /// The node that this version of a cluster's agreement names.
    pub fn agreed(lock: &Lock, version: &PoolVersion) -> Self {
        let fixed = &version.terms.fixed;
        Self {
            node: fixed.node_account,
            storage: Some(fixed.rocket_storage),
            chain_id: Some(lock.definition.terms().chain.execution_chain_id),
            may_be_new: true,
            is_safe: version.terms.node_safe.is_some(),
        }
    }
}

/// Why nothing can be said about a node.
#[derive(Debug, Error)]
pub enum SightError {
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    #[error(
        "the execution node is on chain {found}, and your cluster is on chain {expected}: give a \
         node of the right chain, or another config"
    )]
    OtherChain { found: u64, expected: u64 },
    #[error(
        "the execution node is on chain {0}, and gantry knows RocketStorage on mainnet (1) and \
         hoodi (560048) only: give a node of one of them, or --rocket-storage with the address of \
         your own"
    )]
    UnknownChain(u64),
    #[error(
        "there is no contract at {at}, where RocketStorage is to be on chain {chain_id}: is the \
         address of another chain?"
    )]
    NoStorage { at: String, chain_id: u64 },
    #[error("at block {block}: {fault}")]
    Fault { block: u64, fault: Fault },
    #[error(
        "{0} is no registered node of Rocket Pool, neither now nor at the finalised block: give \
         the address of the node account, which is not that of its minipool, megapool or \
         withdrawal address"
    )]
    NoNode(String),
}

/// Looks at the node with the execution node at this URL.
///
/// # Errors
/// If the execution node does not answer, does not follow the right chain or does not tell the
/// truth, or the address is no node's.
pub async fn look(url: &str, target: &Target, patience: Patience) -> Result<Sight, SightError> {
    Ok(look_with(url, target, patience).await?.1)
}

/// The same, and the execution node as it has been learned to be asked.
///
/// # Errors
/// As [`look`].
pub async fn look_with(
    url: &str,
    target: &Target,
    patience: Patience,
) -> Result<(States, Sight), SightError> {
    let mut lookout = Lookout::at(url, patience)?;
    let sight = lookout.look(target).await?;
    Ok((lookout.states, sight))
}

/// An execution node that is looked at again and again. What was said of a block is not asked again
/// while that is the newest one or the finalised one: of two looks in a slot the second costs next
/// to nothing, and of those in an epoch each but the first half.
pub struct Lookout {
    states: States,
    patience: Patience,
    /// What was said of the blocks of the last look, by their hashes; nothing if that failed.
    kept: BTreeMap<Root, Answers>,
}

impl Lookout {
    /// Makes ready to look. Nothing is asked yet.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn at(url: &str, patience: Patience) -> Result<Self, SightError> {
        Ok(Self {
            states: States::at(url, patience)?,
            patience,
            kept: BTreeMap::new(),
        })
    }

    /// Looks at the node.
    ///
    /// # Errors
    /// As [`look`].
    pub async fn look(&mut self, target: &Target) -> Result<Sight, SightError> {
        self.states.begin_anew();
        for _ in 1..self.patience.tries {
            match self.look_once(target).await {
                Err(SightError::Execution(ExecutionError::Moved { .. })) => {
                    tokio::time::sleep(self.patience.pause).await;
                }
                sight => return sight,
            }
        }
        self.look_once(target).await
    }

    async fn look_once(&mut self, target: &Target) -> Result<Sight, SightError> {
        let mut kept = std::mem::take(&mut self.kept);
        let anchors = self.states.anchors().await?;
        let mut both = [anchors.head, anchors.finalised].map(|block| {
            let known = kept.remove(&block.hash);
            Reading::of(block, known.unwrap_or_default())
        });
        let sight = see(&mut self.states, target, (&anchors, &mut both)).await?;
        // A contract may seem to refuse where the node was only short of time.
        let is_sure = |answer: &Answer| matches!(answer, Answer::Bytes(_));
        self.kept.extend(both.map(|reading| {
            let mut answers = reading.answers;
            answers.retain(|_, answer| is_sure(answer));
            (reading.block.hash, answers)
        }));
        Ok(sight)
    }
}

async fn see(
    states: &mut States,
    target: &Target,
    (anchors, both): (&Anchors, &mut [Reading; 2]),
) -> Result<Sight, SightError> {
    let subject = subject(target, anchors.chain_id)?;
    let blocks = [anchors.head, anchors.finalised];
    let [at_head, at_finalised] = states.code(&subject.storage, blocks).await?;
    if !at_head {
        return Err(SightError::NoStorage {
            at: checksummed(&subject.storage),
            chain_id: anchors.chain_id,
        });
    }
    let is_same = anchors.head == anchors.finalised;
    both[1].is_over = is_same || !at_finalised;
    let read = read_both(states, &subject, both).await;
    // A block that is of the chain no more explains any answer.
    states.check(blocks).await?;
    read?;
    let [head, finalised] = both;
    let head_view = head.view.take().ok_or(ExecutionError::NoBlock)?;
    let finalised_view = match is_same {
        true => Some(head_view.clone()),
        false => finalised.view.take(),
    };
    let sight = sight(target, anchors, (head_view, finalised_view));
    let is_node = sight.node_at_head().is_some() || sight.node_at_finalised().is_some();
    if !is_node && !target.may_be_new {
        return Err(SightError::NoNode(checksummed(&target.node)));
    }
    Ok(sight)
}

fn sight(target: &Target, anchors: &Anchors, views: (View, Option<View>)) -> Sight {
    let block = |anchor: Anchor| Block {
        number: anchor.number,
        hash: anchor.hash,
        time: anchor.time,
    };
    Sight {
        chain_id: anchors.chain_id,
        node: target.node,
        head_block: block(anchors.head),
        head: views.0,
        finalised_block: block(anchors.finalised),
        finalised: views.1,
    }
}

/// The blocks of a sight, and their chain.
pub fn anchors(sight: &Sight) -> Anchors {
    let anchor = |block: Block| Anchor {
        number: block.number,
        hash: block.hash,
        time: block.time,
    };
    Anchors {
        chain_id: sight.chain_id,
        head: anchor(sight.head_block),
        finalised: anchor(sight.finalised_block),
    }
}

/// What is to be read on the chain with this id.
fn subject(target: &Target, chain_id: u64) -> Result<Subject, SightError> {
    if let Some(expected) = target.chain_id.filter(|expected| *expected != chain_id) {
        return Err(SightError::OtherChain {
            found: chain_id,
            expected,
        });
    }
    let storage = target.storage.or_else(|| storage_of(chain_id));
    Ok(Subject {
        storage: storage.ok_or(SightError::UnknownChain(chain_id))?,
        node: target.node,
        is_safe: target.is_safe,
    })
}

/// One view on its way.
struct Reading {
    block: Anchor,
    answers: Answers,
    view: Option<View>,
    is_over: bool,
}

impl Reading {
    fn of(block: Anchor, answers: Answers) -> Self {
        Self {
            block,
            answers,
            view: None,
            is_over: false,
        }
    }

    /// What else is to be asked.
    fn step(&mut self, subject: &Subject) -> Result<Vec<Question>, SightError> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let block = self.block.number;
        let round = read(subject, &self.answers);
        match round.map_err(|fault| SightError::Fault { block, fault })? {
            Round::Ask(questions) => Ok(questions),
            Round::Done(view) => {
                self.view = Some(view);
                self.is_over = true;
                Ok(Vec::new())
            }
        }
    }
}

/// Takes both readings to their ends.
async fn read_both(
    states: &mut States,
    subject: &Subject,
    both: &mut [Reading; 2],
) -> Result<(), SightError> {
    loop {
        let mut asked = Vec::new();
        for reading in both.iter_mut() {
            asked.push(reading.step(subject)?);
        }
        let blocks = both.each_ref().map(|reading| reading.block);
        let worded = blocks.iter().zip(&asked).flat_map(|(block, questions)| {
            questions
                .iter()
                .map(|question| (*block, state_of(question)))
        });
        let worded: Vec<_> = worded.collect();
        if worded.is_empty() {
            return Ok(());
        }
        let mut answers = states.ask(&worded).await?.into_iter();
        for (reading, questions) in both.iter_mut().zip(asked) {
            let answered = answers.by_ref().map(answer_of);
            reading.answers.extend(questions.into_iter().zip(answered));
        }
    }
}

/// Reads something of one block in rounds.
pub(in crate::pool) async fn rounds<T>(
    states: &mut States,
    block: Anchor,
    read: impl Fn(&Answers) -> Result<Round<T>, Fault>,
) -> Result<T, SightError> {
    let mut answers = Answers::new();
    loop {
        let round = read(&answers).map_err(|fault| SightError::Fault {
            block: block.number,
            fault,
        })?;
        let questions = match round {
            Round::Done(value) => return Ok(value),
            Round::Ask(questions) => questions,
        };
        let worded: Vec<_> = questions.iter().map(|it| (block, state_of(it))).collect();
        let answered = states.ask(&worded).await?.into_iter().map(answer_of);
        answers.extend(questions.into_iter().zip(answered));
    }
}

pub(in crate::pool) fn state_of(question: &Question) -> StateQuestion {
    match question {
        Question::Call(to, data) => StateQuestion::Call(*to, data.clone()),
        Question::Balance(account) => StateQuestion::Balance(*account),
        Question::Code(at) => StateQuestion::Code(*at),
    }
}

pub(in crate::pool) fn answer_of(answer: StateAnswer) -> Answer {
    match answer {
        StateAnswer::Bytes(bytes) => Answer::Bytes(bytes),
        StateAnswer::Reverted(reason) => Answer::Reverted(reason),
    }
}

#[cfg(test)]
mod tests;
