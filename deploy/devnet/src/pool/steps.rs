//! How long a step of the Safe takes: from when the first peer signed it, by the peers' files, to
//! the block that has it.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{NodeAccount, RocketPool};
use crate::Error;
use crate::peer::Peer;

/// Where a peer keeps what it has signed.
const FOLDER: &str = "node-account-signed";
/// `ExecutionSuccess(bytes32,uint256)`: one for each nonce.
const EXECUTED: &str = "0x442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e";

/// When each nonce was signed first, Unix seconds.
#[derive(Debug, Default)]
pub struct Steps(BTreeMap<u64, u64>);

#[derive(Deserialize)]
struct Kept {
    signed: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    nonce: u64,
    call: Option<Call>,
}

#[derive(Deserialize)]
struct Call {
    signed_at: u64,
}

impl Steps {
    /// Looks at what peers keep. They forget what is final, so it is looked at often.
    pub fn look(&mut self, peers: &[Peer]) {
        for peer in peers {
            let files = fs::read_dir(peer.dir.join(FOLDER)).into_iter().flatten();
            let texts = files.flatten().map(|file| fs::read_to_string(file.path()));
            for text in texts.flatten() {
                // It is whole or not there; what is still being written has another name.
                if let Ok(kept) = serde_json::from_str::<Kept>(&text) {
                    self.take(kept);
                }
            }
        }
    }

    fn take(&mut self, kept: Kept) {
        for Line { nonce, call } in kept.signed {
            let Some(Call { signed_at }) = call else {
                continue;
            };
            let first = self.0.entry(nonce).or_insert(signed_at);
            *first = signed_at.min(*first);
        }
    }
}

impl RocketPool {
    /// How long the steps of the Safe took that were signed and done, in words, if there were any.
    pub async fn took(&self, steps: &Steps, slot_ms: u64) -> Result<Option<String>, Error> {
        let NodeAccount::Safe { address, .. } = &self.node else {
            return Ok(None);
        };
        let rpc = self.rpc();
        let at = format!("{:#x}", rpc.finalised().await?);
        let filter = json!([{
            "address": address, "fromBlock": "0x1", "toBlock": at, "topics": [EXECUTED],
        }]);
        let logs = rpc.ask("eth_getLogs", filter).await?;
        let mut took = Vec::new();
        for (nonce, log) in (0..).zip(logs.as_array().into_iter().flatten()) {
            let block = json!([log["blockNumber"], false]);
            let block = rpc.ask("eth_getBlockByNumber", block).await?;
            if let (Some(signed), Some(done)) = (steps.0.get(&nonce), seconds(&block)) {
                took.push(done.saturating_sub(*signed));
            }
        }
        took.sort_unstable();
        let slots = |seconds: &u64| (1000 * seconds).div_ceil(slot_ms);
        let (middle, most) = (took.get(took.len() / 2), took.last());
        Ok(middle.zip(most).map(|(middle, most)| {
            format!(
                "{} steps of the Safe, from the first signature to their block: {} slots in the \
                 middle, {} at most",
                took.len(),
                slots(middle),
                slots(most)
            )
        }))
    }
}

fn seconds(block: &Value) -> Option<u64> {
    let digits = block["timestamp"].as_str()?.strip_prefix("0x")?;
    u64::from_str_radix(digits, 16).ok()
}
