//! The names of the rules, which stay, and who is at fault where one is broken.

use super::{Culprit, Refusal, When};

impl Refusal {
    /// The rule's name in logs, frames and metrics. It is stable.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::NotAgreed => "not_agreed",
            Self::ExecutionChain { .. } => "execution_chain",
            Self::BeaconChain { .. } => "beacon_chain",
            Self::DepositContract { .. } => "deposit_contract",
            Self::NoStorage => "no_storage",
            Self::OtherSight => "other_sight",
            Self::Moved => "contracts_not_final",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::OtherAgreement { .. } => "other_agreement",
            Self::OtherFixed { .. } => "other_fixed",
            Self::NotRegistered(_) => "not_registered",
            Self::OneKey => "one_key",
            Self::Safe { .. } => "node_safe",
            Self::SafeOwner { .. } => "node_safe_owner",
            Self::Withdrawal { .. } => "withdrawal_address",
            Self::NoOwners => "no_owners",
            Self::WithdrawalSafe { .. } => "withdrawal_safe",
            Self::Untried { .. } => "withdrawal_safe_untried",
            Self::PendingWithdrawal { .. } => "pending_withdrawal_address",
            Self::RplWithdrawal { .. } => "rpl_withdrawal_address",
            Self::PendingRplWithdrawal { .. } => "pending_rpl_withdrawal_address",
            Self::NoMegapool(_) => "no_megapool",
            Self::MegapoolAddress(_) => "megapool_address",
            Self::Credentials { .. } => "credentials",
            Self::Closed(_) => "deposits_closed",
            Self::Debt(_) => "debt",
            Self::Bond(_) => "bond",
            Self::Funds { .. } => "funds",
            Self::Count(_) => "count",
            Self::Order => "order",
            Self::NotOurs(_) => "not_ours",
            Self::NotWished { .. } => "not_wished",
            Self::Leaves(_) => "leaves",
            Self::Registered(_) => "registered",
            Self::Pending(_) => "pending",
            Self::Deposited(_) => "deposited",
            Self::ForOthers { .. } => "for_others",
            Self::Minipool { .. } => "minipool",
            Self::NotLooked(_) => "not_looked",
            Self::InMegapool { .. } => "in_megapool",
            Self::Misused(misuse) => misuse.rule(),
            Self::Unseen(_) => "unseen",
            Self::OtherCredentials { .. } => "other_credentials",
        }
    }

    /// Who is at fault. What is only not final yet is nobody's: an honest peer demands by what its
    /// own nodes show, and they may be a block ahead; nor what an intent says, which comes into
    /// force on one peer before another.
    pub const fn culprit(&self) -> Culprit {
        match self {
            Self::Credentials { .. }
            | Self::Count(_)
            | Self::Order
            | Self::NotOurs(_)
            | Self::OtherCredentials { .. } => Culprit::Demander,
            Self::PendingWithdrawal {
                when: When::Head, ..
            }
            | Self::PendingRplWithdrawal {
                when: When::Head, ..
            }
            | Self::Withdrawal {
                when: When::Head, ..
            }
            | Self::RplWithdrawal {
                when: When::Head, ..
            } => Culprit::NodeAccount,
            Self::Misused(misuse) if misuse.is_of_node_account() => Culprit::NodeAccount,
            Self::Settled
            | Self::NotAgreed
            | Self::ExecutionChain { .. }
            | Self::BeaconChain { .. }
            | Self::DepositContract { .. }
            | Self::NoStorage
            | Self::OtherSight
            | Self::Moved
            | Self::UnknownVersion { .. }
            | Self::OtherAgreement { .. }
            | Self::OtherFixed { .. }
            | Self::NotRegistered(_)
            | Self::OneKey
            | Self::Safe { .. }
            | Self::SafeOwner { .. }
            | Self::Withdrawal { .. }
            | Self::NoOwners
            | Self::WithdrawalSafe { .. }
            | Self::Untried { .. }
            | Self::PendingWithdrawal { .. }
            | Self::RplWithdrawal { .. }
            | Self::PendingRplWithdrawal { .. }
            | Self::NoMegapool(_)
            | Self::MegapoolAddress(_)
            | Self::Closed(_)
            | Self::Debt(_)
            | Self::Bond(_)
            | Self::Funds { .. }
            | Self::NotWished { .. }
            | Self::Leaves(_)
            | Self::Registered(_)
            | Self::Pending(_)
            | Self::Deposited(_)
            | Self::ForOthers { .. }
            | Self::Misused(_)
            | Self::Minipool { .. }
            | Self::NotLooked(_)
            | Self::Unseen(_)
            | Self::InMegapool { .. } => Culprit::Nobody,
        }
    }
}
