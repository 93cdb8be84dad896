//! The functions of Safe's contracts that are called here, written from their interfaces, and the
//! typed data of a transaction.

#![allow(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated from the contracts' interfaces"
)]

use proto::Address;

alloy_sol_types::sol! {
    interface Safe {
        function setup(
            address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler,
            address paymentToken, uint256 payment, address paymentReceiver
        ) external;
        function execTransaction(
            address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas,
            uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver,
            bytes signatures
        ) external payable returns (bool);
        function swapOwner(address prevOwner, address oldOwner, address newOwner) external;
        function masterCopy() external view returns (address);
        function nonce() external view returns (uint256);
        function getThreshold() external view returns (uint256);
        function getOwners() external view returns (address[]);
        #[derive(Debug, Default)]
        function getModulesPaginated(address start, uint256 pageSize) external view
            returns (address[] array, address next);
        function getStorageAt(uint256 offset, uint256 length) external view returns (bytes);
    }

    interface ProxyFactory {
        function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce)
            external returns (address);
    }

    interface MultiSendCallOnly {
        function multiSend(bytes transactions) external payable;
    }

    /// What owners sign (EIP-712).
    #[derive(Debug)]
    struct SafeTx {
        address to;
        uint256 value;
        bytes data;
        uint8 operation;
        uint256 safeTxGas;
        uint256 baseGas;
        uint256 gasPrice;
        address gasToken;
        address refundReceiver;
        uint256 nonce;
    }
}

/// An address as contracts take it.
pub fn theirs(address: &Address) -> alloy_primitives::Address {
    (*address.as_bytes()).into()
}
