//! The node account: its addresses, its money inside Rocket Pool, its place in the smoothing pool.
//!
//! A pending withdrawal address is the one trap that is not to be seen from the address itself:
//! whoever controlled the account before may have planted one, which confirms itself one day and
//! owns everything. Setting the address at once does not take it away.

use alloy_primitives::U256;
use proto::Address;
use serde::Serialize;

use super::abi::{
    Distributor, DistributorFactory, MerkleDistributor, NetworkRevenues, NodeDeposit, NodeManager,
    NodeStaking, Storage, Token,
};
use super::amount::{ForeignText, Share, Wei};
use super::book::{Book, Place, maybe_shown, shown, theirs};
use super::contracts::{Contract, Contracts};
use super::network::Network;

/// The most intervals of rewards that are asked for, the newest: about 39 years.
const MOST_INTERVALS: u64 = 512;

/// Who waits to become an owner in the place of this one, and could at any time. One that is the
/// owner already can confirm nothing else, and its entry keeps others out.
pub fn planted(pending: Option<Address>, owner: Address) -> Option<Address> {
    pending.filter(|pending| *pending != owner)
}

/// The node account at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The account itself.
    #[serde(serialize_with = "shown")]
    pub node: Address,
    /// Ether in the account itself: it pays for gas.
    pub balance: Wei,
    /// The timezone that it was registered with.
    pub timezone: ForeignText,
    /// Where its ether goes: the account itself unless another was set.
    #[serde(serialize_with = "shown")]
    pub withdrawal: Address,
    /// An address that may confirm itself as that, now or in years.
    #[serde(serialize_with = "maybe_shown")]
    pub pending_withdrawal: Option<Address>,
    /// Where its RPL goes, if that was set; else where its ether goes.
    #[serde(serialize_with = "maybe_shown")]
    pub rpl_withdrawal: Option<Address>,
    /// An address that may confirm itself as that.
    #[serde(serialize_with = "maybe_shown")]
    pub pending_rpl_withdrawal: Option<Address>,
    /// Whether it is registered for the smoothing pool.
    pub in_smoothing_pool: bool,
    /// When that was changed last, Unix seconds, if it ever was.
    pub smoothing_pool_changed: Option<u64>,
    /// Where the fees of minipools go outside the smoothing pool.
    pub distributor: FeeDistributor,
    /// The commission of its minipools on average.
    pub average_fee: Share,
    /// What deposits can be paid from.
    pub credit: Credit,
    /// Its RPL, and the ether that it was given against it.
    pub staking: Staking,
    /// RPL in the account itself.
    pub rpl_balance: Wei,
    /// RPL that the staking contract may take from it.
    pub rpl_allowance: Wei,
    /// Tickets for the express queue (1.4).
    pub tickets: Option<Tickets>,
    /// What waits to be claimed (1.4): `claimUnclaimedRewards`.
    pub unclaimed: Option<Wei>,
    /// What the withdrawal address did not take, and has to call for: `claimOutstandingEth`.
    pub outstanding: Wei,
    /// The same of the RPL withdrawal address, if it is another one.
    pub rpl_outstanding: Option<Wei>,
    /// The intervals that were not claimed; in some of them there may have been nothing.
    pub unclaimed_intervals: Vec<u64>,
    /// Its share of the capital in its megapool, as commission is split by (1.4).
    pub capital_ratio: Option<Share>,
}

/// The contract that splits the fees of minipools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeDistributor {
    /// Where it is, or would be.
    pub place: Place,
    /// Whether it was made.
    pub is_made: bool,
    /// Ether in it.
    pub balance: Wei,
    /// The node's share of that, if it was made.
    pub node_share: Option<Wei>,
    /// The others' share.
    pub user_share: Option<Wei>,
}

/// Ether that belongs to the node inside Rocket Pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credit {
    /// Credit from bonds that came back.
    pub credit: Wei,
    /// What of it can be spent now.
    pub usable_credit: Wei,
    /// Ether that others have put in for it.
    pub ether: Wei,
    /// Credit and ether together.
    pub credit_and_ether: Wei,
    /// What of both can be spent now.
    pub usable: Wei,
}

/// RPL of the node, as the staking contract counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "surface")]
pub enum Staking {
    /// Protocol 1.4.
    #[serde(rename = "1.4")]
    Saturn {
        /// All that is staked.
        staked: Wei,
        /// Of it for the megapool.
        megapool: Wei,
        /// Of it from before megapools.
        legacy: Wei,
        /// What waits until it can be withdrawn.
        unstaking: Wei,
        /// Since when, Unix seconds; whatever is added begins anew for all of it.
        unstaking_since: u64,
        /// What is locked for proposals.
        locked: Wei,
        /// Whether it may be locked.
        may_lock: bool,
        /// The node's ether in all its validators.
        bonded: Wei,
        /// The others' ether in them.
        borrowed: Wei,
    },
    /// Protocol 1.3.1.
    #[serde(rename = "1.3.1")]
    Houston {
        /// All that is staked.
        staked: Wei,
        /// The least that earns rewards.
        minimum: Wei,
        /// The most that earns rewards.
        maximum: Wei,
        /// What is locked for proposals.
        locked: Wei,
        /// Whether it may be locked.
        may_lock: bool,
        /// The others' ether in its minipools.
        matched: Wei,
        /// The most that it may be.
        matched_limit: Wei,
    },
}

/// Tickets for the express queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tickets {
    /// How many there are.
    pub count: u64,
    /// Whether those of an old node were given out.
    pub are_provisioned: bool,
}

impl Account {
    /// Reads the account; none if it is not registered.
    pub fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (node, network): (&Address, &Network),
    ) -> Option<Self> {
        let it = theirs(node);
        let nodes = contracts.need(book, Contract::NodeManager);
        if !book.ask(nodes, NodeManager::getNodeExistsCall(it)) {
            return None;
        }
        let storage = contracts.storage;
        let withdrawal = book.address(storage, Storage::getNodeWithdrawalAddressCall(it));
        let pending = Storage::getNodePendingWithdrawalAddressCall(it);
        let is_set = book.ask(nodes, NodeManager::getNodeRPLWithdrawalAddressIsSetCall(it));
        let rpl = book.address(nodes, NodeManager::getNodeRPLWithdrawalAddressCall(it));
        let rpl_withdrawal = rpl.filter(|_| is_set);
        let pending_rpl = NodeManager::getNodePendingRPLWithdrawalAddressCall(it);
        let changed = NodeManager::getSmoothingPoolRegistrationChangedCall(it);
        let changed = book.number(nodes, changed);
        let withdrawal = withdrawal.unwrap_or(*node);
        let timezone = book.ask(nodes, NodeManager::getNodeTimezoneLocationCall(it));
        let (rpl_balance, rpl_allowance) = in_account(book, contracts, it);
        let unclaimed = NodeManager::getUnclaimedRewardsCall(it);
        let ratio = NetworkRevenues::getNodeCapitalRatioCall(it);
        let state = NodeManager::getSmoothingPoolRegistrationStateCall(it);
        Some(Self {
            node: *node,
            balance: book.balance(node),
            timezone: ForeignText::of(&timezone),
            withdrawal,
            pending_withdrawal: book.address(storage, pending),
            rpl_withdrawal,
            pending_rpl_withdrawal: book.address(nodes, pending_rpl),
            in_smoothing_pool: book.ask(nodes, state),
            smoothing_pool_changed: Some(changed).filter(|time| *time > 0),
            distributor: FeeDistributor::read(book, contracts, it),
            average_fee: Share(book.ask(nodes, NodeManager::getAverageNodeFeeCall(it))),
            credit: Credit::read(book, contracts, it),
            staking: Staking::read(book, contracts, it),
            rpl_balance,
            rpl_allowance,
            tickets: tickets(book, nodes, it),
            unclaimed: book.try_wei(Some(nodes), unclaimed),
            outstanding: outstanding(book, contracts, &withdrawal),
            rpl_outstanding: rpl_withdrawal
                .filter(|rpl| *rpl != withdrawal)
                .map(|rpl| outstanding(book, contracts, &rpl)),
            unclaimed_intervals: unclaimed_intervals(book, contracts, (it, network.rewards.index)),
            capital_ratio: book.try_share(contracts.at(Contract::NetworkRevenues), ratio),
        })
    }
}

/// RPL in the account, and what the staking contract may take of it.
fn in_account(
    book: &mut Book<'_>,
    contracts: &Contracts,
    it: alloy_primitives::Address,
) -> (Wei, Wei) {
    let rpl = contracts.need(book, Contract::TokenRpl);
    let staking = contracts.need(book, Contract::NodeStaking);
    let allowance = Token::allowanceCall {
        owner: it,
        spender: theirs(&staking.address),
    };
    let balance = book.wei(rpl, Token::balanceOfCall(it));
    (balance, book.wei(rpl, allowance))
}

fn tickets(book: &mut Book<'_>, nodes: Place, it: alloy_primitives::Address) -> Option<Tickets> {
    let count = NodeManager::getExpressTicketCountCall(it);
    let count = book.try_number(Some(nodes), count);
    let provisioned = NodeManager::getExpressTicketsProvisionedCall(it);
    let provisioned = book.try_ask(Some(nodes), provisioned);
    Some(Tickets {
        count: count?,
        are_provisioned: provisioned?,
    })
}

fn outstanding(book: &mut Book<'_>, contracts: &Contracts, receiver: &Address) -> Wei {
    let merkle = contracts.need(book, Contract::MerkleDistributor);
    let call = MerkleDistributor::getOutstandingEthCall(theirs(receiver));
    book.wei(merkle, call)
}

fn unclaimed_intervals(
    book: &mut Book<'_>,
    contracts: &Contracts,
    (claimer, index): (alloy_primitives::Address, u64),
) -> Vec<u64> {
    let merkle = contracts.need(book, Contract::MerkleDistributor);
    let first = index.saturating_sub(MOST_INTERVALS);
    let is_claimed = |interval: u64| MerkleDistributor::isClaimedCall {
        interval: U256::from(interval),
        claimer,
    };
    (first..index)
        .filter(|interval| !book.ask(merkle, is_claimed(*interval)))
        .collect()
}

impl FeeDistributor {
    fn read(book: &mut Book<'_>, contracts: &Contracts, it: alloy_primitives::Address) -> Self {
        let factory = contracts.need(book, Contract::NodeDistributorFactory);
        let nodes = contracts.need(book, Contract::NodeManager);
        let address = book.address(factory, DistributorFactory::getProxyAddressCall(it));
        let is_made = book.ask(nodes, NodeManager::getFeeDistributorInitialisedCall(it));
        let Some(address) = address else {
            let nobody = "answered the address of nobody".to_owned();
            if !book.is_open() {
                book.refuse(factory, "getProxyAddress(address)", nobody);
            }
            return Self {
                place: factory,
                is_made: false,
                balance: Wei::ZERO,
                node_share: None,
                user_share: None,
            };
        };
        let place = Place {
            name: "the fee distributor",
            address,
        };
        let made = is_made.then_some(place);
        Self {
            place,
            is_made,
            balance: book.balance(&address),
            node_share: book.try_wei(made, Distributor::getNodeShareCall {}),
            user_share: book.try_wei(made, Distributor::getUserShareCall {}),
        }
    }
}

impl Credit {
    fn read(book: &mut Book<'_>, contracts: &Contracts, it: alloy_primitives::Address) -> Self {
        let deposit = contracts.need(book, Contract::NodeDeposit);
        Self {
            credit: book.wei(deposit, NodeDeposit::getNodeDepositCreditCall(it)),
            usable_credit: book.wei(deposit, NodeDeposit::getNodeUsableCreditCall(it)),
            ether: book.wei(deposit, NodeDeposit::getNodeEthBalanceCall(it)),
            credit_and_ether: book.wei(deposit, NodeDeposit::getNodeCreditAndBalanceCall(it)),
            usable: book.wei(deposit, NodeDeposit::getNodeUsableCreditAndBalanceCall(it)),
        }
    }
}

impl Staking {
    /// What answers is there: first the newer surface is asked, then the older one.
    fn read(book: &mut Book<'_>, contracts: &Contracts, it: alloy_primitives::Address) -> Self {
        let staking = contracts.need(book, Contract::NodeStaking);
        let may_lock = book.ask(staking, NodeStaking::getRPLLockingAllowedCall(it));
        let staked = book.try_wei(Some(staking), NodeStaking::getNodeStakedRPLCall(it));
        let Some(staked) = staked else {
            return Self::Houston {
                staked: book.wei(staking, NodeStaking::getNodeRPLStakeCall(it)),
                minimum: book.wei(staking, NodeStaking::getNodeMinimumRPLStakeCall(it)),
                maximum: book.wei(staking, NodeStaking::getNodeMaximumRPLStakeCall(it)),
                locked: book.wei(staking, NodeStaking::getNodeRPLLockedCall(it)),
                may_lock,
                matched: book.wei(staking, NodeStaking::getNodeETHMatchedCall(it)),
                matched_limit: book.wei(staking, NodeStaking::getNodeETHMatchedLimitCall(it)),
            };
        };
        let since = NodeStaking::getNodeLastUnstakeTimeCall(it);
        Self::Saturn {
            staked,
            megapool: book.wei(staking, NodeStaking::getNodeMegapoolStakedRPLCall(it)),
            legacy: book.wei(staking, NodeStaking::getNodeLegacyStakedRPLCall(it)),
            unstaking: book.wei(staking, NodeStaking::getNodeUnstakingRPLCall(it)),
            unstaking_since: book.number(staking, since),
            locked: book.wei(staking, NodeStaking::getNodeLockedRPLCall(it)),
            may_lock,
            bonded: book.wei(staking, NodeStaking::getNodeETHBondedCall(it)),
            borrowed: book.wei(staking, NodeStaking::getNodeETHBorrowedCall(it)),
        }
    }
}
