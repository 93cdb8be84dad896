//! Calls as Safe's Transaction Builder takes them: a batch file with its checksum.
//!
//! The Builder makes the transaction from them itself, at the nonce that it is told, so the file
//! names none but in words. The same calls make the same file on every operator's machine: no time
//! stands in it.
//!
//! The checksum is the Keccak-256 of the file in a form of its own: each object is the list of its
//! names in their order, followed by its values, each with a comma behind; the name of the batch
//! counts as `null`, and the checksum itself is left out.
//!
//! Source: `safe-global/safe-wallet-monorepo`, `apps/tx-builder/src/lib/checksum.ts`.

use alloy_primitives::keccak256;
use proto::Address;
use proto::definition::checksummed;
use serde_json::{Map, Value, json};

use super::Call;

/// The format of the file.
const VERSION: &str = "1.0";
/// A Builder that writes such files.
const BUILDER: &str = "1.18.0";

/// What the file says of its calls, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// In few words.
    pub name: String,
    /// In more of them.
    pub description: String,
}

/// The file with these calls on this chain, of this Safe if it is meant for one alone.
pub fn file(chain_id: u64, safe: Option<&Address>, (calls, title): (&[Call], &Title)) -> String {
    let transaction = |call: &Call| {
        json!({
            "to": checksummed(&call.to),
            "value": call.value.to_string(),
            "data": format!("0x{}", hex::encode(&call.data)),
            "contractMethod": null,
            "contractInputsValues": null,
        })
    };
    let transactions: Vec<Value> = calls.iter().map(transaction).collect();
    let mut meta = json!({
        "name": title.name,
        "description": title.description,
        "txBuilderVersion": BUILDER,
        "createdFromSafeAddress": safe.map(checksummed).unwrap_or_default(),
        "createdFromOwnerAddress": "",
    });
    let whole = |meta: &Value| {
        json!({
            "version": VERSION,
            "chainId": chain_id.to_string(),
            "createdAt": 0,
            "meta": meta,
            "transactions": transactions,
        })
    };
    meta["checksum"] = checksum(&whole(&meta)).into();
    let text = serde_json::to_string_pretty(&whole(&meta));
    text.expect("texts and numbers have a JSON form") + "\n"
}

/// The checksum of a file that has none yet.
fn checksum(file: &Value) -> String {
    let mut file = file.clone();
    file["meta"]["name"] = Value::Null;
    keccak256(serialised(&file)).to_string()
}

/// A value in the form of which the checksum is.
fn serialised(value: &Value) -> String {
    match value {
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(serialised).collect();
            format!("[{}]", all.join(","))
        }
        Value::Object(fields) => of_object(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn of_object(fields: &Map<String, Value>) -> String {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    let values = names.iter().map(|name| serialised(&fields[*name]) + ",");
    let values: String = values.collect();
    format!("{{{}{values}}}", json!(names))
}
