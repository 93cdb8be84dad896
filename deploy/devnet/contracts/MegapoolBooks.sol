// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {RocketDepositPool} from "./DepositPool.sol";
import {MegapoolMemory, ValidatorInfo} from "./Megapool.sol";
import {RocketNodeDeposit} from "./NodeDeposit.sol";
import {RocketNetworkRevenues, RocketRewardsPool, RocketTokenRETH} from "./Rewards.sol";
import {SettingsMegapool} from "./Settings.sol";

/// What a megapool tells, and what its own code shares: its books.
abstract contract MegapoolBooks is MegapoolMemory {
    event MegapoolDebtIncreased(uint256 amount, uint256 time);
    event MegapoolDebtReduced(uint256 amount, uint256 time);
    event RewardsDistributed(
        uint256 nodeAmount,
        uint256 voterAmount,
        uint256 rethAmount,
        uint256 protocolDaoAmount,
        uint256 time
    );
    event RewardsClaimed(uint256 amount, uint256 time);

    uint256 internal constant FULL = 32 ether;
    uint256 internal constant FIRST = 1 ether;
    uint256 internal constant MILLI = 1e15;

    modifier onlyMegapoolOwner() {
        require(isOwner(msg.sender), "Not allowed");
        _;
    }

    function settings() internal view returns (SettingsMegapool) {
        return SettingsMegapool(find("rocketDAOProtocolSettingsMegapool"));
    }

    function pool() internal view returns (RocketDepositPool) {
        return RocketDepositPool(find("rocketDepositPool"));
    }

    function revenues() internal view returns (RocketNetworkRevenues) {
        return RocketNetworkRevenues(find("rocketNetworkRevenues"));
    }

    function required(uint256 validators) internal view returns (uint256) {
        return RocketNodeDeposit(find("rocketNodeDeposit")).getBondRequirement(validators);
    }

    function getNodeAddress() external view returns (address) {
        return node;
    }

    function getValidatorCount() external view returns (uint32) {
        return count;
    }

    function getActiveValidatorCount() public view returns (uint32) {
        return count - inactive;
    }

    function getExitingValidatorCount() external view returns (uint32) {
        return leaving;
    }

    function getLockedValidatorCount() external view returns (uint32) {
        return locked;
    }

    function known(uint32 id) private view returns (uint32) {
        require(id < count, "Validator does not exist");
        return id;
    }

    function getValidatorInfo(uint32 id) external view returns (ValidatorInfo memory) {
        return infos[known(id)];
    }

    function getValidatorPubkey(uint32 id) external view returns (bytes memory) {
        return pubkeys[known(id)];
    }

    function getValidatorInfoAndPubkey(uint32 id)
        external
        view
        returns (ValidatorInfo memory info, bytes memory pubkey)
    {
        return (infos[known(id)], pubkeys[id]);
    }

    function getNodeBond() external view returns (uint256) {
        return nodeBond;
    }

    function getNodeQueuedBond() external view returns (uint256) {
        return nodeQueued;
    }

    function getUserCapital() external view returns (uint256) {
        return userCapital;
    }

    function getUserQueuedCapital() external view returns (uint256) {
        return userQueued;
    }

    function getAssignedValue() external view returns (uint256) {
        return assigned;
    }

    function getDebt() external view returns (uint256) {
        return debt;
    }

    function getRefundValue() external view returns (uint256) {
        return refund;
    }

    function getLastDistributionTime() external view returns (uint256) {
        return distributed;
    }

    /// All ether that is neither refunded nor assigned counts as earned.
    function getPendingRewards() public view returns (uint256) {
        return address(this).balance - refund - assigned;
    }

    function getWithdrawalCredentials() public view returns (bytes32) {
        return bytes32((uint256(0x01) << 248) | uint256(uint160(address(this))));
    }

    function getNewValidatorBondRequirement() public view returns (uint256) {
        uint256 wanted = required(uint256(getActiveValidatorCount()) + 1);
        uint256 there = nodeBond + nodeQueued;
        if (wanted < there + FIRST) return FIRST;
        return wanted - there > FULL ? FULL : wanted - there;
    }

    function calculatePendingRewards()
        external
        view
        returns (uint256, uint256, uint256, uint256)
    {
        return calculateRewards(getPendingRewards());
    }

    /// Before the first stake all of it is the node's.
    function calculateRewards(uint256 amount)
        public
        view
        returns (uint256 forNode, uint256 voters, uint256 protocol, uint256 reth)
    {
        if (amount == 0 || distributed == 0) return (amount, 0, 0, 0);
        uint64 since = uint64(distributed);
        uint256 own = revenues().getNodeAverageCapitalRatioSince(node, since);
        uint256 borrowed = amount - amount * own / 1 ether;
        (, voters, protocol, reth) = revenues().calculateSplit(since);
        voters = voters * borrowed / 1 ether;
        protocol = protocol * borrowed / 1 ether;
        reth = reth * borrowed / 1 ether;
        forNode = amount - voters - protocol - reth;
    }

    function toReth(uint256 amount) internal {
        if (amount > 0) pay(find("rocketTokenRETH"), amount, "");
    }

    function owe(uint256 amount) internal {
        debt += amount;
        emit MegapoolDebtIncreased(amount, block.timestamp);
    }

    function oweLess(uint256 amount) internal {
        debt -= amount;
        emit MegapoolDebtReduced(amount, block.timestamp);
    }

    function repay(uint256 amount) internal {
        require(debt >= amount, "Not enough debt");
        toReth(amount);
        oweLess(amount);
    }

    function split(uint256 amount) internal {
        require(leaving == 0, "Pending validator exit");
        require(locked == 0, "Megapool locked");
        (uint256 own, uint256 voters, uint256 protocol, uint256 reth) = calculateRewards(amount);
        distributed = block.timestamp;
        if (amount == 0) return;
        uint256 repaid = own < debt ? own : debt;
        if (debt > 0) repay(repaid);
        own -= repaid;
        toReth(reth);
        if (voters > 0) {
            RocketRewardsPool(find("rocketRewardsPool")).depositVoterShare{value: voters}();
        }
        refund += own;
        emit RewardsDistributed(own, voters, reth, protocol, block.timestamp);
    }

    /// What was earned until now is split by the ratio that was, and the ratio kept that is.
    function settle() internal {
        if (leaving == 0 && locked == 0) split(getPendingRewards());
        keepRatio();
    }

    function keepRatio() internal {
        uint256 all = nodeBond + userCapital;
        if (all > 0) revenues().setNodeCapitalRatio(node, nodeBond * 1 ether / all);
    }

    function payOut() internal {
        uint256 amount = refund;
        if (debt > 0) {
            uint256 repaid = amount < debt ? amount : debt;
            repay(repaid);
            amount -= repaid;
        }
        refund = 0;
        if (amount > 0) {
            pay(rocket.getNodeWithdrawalAddress(node), amount, "Failed to send ETH");
        }
        emit RewardsClaimed(amount, block.timestamp);
    }

    /// How a validator's ether is divided if so many others stay: the node gets what its bond has
    /// above their requirement.
    function shares(uint256 value, uint256 others)
        internal
        view
        returns (uint256 own, uint256 users)
    {
        uint256 wanted = required(others);
        uint256 there = nodeBond + nodeQueued;
        own = there > wanted ? there - wanted : 0;
        if (own > value) own = value;
        if (own > nodeBond) own = nodeBond;
        users = value - own;
    }
}
