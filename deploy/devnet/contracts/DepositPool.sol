// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {RocketMegapoolDelegate} from "./MegapoolDelegate.sol";
import {RocketMegapoolFactory} from "./Megapool.sol";
import {RocketNodeManager} from "./Node.sol";
import {Entry, LinkedListStorage, Key} from "./Queue.sol";
import {RocketTokenRETH} from "./Rewards.sol";
import {SettingsDeposit} from "./Settings.sol";
import {Part, RocketStorage} from "./Storage.sol";

/// Holds the ether that waits for validators, and serves the two queues.
contract RocketDepositPool is Part {
    event DepositReceived(address indexed from, uint256 amount, uint256 time);
    event DepositRecycled(address indexed from, uint256 amount, uint256 time);
    event FundsRequested(
        address indexed receiver,
        uint256 validatorId,
        uint256 amount,
        bool expressQueue,
        uint256 time
    );
    event FundsAssigned(address indexed receiver, uint256 amount, uint256 time);
    event QueueExited(address indexed nodeAddress, uint256 time);
    event CreditWithdrawn(address indexed nodeAddress, uint256 amount, uint256 time);

    bytes32 private constant EXPRESS = keccak256("deposit.queue.express");
    bytes32 private constant STANDARD = keccak256("deposit.queue.standard");
    uint256 private constant MILLI = 1e15;

    uint256 public getNodeBalance;
    /// The minipools that still wait; here there are none.
    uint256 public constant getMinipoolQueueLength = 0;
    uint256 public getQueueIndex;
    uint256 private requested;
    mapping(bytes32 => uint256) private movedIn;

    constructor(RocketStorage storage_) Part(storage_, 4) {}

    function settings() private view returns (SettingsDeposit) {
        return SettingsDeposit(find("rocketDAOProtocolSettingsDeposit"));
    }

    function list() private view returns (LinkedListStorage) {
        return LinkedListStorage(find("linkedListStorage"));
    }

    function reth() private view returns (RocketTokenRETH) {
        return RocketTokenRETH(payable(find("rocketTokenRETH")));
    }

    function getBalance() public view returns (uint256) {
        return address(this).balance;
    }

    function getExpressQueueLength() public view returns (uint256) {
        return list().getLength(EXPRESS);
    }

    function getStandardQueueLength() public view returns (uint256) {
        return list().getLength(STANDARD);
    }

    function getTotalQueueLength() external view returns (uint256) {
        return getExpressQueueLength() + getStandardQueueLength();
    }

    function capacity() private view returns (uint256) {
        uint256 waited = settings().getAssignDepositsEnabled() ? requested : 0;
        return settings().getMaximumDepositPoolSize() + waited;
    }

    function getMaximumDepositAmount() external view returns (uint256) {
        if (!settings().getDepositEnabled() || getBalance() >= capacity()) return 0;
        return capacity() - getBalance();
    }

    /// Anybody's ether for rETH.
    function deposit() external payable {
        require(
            settings().getDepositEnabled(), "Deposits into Rocket Pool are currently disabled"
        );
        require(
            msg.value >= settings().getMinimumDeposit(),
            "The deposited amount is less than the minimum deposit size"
        );
        // The balance has what was sent in it already.
        require(
            getBalance() <= capacity(),
            "The deposit pool size after depositing exceeds the maximum size"
        );
        reth().mint(lessFee(msg.value), msg.sender);
        emit DepositReceived(msg.sender, msg.value, block.timestamp);
        process();
    }

    function lessFee(uint256 amount) private view returns (uint256) {
        return amount - amount * settings().getDepositFee() / 1 ether;
    }

    function nodeDeposit(uint256 bond)
        external
        payable
        onlyLatestContract("rocketNodeDeposit", msg.sender)
    {
        getNodeBalance += bond;
    }

    function recycleDissolvedDeposit() external payable onlyRegisteredMegapool(msg.sender) {
        emit DepositRecycled(msg.sender, msg.value, block.timestamp);
        process();
    }

    function recycleExcessCollateral()
        external
        payable
        onlyLatestContract("rocketTokenRETH", msg.sender)
    {
        emit DepositRecycled(msg.sender, msg.value, block.timestamp);
        process();
    }

    /// What comes fills up the reserve of rETH first; the rest may serve the queues.
    function process() private {
        uint256 reserve = settings().getReserve();
        uint256 held = address(reth()).balance;
        uint256 lacking = reserve > held ? reserve - held : 0;
        if (lacking > msg.value) lacking = msg.value;
        if (lacking > 0) reth().depositExcess{value: lacking}();
        if (!settings().getAssignDepositsEnabled()) return;
        uint256 most = settings().getMaximumDepositAssignments();
        uint256 whole = msg.value / 32 ether;
        assign(whole < most ? whole : most);
    }

    function maybeAssignDeposits(uint256 most)
        external
        onlyLatestContract("rocketNodeDeposit", msg.sender)
    {
        require(most > 0, "Must assign at least 1");
        if (settings().getAssignDepositsEnabled()) assign(most);
    }

    function assignDeposits(uint256 most) external {
        require(most > 0, "Must assign at least 1");
        require(settings().getAssignDepositsEnabled(), "Deposit assignments are disabled");
        assign(most);
    }

    /// Which queue is served next, if any is not empty.
    function next() private view returns (bool any, bytes32 queue) {
        uint256 express = getExpressQueueLength();
        uint256 standard = getStandardQueueLength();
        if (express + standard == 0) return (false, 0);
        uint256 rate = settings().getExpressQueueRate();
        bool first = getQueueIndex % (rate + 1) != rate;
        return (true, (first && express > 0) || standard == 0 ? EXPRESS : STANDARD);
    }

    function assign(uint256 most) private {
        for (uint256 i = 0; i < most; i++) {
            (bool any, bytes32 queue) = next();
            if (!any) return;
            Entry memory head = list().peekItem(queue);
            uint256 amount = head.requestedValue * MILLI;
            if (getBalance() < amount) return;
            RocketMegapoolDelegate(head.receiver).assignFunds{value: amount}(head.validatorId);
            emit FundsAssigned(head.receiver, amount, block.timestamp);
            list().dequeueItem(queue);
            getNodeBalance -= head.suppliedValue * MILLI;
            requested -= amount;
            getQueueIndex++;
            movedIn[queue] = block.number;
        }
    }

    function getQueueTop() external view returns (address, bool, uint256) {
        (bool any, bytes32 queue) = next();
        if (!any) return (address(0), false, 0);
        Entry memory head = list().peekItem(queue);
        bool possible = getBalance() >= head.requestedValue * MILLI;
        return (
            head.receiver, possible && settings().getAssignDepositsEnabled(), movedIn[queue]
        );
    }

    function requestFunds(uint256 bond, uint32 id, uint256 amount, bool express)
        external
        onlyRegisteredMegapool(msg.sender)
    {
        require(bond % MILLI == 0, "Invalid supplied amount");
        address node = RocketMegapoolDelegate(msg.sender).getNodeAddress();
        if (express) RocketNodeManager(find("rocketNodeManager")).useExpressTicket(node);
        bytes32 queue = express ? EXPRESS : STANDARD;
        Entry memory entry = Entry(msg.sender, id, uint32(bond / MILLI), uint32(amount / MILLI));
        list().enqueueItem(queue, entry);
        requested += amount;
        if (list().getLength(queue) == 1) movedIn[queue] = block.number;
        count(node, int256(bond), int256(amount - bond));
        emit FundsRequested(msg.sender, id, amount, express, block.timestamp);
    }

    function exitQueue(address node, uint32 id, bool express)
        external
        onlyRegisteredMegapool(msg.sender)
    {
        bytes32 queue = express ? EXPRESS : STANDARD;
        uint256 index = list().getIndexOf(queue, Key(msg.sender, id));
        Entry memory entry = list().getItem(queue, index);
        if (list().getHeadIndex(queue) == index) movedIn[queue] = block.number;
        list().removeItem(queue, Key(msg.sender, id));
        requested -= entry.requestedValue * MILLI;
        getNodeBalance -= entry.suppliedValue * MILLI;
        if (express) RocketNodeManager(find("rocketNodeManager")).refundExpressTicket(node);
        emit QueueExited(node, block.timestamp);
    }

    function fundsReturned(address node, uint256 bond, uint256 borrowed)
        external
        onlyRegisteredMegapool(msg.sender)
    {
        count(node, -int256(bond), -int256(borrowed));
    }

    function reduceBond(address node, uint256 amount) external onlyRegisteredMegapool(msg.sender) {
        count(node, -int256(amount), int256(amount));
    }

    /// What a node has bonded and borrowed.
    function count(address node, int256 bond, int256 borrowed) private {
        bytes32 bonded = key("megapool.eth.bonded", node);
        bytes32 owed = key("megapool.eth.borrowed", node);
        rocket.setUint(bonded, uint256(int256(rocket.getUint(bonded)) + bond));
        rocket.setUint(owed, uint256(int256(rocket.getUint(owed)) + borrowed));
    }

    function applyCredit(address node, uint256 amount)
        external
        onlyRegisteredMegapool(msg.sender)
    {
        bytes32 place = key("node.deposit.credit.balance", node);
        rocket.setUint(place, rocket.getUint(place) + amount);
    }

    function withdrawCredit(uint256 amount) external onlyRegisteredNode(msg.sender) {
        payCredit(msg.sender, amount);
    }

    function withdrawCreditFor(address node, uint256 amount) external onlyRegisteredNode(node) {
        require(
            msg.sender == rocket.getNodeWithdrawalAddress(node),
            "Must be called from withdrawal address"
        );
        payCredit(node, amount);
    }

    function payCredit(address node, uint256 amount) private {
        require(
            settings().getDepositEnabled(), "Deposits into Rocket Pool are currently disabled"
        );
        RocketMegapoolFactory factory = RocketMegapoolFactory(find("rocketMegapoolFactory"));
        require(factory.getMegapoolDeployed(node), "Megapool must be deployed");
        RocketMegapoolDelegate megapool =
            RocketMegapoolDelegate(factory.getExpectedAddress(node));
        require(megapool.getDebt() == 0, "Cannot withdraw credit while debt exists");
        bytes32 place = key("node.deposit.credit.balance", node);
        uint256 credit = rocket.getUint(place);
        require(credit >= amount, "Amount exceeds credit available");
        rocket.setUint(place, credit - amount);
        reth().mint(lessFee(amount), rocket.getNodeWithdrawalAddress(node));
        emit CreditWithdrawn(node, amount, block.timestamp);
    }
}
