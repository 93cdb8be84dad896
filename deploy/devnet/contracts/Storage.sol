// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// Stand-ins for the contracts of Rocket Pool, as far as gantry calls them: their interfaces, their
/// checks in their order and words, their events and their sums, and setters for what others decide
/// on the real chain. What is not called is left out: votes, auctions, RPL, new minipools.

/// Where every contract is found: the one address that never changes.
contract RocketStorage {
    event NodeWithdrawalAddressSet(
        address indexed node, address indexed withdrawalAddress, uint256 time
    );

    address public immutable getGuardian = msg.sender;
    mapping(bytes32 => address) public getAddress;
    mapping(bytes32 => bool) public getBool;
    mapping(bytes32 => uint256) public getUint;
    mapping(bytes32 => string) public getString;
    mapping(address => address) private withdrawal;
    mapping(address => address) public getNodePendingWithdrawalAddress;

    modifier onlyNetwork() {
        bytes32 key = keccak256(abi.encodePacked("contract.exists", msg.sender));
        require(
            getBool[key] || msg.sender == getGuardian, "Invalid or outdated network contract"
        );
        _;
    }

    /// Puts a contract in its place; the one that was there before loses its rights.
    function register(string calldata name, address at) external onlyNetwork {
        bytes32 key = keccak256(abi.encodePacked("contract.address", name));
        getBool[keccak256(abi.encodePacked("contract.exists", getAddress[key]))] = false;
        getBool[keccak256(abi.encodePacked("contract.exists", at))] = true;
        getAddress[key] = at;
    }

    function setAddress(bytes32 key, address value) external onlyNetwork {
        getAddress[key] = value;
    }

    function setBool(bytes32 key, bool value) external onlyNetwork {
        getBool[key] = value;
    }

    function setUint(bytes32 key, uint256 value) external onlyNetwork {
        getUint[key] = value;
    }

    function setProtocol(string calldata version) external onlyNetwork {
        getString[keccak256("protocol.version")] = version;
    }

    /// Who challenges exits and votes.
    function setTrusted(address member) external onlyNetwork {
        getBool[keccak256(abi.encodePacked("dao.trustednodes.", "member", member))] = true;
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
        if (confirm) update(node, next);
        else getNodePendingWithdrawalAddress[node] = next;
    }

    function confirmWithdrawalAddress(address node) external {
        require(
            getNodePendingWithdrawalAddress[node] == msg.sender,
            "Confirmation must come from the pending withdrawal address"
        );
        delete getNodePendingWithdrawalAddress[node];
        update(node, msg.sender);
    }

    function update(address node, address next) private {
        withdrawal[node] = next;
        emit NodeWithdrawalAddressSet(node, next, block.timestamp);
    }
}

/// What finds the other contracts, and knows who may call.
abstract contract Finds {
    RocketStorage internal immutable rocket;

    constructor(RocketStorage storage_) {
        rocket = storage_;
    }

    function key(string memory name, address of_) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(name, of_));
    }

    function find(string memory name) internal view returns (address at) {
        at = rocket.getAddress(keccak256(abi.encodePacked("contract.address", name)));
        require(at != address(0), "Contract not found");
    }

    modifier onlyLatestContract(string memory name, address at) {
        bytes32 place = keccak256(abi.encodePacked("contract.address", name));
        require(at == rocket.getAddress(place), "Invalid or outdated contract");
        _;
    }

    modifier onlyRegisteredNode(address node) {
        require(rocket.getBool(key("node.exists", node)), "Invalid node");
        _;
    }

    modifier onlyRegisteredMegapool(address megapool) {
        require(rocket.getBool(key("megapool.exists", megapool)), "Invalid megapool");
        _;
    }

    modifier onlyTrustedNode(address member) {
        require(rocket.getBool(key("dao.trustednodes.member", member)), "Invalid trusted node");
        _;
    }

    /// Sends ether, and says why it did not arrive.
    function pay(address to, uint256 amount, string memory otherwise) internal {
        (bool arrived,) = to.call{value: amount}("");
        require(arrived, otherwise);
    }
}

/// What every contract of Rocket Pool has but megapools.
abstract contract Part is Finds {
    uint8 public immutable version;

    constructor(RocketStorage storage_, uint8 version_) Finds(storage_) {
        version = version_;
    }
}
