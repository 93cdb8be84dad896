// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {RocketDepositPool} from "./DepositPool.sol";
import {Part, RocketStorage} from "./Storage.sol";

/// How what borrowed ether earns is divided, and what a node's own part of its ether was over time.
contract RocketNetworkRevenues is Part {
    struct Since {
        uint64 time;
        uint256 ratio;
    }

    uint256 public constant getCurrentNodeShare = 0.05 ether;
    uint256 public constant getCurrentVoterShare = 0.09 ether;
    uint256 public constant getCurrentProtocolDAOShare = 0;
    mapping(address => Since[]) private history;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function calculateSplit(uint64)
        external
        pure
        returns (uint256 node, uint256 voters, uint256 protocol, uint256 reth)
    {
        node = getCurrentNodeShare;
        voters = getCurrentVoterShare;
        protocol = getCurrentProtocolDAOShare;
        reth = 1 ether - node - voters - protocol;
    }

    function setNodeCapitalRatio(address node, uint256 ratio)
        external
        onlyRegisteredMegapool(msg.sender)
    {
        require(ratio <= 1 ether, "Invalid capital ratio");
        history[node].push(Since(uint64(block.timestamp), ratio));
    }

    function getNodeCapitalRatio(address node) public view returns (uint256) {
        uint256 length = history[node].length;
        return length == 0 ? 0 : history[node][length - 1].ratio;
    }

    function getNodeAverageCapitalRatioSince(address node, uint64 since)
        external
        view
        returns (uint256)
    {
        if (since >= block.timestamp) return getNodeCapitalRatio(node);
        uint256 sum = 0;
        uint256 until = block.timestamp;
        for (uint256 i = history[node].length; i > 0 && until > since; i--) {
            Since memory it = history[node][i - 1];
            uint256 from = it.time > since ? it.time : since;
            sum += it.ratio * (until - from);
            until = from;
        }
        return sum / (block.timestamp - since);
    }
}

/// The token of those who lend their ether, one for one here. What it holds beyond a reserve goes
/// to the deposit pool.
contract RocketTokenRETH is Part {
    event EtherDeposited(address indexed from, uint256 amount, uint256 time);
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// The part of all lent ether that stays here for those who leave.
    uint256 private constant RESERVE = 0.1 ether;

    mapping(address => uint256) public balanceOf;
    uint256 public totalSupply;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    receive() external payable {
        emit EtherDeposited(msg.sender, msg.value, block.timestamp);
    }

    function depositExcess()
        external
        payable
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        emit EtherDeposited(msg.sender, msg.value, block.timestamp);
    }

    function mint(uint256 amount, address to)
        external
        onlyLatestContract("rocketDepositPool", msg.sender)
    {
        balanceOf[to] += amount;
        totalSupply += amount;
        emit Transfer(address(0), to, amount);
    }

    function depositExcessCollateral() external {
        uint256 held = address(this).balance;
        if (held == 0 || totalSupply == 0) return;
        // By way of a rounded rate, as the real one goes.
        uint256 rate = held * 1 ether / totalSupply;
        if (rate <= RESERVE) return;
        uint256 excess = held - held * RESERVE / rate;
        RocketDepositPool(find("rocketDepositPool")).recycleExcessCollateral{value: excess}();
    }
}

contract RocketTokenRPL is Part {
    event Transfer(address indexed from, address indexed to, uint256 value);

    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    /// For whoever wants some.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        require(
            allowance[from][msg.sender] >= amount, "ERC20: transfer amount exceeds allowance"
        );
        require(balanceOf[from] >= amount, "ERC20: transfer amount exceeds balance");
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }
}

/// The intervals of rewards, and the voters' share of what megapools earn.
contract RocketRewardsPool is Part {
    uint256 public getRewardIndex = 2;
    uint256 public getClaimIntervalTimeStart = 1_000;
    uint256 public getClaimIntervalTime = 28 days;
    mapping(uint256 => uint256) public getClaimIntervalExecutionBlock;

    constructor(RocketStorage storage_) Part(storage_, 5) {}

    function depositVoterShare() external payable onlyRegisteredMegapool(msg.sender) {}
}

contract RocketSmoothingPool is Part {
    constructor(RocketStorage storage_) Part(storage_, 1) {}

    receive() external payable {}
}

contract RocketMerkleDistributor is Part {
    mapping(address => uint256) public getOutstandingEth;
    mapping(uint256 => mapping(address => bool)) public isClaimed;

    constructor(RocketStorage storage_) Part(storage_, 3) {}

    function setOutstanding(address receiver, uint256 amount) external {
        getOutstandingEth[receiver] = amount;
    }
}

/// Penalties by vote: here the vote is one call.
contract RocketMegapoolPenalties is Part {
    event PenaltyApplied(address indexed megapool, uint256 block_, uint256 amount, uint256 time);

    uint256 public constant getCurrentMaxPenalty = 612 ether;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function penalise(Penalised megapool, uint256 block_, uint256 amount)
        external
        onlyTrustedNode(msg.sender)
    {
        megapool.applyPenalty(amount);
        emit PenaltyApplied(address(megapool), block_, amount, block.timestamp);
    }
}

interface Penalised {
    function applyPenalty(uint256 amount) external;
}
