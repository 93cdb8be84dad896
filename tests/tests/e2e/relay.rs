//! A relay that speaks the Builder API: it bids the payload of a block that a beacon node makes for
//! it, signs the bid, and shows the payload when the block around it is signed; or keeps it back.
//!
//! Source: `ethereum/builder-specs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use devnet::api::BeaconApi;
use dkg::bls::{Message, SecretShare};
use proto::PublicKey;
use proto::eth::{BlockContents, SignedBuilderBid};
use proto::example;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// What every bid offers, in wei: more than any payload of the devnet brings.
const WEI: u128 = 1_000_000_000_000_000_000;

/// A relay that listens.
pub struct Relay {
    state: Arc<Kept>,
    address: String,
}

/// What it knows, and has done.
struct Kept {
    secret: SecretShare,
    key: PublicKey,
    withholds: AtomicBool,
    /// The beacon node that makes its payloads.
    node: Mutex<Option<BeaconApi>>,
    /// Its bid for each slot, parent and proposer.
    bids: Mutex<BTreeMap<(u64, String, String), Value>>,
    /// The block of each payload, by the hash of that, with its fork.
    blocks: Mutex<BTreeMap<String, (String, Value)>>,
    seen: Mutex<Seen>,
}

/// What others have asked of it.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    /// The keys of the validators that have registered.
    pub registered: BTreeSet<String>,
    /// The slots for which it was asked for a bid.
    pub asked: BTreeSet<u64>,
    /// The slots whose payload it has shown.
    pub shown: BTreeSet<u64>,
    /// The slots whose payload it has kept back.
    pub withheld: BTreeSet<u64>,
}

impl Relay {
    /// Starts it; it bids once it knows a beacon node.
    pub async fn start() -> Self {
        let mut secret = [0; 32];
        secret[31] = 42;
        let secret = SecretShare::from_bytes(&secret).unwrap();
        let state = Arc::new(Kept {
            key: secret.public().to_bytes(),
            secret,
            withholds: AtomicBool::new(false),
            node: Mutex::default(),
            bids: Mutex::default(),
            blocks: Mutex::default(),
            seen: Mutex::default(),
        });
        let routes = Router::new()
            .route("/eth/v1/builder/status", get(async || StatusCode::OK))
            .route("/eth/v1/builder/validators", post(register))
            .route(
                "/eth/v1/builder/header/{slot}/{parent}/{proposer}",
                get(header),
            )
            .route("/eth/v1/builder/blinded_blocks", post(unblind))
            .route("/eth/v2/builder/blinded_blocks", post(publish))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            state,
            address: address.to_string(),
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How operators name it: with its key.
    pub fn named(&self) -> String {
        format!("http://{}@{}", self.state.key, self.address)
    }

    /// From now on it bids what this node builds.
    pub async fn build_with(&self, node: &BeaconApi) {
        *self.state.node.lock().await = Some(node.clone());
    }

    /// Whether it keeps payloads back from now on.
    pub fn withhold(&self, withholds: bool) {
        self.state.withholds.store(withholds, Relaxed);
    }

    /// What others have asked of it so far.
    pub async fn seen(&self) -> Seen {
        self.state.seen.lock().await.clone()
    }
}

type Shared = State<Arc<Kept>>;

async fn register(State(kept): Shared, Json(all): Json<Vec<Value>>) -> StatusCode {
    let keys = all.iter().filter_map(|it| it["message"]["pubkey"].as_str());
    let keys = keys.map(str::to_lowercase);
    kept.seen.lock().await.registered.extend(keys);
    StatusCode::OK
}

async fn header(
    State(kept): Shared,
    Path((slot, parent, proposer)): Path<(u64, String, String)>,
) -> Result<Json<Value>, StatusCode> {
    let nothing = StatusCode::NO_CONTENT;
    let node = kept.node.lock().await.clone().ok_or(nothing)?;
    kept.seen.lock().await.asked.insert(slot);
    // Held while it is made: who asks meanwhile gets the same.
    let mut bids = kept.bids.lock().await;
    let key = (slot, parent, proposer);
    if let Some(bid) = bids.get(&key) {
        return Ok(Json(bid.clone()));
    }
    let (fork, block) = build(&node, slot).await.ok_or(nothing)?;
    let text: Box<RawValue> = serde_json::value::to_raw_value(&block).unwrap();
    let contents = BlockContents::from_json(node.spec(), text.get()).map_err(|_| nothing)?;
    let hash = contents.block.execution_block_hash().to_string();
    if contents.block.execution_parent_hash().to_string() != key.1 {
        return Err(nothing);
    }
    let message = example::bid(&example::blinded(&contents.block), WEI, kept.key);
    let version = node.genesis().genesis_fork_version;
    let root = message.signing_root(version);
    let signature = kept.secret.sign(&Message::hash(root)).to_bytes();
    let bid = SignedBuilderBid { message, signature };
    let bid = json!({ "version": fork, "data": bid });
    kept.blocks.lock().await.insert(hash, (fork, block));
    bids.insert(key, bid.clone());
    Ok(Json(bid))
}

/// A block of the node with its payload, and its fork. Its reveal is the point at infinity, which
/// the node is not to verify.
async fn build(node: &BeaconApi, slot: u64) -> Option<(String, Value)> {
    let reveal = format!("0xc0{}", "00".repeat(95));
    let url = format!(
        "{}/eth/v3/validator/blocks/{slot}?randao_reveal={reveal}&skip_randao_verification=\
         &builder_boost_factor=0",
        node.url()
    );
    let mut answer: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    let fork = answer["version"].as_str()?.to_owned();
    Some((fork, answer["data"].take()))
}

/// The block around whose payload this one is signed.
async fn signed(kept: &Kept, blinded: &Value) -> Result<(u64, String, Value), StatusCode> {
    let message = &blinded["message"];
    let slot = message["slot"].as_str().and_then(|slot| slot.parse().ok());
    let hash = message["body"]["execution_payload_header"]["block_hash"].as_str();
    let (Some(slot), Some(hash)) = (slot, hash) else {
        return Err(StatusCode::BAD_REQUEST);
    };
    let mut seen = kept.seen.lock().await;
    if kept.withholds.load(Relaxed) {
        seen.withheld.insert(slot);
        return Err(StatusCode::BAD_REQUEST);
    }
    let blocks = kept.blocks.lock().await;
    let (fork, block) = blocks.get(hash).ok_or(StatusCode::BAD_REQUEST)?;
    seen.shown.insert(slot);
    Ok((slot, fork.clone(), block.clone()))
}

/// The payload, for the node that brings the signed block, and publishes it.
async fn unblind(
    State(kept): Shared,
    Json(blinded): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let (_, fork, mut contents) = signed(&kept, &blinded).await?;
    let payload = contents["block"]["body"]["execution_payload"].take();
    let none: [u8; 0] = [];
    let bundle = json!({ "commitments": none, "proofs": none, "blobs": none });
    let data = json!({ "execution_payload": payload, "blobs_bundle": bundle });
    Ok(Json(json!({ "version": fork, "data": data })))
}

/// Publishes the whole block itself, as it is since Fulu.
async fn publish(
    State(kept): Shared,
    Json(blinded): Json<Value>,
) -> Result<StatusCode, StatusCode> {
    let (_, fork, mut contents) = signed(&kept, &blinded).await?;
    let node = kept.node.lock().await.clone();
    let node = node.ok_or(StatusCode::BAD_REQUEST)?;
    let payload = contents["block"]["body"]["execution_payload"].take();
    let mut block = blinded;
    let body = &mut block["message"]["body"];
    let body = body.as_object_mut().ok_or(StatusCode::BAD_REQUEST)?;
    body.remove("execution_payload_header");
    body.insert("execution_payload".to_owned(), payload);
    let none: [u8; 0] = [];
    let contents = json!({ "signed_block": block, "kzg_proofs": none, "blobs": none });
    let request = reqwest::Client::new()
        .post(format!("{}/eth/v2/beacon/blocks", node.url()))
        .header("Eth-Consensus-Version", fork)
        .json(&contents);
    // Another peer's node may have brought it before.
    request.send().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(StatusCode::ACCEPTED)
}
