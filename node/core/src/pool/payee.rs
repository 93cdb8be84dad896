//! Whom the blocks of a megapool's validators are to pay: the smoothing pool, or the megapool.
//!
//! A node that is in the smoothing pool pays it with every block, and so does one that has left
//! until the epoch after that in which it left is final: anything else counts as theft, of which
//! the whole group pays the fine. A node that is out of it may pay the smoothing pool too, but that
//! is a gift; what its blocks earn belongs in its megapool. `rETH` may be paid as well, which is a
//! gift as well, and is never asked for here.
//!
//! The holder of the node account's key can switch at any block. So how the node stands is read
//! after the very block that a proposal builds on, and after the finalised one: whoever is in at
//! either pays the smoothing pool. So does whoever cannot read it: that is always legal.
//!
//! Source: RPIP-43, and the check for theft that the watchers once ran: it took the state after the
//! proposed block, and spared those who had left no earlier than the epoch before.

use std::time::Duration;

use alloy_sol_types::SolCall;
use proto::eth::ChainSpec;
use proto::{Address, Epoch, Timestamp};

use super::abi::{NodeManager, Storage};
use super::book::{Answers, Book, Fault, Place, Question, Round, theirs};
use super::contracts::{Contract, address_key};
use super::view::{Block, Subject, View};

const NODE_MANAGER: &str = "rocketNodeManager";
const SMOOTHING_POOL: &str = "rocketSmoothingPool";

/// How a node stands to the smoothing pool after one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The block.
    pub block: Block,
    /// Whether it is in the smoothing pool.
    pub is_in: bool,
    /// When that was changed last, Unix seconds, if it ever was.
    pub changed: Option<u64>,
    /// The smoothing pool.
    pub smoothing_pool: Address,
    /// The node's megapool, if it was made.
    pub megapool: Option<Address>,
    /// The contract that said so: where to ask first the next time.
    pub said_by: Address,
}

/// Why a block is to pay the smoothing pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The node is in it.
    In,
    /// It has left, and not long enough ago.
    CoolingDown,
    /// It is out, and the agreement says that it is to go in: all pay before it does.
    Agreed,
    /// It cannot be read how it stands.
    Unread,
}

/// Whom a block is to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payee {
    /// The smoothing pool.
    SmoothingPool(Reason),
    /// The node's megapool.
    Megapool,
}

/// Whom a block is to pay that builds on `parent`, if the agreement says whether the node is
/// `wished` to be in the smoothing pool. How the node stands is none where it cannot be read.
pub fn payee(
    wished: bool,
    parent: Option<&Standing>,
    finalised: Option<&Standing>,
    chain: &ChainSpec,
) -> Payee {
    let seen = [parent, finalised].into_iter().flatten();
    let final_epoch = finalised.map_or(Epoch(0), |it| epoch_of(it.block.time, chain));
    let is_cooling = |it: &Standing| {
        let left = it.changed.map(|time| epoch_of(time, chain));
        left.is_some_and(|left| final_epoch.0 < left.0.saturating_add(2))
    };
    let reason = if seen.clone().any(|it| it.is_in) {
        Reason::In
    } else if finalised.is_some() && seen.clone().any(is_cooling) {
        Reason::CoolingDown
    } else if wished {
        Reason::Agreed
    } else if parent.is_none()
        || finalised.is_none()
        || seen.clone().all(|it| it.megapool.is_none())
    {
        Reason::Unread
    } else {
        return Payee::Megapool;
    };
    Payee::SmoothingPool(reason)
}

/// Whether all have paid the smoothing pool for two whole epochs that are final, by the time of the
/// finalised block, if the last of them has done so since some moment of the epoch `since`.
pub fn is_settled(since: Epoch, finalised: u64, chain: &ChainSpec) -> bool {
    epoch_of(finalised, chain).0 >= since.0.saturating_add(3)
}

/// The epoch at a time in Unix seconds; before genesis the first.
fn epoch_of(time: u64, chain: &ChainSpec) -> Epoch {
    let slot = chain.slot_at(Timestamp::from_unix(Duration::from_secs(time)));
    slot.map_or(Epoch(0), |slot| chain.epoch_of(slot))
}

impl Standing {
    /// What a view says of it; none if the node is not registered, or there is no smoothing pool.
    pub fn of_view(view: &View, block: Block) -> Option<Self> {
        let node = view.node.as_ref()?;
        Some(Self {
            block,
            is_in: node.account.in_smoothing_pool,
            changed: node.account.smoothing_pool_changed,
            smoothing_pool: view.contracts.at(Contract::SmoothingPool)?.address,
            megapool: node.deployed().map(|it| it.place.address),
            said_by: view.contracts.at(Contract::NodeManager)?.address,
        })
    }

    /// Reads it after `block` from `answers`, or says what else is to be asked. If `guess` was the
    /// node manager before, and still is, one round is enough.
    ///
    /// # Errors
    /// If an answer cannot be right.
    pub fn read(
        subject: &Subject,
        (block, guess): (Block, Option<Address>),
        answers: &Answers,
    ) -> Result<Round<Self>, Fault> {
        let mut book = Book::new(answers);
        let storage = Place {
            name: "RocketStorage",
            address: subject.storage,
        };
        let mut place = |name: &'static str| {
            let key = (*address_key(name).as_bytes()).into();
            let address = book.address(storage, Storage::getAddressCall(key));
            if address.is_none() && !book.is_open() {
                book.lacks(name);
            }
            address.map(|address| Place { name, address })
        };
        let manager = place(NODE_MANAGER);
        let smoothing_pool = place(SMOOTHING_POOL);
        let (Some(manager), Some(smoothing_pool)) = (manager, smoothing_pool) else {
            // The contract that was asked before is asked along with where it is.
            let asked = guess.into_iter().flat_map(|at| questions(subject, at));
            let asked: Vec<Question> = asked.filter(|it| !answers.contains_key(it)).collect();
            return Ok(match book.close(())? {
                Round::Ask(more) => Round::Ask([more, asked].concat()),
                Round::Done(()) => Round::Ask(asked),
            });
        };
        let node = theirs(&subject.node);
        let changed = NodeManager::getSmoothingPoolRegistrationChangedCall(node);
        let changed = book.number(manager, changed);
        let megapool = NodeManager::getMegapoolAddressCall(node);
        let megapool = book.try_ask(Some(manager), megapool);
        let standing = Self {
            block,
            is_in: book.ask(
                manager,
                NodeManager::getSmoothingPoolRegistrationStateCall(node),
            ),
            changed: Some(changed).filter(|time| *time > 0),
            smoothing_pool: smoothing_pool.address,
            megapool: megapool.and_then(super::book::ours),
            said_by: manager.address,
        };
        book.close(standing)
    }
}

/// What the node manager is asked.
fn questions(subject: &Subject, manager: Address) -> [Question; 3] {
    let node = theirs(&subject.node);
    [
        NodeManager::getSmoothingPoolRegistrationChangedCall(node).abi_encode(),
        NodeManager::getMegapoolAddressCall(node).abi_encode(),
        NodeManager::getSmoothingPoolRegistrationStateCall(node).abi_encode(),
    ]
    .map(|data| Question::Call(manager, data))
}

#[cfg(test)]
mod tests;
