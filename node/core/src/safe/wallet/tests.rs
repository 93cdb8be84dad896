//! That Safe's own programs make the same of it. The vectors are what they gave:
//! `calculateSafeTransactionHash` and `encodeMultiSendData` of `@safe-global/protocol-kit` 8.0.7,
//! and `addChecksum` of the Transaction Builder (`apps/tx-builder/src/lib/checksum.ts` of
//! `safe-global/safe-wallet-monorepo`).

use alloy_sol_types::SolStruct as _;
use serde_json::Value;

use super::builder::{Title, file};
use super::*;
use crate::safe::known::batches;

fn address(byte: u8) -> Address {
    [byte; 20].into()
}

fn safe(chain_id: u64) -> Account {
    Account {
        chain_id,
        address: address(0x5a),
    }
}

fn confirms() -> Call {
    let selector = [0xbd, 0x43, 0x91, 0x26];
    Call {
        to: address(0x11),
        value: U256::ZERO,
        data: [&selector[..], &[0; 12], &[0xaa; 20]].concat(),
    }
}

/// A call without ether, and one that only pays.
fn calls() -> [Call; 2] {
    [
        Call {
            to: address(0x11),
            value: U256::ZERO,
            data: vec![1, 2, 3, 4],
        },
        Call {
            to: address(0x40),
            value: U256::from(2_500_000_000_000_000_000_u64),
            data: Vec::new(),
        },
    ]
}

fn several() -> WalletTransaction {
    let batch = batches("1.4.1 (L2)")[0];
    WalletTransaction::several(safe(560_048), 8, (&calls(), batch))
}

#[test]
fn one_call_has_the_hash_that_safes_own_program_gives() {
    let one = WalletTransaction::one(safe(1), 7, confirms());
    let expected = "0x5e385817eae80c279091aeb946004beb259846b09d83911f62cf04b10e61c315";
    assert_eq!(one.hash().to_string(), expected);
    assert_eq!(one.nonce(), 7);
}

#[test]
fn several_calls_have_the_hash_that_safes_own_program_gives() {
    let expected = "0x9de1b3ca913ad0db4330e9ecf7412000aa71e7566f362c292b80e5c01b651ed7";
    assert_eq!(several().hash().to_string(), expected);
}

#[test]
fn what_hardware_wallets_show_are_the_two_parts_of_the_hash() {
    for it in [WalletTransaction::one(safe(1), 7, confirms()), several()] {
        let [domain, message] = it.parts();
        let bytes = [&[0x19, 0x01][..], domain.as_bytes(), message.as_bytes()];
        let hash = alloy_primitives::keccak256(bytes.concat());
        assert_eq!(it.hash(), Root::from(hash.0));
    }
}

#[test]
fn typed_data_says_all_that_is_hashed() {
    let typed: Value = serde_json::from_str(&several().typed_data()).unwrap();
    assert_eq!(typed["primaryType"], "SafeTx");
    assert_eq!(typed["domain"]["chainId"], 560_048);
    let contract = "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A";
    assert_eq!(typed["domain"]["verifyingContract"], contract);
    let named = |of: &Value| {
        let fields = of.as_array().unwrap().iter();
        let fields = fields.map(|it| {
            let (kind, name) = (it["type"].as_str().unwrap(), it["name"].as_str().unwrap());
            format!("{kind} {name}")
        });
        fields.collect::<Vec<_>>().join(",")
    };
    let types = &typed["types"];
    let encoded = format!("SafeTx({})", named(&types["SafeTx"]));
    assert_eq!(encoded, SafeTx::eip712_root_type());
    let domain = "uint256 chainId,address verifyingContract";
    assert_eq!(named(&types["EIP712Domain"]), domain);
    let message = &typed["message"];
    let to = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";
    assert_eq!(message["to"], to);
    assert_eq!(
        (&message["operation"], &message["nonce"]),
        (&1.into(), &"8".into())
    );
    let data = format!("0x{}", hex::encode(&several().call.data));
    assert_eq!(message["data"], data);
    for name in ["value", "safeTxGas", "baseGas", "gasPrice"] {
        assert_eq!(message[name], "0", "{name}");
    }
    for name in ["gasToken", "refundReceiver"] {
        assert_eq!(message[name], format!("0x{}", "0".repeat(40)), "{name}");
    }
    // And nothing besides.
    assert_eq!(message.as_object().unwrap().len(), 10);
    assert_eq!(typed.as_object().unwrap().len(), 4);
}

#[test]
fn the_builders_file_has_the_checksum_that_the_builder_gives_it() {
    let title = Title {
        name: "withdraw \"all\"".to_owned(),
        description: "two calls\n1. one".to_owned(),
    };
    let file = file(560_048, Some(&address(0x5a)), (&calls(), &title));
    let file: Value = serde_json::from_str(&file).unwrap();
    let expected = "0x60e8577bf8422866bf627f94ec5f0b13b030c950a0cfba90f60b5c3221d562e8";
    assert_eq!(file["meta"]["checksum"], expected);
    assert_eq!(file["transactions"][1]["value"], "2500000000000000000");
    assert_eq!(file["transactions"][1]["data"], "0x");
}
