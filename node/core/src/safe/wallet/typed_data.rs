//! A transaction as `eth_signTypedData_v4` takes it: with the types beside the values, so that a
//! wallet shows each of them.
//!
//! Numbers are texts of decimal digits: what reads JSON into floating point loses none.

use proto::Address;
use proto::definition::checksummed;
use serde::Serialize;

use super::WalletTransaction;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TypedData {
    types: Types,
    domain: Domain,
    primary_type: &'static str,
    message: Message,
}

#[derive(Serialize)]
struct Types {
    #[serde(rename = "EIP712Domain")]
    domain: [Field; 2],
    #[serde(rename = "SafeTx")]
    transaction: [Field; 10],
}

#[derive(Serialize)]
struct Field {
    name: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Domain {
    chain_id: u64,
    verifying_contract: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    to: String,
    value: String,
    data: String,
    operation: u8,
    safe_tx_gas: String,
    base_gas: String,
    gas_price: String,
    gas_token: String,
    refund_receiver: String,
    nonce: String,
}

const fn field(name: &'static str, r#type: &'static str) -> Field {
    Field { name, r#type }
}

impl WalletTransaction {
    /// The typed data, as JSON.
    pub fn typed_data(&self) -> String {
        let it = self.content();
        let at =
            |address: alloy_primitives::Address| checksummed(&Address::from(address.into_array()));
        let typed = TypedData {
            types: Types {
                domain: [
                    field("chainId", "uint256"),
                    field("verifyingContract", "address"),
                ],
                transaction: [
                    field("to", "address"),
                    field("value", "uint256"),
                    field("data", "bytes"),
                    field("operation", "uint8"),
                    field("safeTxGas", "uint256"),
                    field("baseGas", "uint256"),
                    field("gasPrice", "uint256"),
                    field("gasToken", "address"),
                    field("refundReceiver", "address"),
                    field("nonce", "uint256"),
                ],
            },
            domain: Domain {
                chain_id: self.account.chain_id,
                verifying_contract: checksummed(&self.account.address),
            },
            primary_type: "SafeTx",
            message: Message {
                to: at(it.to),
                value: it.value.to_string(),
                data: format!("0x{}", hex::encode(&it.data)),
                operation: it.operation,
                safe_tx_gas: it.safeTxGas.to_string(),
                base_gas: it.baseGas.to_string(),
                gas_price: it.gasPrice.to_string(),
                gas_token: at(it.gasToken),
                refund_receiver: at(it.refundReceiver),
                nonce: it.nonce.to_string(),
            },
        };
        let text = serde_json::to_string_pretty(&typed);
        text.expect("texts and numbers have a JSON form") + "\n"
    }
}
