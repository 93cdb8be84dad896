//! The steps that `gantry pool send` knows by name.

use clap::ValueEnum;
use node_core::pool::open_step::OpenStep;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    /// Split the rewards that lie in the node's megapool.
    Distribute,
    /// Give the node's validator at the top of the queue its ether.
    Assign,
    /// Prove that a validator is the node's, so that it gets its other 31 ETH.
    Stake,
    /// Prove that a validator leaves: in time, or it costs a fine.
    NotifyExit,
    /// Prove that a validator does not leave, which somebody has said.
    NotifyNotExit,
    /// Prove what came back of a validator. The node account and its withdrawal address may at
    /// once, others after days.
    FinalBalance,
    /// Pay what the megapool owes, with ether of your own account.
    RepayDebt,
    /// Have what the node gets back paid to its withdrawal address. The node account and that
    /// address may.
    Claim,
    /// Only the coordinator sends this and those below. With --cancel or --again, and its account,
    /// while its `gantry run` is stopped.
    Register,
    ProposeWithdrawal,
    ProposeRplWithdrawal,
    DeployMegapool,
    JoinSmoothingPool,
    LeaveSmoothingPool,
    Dequeue,
    Deposit,
}

impl Step {
    /// As it is taken by hand; none if only the coordinator takes it.
    pub(super) fn open(self) -> Option<OpenStep> {
        match self {
            Self::Distribute => Some(OpenStep::Distribute),
            Self::Assign => Some(OpenStep::Assign),
            Self::Stake => Some(OpenStep::Stake),
            Self::NotifyExit => Some(OpenStep::NotifyExit),
            Self::NotifyNotExit => Some(OpenStep::NotifyNotExit),
            Self::FinalBalance => Some(OpenStep::FinalBalance),
            Self::RepayDebt => Some(OpenStep::RepayDebt),
            Self::Claim => Some(OpenStep::Claim),
            Self::Register
            | Self::ProposeWithdrawal
            | Self::ProposeRplWithdrawal
            | Self::DeployMegapool
            | Self::JoinSmoothingPool
            | Self::LeaveSmoothingPool
            | Self::Dequeue
            | Self::Deposit => None,
        }
    }

    /// With what its name begins in the outbox: what the operator types.
    pub(super) fn kind(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |it| it.get_name().to_owned())
    }
}

#[cfg(test)]
mod tests;
