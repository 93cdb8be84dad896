//! The node's megapool and the validators in it.
//!
//! The address follows from the node's and from two contracts that may be replaced, so it is said
//! whether the megapool is there. A megapool that is there has to say that it is this node's, and
//! that its validators' credentials are its own address; one that says otherwise is refused.
//!
//! `getValidatorInfo` reverts past the end, also for the first validator of a new megapool: they
//! are counted first.

use alloy_primitives::keccak256;
use proto::{Address, PublicKey, Root};
use serde::Serialize;

use super::abi::{
    LinkedList, Megapool as Calls, MegapoolFactory, NodeManager, QueueKey, Versioned,
};
use super::amount::Wei;
use super::book::{Book, Place, maybe_shown, ours, shown, theirs};
use super::contracts::{Contract, Contracts};
use super::network::Network;
use super::queue::Lane;

/// The most validators of one megapool that are read.
const MOST_VALIDATORS: u64 = 4_096;

/// Where the node's megapool is or will be, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Megapool {
    /// The address that the factory foretells.
    #[serde(serialize_with = "shown")]
    pub expected: Address,
    /// The megapool, once it was deployed.
    pub deployed: Option<Deployed>,
}

/// A megapool that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployed {
    /// Where it is.
    #[serde(rename = "address")]
    pub place: Place,
    /// Withdrawal credentials of its validators.
    pub credentials: Root,
    /// All ether in it.
    pub balance: Wei,
    /// How many validators it has had.
    pub count: u64,
    /// How many of them count for the bond.
    pub active: u32,
    /// How many leave: until they have, nothing is distributed.
    pub exiting: u32,
    /// How many are locked by a challenge: until they are free, nothing is distributed.
    pub locked: u32,
    /// The bond that the next validator has to bring.
    pub next_bond: Wei,
    /// The node's ether in validators.
    pub bond: Wei,
    /// The node's ether in the queue.
    pub queued_bond: Wei,
    /// The others' ether in validators.
    pub user_capital: Wei,
    /// The others' ether in the queue.
    pub queued_user_capital: Wei,
    /// Ether that waits here to be staked.
    pub assigned: Wei,
    /// What the node owes.
    pub debt: Wei,
    /// What the node gets back when it claims.
    pub refund: Wei,
    /// Rewards that were not distributed.
    pub pending_rewards: Wei,
    /// How they would be split now, if they can be.
    pub split: Option<Split>,
    /// When rewards were distributed last, Unix seconds; before the first stake they cannot be.
    pub distributed: Option<u64>,
    /// Its code.
    pub delegate: Delegate,
    /// Its validators in the order of their ids.
    pub validators: Vec<Validator>,
}

/// A split of rewards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Split {
    /// For the node.
    pub node: Wei,
    /// For voters.
    pub voters: Wei,
    /// For the protocol's treasury.
    pub protocol: Wei,
    /// For the holders of rETH.
    pub reth: Wei,
}

/// The code of a megapool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delegate {
    /// What it uses.
    #[serde(serialize_with = "maybe_shown")]
    pub effective: Option<Address>,
    /// What it has stored.
    #[serde(serialize_with = "maybe_shown")]
    pub stored: Option<Address>,
    /// Its version.
    pub version: Option<u64>,
    /// Whether it always uses the newest.
    pub follows_newest: bool,
    /// Whether the stored one has expired.
    pub has_expired: bool,
    /// When it expires, Unix seconds, if it was replaced.
    pub expires: Option<u64>,
}

/// A validator of a megapool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validator {
    /// Its number in the megapool.
    pub id: u32,
    /// Its key.
    pub pubkey: PublicKey,
    /// Where it stands.
    pub stage: Stage,
    /// Whether a challenge locks it, and since when, Unix seconds.
    pub locked_since: Option<u64>,
    /// Whether a ticket was used for it.
    pub is_express: bool,
    /// What the last request to the pool was for.
    pub requested: Wei,
    /// Of that the node's bond.
    pub bond: Wei,
    /// What lies at the deposit contract.
    pub deposited: Wei,
}

/// Where a validator of a megapool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// It waits for its turn.
    Queued {
        /// The queue.
        lane: Lane,
        /// How many entries of that queue are before it at most: who has left leaves a gap.
        ahead: u64,
        /// How many assignments come before its own at most, of all queues.
        before: Option<u64>,
    },
    /// One ether lies at the deposit contract and the rest here, until `stake` proves that its
    /// credentials are right.
    Prestaked {
        /// When it was assigned, Unix seconds.
        assigned: u64,
        /// From when on anybody may dissolve it, Unix seconds.
        dissolvable: u64,
    },
    /// All 32 ether are at the deposit contract.
    Staked,
    /// It leaves, and its final balance is not proved.
    Exiting,
    /// It has left.
    Exited {
        /// What came back.
        balance: Wei,
    },
    /// It was given up: its bond came back less a penalty.
    Dissolved,
    /// It left the queue. Its key can never be used again in this megapool.
    Dequeued,
}

impl Megapool {
    /// Reads it, if there are megapools.
    pub fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (node, network): (&Address, &Network),
    ) -> Option<Self> {
        let it = theirs(node);
        let factory = contracts.at(Contract::MegapoolFactory)?;
        let nodes = contracts.at(Contract::NodeManager);
        let expected = book.address(factory, MegapoolFactory::getExpectedAddressCall(it));
        let deployed = book.ask(factory, MegapoolFactory::getMegapoolDeployedCall(it));
        let named = book.try_ask(nodes, NodeManager::getMegapoolAddressCall(it));
        let expected = expected?;
        let named = named.and_then(ours);
        if !book.is_open() && named != deployed.then_some(expected) {
            let problem = "says otherwise than the node manager where the megapool is".to_owned();
            book.refuse(factory, "getMegapoolDeployed(address)", problem);
        }
        let place = Place {
            name: "the megapool",
            address: expected,
        };
        let read = |_| Deployed::read(book, contracts, (node, network, place));
        Some(Self {
            expected,
            deployed: deployed.then_some(()).map(read),
        })
    }
}

impl Deployed {
    fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (node, network, it): (&Address, &Network, Place),
    ) -> Self {
        let owner = book.address(it, Calls::getNodeAddressCall {});
        let credentials = book.ask(it, Calls::getWithdrawalCredentialsCall {});
        if !book.is_open() && owner != Some(*node) {
            book.refuse(it, "getNodeAddress()", "is not this node's".to_owned());
        }
        if !book.is_open() && credentials != credentials_of(&it.address) {
            let problem = "does not answer with its own address".to_owned();
            book.refuse(it, "getWithdrawalCredentials()", problem);
        }
        let count = book.ask(it, Calls::getValidatorCountCall {});
        let most = ("getValidatorCount()", MOST_VALIDATORS);
        let count = book.count(it, most, u64::from(count));
        let rewards = Calls::calculatePendingRewardsCall {};
        let split = book.try_ask(Some(it), rewards).map(|split| Split {
            node: Wei(split.node),
            voters: Wei(split.voters),
            protocol: Wei(split.protocol),
            reth: Wei(split.reth),
        });
        let distributed = book.number(it, Calls::getLastDistributionTimeCall {});
        let ids = 0..u32::try_from(count).unwrap_or(0);
        let validator = |id| Validator::read(book, contracts, (network, it, id));
        let validators = ids.map(validator).collect();
        Self {
            place: it,
            credentials: credentials.0.into(),
            balance: book.balance(&it.address),
            count,
            active: book.ask(it, Calls::getActiveValidatorCountCall {}),
            exiting: book.ask(it, Calls::getExitingValidatorCountCall {}),
            locked: book.ask(it, Calls::getLockedValidatorCountCall {}),
            next_bond: book.wei(it, Calls::getNewValidatorBondRequirementCall {}),
            bond: book.wei(it, Calls::getNodeBondCall {}),
            queued_bond: book.wei(it, Calls::getNodeQueuedBondCall {}),
            user_capital: book.wei(it, Calls::getUserCapitalCall {}),
            queued_user_capital: book.wei(it, Calls::getUserQueuedCapitalCall {}),
            assigned: book.wei(it, Calls::getAssignedValueCall {}),
            debt: book.wei(it, Calls::getDebtCall {}),
            refund: book.wei(it, Calls::getRefundValueCall {}),
            pending_rewards: book.wei(it, Calls::getPendingRewardsCall {}),
            split,
            distributed: Some(distributed).filter(|time| *time > 0),
            delegate: Delegate::read(book, contracts, it),
            validators,
        }
    }
}

/// What a validator's withdrawal credentials are whose ether comes back to `owner`, by EIP-4895.
fn credentials_of(owner: &Address) -> alloy_primitives::B256 {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes[12..].copy_from_slice(owner.as_bytes());
    bytes.into()
}

impl Delegate {
    fn read(book: &mut Book<'_>, contracts: &Contracts, it: Place) -> Self {
        let effective = book.address(it, Calls::getEffectiveDelegateCall {});
        let stored = book.address(it, Calls::getDelegateCall {});
        let factory = contracts.at(Contract::MegapoolFactory);
        let expires = stored.and_then(|stored| {
            let expiry = MegapoolFactory::getDelegateExpiryCall(theirs(&stored));
            book.try_number(factory, expiry)
        });
        Self {
            effective,
            stored,
            version: book.try_number(Some(it), Versioned::versionCall {}),
            follows_newest: book.ask(it, Calls::getUseLatestDelegateCall {}),
            has_expired: book.ask(it, Calls::getDelegateExpiredCall {}),
            expires: expires.filter(|time| *time > 0),
        }
    }
}

impl Validator {
    fn read(
        book: &mut Book<'_>,
        contracts: &Contracts,
        (network, it, id): (&Network, Place, u32),
    ) -> Self {
        let call = "getValidatorInfoAndPubkey(uint32)";
        let answer = book.ask(it, Calls::getValidatorInfoAndPubkeyCall(id));
        let info = answer.info;
        let pubkey = <[u8; 48]>::try_from(answer.pubkey.as_ref());
        if !book.is_open() && pubkey.is_err() {
            let problem = format!("answered a key of {} bytes", answer.pubkey.len());
            book.refuse(it, call, problem);
        }
        let dissolve = network.megapools.as_ref();
        let dissolve = dissolve.map_or(0, |rules| rules.time_before_dissolve);
        let assigned = u64::from(info.lastAssignmentTime);
        // The order matters: who has left was staked, and who leaves still is.
        let stage = if info.inQueue {
            queued(book, contracts, (network, it, id, info.expressUsed))
        } else if info.exited {
            Stage::Exited {
                balance: Wei::of_gwei(info.exitBalance),
            }
        } else if info.exiting {
            Stage::Exiting
        } else if info.dissolved {
            Stage::Dissolved
        } else if info.inPrestake {
            Stage::Prestaked {
                assigned,
                dissolvable: assigned.saturating_add(dissolve),
            }
        } else if info.staked {
            Stage::Staked
        } else {
            Stage::Dequeued
        };
        Self {
            id,
            pubkey: pubkey.unwrap_or([0; 48]).into(),
            stage,
            locked_since: info.locked.then_some(info.lockedTime),
            is_express: info.expressUsed,
            requested: Wei::of_milliether(info.lastRequestedValue),
            bond: Wei::of_milliether(info.lastRequestedBond),
            deposited: Wei::of_milliether(info.depositValue),
        }
    }
}

/// Its place in the queue.
fn queued(
    book: &mut Book<'_>,
    contracts: &Contracts,
    (network, it, id, is_express): (&Network, Place, u32, bool),
) -> Stage {
    let (lane, namespace) = match is_express {
        true => (Lane::Express, "deposit.queue.express"),
        false => (Lane::Standard, "deposit.queue.standard"),
    };
    let namespace = keccak256(namespace);
    let list = contracts.need(book, Contract::LinkedListStorage);
    let key = QueueKey {
        receiver: theirs(&it.address),
        validatorId: id,
    };
    let index = LinkedList::getIndexOfCall { namespace, key };
    let index = book.number(list, index);
    let head = book.number(list, LinkedList::getHeadIndexCall(namespace));
    let length = network.queues.as_ref().map_or(0, |queues| match lane {
        Lane::Express => queues.express,
        Lane::Standard => queues.standard,
    });
    if !book.is_open() && (index < head || length == 0) {
        let problem = format!("has no place for validator {id}, which waits in it");
        book.refuse(list, "getIndexOf(bytes32,(address,uint32))", problem);
    }
    // Entries that have left stay counted between the two indices, never beyond the length.
    let ahead = index.saturating_sub(head).min(length.saturating_sub(1));
    let queues = network.queues.as_ref();
    Stage::Queued {
        lane,
        ahead,
        before: queues.and_then(|queues| queues.before(lane, ahead)),
    }
}
