//! The functions that a withdrawal Safe calls, written from the contracts' interfaces.

#![allow(missing_docs, reason = "generated from the contracts' interfaces")]

alloy_sol_types::sol! {
    interface NodeDeposit {
        function withdrawEth(address node, uint256 amount) external;
    }

    // 1.4
    interface DepositPool {
        function withdrawCreditFor(address node, uint256 amount) external;
    }

    interface NodeStaking {
        function stakeRPLFor(address node, uint256 amount) external;
    }

    interface Token {
        function approve(address spender, uint256 amount) external returns (bool);
    }

    interface Minipool {
        function distributeBalance(bool only_rewards) external;
    }
}
