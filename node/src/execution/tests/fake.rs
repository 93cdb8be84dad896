//! An execution node for tests: a small chain behind JSON-RPC, and a script that may answer first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::eips::eip2718::Decodable2718 as _;
use alloy::primitives::{Bytes, U256, keccak256};
use alloy::sol_types::{SolCall as _, SolEvent as _};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use proto::Root;
use proto::definition::Chain;
use proto::eth::{DepositData, ForkVersion, LoggedDeposit};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::abi::DepositContract::{DepositEvent, depositCall, get_deposit_countCall};
use super::super::*;
use crate::clock;

pub const CHAIN_ID: u64 = 560_048;
pub const CONTRACT: &str = "0x00000000219ab540356cbb839cbe05303d7705fa";
/// Account 0 of the well-known test mnemonic.
pub const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A script may answer a question before the chain does: with `{"result"}` or `{"error"}`.
type Script = Box<dyn FnMut(&mut Ledger, &str, &Value) -> Option<Value> + Send>;

/// What the chain of the node holds.
pub struct Ledger {
    pub head: u64,
    /// Goes into every hash: another one is another chain.
    pub fork: u64,
    pub logs: Vec<LoggedDeposit>,
    /// How many deposits the contract has counted beyond those in the logs.
    pub lost: u64,
    pub nonce: u64,
    /// What it was up to and after these older blocks, if it was another one.
    pub nonces: BTreeMap<u64, u64>,
    /// Transactions that wait, each with its raw bytes.
    pub pool: Vec<TxEnvelope>,
    /// Whether what comes is in a block at once.
    pub mines: bool,
    /// Those that are in blocks, with whether they succeeded.
    pub landed: BTreeMap<String, bool>,
    /// Whether what comes into a block fails there.
    pub fails: bool,
    /// Every method that was asked for.
    pub asked: Vec<String>,
}

#[derive(Clone)]
pub struct Fake {
    ledger: Arc<Mutex<Ledger>>,
    script: Arc<Mutex<Script>>,
    pub url: Arc<str>,
}

pub fn chain() -> Chain {
    Chain {
        name: "hoodi".to_owned(),
        genesis_fork_version: ForkVersion::from([0x10, 0, 9, 0x10]),
        genesis_validators_root: [1; 32].into(),
        execution_chain_id: CHAIN_ID,
        deposit_contract: CONTRACT.parse().unwrap(),
    }
}

/// A deposit for the validator that this byte stands for.
pub fn deposit(validator: u8) -> DepositData {
    DepositData {
        pubkey: [validator; 48].into(),
        withdrawal_credentials: [1; 32].into(),
        amount: 32_000_000_000,
        signature: [2; 96].into(),
    }
}

/// Nobody waits for long in a test.
pub const HASTE: Patience = Patience {
    silence: Duration::from_secs(30),
    pause: Duration::from_millis(1),
    tries: 4,
};

impl Fake {
    /// A node at block `head` of a chain without deposits.
    pub async fn start(head: u64) -> Self {
        Self::scripted(head, |_, _, _| None).await
    }

    /// The same, with a script that may answer first.
    pub async fn scripted(
        head: u64,
        script: impl FnMut(&mut Ledger, &str, &Value) -> Option<Value> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ledger = Ledger {
            head,
            fork: 0,
            logs: Vec::new(),
            lost: 0,
            nonce: 0,
            nonces: BTreeMap::new(),
            pool: Vec::new(),
            mines: true,
            landed: BTreeMap::new(),
            fails: false,
            asked: Vec::new(),
        };
        let fake = Self {
            ledger: Arc::new(Mutex::new(ledger)),
            script: Arc::new(Mutex::new(Box::new(script))),
            url: format!("http://{}", listener.local_addr().unwrap()).into(),
        };
        let app = Router::new()
            .route("/", post(answer))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn answer(&self, question: &Value) -> Value {
        let (method, params) = (question["method"].as_str().unwrap(), &question["params"]);
        let mut ledger = self.ledger();
        ledger.asked.push(method.to_owned());
        let scripted = (self.script.lock().unwrap())(&mut ledger, method, params);
        let mut answer = scripted.unwrap_or_else(|| ledger.answer(method, params));
        answer["jsonrpc"] = json!("2.0");
        answer["id"] = question["id"].clone();
        answer
    }

    pub async fn connect(&self) -> Execution {
        Execution::connect(&self.url, &chain(), HASTE)
            .await
            .unwrap()
    }
}

async fn answer(State(fake): State<Fake>, Json(question): Json<Value>) -> Json<Value> {
    Json(match question.as_array() {
        Some(batch) => batch.iter().map(|it| fake.answer(it)).collect(),
        None => fake.answer(&question),
    })
}

/// A JSON-RPC error.
pub fn error(code: i64, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

pub fn number(text: &Value) -> u64 {
    u64::from_str_radix(text.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn hex(number: u64) -> Value {
    json!(format!("0x{number:x}"))
}

impl Ledger {
    /// Puts a deposit into block `block`.
    pub fn see(&mut self, deposit: DepositData, block: u64, transaction: Root) {
        self.logs.push(LoggedDeposit {
            deposit,
            transaction,
            block,
        });
    }

    /// Uses up a nonce in a new block, for nothing.
    pub fn spend(&mut self) {
        self.nonces.insert(self.head, self.nonce);
        self.nonce += 1;
        self.head += 1;
    }

    /// Puts what waits into a new block.
    pub fn mine(&mut self) {
        self.nonces.insert(self.head, self.nonce);
        self.head += 1;
        self.pool.sort_by_key(|transaction| transaction.nonce());
        for transaction in std::mem::take(&mut self.pool) {
            self.nonce = transaction.nonce() + 1;
            let hash = Root::from(transaction.tx_hash().0);
            self.landed.insert(hash.to_string(), !self.fails);
            if let Ok(call) = depositCall::abi_decode(transaction.input()) {
                let gwei = transaction.value() / U256::from(WEI_PER_GWEI);
                let deposit = DepositData {
                    pubkey: call.pubkey.as_ref().try_into().unwrap(),
                    withdrawal_credentials: call
                        .withdrawal_credentials
                        .as_ref()
                        .try_into()
                        .unwrap(),
                    amount: u64::try_from(gwei).unwrap(),
                    signature: call.signature.as_ref().try_into().unwrap(),
                };
                let head = self.head;
                self.see(deposit, head, hash);
            }
        }
    }

    fn nonce_after(&self, block: u64) -> u64 {
        let later = self.nonces.range(block..).next();
        later.map_or(self.nonce, |(_, nonce)| *nonce)
    }

    /// The block of this name: its number, or its hash.
    fn named(&self, name: &Value) -> u64 {
        match name["blockHash"].as_str() {
            Some(hash) => (0..=self.head).rfind(|at| self.hash(*at) == hash).unwrap(),
            None => number(name),
        }
    }

    pub fn hash(&self, block: u64) -> String {
        keccak256(format!("{} {block}", self.fork)).to_string()
    }

    /// What a sound node answers.
    pub fn answer(&mut self, method: &str, params: &Value) -> Value {
        let result = match method {
            "eth_chainId" => hex(CHAIN_ID),
            "eth_getCode" => json!("0x60"),
            "eth_getBalance" => json!("0xffffffffffffffffffffff"),
            "eth_maxPriorityFeePerGas" => hex(WEI_PER_GWEI),
            "eth_gasPrice" => hex(2 * WEI_PER_GWEI),
            "eth_getBlockByHash" => self.block(self.head),
            "eth_getTransactionReceipt" => match self.landed.get(params[0].as_str().unwrap()) {
                Some(succeeded) => json!({"status": hex(u64::from(*succeeded))}),
                None => Value::Null,
            },
            // A call that is tried.
            "eth_call" if params[0]["from"].is_string() => json!("0x"),
            "eth_getBlockByNumber" => match params[0].as_str().unwrap() {
                "latest" => self.block(self.head),
                _ => self.block(number(&params[0])),
            },
            "eth_getTransactionCount" => match params[1].as_str() {
                Some("pending") => hex(self.nonce + self.pool.len() as u64),
                _ => hex(self.nonce_after(self.named(&params[1]))),
            },
            "eth_call" => {
                let last = number(&params[1]);
                let counted = self.logs.iter().filter(|seen| seen.block <= last);
                let count = counted.count() as u64 + self.lost;
                let count = Bytes::from(count.to_le_bytes());
                json!(Bytes::from(get_deposit_countCall::abi_encode_returns(
                    &count
                )))
            }
            "eth_getLogs" => self.shown(number(&params[0]["fromBlock"]), &params[0]["toBlock"]),
            "eth_sendRawTransaction" => {
                let raw: Bytes = params[0].as_str().unwrap().parse().unwrap();
                let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
                if transaction.nonce() < self.nonce {
                    return error(-32000, "nonce too low");
                }
                let hash = json!(transaction.tx_hash());
                self.pool
                    .retain(|other| other.nonce() != transaction.nonce());
                self.pool.push(transaction);
                if self.mines {
                    self.mine();
                }
                hash
            }
            other => panic!("nobody asks {other}"),
        };
        json!({"result": result})
    }

    fn shown(&self, from: u64, to: &Value) -> Value {
        let blocks = from..=number(to);
        let logs = self.logs.iter().enumerate();
        let logs = logs.filter(|(_, seen)| blocks.contains(&seen.block));
        logs.map(|(index, seen)| log(index as u64, seen)).collect()
    }

    /// A block a minute old.
    fn block(&self, number: u64) -> Value {
        let word = |n: u64| format!("0x{n:064x}");
        let now = clock::now().since(proto::Timestamp::from_unix(Duration::ZERO));
        json!({
            "number": hex(number), "hash": self.hash(number),
            "timestamp": hex(now.as_secs() - 60),
            "parentHash": word(2), "sha3Uncles": word(3), "stateRoot": word(4),
            "transactionsRoot": word(5), "receiptsRoot": word(6), "mixHash": word(7),
            "miner": format!("0x{:040x}", 8), "logsBloom": format!("0x{:0512x}", 0),
            "difficulty": "0x0", "gasLimit": "0x1c9c380", "gasUsed": "0x0", "extraData": "0x",
            "nonce": "0x0000000000000000", "baseFeePerGas": "0x3b9aca00", "uncles": [],
            "transactions": [],
        })
    }
}

fn log(index: u64, seen: &LoggedDeposit) -> Value {
    let event = DepositEvent {
        pubkey: Bytes::copy_from_slice(seen.deposit.pubkey.as_bytes()),
        withdrawal_credentials: Bytes::copy_from_slice(
            seen.deposit.withdrawal_credentials.as_bytes(),
        ),
        amount: seen.deposit.amount.to_le_bytes().into(),
        signature: Bytes::copy_from_slice(seen.deposit.signature.as_bytes()),
        index: index.to_le_bytes().into(),
    };
    json!({
        "address": CONTRACT, "topics": [DepositEvent::SIGNATURE_HASH],
        "data": Bytes::from(event.encode_data()), "blockNumber": hex(seen.block),
        "blockHash": seen.transaction.to_string(),
        "transactionHash": seen.transaction.to_string(), "transactionIndex": "0x0",
        "logIndex": "0x0", "removed": false,
    })
}
