//! The node's minipools. None can be made any more; those there are can be staked, distributed,
//! exited and closed.
//!
//! A minipool may have the code of years ago, so of many functions it is asked whether it has them.

use alloy_primitives::U256;
use proto::{Address, PublicKey};
use serde::Serialize;

use super::abi::{
    BondReducer, Minipool as Calls, MinipoolManager, MinipoolQueue, NetworkPenalties, Versioned,
};
use super::amount::{Share, Wei};
use super::book::{Book, Place, maybe_shown, theirs};
use super::contracts::{Contract, Contracts};
use super::network::Network;

/// The most minipools of one node that are read.
const MOST_MINIPOOLS: u64 = 4_096;

/// A minipool at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minipool {
    /// Where it is.
    #[serde(rename = "address")]
    pub place: Place,
    /// The key of its validator, if it was given one.
    pub pubkey: Option<PublicKey>,
    /// Where it stands.
    pub stage: Stage,
    /// Since when, Unix seconds.
    pub since: u64,
    /// Whether it came from a solo validator and is not promoted yet.
    pub is_vacant: bool,
    /// Ether in it.
    pub balance: Wei,
    /// Of that what the node gets back by `refund`.
    pub refund: Wei,
    /// The node's share of the rest, if it can be told.
    pub node_share: Option<Wei>,
    /// The node's bond.
    pub bond: Wei,
    /// The others' ether.
    pub user_capital: Wei,
    /// The node's commission.
    pub fee: Share,
    /// Whether anybody may distribute it now.
    pub user_may_distribute: bool,
    /// Penalties that it was given.
    pub penalties: u64,
    /// A smaller bond that was asked for (1.3.1).
    pub reduction: Option<Reduction>,
    /// The code that it uses.
    #[serde(serialize_with = "maybe_shown")]
    pub delegate: Option<Address>,
    /// Its version.
    pub version: Option<u64>,
    /// Whether it always uses the newest.
    pub follows_newest: bool,
}

/// Where a minipool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// It waits for its turn.
    Queued {
        /// How many are before it, if the queue says so.
        ahead: Option<u64>,
    },
    /// It has its ether and is looked at before it is staked.
    Prelaunch {
        /// Whether it may be staked now.
        can_stake: bool,
        /// Whether it may be promoted now.
        can_promote: bool,
        /// From when on it may be staked or promoted, Unix seconds.
        ready: u64,
        /// From when on anybody may dissolve it, Unix seconds.
        dissolvable: u64,
    },
    /// Its validator has 32 ether.
    Staking,
    /// No code of today gives this.
    Withdrawable,
    /// It was given up.
    Dissolved,
    /// It was distributed for good.
    Finalised,
}

/// A smaller bond that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reduction {
    /// When, Unix seconds.
    pub began: u64,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// Whether it can be done now.
    pub can_be_done: bool,
}

/// Reads all minipools of the node.
pub fn read(
    book: &mut Book<'_>,
    contracts: &Contracts,
    (node, network): (&Address, &Network),
) -> Vec<Minipool> {
    let it = theirs(node);
    let all = contracts.need(book, Contract::MinipoolManager);
    let count = book.number(all, MinipoolManager::getNodeMinipoolCountCall(it));
    let most = ("getNodeMinipoolCount(address)", MOST_MINIPOOLS);
    let count = book.count(all, most, count);
    let at = |index| MinipoolManager::getNodeMinipoolAtCall {
        node: it,
        index: U256::from(index),
    };
    let places: Vec<_> = (0..count)
        .filter_map(|index| book.address(all, at(index)))
        .collect();
    if !book.is_open() && places.len() as u64 != count {
        let problem = "answered the address of nobody".to_owned();
        book.refuse(all, "getNodeMinipoolAt(address,uint256)", problem);
    }
    let minipool = |address| {
        let place = Place {
            name: "the minipool",
            address,
        };
        Minipool::read(book, contracts, (node, network, place))
    };
    places.into_iter().map(minipool).collect()
}

impl Minipool {
    fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (node, network, place): (&Address, &Network, Place),
    ) -> Self {
        let (it, there) = (theirs(&place.address), Some(place));
        let penalties = contracts.need(book, Contract::NetworkPenalties);
        check(book, contracts, (node, place));
        let balance = book.balance(&place.address);
        let refund = book.wei(place, Calls::getNodeRefundBalanceCall {});
        let rest = balance.0.saturating_sub(refund.0);
        let share = book.try_wei(there, Calls::calculateNodeShareCall(rest));
        let is_vacant = book.try_ask(there, Calls::getVacantCall {});
        let is_vacant = is_vacant.unwrap_or(false);
        let since = book.number(place, Calls::getStatusTimeCall {});
        let delegate = book.try_ask(there, Calls::getEffectiveDelegateCall {});
        let newest = book.try_ask(there, Calls::getUseLatestDelegateCall {});
        let may = book.try_ask(there, Calls::userDistributeAllowedCall {});
        let count = NetworkPenalties::getPenaltyCountCall(it);
        Self {
            place,
            pubkey: pubkey(book, contracts, it),
            stage: Stage::read(book, contracts, (network, place, since, is_vacant)),
            since,
            is_vacant,
            balance,
            refund,
            node_share: share,
            bond: book.wei(place, Calls::getNodeDepositBalanceCall {}),
            user_capital: book.wei(place, Calls::getUserDepositBalanceCall {}),
            fee: Share(book.ask(place, Calls::getNodeFeeCall {})),
            user_may_distribute: may.unwrap_or(false),
            penalties: book.number(penalties, count),
            reduction: Reduction::read(book, contracts, it),
            delegate: delegate.and_then(super::book::ours),
            version: book.try_number(there, Versioned::versionCall {}),
            follows_newest: newest.unwrap_or(false),
        }
    }
}

/// Refuses what is no minipool, or another node's.
fn check(book: &mut Book<'_>, contracts: &Contracts, (node, place): (&Address, Place)) {
    let all = contracts.need(book, Contract::MinipoolManager);
    let owner = book.address(place, Calls::getNodeAddressCall {});
    let exists = MinipoolManager::getMinipoolExistsCall(theirs(&place.address));
    let exists = book.ask(all, exists);
    let of = MinipoolManager::getMinipoolWithdrawalCredentialsCall(theirs(&place.address));
    let credentials = book.ask(all, of);
    if book.is_open() {
        return;
    }
    if owner != Some(*node) {
        book.refuse(place, "getNodeAddress()", "is not this node's".to_owned());
    }
    if !exists {
        let problem = format!("does not know {}", place.address);
        book.refuse(all, "getMinipoolExists(address)", problem);
    }
    let ends = credentials.strip_prefix(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    if ends != Some(place.address.as_bytes().as_slice()) {
        let call = "getMinipoolWithdrawalCredentials(address)";
        let problem = format!("does not answer with the address {}", place.address);
        book.refuse(all, call, problem);
    }
}

/// The key of its validator, if it was given one.
fn pubkey(
    book: &mut Book<'_>,
    contracts: &Contracts,
    it: alloy_primitives::Address,
) -> Option<PublicKey> {
    let all = contracts.need(book, Contract::MinipoolManager);
    let key = book.ask(all, MinipoolManager::getMinipoolPubkeyCall(it));
    if key.is_empty() {
        return None;
    }
    let read = PublicKey::try_from(key.as_ref()).ok();
    if read.is_none() {
        let problem = format!("answered a key of {} bytes", key.len());
        book.refuse(all, "getMinipoolPubkey(address)", problem);
    }
    read
}

impl Stage {
    fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (network, place, since, is_vacant): (&Network, Place, u64, bool),
    ) -> Self {
        let rules = &network.minipools;
        let status = book.ask(place, Calls::getStatusCall {});
        if book.ask(place, Calls::getFinalisedCall {}) {
            return Self::Finalised;
        }
        match status {
            0 => {
                let queue = contracts.at(Contract::MinipoolQueue);
                let position = MinipoolQueue::getMinipoolPositionCall(theirs(&place.address));
                let position = book.try_ask(queue, position);
                let ahead = position.and_then(|position| u64::try_from(position).ok());
                Self::Queued { ahead }
            }
            1 => {
                let can_promote = book.try_ask(Some(place), Calls::canPromoteCall {});
                let scrub = match is_vacant {
                    true => rules.promotion_scrub_period,
                    false => rules.scrub_period,
                };
                Self::Prelaunch {
                    can_stake: book.ask(place, Calls::canStakeCall {}),
                    can_promote: can_promote.unwrap_or(false),
                    ready: since.saturating_add(scrub),
                    dissolvable: since.saturating_add(rules.launch_timeout),
                }
            }
            2 => Self::Staking,
            3 => Self::Withdrawable,
            4 => Self::Dissolved,
            other => {
                let problem = format!("answered {other}, and there are 0 to 4");
                book.refuse(place, "getStatus()", problem);
                Self::Withdrawable
            }
        }
    }
}

impl Reduction {
    fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        it: alloy_primitives::Address,
    ) -> Option<Self> {
        let reducer = contracts.at(Contract::MinipoolBondReducer);
        let began = book.try_number(reducer, BondReducer::getReduceBondTimeCall(it));
        let cancelled = book.try_ask(reducer, BondReducer::getReduceBondCancelledCall(it));
        let can = book.try_ask(reducer, BondReducer::canReduceBondAmountCall(it));
        Some(Self {
            began: began.filter(|time| *time > 0)?,
            is_cancelled: cancelled.unwrap_or(false),
            can_be_done: can.unwrap_or(false),
        })
    }
}
