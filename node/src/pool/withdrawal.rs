//! The Safe at a withdrawal address, read from the own execution node: how it is at two blocks, its
//! log since it is there, and the transactions that had it do something.
//!
//! Never here: whether it is one to trust, which the core says.

use std::collections::BTreeMap;

use alloy::primitives::keccak256;
use node_core::pool::book::Round;
use node_core::pool::withdrawal::history::{Logged, NAMES, Outline, Sent};
use node_core::pool::withdrawal::{Kept, Owned, Seen, Unfit, read};
use proto::{Address, Root};

use super::{SightError, answer_of, state_of};
use crate::execution::{
    Anchor, Anchors, Entry, ExecutionError, StateAnswer, StateQuestion, States,
};

/// Looks at the Safe at this address, and has it judged: as it is, if it is the operators' own.
///
/// # Errors
/// If the execution node does not answer, or not what can be right.
pub async fn look(
    states: &mut States,
    at: &Address,
    (anchors, agreed): (&Anchors, &Owned),
) -> Result<Result<Kept, Unfit>, SightError> {
    let head = match kept(states, at, anchors.head).await? {
        Ok(head) => head,
        Err(why) => return Ok(Err(why)),
    };
    let finalised = match anchors.head == anchors.finalised {
        true => head.clone(),
        false => match kept(states, at, anchors.finalised).await? {
            Ok(finalised) => finalised,
            Err(why) => return Ok(Err(why)),
        },
    };
    if let Err(why) = head.check(agreed) {
        return Ok(Err(why));
    }
    let names = NAMES.map(Root::from);
    let whole = states.log_of(at, &names, &anchors.head).await?;
    let log: Vec<Logged> = whole.into_iter().map(logged).collect();
    let outline = match Outline::of(at, &log, head.state.nonce) {
        Ok(outline) => outline,
        Err(why) => return Ok(Err(why)),
    };
    let made = states.logged_in(&outline.made_in).await?;
    let made: Vec<Logged> = made.into_iter().flatten().map(logged).collect();
    let sent = states.transactions(&outline.executed_in).await?;
    let sent = sent.into_iter().map(|it| {
        let (to, input) = (it.to, it.input);
        (it.hash, Sent { to, input })
    });
    let sent: BTreeMap<Root, Sent> = sent.collect();
    let parts = match outline.parts(at, &made, &sent) {
        Ok(parts) => parts,
        Err(why) => return Ok(Err(why)),
    };
    let codes = codes(states, parts.iter().map(|(at, _)| *at), anchors.head).await?;
    states.check([anchors.head, anchors.finalised]).await?;
    let seen = Seen {
        at: *at,
        kept: [&head, &finalised],
        log: &log,
        made: &made,
        sent: &sent,
        codes: &codes,
    };
    Ok(seen.judge(agreed).map(|()| head))
}

/// How it is at one block.
async fn kept(
    states: &mut States,
    at: &Address,
    block: Anchor,
) -> Result<Result<Kept, Unfit>, SightError> {
    let mut answers = [].into();
    loop {
        let round = read(at, &answers).map_err(|fault| SightError::Fault {
            block: block.number,
            fault,
        })?;
        let questions = match round {
            Round::Done(kept) => return Ok(kept),
            Round::Ask(questions) => questions,
        };
        let worded: Vec<_> = questions.iter().map(|it| (block, state_of(it))).collect();
        let answered = states.learn(&worded).await?.into_iter().map(answer_of);
        answers.extend(questions.into_iter().zip(answered));
    }
}

/// The Keccak-256 of the code at each of these addresses.
async fn codes(
    states: &mut States,
    of: impl Iterator<Item = Address>,
    block: Anchor,
) -> Result<BTreeMap<Address, Root>, ExecutionError> {
    let questions: Vec<_> = of.map(|at| (block, StateQuestion::Code(at))).collect();
    let answers = states.ask(&questions).await?;
    let hashed = |(question, answer)| match (question, answer) {
        (&(_, StateQuestion::Code(at)), StateAnswer::Bytes(code)) => {
            Some((at, keccak256(code).0.into()))
        }
        _ => None,
    };
    Ok(questions.iter().zip(answers).filter_map(hashed).collect())
}

fn logged(entry: Entry) -> Logged {
    Logged {
        by: entry.by,
        topics: entry.topics,
        data: entry.data,
        transaction: entry.transaction,
    }
}
