//! What would become of the steps of a plan if they were in the block after the newest one: every
//! call is made there, and nothing is sent.

use node_core::pool::plan::{Sender, Step};
use node_core::pool::sight::Sight;
use proto::Address;
use serde::Serialize;

use crate::execution::{Anchor, ExecutionError, StateAnswer, StateQuestion, States};

/// What a call would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "said", rename_all = "snake_case")]
pub enum Simulated {
    /// It would be done.
    Passes,
    /// The contract, or the chain, would refuse it, and says why.
    Refused(String),
    /// There is nothing to call yet.
    NotYet,
}

/// Simulates each step at the newest block that was seen, in one request.
///
/// # Errors
/// If the execution node does not answer, or the chain has turned away from that block.
pub async fn simulate(
    states: &mut States,
    sight: &Sight,
    steps: &[Step],
) -> Result<Vec<Simulated>, ExecutionError> {
    let block = Anchor {
        number: sight.head_block.number,
        hash: sight.head_block.hash,
        time: sight.head_block.time,
    };
    let calls = steps.iter().filter_map(|step| {
        let call = step.call()?;
        Some((
            block,
            StateQuestion::Simulation {
                from: sender(step, sight),
                to: call.to.address,
                value: call.value.0.to_be_bytes(),
                data: call.data.clone(),
            },
        ))
    });
    let calls: Vec<_> = calls.collect();
    let mut answers = Vec::new();
    if !calls.is_empty() {
        answers = states.ask(&calls).await?;
        states.check([block, block]).await?;
    }
    let mut answers = answers.into_iter();
    let outcome = |step: &Step| match step.call().and_then(|_| answers.next()) {
        Some(StateAnswer::Bytes(_)) => Simulated::Passes,
        Some(StateAnswer::Reverted(reason)) => Simulated::Refused(reason),
        None => Simulated::NotYet,
    };
    Ok(steps.iter().map(outcome).collect())
}

/// In whose name a step is simulated: whoever may send it, and the node account where others may.
fn sender(step: &Step, sight: &Sight) -> Address {
    match step.sender {
        Sender::Node | Sender::NodeOrWithdrawal | Sender::Anybody => sight.node,
        Sender::Itself(account) => account,
    }
}
