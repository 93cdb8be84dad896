//! Reads how the node account stands to the smoothing pool, when a proposal waits for it. What
//! takes long elsewhere in the thread holds this up for no longer than its turns last.

use std::time::Duration;

use node_core::duties::pool::{Stand, Where};
use node_core::pool::book::{Answers, Round};
use node_core::pool::payee::Standing;
use node_core::pool::view::Block;

use crate::execution::{Patience, States};
use crate::pool::{SightError, answer_of, state_of};

/// How long a node may be silent for which a proposal waits.
const SILENCE: Duration = Duration::from_secs(2);

/// Reads with connections of its own.
pub(super) struct Reader {
    execution_node: String,
    chain_id: u64,
    /// None as long as nothing was asked.
    states: Option<States>,
}

impl Reader {
    /// One of the node of this chain.
    pub(super) fn of(execution_node: String, chain_id: u64) -> Self {
        Self {
            execution_node,
            chain_id,
            states: None,
        }
    }

    /// Reads what is asked for.
    pub(super) async fn read(&mut self, stand: &Stand) -> Result<Standing, SightError> {
        let states = match &mut self.states {
            Some(states) => states,
            none => {
                let patience = Patience {
                    silence: SILENCE,
                    ..Patience::USUAL
                };
                none.insert(States::at(&self.execution_node, patience)?)
            }
        };
        read(states, self.chain_id, stand).await
    }
}

async fn read(states: &mut States, chain_id: u64, stand: &Stand) -> Result<Standing, SightError> {
    let (found, anchor) = match stand.at {
        Where::Newest => {
            let anchors = states.anchors().await?;
            (anchors.chain_id, anchors.head)
        }
        Where::After(hash) => states.block(&hash).await?,
    };
    if found != chain_id {
        return Err(SightError::OtherChain {
            found,
            expected: chain_id,
        });
    }
    let block = Block {
        number: anchor.number,
        hash: anchor.hash,
        time: anchor.time,
    };
    let mut answers = Answers::new();
    loop {
        let round = Standing::read(&stand.subject, (block, stand.guess), &answers);
        let questions = match round.map_err(|fault| SightError::Fault {
            block: block.number,
            fault,
        })? {
            Round::Done(standing) => {
                states.check([anchor; 2]).await?;
                return Ok(standing);
            }
            Round::Ask(questions) => questions,
        };
        let worded: Vec<_> = questions.iter().map(|it| (anchor, state_of(it))).collect();
        let answered = states.ask(&worded).await?.into_iter().map(answer_of);
        answers.extend(questions.into_iter().zip(answered));
    }
}

#[cfg(test)]
mod tests;
