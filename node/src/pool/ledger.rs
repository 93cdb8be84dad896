//! The ledger's next period, read from the own execution node: from where the books end to the
//! finalised block.
//!
//! Logs come first. Blocks are read only if more has come than logs explain, since most have
//! nothing of ours.
//!
//! [`kept`] is the file.
//!
//! Never here: what an entry of a log means, and what follows from it.

pub mod kept;

use node_core::pool::ledger::account::{Amount, Held, Move, Outside, Reason};
use node_core::pool::ledger::books::End;
use node_core::pool::ledger::fact::{Fact, Scene, Seen, Sent, What};
use node_core::pool::ledger::holdings::{Arrivals, Holdings};
use node_core::pool::ledger::period::{Blocks, Mark, Period};
use node_core::pool::sight::Sight;
use node_core::pool::view::View;
use proto::agreement::PoolTerms;
use proto::{Address, Root};
use thiserror::Error;

use super::funds::payments;
use super::withdrawal::logged;
use super::{SightError, anchors, rounds};
use crate::execution::{ExecutionError, SpanLogs, States};

/// The most entries of one log that are taken in a period.
const MOST_ENTRIES: usize = 4_096;
/// The same where whoever likes can make some: of one that has more, all is unexplained.
const MOST_OPEN: usize = 512;
/// The most blocks of one period that are read: a day of mainnet and some hours.
const MOST_BLOCKS: u64 = 8_192;
/// How many of them at once.
const BLOCKS_AT_ONCE: u64 = 128;
/// A time in which nothing has happened has a line of its own once it is so many blocks long.
const QUIET_BLOCKS: u64 = 256;

/// Why the ledger does not go on.
#[derive(Debug, Error)]
pub enum LedgerError {
    #[error(transparent)]
    Sight(#[from] SightError),
    #[error(
        "the ledger ends with block {block}, {ours}, which was final, and your execution node now \
         has {theirs} there. Nothing was changed in the ledger. Compare that block with another \
         operator and with another node: if the ledger's is wrong, move pool-ledger.jsonl away, \
         and it begins anew"
    )]
    Turned {
        block: u64,
        ours: Root,
        theirs: Root,
    },
}

impl From<ExecutionError> for LedgerError {
    fn from(error: ExecutionError) -> Self {
        Self::Sight(error.into())
    }
}

/// What has been since the books ended, up to the finalised block of this sight; none if that is
/// no further. Where the books have no end, or that of other addresses at this block, it says what
/// there is.
///
/// # Errors
/// If the node does not answer, or has another block where the books end.
pub async fn next(
    states: &mut States,
    sight: &Sight,
    terms: &PoolTerms,
    end: Option<&End>,
) -> Result<Option<Period>, LedgerError> {
    let Some(view) = &sight.finalised else {
        return Ok(None);
    };
    let to = Mark::from(sight.finalised_block);
    if end.is_some_and(|end| to.number < end.mark.number) {
        return Ok(None);
    }
    if let Some(end) = end {
        still_there(states, end, &to).await?;
    }
    // Where the addresses are others now, what was until then comes first.
    let arrivals = match end.filter(|end| end.mark != to) {
        Some(end) => end.arrivals,
        None => Arrivals::agreed(terms),
    };
    if end.is_some_and(|end| end.mark == to && end.arrivals == arrivals) {
        return Ok(None);
    }
    let block = anchors(sight).finalised;
    let holdings = rounds(states, block, |answers| {
        Holdings::read(view, &arrivals, answers)
    })
    .await?;
    let mut period = Period {
        after: None,
        to,
        arrivals,
        facts: Vec::new(),
        holdings,
        blocks: Blocks::Unneeded,
    };
    match end.filter(|end| end.arrivals == arrivals) {
        Some(end) => {
            period.after = Some(end.mark);
            follow(states, ((sight.node, terms), view), end, &mut period).await?;
        }
        None if end.is_none() => period.facts = paid_before(states, sight, terms).await?,
        None => {}
    }
    states.check([block, block]).await?;
    Ok(Some(period))
}

/// Whether a period is worth a line; always if it is the last one of addresses that are others now.
pub fn is_worth_a_line(period: &Period, end: Option<&End>, terms: &PoolTerms) -> bool {
    let Some(end) = end.filter(|end| end.arrivals == Arrivals::agreed(terms)) else {
        return true;
    };
    let blocks = period.to.number.saturating_sub(end.mark.number);
    !period.is_quiet(&end.holdings) || blocks >= QUIET_BLOCKS
}

/// That what was final still is.
async fn still_there(states: &mut States, end: &End, to: &Mark) -> Result<(), LedgerError> {
    let block = end.mark.number;
    let theirs = match to.number == block {
        true => Some(to.hash),
        false => states
            .paying((block, block))
            .await?
            .first()
            .map(|it| it.hash),
    };
    match theirs {
        Some(theirs) if theirs != end.mark.hash => Err(LedgerError::Turned {
            block,
            ours: end.mark.hash,
            theirs,
        }),
        Some(_) => Ok(()),
        None => Err(ExecutionError::NoBlock.into()),
    }
}

/// Who had paid in before the ledger begins.
async fn paid_before(
    states: &mut States,
    sight: &Sight,
    terms: &PoolTerms,
) -> Result<Vec<Fact>, LedgerError> {
    let by = payments(states, sight, terms).await?.by;
    let declared = by.operators.iter().flat_map(|it| &it.accounts);
    let facts = declared.chain(&by.undeclared).filter_map(|(from, wei)| {
        let amount = Amount::of_wei(*wei)?;
        let moved = Move::ether(amount, Outside::Payer(*from), Held::NodeEther);
        Some(Fact {
            block: sight.finalised_block.number,
            transaction: None,
            what: What::Moved(Reason::PaidIn, moved),
        })
    });
    Ok(facts.collect())
}

/// Reads the facts of a period that begins where the books end.
async fn follow(
    states: &mut States,
    ((node, terms), view): ((Address, &PoolTerms), &View),
    end: &End,
    period: &mut Period,
) -> Result<(), LedgerError> {
    let scene = Scene::of(view, node, period.arrivals, terms);
    let blocks = (end.mark.number + 1, period.to.number);
    let (seen, is_whole) = logs(states, &scene, blocks).await?;
    let executions = scene.executions(&seen);
    period.facts = scene.facts(seen);
    let hashes: Vec<Root> = executions.iter().map(|(_, _, hash)| *hash).collect();
    let sent = states.transactions(&hashes).await?;
    for (execution, sent) in executions.into_iter().zip(sent) {
        if let Some((to, input)) = sent {
            period
                .facts
                .extend(scene.paid(execution, &Sent { to, input }));
        }
    }
    if !is_whole {
        period.blocks = Blocks::Unread;
    }
    if period.lacks_blocks(&end.holdings).is_some() {
        let read = in_blocks(states, &scene, (end.mark.hash, blocks, period.to.hash)).await?;
        match read {
            Some(facts) => {
                period.facts.extend(facts);
                if is_whole {
                    period.blocks = Blocks::Read;
                }
            }
            None => period.blocks = Blocks::Unread,
        }
    }
    // Within a block as they were read: only what one transaction has logged has an order.
    period.facts.sort_by_key(|fact| fact.block);
    Ok(())
}

/// The logs that are sought in these blocks, and whether it is all of them.
async fn logs(
    states: &mut States,
    scene: &Scene,
    blocks: (u64, u64),
) -> Result<(Vec<Seen>, bool), LedgerError> {
    let (mut all, mut is_whole) = (Vec::new(), true);
    for sought in scene.sought() {
        let wanted = SpanLogs {
            by: sought.by,
            topics: sought.topics,
            blocks,
            most: if sought.is_open {
                MOST_OPEN
            } else {
                MOST_ENTRIES
            },
        };
        let found = match states.logs_in(&wanted).await {
            Err(ExecutionError::LongLog(_)) => {
                is_whole = false;
                continue;
            }
            found => found?,
        };
        all.extend(found.into_iter().map(|entry| Seen {
            place: entry.place,
            entry: logged(entry),
        }));
    }
    Ok((all, is_whole))
}

/// What the blocks after the one with the hash `after`, up to that with the hash `to`, show of
/// withdrawals and tips; none if they are too many.
async fn in_blocks(
    states: &mut States,
    scene: &Scene,
    (after, (first, last), to): (Root, (u64, u64), Root),
) -> Result<Option<Vec<Fact>>, LedgerError> {
    if last.saturating_sub(first) >= MOST_BLOCKS {
        return Ok(None);
    }
    let (mut facts, mut before, mut next) = (Vec::new(), after, first);
    while next <= last {
        let until = last.min(next + (BLOCKS_AT_ONCE - 1));
        for block in states.paying((next, until)).await? {
            let number = block.number;
            if block.parent != before {
                return Err(ExecutionError::Moved { block: number }.into());
            }
            before = block.hash;
            let withdrawn = block.withdrawals.iter();
            facts.extend(withdrawn.filter_map(|(at, gwei)| scene.withdrawn(number, at, *gwei)));
            facts.extend(scene.proposed(number, &block.payee));
        }
        next = until + 1;
    }
    match before == to {
        true => Ok(Some(facts)),
        false => Err(ExecutionError::Moved { block: last }.into()),
    }
}

#[cfg(test)]
mod tests;
