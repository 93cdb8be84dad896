//! Why nothing is sent now, or no more, in words for the operator.

use alloy_primitives::U256;
use alloy_primitives::utils::format_ether;
use proto::definition::checksummed;
use proto::{Address, Root};
use thiserror::Error;

use super::call::StepId;
use super::fees::NoPrice;

/// Why nothing is sent now. It passes by itself, or when the operator has done what is said.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Why {
    /// It waits for a block.
    #[error("{step} is under way at nonce {nonce} in {transaction}")]
    UnderWay {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
        /// The newest transaction.
        transaction: Root,
    },
    /// It waits for a block, and would be worded otherwise by now.
    #[error(
        "{step} is under way at nonce {nonce} in {transaction} as it was signed, and would have \
         other contents by now: it is kept as it is, and its fee raised if need be, until it or \
         something else is in a block"
    )]
    Outdated {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
        /// The newest transaction.
        transaction: Root,
    },
    /// The nonce is used up, and the effect is not there.
    #[error(
        "nonce {nonce} of {step} is used up and the contracts do not show the step done; other \
         blocks may still bring it, so it is not sent anew before that is final"
    )]
    Unsettled {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
    },
    /// What the account did lately is not final.
    #[error(
        "{step} must not happen twice: it is sent once all that {} has sent is final",
        checksummed(.account)
    )]
    NotFinal {
        /// The step.
        step: StepId,
        /// The account.
        account: Address,
    },
    /// Somebody else uses the account.
    #[error(
        "the account {} has a transaction under way that is not from here: wait until it is in a \
         block, or replace it where it was sent", checksummed(.0)
    )]
    Foreign(Address),
    /// The node shows less than was seen before.
    #[error(
        "the execution node shows nonce {shown} of {}, and {known} were used before: it is behind, \
         or follows another chain", checksummed(.account)
    )]
    Behind {
        /// The account.
        account: Address,
        /// By the node.
        shown: u64,
        /// By the outbox.
        known: u64,
    },
    /// It would fail now.
    #[error("{step} would fail now, so it is not sent: {reason}")]
    Reverts {
        /// The step.
        step: StepId,
        /// Why it is not kept as it is.
        reason: String,
    },
    /// Nobody knows whether it would.
    #[error("{0} could not be tried at the execution node, so it is not sent")]
    Untried(StepId),
    /// The price.
    #[error(transparent)]
    Price(#[from] NoPrice),
    /// The balance.
    #[error(
        "{step} may cost {} ETH and {} has {}: send {} ETH there",
        format_ether(*.needs), checksummed(.account), format_ether(*.has),
        format_ether(.needs.saturating_sub(*.has))
    )]
    Funds {
        /// The step.
        step: StepId,
        /// The account.
        account: Address,
        /// Wei.
        has: U256,
        /// Wei: value and highest fee.
        needs: U256,
    },
    /// The fee was raised as often as it may be.
    #[error(
        "{step} is under way at nonce {nonce} and its fee was raised as often as gantry does: it \
         gets into a block when gas is cheaper"
    )]
    RaisedOften {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
    },
}

impl Why {
    /// Whether it is about one step, and not about the account or what gas costs.
    pub fn is_of_one_step(&self) -> bool {
        match self {
            Self::Unsettled { .. }
            | Self::NotFinal { .. }
            | Self::Reverts { .. }
            | Self::Untried(_)
            | Self::Funds { .. } => true,
            Self::UnderWay { .. }
            | Self::Outdated { .. }
            | Self::Foreign(_)
            | Self::Behind { .. }
            | Self::Price(_)
            | Self::RaisedOften { .. } => false,
        }
    }

    /// Whether the contracts refuse it now.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Reverts { .. } => true,
            Self::UnderWay { .. }
            | Self::Outdated { .. }
            | Self::Unsettled { .. }
            | Self::NotFinal { .. }
            | Self::Foreign(_)
            | Self::Behind { .. }
            | Self::Untried(_)
            | Self::Price(_)
            | Self::Funds { .. }
            | Self::RaisedOften { .. } => false,
        }
    }
}

impl Stop {
    /// Whether it is about a step that is over, and not about what is under way.
    pub fn is_of_one_step(&self) -> bool {
        match self {
            Self::Unshown { .. }
            | Self::Unknown { .. }
            | Self::Cancelled(_)
            | Self::FailedOften { .. } => true,
            Self::Overtaken { .. } | Self::Changed { .. } => false,
        }
    }
}

/// Why a step is not sent any more until the operator has looked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Stop {
    /// It may get in although it is not wanted.
    #[error(
        "{step} at nonce {nonce} ({transaction}) may still get into a block, and the contracts \
         show it done already or no longer to be done: it could have its effect twice. Have it \
         emptied AT ONCE (--cancel)"
    )]
    Overtaken {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
        /// The newest transaction.
        transaction: Root,
        /// Whether the node has lost it, or others have offered more for long.
        is_held_up: bool,
    },
    /// Other contents are wanted than were sent, and not only because somebody has put ether in.
    #[error(
        "{step} is under way at nonce {nonce} with other contents than are wanted now, and \
         {reason}. It is neither sent again nor replaced by others. Wait until it is in a block, \
         or have it emptied (--cancel)"
    )]
    Changed {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
        /// The contract's.
        reason: String,
    },
    /// It had no effect although it succeeded.
    #[error(
        "{step} is in a block by {transaction} and succeeded, and the contracts do not show it \
         done: it is not sent again. Look at that transaction, and at whether your execution node \
         tells the truth; only then send it anew (--again)"
    )]
    Unshown {
        /// The step.
        step: StepId,
        /// The transaction.
        transaction: Root,
    },
    /// Nobody knows what has used up the nonce.
    #[error(
        "nonce {nonce} of {step} is used up, the step is not done, and the execution node shows \
         none of its transactions: another transaction took its place, or the node has lost it. \
         Look at the account; only then send it anew (--again)"
    )]
    Unknown {
        /// The step.
        step: StepId,
        /// Its nonce.
        nonce: u64,
    },
    /// The operator wanted it emptied.
    #[error(
        "{0} was cancelled by the operator: it is sent anew only if that is asked for (--again)"
    )]
    Cancelled(StepId),
    /// It fails again and again.
    #[error(
        "{step} has failed in {times} blocks, at last by {transaction}: look at what they say \
         before it is sent anew (--again)"
    )]
    FailedOften {
        /// The step.
        step: StepId,
        /// How often.
        times: usize,
        /// The last transaction.
        transaction: Root,
    },
}
