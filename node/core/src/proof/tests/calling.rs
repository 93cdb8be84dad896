//! The calls of both surfaces.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolValue};
use proto::eth::{ForkName, PresetBase, ValidatorIndex};
use proto::{Address, Slot};

use super::example::SLOT;
use super::withdrawing::{block_at, recent};
use super::{Sent, anchored, of, read, wanted};
use crate::proof::BlockProofs;
use crate::proof::calls::{self, Plain, Versioned};
use crate::proof::surface::{Carried, Claim, ProofCall, Surface};
use crate::proof::withdrawal::Form;

const CLAIMS: [Claim; 4] = [
    Claim::Stake,
    Claim::Dissolve,
    Claim::NotifyExit,
    Claim::NotifyNotExit,
];

fn call<'a>(proofs: &'a BlockProofs, carried: Carried<'a>) -> ProofCall<'a> {
    ProofCall {
        megapool: Address::from([0x77; 20]),
        validator: 3,
        slot_timestamp: 1_795_224_035,
        slot: proofs.slot(),
        carried,
    }
}

fn proofs() -> BlockProofs {
    let Sent { layout, ssz, .. } = of(PresetBase::Minimal, ForkName::Fulu, 9);
    anchored(read(layout, wanted([5]), [&ssz[..]]).unwrap())
}

#[test]
fn each_call_begins_with_the_selector_of_its_surface() {
    let proofs = proofs();
    let validator = proofs.validator(ValidatorIndex(5)).unwrap();
    let selectors = |surface| {
        let of = |claim| call(&proofs, Carried::Validator(claim, validator)).calldata(surface);
        CLAIMS.map(|claim| hex::encode(&of(claim)[..4]))
    };
    let plain = ["c4a8494b", "a5255a0d", "ed5f4ee2", "9188e19e"];
    assert_eq!(selectors(Surface::V1_4), plain);
    let versioned = ["a301486d", "a317d45f", "c96a6e98", "d0798106"];
    assert_eq!(selectors(Surface::V1_4_1), versioned);
    let last = [
        Plain::notifyFinalBalanceCall::SELECTOR,
        Versioned::notifyFinalBalanceCall::SELECTOR,
    ];
    assert_eq!(last.map(hex::encode), ["1972e5fe", "4e286b16"]);
}

#[test]
fn both_surfaces_carry_the_same_proofs_of_a_validator() {
    let proofs = proofs();
    let proof = proofs.validator(ValidatorIndex(5)).unwrap();
    for claim in CLAIMS {
        let call = call(&proofs, Carried::Validator(claim, proof));
        let plain = call.calldata(Surface::V1_4);
        // The four take the same, so what the first one reads stands for all.
        let plain = Plain::stakeCall::abi_decode_raw(&plain[4..]).unwrap();
        let versioned = call.calldata(Surface::V1_4_1);
        let versioned = Versioned::stakeCall::abi_decode_raw(&versioned[4..]).unwrap();
        assert_eq!(versioned.proofVersion, U256::ONE);
        assert_eq!((plain.id, versioned.id), (3, 3));
        assert_eq!(plain.megapool, versioned.megapool);
        assert_eq!(plain.megapool.0.0, [0x77; 20]);
        assert_eq!(plain.slotTimestamp, 1_795_224_035);
        assert_eq!(versioned.slotTimestamp, 1_795_224_035);
        let carried = <(calls::ValidatorProof, calls::SlotProof)>::abi_decode(&versioned.proofData);
        let (validator, slot) = carried.unwrap();
        assert_eq!((&validator, &slot), (&plain.validator, &plain.slot));
        assert_eq!(slot.slot, SLOT.0);
        assert_eq!(slot.witnesses.len(), 9);
        assert_eq!(validator.validatorIndex.to::<u64>(), 5);
        assert_eq!(validator.witnesses.len(), 50);
        let it = proof.validator();
        assert_eq!(validator.validator.pubkey[..], it.pubkey.as_bytes()[..]);
        assert_eq!(validator.validator.slashed, it.slashed);
        assert_eq!(validator.validator.exitEpoch, it.exit_epoch.0);
        assert_eq!(validator.validator.withdrawableEpoch, u64::MAX);
    }
}

#[test]
fn both_surfaces_carry_the_same_proofs_of_a_final_balance() {
    let slot = Slot(SLOT.0 - 9);
    let block = block_at(slot);
    let proofs = recent(slot, block.root());
    let proof = proofs
        .withdrawal((&block, 1), Form::Recent { slot }, None)
        .unwrap();
    let validator = proofs.validator(ValidatorIndex(0)).unwrap();
    let call = call(&proofs, Carried::FinalBalance(&proof, validator));
    let plain = call.calldata(Surface::V1_4);
    let plain = Plain::notifyFinalBalanceCall::abi_decode(&plain).unwrap();
    let versioned = call.calldata(Surface::V1_4_1);
    let versioned = Versioned::notifyFinalBalanceCall::abi_decode(&versioned).unwrap();
    assert_eq!(versioned.proofVersion, U256::ONE);
    type Carry = (
        calls::WithdrawalProof,
        calls::ValidatorProof,
        calls::SlotProof,
    );
    let carried = Carry::abi_decode(&versioned.proofData).unwrap();
    let withdrawal = carried.0.clone();
    assert_eq!(carried, (plain.withdrawal, plain.validator, plain.slot));
    assert_eq!(withdrawal.withdrawalSlot, slot.0);
    assert_eq!(withdrawal.withdrawalNum, 1);
    assert_eq!(
        withdrawal.withdrawal.amountInGwei,
        proof.withdrawal().amount
    );
    let address = withdrawal.withdrawal.withdrawalCredentials;
    assert_eq!(address.0, *proof.withdrawal().address.as_bytes());
}
