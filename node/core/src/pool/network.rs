//! The settings, queues, prices and intervals that hold for everybody. Governance changes them:
//! none is taken from anywhere but the block that is read.

use alloy_primitives::U256;
use serde::Serialize;

use super::abi::{
    DepositPool, MegapoolManager, MegapoolPenalties, NetworkFees, NetworkPrices, NetworkRevenues,
    NodeDeposit, RewardsPool, SettingsDeposit, SettingsMegapool, SettingsMinipool, SettingsNode,
    TrustedSettingsMinipool,
};
use super::amount::{Share, Wei};
use super::book::{Book, Place};
use super::contracts::{Contract, Contracts};
use super::queue::Queues;
use super::upgrade::Upgrade;

/// The most entries of a list of bonds that are kept.
const MOST_BONDS: usize = 64;

/// What holds for every node at one block. Durations in seconds, unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Whether a node may register.
    pub may_register: bool,
    /// Whether a node may deposit.
    pub may_deposit: bool,
    /// Whether deposits are assigned.
    pub may_assign: bool,
    /// Whether a node may go into or out of the smoothing pool.
    pub may_switch_smoothing_pool: bool,
    /// Ether in the deposit pool.
    pub pool_balance: Wei,
    /// The most that it takes now.
    pub pool_takes: Wei,
    /// Of its balance, what nodes that wait have given.
    pub pool_of_nodes: Option<Wei>,
    /// What one RPL costs in ether.
    pub rpl_price: Option<Wei>,
    /// The intervals of rewards.
    pub rewards: Rewards,
    /// The queues of megapool validators, where there are any.
    pub queues: Option<Queues>,
    /// What holds for megapools, where there are any.
    pub megapools: Option<MegapoolRules>,
    /// What holds for minipools.
    pub minipools: MinipoolRules,
    /// Which of the protocol's contracts are about to be replaced.
    pub upgrades: Vec<Upgrade>,
}

/// The intervals of rewards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rewards {
    /// The number of the interval that runs.
    pub index: u64,
    /// When it began, Unix seconds.
    pub began: u64,
    /// How long one is.
    pub length: u64,
    /// The block in which the last one was paid out, if one was.
    pub last_paid_block: Option<u64>,
}

/// The rules for megapools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MegapoolRules {
    /// The bond of one, two and so on validators together.
    pub base_bonds: Vec<Wei>,
    /// The bond of each further one.
    pub reduced_bond: Wei,
    /// How long after its assignment a validator may be dissolved that was not staked.
    pub time_before_dissolve: u64,
    /// What a dissolved one costs.
    pub dissolve_penalty: Wei,
    /// So many epochs before it is withdrawable an exit has to be notified.
    pub notify_threshold_epochs: u64,
    /// What a later notice costs.
    pub late_notify_fine: Wei,
    /// After so many epochs others than the owner may prove a final balance.
    pub user_distribute_epochs: u64,
    /// The same if users fall short.
    pub user_distribute_epochs_with_shortfall: u64,
    /// The most that penalties take within a week, of all nodes.
    pub maximum_penalty: Wei,
    /// What of it is left now.
    pub penalty_left: Option<Wei>,
    /// Which share of the oracle nodes applies a penalty.
    pub penalty_threshold: Share,
    /// How long RPL waits to be withdrawn.
    pub unstaking_period: u64,
    /// Tickets that each node was to get.
    pub base_tickets: u64,
    /// The share of what borrowed ether earns that goes to the node.
    pub node_share: Option<Share>,
    /// That goes to voters.
    pub voter_share: Option<Share>,
    /// How many validators all megapools have.
    pub validators: u64,
    /// Who challenged an exit last, if anybody has.
    #[serde(serialize_with = "super::book::maybe_shown")]
    pub last_challenger: Option<proto::Address>,
}

impl MegapoolRules {
    /// The bond that so many validators need together. Source:
    /// `RocketNodeDeposit.getBondRequirement`.
    pub fn bond_of(&self, validators: u64) -> Wei {
        let base = u64::try_from(self.base_bonds.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(validators.min(base)).unwrap_or(usize::MAX);
        let first = place.checked_sub(1).and_then(|at| self.base_bonds.get(at));
        let first = first.map_or(U256::ZERO, |bond| bond.0);
        let further = U256::from(validators.saturating_sub(base));
        Wei(first.saturating_add(self.reduced_bond.0.saturating_mul(further)))
    }
}

/// The rules for minipools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MinipoolRules {
    /// How long after its assignment one may be dissolved that was not staked.
    pub launch_timeout: u64,
    /// How long one is looked at before it may be staked.
    pub scrub_period: u64,
    /// The same for one that came from a solo validator.
    pub promotion_scrub_period: u64,
    /// The commission of a new one (1.3.1).
    pub node_fee: Option<Share>,
    /// The bonds that a new one may have (1.3.1).
    pub bonds: Vec<Wei>,
    /// The least RPL for one, as a share of its value (1.3.1).
    pub minimum_stake: Option<Share>,
}

impl Network {
    /// Reads it.
    pub fn read(book: &mut Book<'_>, contracts: &Contracts) -> Self {
        let node = contracts.need(book, Contract::SettingsNode);
        let deposit = contracts.need(book, Contract::SettingsDeposit);
        let pool = contracts.need(book, Contract::DepositPool);
        let switch = SettingsNode::getSmoothingPoolRegistrationEnabledCall {};
        let prices = contracts.at(Contract::NetworkPrices);
        Self {
            may_register: book.ask(node, SettingsNode::getRegistrationEnabledCall {}),
            may_deposit: book.ask(node, SettingsNode::getDepositEnabledCall {}),
            may_assign: book.ask(deposit, SettingsDeposit::getAssignDepositsEnabledCall {}),
            may_switch_smoothing_pool: book.ask(node, switch),
            pool_balance: book.wei(pool, DepositPool::getBalanceCall {}),
            pool_takes: book.wei(pool, DepositPool::getMaximumDepositAmountCall {}),
            pool_of_nodes: book.try_wei(Some(pool), DepositPool::getNodeBalanceCall {}),
            rpl_price: book.try_wei(prices, NetworkPrices::getRPLPriceCall {}),
            rewards: Rewards::read(book, contracts),
            queues: queues(book, contracts),
            megapools: MegapoolRules::read(book, contracts),
            minipools: MinipoolRules::read(book, contracts),
            upgrades: Upgrade::read(book, contracts),
        }
    }
}

impl Rewards {
    fn read(book: &mut Book<'_>, contracts: &Contracts) -> Self {
        let pool = contracts.need(book, Contract::RewardsPool);
        let index = book.number(pool, RewardsPool::getRewardIndexCall {});
        let last = index.checked_sub(1).and_then(|last| {
            let block = RewardsPool::getClaimIntervalExecutionBlockCall(U256::from(last));
            book.try_number(Some(pool), block)
        });
        Self {
            index,
            began: book.number(pool, RewardsPool::getClaimIntervalTimeStartCall {}),
            length: book.number(pool, RewardsPool::getClaimIntervalTimeCall {}),
            last_paid_block: last,
        }
    }
}

/// The queues, if the deposit pool has them.
fn queues(book: &mut Book<'_>, contracts: &Contracts) -> Option<Queues> {
    let pool = contracts.at(Contract::DepositPool);
    let settings = contracts.at(Contract::SettingsDeposit);
    let express = book.try_number(pool, DepositPool::getExpressQueueLengthCall {});
    let standard = book.try_number(pool, DepositPool::getStandardQueueLengthCall {});
    let minipools = book.try_number(pool, DepositPool::getMinipoolQueueLengthCall {});
    let index = book.try_number(pool, DepositPool::getQueueIndexCall {});
    let rate = book.try_number(settings, SettingsDeposit::getExpressQueueRateCall {});
    let top = book.try_ask(pool, DepositPool::getQueueTopCall {})?;
    Some(Queues {
        minipools: minipools?,
        express: express?,
        standard: standard?,
        express_rate: rate?,
        index: index?,
        can_assign: top.assignmentPossible,
        top_since_block: u64::try_from(top.headMovedBlock).unwrap_or(u64::MAX),
    })
}

impl MegapoolRules {
    /// Reads them, if there are megapools.
    fn read(book: &mut Book<'_>, contracts: &Contracts) -> Option<Self> {
        let it = contracts.at(Contract::SettingsMegapool)?;
        let node = contracts.need(book, Contract::SettingsNode);
        let deposit = contracts.need(book, Contract::SettingsDeposit);
        let manager = contracts.need(book, Contract::MegapoolManager);
        let revenues = contracts.at(Contract::NetworkRevenues);
        let penalties = contracts.at(Contract::MegapoolPenalties);
        let tickets = SettingsDeposit::getExpressQueueTicketsBaseProvisionCall {};
        let shortfall = SettingsMegapool::getUserDistributeDelayWithShortfallCall {};
        let (of_node, of_voters) = (
            NetworkRevenues::getCurrentNodeShareCall {},
            NetworkRevenues::getCurrentVoterShareCall {},
        );
        let left = MegapoolPenalties::getCurrentMaxPenaltyCall {};
        Some(Self {
            base_bonds: bonds(book, node),
            reduced_bond: book.wei(node, SettingsNode::getReducedBondCall {}),
            time_before_dissolve: book.number(it, SettingsMegapool::getTimeBeforeDissolveCall {}),
            dissolve_penalty: book.wei(it, SettingsMegapool::getDissolvePenaltyCall {}),
            notify_threshold_epochs: book.number(it, SettingsMegapool::getNotifyThresholdCall {}),
            late_notify_fine: book.wei(it, SettingsMegapool::getLateNotifyFineCall {}),
            user_distribute_epochs: book
                .number(it, SettingsMegapool::getUserDistributeDelayCall {}),
            user_distribute_epochs_with_shortfall: book.number(it, shortfall),
            maximum_penalty: book.wei(it, SettingsMegapool::getMaximumEthPenaltyCall {}),
            penalty_left: book.try_wei(penalties, left),
            penalty_threshold: Share(book.ask(it, SettingsMegapool::getPenaltyThresholdCall {})),
            unstaking_period: book.number(node, SettingsNode::getUnstakingPeriodCall {}),
            base_tickets: book.number(deposit, tickets),
            node_share: book.try_share(revenues, of_node),
            voter_share: book.try_share(revenues, of_voters),
            validators: book.number(manager, MegapoolManager::getValidatorCountCall {}),
            last_challenger: book.address(manager, MegapoolManager::getLastChallengerCall {}),
        })
    }
}

fn bonds(book: &mut Book<'_>, settings: Place) -> Vec<Wei> {
    let bonds = book.ask(settings, SettingsNode::getBaseBondArrayCall {});
    bonds.into_iter().take(MOST_BONDS).map(Wei).collect()
}

impl MinipoolRules {
    fn read(book: &mut Book<'_>, contracts: &Contracts) -> Self {
        let it = contracts.need(book, Contract::SettingsMinipool);
        let trusted = contracts.need(book, Contract::TrustedSettingsMinipool);
        let node = contracts.at(Contract::SettingsNode);
        let fees = contracts.at(Contract::NetworkFees);
        let deposit = contracts.at(Contract::NodeDeposit);
        let promotion = TrustedSettingsMinipool::getPromotionScrubPeriodCall {};
        let stake = SettingsNode::getMinimumPerMinipoolStakeCall {};
        let bonds = book.try_ask(deposit, NodeDeposit::getDepositAmountsCall {});
        let bonds = bonds.unwrap_or_default().into_iter();
        Self {
            launch_timeout: book.number(it, SettingsMinipool::getLaunchTimeoutCall {}),
            scrub_period: book.number(trusted, TrustedSettingsMinipool::getScrubPeriodCall {}),
            promotion_scrub_period: book.number(trusted, promotion),
            node_fee: book.try_share(fees, NetworkFees::getNodeFeeCall {}),
            bonds: bonds.take(MOST_BONDS).map(Wei).collect(),
            minimum_stake: book.try_share(node, stake),
        }
    }
}
