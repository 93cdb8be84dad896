//! What the own execution node shows of the operators' money beside the state of the contracts:
//! who has paid in, whether the withdrawal Safe was tried, what it has, and whether it could make a
//! call.
//!
//! Never here: what follows from that, which the core says.

use alloy::primitives::keccak256;
use node_core::pool::contracts::Contract;
use node_core::pool::errand::purse::Purses;
use node_core::pool::funding::paid::{Contributions, DEPOSIT_FOR, Paid, indexed};
use node_core::pool::plan::Call;
use node_core::pool::sight::Sight;
use node_core::pool::withdrawal::birth::Logged;
use node_core::pool::withdrawal::rehearsal::Rehearsal;
use node_core::safe::known::{self, Part};
use proto::agreement::PoolTerms;
use proto::{Address, Root};

use super::withdrawal::logged;
use super::{SightError, anchors, rounds};
use crate::execution::{Anchor, Entry, ExecutionError, StateAnswer, StateQuestion, States, Wanted};

/// The most payments of the operators' own accounts, and the most times that a Safe acted: enough
/// for thirty years with one a day.
const MOST_OWN: usize = 10_000;
/// The most payments of others that are read: whoever likes can make some.
const MOST_OTHERS: usize = 1_000;

/// What was paid in, up to the finalised block.
#[derive(Debug)]
pub struct Payments {
    /// By whom.
    pub by: Contributions,
    /// Whether others have paid so often that only what the declared accounts have paid is here.
    pub is_crowded: bool,
    /// The first block whose log the node has.
    pub since: u64,
}

/// Who has paid in for the node, up to the finalised block.
///
/// # Errors
/// If the node does not answer.
pub async fn payments(
    states: &mut States,
    sight: &Sight,
    terms: &PoolTerms,
) -> Result<Payments, ExecutionError> {
    let Some(place) = sight.head.contracts.at(Contract::NodeDeposit) else {
        return Ok(Payments {
            by: Contributions::of(&[], terms),
            is_crowded: false,
            since: 0,
        });
    };
    let (node, last) = (sight.node, sight.finalised_block.number);
    let declared = terms.members.iter().flat_map(|member| &member.funding);
    let declared: Vec<Root> = declared.map(indexed).collect();
    let of = |from: Vec<Root>, most| Wanted {
        contract: place.address,
        topics: vec![vec![DEPOSIT_FOR.into()], vec![indexed(&node)], from],
        most,
    };
    let all = states.log_of(&of(Vec::new(), MOST_OTHERS), last).await;
    let (entries, since, is_crowded) = match all {
        Ok((entries, since)) => (entries, since, false),
        Err(ExecutionError::LongLog(_)) if declared.is_empty() => (Vec::new(), 0, true),
        Err(ExecutionError::LongLog(_)) => {
            let (entries, since) = states.log_of(&of(declared, MOST_OWN), last).await?;
            (entries, since, true)
        }
        Err(error) => return Err(error),
    };
    let paid = entries.into_iter().map(logged);
    let paid: Vec<Paid> = paid.filter_map(|it| Paid::read(&it, &node)).collect();
    Ok(Payments {
        by: Contributions::of(&paid, terms),
        is_crowded,
        since,
    })
}

/// How far the operators have tried the withdrawal Safe, up to the block `last`.
///
/// # Errors
/// If the node does not answer.
pub async fn rehearsal(
    states: &mut States,
    terms: &PoolTerms,
    last: Anchor,
) -> Result<Rehearsal, ExecutionError> {
    let mut all: Vec<Entry> = Vec::new();
    for topics in Rehearsal::events(terms) {
        let wanted = Wanted {
            contract: terms.withdrawal,
            topics,
            most: MOST_OWN,
        };
        all.extend(states.log_of(&wanted, last.number).await?.0);
    }
    all.sort_by_key(|entry| entry.place);
    let all: Vec<Logged> = all.into_iter().map(logged).collect();
    Ok(Rehearsal::read(&all, terms))
}

/// What these accounts have at the newest block.
///
/// # Errors
/// If the node does not answer, or not what can be right.
pub async fn purses(
    states: &mut States,
    sight: &Sight,
    accounts: &[Address],
) -> Result<Purses, SightError> {
    let contracts = &sight.head.contracts;
    let block = anchors(sight).head;
    rounds(states, block, |answers| {
        Purses::read(contracts, accounts, answers)
    })
    .await
}

/// Through which contract a Safe with this singleton makes several calls at once: that of Safe's
/// own that is there with Safe's own code; else where it would have to be.
///
/// # Errors
/// If the node does not answer.
pub async fn batch(
    states: &mut States,
    singleton: &str,
    block: Anchor,
) -> Result<Result<Address, Vec<Address>>, ExecutionError> {
    let places = known::batches(singleton);
    let questions = places.iter().map(|at| (block, StateQuestion::Code(*at)));
    let answers = states.ask(&questions.collect::<Vec<_>>()).await?;
    let is_there = |(at, answer): (&Address, StateAnswer)| match answer {
        StateAnswer::Bytes(code) => {
            let code = Root::from(keccak256(code).0);
            known::version(Part::Batch, at, &code).map(|_| *at)
        }
        StateAnswer::Reverted(_) => None,
    };
    let found = places.iter().zip(answers).find_map(is_there);
    Ok(found.ok_or(places))
}

/// With which words a call from this account would be refused at the newest block; none if it
/// would not.
///
/// # Errors
/// If the node does not answer.
pub async fn refusal(
    states: &mut States,
    sight: &Sight,
    (from, call): (Address, &Call),
) -> Result<Option<String>, ExecutionError> {
    let question = StateQuestion::Simulation {
        from,
        to: call.to.address,
        value: call.value.0.to_be_bytes::<32>(),
        data: call.data.clone(),
    };
    let answers = states.ask(&[(anchors(sight).head, question)]).await?;
    let refused = answers.into_iter().find_map(|answer| match answer {
        StateAnswer::Reverted(reason) => Some(reason),
        StateAnswer::Bytes(_) => None,
    });
    Ok(refused)
}
