//! What the tests call of the stand-ins, and what they read of them.

#![allow(
    clippy::too_many_arguments,
    reason = "generated from the contracts' interfaces"
)]

alloy_sol_types::sol! {
    #[derive(Debug)]
    struct ValidatorFields {
        bytes pubkey;
        bytes32 withdrawalCredentials;
        uint64 effectiveBalance;
        bool slashed;
        uint64 activationEligibilityEpoch;
        uint64 activationEpoch;
        uint64 exitEpoch;
        uint64 withdrawableEpoch;
    }

    #[derive(Debug)]
    struct ValidatorProof {
        uint40 validatorIndex;
        ValidatorFields validator;
        bytes32[] witnesses;
    }

    #[derive(Debug)]
    struct SlotProof {
        uint64 slot;
        bytes32[] witnesses;
    }

    #[derive(Debug)]
    struct WithdrawalFields {
        uint64 index;
        uint64 validatorIndex;
        bytes20 withdrawalCredentials;
        uint64 amountInGwei;
    }

    #[derive(Debug)]
    struct WithdrawalProof {
        uint64 withdrawalSlot;
        uint16 withdrawalNum;
        WithdrawalFields withdrawal;
        bytes32[] witnesses;
    }

    /// Payload of 1.4.1, version 1.
    struct ValidatorBundle {
        ValidatorProof validatorProof;
        SlotProof slotProof;
    }

    /// The same for a final balance.
    struct FinalBalanceBundle {
        WithdrawalProof withdrawalProof;
        ValidatorProof validatorProof;
        SlotProof slotProof;
    }

    interface Storage {
        function register(string name, address at) external;
        function setProtocol(string version) external;
        function setTrusted(address member) external;
        function setWithdrawalAddress(address node, address next, bool confirm) external;
        function confirmWithdrawalAddress(address node) external;
        function getNodeWithdrawalAddress(address node) external view returns (address);
        function getNodePendingWithdrawalAddress(address node) external view returns (address);
    }

    interface NodeManager {
        function registerNode(string timezone) external;
        function setRPLWithdrawalAddress(address node, address next, bool confirm) external;
        function confirmRPLWithdrawalAddress(address node) external;
        function setSmoothingPoolRegistrationState(bool state) external;
        function deployMegapool() external returns (address);
        function setTickets(address node, uint256 count) external;
    }

    interface NodeDeposit {
        #[derive(Debug)]
        struct Deposit {
            uint256 bond;
            bool express;
            bytes pubkey;
            bytes signature;
            bytes32 root;
        }

        function deposit(uint256 bond, bool express, bytes pubkey, bytes signature, bytes32 root)
            external payable;
        function depositWithCredit(
            uint256 bond, bool express, bytes pubkey, bytes signature, bytes32 root
        ) external payable;
        function depositMulti(Deposit[] deposits) external payable;
        function depositEthFor(address node) external payable;
        function withdrawEth(address node, uint256 amount) external;
    }

    interface DepositPool {
        function deposit() external payable;
        function assignDeposits(uint256 most) external;
        function withdrawCreditFor(address node, uint256 amount) external;
        function getQueueTop() external view returns (address, bool, uint256);
        event FundsAssigned(address indexed receiver, uint256 amount, uint256 time);
    }

    interface Megapool {
        function dequeue(uint32 id) external;
        function dissolveValidator(uint32 id) external;
        function distribute() external;
        function claim() external;
        function repayDebt() external payable;
        function reduceBond(uint256 amount) external;
        function stake(uint32 id) external;
        function setUseLatestDelegate(bool state) external;
        function delegateUpgrade() external;
        function getRefundValue() external view returns (uint256);
        function getDebt() external view returns (uint256);
        function getNodeBond() external view returns (uint256);
        function getUserCapital() external view returns (uint256);
        function getNewValidatorBondRequirement() external view returns (uint256);
        function getWithdrawalCredentials() external view returns (bytes32);
        function getValidatorPubkey(uint32 id) external view returns (bytes);
        function fill(uint32 more) external;

        #[derive(Debug)]
        event MegapoolValidatorAssigned(uint256 indexed validatorId, uint256 time);
        #[derive(Debug)]
        event RewardsDistributed(
            uint256 node, uint256 voters, uint256 reth, uint256 protocol, uint256 time
        );
    }

    interface Factory {
        function getExpectedAddress(address node) external view returns (address);
        function upgradeDelegate(address next) external;
    }

    struct ExitChallenge {
        address megapool;
        uint32[] validatorIds;
    }

    /// The call surface of 1.4.
    interface Manager {
        function stake(
            address megapool, uint32 id, uint64 time, ValidatorProof proof, SlotProof slot
        ) external;
        function dissolve(
            address megapool, uint32 id, uint64 time, ValidatorProof proof, SlotProof slot
        ) external;
        function notifyExit(
            address megapool, uint32 id, uint64 time, ValidatorProof proof, SlotProof slot
        ) external;
        function notifyNotExit(
            address megapool, uint32 id, uint64 time, ValidatorProof proof, SlotProof slot
        ) external;
        function notifyFinalBalance(
            address megapool,
            uint32 id,
            uint64 time,
            WithdrawalProof paid,
            ValidatorProof proof,
            SlotProof slot
        ) external;
        function challengeExit(ExitChallenge[] challenges) external;
    }

    /// That of 1.4.1.
    interface Manager141 {
        function stake(address megapool, uint32 id, uint64 time, uint256 version, bytes data)
            external;
        function dissolve(address megapool, uint32 id, uint64 time, uint256 version, bytes data)
            external;
        function notifyExit(address megapool, uint32 id, uint64 time, uint256 version, bytes data)
            external;
        function notifyNotExit(
            address megapool, uint32 id, uint64 time, uint256 version, bytes data
        ) external;
        function notifyFinalBalance(
            address megapool, uint32 id, uint64 time, uint256 version, bytes data
        ) external;
    }

    interface Settings {
        function set(string name, uint256 to) external;
    }

    interface Penalties {
        function penalise(address megapool, uint256 number, uint256 amount) external;
    }

    interface Token {
        function balanceOf(address of) external view returns (uint256);
        function mint(address to, uint256 amount) external;
        function allowance(address owner, address spender) external view returns (uint256);
    }

    interface Staking {
        function getNodeStakedRPL(address node) external view returns (uint256);
    }

    interface Minipools {
        function create(address node, uint8 status, bytes pubkey) external;
    }

    #[derive(Debug)]
    event DepositEvent(
        bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature, bytes index
    );
}
