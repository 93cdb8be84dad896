//! The views of Rocket Pool's contracts that are called here, written from their interfaces.
//!
//! A function that exists in one call surface only is marked with it; the others are in both. A
//! `version` of eight bits and one of 256 look the same in an answer.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the contracts' interfaces"
)]

alloy_sol_types::sol! {
    interface Versioned {
        function version() external view returns (uint256);
    }

    interface Storage {
        function getAddress(bytes32) external view returns (address);
        function getString(bytes32) external view returns (string);
        function getNodeWithdrawalAddress(address) external view returns (address);
        function getNodePendingWithdrawalAddress(address) external view returns (address);
    }

    interface NodeManager {
        function getNodeExists(address) external view returns (bool);
        function getNodeTimezoneLocation(address) external view returns (string);
        function getNodeRPLWithdrawalAddress(address) external view returns (address);
        function getNodeRPLWithdrawalAddressIsSet(address) external view returns (bool);
        function getNodePendingRPLWithdrawalAddress(address) external view returns (address);
        function getFeeDistributorInitialised(address) external view returns (bool);
        function getSmoothingPoolRegistrationState(address) external view returns (bool);
        function getSmoothingPoolRegistrationChanged(address) external view returns (uint256);
        function getAverageNodeFee(address) external view returns (uint256);
        // 1.4
        function getMegapoolAddress(address) external view returns (address);
        function getExpressTicketCount(address) external view returns (uint256);
        function getExpressTicketsProvisioned(address) external view returns (bool);
        function getUnclaimedRewards(address) external view returns (uint256);
    }

    interface DistributorFactory {
        function getProxyAddress(address) external view returns (address);
    }

    interface Distributor {
        function getNodeShare() external view returns (uint256);
        function getUserShare() external view returns (uint256);
    }

    interface NodeDeposit {
        function getNodeDepositCredit(address) external view returns (uint256);
        function getNodeUsableCredit(address) external view returns (uint256);
        function getNodeEthBalance(address) external view returns (uint256);
        function getNodeCreditAndBalance(address) external view returns (uint256);
        function getNodeUsableCreditAndBalance(address) external view returns (uint256);
        // 1.3.1
        function getDepositAmounts() external view returns (uint256[]);
        // 1.4
        function getBondRequirement(uint256) external view returns (uint256);
    }

    interface NodeStaking {
        // 1.3.1
        function getNodeRPLStake(address) external view returns (uint256);
        function getNodeMinimumRPLStake(address) external view returns (uint256);
        function getNodeMaximumRPLStake(address) external view returns (uint256);
        function getNodeRPLLocked(address) external view returns (uint256);
        function getNodeETHMatched(address) external view returns (uint256);
        function getNodeETHMatchedLimit(address) external view returns (uint256);
        // 1.4
        function getNodeStakedRPL(address) external view returns (uint256);
        function getNodeMegapoolStakedRPL(address) external view returns (uint256);
        function getNodeLegacyStakedRPL(address) external view returns (uint256);
        function getNodeUnstakingRPL(address) external view returns (uint256);
        function getNodeLastUnstakeTime(address) external view returns (uint256);
        function getNodeLockedRPL(address) external view returns (uint256);
        function getNodeETHBonded(address) external view returns (uint256);
        function getNodeETHBorrowed(address) external view returns (uint256);
        // Both.
        function getRPLLockingAllowed(address) external view returns (bool);
    }

    interface Token {
        function balanceOf(address) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
    }

    interface DepositPool {
        function getBalance() external view returns (uint256);
        function getMaximumDepositAmount() external view returns (uint256);
        // 1.4
        function getNodeBalance() external view returns (uint256);
        function getExpressQueueLength() external view returns (uint256);
        function getStandardQueueLength() external view returns (uint256);
        function getMinipoolQueueLength() external view returns (uint256);
        function getQueueIndex() external view returns (uint256);
        #[derive(Debug, Default)]
        function getQueueTop() external view
            returns (address receiver, bool assignmentPossible, uint256 headMovedBlock);
    }

    #[derive(Debug)]
    struct QueueKey {
        address receiver;
        uint32 validatorId;
    }

    // 1.4
    interface LinkedList {
        function getHeadIndex(bytes32) external view returns (uint256);
        function getIndexOf(bytes32 namespace, QueueKey key) external view returns (uint256);
    }

    interface MinipoolQueue {
        function getMinipoolPosition(address) external view returns (int256);
    }

    interface RewardsPool {
        function getRewardIndex() external view returns (uint256);
        function getClaimIntervalTimeStart() external view returns (uint256);
        function getClaimIntervalTime() external view returns (uint256);
        function getClaimIntervalExecutionBlock(uint256) external view returns (uint256);
    }

    interface MerkleDistributor {
        function isClaimed(uint256 interval, address claimer) external view returns (bool);
        function getOutstandingEth(address) external view returns (uint256);
    }

    interface MinipoolManager {
        function getNodeMinipoolCount(address) external view returns (uint256);
        function getNodeMinipoolAt(address node, uint256 index) external view returns (address);
        function getMinipoolPubkey(address) external view returns (bytes);
        function getMinipoolExists(address) external view returns (bool);
        function getMinipoolByPubkey(bytes) external view returns (address);
        function getMinipoolWithdrawalCredentials(address) external view returns (bytes);
    }

    interface Minipool {
        function getStatus() external view returns (uint8);
        function getFinalised() external view returns (bool);
        function getStatusTime() external view returns (uint256);
        function getNodeAddress() external view returns (address);
        function getNodeFee() external view returns (uint256);
        function getNodeDepositBalance() external view returns (uint256);
        function getUserDepositBalance() external view returns (uint256);
        function getNodeRefundBalance() external view returns (uint256);
        function getVacant() external view returns (bool);
        function canStake() external view returns (bool);
        function canPromote() external view returns (bool);
        function userDistributeAllowed() external view returns (bool);
        function getEffectiveDelegate() external view returns (address);
        function getUseLatestDelegate() external view returns (bool);
        function calculateNodeShare(uint256) external view returns (uint256);
    }

    interface BondReducer {
        function getReduceBondTime(address) external view returns (uint256);
        function getReduceBondCancelled(address) external view returns (bool);
        // 1.3.1; in 1.4 it answers, and the reduction itself reverts.
        function canReduceBondAmount(address) external view returns (bool);
    }

    interface NetworkPenalties {
        function getPenaltyCount(address) external view returns (uint256);
    }

    interface NetworkFees {
        function getNodeFee() external view returns (uint256);
    }

    interface NetworkPrices {
        function getRPLPrice() external view returns (uint256);
    }

    // 1.4
    interface NetworkRevenues {
        function getCurrentNodeShare() external view returns (uint256);
        function getCurrentVoterShare() external view returns (uint256);
        function getNodeCapitalRatio(address) external view returns (uint256);
    }

    // 1.4
    interface MegapoolFactory {
        function getExpectedAddress(address) external view returns (address);
        function getMegapoolDeployed(address) external view returns (bool);
        function getDelegateExpiry(address) external view returns (uint256);
    }

    // 1.4
    interface MegapoolManager {
        function getValidatorCount() external view returns (uint256);
        function getLastChallenger() external view returns (address);
    }

    // 1.4
    interface MegapoolPenalties {
        function getCurrentMaxPenalty() external view returns (uint256);
    }

    /// The four amounts: three in thousandths of an ether, `exitBalance` in gwei.
    #[derive(Debug, Default)]
    struct ValidatorInfo {
        uint32 lastAssignmentTime;
        uint32 lastRequestedValue;
        uint32 lastRequestedBond;
        uint32 depositValue;
        bool staked;
        bool exited;
        bool inQueue;
        bool inPrestake;
        bool expressUsed;
        bool dissolved;
        bool exiting;
        bool locked;
        uint64 exitBalance;
        uint64 lockedTime;
    }

    #[derive(Debug, Default)]
    struct Split {
        uint256 node;
        uint256 voters;
        uint256 protocol;
        uint256 reth;
    }

    // 1.4
    interface Megapool {
        function getNodeAddress() external view returns (address);
        function getValidatorCount() external view returns (uint32);
        function getActiveValidatorCount() external view returns (uint32);
        function getExitingValidatorCount() external view returns (uint32);
        function getLockedValidatorCount() external view returns (uint32);
        #[derive(Debug, Default)]
        function getValidatorInfoAndPubkey(uint32) external view
            returns (ValidatorInfo info, bytes pubkey);
        function getNewValidatorBondRequirement() external view returns (uint256);
        function getNodeBond() external view returns (uint256);
        function getNodeQueuedBond() external view returns (uint256);
        function getUserCapital() external view returns (uint256);
        function getUserQueuedCapital() external view returns (uint256);
        function getAssignedValue() external view returns (uint256);
        function getDebt() external view returns (uint256);
        function getRefundValue() external view returns (uint256);
        function getPendingRewards() external view returns (uint256);
        function calculatePendingRewards() external view returns (Split);
        function getLastDistributionTime() external view returns (uint256);
        function getWithdrawalCredentials() external view returns (bytes32);
        function getDelegate() external view returns (address);
        function getEffectiveDelegate() external view returns (address);
        function getDelegateExpired() external view returns (bool);
        function getUseLatestDelegate() external view returns (bool);
    }

    interface SettingsNode {
        function getDepositEnabled() external view returns (bool);
        function getRegistrationEnabled() external view returns (bool);
        function getSmoothingPoolRegistrationEnabled() external view returns (bool);
        // 1.3.1
        function getMinimumPerMinipoolStake() external view returns (uint256);
        // 1.4
        function getBaseBondArray() external view returns (uint256[]);
        function getReducedBond() external view returns (uint256);
        function getUnstakingPeriod() external view returns (uint256);
    }

    interface SettingsDeposit {
        function getAssignDepositsEnabled() external view returns (bool);
        // 1.4
        function getExpressQueueRate() external view returns (uint256);
        function getExpressQueueTicketsBaseProvision() external view returns (uint256);
    }

    // 1.4
    interface SettingsMegapool {
        function getTimeBeforeDissolve() external view returns (uint256);
        function getDissolvePenalty() external view returns (uint256);
        function getNotifyThreshold() external view returns (uint256);
        function getLateNotifyFine() external view returns (uint256);
        function getUserDistributeDelay() external view returns (uint256);
        function getUserDistributeDelayWithShortfall() external view returns (uint256);
        function getMaximumEthPenalty() external view returns (uint256);
        function getPenaltyThreshold() external view returns (uint256);
    }

    interface SettingsMinipool {
        function getLaunchTimeout() external view returns (uint256);
    }

    interface TrustedSettingsMinipool {
        function getScrubPeriod() external view returns (uint256);
        function getPromotionScrubPeriod() external view returns (uint256);
    }

    // 1.4: an upgrade of one of the protocol's own contracts waits, and can be vetoed as long.
    interface TrustedUpgrade {
        function getTotal() external view returns (uint256);
        function getName(uint256) external view returns (string);
        function getUpgradeAddress(uint256) external view returns (address);
        function getEnd(uint256) external view returns (uint256);
        function getExecuted(uint256) external view returns (bool);
        function getVetoed(uint256) external view returns (bool);
    }
}
