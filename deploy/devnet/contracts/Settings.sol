// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Part, RocketStorage} from "./Storage.sol";

/// Settings by the names of their views. Governance, which is anybody here, changes them.
abstract contract Settings is Part {
    mapping(string => uint256) internal value;

    function set(string calldata name, uint256 to) external {
        value[name] = to;
    }
}

contract SettingsNode is Settings {
    constructor(RocketStorage storage_) Part(storage_, 5) {
        value["getDepositEnabled"] = 1;
        value["getRegistrationEnabled"] = 1;
        value["getSmoothingPoolRegistrationEnabled"] = 1;
        value["getReducedBond"] = 4 ether;
        value["getUnstakingPeriod"] = 28 days;
    }

    function getDepositEnabled() external view returns (bool) {
        return value["getDepositEnabled"] == 1;
    }

    function getRegistrationEnabled() external view returns (bool) {
        return value["getRegistrationEnabled"] == 1;
    }

    function getSmoothingPoolRegistrationEnabled() external view returns (bool) {
        return value["getSmoothingPoolRegistrationEnabled"] == 1;
    }

    function getReducedBond() external view returns (uint256) {
        return value["getReducedBond"];
    }

    function getUnstakingPeriod() external view returns (uint256) {
        return value["getUnstakingPeriod"];
    }

    function getBaseBondArray() external pure returns (uint256[] memory bonds) {
        bonds = new uint256[](2);
        bonds[0] = 4 ether;
        bonds[1] = 8 ether;
    }
}

contract SettingsDeposit is Settings {
    constructor(RocketStorage storage_) Part(storage_, 4) {
        value["getDepositEnabled"] = 1;
        value["getAssignDepositsEnabled"] = 1;
        value["getMinimumDeposit"] = 0.01 ether;
        value["getMaximumDepositPoolSize"] = 5_000 ether;
        value["getMaximumDepositAssignments"] = 90;
        value["getDepositFee"] = 0.0005 ether;
        value["getExpressQueueRate"] = 4;
    }

    function getDepositEnabled() external view returns (bool) {
        return value["getDepositEnabled"] == 1;
    }

    function getAssignDepositsEnabled() external view returns (bool) {
        return value["getAssignDepositsEnabled"] == 1;
    }

    function getMinimumDeposit() external view returns (uint256) {
        return value["getMinimumDeposit"];
    }

    function getMaximumDepositPoolSize() external view returns (uint256) {
        return value["getMaximumDepositPoolSize"];
    }

    function getMaximumDepositAssignments() external view returns (uint256) {
        return value["getMaximumDepositAssignments"];
    }

    function getDepositFee() external view returns (uint256) {
        return value["getDepositFee"];
    }

    function getExpressQueueRate() external view returns (uint256) {
        return value["getExpressQueueRate"];
    }

    function getExpressQueueTicketsBaseProvision() external view returns (uint256) {
        return value["getExpressQueueTicketsBaseProvision"];
    }

    /// What comes is to fill rETH up to that; in the real ones a tenth of the ether that oracles
    /// have counted, which is nothing on a new chain.
    function getReserve() external view returns (uint256) {
        return value["getReserve"];
    }
}

contract SettingsMegapool is Settings {
    /// The threshold is a parameter: a test chain's validators leave sooner than it.
    constructor(RocketStorage storage_, uint256 notifyThreshold) Part(storage_, 1) {
        value["getTimeBeforeDissolve"] = 28 days;
        value["getDissolvePenalty"] = 0.05 ether;
        value["getNotifyThreshold"] = notifyThreshold;
        value["getLateNotifyFine"] = 0.05 ether;
        value["getUserDistributeDelay"] = 1_575;
        value["getUserDistributeDelayWithShortfall"] = 6_750;
        value["getMaximumEthPenalty"] = 612 ether;
        value["getPenaltyThreshold"] = 0.51 ether;
    }

    function getTimeBeforeDissolve() external view returns (uint256) {
        return value["getTimeBeforeDissolve"];
    }

    function getDissolvePenalty() external view returns (uint256) {
        return value["getDissolvePenalty"];
    }

    function getNotifyThreshold() external view returns (uint256) {
        return value["getNotifyThreshold"];
    }

    function getLateNotifyFine() external view returns (uint256) {
        return value["getLateNotifyFine"];
    }

    function getUserDistributeDelay() external view returns (uint256) {
        return value["getUserDistributeDelay"];
    }

    function getUserDistributeDelayWithShortfall() external view returns (uint256) {
        return value["getUserDistributeDelayWithShortfall"];
    }

    function getMaximumEthPenalty() external view returns (uint256) {
        return value["getMaximumEthPenalty"];
    }

    function getPenaltyThreshold() external view returns (uint256) {
        return value["getPenaltyThreshold"];
    }
}

contract SettingsMinipool is Part {
    uint256 public constant getLaunchTimeout = 72 hours;

    constructor(RocketStorage storage_) Part(storage_, 4) {}
}

contract TrustedSettingsMinipool is Part {
    uint256 public constant getScrubPeriod = 12 hours;
    uint256 public constant getPromotionScrubPeriod = 3 days;

    constructor(RocketStorage storage_) Part(storage_, 2) {}
}
