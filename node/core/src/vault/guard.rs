//! What one validator may sign after what it has signed: the rules of EIP-3076.
//!
//! The guard keeps watermarks, not every signature: a vote's target must be above every target
//! before it and its source not below any source, a block's slot above every slot. That is
//! stricter than slashability and implies it: a vote that surrounds another has a lower source, a
//! surrounded one a lower target. What was signed last is kept with its root, so that it can be
//! signed again (retries, later rounds, restarts), and so that a refusal shows its evidence.
//!
//! A duty has one value, whichever validators it is for: a reorganised chain may change those while
//! this peer restarts, and two COMMITs for one duty would convict it.
//!
//! Source: EIP-3076, conditions 1 to 6; consensus-specs `is_slashable_attestation_data`.
//!
//! Never here: state. Marks come in, a verdict goes out.

use proto::{DutyId, Root};

use super::Refusal;
use crate::record::{History, Joined, Marks, SignedProposal, SignedVote};

/// What the guard allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// To sign after it is recorded.
    New,
    /// To sign again: it is recorded already.
    Again,
}

/// Judges a vote.
pub(super) fn vote(marks: &Marks, asked: SignedVote) -> Result<Allowed, Refusal> {
    if asked.source > asked.target {
        return Err(Refusal::SourceAfterTarget {
            source_epoch: asked.source,
            target_epoch: asked.target,
        });
    }
    if marks.votes.contains(&asked) {
        return Ok(Allowed::Again);
    }
    for recorded in marks.votes.iter().copied() {
        if recorded.target == asked.target {
            return Err(Refusal::DoubleVote { recorded, asked });
        }
        if asked.source < recorded.source && recorded.target < asked.target {
            return Err(Refusal::Surrounds { recorded, asked });
        }
        if recorded.source < asked.source && asked.target < recorded.target {
            return Err(Refusal::Surrounded { recorded, asked });
        }
    }
    if let Some(watermark) = marks.watermarks.target.filter(|mark| asked.target <= *mark) {
        return Err(Refusal::TargetNotAbove { watermark, asked });
    }
    if let Some(watermark) = marks.watermarks.source.filter(|mark| asked.source < *mark) {
        return Err(Refusal::SourceBelow { watermark, asked });
    }
    Ok(Allowed::New)
}

/// Judges a block.
pub(super) fn proposal(marks: &Marks, asked: SignedProposal) -> Result<Allowed, Refusal> {
    if marks.blocks.contains(&asked) {
        return Ok(Allowed::Again);
    }
    if let Some(recorded) = marks.blocks.iter().find(|block| block.slot == asked.slot) {
        return Err(Refusal::DoubleProposal {
            recorded: *recorded,
            asked,
        });
    }
    if let Some(watermark) = marks.watermarks.slot.filter(|mark| asked.slot <= *mark) {
        return Err(Refusal::SlotNotAbove { watermark, asked });
    }
    Ok(Allowed::New)
}

/// Judges the value of a duty by the one that was signed in it before, for whichever validators.
pub(super) fn value(history: &History, duty: DutyId, asked: Root) -> Result<Allowed, Refusal> {
    match history.value(duty) {
        Some(recorded) if recorded != asked => Err(Refusal::SecondValue { duty, recorded }),
        Some(_) => Ok(Allowed::Again),
        None => Ok(Allowed::New),
    }
}

/// Judges a deposit at Rocket Pool by the node that was joined before.
pub(super) fn joined(recorded: Option<&Joined>, asked: &Joined) -> Result<(), Refusal> {
    match recorded {
        Some(recorded) if recorded.fixed != asked.fixed => Err(Refusal::OtherNode {
            recorded: recorded.fixed.node_account,
        }),
        Some(_) | None => Ok(()),
    }
}

/// Judges a deposit by what was deposited before.
pub(super) fn deposit(
    marks: &Marks,
    credentials: Root,
    gwei: u64,
    signing_root: Root,
) -> Result<Allowed, Refusal> {
    let Some(deposits) = &marks.deposits else {
        return Ok(Allowed::New);
    };
    if deposits.credentials != credentials {
        return Err(Refusal::OtherCredentials {
            recorded: deposits.credentials,
            asked: credentials,
        });
    }
    match deposits.signing_roots.get(&gwei) {
        None => Ok(Allowed::New),
        Some(recorded) if *recorded == signing_root => Ok(Allowed::Again),
        Some(recorded) => Err(Refusal::SecondDeposit {
            gwei,
            recorded: *recorded,
        }),
    }
}
