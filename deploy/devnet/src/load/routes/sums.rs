//! The routes of aggregators and of the sync committee.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use proto::eth::aggregate::SignedAggregateAndProof;
use proto::eth::sync::SignedContributionAndProof;
use proto::eth::{CommitteeIndex, Mainnet, SyncCommitteeMessage};
use proto::{Root, Slot};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Shared, data, refuse};
use crate::load::spec;
use crate::load::world::SYNC_MEMBER;

type Taken = Result<StatusCode, (StatusCode, Json<Value>)>;

/// One validator sits in the committee, in its first seat, for ever.
pub(super) async fn members(
    State(node): Shared,
    Path(_): Path<u64>,
    Json(indices): Json<Vec<String>>,
) -> Json<Value> {
    let member = SYNC_MEMBER.0.to_string();
    let is_asked = indices.contains(&member);
    let key = node.keys.first().filter(|_| is_asked);
    let duty = key.map(|key| {
        json!({
            "pubkey": key,
            "validator_index": member,
            "validator_sync_committee_indices": ["0"],
        })
    });
    data(json!(duty.into_iter().collect::<Vec<_>>()))
}

#[derive(Deserialize)]
pub(super) struct OfVotes {
    attestation_data_root: Root,
    slot: u64,
    committee_index: u64,
}

pub(super) async fn aggregate(State(node): Shared, Query(asked): Query<OfVotes>) -> Answer {
    let of = (Slot(asked.slot), CommitteeIndex(asked.committee_index));
    let found = node
        .count
        .aggregate(&node.world, of, asked.attestation_data_root);
    match found {
        Some(found) => Ok(data(json!(found))),
        None => Err(refuse(StatusCode::NOT_FOUND, "no votes for that")),
    }
}

#[derive(Deserialize)]
pub(super) struct OfMessages {
    slot: u64,
    beacon_block_root: Root,
}

pub(super) async fn contribution(State(node): Shared, Query(asked): Query<OfMessages>) -> Answer {
    let found = node
        .count
        .contribution(Slot(asked.slot), asked.beacon_block_root);
    match found {
        Some(found) => Ok(data(json!(found))),
        None => Err(refuse(StatusCode::NOT_FOUND, "no messages for that")),
    }
}

pub(super) async fn aggregates(
    State(node): Shared,
    Json(all): Json<Vec<SignedAggregateAndProof<Mainnet>>>,
) -> Taken {
    let spec = spec::of(&node.world);
    each(&all, |it| {
        node.count.receive_aggregate(&node.world, &spec, it)
    })
}

pub(super) async fn messages(
    State(node): Shared,
    Json(all): Json<Vec<SyncCommitteeMessage>>,
) -> Taken {
    let spec = spec::of(&node.world);
    each(&all, |it| {
        node.count.receive_message(&node.world, &spec, it)
    })
}

pub(super) async fn contributions(
    State(node): Shared,
    Json(all): Json<Vec<SignedContributionAndProof<Mainnet>>>,
) -> Taken {
    let spec = spec::of(&node.world);
    each(&all, |it| node.count.receive_contribution(&spec, it))
}

/// Takes those that are right, and names the others.
fn each<T>(all: &[T], take: impl Fn(&T) -> Result<(), &'static str>) -> Taken {
    let refused = all.iter().enumerate().filter_map(|(position, it)| {
        let reason = take(it).err()?;
        Some(json!({ "index": position.to_string(), "message": reason }))
    });
    let failures: Vec<Value> = refused.collect();
    if failures.is_empty() {
        return Ok(StatusCode::OK);
    }
    let body = json!({ "code": 400, "message": "some were refused", "failures": failures });
    Err((StatusCode::BAD_REQUEST, Json(body)))
}
