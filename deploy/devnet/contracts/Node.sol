// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Part, RocketStorage} from "./Storage.sol";
import {RocketMegapoolFactory} from "./Megapool.sol";
import {RocketRewardsPool, RocketTokenRPL} from "./Rewards.sol";
import {SettingsDeposit, SettingsNode} from "./Settings.sol";

/// The node account: its registration, its RPL withdrawal address, the smoothing pool, tickets.
contract RocketNodeManager is Part {
    event NodeRegistered(address indexed node, uint256 time);
    event NodeTimezoneLocationSet(address indexed node, uint256 time);
    event NodeSmoothingPoolStateChanged(address indexed node, bool state);
    event NodeRPLWithdrawalAddressSet(
        address indexed node, address indexed withdrawalAddress, uint256 time
    );
    event NodeRPLWithdrawalAddressUnset(address indexed node, uint256 time);
    event NodeUnclaimedRewardsClaimed(address indexed node, uint256 amount, uint256 time);

    mapping(address => string) public getNodeTimezoneLocation;
    mapping(address => address) private rplWithdrawal;
    mapping(address => address) public getNodePendingRPLWithdrawalAddress;
    mapping(address => bool) public getFeeDistributorInitialised;
    mapping(address => bool) public getSmoothingPoolRegistrationState;
    mapping(address => uint256) public getSmoothingPoolRegistrationChanged;
    mapping(address => uint256) public getAverageNodeFee;
    mapping(address => uint256) public getExpressTicketCount;
    mapping(address => bool) public getExpressTicketsProvisioned;
    mapping(address => uint256) public getUnclaimedRewards;

    constructor(RocketStorage storage_) Part(storage_, 5) {}

    function settings() private view returns (SettingsNode) {
        return SettingsNode(find("rocketDAOProtocolSettingsNode"));
    }

    function factory() private view returns (RocketMegapoolFactory) {
        return RocketMegapoolFactory(find("rocketMegapoolFactory"));
    }

    function getNodeExists(address node) public view returns (bool) {
        return rocket.getBool(key("node.exists", node));
    }

    function registerNode(string calldata timezone) external {
        require(
            settings().getRegistrationEnabled(),
            "Rocket Pool node registrations are currently disabled"
        );
        require(bytes(timezone).length >= 4, "The timezone location is invalid");
        require(!getNodeExists(msg.sender), "Item already exists in set");
        rocket.setBool(key("node.exists", msg.sender), true);
        getNodeTimezoneLocation[msg.sender] = timezone;
        getExpressTicketsProvisioned[msg.sender] = true;
        getExpressTicketCount[msg.sender] = SettingsDeposit(
            find("rocketDAOProtocolSettingsDeposit")
        ).getExpressQueueTicketsBaseProvision();
        emit NodeRegistered(msg.sender, block.timestamp);
    }

    function setTimezoneLocation(string calldata timezone)
        external
        onlyRegisteredNode(msg.sender)
    {
        require(bytes(timezone).length >= 4, "The timezone location is invalid");
        getNodeTimezoneLocation[msg.sender] = timezone;
        emit NodeTimezoneLocationSet(msg.sender, block.timestamp);
    }

    function getNodeRPLWithdrawalAddressIsSet(address node) external view returns (bool) {
        return rplWithdrawal[node] != address(0);
    }

    function getNodeRPLWithdrawalAddress(address node) public view returns (address) {
        address set = rplWithdrawal[node];
        return set == address(0) ? rocket.getNodeWithdrawalAddress(node) : set;
    }

    function setRPLWithdrawalAddress(address node, address next, bool confirm)
        external
        onlyRegisteredNode(node)
    {
        require(next != address(0), "Invalid RPL withdrawal address");
        require(
            getNodeRPLWithdrawalAddress(node) == msg.sender,
            "Only a tx from a node's RPL withdrawal address can update it"
        );
        if (confirm) updateRpl(node, next);
        else getNodePendingRPLWithdrawalAddress[node] = next;
    }

    function confirmRPLWithdrawalAddress(address node) external onlyRegisteredNode(node) {
        require(
            getNodePendingRPLWithdrawalAddress[node] == msg.sender,
            "Confirmation must come from the pending RPL withdrawal address"
        );
        updateRpl(node, msg.sender);
    }

    function unsetRPLWithdrawalAddress(address node) external onlyRegisteredNode(node) {
        require(
            rplWithdrawal[node] == msg.sender,
            "Only a tx from a node's RPL withdrawal address can unset it"
        );
        delete rplWithdrawal[node];
        emit NodeRPLWithdrawalAddressUnset(node, block.timestamp);
    }

    /// Unlike that for ether, this takes a pending address away.
    function updateRpl(address node, address next) private {
        delete getNodePendingRPLWithdrawalAddress[node];
        rplWithdrawal[node] = next;
        emit NodeRPLWithdrawalAddressSet(node, next, block.timestamp);
    }

    function setSmoothingPoolRegistrationState(bool state)
        external
        onlyRegisteredNode(msg.sender)
    {
        require(
            settings().getSmoothingPoolRegistrationEnabled(),
            "Smoothing pool registrations are not active"
        );
        uint256 interval = RocketRewardsPool(find("rocketRewardsPool")).getClaimIntervalTime();
        uint256 changed = getSmoothingPoolRegistrationChanged[msg.sender];
        require(
            block.timestamp >= changed + interval,
            "Not enough time has passed since changing state"
        );
        require(getSmoothingPoolRegistrationState[msg.sender] != state, "Invalid state change");
        getSmoothingPoolRegistrationChanged[msg.sender] = block.timestamp;
        getSmoothingPoolRegistrationState[msg.sender] = state;
        emit NodeSmoothingPoolStateChanged(msg.sender, state);
    }

    function deployMegapool() external onlyRegisteredNode(msg.sender) returns (address) {
        require(
            !factory().getMegapoolDeployed(msg.sender),
            "Megapool already deployed for this node"
        );
        return factory().deployContract(msg.sender);
    }

    function getMegapoolAddress(address node) external view returns (address) {
        bool there = factory().getMegapoolDeployed(node);
        return there ? factory().getExpectedAddress(node) : address(0);
    }

    function useExpressTicket(address node)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        require(getExpressTicketCount[node] > 0, "No express tickets");
        getExpressTicketCount[node]--;
    }

    function refundExpressTicket(address node)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        getExpressTicketCount[node]++;
    }

    function claimUnclaimedRewards(address node) external onlyRegisteredNode(node) {
        address owner = rocket.getNodeWithdrawalAddress(node);
        require(msg.sender == node || msg.sender == owner, "Only node can claim");
        uint256 amount = getUnclaimedRewards[node];
        delete getUnclaimedRewards[node];
        pay(owner, amount, "Failed to send funds to withdrawal address");
        emit NodeUnclaimedRewardsClaimed(node, amount, block.timestamp);
    }

    /// The tickets of a node that is older than megapools.
    function setTickets(address node, uint256 count) external {
        getExpressTicketCount[node] = count;
    }

    /// What a distribution by a stranger leaves for the node.
    function addUnclaimedRewards(address node) external payable {
        getUnclaimedRewards[node] += msg.value;
    }
}

/// What nodes have staked and borrowed. RPL is staked here by whom it comes back to alone.
contract RocketNodeStaking is Part {
    mapping(address => bool) public getRPLLockingAllowed;
    mapping(address => uint256) public getNodeStakedRPL;
    mapping(address => uint256) public getNodeMegapoolStakedRPL;
    mapping(address => uint256) public getNodeLegacyStakedRPL;
    mapping(address => uint256) public getNodeUnstakingRPL;
    mapping(address => uint256) public getNodeLastUnstakeTime;
    mapping(address => uint256) public getNodeLockedRPL;

    constructor(RocketStorage storage_) Part(storage_, 7) {}

    /// The real one lets accounts do it as well that the node has named.
    function stakeRPLFor(address node, uint256 amount) external onlyRegisteredNode(node) {
        RocketNodeManager nodes = RocketNodeManager(find("rocketNodeManager"));
        require(
            msg.sender == nodes.getNodeRPLWithdrawalAddress(node),
            "Not allowed to stake for"
        );
        RocketTokenRPL token = RocketTokenRPL(find("rocketTokenRPL"));
        require(
            token.transferFrom(msg.sender, address(this), amount),
            "Could not transfer RPL to staking contract"
        );
        getNodeStakedRPL[node] += amount;
        getNodeMegapoolStakedRPL[node] += amount;
    }

    function getNodeETHBonded(address node) external view returns (uint256) {
        return rocket.getUint(key("megapool.eth.bonded", node));
    }

    function getNodeETHBorrowed(address node) external view returns (uint256) {
        return rocket.getUint(key("megapool.eth.borrowed", node));
    }
}
