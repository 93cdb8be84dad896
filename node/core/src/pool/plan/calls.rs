//! The functions of Rocket Pool's contracts that a plan may call, written from their interfaces.
//! Those that take a proof are not here: they are worded with the proof.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the contracts' interfaces"
)]

alloy_sol_types::sol! {
    interface Storage {
        function setWithdrawalAddress(address node, address next, bool confirm) external;
        function confirmWithdrawalAddress(address node) external;
    }

    interface NodeManager {
        function registerNode(string timezone) external;
        function setRPLWithdrawalAddress(address node, address next, bool confirm) external;
        function confirmRPLWithdrawalAddress(address node) external;
        function deployMegapool() external;
        function setSmoothingPoolRegistrationState(bool state) external;
    }

    #[derive(Debug)]
    struct NodeDeposit {
        uint256 bondAmount;
        bool useExpressTicket;
        bytes validatorPubkey;
        bytes validatorSignature;
        bytes32 depositDataRoot;
    }

    interface Deposits {
        function deposit(
            uint256 bond, bool express, bytes pubkey, bytes signature, bytes32 root
        ) external payable;
        function depositWithCredit(
            uint256 bond, bool express, bytes pubkey, bytes signature, bytes32 root
        ) external payable;
        function depositMulti(NodeDeposit[] deposits) external payable;
    }

    interface DepositPool {
        function assignDeposits(uint256 most) external;
    }

    interface Megapool {
        function distribute() external;
        function claim() external;
        function repayDebt() external payable;
        function dequeue(uint32 id) external;
    }
}
