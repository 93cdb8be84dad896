// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Finds, Part, RocketStorage} from "./Storage.sol";

/// Amounts in thousandths of an ether, `exitBalance` in gwei.
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

/// What a megapool remembers, the same for the shell and for the code that it borrows.
abstract contract MegapoolMemory is Finds {
    bool internal initialised;
    address internal node;
    address internal delegate;
    bool internal followsNewest;
    /// Of the code itself: when it expires, once it was replaced.
    uint256 internal expires;
    uint32 internal count;
    uint32 internal inactive;
    uint32 internal leaving;
    uint32 internal locked;
    uint256 internal nodeBond;
    uint256 internal nodeQueued;
    uint256 internal userCapital;
    uint256 internal userQueued;
    uint256 internal assigned;
    uint256 internal debt;
    uint256 internal refund;
    uint256 internal distributed;
    mapping(uint32 => ValidatorInfo) internal infos;
    mapping(uint32 => bytes) internal pubkeys;
    mapping(uint32 => bytes) internal signatures;

    function isOwner(address caller) internal view returns (bool) {
        return caller == node || caller == rocket.getNodeWithdrawalAddress(node);
    }
}

/// The shell of a megapool: it keeps what it owns and borrows its code.
contract RocketMegapoolProxy is MegapoolMemory {
    event EtherReceived(address indexed from, uint256 amount, uint256 time);
    event DelegateUpgraded(address oldDelegate, address newDelegate, uint256 time);
    event UseLatestUpdated(bool state, uint256 time);

    constructor(RocketStorage storage_) Finds(storage_) {
        initialised = true;
    }

    function initialise(address node_) external {
        require(node_ != address(0), "Invalid node address");
        require(!initialised, "Already initialised");
        initialised = true;
        node = node_;
        delegate = find("rocketMegapoolDelegate");
    }

    receive() external payable {
        emit EtherReceived(msg.sender, msg.value, block.timestamp);
    }

    /// A revert without a text of its own loses what it had to say.
    fallback(bytes calldata input) external payable returns (bytes memory) {
        if (!followsNewest && getDelegateExpired()) upgrade();
        (bool done, bytes memory answer) = getEffectiveDelegate().delegatecall(input);
        if (done) return answer;
        if (answer.length < 68) revert("Transaction reverted silently");
        assembly {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    modifier onlyOwner() {
        require(isOwner(msg.sender), "Only the node operator can access this method");
        _;
    }

    function delegateUpgrade() external {
        require(
            getDelegateExpired() || isOwner(msg.sender),
            "Only the node operator can access this method"
        );
        upgrade();
    }

    function upgrade() private {
        address newest = find("rocketMegapoolDelegate");
        require(delegate != newest, "Already using latest");
        emit DelegateUpgraded(delegate, newest, block.timestamp);
        delegate = newest;
    }

    function setUseLatestDelegate(bool state) external onlyOwner {
        require(followsNewest != state, "Already set");
        followsNewest = state;
        emit UseLatestUpdated(state, block.timestamp);
        if (!state && delegate != find("rocketMegapoolDelegate")) upgrade();
    }

    function getUseLatestDelegate() external view returns (bool) {
        return followsNewest;
    }

    function getDelegate() external view returns (address) {
        return delegate;
    }

    function getEffectiveDelegate() public view returns (address) {
        bool newest = followsNewest || getDelegateExpired();
        return newest ? find("rocketMegapoolDelegate") : delegate;
    }

    function getDelegateExpired() public view returns (bool) {
        uint256 time = Expires(delegate).getExpirationTime();
        return time != 0 && block.timestamp >= time;
    }
}

interface Expires {
    function getExpirationTime() external view returns (uint256);
    function deprecate() external;
}

/// Makes megapools: clones (EIP-1167) of the shell, at addresses that follow from the node's.
contract RocketMegapoolFactory is Part {
    constructor(RocketStorage storage_) Part(storage_, 1) {}

    function salt(address node) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(node));
    }

    function clone() private view returns (bytes memory) {
        bytes memory head = hex"3d602d80600a3d3981f3363d3d373d3d3d363d73";
        bytes memory foot = hex"5af43d82803e903d91602b57fd5bf3";
        return abi.encodePacked(head, find("rocketMegapoolProxy"), foot);
    }

    function getExpectedAddress(address node) public view returns (address) {
        bytes32 code = keccak256(clone());
        bytes memory all = abi.encodePacked(hex"ff", address(this), salt(node), code);
        return address(uint160(uint256(keccak256(all))));
    }

    function getMegapoolDeployed(address node) public view returns (bool) {
        return rocket.getBool(key("megapool.exists", getExpectedAddress(node)));
    }

    function deployContract(address node)
        external
        onlyLatestContract("rocketNodeManager", msg.sender)
        returns (address)
    {
        return make(node);
    }

    function getOrDeployContract(address node)
        external
        onlyLatestContract("rocketNodeDeposit", msg.sender)
        returns (address)
    {
        return getMegapoolDeployed(node) ? getExpectedAddress(node) : make(node);
    }

    function make(address node) private returns (address at) {
        require(!getMegapoolDeployed(node), "Megapool already deployed for node operator");
        bytes memory code = clone();
        bytes32 place = salt(node);
        assembly {
            at := create2(0, add(code, 0x20), mload(code), place)
        }
        RocketMegapoolProxy(payable(at)).initialise(node);
        rocket.setBool(key("megapool.exists", at), true);
    }

    function getDelegateExpiry(address delegate) external view returns (uint256) {
        return Expires(delegate).getExpirationTime();
    }

    /// The old code serves for 120 more days.
    function upgradeDelegate(address next) external {
        Expires(find("rocketMegapoolDelegate")).deprecate();
        rocket.register("rocketMegapoolDelegate", next);
    }
}
