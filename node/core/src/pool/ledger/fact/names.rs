//! The events that the ledger reads.

#![allow(missing_docs, reason = "generated from the contracts' interfaces")]

use alloy_sol_types::SolEvent as _;

alloy_sol_types::sol! {
    // RocketNodeDeposit
    event DepositFor(
        address indexed nodeAddress, address indexed from, uint256 amount, uint256 time
    );
    event Withdrawal(
        address indexed nodeAddress, address indexed to, uint256 amount, uint256 time
    );
    event DepositReceived(address indexed from, uint256 amount, uint256 time);
    event MultiDepositReceived(
        address indexed from, uint256 numberOfValidators, uint256 totalBond, uint256 time
    );

    // RocketDepositPool
    event CreditWithdrawn(address indexed nodeAddress, uint256 amount, uint256 time);

    // RocketNodeManager
    event NodeUnclaimedRewardsClaimed(address indexed node, uint256 amount, uint256 time);

    // The megapool: its shell, and its code.
    event EtherReceived(address indexed from, uint256 amount, uint256 time);
    event MegapoolValidatorDequeued(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorDissolved(uint256 indexed validatorId, uint256 time);
    event MegapoolValidatorExited(uint32 indexed validatorId, uint256 time);
    event MegapoolBondReduced(uint256 amount, uint256 time);
    event MegapoolDebtIncreased(uint256 amount, uint256 time);
    event MegapoolDebtReduced(uint256 amount, uint256 time);
    event RewardsDistributed(
        uint256 node, uint256 voters, uint256 reth, uint256 protocol, uint256 time
    );
    event RewardsClaimed(uint256 amount, uint256 time);

    // ERC-20
    event Transfer(address indexed from, address indexed to, uint256 amount);

    // Safe: what is indexed differs between its versions.
    event SafeReceived(address indexed sender, uint256 value);
    event ExecutionSuccess(bytes32 txHash, uint256 payment);
}

/// What the deposit contract of nodes logs that is read, but for what anybody pays in.
pub(super) const OF_NODE_DEPOSIT: [[u8; 32]; 3] = [
    Withdrawal::SIGNATURE_HASH.0,
    DepositReceived::SIGNATURE_HASH.0,
    MultiDepositReceived::SIGNATURE_HASH.0,
];

/// What a megapool logs that is read, but for ether that anybody sends.
pub(super) const OF_MEGAPOOL: [[u8; 32]; 8] = [
    MegapoolValidatorDequeued::SIGNATURE_HASH.0,
    MegapoolValidatorDissolved::SIGNATURE_HASH.0,
    MegapoolValidatorExited::SIGNATURE_HASH.0,
    MegapoolBondReduced::SIGNATURE_HASH.0,
    MegapoolDebtIncreased::SIGNATURE_HASH.0,
    MegapoolDebtReduced::SIGNATURE_HASH.0,
    RewardsDistributed::SIGNATURE_HASH.0,
    RewardsClaimed::SIGNATURE_HASH.0,
];
