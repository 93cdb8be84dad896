//! What is asked of the execution node, against a server that answers like one.

use axum::routing::post;
use axum::{Json, Router};
use proto::eth::ForkVersion;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

const CHAIN_ID: u64 = 560_048;
const CONTRACT: &str = "0x00000000219ab540356cbb839cbe05303d7705fa";

fn chain() -> Chain {
    Chain {
        name: "hoodi".to_owned(),
        genesis_fork_version: ForkVersion::from([0x10, 0, 9, 0x10]),
        genesis_validators_root: [1; 32].into(),
        execution_chain_id: CHAIN_ID,
        deposit_contract: CONTRACT.parse().unwrap(),
    }
}

fn word(number: u64) -> String {
    format!("0x{number:064x}")
}

fn number(text: &Value) -> u64 {
    u64::from_str_radix(text.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// The newest block, a minute old.
fn block(head: u64) -> Value {
    let now = clock::now().since(Timestamp::from_unix(Duration::ZERO));
    json!({
        "number": format!("0x{head:x}"),
        "timestamp": format!("0x{:x}", now.as_secs() - 60),
        "hash": word(1), "parentHash": word(2), "sha3Uncles": word(3), "stateRoot": word(4),
        "transactionsRoot": word(5), "receiptsRoot": word(6), "mixHash": word(7),
        "miner": format!("0x{:040x}", 8), "logsBloom": format!("0x{:0512x}", 0),
        "difficulty": "0x0", "gasLimit": "0x1c9c380", "gasUsed": "0x0", "extraData": "0x",
        "nonce": "0x0000000000000000", "baseFeePerGas": "0x7", "uncles": [], "transactions": [],
    })
}

/// A node whose newest block is `head`; block 7 has a deposit for `key`.
async fn connect(head: u64, key: PublicKey) -> Execution {
    let answer = move |Json(question): Json<Value>| async move {
        let asked = &question["params"][0];
        let result = match question["method"].as_str().unwrap() {
            "eth_chainId" => json!(format!("0x{CHAIN_ID:x}")),
            "eth_getCode" => json!("0x60"),
            "eth_getBlockByNumber" => block(head),
            "eth_getLogs" => {
                let blocks = number(&asked["fromBlock"])..=number(&asked["toBlock"]);
                if blocks.contains(&7) {
                    json!([log(key)])
                } else {
                    json!([])
                }
            }
            other => panic!("nobody asks {other}"),
        };
        Json(json!({"jsonrpc": "2.0", "id": question["id"], "result": result}))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(
        async move { axum::serve(listener, Router::new().route("/", post(answer))).await },
    );
    Execution::connect(url.parse().unwrap(), &chain())
        .await
        .unwrap()
}

fn log(key: PublicKey) -> Value {
    let event = DepositEvent {
        pubkey: Bytes::copy_from_slice(key.as_bytes()),
        withdrawal_credentials: vec![1; 32].into(),
        amount: 32_000_000_000_u64.to_le_bytes().into(),
        signature: vec![2; 96].into(),
        index: vec![0; 8].into(),
    };
    json!({
        "address": CONTRACT, "topics": [DepositEvent::SIGNATURE_HASH],
        "data": Bytes::from(event.encode_data()), "blockNumber": "0x7",
        "blockHash": word(1), "transactionHash": word(2), "transactionIndex": "0x0",
        "logIndex": "0x0", "removed": false,
    })
}

#[tokio::test]
async fn the_whole_log_up_to_the_newest_block_is_looked_at() {
    let key = PublicKey::from([3; 48]);
    let execution = connect(6_000, key).await;
    let mut progress = Vec::new();
    let keys = BTreeSet::from([key]);
    let seen = execution.deposits(&keys, 5, |at, head| {
        progress.push((at, head));
    });
    let seen = seen.await.unwrap();
    assert_eq!((seen.first, seen.last), (5, 6_000));
    assert_eq!(seen.deposits.len(), 1);
    assert_eq!(seen.deposits[0].amount, 32_000_000_000);
    assert_eq!(progress, [(2_504, 6_000), (5_004, 6_000), (6_000, 6_000)]);
}

#[tokio::test]
async fn a_first_block_that_is_still_to_come_is_refused() {
    let key = PublicKey::from([3; 48]);
    let execution = connect(100, key).await;
    let keys = BTreeSet::from([key]);
    let newest = execution.deposits(&keys, 100, |_, _| {}).await.unwrap();
    assert_eq!((newest.first, newest.last), (100, 100));
    // It would look at no block, and call every deposit missing.
    let refused = execution.deposits(&keys, 101, |_, _| {}).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("from block 101 on"), "{words}");
    assert!(words.contains("newest block is 100"), "{words}");
}

#[tokio::test]
async fn a_node_that_hangs_is_given_up_with_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It takes the question, and no answer comes.
    let hanging = tokio::spawn(async move { listener.accept().await });
    let patience = Duration::from_millis(50);
    let chain = chain();
    let asked = Execution::connect_within(url.parse().unwrap(), &chain, patience);
    let asked = tokio::time::timeout(Duration::from_secs(60), asked).await;
    let words = asked.expect("it ends").err().unwrap().to_string();
    assert_eq!(
        words,
        "the execution node was asked its chain id and sent nothing for 50 ms: it hangs. Start \
         again when it answers: what is on the chain by then is not sent again"
    );
    drop(hanging);
}
