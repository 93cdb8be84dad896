//! The Beacon API of the stand-in, as far as a peer asks.

mod blocks;
mod sums;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use futures::Stream;
use futures::stream;
use proto::eth::SingleAttestation;
use proto::eth::operations::SignedVoluntaryExit;
use proto::{Epoch, PublicKey, Root, Slot};
use serde::Deserialize;
use serde_json::{Value, json};

use super::count::{Count, Refused};
use super::headers::PROPOSER;
use super::spec;
use super::world::{COMMITTEE_LENGTH, COMMITTEES, SLOTS_PER_EPOCH, World, now};

/// The largest body taken: a thousand attestations are 400 kB.
const MAX_BODY: usize = 4 << 20;
const FAR_FUTURE: u64 = u64::MAX;

/// What the routes know.
#[derive(Debug)]
pub(super) struct Node {
    pub world: World,
    pub keys: Vec<PublicKey>,
    pub credentials: Root,
    pub count: Arc<Count>,
}

type Shared = State<Arc<Node>>;
type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;
type Taken = Result<StatusCode, (StatusCode, Json<Value>)>;

pub(super) fn all(node: Arc<Node>) -> Router {
    Router::new()
        .route("/eth/v1/beacon/genesis", get(genesis))
        .route("/eth/v1/config/spec", get(spec))
        .route("/eth/v1/node/version", get(version))
        .route("/eth/v1/node/syncing", get(syncing))
        .route(
            "/eth/v1/beacon/states/{state}/validators",
            get(validators_of).post(validators),
        )
        .route(
            "/eth/v1/beacon/states/{state}/pending_deposits",
            get(nothing),
        )
        .route(
            "/eth/v1/beacon/states/{state}/finality_checkpoints",
            get(blocks::agreed),
        )
        .route("/eth/v1/beacon/headers/{block}", get(blocks::header))
        .route("/eth/v2/beacon/blocks/{block}", get(blocks::block))
        .route("/eth/v2/debug/beacon/states/{state}", get(blocks::state))
        .route("/eth/v1/validator/duties/attester/{epoch}", post(attesters))
        .route("/eth/v1/validator/duties/proposer/{epoch}", get(proposers))
        .route("/eth/v2/validator/duties/proposer/{epoch}", get(proposers))
        .route("/eth/v1/validator/duties/sync/{epoch}", post(sums::members))
        .route(
            "/eth/v2/validator/aggregate_attestation",
            get(sums::aggregate),
        )
        .route(
            "/eth/v2/validator/aggregate_and_proofs",
            post(sums::aggregates),
        )
        .route("/eth/v1/beacon/pool/sync_committees", post(sums::messages))
        .route(
            "/eth/v1/validator/sync_committee_contribution",
            get(sums::contribution),
        )
        .route(
            "/eth/v1/validator/contribution_and_proofs",
            post(sums::contributions),
        )
        .route(
            "/eth/v1/validator/sync_committee_subscriptions",
            post(accepted),
        )
        .route("/eth/v1/validator/attestation_data", get(attestation_data))
        .route("/eth/v1/validator/prepare_beacon_proposer", post(accepted))
        .route(
            "/eth/v1/validator/beacon_committee_subscriptions",
            post(accepted),
        )
        .route("/eth/v2/beacon/pool/attestations", post(attestations))
        .route("/eth/v1/beacon/pool/voluntary_exits", post(exit))
        .route("/eth/v1/events", get(events))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(node)
}

fn data(value: Value) -> Json<Value> {
    Json(json!({ "data": value, "execution_optimistic": false, "finalized": false }))
}

fn refuse(code: StatusCode, message: &str) -> (StatusCode, Json<Value>) {
    (
        code,
        Json(json!({ "code": code.as_u16(), "message": message })),
    )
}

async fn accepted() -> StatusCode {
    StatusCode::OK
}

async fn nothing() -> Json<Value> {
    data(json!([]))
}

async fn version() -> Json<Value> {
    data(json!({ "version": "gantry-devnet-stand-in" }))
}

async fn genesis(State(node): Shared) -> Json<Value> {
    data(json!(spec::genesis(&node.world)))
}

async fn spec(State(node): Shared) -> Json<Value> {
    data(json!(spec::constants(&node.world)))
}

async fn syncing(State(node): Shared) -> Json<Value> {
    data(json!({
        "head_slot": node.world.head(),
        "sync_distance": "0",
        "is_syncing": false,
        "is_optimistic": false,
        "el_offline": false,
    }))
}

#[derive(Deserialize)]
struct Ids {
    #[serde(default)]
    ids: Vec<String>,
}

async fn validators(State(node): Shared, Json(asked): Json<Ids>) -> Json<Value> {
    data(node.registered(&asked.ids))
}

async fn validators_of(
    State(node): Shared,
    Query(query): Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let ids = query.get("id").map(String::as_str).unwrap_or_default();
    data(node.registered(&ids.split(',').map(str::to_owned).collect::<Vec<_>>()))
}

impl Node {
    fn registered(&self, ids: &[String]) -> Value {
        let is_asked = |index: usize, key: &PublicKey| {
            ids.contains(&key.to_string()) || ids.contains(&index.to_string())
        };
        let asked = self
            .keys
            .iter()
            .enumerate()
            .filter(|(index, key)| is_asked(*index, key));
        let entries = asked.map(|(index, key)| {
            json!({
                "index": index.to_string(),
                "balance": "32000000000",
                "status": "active_ongoing",
                "validator": {
                    "pubkey": key,
                    "withdrawal_credentials": self.credentials,
                    "effective_balance": "32000000000",
                    "slashed": false,
                    "activation_eligibility_epoch": "0",
                    "activation_epoch": "0",
                    "exit_epoch": FAR_FUTURE.to_string(),
                    "withdrawable_epoch": FAR_FUTURE.to_string(),
                },
            })
        });
        Value::Array(entries.collect())
    }
}

async fn attesters(
    State(node): Shared,
    Path(epoch): Path<u64>,
    Json(indices): Json<Vec<String>>,
) -> Json<Value> {
    let epoch = Epoch(epoch);
    let indices = indices.iter().filter_map(|text| text.parse::<u64>().ok());
    let duty = |index: u64| {
        let key = node.keys.get(usize::try_from(index).ok()?)?;
        let (committee, position) = World::seat(index);
        Some(json!({
            "pubkey": key,
            "validator_index": index.to_string(),
            "committee_index": committee,
            "committee_length": COMMITTEE_LENGTH.to_string(),
            "committees_at_slot": COMMITTEES.to_string(),
            "validator_committee_index": position.to_string(),
            "slot": World::duty_slot(index, epoch),
        }))
    };
    let duties: Vec<Value> = indices.filter_map(duty).collect();
    dependent(&node, duties)
}

async fn proposers(State(node): Shared, Path(epoch): Path<u64>) -> Json<Value> {
    let first = Epoch(epoch).first_slot(SLOTS_PER_EPOCH).0;
    let duty = |slot: u64| {
        json!({
            "pubkey": format!("0xc0{}", "00".repeat(47)),
            "validator_index": PROPOSER.0.to_string(),
            "slot": slot.to_string(),
        })
    };
    dependent(&node, (first..first + SLOTS_PER_EPOCH).map(duty).collect())
}

/// No block ever changes duties, so they depend on the first.
fn dependent(node: &Node, duties: Vec<Value>) -> Json<Value> {
    let root = node.world.block_root(Slot(0));
    Json(json!({ "dependent_root": root, "execution_optimistic": false, "data": duties }))
}

#[derive(Deserialize)]
struct Asked {
    slot: u64,
}

async fn attestation_data(State(node): Shared, Query(asked): Query<Asked>) -> Answer {
    let slot = Slot(asked.slot);
    if slot > node.world.slot_at(now()).next() {
        return Err(refuse(StatusCode::BAD_REQUEST, "a slot of the future"));
    }
    Ok(data(json!(node.world.vote(slot))))
}

async fn attestations(
    State(node): Shared,
    Json(attestations): Json<Vec<SingleAttestation>>,
) -> Taken {
    // Curve work: beside the loop that serves the other peers.
    let checking =
        tokio::task::spawn_blocking(move || node.count.receive(&node.world, &attestations));
    taken_but(&checking.await.unwrap_or_default())
}

/// All of a request was taken, but for these.
fn taken_but(refused: &[Refused]) -> Taken {
    if refused.is_empty() {
        return Ok(StatusCode::OK);
    }
    let failure = |r: &Refused| json!({ "index": r.position.to_string(), "message": r.reason });
    let failures: Vec<Value> = refused.iter().map(failure).collect();
    let body = json!({ "code": 400, "message": "some were refused", "failures": failures });
    Err((StatusCode::BAD_REQUEST, Json(body)))
}

/// What nobody will ever process is taken if a chain would take its signature.
async fn exit(State(node): Shared, Json(exit): Json<SignedVoluntaryExit>) -> Taken {
    match node.count.objection(&spec::of(&node.world), &exit) {
        None => Ok(StatusCode::OK),
        Some(why) => Err(refuse(StatusCode::BAD_REQUEST, why)),
    }
}

/// Head events only, each when its slot's block is seen.
async fn events(State(node): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let next = node.world.slot_at(now());
    let heads = stream::unfold((node, next), |(node, slot)| async move {
        let slot = if now() >= node.world.seen_at(slot) {
            slot.next()
        } else {
            slot
        };
        tokio::time::sleep(node.world.seen_at(slot).saturating_sub(now())).await;
        let root = node.world.block_root(slot);
        let first = node.world.block_root(Slot(0));
        let head = json!({
            "slot": slot,
            "block": root,
            "state": root,
            "epoch_transition": slot.0 % SLOTS_PER_EPOCH == 0,
            "previous_duty_dependent_root": first,
            "current_duty_dependent_root": first,
            "execution_optimistic": false,
        });
        let event = Event::default().event("head").data(head.to_string());
        Some((Ok(event), (node, slot.next())))
    });
    Sse::new(heads)
}
