// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {RocketDepositPool} from "./DepositPool.sol";
import {RocketMegapoolDelegate} from "./MegapoolDelegate.sol";
import {RocketMegapoolFactory} from "./Megapool.sol";
import {MegapoolSet} from "./MegapoolSet.sol";
import {SettingsNode} from "./Settings.sol";
import {Part, RocketStorage} from "./Storage.sol";

/// Takes bonds: with ether that is sent, with credit, and with ether that was sent before.
contract RocketNodeDeposit is Part {
    event DepositReceived(address indexed from, uint256 amount, uint256 time);
    event MultiDepositReceived(
        address indexed from, uint256 numberOfValidators, uint256 totalBond, uint256 time
    );
    event DepositFor(
        address indexed nodeAddress, address indexed from, uint256 amount, uint256 time
    );
    event Withdrawal(
        address indexed nodeAddress, address indexed to, uint256 amount, uint256 time
    );

    struct NodeDeposit {
        uint256 bondAmount;
        bool useExpressTicket;
        bytes validatorPubkey;
        bytes validatorSignature;
        bytes32 depositDataRoot;
    }

    mapping(address => uint256) public getNodeEthBalance;

    constructor(RocketStorage storage_) Part(storage_, 5) {}

    function settings() private view returns (SettingsNode) {
        return SettingsNode(find("rocketDAOProtocolSettingsNode"));
    }

    function pool() private view returns (RocketDepositPool) {
        return RocketDepositPool(find("rocketDepositPool"));
    }

    function getBondRequirement(uint256 count) external view returns (uint256) {
        if (count == 0) return 0;
        uint256[] memory base = settings().getBaseBondArray();
        if (count <= base.length) return base[count - 1];
        return base[base.length - 1] + settings().getReducedBond() * (count - base.length);
    }

    function getNodeDepositCredit(address node) public view returns (uint256) {
        return rocket.getUint(key("node.deposit.credit.balance", node));
    }

    /// Credit can only be used as far as the pool holds ether.
    function getNodeUsableCredit(address node) public view returns (uint256) {
        uint256 held = pool().getBalance();
        uint256 credit = getNodeDepositCredit(node);
        return credit < held ? credit : held;
    }

    function getNodeCreditAndBalance(address node) external view returns (uint256) {
        return getNodeDepositCredit(node) + getNodeEthBalance[node];
    }

    function getNodeUsableCreditAndBalance(address node) external view returns (uint256) {
        return getNodeUsableCredit(node) + getNodeEthBalance[node];
    }

    function depositEthFor(address node) external payable onlyRegisteredNode(node) {
        getNodeEthBalance[node] += msg.value;
        emit DepositFor(node, msg.sender, msg.value, block.timestamp);
    }

    function withdrawEth(address node, uint256 amount) external onlyRegisteredNode(node) {
        address owner = rocket.getNodeWithdrawalAddress(node);
        require(msg.sender == owner, "Only withdrawal address can withdraw ETH");
        require(getNodeEthBalance[node] >= amount, "Insufficient balance");
        getNodeEthBalance[node] -= amount;
        pay(owner, amount, "Failed to withdraw ETH");
        emit Withdrawal(node, owner, amount, block.timestamp);
    }

    function deposit(
        uint256 bond,
        bool express,
        bytes calldata pubkey,
        bytes calldata signature,
        bytes32 root
    ) external payable onlyRegisteredNode(msg.sender) {
        require(msg.value == bond, "Invalid value");
        one(NodeDeposit(bond, express, pubkey, signature, root), msg.value);
    }

    function depositWithCredit(
        uint256 bond,
        bool express,
        bytes calldata pubkey,
        bytes calldata signature,
        bytes32 root
    ) external payable onlyRegisteredNode(msg.sender) {
        uint256 value = msg.value + supplement(bond);
        one(NodeDeposit(bond, express, pubkey, signature, root), value);
    }

    function depositMulti(NodeDeposit[] calldata deposits)
        external
        payable
        onlyRegisteredNode(msg.sender)
    {
        require(deposits.length > 0, "Must perform at least 1 deposit");
        refuseIfDisabled();
        address megapool = megapoolOfSender();
        uint256 total = 0;
        for (uint256 i = 0; i < deposits.length; i++) {
            refuseLengths(deposits[i]);
            enqueue(megapool, deposits[i]);
            total += deposits[i].bondAmount;
        }
        require(msg.value <= total, "Excess bond value supplied");
        uint256 more = msg.value < total ? supplement(total) : 0;
        emit MultiDepositReceived(msg.sender, deposits.length, total, block.timestamp);
        pool().nodeDeposit{value: msg.value + more}(total);
        pool().maybeAssignDeposits(deposits.length);
    }

    function one(NodeDeposit memory it, uint256 value) private {
        refuseLengths(it);
        refuseIfDisabled();
        emit DepositReceived(msg.sender, value, block.timestamp);
        enqueue(megapoolOfSender(), it);
        pool().nodeDeposit{value: value}(it.bondAmount);
        pool().maybeAssignDeposits(1);
    }

    function megapoolOfSender() private returns (address) {
        return RocketMegapoolFactory(find("rocketMegapoolFactory")).getOrDeployContract(msg.sender);
    }

    function enqueue(address at, NodeDeposit memory it) private {
        RocketMegapoolDelegate megapool = RocketMegapoolDelegate(at);
        MegapoolSet all = MegapoolSet(find("rocketMegapoolManager"));
        all.addValidator(at, megapool.getValidatorCount(), it.validatorPubkey);
        megapool.newValidator(
            it.bondAmount,
            it.useExpressTicket,
            it.validatorPubkey,
            it.validatorSignature,
            it.depositDataRoot
        );
    }

    /// What is missing, out of credit first and then out of the node's ether, of which it says how
    /// much. More ether than is needed underflows, without a word.
    function supplement(uint256 bond) private returns (uint256 ether_) {
        uint256 missing = bond - msg.value;
        uint256 credit = getNodeUsableCredit(msg.sender);
        require(
            credit + getNodeEthBalance[msg.sender] >= missing, "Insufficient credit"
        );
        if (credit > missing) credit = missing;
        ether_ = missing - credit;
        getNodeEthBalance[msg.sender] -= ether_;
        bytes32 place = key("node.deposit.credit.balance", msg.sender);
        rocket.setUint(place, rocket.getUint(place) - credit);
    }

    function refuseIfDisabled() private view {
        require(settings().getDepositEnabled(), "Node deposits are currently disabled");
    }

    function refuseLengths(NodeDeposit memory it) private pure {
        require(it.validatorPubkey.length == 48, "Invalid bytes length");
        require(it.validatorSignature.length == 96, "Invalid bytes length");
    }
}
