// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {RocketMegapoolDelegate} from "./MegapoolDelegate.sol";
import {ValidatorInfo} from "./Megapool.sol";
import {Part, RocketStorage} from "./Storage.sol";
import {
    BeaconStateVerifier,
    BeaconStateVerifierV2,
    SlotProof,
    Validator,
    ValidatorProof,
    VerifiedFinalBalance,
    VerifiedValidator,
    WithdrawalProof
} from "./Verifier.sol";

/// All validators of all megapools, and what both call surfaces check of one that was proved.
abstract contract MegapoolSet is Part {
    struct ExitChallenge {
        RocketMegapoolDelegate megapool;
        uint32[] validatorIds;
    }

    uint64 internal constant NEVER = type(uint64).max;
    uint64 private constant FULL = 32e9;
    bytes32 private constant COUNT = keccak256("megapool.validator.set.count");
    bytes32 private constant CHALLENGER = keccak256("last.trusted.node.megapool.challenger");

    uint64 internal immutable slotsPerEpoch;

    constructor(uint64 slotsPerEpoch_) {
        slotsPerEpoch = slotsPerEpoch_;
    }

    function getValidatorCount() external view returns (uint256) {
        return rocket.getUint(COUNT);
    }

    function getLastChallenger() external view returns (address) {
        return rocket.getAddress(CHALLENGER);
    }

    function place(uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encodePacked("megapool.validator.set", index));
    }

    function getValidatorInfo(uint256 index)
        external
        view
        returns (bytes memory pubkey, ValidatorInfo memory info, address megapool, uint32 id)
    {
        uint256 packed = rocket.getUint(place(index));
        (megapool, id) = (address(uint160(packed >> 96)), uint32(packed));
        (info, pubkey) = RocketMegapoolDelegate(megapool).getValidatorInfoAndPubkey(id);
    }

    /// A key is used once in a megapool; another megapool may name the same.
    function addValidator(address megapool, uint32 id, bytes calldata pubkey)
        external
        onlyLatestContract("rocketMegapoolManager", address(this))
        onlyLatestContract("rocketNodeDeposit", msg.sender)
    {
        uint256 index = rocket.getUint(COUNT);
        rocket.setUint(COUNT, index + 1);
        rocket.setUint(place(index), (uint256(uint160(megapool)) << 96) | id);
        bytes32 used = keccak256(abi.encodePacked("validator.megapool", megapool, pubkey));
        require(!rocket.getBool(used), "Pubkey in use");
        rocket.setBool(used, true);
    }

    function challengeExit(ExitChallenge[] calldata challenges)
        external
        onlyTrustedNode(msg.sender)
    {
        require(msg.sender != rocket.getAddress(CHALLENGER), "Member was last to challenge");
        rocket.setAddress(CHALLENGER, msg.sender);
        uint256 total = 0;
        for (uint256 i = 0; i < challenges.length; i++) {
            RocketMegapoolDelegate megapool = challenges[i].megapool;
            require(
                rocket.getBool(key("megapool.exists", address(megapool))), "Invalid megapool"
            );
            for (uint256 j = 0; j < challenges[i].validatorIds.length; j++) {
                megapool.challengeExit(challenges[i].validatorIds[j]);
                total++;
            }
        }
        require(total <= 50, "Too many challenges");
    }

    function refuseOld(uint64 time) internal view {
        require(time + 1 hours >= block.timestamp, "Slot proof too old");
    }

    function refuseOtherCredentials(RocketMegapoolDelegate megapool, bytes32 proved)
        internal
        view
    {
        require(
            proved == megapool.getWithdrawalCredentials(), "Invalid withdrawal credentials"
        );
    }

    function refuseOtherKey(RocketMegapoolDelegate megapool, uint32 id, bytes32 proved)
        internal
        view
    {
        require(
            proved == keccak256(megapool.getValidatorPubkey(id)), "Pubkey does not match"
        );
    }

    function stakeProved(RocketMegapoolDelegate megapool, uint32 id, Validator memory it)
        internal
    {
        refuseOtherCredentials(megapool, it.withdrawalCredentials);
        require(it.withdrawableEpoch == NEVER, "Validator is withdrawing");
        require(it.exitEpoch == NEVER, "Validator is exiting");
        require(it.effectiveBalance < FULL, "Invalid validator balance");
        require(it.activationEligibilityEpoch == NEVER, "Validator is activating");
        require(it.activationEpoch == NEVER, "Validator is activated");
        require(!it.slashed, "Validator is slashed");
        refuseOtherKey(megapool, id, keccak256(it.pubkey));
        megapool.stake(id);
    }

    function dissolveProved(RocketMegapoolDelegate megapool, uint32 id, Validator memory it)
        internal
    {
        bool waits = it.activationEligibilityEpoch == NEVER && it.activationEpoch == NEVER;
        bool stays = it.exitEpoch == NEVER && it.withdrawableEpoch == NEVER && !it.slashed;
        bool ours = it.withdrawalCredentials == megapool.getWithdrawalCredentials();
        bool compliant = ours && waits && stays && it.effectiveBalance < FULL;
        require(!compliant, "Validator is compliant");
        refuseOtherKey(megapool, id, keccak256(it.pubkey));
        megapool.dissolveValidator(id);
    }

    function exitProved(
        RocketMegapoolDelegate megapool,
        uint32 id,
        Validator memory it,
        uint64 slot
    ) internal {
        require(it.withdrawableEpoch < NEVER, "Validator not exiting");
        refuseOtherKey(megapool, id, keccak256(it.pubkey));
        refuseOtherCredentials(megapool, it.withdrawalCredentials);
        megapool.notifyExit(id, it.withdrawableEpoch, slot / slotsPerEpoch);
    }

    function notExitProved(
        RocketMegapoolDelegate megapool,
        uint32 id,
        Validator memory it,
        uint64 time
    ) internal {
        require(it.withdrawableEpoch == NEVER, "Validator already exiting");
        refuseOtherKey(megapool, id, keccak256(it.pubkey));
        megapool.notifyNotExit(id, time);
    }
}

/// The call surface of protocol 1.4: proofs as structs.
contract RocketMegapoolManager is MegapoolSet {
    constructor(RocketStorage storage_, uint64 slotsPerEpoch_)
        Part(storage_, 1)
        MegapoolSet(slotsPerEpoch_)
    {}

    function verifier() private view returns (BeaconStateVerifier) {
        return BeaconStateVerifier(find("beaconStateVerifier"));
    }

    function verify(uint64 time, ValidatorProof calldata proof, SlotProof calldata slot)
        private
        view
    {
        refuseOld(time);
        require(
            verifier().verifyValidator(time, slot.slot, proof), "Invalid validator proof"
        );
        require(verifier().verifySlot(time, slot), "Invalid slot proof");
    }

    function stake(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        ValidatorProof calldata proof,
        SlotProof calldata slot
    ) external onlyRegisteredMegapool(address(megapool)) {
        verify(time, proof, slot);
        stakeProved(megapool, id, proof.validator);
    }

    function dissolve(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        ValidatorProof calldata proof,
        SlotProof calldata slot
    ) external onlyRegisteredMegapool(address(megapool)) {
        verify(time, proof, slot);
        dissolveProved(megapool, id, proof.validator);
    }

    function notifyExit(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        ValidatorProof calldata proof,
        SlotProof calldata slot
    ) external onlyRegisteredMegapool(address(megapool)) {
        verify(time, proof, slot);
        exitProved(megapool, id, proof.validator, slot.slot);
    }

    function notifyNotExit(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        ValidatorProof calldata proof,
        SlotProof calldata slot
    ) external onlyRegisteredMegapool(address(megapool)) {
        verify(time, proof, slot);
        notExitProved(megapool, id, proof.validator, time);
    }

    /// It is not asked whether the withdrawal is the first after the exit, or the largest.
    function notifyFinalBalance(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        WithdrawalProof calldata paid,
        ValidatorProof calldata proof,
        SlotProof calldata slot
    ) external onlyRegisteredMegapool(address(megapool)) {
        refuseOld(time);
        uint64 epoch = paid.withdrawalSlot / slotsPerEpoch;
        require(epoch >= proof.validator.withdrawableEpoch, "Not full withdrawal");
        require(
            verifier().verifyValidator(time, slot.slot, proof), "Invalid validator proof"
        );
        require(
            verifier().verifyWithdrawal(time, slot.slot, paid), "Invalid withdrawal proof"
        );
        require(verifier().verifySlot(time, slot), "Invalid slot proof");
        require(
            paid.withdrawal.validatorIndex == proof.validatorIndex,
            "Withdrawal validator not matching"
        );
        refuseOtherKey(megapool, id, keccak256(proof.validator.pubkey));
        megapool.notifyFinalBalance(
            id, paid.withdrawal.amountInGwei, msg.sender, epoch, slot.slot / slotsPerEpoch
        );
    }
}

/// The call surface of protocol 1.4.1: proofs as bytes of a version.
contract RocketMegapoolManagerV2 is MegapoolSet {
    constructor(RocketStorage storage_, uint64 slotsPerEpoch_)
        Part(storage_, 2)
        MegapoolSet(slotsPerEpoch_)
    {}

    function verified(uint64 time, uint256 proofVersion, bytes calldata data)
        private
        view
        returns (VerifiedValidator memory)
    {
        refuseOld(time);
        BeaconStateVerifierV2 verifier = BeaconStateVerifierV2(find("beaconStateVerifier"));
        return verifier.verifyValidator(time, proofVersion, data);
    }

    function stake(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        uint256 proofVersion,
        bytes calldata data
    ) external onlyRegisteredMegapool(address(megapool)) {
        stakeProved(megapool, id, verified(time, proofVersion, data).validator);
    }

    function dissolve(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        uint256 proofVersion,
        bytes calldata data
    ) external onlyRegisteredMegapool(address(megapool)) {
        dissolveProved(megapool, id, verified(time, proofVersion, data).validator);
    }

    function notifyExit(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        uint256 proofVersion,
        bytes calldata data
    ) external onlyRegisteredMegapool(address(megapool)) {
        VerifiedValidator memory it = verified(time, proofVersion, data);
        exitProved(megapool, id, it.validator, it.slot);
    }

    function notifyNotExit(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        uint256 proofVersion,
        bytes calldata data
    ) external onlyRegisteredMegapool(address(megapool)) {
        notExitProved(megapool, id, verified(time, proofVersion, data).validator, time);
    }

    function notifyFinalBalance(
        RocketMegapoolDelegate megapool,
        uint32 id,
        uint64 time,
        uint256 proofVersion,
        bytes calldata data
    ) external onlyRegisteredMegapool(address(megapool)) {
        refuseOld(time);
        BeaconStateVerifierV2 verifier = BeaconStateVerifierV2(find("beaconStateVerifier"));
        VerifiedFinalBalance memory it = verifier.verifyFinalBalance(time, proofVersion, data);
        refuseOtherCredentials(megapool, it.withdrawalCredentials);
        refuseOtherKey(megapool, id, it.validatorPubkeyHash);
        megapool.notifyFinalBalance(
            id, it.amountInGwei, msg.sender, it.withdrawalEpoch, it.recentEpoch
        );
    }
}
