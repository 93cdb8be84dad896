// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Path, Ssz} from "./Ssz.sol";
import {Part, RocketStorage} from "./Storage.sol";

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

struct ValidatorProof {
    uint40 validatorIndex;
    Validator validator;
    bytes32[] witnesses;
}

struct SlotProof {
    uint64 slot;
    bytes32[] witnesses;
}

struct Withdrawal {
    uint64 index;
    uint64 validatorIndex;
    bytes20 withdrawalCredentials;
    uint64 amountInGwei;
}

struct WithdrawalProof {
    uint64 withdrawalSlot;
    uint16 withdrawalNum;
    Withdrawal withdrawal;
    bytes32[] witnesses;
}

/// What differs between chains. The real verifiers have the depths of mainnet in their code.
struct Shape {
    /// The contract that knows block roots (EIP-4788).
    address beaconRoots;
    uint64 slotsPerHistoricalRoot;
    /// Of as many block roots as that, log2.
    uint64 rootsDepth;
    /// Of the most withdrawals of a block, log2.
    uint64 withdrawalsDepth;
    uint64 capellaSlot;
    uint64 electraSlot;
    uint64 genesisTime;
    bytes32 genesisValidatorsRoot;
}

/// Proves what stands in the state of a beacon block (Electra, Fulu) whose root the chain knows.
abstract contract StateProofs is Part {
    using Ssz for Path;

    Shape private shape;

    constructor(Shape memory shape_) {
        shape = shape_;
    }

    /// The root of the block before the one of this time.
    function blockRoot(uint64 time) internal view returns (bytes32) {
        (bool known, bytes memory root) = shape.beaconRoots.staticcall(abi.encode(time));
        require(known && root.length > 0, "Block root is not available");
        return abi.decode(root, (bytes32));
    }

    function refuseOld(uint64 slot) private view {
        require(slot >= shape.electraSlot, "Invalid proof");
    }

    /// Eight fields in a header, 37 or 38 in a state.
    function inState(uint256 field) private pure returns (Path memory) {
        return Path(3, 3).down(field, 6);
    }

    function holdsValidator(uint64 time, uint64 slot, ValidatorProof memory proof)
        internal
        view
        returns (bool)
    {
        refuseOld(slot);
        Validator memory it = proof.validator;
        bytes32 a = Ssz.pair(Ssz.pubkey(it.pubkey), it.withdrawalCredentials);
        bytes32 b =
            Ssz.pair(Ssz.number(it.effectiveBalance), Ssz.number(it.slashed ? 1 : 0));
        bytes32 c = Ssz.pair(
            Ssz.number(it.activationEligibilityEpoch), Ssz.number(it.activationEpoch)
        );
        bytes32 d = Ssz.pair(Ssz.number(it.exitEpoch), Ssz.number(it.withdrawableEpoch));
        bytes32 leaf = Ssz.pair(Ssz.pair(a, b), Ssz.pair(c, d));
        Path memory at = inState(11).down(proof.validatorIndex, 41);
        return Ssz.root(leaf, at, proof.witnesses) == blockRoot(time);
    }

    function holdsSlot(uint64 time, SlotProof memory proof) internal view returns (bool) {
        refuseOld(proof.slot);
        bytes32 root = Ssz.root(Ssz.number(proof.slot), inState(2), proof.witnesses);
        return root == blockRoot(time);
    }

    /// Beside the slot stand the time and the root of genesis, which a new fork would move.
    function refuseOtherGenesis(SlotProof memory proof) internal view {
        bytes32 genesis = Ssz.pair(Ssz.number(shape.genesisTime), shape.genesisValidatorsRoot);
        require(proof.witnesses[1] == genesis, "Invalid genesis witness");
    }

    function holdsWithdrawal(uint64 time, uint64 slot, WithdrawalProof memory proof)
        internal
        view
        returns (bool)
    {
        refuseOld(slot);
        refuseOld(proof.withdrawalSlot);
        Path memory at = toBlock(slot, proof.withdrawalSlot);
        at = at.down(4, 3).down(9, 4).down(14, 5);
        at = at.down(proof.withdrawalNum, shape.withdrawalsDepth + 1);
        Withdrawal memory it = proof.withdrawal;
        bytes32 a = Ssz.pair(Ssz.number(it.index), Ssz.number(it.validatorIndex));
        bytes32 b =
            Ssz.pair(bytes32(it.withdrawalCredentials), Ssz.number(it.amountInGwei));
        return Ssz.root(Ssz.pair(a, b), at, proof.witnesses) == blockRoot(time);
    }

    /// To the root of an earlier block: among the recent ones, or in the summary of its era.
    function toBlock(uint64 slot, uint64 earlier) private view returns (Path memory at) {
        require(slot > earlier, "Invalid slot for proof");
        uint64 era = shape.slotsPerHistoricalRoot;
        if (earlier + era < slot) {
            uint256 summary = earlier / era - shape.capellaSlot / era;
            at = inState(27).down(summary, 25).down(0, 1);
        } else {
            at = inState(5);
        }
        return at.down(earlier % era, shape.rootsDepth);
    }
}

/// The verifier of protocol 1.4.
contract BeaconStateVerifier is StateProofs {
    constructor(RocketStorage storage_, Shape memory shape_)
        Part(storage_, 1)
        StateProofs(shape_)
    {}

    function verifyValidator(uint64 time, uint64 slot, ValidatorProof calldata proof)
        external
        view
        returns (bool)
    {
        return holdsValidator(time, slot, proof);
    }

    function verifySlot(uint64 time, SlotProof calldata proof) external view returns (bool) {
        refuseOtherGenesis(proof);
        return holdsSlot(time, proof);
    }

    function verifyWithdrawal(uint64 time, uint64 slot, WithdrawalProof calldata proof)
        external
        view
        returns (bool)
    {
        return holdsWithdrawal(time, slot, proof);
    }
}

/// What a validator is proved with in protocol 1.4.1, version 1.
struct ValidatorBundle {
    ValidatorProof validatorProof;
    SlotProof slotProof;
}

/// What a final balance is proved with in protocol 1.4.1, version 1.
struct FinalBalanceBundle {
    WithdrawalProof withdrawalProof;
    ValidatorProof validatorProof;
    SlotProof slotProof;
}

struct VerifiedValidator {
    uint40 validatorIndex;
    Validator validator;
    uint64 slot;
}

struct VerifiedFinalBalance {
    bytes32 validatorPubkeyHash;
    bytes32 withdrawalCredentials;
    uint64 amountInGwei;
    uint64 withdrawalEpoch;
    uint64 recentEpoch;
}

/// The verifier of protocol 1.4.1: payloads by their version, of which only the first is here. The
/// second is for blocks of Gloas.
contract BeaconStateVerifierV2 is StateProofs {
    uint64 private immutable slotsPerEpoch;

    constructor(RocketStorage storage_, Shape memory shape_, uint64 slotsPerEpoch_)
        Part(storage_, 2)
        StateProofs(shape_)
    {
        slotsPerEpoch = slotsPerEpoch_;
    }

    function refuse(uint64 time, ValidatorProof memory proof, SlotProof memory slot) private view {
        require(holdsSlot(time, slot), "Invalid slot proof");
        require(holdsValidator(time, slot.slot, proof), "Invalid validator proof");
    }

    function verifyValidator(uint64 time, uint256 proofVersion, bytes calldata data)
        external
        view
        returns (VerifiedValidator memory)
    {
        require(proofVersion == 1, "Unsupported proof version");
        ValidatorBundle memory it = abi.decode(data, (ValidatorBundle));
        refuse(time, it.validatorProof, it.slotProof);
        ValidatorProof memory of_ = it.validatorProof;
        return VerifiedValidator(of_.validatorIndex, of_.validator, it.slotProof.slot);
    }

    function verifyFinalBalance(uint64 time, uint256 proofVersion, bytes calldata data)
        external
        view
        returns (VerifiedFinalBalance memory)
    {
        require(proofVersion == 1, "Unsupported proof version");
        FinalBalanceBundle memory it = abi.decode(data, (FinalBalanceBundle));
        refuse(time, it.validatorProof, it.slotProof);
        WithdrawalProof memory paid = it.withdrawalProof;
        require(holdsWithdrawal(time, it.slotProof.slot, paid), "Invalid withdrawal proof");
        Validator memory of_ = it.validatorProof.validator;
        uint64 epoch = paid.withdrawalSlot / slotsPerEpoch;
        require(epoch >= of_.withdrawableEpoch, "Not full withdrawal");
        require(
            paid.withdrawal.validatorIndex == it.validatorProof.validatorIndex,
            "Withdrawal validator not matching"
        );
        return VerifiedFinalBalance(
            keccak256(of_.pubkey),
            of_.withdrawalCredentials,
            paid.withdrawal.amountInGwei,
            epoch,
            it.slotProof.slot / slotsPerEpoch
        );
    }
}
