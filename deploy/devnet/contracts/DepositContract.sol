// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Ssz} from "./Ssz.sol";

/// Roots of deposits, by the consensus specification.
library Deposits {
    function dataRoot(
        bytes memory pubkey,
        bytes32 credentials,
        bytes memory signature,
        uint64 gwei_
    ) internal pure returns (bytes32) {
        bytes32 signed = Ssz.pair(
            Ssz.pair(Ssz.word(signature, 0), Ssz.word(signature, 32)),
            Ssz.pair(Ssz.word(signature, 64), 0)
        );
        return Ssz.pair(
            Ssz.pair(Ssz.pubkey(pubkey), credentials), Ssz.pair(Ssz.number(gwei_), signed)
        );
    }
}

/// What megapools call of the deposit contract. Its real code is on the test chain.
interface DepositContract {
    function deposit(
        bytes calldata pubkey,
        bytes calldata withdrawal_credentials,
        bytes calldata signature,
        bytes32 deposit_data_root
    ) external payable;
}
