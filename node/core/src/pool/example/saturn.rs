//! What came with protocol 1.4.

use alloy_primitives::U256;

use super::{ETHER, MEGAPOOL, NODE, World, at, ether};
use crate::pool::abi::*;
use crate::pool::book::theirs;

impl World {
    pub(super) fn set_saturn_rules(&mut self) {
        let node = at("rocketDAOProtocolSettingsNode");
        let bonds = vec![ether(4), ether(8)];
        self.set(node, SettingsNode::getBaseBondArrayCall {}, bonds);
        self.set(node, SettingsNode::getReducedBondCall {}, ether(4));
        self.set(
            node,
            SettingsNode::getUnstakingPeriodCall {},
            U256::from(2_419_200),
        );
        let deposit = at("rocketDAOProtocolSettingsDeposit");
        self.set(
            deposit,
            SettingsDeposit::getExpressQueueRateCall {},
            U256::from(4),
        );
        let base = SettingsDeposit::getExpressQueueTicketsBaseProvisionCall {};
        self.set(deposit, base, U256::ZERO);
        let it = at("rocketDAOProtocolSettingsMegapool");
        let penny = U256::from(ETHER / 20);
        self.set(
            it,
            SettingsMegapool::getTimeBeforeDissolveCall {},
            U256::from(2_419_200),
        );
        self.set(it, SettingsMegapool::getDissolvePenaltyCall {}, penny);
        self.set(
            it,
            SettingsMegapool::getNotifyThresholdCall {},
            U256::from(112),
        );
        self.set(it, SettingsMegapool::getLateNotifyFineCall {}, penny);
        self.set(
            it,
            SettingsMegapool::getUserDistributeDelayCall {},
            U256::from(1_575),
        );
        let shortfall = SettingsMegapool::getUserDistributeDelayWithShortfallCall {};
        self.set(it, shortfall, U256::from(6_750));
        self.set(
            it,
            SettingsMegapool::getMaximumEthPenaltyCall {},
            ether(612),
        );
        let threshold = U256::from(ETHER / 100 * 51);
        self.set(it, SettingsMegapool::getPenaltyThresholdCall {}, threshold);
        self.set_megapools();
        self.set_queues();
    }

    fn set_megapools(&mut self) {
        let nobody = alloy_primitives::Address::ZERO;
        let all = at("rocketMegapoolManager");
        self.set(
            all,
            MegapoolManager::getValidatorCountCall {},
            U256::from(1_000),
        );
        self.set(all, MegapoolManager::getLastChallengerCall {}, nobody);
    }

    fn set_queues(&mut self) {
        let pool = at("rocketDepositPool");
        self.set(pool, DepositPool::getNodeBalanceCall {}, ether(40));
        self.set(
            pool,
            DepositPool::getExpressQueueLengthCall {},
            U256::from(6),
        );
        self.set(
            pool,
            DepositPool::getStandardQueueLengthCall {},
            U256::from(2),
        );
        self.set(pool, DepositPool::getMinipoolQueueLengthCall {}, U256::ZERO);
        self.set(pool, DepositPool::getQueueIndexCall {}, U256::from(10));
        let top = DepositPool::getQueueTopReturn {
            receiver: theirs(&MEGAPOOL.into()),
            assignmentPossible: true,
            headMovedBlock: U256::from(90),
        };
        self.set(pool, DepositPool::getQueueTopCall {}, top);
    }

    pub(super) fn set_saturn_node(&mut self) {
        let it = theirs(&NODE.into());
        let nodes = at("rocketNodeManager");
        let megapool = theirs(&MEGAPOOL.into());
        self.set(nodes, NodeManager::getMegapoolAddressCall(it), megapool);
        self.set(
            nodes,
            NodeManager::getExpressTicketCountCall(it),
            U256::from(2),
        );
        self.set(
            nodes,
            NodeManager::getExpressTicketsProvisionedCall(it),
            true,
        );
        self.set(nodes, NodeManager::getUnclaimedRewardsCall(it), U256::ZERO);
        let factory = at("rocketMegapoolFactory");
        self.set(
            factory,
            MegapoolFactory::getExpectedAddressCall(it),
            megapool,
        );
        self.set(factory, MegapoolFactory::getMegapoolDeployedCall(it), true);
        let staking = at("rocketNodeStaking");
        self.set(staking, NodeStaking::getNodeStakedRPLCall(it), ether(600));
        self.set(
            staking,
            NodeStaking::getNodeMegapoolStakedRPLCall(it),
            ether(100),
        );
        self.set(
            staking,
            NodeStaking::getNodeLegacyStakedRPLCall(it),
            ether(500),
        );
        self.set(
            staking,
            NodeStaking::getNodeUnstakingRPLCall(it),
            U256::ZERO,
        );
        self.set(
            staking,
            NodeStaking::getNodeLastUnstakeTimeCall(it),
            U256::ZERO,
        );
        self.set(staking, NodeStaking::getNodeLockedRPLCall(it), U256::ZERO);
        self.set(staking, NodeStaking::getNodeETHBondedCall(it), ether(4));
        self.set(staking, NodeStaking::getNodeETHBorrowedCall(it), ether(28));
    }

    pub(super) fn set_megapool(&mut self) {
        self.set(
            MEGAPOOL,
            Megapool::getNodeAddressCall {},
            theirs(&NODE.into()),
        );
        let mut credentials = [0; 32];
        credentials[0] = 1;
        credentials[12..].copy_from_slice(&MEGAPOOL);
        self.set(
            MEGAPOOL,
            Megapool::getWithdrawalCredentialsCall {},
            credentials,
        );
        self.set_validators(&[]);
        self.set(MEGAPOOL, Megapool::getExitingValidatorCountCall {}, 0_u32);
        self.set(MEGAPOOL, Megapool::getLockedValidatorCountCall {}, 0_u32);
        self.set(
            MEGAPOOL,
            Megapool::getNewValidatorBondRequirementCall {},
            ether(4),
        );
        self.set(MEGAPOOL, Megapool::getNodeBondCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getNodeQueuedBondCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getUserCapitalCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getUserQueuedCapitalCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getAssignedValueCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getDebtCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getRefundValueCall {}, U256::ZERO);
        self.set(MEGAPOOL, Megapool::getPendingRewardsCall {}, U256::ZERO);
        self.set(
            MEGAPOOL,
            Megapool::getLastDistributionTimeCall {},
            U256::ZERO,
        );
        let delegate = theirs(&at("rocketMegapoolDelegate"));
        self.set(MEGAPOOL, Megapool::getDelegateCall {}, delegate);
        self.set(MEGAPOOL, Megapool::getEffectiveDelegateCall {}, delegate);
        self.set(MEGAPOOL, Megapool::getDelegateExpiredCall {}, false);
        self.set(MEGAPOOL, Megapool::getUseLatestDelegateCall {}, false);
        let factory = at("rocketMegapoolFactory");
        self.set(
            factory,
            MegapoolFactory::getDelegateExpiryCall(delegate),
            U256::ZERO,
        );
    }
}
