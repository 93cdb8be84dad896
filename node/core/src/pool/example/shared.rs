//! What both protocols have.

use alloy_primitives::U256;

use super::{NODE, OWNER, STORAGE, World, at, ether};
use crate::pool::abi::*;
use crate::pool::book::theirs;

impl World {
    /// What both protocols have.
    pub(super) fn both() -> Self {
        let mut it = Self::default();
        for name in [
            "rocketNodeManager",
            "rocketNodeDeposit",
            "rocketNodeStaking",
            "rocketNodeDistributorFactory",
            "rocketMinipoolManager",
            "rocketDepositPool",
            "rocketRewardsPool",
            "rocketMerkleDistributorMainnet",
            "rocketNetworkPenalties",
            "rocketTokenRPL",
            "rocketDAOProtocolSettingsNode",
            "rocketDAOProtocolSettingsDeposit",
            "rocketDAOProtocolSettingsMinipool",
            "rocketDAONodeTrustedSettingsMinipool",
        ] {
            it.register(name);
        }
        it.set_rules();
        it.set_node();
        it.set_addresses();
        it.set_money();
        it
    }

    fn set_rules(&mut self) {
        let node = at("rocketDAOProtocolSettingsNode");
        self.set(node, SettingsNode::getRegistrationEnabledCall {}, true);
        self.set(node, SettingsNode::getDepositEnabledCall {}, true);
        self.set(
            node,
            SettingsNode::getSmoothingPoolRegistrationEnabledCall {},
            true,
        );
        let deposit = at("rocketDAOProtocolSettingsDeposit");
        self.set(
            deposit,
            SettingsDeposit::getAssignDepositsEnabledCall {},
            true,
        );
        let minipool = at("rocketDAOProtocolSettingsMinipool");
        self.set(
            minipool,
            SettingsMinipool::getLaunchTimeoutCall {},
            U256::from(259_200),
        );
        let trusted = at("rocketDAONodeTrustedSettingsMinipool");
        self.set(
            trusted,
            TrustedSettingsMinipool::getScrubPeriodCall {},
            U256::from(43_200),
        );
        let promotion = TrustedSettingsMinipool::getPromotionScrubPeriodCall {};
        self.set(trusted, promotion, U256::from(259_200));
        let pool = at("rocketDepositPool");
        self.set(pool, DepositPool::getBalanceCall {}, ether(100));
        self.set(
            pool,
            DepositPool::getMaximumDepositAmountCall {},
            ether(5_000),
        );
        let rewards = at("rocketRewardsPool");
        self.set(rewards, RewardsPool::getRewardIndexCall {}, U256::from(3));
        self.set(
            rewards,
            RewardsPool::getClaimIntervalTimeStartCall {},
            U256::from(9_000),
        );
        self.set(
            rewards,
            RewardsPool::getClaimIntervalTimeCall {},
            U256::from(2_419_200),
        );
        let paid = RewardsPool::getClaimIntervalExecutionBlockCall(U256::from(2));
        self.set(rewards, paid, U256::from(77));
    }

    fn set_node(&mut self) {
        let it = theirs(&NODE.into());
        let nodes = at("rocketNodeManager");
        self.set(nodes, NodeManager::getNodeExistsCall(it), true);
        self.set(
            nodes,
            NodeManager::getNodeTimezoneLocationCall(it),
            "Europe/Berlin",
        );
        self.set(
            nodes,
            NodeManager::getFeeDistributorInitialisedCall(it),
            false,
        );
        self.set(
            nodes,
            NodeManager::getSmoothingPoolRegistrationStateCall(it),
            false,
        );
        self.set(
            nodes,
            NodeManager::getSmoothingPoolRegistrationChangedCall(it),
            U256::ZERO,
        );
        self.set(nodes, NodeManager::getAverageNodeFeeCall(it), U256::ZERO);
        let factory = at("rocketNodeDistributorFactory");
        let proxy = theirs(&[0xdd; 20].into());
        self.set(factory, DistributorFactory::getProxyAddressCall(it), proxy);
        let minipools = at("rocketMinipoolManager");
        self.set(
            minipools,
            MinipoolManager::getNodeMinipoolCountCall(it),
            U256::ZERO,
        );
    }

    fn set_addresses(&mut self) {
        let it = theirs(&NODE.into());
        self.set(
            STORAGE,
            Storage::getNodeWithdrawalAddressCall(it),
            theirs(&OWNER.into()),
        );
        let nobody = alloy_primitives::Address::ZERO;
        self.set(
            STORAGE,
            Storage::getNodePendingWithdrawalAddressCall(it),
            nobody,
        );
        let nodes = at("rocketNodeManager");
        self.set(
            nodes,
            NodeManager::getNodeRPLWithdrawalAddressCall(it),
            theirs(&OWNER.into()),
        );
        self.set(
            nodes,
            NodeManager::getNodeRPLWithdrawalAddressIsSetCall(it),
            true,
        );
        self.set(
            nodes,
            NodeManager::getNodePendingRPLWithdrawalAddressCall(it),
            nobody,
        );
    }

    fn set_money(&mut self) {
        let it = theirs(&NODE.into());
        let deposit = at("rocketNodeDeposit");
        self.set(deposit, NodeDeposit::getNodeDepositCreditCall(it), ether(4));
        self.set(deposit, NodeDeposit::getNodeUsableCreditCall(it), ether(4));
        self.set(deposit, NodeDeposit::getNodeEthBalanceCall(it), ether(8));
        self.set(
            deposit,
            NodeDeposit::getNodeCreditAndBalanceCall(it),
            ether(12),
        );
        self.set(
            deposit,
            NodeDeposit::getNodeUsableCreditAndBalanceCall(it),
            ether(12),
        );
        let staking = at("rocketNodeStaking");
        self.set(staking, NodeStaking::getRPLLockingAllowedCall(it), false);
        let rpl = at("rocketTokenRPL");
        self.set(rpl, Token::balanceOfCall(it), ether(7));
        let spender = theirs(&staking);
        self.set(rpl, Token::allowanceCall { owner: it, spender }, U256::ZERO);
        let merkle = at("rocketMerkleDistributorMainnet");
        let owner = theirs(&OWNER.into());
        self.set(
            merkle,
            MerkleDistributor::getOutstandingEthCall(owner),
            U256::ZERO,
        );
        for interval in 0..3 {
            let call = MerkleDistributor::isClaimedCall {
                interval: U256::from(interval),
                claimer: it,
            };
            self.set(merkle, call, interval == 0);
        }
        self.give(NODE, ether(2));
    }
}
