//! Which withdrawal of which validator it is, by the bytes of either version.

use super::*;
use crate::proof::calls::Withdrawal;

fn withdrawal(slot: u64) -> WithdrawalProof {
    WithdrawalProof {
        withdrawalSlot: slot,
        withdrawalNum: 3,
        withdrawal: Withdrawal {
            index: 1,
            validatorIndex: 2,
            withdrawalCredentials: [3; 20].into(),
            amountInGwei: 4,
        },
        witnesses: vec![[5; 32].into(); 2],
    }
}

fn plain(slot: u64) -> Plain::notifyFinalBalanceCall {
    Plain::notifyFinalBalanceCall {
        megapool: [7; 20].into(),
        id: 8,
        slotTimestamp: 9,
        withdrawal: withdrawal(slot),
        validator: ValidatorProof::default(),
        slot: SlotProof::default(),
    }
}

fn versioned(version: u64, data: Vec<u8>) -> Vec<u8> {
    Versioned::notifyFinalBalanceCall {
        megapool: [7; 20].into(),
        id: 8,
        slotTimestamp: 9,
        proofVersion: U256::from(version),
        proofData: data.into(),
    }
    .abi_encode()
}

fn parts(slot: u64) -> Vec<u8> {
    let parts = (
        withdrawal(slot),
        ValidatorProof::default(),
        SlotProof::default(),
    );
    parts.abi_encode()
}

#[test]
fn a_final_balance_is_read_back_from_both_versions() {
    let expected = FinalBalance {
        megapool: [7; 20].into(),
        id: 8,
        slot: Slot(77),
    };
    assert_eq!(final_balance(&plain(77).abi_encode()), Some(expected));
    assert_eq!(final_balance(&versioned(1, parts(77))), Some(expected));
    let later = final_balance(&versioned(1, parts(78))).unwrap();
    assert_ne!(later, expected);
}

#[test]
fn other_bytes_mean_nothing() {
    let good = plain(77).abi_encode();
    for odd in [
        Vec::new(),
        good[..4].to_vec(),
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0; 32]].concat(),
        versioned(2, parts(77)),
        versioned(1, [&parts(77)[..], &[0; 32]].concat()),
        versioned(1, Vec::new()),
    ] {
        assert_eq!(final_balance(&odd), None, "{}", hex::encode(&odd));
    }
}
