//! An execution node for tests: two blocks of a Rocket Pool behind JSON-RPC, with the manners and
//! faults of real ones.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alloy::primitives::keccak256;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use node_core::pool::book::{Answer, Question};
use node_core::pool::example::{STORAGE, World};
use proto::Address;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::execution::Patience;

/// Nobody waits for long in a test.
pub const HASTE: Patience = Patience {
    silence: Duration::from_secs(30),
    pause: Duration::from_millis(1),
    tries: 4,
};

/// How it answers more questions than one.
#[derive(Debug, Clone, Copy)]
pub enum Talks {
    /// So many at once, and one error for all if they are more.
    Batches(usize),
    /// So many, and an error for each further one.
    CutsOff(usize),
    /// One error for all, always.
    Singly,
    /// HTTP status 400, always.
    Silly,
    /// The last first.
    Backwards,
    /// The first twice.
    Twice,
}

pub struct Chain {
    pub head: World,
    pub old: World,
    pub number: u64,
    pub finalised: Option<u64>,
    /// Another one is another chain.
    pub fork: u64,
    /// How old its newest block is, seconds.
    pub age: u64,
    pub syncing: bool,
    pub storage_since: u64,
    pub knows_hashes: bool,
    /// What it says of the state of the finalised block, if it has thrown that away.
    pub pruned: Option<String>,
    pub talks: Talks,
    /// So many requests are refused with HTTP status 429.
    pub hurried: u32,
    /// Another chain takes over after so many requests.
    pub turns_after: Option<u32>,
    pub turns_always: bool,
    /// Each request finds a newer head.
    pub grows: bool,
    pub requests: u32,
    pub questions: u32,
    /// What the beacon chain pays out: in which block, to whom, how many gwei.
    pub withdrawals: Vec<(u64, Address, u64)>,
    /// Whom all blocks pay.
    pub payee: Address,
    /// What the contracts have logged, as a node shows it.
    pub logs: Vec<Value>,
}

#[derive(Clone)]
pub struct Fake {
    chain: Arc<Mutex<Chain>>,
    pub url: String,
}

impl Fake {
    pub async fn start(head: &World, old: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chain = Chain {
            head: head.clone(),
            old: old.clone(),
            number: 1_000,
            finalised: Some(936),
            fork: 0,
            age: 12,
            syncing: false,
            storage_since: 0,
            knows_hashes: true,
            pruned: None,
            talks: Talks::Batches(500),
            hurried: 0,
            turns_after: None,
            turns_always: false,
            grows: false,
            requests: 0,
            questions: 0,
            withdrawals: Vec::new(),
            payee: [0x99; 20].into(),
            logs: Vec::new(),
        };
        let fake = Self {
            chain: Arc::new(Mutex::new(chain)),
            url: format!("http://{}/", listener.local_addr().unwrap()),
        };
        let app = Router::new()
            .route("/", post(answer))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    pub fn state(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }
}

async fn answer(State(fake): State<Fake>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let mut chain = fake.state();
    chain.requests += 1;
    if chain.grows {
        chain.number += 1;
    }
    if chain.hurried > 0 {
        chain.hurried -= 1;
        return (StatusCode::TOO_MANY_REQUESTS, "slow down").into_response();
    }
    chain.turn();
    let Value::Array(all) = asked else {
        return axum::Json(chain.reply(&asked)).into_response();
    };
    let one_error = |text: &str| {
        let error = json!({"code": -32600, "message": text});
        axum::Json(json!({"jsonrpc": "2.0", "id": null, "error": error})).into_response()
    };
    match chain.talks {
        Talks::Batches(most) if all.len() > most => return one_error("batch too large"),
        Talks::Singly => return one_error("Batch requests are not supported"),
        Talks::Silly => return (StatusCode::BAD_REQUEST, "expected an object").into_response(),
        Talks::Batches(_) | Talks::CutsOff(_) | Talks::Backwards | Talks::Twice => {}
    }
    let mut replies: Vec<Value> = all.iter().map(|it| chain.reply(it)).collect();
    match chain.talks {
        Talks::CutsOff(most) => {
            for reply in replies.iter_mut().skip(most) {
                let error = json!({"code": -32003, "message": "response too large"});
                *reply = json!({"jsonrpc": "2.0", "id": reply["id"], "error": error});
            }
        }
        Talks::Backwards => replies.reverse(),
        Talks::Twice => replies[1] = replies[0].clone(),
        Talks::Batches(_) | Talks::Singly | Talks::Silly => {}
    }
    axum::Json(Value::Array(replies)).into_response()
}

impl Chain {
    pub fn hash(&self, block: u64) -> String {
        keccak256(format!("{} {block}", self.fork)).to_string()
    }

    /// Another chain takes over, if it is time.
    fn turn(&mut self) {
        match self.turns_after.as_mut() {
            Some(0) => {
                self.fork += 1;
                self.turns_after = self.turns_always.then_some(3);
            }
            Some(left) => *left -= 1,
            None if self.turns_always => self.turns_after = Some(3),
            None => {}
        }
    }

    fn reply(&mut self, asked: &Value) -> Value {
        self.questions += 1;
        let mut reply = match self.result(asked["method"].as_str().unwrap(), &asked["params"]) {
            Ok(result) => json!({ "result": result }),
            Err((code, text)) => json!({"error": {"code": code, "message": text}}),
        };
        reply["jsonrpc"] = json!("2.0");
        reply["id"] = asked["id"].clone();
        reply
    }

    fn result(&self, method: &str, params: &Value) -> Result<Value, (i64, String)> {
        let block = match method {
            "eth_chainId" => return Ok(json!("0x7a69")),
            "eth_syncing" if self.syncing => return Ok(json!({"currentBlock": "0x1"})),
            "eth_syncing" => return Ok(json!(false)),
            "eth_getBlockByNumber" => return Ok(self.block(&params[0])),
            "eth_getLogs" => return Ok(self.logged(&params[0])),
            "eth_getBlockByHash" => {
                let of = json!({"blockHash": params[0], "requireCanonical": true});
                let number = self.find(&of);
                return Ok(number.map_or(Value::Null, |it| self.block(&json!(format!("0x{it:x}")))));
            }
            _ => self.named(&params[1])?,
        };
        let is_old = Some(block) == self.finalised;
        if let Some(words) = self.pruned.as_ref().filter(|_| is_old) {
            return Err((-32000, words.clone()));
        }
        let world = if is_old { &self.old } else { &self.head };
        let address = |text: &Value| -> Address { text.as_str().unwrap().parse().unwrap() };
        let question = match method {
            "eth_getCode" => {
                let is_there = address(&params[0]) == Address::from(STORAGE);
                let is_there = is_there && block >= self.storage_since;
                return Ok(json!(if is_there { "0x60" } else { "0x" }));
            }
            "eth_getBalance" => Question::Balance(address(&params[0])),
            "eth_call" => {
                let sent = params[0]["value"].as_str().unwrap_or("0x0");
                let sent: alloy::primitives::U256 = sent.parse().unwrap();
                let from = params[0]["from"].as_str().map(|from| from.parse().unwrap());
                let there = from.map(|from| world.answer(&Question::Balance(from)));
                if let Some(Answer::Bytes(there)) = there
                    && alloy::primitives::U256::from_be_slice(&there) < sent
                {
                    let words = "insufficient funds for gas * price + value";
                    return Err((-32000, words.to_owned()));
                }
                let data = params[0]["data"].as_str().unwrap();
                let data = hex::decode(data.trim_start_matches("0x")).unwrap();
                Question::Call(address(&params[0]["to"]), data)
            }
            other => panic!("nobody asks {other}"),
        };
        match (world.answer(&question), question) {
            (Answer::Reverted(_), _) => Err((3, "execution reverted".to_owned())),
            (Answer::Bytes(bytes), Question::Balance(_)) => {
                let balance = alloy::primitives::U256::from_be_slice(&bytes);
                Ok(json!(format!("0x{balance:x}")))
            }
            (Answer::Bytes(bytes), Question::Call(..) | Question::Code(_)) => {
                Ok(json!(format!("0x{}", hex::encode(bytes))))
            }
        }
    }

    /// Entries by these contracts with these words, whatever the blocks.
    fn logged(&self, filter: &Value) -> Value {
        let by = &filter["address"];
        let by = by.as_array().cloned().unwrap_or_else(|| vec![by.clone()]);
        let wanted = filter["topics"].as_array().cloned().unwrap_or_default();
        let is_wanted = |entry: &&Value| {
            let mut places = wanted.iter().enumerate();
            let fits = |(place, words): (usize, &Value)| {
                let words = words.as_array();
                words.is_none_or(|words| words.contains(&entry["topics"][place]))
            };
            by.contains(&entry["address"]) && places.all(fits)
        };
        self.logs.iter().filter(is_wanted).cloned().collect()
    }

    /// The block that a question names.
    fn named(&self, block: &Value) -> Result<u64, (i64, String)> {
        if let Some(number) = block.as_str() {
            return Ok(u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap());
        }
        if !self.knows_hashes {
            return Err((
                -32602,
                "invalid argument 1: cannot unmarshal object".to_owned(),
            ));
        }
        assert_eq!(block["requireCanonical"], json!(true));
        let known = self.find(block);
        known.ok_or_else(|| (-32000, "header not found".to_owned()))
    }

    fn find(&self, block: &Value) -> Option<u64> {
        let hash = block["blockHash"].as_str().unwrap();
        let newest = (self.number - 20..=self.number).rev();
        let mut kept = self.finalised.into_iter().chain(newest);
        kept.find(|it| self.hash(*it) == hash)
    }

    fn block(&self, tag: &Value) -> Value {
        let number = match tag.as_str().unwrap() {
            "latest" => self.number,
            "finalized" => match self.finalised {
                Some(number) => number,
                None => return Value::Null,
            },
            number => u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap(),
        };
        let now = crate::clock::now();
        let now = now.since(proto::Timestamp::from_unix(Duration::ZERO));
        let age = self.age + 12 * (self.number - number);
        let withdrawal = |(block, address, gwei): &(u64, Address, u64)| {
            let it = json!({"address": address.to_string(), "amount": format!("0x{gwei:x}")});
            (*block == number).then_some(it)
        };
        let withdrawals: Vec<Value> = self.withdrawals.iter().filter_map(withdrawal).collect();
        json!({
            "parentHash": self.hash(number.saturating_sub(1)), "withdrawals": withdrawals,
            "miner": self.payee.to_string(),
            "number": format!("0x{number:x}"), "hash": self.hash(number),
            "timestamp": format!("0x{:x}", now.as_secs() - age), "transactions": [],
        })
    }
}
