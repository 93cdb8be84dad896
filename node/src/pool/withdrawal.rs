//! The Safe at a withdrawal address, read from the own execution node: how it is at two blocks, and
//! the log of the transaction in which it was made.
//!
//! How it was made is read once: that stays.
//!
//! Never here: whether it is one to trust, which the core says.

use std::collections::BTreeMap;

use alloy::primitives::keccak256;
use node_core::pool::withdrawal::birth::{Birth, Logged, SET_UP};
use node_core::pool::withdrawal::{Kept, Owned, Seen, Unfit, read};
use proto::agreement::PoolTerms;
use proto::{Address, Root};

use super::{SightError, rounds};
use crate::execution::{
    Anchor, Anchors, Entry, ExecutionError, StateAnswer, StateQuestion, States, Wanted,
};

/// The most setups that are read of a Safe, which has one.
const MOST_SETUPS: usize = 64;

/// How Safes were made, as far as that is final.
pub type Births = BTreeMap<Address, Birth>;

/// An address, and the Safe at it if that is the operators' own, else what speaks against it.
pub type Judged = (Address, Result<Kept, Unfit>);

/// Looks at both withdrawal addresses of these terms, once where they are one, and has the Safes at
/// them judged.
///
/// # Errors
/// If the execution node does not answer, or not what can be right.
pub async fn look_at_both(
    (states, births): (&mut States, &mut Births),
    terms: &PoolTerms,
    (anchors, agreed): (&Anchors, &Owned),
) -> Result<Vec<Judged>, SightError> {
    let mut all = vec![terms.withdrawal, terms.rpl_withdrawal];
    all.dedup();
    let mut judged = Vec::new();
    for at in all {
        let through = (&mut *states, &mut *births);
        judged.push((at, look(through, &at, (anchors, agreed)).await?));
    }
    Ok(judged)
}

/// Looks at the Safe at this address, and has it judged.
async fn look(
    (states, births): (&mut States, &mut Births),
    at: &Address,
    (anchors, agreed): (&Anchors, &Owned),
) -> Result<Result<Kept, Unfit>, SightError> {
    let head = match kept(states, at, anchors.head).await? {
        Ok(head) => head,
        Err(why) => return Ok(Err(why)),
    };
    let finalised = match anchors.head == anchors.finalised {
        true => Ok(head.clone()),
        false => kept(states, at, anchors.finalised).await?,
    };
    let finalised = match finalised {
        Ok(finalised) => finalised,
        Err(why) => return Ok(Err(why.when_finalised())),
    };
    let birth = match births.get(at) {
        Some(birth) => birth.clone(),
        None => match born(states, at, anchors.finalised).await? {
            Ok(birth) => births.entry(*at).or_insert(birth).clone(),
            Err(why) => return Ok(Err(why)),
        },
    };
    let codes = codes(states, &birth, anchors.head).await?;
    states.check([anchors.head, anchors.finalised]).await?;
    let seen = Seen {
        kept: [&head, &finalised],
        birth: &birth,
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
    rounds(states, block, |answers| read(at, answers)).await
}

/// How it was made, up to the block `last`.
async fn born(
    states: &mut States,
    at: &Address,
    last: Anchor,
) -> Result<Result<Birth, Unfit>, ExecutionError> {
    let wanted = Wanted {
        contract: *at,
        topics: vec![vec![SET_UP.into()]],
        most: MOST_SETUPS,
    };
    let (setups, _) = states.log_of(&wanted, last.number).await?;
    let [setup] = &setups[..] else {
        return Ok(Err(Unfit::Setups(setups.len())));
    };
    let all = states.logged_in(&setup.block, &setup.transaction).await?;
    let all: Vec<Logged> = all.into_iter().map(logged).collect();
    Ok(Birth::read(at, &all))
}

/// The Keccak-256 of the code of each contract that had to do with it.
async fn codes(
    states: &mut States,
    birth: &Birth,
    block: Anchor,
) -> Result<BTreeMap<Address, Root>, ExecutionError> {
    let at: Vec<Address> = birth.parts.iter().map(|(at, _)| *at).collect();
    let questions = at.iter().map(|at| (block, StateQuestion::Code(*at)));
    let answers = states.ask(&questions.collect::<Vec<_>>()).await?;
    let hashed = answers.into_iter().map(|answer| match answer {
        StateAnswer::Bytes(code) => Root::from(keccak256(code).0),
        StateAnswer::Reverted(_) => Root::ZERO,
    });
    Ok(at.into_iter().zip(hashed).collect())
}

pub(super) fn logged(entry: Entry) -> Logged {
    Logged {
        by: entry.by,
        topics: entry.topics,
        data: entry.data,
        transaction: entry.transaction,
    }
}
