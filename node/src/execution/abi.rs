//! The interface of the deposit contract, from consensus-specs, `solidity_deposit_contract`.

#![allow(
    clippy::too_many_arguments,
    reason = "generated from the contract's interface"
)]

alloy::sol! {
    interface DepositContract {
        event DepositEvent(
            bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature,
            bytes index
        );
        function deposit(
            bytes pubkey, bytes withdrawal_credentials, bytes signature,
            bytes32 deposit_data_root
        ) external payable;
        function get_deposit_count() external view returns (bytes);
    }
}
