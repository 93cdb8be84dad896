//! The functions of Rocket Pool's megapool manager that take proofs, written from their interfaces.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the contracts' interfaces"
)]

alloy_sol_types::sol! {
    #[derive(Debug, Default, PartialEq)]
    struct Validator {
        bytes pubkey;
        bytes32 withdrawalCredentials;
        uint64 effectiveBalance;
        bool slashed;
        uint64 activationEligibilityEpoch;
        uint64 activationEpoch;
        uint64 exitEpoch;
        uint64 withdrawableEpoch;
    }

    #[derive(Debug, Default, PartialEq)]
    struct ValidatorProof {
        uint40 validatorIndex;
        Validator validator;
        bytes32[] witnesses;
    }

    #[derive(Debug, Default, PartialEq)]
    struct SlotProof {
        uint64 slot;
        bytes32[] witnesses;
    }

    /// The last 20 bytes of the credentials: an address.
    #[derive(Debug, Default, PartialEq)]
    struct Withdrawal {
        uint64 index;
        uint64 validatorIndex;
        bytes20 withdrawalCredentials;
        uint64 amountInGwei;
    }

    #[derive(Debug, Default, PartialEq)]
    struct WithdrawalProof {
        uint64 withdrawalSlot;
        uint16 withdrawalNum;
        Withdrawal withdrawal;
        bytes32[] witnesses;
    }

    /// `RocketMegapoolManager` of 1.4.
    interface Plain {
        function stake(address megapool, uint32 id, uint64 slotTimestamp,
            ValidatorProof validator, SlotProof slot) external;
        function dissolve(address megapool, uint32 id, uint64 slotTimestamp,
            ValidatorProof validator, SlotProof slot) external;
        function notifyExit(address megapool, uint32 id, uint64 slotTimestamp,
            ValidatorProof validator, SlotProof slot) external;
        function notifyNotExit(address megapool, uint32 id, uint64 slotTimestamp,
            ValidatorProof validator, SlotProof slot) external;
        function notifyFinalBalance(address megapool, uint32 id, uint64 slotTimestamp,
            WithdrawalProof withdrawal, ValidatorProof validator, SlotProof slot) external;
    }

    /// `RocketMegapoolManager` of 1.4.1: the proofs are bytes of a version.
    interface Versioned {
        function stake(address megapool, uint32 id, uint64 slotTimestamp,
            uint256 proofVersion, bytes proofData) external;
        function dissolve(address megapool, uint32 id, uint64 slotTimestamp,
            uint256 proofVersion, bytes proofData) external;
        function notifyExit(address megapool, uint32 id, uint64 slotTimestamp,
            uint256 proofVersion, bytes proofData) external;
        function notifyNotExit(address megapool, uint32 id, uint64 slotTimestamp,
            uint256 proofVersion, bytes proofData) external;
        function notifyFinalBalance(address megapool, uint32 id, uint64 slotTimestamp,
            uint256 proofVersion, bytes proofData) external;
    }
}
