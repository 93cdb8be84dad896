// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {DepositContract, Deposits} from "./DepositContract.sol";
import {ValidatorInfo} from "./Megapool.sol";
import {MegapoolBooks} from "./MegapoolBooks.sol";
import {RocketTokenRETH} from "./Rewards.sol";
import {Finds, RocketStorage} from "./Storage.sol";

/// The code of megapools.
contract RocketMegapoolDelegate is MegapoolBooks {
    event MegapoolValidatorEnqueued(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorDequeued(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorAssigned(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorExited(uint32 indexed validatorId, uint256 time);
    event MegapoolValidatorExiting(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorLocked(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorUnlocked(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorDissolved(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorStaked(uint256 indexed validatorId, uint256 time);
    event MegapoolPenaltyApplied(uint256 amount, uint256 time);
    event MegapoolBondReduced(uint256 amount, uint256 time);

    uint256 public constant version = 1;

    constructor(RocketStorage storage_) Finds(storage_) {}

    modifier onlyManager() {
        require(msg.sender == find("rocketMegapoolManager"), "Invalid or outdated contract");
        _;
    }

    function getExpirationTime() external view returns (uint256) {
        return expires;
    }

    function deprecate() external onlyLatestContract("rocketMegapoolFactory", msg.sender) {
        expires = block.timestamp + 120 days;
    }

    function newValidator(
        uint256 bond,
        bool express,
        bytes calldata pubkey,
        bytes calldata signature,
        bytes32 root
    ) external onlyLatestContract("rocketNodeDeposit", msg.sender) {
        require(bond == getNewValidatorBondRequirement(), "Bond requirement not met");
        require(debt == 0, "Cannot create validator while debt exists");
        uint32 id = count++;
        ValidatorInfo storage it = infos[id];
        it.inQueue = true;
        it.expressUsed = express;
        it.lastRequestedBond = uint32(bond / MILLI);
        it.lastRequestedValue = uint32(FULL / MILLI);
        pubkeys[id] = pubkey;
        signatures[id] = signature;
        require(dataRoot(pubkey, signature, FIRST) == root, "Invalid deposit data root");
        userQueued += FULL - bond;
        nodeQueued += bond;
        pool().requestFunds(bond, id, FULL, express);
        emit MegapoolValidatorEnqueued(id, block.timestamp);
    }

    /// The key stays in use for ever.
    function dequeue(uint32 id) external onlyMegapoolOwner {
        ValidatorInfo storage it = infos[id];
        require(it.inQueue, "Validator must be in queue");
        uint256 bond = it.lastRequestedBond * MILLI;
        uint256 borrowed = it.lastRequestedValue * MILLI - bond;
        pool().exitQueue(node, id, it.expressUsed);
        pool().fundsReturned(node, bond, borrowed);
        pool().applyCredit(node, bond);
        nodeQueued -= bond;
        userQueued -= borrowed;
        inactive++;
        uint256 wanted = required(getActiveValidatorCount());
        require(nodeBond + nodeQueued >= wanted, "Bond requirement not met");
        delete infos[id];
        delete signatures[id];
        emit MegapoolValidatorDequeued(id, block.timestamp);
    }

    function reduceBond(uint256 amount) external onlyMegapoolOwner {
        require(amount > 0, "Invalid amount");
        require(debt == 0, "Cannot reduce bond with debt");
        require(nodeQueued == 0, "Cannot reduce bond with queued validators");
        require(assigned == 0, "Cannot reduce bond with prestaked validators");
        uint256 wanted = required(getActiveValidatorCount());
        require(nodeBond > wanted, "Bond is at minimum");
        require(amount <= nodeBond - wanted, "New bond is too low");
        nodeBond -= amount;
        userCapital += amount;
        settle();
        pool().applyCredit(node, amount);
        pool().reduceBond(node, amount);
        emit MegapoolBondReduced(amount, block.timestamp);
    }

    /// The turn has come: one ether goes to the beacon chain with the signature that was kept.
    function assignFunds(uint32 id)
        external
        payable
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        ValidatorInfo storage it = infos[id];
        it.inQueue = false;
        it.inPrestake = true;
        it.lastAssignmentTime = uint32(block.timestamp);
        it.depositValue += uint32(FIRST / MILLI);
        assigned += msg.value - FIRST;
        toBeaconChain(id, signatures[id], FIRST);
        uint256 bond = it.lastRequestedBond * MILLI;
        uint256 borrowed = it.lastRequestedValue * MILLI - bond;
        nodeBond += bond;
        nodeQueued -= bond;
        userCapital += borrowed;
        userQueued -= borrowed;
        if (distributed == 0) keepRatio();
        delete signatures[id];
        emit MegapoolValidatorAssigned(id, block.timestamp);
    }

    function stake(uint32 id) external onlyManager {
        ValidatorInfo storage it = infos[id];
        require(it.inPrestake, "Validator must be pre-staked");
        settle();
        uint256 rest = it.lastRequestedValue * MILLI - FIRST;
        assigned -= rest;
        it.staked = true;
        it.inPrestake = false;
        it.lastAssignmentTime = 0;
        it.lastRequestedBond = 0;
        it.lastRequestedValue = 0;
        it.depositValue += uint32(rest / MILLI);
        toBeaconChain(id, new bytes(96), rest);
        emit MegapoolValidatorStaked(id, block.timestamp);
    }

    function dataRoot(bytes memory pubkey, bytes memory signature, uint256 amount)
        private
        view
        returns (bytes32)
    {
        bytes32 credentials = getWithdrawalCredentials();
        return Deposits.dataRoot(pubkey, credentials, signature, uint64(amount / 1 gwei));
    }

    function toBeaconChain(uint32 id, bytes memory signature, uint256 amount) private {
        bytes memory pubkey = pubkeys[id];
        DepositContract(find("casperDeposit")).deposit{value: amount}(
            pubkey,
            abi.encodePacked(getWithdrawalCredentials()),
            signature,
            dataRoot(pubkey, signature, amount)
        );
    }

    /// One ether stays on the beacon chain; the users get theirs of the rest first.
    function dissolveValidator(uint32 id) external {
        ValidatorInfo storage it = infos[id];
        require(it.inPrestake, "Validator not prestaked");
        if (msg.sender != find("rocketMegapoolManager")) {
            uint256 until = it.lastAssignmentTime + settings().getTimeBeforeDissolve();
            require(block.timestamp > until, "Not enough time has passed");
        }
        owe(settings().getDissolvePenalty());
        it.inPrestake = false;
        it.dissolved = true;
        it.lastAssignmentTime = 0;
        uint256 value = it.lastRequestedValue * MILLI;
        uint256 rest = value - FIRST;
        (uint256 own, uint256 users) = shares(value, getActiveValidatorCount() - 1);
        nodeBond -= own;
        userCapital -= users;
        inactive++;
        settle();
        assigned -= rest;
        uint256 toUsers = users < rest ? users : rest;
        if (users > rest) owe(users - rest);
        if (toUsers > 0) pool().recycleDissolvedDeposit{value: toUsers}();
        pool().fundsReturned(node, own, users);
        refund += rest - toUsers;
        emit MegapoolValidatorDissolved(id, block.timestamp);
    }

    function distribute() external {
        require(distributed != 0, "No first validator");
        split(getPendingRewards());
        if (isOwner(msg.sender)) payOut();
    }

    function claim() external onlyMegapoolOwner {
        payOut();
    }

    function repayDebt() external payable {
        require(msg.value > 0, "Invalid value received");
        repay(msg.value);
    }

    function applyPenalty(uint256 amount)
        external
        onlyLatestContract("rocketMegapoolPenalties", msg.sender)
    {
        owe(amount);
        emit MegapoolPenaltyApplied(amount, block.timestamp);
    }

    function challengeExit(uint32 id) external onlyManager {
        ValidatorInfo storage it = infos[id];
        require(it.staked, "Validator not staked");
        require(!it.exiting, "Already exiting");
        require(!it.exited, "Already exited");
        if (!it.locked) locked++;
        it.locked = true;
        it.lockedTime = uint64(block.timestamp);
        emit MegapoolValidatorLocked(id, block.timestamp);
    }

    function unlock(ValidatorInfo storage it) private {
        if (it.locked) locked--;
        it.locked = false;
        it.lockedTime = 0;
    }

    function notifyNotExit(uint32 id, uint64 slotTime) external onlyManager {
        ValidatorInfo storage it = infos[id];
        require(it.locked, "Validator not locked");
        require(slotTime >= it.lockedTime, "Proof is older than challenge");
        unlock(it);
        emit MegapoolValidatorUnlocked(id, block.timestamp);
    }

    function notifyExit(uint32 id, uint64 withdrawable, uint64 epoch) external onlyManager {
        ValidatorInfo storage it = infos[id];
        require(it.staked || it.dissolved, "Not staking or dissolved");
        require(!it.exiting, "Already notified");
        require(!it.exited, "Already exited");
        it.exiting = true;
        leaving++;
        unlock(it);
        bool late = epoch > withdrawable - settings().getNotifyThreshold();
        if (late) owe(settings().getLateNotifyFine());
        emit MegapoolValidatorExiting(id, block.timestamp);
    }

    function notifyFinalBalance(
        uint32 id,
        uint64 gwei_,
        address caller,
        uint64 withdrawalEpoch,
        uint64 epoch
    ) external onlyManager {
        bool isShort = leave(id, gwei_);
        RocketTokenRETH(payable(find("rocketTokenRETH"))).depositExcessCollateral();
        if (isOwner(caller)) return payOut();
        uint256 delay = isShort
            ? settings().getUserDistributeDelayWithShortfall()
            : settings().getUserDistributeDelay();
        require(epoch >= withdrawalEpoch + delay, "Not enough time has passed");
    }

    /// Whether users fall short. The node bears what is missing of the deposits; what came beyond
    /// them is the users'.
    function leave(uint32 id, uint64 gwei_) private returns (bool isShort) {
        ValidatorInfo storage it = infos[id];
        require(!it.exited, "Already exited");
        require(it.exiting, "Validator not exiting");
        it.exited = true;
        it.exiting = false;
        it.exitBalance = gwei_;
        if (!it.dissolved) isShort = divide(it.depositValue * MILLI, uint256(gwei_) * 1 gwei);
        leaving--;
        settle();
        emit MegapoolValidatorExited(id, block.timestamp);
    }

    function divide(uint256 deposited, uint256 back) private returns (bool isShort) {
        (uint256 own, uint256 users) = shares(deposited, getActiveValidatorCount() - 1);
        uint256 missing = deposited > back ? deposited - back : 0;
        uint256 toNode = own > missing ? own - missing : 0;
        uint256 toUsers = back - toNode;
        isShort = toUsers < users;
        if (isShort) owe(users - toUsers);
        uint256 repaid = toNode < debt ? toNode : debt;
        if (repaid > 0) {
            oweLess(repaid);
            toNode -= repaid;
            toUsers += repaid;
        }
        toReth(toUsers);
        refund += toNode;
        nodeBond -= own;
        userCapital -= users;
        inactive++;
        pool().fundsReturned(node, own, users);
    }

    /// Many that are staked, for which a test proves nothing.
    function fill(uint32 more) external {
        for (uint32 id = count; id < count + more; id++) {
            pubkeys[id] = abi.encodePacked(bytes32(uint256(id)), bytes16(0));
            infos[id].staked = true;
            infos[id].depositValue = uint32(FULL / MILLI);
        }
        count += more;
    }
}
