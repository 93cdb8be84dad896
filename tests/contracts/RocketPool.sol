// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// Stand-ins for the contracts of Rocket Pool, as far as gantry calls them: their interfaces, their
/// checks in their order and words, and setters for what others decide on the real chain. A view
/// that is a plain value is a public variable of its name.

/// Where every contract is found: the one address that never changes.
contract RocketStorage {
    mapping(bytes32 => address) public getAddress;
    mapping(bytes32 => string) public getString;
    mapping(address => address) private withdrawal;
    mapping(address => address) public getNodePendingWithdrawalAddress;

    function register(string calldata name, address at) external {
        getAddress[keccak256(abi.encodePacked("contract.address", name))] = at;
    }

    function setProtocol(string calldata version) external {
        getString[keccak256("protocol.version")] = version;
    }

    function find(string memory name) public view returns (address) {
        return getAddress[keccak256(abi.encodePacked("contract.address", name))];
    }

    function getNodeWithdrawalAddress(address node) public view returns (address) {
        return withdrawal[node] == address(0) ? node : withdrawal[node];
    }

    /// With `confirm` a pending address stays where it is, as in the real contract.
    function setWithdrawalAddress(address node, address next, bool confirm) external {
        require(next != address(0), "Invalid withdrawal address");
        require(
            getNodeWithdrawalAddress(node) == msg.sender,
            "Only a tx from a node's withdrawal address can update it"
        );
        if (confirm) withdrawal[node] = next;
        else getNodePendingWithdrawalAddress[node] = next;
    }

    function confirmWithdrawalAddress(address node) external {
        require(
            getNodePendingWithdrawalAddress[node] == msg.sender,
            "Confirmation must come from the pending withdrawal address"
        );
        delete getNodePendingWithdrawalAddress[node];
        withdrawal[node] = msg.sender;
    }
}

/// What every contract of Rocket Pool has.
abstract contract Part {
    RocketStorage internal immutable rocket;
    uint8 public version;

    constructor(RocketStorage storage_, uint8 version_) {
        rocket = storage_;
        version = version_;
    }

    /// An upgrade.
    function setVersion(uint8 version_) external {
        version = version_;
    }
}

contract RocketNodeManager is Part {
    mapping(address => bool) public getNodeExists;
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

    modifier onlyRegisteredNode(address node) {
        require(getNodeExists[node], "Invalid node");
        _;
    }

    function registerNode(string calldata timezone) external {
        require(
            !getNodeExists[msg.sender],
            "The node is already registered in the Rocket Pool network"
        );
        require(bytes(timezone).length >= 4, "The timezone location is invalid");
        getNodeExists[msg.sender] = true;
        getExpressTicketsProvisioned[msg.sender] = true;
        getNodeTimezoneLocation[msg.sender] = timezone;
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
        if (confirm) rplWithdrawal[node] = next;
        else getNodePendingRPLWithdrawalAddress[node] = next;
    }

    function confirmRPLWithdrawalAddress(address node) external onlyRegisteredNode(node) {
        require(
            getNodePendingRPLWithdrawalAddress[node] == msg.sender,
            "Confirmation must come from the pending RPL withdrawal address"
        );
        delete getNodePendingRPLWithdrawalAddress[node];
        rplWithdrawal[node] = msg.sender;
    }

    function setSmoothingPoolRegistrationState(bool state)
        external
        onlyRegisteredNode(msg.sender)
    {
        RocketRewardsPool rewards = RocketRewardsPool(rocket.find("rocketRewardsPool"));
        uint256 interval = rewards.getClaimIntervalTime();
        uint256 changed = getSmoothingPoolRegistrationChanged[msg.sender];
        require(
            block.timestamp >= changed + interval,
            "Not enough time has passed since changing state"
        );
        require(getSmoothingPoolRegistrationState[msg.sender] != state, "Invalid state change");
        getSmoothingPoolRegistrationChanged[msg.sender] = block.timestamp;
        getSmoothingPoolRegistrationState[msg.sender] = state;
    }

    function deployMegapool() external onlyRegisteredNode(msg.sender) returns (address) {
        RocketMegapoolFactory factory = RocketMegapoolFactory(rocket.find("rocketMegapoolFactory"));
        return factory.deployContract(msg.sender);
    }

    function getMegapoolAddress(address node) external view returns (address) {
        RocketMegapoolFactory factory = RocketMegapoolFactory(rocket.find("rocketMegapoolFactory"));
        return factory.getMegapoolDeployed(node) ? factory.getExpectedAddress(node) : address(0);
    }

    function setTickets(address node, uint256 count) external {
        getExpressTicketCount[node] = count;
    }

    function setUnclaimed(address node, uint256 amount) external {
        getUnclaimedRewards[node] = amount;
    }
}

contract RocketMegapoolFactory is Part {
    mapping(address => bool) public getMegapoolDeployed;
    mapping(address => uint256) public getDelegateExpiry;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function code(address node) private view returns (bytes memory) {
        return abi.encodePacked(type(RocketMegapool).creationCode, abi.encode(rocket, node));
    }

    /// By CREATE2 from the node's address, as in the real one, which clones a proxy.
    function getExpectedAddress(address node) public view returns (address) {
        bytes32 salt = keccak256(abi.encodePacked(node));
        bytes memory parts = abi.encodePacked(hex"ff", address(this), salt, keccak256(code(node)));
        return address(uint160(uint256(keccak256(parts))));
    }

    function deployContract(address node) external returns (address) {
        require(!getMegapoolDeployed[node], "Megapool already deployed for node operator");
        getMegapoolDeployed[node] = true;
        bytes32 salt = keccak256(abi.encodePacked(node));
        return address(new RocketMegapool{salt: salt}(rocket, node));
    }

    function setDelegateExpiry(address delegate, uint256 time) external {
        getDelegateExpiry[delegate] = time;
    }
}

/// A megapool and its code in one.
contract RocketMegapool {
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

    RocketStorage private immutable rocket;
    address public immutable getNodeAddress;
    uint256 public version = 1;
    uint32 public getValidatorCount;
    uint32 public getActiveValidatorCount;
    uint32 public getExitingValidatorCount;
    uint32 public getLockedValidatorCount;
    uint256 public getNodeBond;
    uint256 public getNodeQueuedBond;
    uint256 public getUserCapital;
    uint256 public getUserQueuedCapital;
    uint256 public getAssignedValue;
    uint256 public getDebt;
    uint256 public getRefundValue;
    uint256 public getLastDistributionTime;
    bool public getUseLatestDelegate;
    bool public getDelegateExpired;
    mapping(uint32 => ValidatorInfo) private infos;
    mapping(uint32 => bytes) private pubkeys;

    constructor(RocketStorage storage_, address node) {
        rocket = storage_;
        getNodeAddress = node;
    }

    receive() external payable {}

    function getWithdrawalCredentials() external view returns (bytes32) {
        return bytes32((uint256(0x01) << 248) | uint256(uint160(address(this))));
    }

    function getDelegate() public view returns (address) {
        return rocket.find("rocketMegapoolDelegate");
    }

    function getEffectiveDelegate() external view returns (address) {
        return getDelegate();
    }

    function getPendingRewards() public view returns (uint256) {
        return address(this).balance - getRefundValue - getAssignedValue;
    }

    function calculatePendingRewards()
        external
        view
        returns (uint256 node, uint256 voters, uint256 protocol, uint256 reth)
    {
        require(getLastDistributionTime != 0, "No first validator");
        node = getPendingRewards() / 4;
        voters = getPendingRewards() / 10;
        protocol = 0;
        reth = getPendingRewards() - node - voters;
    }

    function getNewValidatorBondRequirement() external view returns (uint256) {
        uint256 required = 4 ether * (uint256(getActiveValidatorCount) + 1);
        uint256 bonded = getNodeBond + getNodeQueuedBond;
        return required > bonded + 1 ether ? required - bonded : 1 ether;
    }

    function getValidatorInfoAndPubkey(uint32 id)
        external
        view
        returns (ValidatorInfo memory info, bytes memory pubkey)
    {
        require(id < getValidatorCount, "Validator does not exist");
        return (infos[id], pubkeys[id]);
    }

    /// A validator that waits in one of the queues.
    function enqueue(bytes calldata pubkey, bool express) public returns (uint32 id) {
        id = getValidatorCount++;
        getActiveValidatorCount++;
        pubkeys[id] = pubkey;
        infos[id].inQueue = true;
        infos[id].expressUsed = express;
        infos[id].lastRequestedValue = 32_000;
        infos[id].lastRequestedBond = 4_000;
        getNodeQueuedBond += 4 ether;
        getUserQueuedCapital += 28 ether;
        RocketDepositPool(rocket.find("rocketDepositPool")).enqueue(address(this), id, express);
    }

    /// Many that are staked.
    function fill(uint32 count) external {
        for (uint32 i = 0; i < count; i++) {
            uint32 id = getValidatorCount++;
            pubkeys[id] = abi.encodePacked(bytes32(uint256(id)), bytes16(0));
            infos[id].staked = true;
            infos[id].depositValue = 32_000;
        }
        getActiveValidatorCount += count;
    }

    /// What the deposit pool, the manager or time does to a validator.
    function setInfo(uint32 id, ValidatorInfo calldata info) external {
        infos[id] = info;
    }

    function setCounts(uint32 exiting, uint32 locked) external {
        getExitingValidatorCount = exiting;
        getLockedValidatorCount = locked;
    }

    function setDebt(uint256 debt) external {
        getDebt = debt;
    }
}

contract RocketDepositPool is Part {
    uint256 public getBalance;
    uint256 public getNodeBalance;
    uint256 public getMaximumDepositAmount = 5_000 ether;
    uint256 public getMinipoolQueueLength;
    uint256 public getQueueIndex;
    address private top;
    uint256 private moved;

    constructor(RocketStorage storage_) Part(storage_, 4) {}

    function list() private view returns (LinkedListStorage) {
        return LinkedListStorage(rocket.find("linkedListStorage"));
    }

    function getExpressQueueLength() public view returns (uint256) {
        return list().getLength(keccak256("deposit.queue.express"));
    }

    function getStandardQueueLength() public view returns (uint256) {
        return list().getLength(keccak256("deposit.queue.standard"));
    }

    function getQueueTop() external view returns (address, bool, uint256) {
        return (top, getBalance >= 32 ether, moved);
    }

    function enqueue(address receiver, uint32 id, bool express) external {
        if (top == address(0)) (top, moved) = (receiver, block.number);
        string memory name = express ? "deposit.queue.express" : "deposit.queue.standard";
        list().enqueue(keccak256(bytes(name)), receiver, id);
    }
}

contract LinkedListStorage is Part {
    struct Key {
        address receiver;
        uint32 validatorId;
    }

    mapping(bytes32 => uint256) public getLength;
    mapping(bytes32 => uint256) public getHeadIndex;
    mapping(bytes32 => mapping(address => mapping(uint32 => uint256))) private index;

    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function enqueue(bytes32 namespace, address receiver, uint32 id) external {
        if (getHeadIndex[namespace] == 0) getHeadIndex[namespace] = 1;
        getLength[namespace]++;
        index[namespace][receiver][id] = getHeadIndex[namespace] + getLength[namespace] - 1;
    }

    function getIndexOf(bytes32 namespace, Key calldata key) external view returns (uint256) {
        return index[namespace][key.receiver][key.validatorId];
    }
}

contract RocketNodeDeposit is Part {
    mapping(address => uint256) public getNodeDepositCredit;
    mapping(address => uint256) public getNodeEthBalance;

    constructor(RocketStorage storage_) Part(storage_, 5) {}

    function depositEthFor(address node) external payable {
        getNodeEthBalance[node] += msg.value;
    }

    function getNodeUsableCredit(address node) public view returns (uint256) {
        return getNodeDepositCredit[node];
    }

    function getNodeCreditAndBalance(address node) public view returns (uint256) {
        return getNodeDepositCredit[node] + getNodeEthBalance[node];
    }

    function getNodeUsableCreditAndBalance(address node) external view returns (uint256) {
        return getNodeCreditAndBalance(node);
    }
}

contract RocketNodeStaking is Part {
    mapping(address => bool) public getRPLLockingAllowed;
    mapping(address => uint256) public getNodeStakedRPL;
    mapping(address => uint256) public getNodeMegapoolStakedRPL;
    mapping(address => uint256) public getNodeLegacyStakedRPL;
    mapping(address => uint256) public getNodeUnstakingRPL;
    mapping(address => uint256) public getNodeLastUnstakeTime;
    mapping(address => uint256) public getNodeLockedRPL;
    mapping(address => uint256) public getNodeETHBonded;
    mapping(address => uint256) public getNodeETHBorrowed;

    constructor(RocketStorage storage_) Part(storage_, 7) {}
}

contract RocketTokenRPL is Part {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(RocketStorage storage_) Part(storage_, 1) {}
}

contract RocketRewardsPool is Part {
    uint256 public getRewardIndex = 2;
    uint256 public getClaimIntervalTimeStart = 1_000;
    uint256 public getClaimIntervalTime = 28 days;
    mapping(uint256 => uint256) public getClaimIntervalExecutionBlock;

    constructor(RocketStorage storage_) Part(storage_, 5) {}
}

contract RocketMerkleDistributor is Part {
    mapping(address => uint256) public getOutstandingEth;
    mapping(uint256 => mapping(address => bool)) public isClaimed;

    constructor(RocketStorage storage_) Part(storage_, 3) {}

    function setOutstanding(address receiver, uint256 amount) external {
        getOutstandingEth[receiver] = amount;
    }
}

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

    constructor(address node, uint8 status) {
        getNodeAddress = node;
        getStatus = status;
    }

    receive() external payable {}

    function calculateNodeShare(uint256 balance) external pure returns (uint256) {
        return balance / 4;
    }
}

contract RocketMinipoolManager is Part {
    mapping(address => address[]) private minipools;
    mapping(address => bool) public getMinipoolExists;
    mapping(address => bytes) public getMinipoolPubkey;

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
        address at = address(new RocketMinipool(node, status));
        minipools[node].push(at);
        getMinipoolExists[at] = true;
        getMinipoolPubkey[at] = pubkey;
    }
}

contract RocketNetworkPenalties is Part {
    mapping(address => uint256) public getPenaltyCount;

    constructor(RocketStorage storage_) Part(storage_, 1) {}
}

contract RocketMegapoolManager is Part {
    uint256 public getValidatorCount;
    address public getLastChallenger;

    constructor(RocketStorage storage_) Part(storage_, 1) {}
}

contract SettingsNode is Part {
    bool public getDepositEnabled = true;
    bool public getRegistrationEnabled = true;
    bool public getSmoothingPoolRegistrationEnabled = true;
    uint256 public getReducedBond = 4 ether;
    uint256 public getUnstakingPeriod = 28 days;

    constructor(RocketStorage storage_) Part(storage_, 5) {}

    function getBaseBondArray() external pure returns (uint256[] memory bonds) {
        bonds = new uint256[](2);
        bonds[0] = 4 ether;
        bonds[1] = 8 ether;
    }
}

contract SettingsDeposit is Part {
    bool public getAssignDepositsEnabled = true;
    uint256 public getExpressQueueRate = 4;
    uint256 public getExpressQueueTicketsBaseProvision;

    constructor(RocketStorage storage_) Part(storage_, 4) {}
}

contract SettingsMegapool is Part {
    uint256 public getTimeBeforeDissolve = 28 days;
    uint256 public getDissolvePenalty = 0.05 ether;
    uint256 public getNotifyThreshold = 112;
    uint256 public getLateNotifyFine = 0.05 ether;
    uint256 public getUserDistributeDelay = 1_575;
    uint256 public getUserDistributeDelayWithShortfall = 6_750;
    uint256 public getMaximumEthPenalty = 612 ether;
    uint256 public getPenaltyThreshold = 0.51 ether;

    constructor(RocketStorage storage_) Part(storage_, 1) {}
}

contract SettingsMinipool is Part {
    uint256 public getLaunchTimeout = 72 hours;

    constructor(RocketStorage storage_) Part(storage_, 4) {}
}

contract TrustedSettingsMinipool is Part {
    uint256 public getScrubPeriod = 12 hours;
    uint256 public getPromotionScrubPeriod = 3 days;

    constructor(RocketStorage storage_) Part(storage_, 2) {}
}
