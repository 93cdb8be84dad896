//! How a validator stands on the chain, and whether that lets it leave.
//!
//! Source: consensus-specs `phase0/beacon-chain.md` (`process_voluntary_exit`), unchanged since but
//! for Electra's rule on pending withdrawals, which the beacon node itself applies.

use proto::Epoch;
use proto::eth::{ChainSpec, ValidatorIndex};
use thiserror::Error;

/// `FAR_FUTURE_EPOCH`: what has not been set.
pub const FAR_FUTURE: Epoch = Epoch(u64::MAX);

/// What the chain knows of a validator that wants to leave, at the head of the own beacon node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// Its index.
    pub index: ValidatorIndex,
    /// Whether it has duties.
    pub active: bool,
    /// Its first epoch with duties.
    pub activation_epoch: Epoch,
    /// Its first epoch without, or [`FAR_FUTURE`].
    pub exit_epoch: Epoch,
    /// From when on its balance is withdrawn, or [`FAR_FUTURE`].
    pub withdrawable_epoch: Epoch,
}

/// Why the chain would not take an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Hindrance {
    /// The chain does not know the validator.
    #[error(
        "by the own beacon node the chain has no such validator, so there is nothing to exit: its \
         deposit was never sent, or is still on its way, which takes hours, and weeks in a queue. \
         If it was sent, approve once `gantry status` counts it among those known to the chain. If \
         not, it needs no exit; at Rocket Pool, agree on fewer validators (`gantry pool agree new \
         --validators NUMBER`)"
    )]
    Unknown,
    /// It is not active.
    #[error("the validator is not active, by the own beacon node: only an active one can leave")]
    NotActive,
    /// It leaves already.
    #[error("the validator leaves already: exit epoch {0}")]
    Leaves(Epoch),
    /// The exit's epoch has not begun.
    #[error("epoch {0} of the exit has not begun: check the clocks of who approved it first")]
    ToCome(Epoch),
    /// It has not been active for long enough.
    #[error(
        "the validator has not been active long enough to leave (SHARD_COMMITTEE_PERIOD): it may \
         from epoch {0} on"
    )]
    TooYoung(Epoch),
}

impl Leaving {
    /// Whether the chain shows that it leaves.
    pub fn is_leaving(&self) -> bool {
        self.exit_epoch != FAR_FUTURE
    }
}

/// The index of a validator whose exit in `epoch` the chain would take in epoch `now`.
///
/// # Errors
/// Why it would not.
pub fn may_leave(
    standing: Option<&Leaving>,
    (epoch, now): (Epoch, Epoch),
    chain: &ChainSpec,
) -> Result<ValidatorIndex, Hindrance> {
    let known = standing.ok_or(Hindrance::Unknown)?;
    let ripe = known.activation_epoch.0;
    let ripe = Epoch(ripe.saturating_add(chain.shard_committee_period()));
    if known.is_leaving() {
        Err(Hindrance::Leaves(known.exit_epoch))
    } else if !known.active {
        Err(Hindrance::NotActive)
    } else if epoch > now {
        Err(Hindrance::ToCome(epoch))
    } else if now < ripe {
        Err(Hindrance::TooYoung(ripe))
    } else {
        Ok(known.index)
    }
}
