//! What the chain shows of a time: logs of the node's contracts and of the addresses at which ether
//! and RPL arrive, withdrawals of the beacon chain, and whom blocks pay.
//!
//! An entry of a log is read by the contract that wrote it and by its name, never by its name
//! alone: anybody may write what looks like one. Who moves a token or sends ether is named by
//! address, and what came of one of Rocket Pool's contracts is told from a gift by what that
//! contract has logged of this node in the same transaction.

use std::collections::BTreeSet;

use alloy_sol_types::SolEvent as _;
use proto::agreement::PoolTerms;
use proto::{Address, Root};
use serde::{Deserialize, Serialize};

use super::account::{Account, Amount, Asset, Held, Move, Outside, Reason};
use super::holdings::Arrivals;
use crate::pool::contracts::Contract;
use crate::pool::view::View;
use crate::pool::withdrawal::birth::{Logged, address};

mod executed;
mod megapool;
mod names;
mod sought;
mod touched;

pub use executed::Sent;
use megapool::exited;
use names as n;
pub use sought::Sought;
use touched::Touched;

/// Where a word is no address.
const NOBODY: [u8; 20] = [0; 20];

/// One thing that the chain shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// In which block.
    pub block: u64,
    /// In which transaction, if in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Root>,
    /// What.
    pub what: What,
}

/// What it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// An amount moved.
    Moved(Reason, Move),
    /// A bond was made. How much ether came with it, or out of what was paid in: not said of
    /// several at once, nor how much was credit.
    Deposited {
        /// The ether, if that was said.
        ether: Option<Amount>,
    },
    /// A bond became credit: its validator left the queue, or the bond was reduced.
    Credited,
    /// A validator was given up.
    Dissolved,
    /// A validator's final balance was proved.
    Exited {
        /// What came back and was divided; nothing of one that was given up before.
        balance: Amount,
    },
    /// Debt was paid.
    DebtPaid {
        /// How much.
        amount: Amount,
    },
    /// What was earned was divided.
    Distributed {
        /// For the node.
        node: Amount,
        /// For all others.
        others: Amount,
    },
    /// The megapool paid its refund out.
    Claimed {
        /// How much.
        amount: Amount,
    },
    /// Rewards of intervals were claimed.
    Intervals,
    /// A block paid its tips here.
    Proposed {
        /// To which account.
        to: Held,
    },
}

/// Whose logs are read, and where.
#[derive(Debug, Clone)]
pub struct Scene {
    node: Address,
    /// Where ether and RPL arrive.
    pub arrivals: Arrivals,
    megapool: Option<Address>,
    /// From which accounts the operators pay in.
    declared: Vec<Address>,
    contracts: Vec<(Contract, Address)>,
    /// What came back of each validator that has left, and was divided.
    exited: Vec<(u32, Amount)>,
}

/// An entry of a log, and in which block it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The entry.
    pub entry: Logged,
    /// The number of its block, and which entry it is there.
    pub place: (u64, u64),
}

impl Scene {
    /// By what is there at the end of the time, and what is agreed.
    pub fn of(view: &View, node: Address, arrivals: Arrivals, terms: &PoolTerms) -> Self {
        use Contract as C;
        let wanted = [
            C::NodeDeposit,
            C::NodeManager,
            C::NodeStaking,
            C::DepositPool,
            C::MerkleDistributor,
            C::TokenRpl,
            C::TokenReth,
        ];
        let place = |contract: Contract| Some((contract, view.contracts.at(contract)?.address));
        let megapool = view.node.as_ref().and_then(|node| node.deployed());
        let declared = terms.members.iter().flat_map(|member| &member.funding);
        Self {
            node,
            arrivals,
            declared: declared.copied().collect(),
            megapool: megapool.map(|it| it.place.address),
            contracts: wanted.into_iter().filter_map(place).collect(),
            exited: megapool.map(exited).unwrap_or_default(),
        }
    }

    /// Where the node's megapool is, if it is there.
    pub fn megapool(&self) -> Option<&Address> {
        self.megapool.as_ref()
    }

    /// The account of what is at this address, the megapool among them.
    pub fn held(&self, at: &Address) -> Option<Held> {
        let megapool = (Some(at) == self.megapool.as_ref()).then_some(Held::Megapool);
        self.arrivals.held(at).or(megapool)
    }

    fn at(&self, contract: Contract) -> Option<Address> {
        let found = self.contracts.iter().find(|(it, _)| *it == contract);
        found.map(|(_, at)| *at)
    }

    fn is(&self, by: &Address, contract: Contract) -> bool {
        self.at(contract) == Some(*by)
    }

    /// What these entries say, in the order of the chain, each once.
    pub fn facts(&self, mut seen: Vec<Seen>) -> Vec<Fact> {
        seen.sort_by_key(|it| it.place);
        seen.dedup_by_key(|it| it.place);
        let touched = Touched::of(self, &seen);
        let fact = |it: &Seen| {
            Some(Fact {
                block: it.place.0,
                transaction: Some(it.entry.transaction),
                what: self.what(&it.entry, &touched)?,
            })
        };
        let moves =
            |it: &Fact| !matches!(&it.what, What::Moved(_, it) if it.amount == Amount::ZERO);
        seen.iter().filter_map(fact).filter(moves).collect()
    }

    /// What a withdrawal of the beacon chain to this address is.
    pub fn withdrawn(&self, block: u64, to: &Address, gwei: u64) -> Option<Fact> {
        let held = self.held(to)?;
        let amount = Amount::of_gwei(gwei);
        let moved = Move::ether(amount, Outside::BeaconChain, held);
        Some(Fact {
            block,
            transaction: None,
            what: What::Moved(Reason::Withdrawn, moved),
        })
    }

    /// What a block is that pays this address.
    pub fn proposed(&self, block: u64, payee: &Address) -> Option<Fact> {
        let to = self.held(payee)?;
        Some(Fact {
            block,
            transaction: None,
            what: What::Proposed { to },
        })
    }

    fn what(&self, entry: &Logged, touched: &Touched) -> Option<What> {
        let words = entry.words()?;
        if Some(entry.by) == self.megapool {
            return self.of_megapool(entry, &words);
        }
        if self.is(&entry.by, Contract::TokenRpl) {
            return self.token(entry, (Asset::Rpl, &words), touched);
        }
        if self.is(&entry.by, Contract::TokenReth) {
            return self.token(entry, (Asset::Reth, &words), touched);
        }
        match self.arrivals.held(&entry.by) {
            Some(held) => self.arrived(entry, (held, &words), touched),
            None => self.of_node(entry, &words),
        }
    }

    /// What the contracts for all nodes say of this one.
    fn of_node(&self, entry: &Logged, words: &[[u8; 32]]) -> Option<What> {
        if address(words.first()?)? != self.node {
            return None;
        }
        let ether = |reason, amount: &[u8; 32], from: Account, to: Account| {
            let amount = Amount::of_word(amount)?;
            Some(What::Moved(reason, Move::ether(amount, from, to)))
        };
        let is = |contract, name: [u8; 32]| self.is(&entry.by, contract) && entry.is(name);
        let withdrawal = Account::from(Held::Withdrawal);
        if is(Contract::NodeDeposit, n::DepositFor::SIGNATURE_HASH.0) {
            let from = address(words.get(1)?)?;
            let own = self.arrivals.held(&from).map(Account::from);
            let from = own.unwrap_or(Outside::Payer(from).into());
            return ether(Reason::PaidIn, words.get(2)?, from, Held::NodeEther.into());
        }
        if is(Contract::NodeDeposit, n::Withdrawal::SIGNATURE_HASH.0) {
            // To whoever was the withdrawal address then.
            let to = address(words.get(1)?)?;
            let own = self.arrivals.held(&to).map(Account::from);
            let to = own.unwrap_or(Outside::Receiver(to).into());
            let from = Held::NodeEther.into();
            return ether(Reason::TakenBack, words.get(2)?, from, to);
        }
        if is(Contract::NodeDeposit, n::DepositReceived::SIGNATURE_HASH.0) {
            let ether = Amount::of_word(words.get(1)?);
            return Some(What::Deposited { ether });
        }
        if is(
            Contract::NodeDeposit,
            n::MultiDepositReceived::SIGNATURE_HASH.0,
        ) {
            return Some(What::Deposited { ether: None });
        }
        if is(Contract::DepositPool, n::CreditWithdrawn::SIGNATURE_HASH.0) {
            let to = Outside::Exchange.into();
            return ether(Reason::CreditPaid, words.get(1)?, Held::Credit.into(), to);
        }
        let unclaimed = n::NodeUnclaimedRewardsClaimed::SIGNATURE_HASH.0;
        if is(Contract::NodeManager, unclaimed) {
            let from = Held::Unclaimed.into();
            return ether(Reason::Unclaimed, words.get(1)?, from, withdrawal);
        }
        let is_claim = self.is(&entry.by, Contract::MerkleDistributor);
        is_claim.then_some(What::Intervals)
    }

    /// Ether that came to a Safe of ours. What came from a contract that logs it itself is told
    /// there.
    fn arrived(
        &self,
        entry: &Logged,
        (held, words): (Held, &[[u8; 32]]),
        touched: &Touched,
    ) -> Option<What> {
        if !entry.is(n::SafeReceived::SIGNATURE_HASH.0) {
            return None;
        }
        let from = address(words.first()?)?;
        let amount = Amount::of_word(words.get(1)?)?;
        if self.is(&from, Contract::MerkleDistributor) {
            // Without a claim in its transaction it is what a claim could not pay before.
            let is_claimed = touched.merkle.contains(&entry.transaction);
            let (reason, from) = match is_claimed {
                true => (Reason::Interval, Account::from(Outside::Intervals)),
                false => (Reason::Outstanding, Held::Outstanding.into()),
            };
            return Some(What::Moved(reason, Move::ether(amount, from, held)));
        }
        if let Some(own) = self.arrivals.held(&from) {
            let moved = Move::ether(amount, own, held);
            return (own != held).then_some(What::Moved(Reason::PaidOut, moved));
        }
        let tells = [Contract::NodeDeposit, Contract::NodeManager];
        let is_told = tells.into_iter().any(|it| self.is(&from, it)) || Some(from) == self.megapool;
        let moved = Move::ether(amount, Outside::Giver(from), held);
        (!is_told).then_some(What::Moved(Reason::Gift, moved))
    }

    /// A token that came to us or left us.
    fn token(
        &self,
        entry: &Logged,
        (asset, words): (Asset, &[[u8; 32]]),
        touched: &Touched,
    ) -> Option<What> {
        if !entry.is(n::Transfer::SIGNATURE_HASH.0) {
            return None;
        }
        let [from, to, amount] = words else {
            return None;
        };
        let amount = Amount::of_word(amount)?;
        // Of nobody, where a token is made.
        let (from, to) = (address(from), address(to));
        let held = |at: &Option<Address>| at.as_ref().and_then(|at| self.arrivals.held(at));
        let tells = |all: &BTreeSet<Root>| all.contains(&entry.transaction);
        let moved = |reason, from: Account, to: Account| {
            Some(What::Moved(reason, Move::of(asset, amount, (from, to))))
        };
        match (held(&from), held(&to)) {
            (Some(one), Some(other)) => moved(Reason::PaidOut, one.into(), other.into()),
            (Some(own), None) if asset == Asset::Rpl && self.stakes(to.as_ref()) => {
                moved(Reason::Staked, own.into(), Held::Staked.into())
            }
            (Some(own), None) => {
                let to = Outside::Receiver(to.unwrap_or(NOBODY.into()));
                moved(Reason::PaidOut, own.into(), to.into())
            }
            (None, Some(own)) if asset == Asset::Reth && tells(&touched.credit) => {
                moved(Reason::CreditPaid, Outside::Exchange.into(), own.into())
            }
            (None, Some(own)) if asset == Asset::Rpl && tells(&touched.merkle) => {
                moved(Reason::Interval, Outside::Intervals.into(), own.into())
            }
            (None, Some(own)) if asset == Asset::Rpl && tells(&touched.staking) => {
                moved(Reason::Unstaked, Held::Staked.into(), own.into())
            }
            (None, Some(own)) => {
                let from = Outside::Giver(from.unwrap_or(NOBODY.into()));
                moved(Reason::Gift, from.into(), own.into())
            }
            (None, None) => None,
        }
    }

    fn stakes(&self, to: Option<&Address>) -> bool {
        to.is_some_and(|to| self.is(to, Contract::NodeStaking))
    }
}
