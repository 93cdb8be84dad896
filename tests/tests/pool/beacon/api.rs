//! The Beacon API of the pretend chain: what proofs and deposits are made from.
//!
//! States and blocks come as SSZ, blocks as JSON too. A block that is final is so by time alone:
//! two epochs after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use proto::eth::BeaconBlockHeader;
use proto::{Root, Slot};
use serde_json::{Value, json};
use ssz::Encode as _;

use super::state::{NEVER, SLOTS_PER_EPOCH, Validator};
use super::{Beacon, Made, SECONDS_PER_SLOT};
use crate::keys::GENESIS_VERSION;

const VERSION: &str = "fulu";

type Shared = State<Arc<Mutex<Beacon>>>;
type Asked = Query<BTreeMap<String, String>>;

/// Serves the chain from a thread of its own, until the program ends; returns the URL.
pub fn serve(beacon: Arc<Mutex<Beacon>>) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, all(beacon)).await.unwrap();
        });
    });
    format!("http://{}", told.recv().unwrap())
}

fn all(beacon: Arc<Mutex<Beacon>>) -> Router {
    Router::new()
        .route("/eth/v1/beacon/genesis", get(genesis))
        .route("/eth/v1/config/spec", get(spec))
        .route("/eth/v1/node/version", get(version))
        .route("/eth/v1/node/health", get(|| async { StatusCode::OK }))
        .route("/eth/v1/node/syncing", get(syncing))
        .route("/eth/v1/beacon/headers", get(headers))
        .route("/eth/v1/beacon/headers/{block}", get(header_of))
        .route("/eth/v1/beacon/blocks/{block}/root", get(block_root))
        .route("/eth/v2/beacon/blocks/{block}", get(block))
        .route("/eth/v2/debug/beacon/states/{state}", get(state))
        .route("/eth/v1/beacon/states/{state}/root", get(state_root))
        .route(
            "/eth/v1/beacon/states/{state}/finality_checkpoints",
            get(checkpoints),
        )
        .route("/eth/v1/beacon/states/{state}/validators", get(validators))
        .route(
            "/eth/v1/beacon/states/{state}/validators/{validator}",
            get(validator),
        )
        .route(
            "/eth/v1/beacon/states/{state}/pending_deposits",
            get(|| async { data(json!([])) }),
        )
        .with_state(beacon)
}

fn data(value: Value) -> Response {
    let answer = json!({"data": value, "execution_optimistic": false, "finalized": true});
    Json(answer).into_response()
}

fn missing(what: &str) -> Response {
    let answer = json!({"code": 404, "message": format!("{what} not found")});
    (StatusCode::NOT_FOUND, Json(answer)).into_response()
}

impl Beacon {
    /// The block, or the state after it, that a name means: of the API's words, a slot or a root.
    fn named(&self, name: &str) -> Option<&Made> {
        match name {
            "head" => Some(self.head()),
            "finalized" | "justified" => Some(self.finalised()),
            _ if name.starts_with("0x") => {
                let root: Root = name.parse().ok()?;
                self.blocks()
                    .find(|it| it.root == root || it.block.state_root == root)
            }
            _ => self.at(Slot(name.parse().ok()?)),
        }
    }

    /// The same, where a slot without a block means the state that was still there.
    fn state_named(&self, name: &str) -> Option<&Made> {
        let slot = name.parse().ok().map(Slot);
        let last = slot.and_then(|slot| self.blocks().filter(|it| it.block.slot <= slot).last());
        last.or_else(|| self.named(name))
    }
}

async fn genesis(State(beacon): Shared) -> Response {
    let terms = beacon.lock().unwrap().terms.clone();
    data(json!({
        "genesis_time": terms.genesis_time.to_string(),
        "genesis_validators_root": terms.genesis_validators_root,
        "genesis_fork_version": format!("0x{}", hex::encode(GENESIS_VERSION)),
    }))
}

async fn spec(State(beacon): Shared) -> Response {
    let epoch = beacon.lock().unwrap().terms.fork_epoch.0.to_string();
    let mut spec = json!({
        "CONFIG_NAME": "pretend",
        "PRESET_BASE": "mainnet",
        "SECONDS_PER_SLOT": SECONDS_PER_SLOT.to_string(),
        "SLOT_DURATION_MS": (SECONDS_PER_SLOT * 1000).to_string(),
        "SLOTS_PER_EPOCH": SLOTS_PER_EPOCH.to_string(),
        "SLOTS_PER_HISTORICAL_ROOT": super::ERA.to_string(),
        "GENESIS_FORK_VERSION": format!("0x{}", hex::encode(GENESIS_VERSION)),
        "DEPOSIT_CHAIN_ID": "31337",
        "DEPOSIT_NETWORK_ID": "31337",
        "DEPOSIT_CONTRACT_ADDRESS": "0x00000000219ab540356cBB839Cbe05303d7705Fa",
        "MIN_VALIDATOR_WITHDRAWABILITY_DELAY": super::WITHDRAWABLE_AFTER.to_string(),
        "SHARD_COMMITTEE_PERIOD": "256",
        "MAX_BLOBS_PER_BLOCK_ELECTRA": "9",
        "BLOB_SCHEDULE": [],
    });
    let forks = ["ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU"];
    for (number, fork) in (1_u8..).zip(forks) {
        let since = if number < 3 { "0" } else { &epoch };
        spec[format!("{fork}_FORK_EPOCH")] = json!(since);
        spec[format!("{fork}_FORK_VERSION")] = json!(format!("0x{number:02x}000000"));
    }
    data(spec)
}

async fn version() -> Response {
    data(json!({"version": "pretend/1"}))
}

async fn syncing(State(beacon): Shared) -> Response {
    data(json!({
        "head_slot": beacon.lock().unwrap().head().block.slot.0.to_string(),
        "sync_distance": "0",
        "is_syncing": false,
        "is_optimistic": false,
        "el_offline": false,
    }))
}

fn shown(made: &Made) -> Value {
    let message: BeaconBlockHeader = made.block.header();
    let signature = format!("0x{}", "00".repeat(96));
    json!({
        "root": made.root,
        "canonical": true,
        "header": {"message": message, "signature": signature},
    })
}

async fn headers(State(beacon): Shared, Query(asked): Asked) -> Response {
    let beacon = beacon.lock().unwrap();
    let slot = asked.get("slot").and_then(|slot| slot.parse().ok());
    let parent: Option<Root> = asked.get("parent_root").and_then(|root| root.parse().ok());
    let is_asked = |it: &&Made| {
        slot.is_none_or(|slot| it.block.slot == Slot(slot))
            && parent.is_none_or(|parent| it.block.parent_root == parent)
    };
    let found: Vec<&Made> = match (slot, parent) {
        (None, None) => vec![beacon.head()],
        _ => beacon.blocks().filter(is_asked).collect(),
    };
    data(found.into_iter().map(shown).collect())
}

async fn header_of(State(beacon): Shared, Path(block): Path<String>) -> Response {
    let beacon = beacon.lock().unwrap();
    let found = beacon.named(&block);
    found.map_or_else(|| missing("the block is"), |made| data(shown(made)))
}

async fn block_root(State(beacon): Shared, Path(block): Path<String>) -> Response {
    let beacon = beacon.lock().unwrap();
    let found = beacon.named(&block);
    let root = |made: &Made| data(json!({"root": made.root}));
    found.map_or_else(|| missing("the block is"), root)
}

/// The bytes of an SSZ value that is followed by a signature, as a signed block is.
fn signed(message: &[u8]) -> Vec<u8> {
    let offset = 4 + 96_u32;
    let mut bytes = offset.to_le_bytes().to_vec();
    bytes.extend([0; 96]);
    bytes.extend(message);
    bytes
}

fn as_ssz(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/octet-stream"),
        ("Eth-Consensus-Version", VERSION),
    ];
    (headers, bytes).into_response()
}

async fn block(State(beacon): Shared, Path(id): Path<String>, asked: HeaderMap) -> Response {
    let beacon = beacon.lock().unwrap();
    let Some(made) = beacon.named(&id) else {
        return missing("the block is");
    };
    let accepts = asked.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    if accepts.is_some_and(|it| it.starts_with("application/octet-stream")) {
        return as_ssz(signed(&made.block.as_ssz_bytes()));
    }
    let signature = format!("0x{}", "00".repeat(96));
    let answer = json!({
        "version": VERSION,
        "execution_optimistic": false,
        "finalized": true,
        "data": {"message": made.block, "signature": signature},
    });
    ([("Eth-Consensus-Version", VERSION)], Json(answer)).into_response()
}

async fn state(State(beacon): Shared, Path(id): Path<String>) -> Response {
    // The state is long: nobody waits for its bytes.
    let state = beacon
        .lock()
        .unwrap()
        .named(&id)
        .map(|it| Arc::clone(&it.state));
    match state {
        Some(state) => as_ssz(state.as_ssz_bytes()),
        None => missing("the state is"),
    }
}

async fn state_root(State(beacon): Shared, Path(id): Path<String>) -> Response {
    let beacon = beacon.lock().unwrap();
    let root = |made: &Made| data(json!({"root": made.block.state_root}));
    beacon
        .named(&id)
        .map_or_else(|| missing("the state is"), root)
}

async fn checkpoints(State(beacon): Shared, Path(_): Path<String>) -> Response {
    let beacon = beacon.lock().unwrap();
    let made = beacon.finalised();
    let epoch = made.block.slot.0.div_ceil(SLOTS_PER_EPOCH).to_string();
    let point = json!({"epoch": epoch, "root": made.root});
    data(json!({
        "previous_justified": point, "current_justified": point, "finalized": point,
    }))
}

/// A validator as the API shows it at an epoch.
fn of_registry(index: usize, it: &Validator, balance: u64, epoch: u64) -> Value {
    let status = if it.activation_epoch.0 > epoch {
        match it.activation_eligibility_epoch == NEVER {
            true => "pending_initialized",
            false => "pending_queued",
        }
    } else if it.exit_epoch == NEVER {
        "active_ongoing"
    } else if it.exit_epoch.0 > epoch {
        if it.slashed {
            "active_slashed"
        } else {
            "active_exiting"
        }
    } else if it.withdrawable_epoch.0 > epoch {
        if it.slashed {
            "exited_slashed"
        } else {
            "exited_unslashed"
        }
    } else if balance > 0 {
        "withdrawal_possible"
    } else {
        "withdrawal_done"
    };
    json!({
        "index": index.to_string(),
        "balance": balance.to_string(),
        "status": status,
        "validator": {
            "pubkey": it.pubkey,
            "withdrawal_credentials": it.withdrawal_credentials,
            "effective_balance": it.effective_balance.to_string(),
            "slashed": it.slashed,
            "activation_eligibility_epoch": it.activation_eligibility_epoch.0.to_string(),
            "activation_epoch": it.activation_epoch.0.to_string(),
            "exit_epoch": it.exit_epoch.0.to_string(),
            "withdrawable_epoch": it.withdrawable_epoch.0.to_string(),
        },
    })
}

/// Those of the registry that are asked for by index or key; all, if none is named.
fn registered(made: &Made, asked: &[&str]) -> Vec<Value> {
    let epoch = made.block.slot.0 / SLOTS_PER_EPOCH;
    let all = made.state.validators.iter().zip(&made.state.balances);
    let is_asked = |(index, (it, _)): &(usize, (&Validator, &u64))| {
        let names = [index.to_string(), it.pubkey.to_string()];
        asked.is_empty() || asked.iter().any(|id| names.contains(&(*id).to_owned()))
    };
    let found = all.enumerate().filter(is_asked);
    found
        .map(|(index, (it, balance))| of_registry(index, it, *balance, epoch))
        .collect()
}

async fn validators(
    State(beacon): Shared,
    Path(state): Path<String>,
    Query(asked): Asked,
) -> Response {
    let beacon = beacon.lock().unwrap();
    let Some(made) = beacon.state_named(&state) else {
        return missing("the state is");
    };
    let ids = asked.get("id").map(String::as_str).unwrap_or_default();
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    data(json!(registered(made, &ids)))
}

async fn validator(State(beacon): Shared, Path((state, id)): Path<(String, String)>) -> Response {
    let beacon = beacon.lock().unwrap();
    let Some(made) = beacon.state_named(&state) else {
        return missing("the state is");
    };
    let found = registered(made, &[&id]).pop();
    found.map_or_else(|| missing("the validator is"), data)
}
