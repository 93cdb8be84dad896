// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Part, RocketStorage} from "./Storage.sol";

contract RocketNodeDistributorFactory is Part {
    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function getProxyAddress(address node) external pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked("distributor", node)))));
    }
}

contract RocketMinipool {
    address public immutable getNodeAddress;
    uint8 public version = 3;
    uint8 public getStatus;
    bool public getFinalised;
    uint256 public getStatusTime = block.timestamp;
    uint256 public getNodeFee = 0.14 ether;
    uint256 public getNodeDepositBalance = 8 ether;
    uint256 public getUserDepositBalance = 24 ether;
    uint256 public getNodeRefundBalance;
    bool public canStake;

    RocketStorage private immutable rocket;

    constructor(RocketStorage storage_, address node, uint8 status) {
        rocket = storage_;
        getNodeAddress = node;
        getStatus = status;
    }

    receive() external payable {}

    /// The whole stake that came back: the node's share to its withdrawal address. What is due to
    /// others stays here.
    function distributeBalance(bool rewardsOnly) external {
        address owner = rocket.getNodeWithdrawalAddress(getNodeAddress);
        require(msg.sender == owner || msg.sender == getNodeAddress, "Invalid minipool owner");
        require(!rewardsOnly && address(this).balance >= 8 ether, "Balance exceeds 8 ether");
        getFinalised = true;
        (bool paid,) = owner.call{value: calculateNodeShare(address(this).balance)}("");
        require(paid, "Failed to transfer");
    }

    function calculateNodeShare(uint256 balance) public pure returns (uint256) {
        return balance / 4;
    }
}

contract RocketMinipoolManager is Part {
    mapping(address => address[]) private minipools;
    mapping(address => bool) public getMinipoolExists;
    mapping(address => bytes) public getMinipoolPubkey;
    mapping(bytes => address) public getMinipoolByPubkey;

    constructor(RocketStorage storage_) Part(storage_, 6) {}

    function getNodeMinipoolCount(address node) external view returns (uint256) {
        return minipools[node].length;
    }

    function getNodeMinipoolAt(address node, uint256 index) external view returns (address) {
        return minipools[node][index];
    }

    function getMinipoolWithdrawalCredentials(address at) external pure returns (bytes memory) {
        return abi.encodePacked(bytes1(0x01), bytes11(0), at);
    }

    /// One that is from before megapools.
    function create(address node, uint8 status, bytes calldata pubkey) external {
        address at = address(new RocketMinipool(rocket, node, status));
        minipools[node].push(at);
        getMinipoolExists[at] = true;
        getMinipoolPubkey[at] = pubkey;
        getMinipoolByPubkey[pubkey] = at;
    }
}

contract RocketNetworkPenalties is Part {
    mapping(address => uint256) public getPenaltyCount;

    constructor(RocketStorage storage_) Part(storage_, 1) {}
}
