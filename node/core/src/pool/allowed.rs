//! What the Safe that is the node account may be asked to do, and nothing else: the functions of
//! each contract, by their selectors, with ether or without, and the arguments that decide whose
//! money it is.
//!
//! A plan words nothing else. This is asked all the same, of the bytes that are to be signed, by
//! every peer: so a fault in the plan, or in what the contracts are said to be, costs no money.
//!
//! Not here, since anybody can do it: proofs of validators and exits, assignments, distribution.
//! Never allowed: approvals of tokens, RPL, credit, votes, reductions of the bond, upgrades of
//! delegates; and of the Safe's own functions all but the exchange of one owner.

use alloy_primitives::{FixedBytes, U256};
use alloy_sol_types::SolCall;
use proto::Address;
use proto::agreement::PoolTerms;
use proto::definition::checksummed;
use proto::intent::Aims;
use thiserror::Error;

use super::book::theirs;
use super::contracts::{Contract, Contracts};
use super::plan::calls::{Deposits, Megapool, NodeManager, Storage};
use crate::proof::meaning::final_balance;
use crate::safe::Safe;

/// Why a call is not signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// Nobody that the node account ever calls.
    #[error("the node account never calls {at}", at = checksummed(.0))]
    Target(Address),
    /// A function that it never calls there.
    #[error("the node account never calls the function {selector} of {contract}")]
    Function {
        /// The contract.
        contract: &'static str,
        /// The first four bytes.
        selector: FixedBytes<4>,
    },
    /// Ether where none goes.
    #[error("no ether goes with {function} of {contract}, and {wei} wei were to")]
    Ether {
        /// The contract.
        contract: &'static str,
        /// The function.
        function: &'static str,
        /// How much.
        wei: U256,
    },
    /// An argument that is not the agreed one.
    #[error("{function} of {contract} is not called with {what}")]
    Argument {
        /// The contract.
        contract: &'static str,
        /// The function.
        function: &'static str,
        /// What of it is wrong.
        what: &'static str,
    },
    /// What the intent in force rules out.
    #[error("{function} of {contract} is not called while the intent in force says no")]
    NotAimedAt {
        /// The contract.
        contract: &'static str,
        /// The function.
        function: &'static str,
    },
    /// Bytes that are not the function's arguments.
    #[error("what is called is not {function} of {contract}, though it begins as that does")]
    Malformed {
        /// The contract.
        contract: &'static str,
        /// The function.
        function: &'static str,
    },
}

/// A call as it is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// Whom.
    pub to: &'a Address,
    /// Wei.
    pub value: U256,
    /// Selector and arguments.
    pub data: &'a [u8],
}

/// What the call is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Rocket Pool's contracts.
    pub contracts: &'a Contracts,
    /// The node's megapool, if there is one.
    pub megapool: Option<Address>,
    /// What is agreed.
    pub terms: &'a PoolTerms,
    /// What the node is to do.
    pub aims: &'a Aims,
}

/// Whom a call goes to.
#[derive(Clone, Copy)]
enum Callee {
    Storage,
    NodeManager,
    NodeDeposit,
    MegapoolManager,
    Megapool,
    Safe,
}

impl Callee {
    fn name(self) -> &'static str {
        match self {
            Self::Storage => "RocketStorage",
            Self::NodeManager => "rocketNodeManager",
            Self::NodeDeposit => "rocketNodeDeposit",
            Self::MegapoolManager => "rocketMegapoolManager",
            Self::Megapool => "the megapool",
            Self::Safe => "the Safe itself",
        }
    }
}

impl Ground<'_> {
    /// Whether the Safe may be asked to do this.
    ///
    /// # Errors
    /// If it may not: says what, and why.
    pub fn check(&self, call: &Signing<'_>) -> Result<(), Forbidden> {
        let callee = self.callee(call.to)?;
        let judge = Judge {
            contract: callee.name(),
            megapool: self.megapool,
            terms: self.terms,
            aims: self.aims,
            call,
        };
        match callee {
            Callee::Storage => judge.storage(),
            Callee::NodeManager => judge.node_manager(),
            Callee::NodeDeposit => judge.node_deposit(),
            Callee::MegapoolManager => judge.megapool_manager(),
            Callee::Megapool => judge.megapool(),
            Callee::Safe => judge.safe(),
        }
    }

    fn callee(&self, to: &Address) -> Result<Callee, Forbidden> {
        let found = |contract| self.contracts.at(contract).map(|it| it.address);
        let all = [
            (Some(self.contracts.storage.address), Callee::Storage),
            (found(Contract::NodeManager), Callee::NodeManager),
            (found(Contract::NodeDeposit), Callee::NodeDeposit),
            (found(Contract::MegapoolManager), Callee::MegapoolManager),
            (self.megapool, Callee::Megapool),
            (Some(self.terms.fixed.node_account), Callee::Safe),
        ];
        let mut all = all.into_iter();
        let callee = all.find(|(at, _)| *at == Some(*to)).map(|(_, it)| it);
        callee.ok_or(Forbidden::Target(*to))
    }
}

struct Judge<'a> {
    contract: &'static str,
    megapool: Option<Address>,
    terms: &'a PoolTerms,
    aims: &'a Aims,
    call: &'a Signing<'a>,
}

impl Judge<'_> {
    fn selector(&self) -> [u8; 4] {
        let first = self.call.data.first_chunk::<4>();
        first.copied().unwrap_or_default()
    }

    fn is<C: SolCall>(&self) -> bool {
        self.selector() == C::SELECTOR
    }

    fn refused(&self) -> Forbidden {
        Forbidden::Function {
            contract: self.contract,
            selector: self.selector().into(),
        }
    }

    /// The arguments, which have to be all that is there.
    fn read<C: SolCall>(&self) -> Result<C, Forbidden> {
        let malformed = Forbidden::Malformed {
            contract: self.contract,
            function: C::SIGNATURE,
        };
        let call = C::abi_decode_validate(self.call.data).map_err(|_| malformed.clone())?;
        match call.abi_encode() == self.call.data {
            true => Ok(call),
            false => Err(malformed),
        }
    }

    fn without_ether(&self, function: &'static str) -> Result<(), Forbidden> {
        match self.call.value.is_zero() {
            true => Ok(()),
            false => Err(Forbidden::Ether {
                contract: self.contract,
                function,
                wei: self.call.value,
            }),
        }
    }

    fn wrong(&self, function: &'static str, what: &'static str) -> Forbidden {
        Forbidden::Argument {
            contract: self.contract,
            function,
            what,
        }
    }

    /// Arguments that set an address of money: that of this node, the agreed one, which confirms
    /// itself.
    fn proposes(
        &self,
        function: &'static str,
        (node, next, confirm): (alloy_primitives::Address, alloy_primitives::Address, bool),
        agreed: &Address,
    ) -> Result<(), Forbidden> {
        self.without_ether(function)?;
        if node != theirs(&self.terms.fixed.node_account) {
            return Err(self.wrong(function, "another node"));
        }
        if next != theirs(agreed) {
            return Err(self.wrong(function, "an address that is not the agreed one"));
        }
        match confirm {
            true => Err(self.wrong(function, "an address that need not confirm itself")),
            false => Ok(()),
        }
    }

    fn storage(&self) -> Result<(), Forbidden> {
        if !self.is::<Storage::setWithdrawalAddressCall>() {
            return Err(self.refused());
        }
        let call = self.read::<Storage::setWithdrawalAddressCall>()?;
        let given = (call.node, call.next, call.confirm);
        self.proposes("setWithdrawalAddress", given, &self.terms.withdrawal)
    }

    fn node_manager(&self) -> Result<(), Forbidden> {
        if self.is::<NodeManager::setRPLWithdrawalAddressCall>() {
            let call = self.read::<NodeManager::setRPLWithdrawalAddressCall>()?;
            let given = (call.node, call.next, call.confirm);
            return self.proposes("setRPLWithdrawalAddress", given, &self.terms.rpl_withdrawal);
        }
        if self.is::<NodeManager::registerNodeCall>() {
            self.read::<NodeManager::registerNodeCall>()?;
            return self.without_ether("registerNode");
        }
        if self.is::<NodeManager::deployMegapoolCall>() {
            self.read::<NodeManager::deployMegapoolCall>()?;
            return self.without_ether("deployMegapool");
        }
        if self.is::<NodeManager::setSmoothingPoolRegistrationStateCall>() {
            let call = self.read::<NodeManager::setSmoothingPoolRegistrationStateCall>()?;
            let function = "setSmoothingPoolRegistrationState";
            self.without_ether(function)?;
            return match call.state == self.aims.smoothing_pool {
                true => Ok(()),
                false => Err(self.wrong(function, "what is not agreed on")),
            };
        }
        Err(self.refused())
    }

    fn node_deposit(&self) -> Result<(), Forbidden> {
        if self.is::<Deposits::depositCall>() {
            return self.read::<Deposits::depositCall>().map(drop);
        }
        if self.is::<Deposits::depositWithCreditCall>() {
            return self.read::<Deposits::depositWithCreditCall>().map(drop);
        }
        if self.is::<Deposits::depositMultiCall>() {
            return self.read::<Deposits::depositMultiCall>().map(drop);
        }
        Err(self.refused())
    }

    /// The proofs are verified by the contract; what is proved is the peers' to compare.
    fn megapool_manager(&self) -> Result<(), Forbidden> {
        let proven = final_balance(self.call.data).ok_or_else(|| self.refused())?;
        let function = "notifyFinalBalance";
        self.without_ether(function)?;
        match Some(proven.megapool) == self.megapool {
            true => Ok(()),
            false => Err(self.wrong(function, "another megapool")),
        }
    }

    fn megapool(&self) -> Result<(), Forbidden> {
        if self.is::<Megapool::claimCall>() {
            self.read::<Megapool::claimCall>()?;
            self.without_ether("claim")?;
            return match self.aims.claims {
                true => Ok(()),
                false => Err(Forbidden::NotAimedAt {
                    contract: self.contract,
                    function: "claim",
                }),
            };
        }
        if self.is::<Megapool::dequeueCall>() {
            self.read::<Megapool::dequeueCall>()?;
            return self.without_ether("dequeue");
        }
        if self.is::<Megapool::repayDebtCall>() {
            return self.read::<Megapool::repayDebtCall>().map(drop);
        }
        Err(self.refused())
    }

    fn safe(&self) -> Result<(), Forbidden> {
        if !self.is::<Safe::swapOwnerCall>() {
            return Err(self.refused());
        }
        let call = self.read::<Safe::swapOwnerCall>()?;
        let function = "swapOwner";
        self.without_ether(function)?;
        let agreed = self.terms.node_safe.as_ref().map(|safe| &safe.owners);
        let agreed = agreed.map_or(&[][..], Vec::as_slice);
        let owns = |owner: &alloy_primitives::Address| {
            agreed.iter().any(|agreed| theirs(agreed) == *owner)
        };
        if !owns(&call.newOwner) {
            return Err(self.wrong(function, "a new owner that is not agreed on"));
        }
        match owns(&call.oldOwner) {
            true => Err(self.wrong(function, "an old owner that is agreed on")),
            false => Ok(()),
        }
    }
}
