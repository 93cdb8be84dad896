//! The routes of aggregators and of the sync committee.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use proto::eth::aggregate::SignedAggregateAndProof;
use proto::eth::sync::SignedContributionAndProof;
use proto::eth::{ChainSpec, CommitteeIndex, Mainnet, SyncCommitteeMessage};
use proto::{Root, Slot};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Node, Shared, Taken, data, refuse, taken_but};
use crate::load::count::Refused;
use crate::load::spec;
use crate::load::world::SYNC_MEMBER;

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
    given(found, "no votes for that")
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
    given(found, "no messages for that")
}

/// What was found, or that nothing was.
fn given(found: Option<impl Serialize>, why_not: &str) -> Answer {
    let found = found.map(|found| data(json!(found)));
    found.ok_or_else(|| refuse(StatusCode::NOT_FOUND, why_not))
}

pub(super) async fn aggregates(
    State(node): Shared,
    Json(all): Json<Vec<SignedAggregateAndProof<Mainnet>>>,
) -> Taken {
    each(node, all, |node, spec, it| {
        node.count.receive_aggregate(&node.world, spec, it)
    })
    .await
}

pub(super) async fn messages(
    State(node): Shared,
    Json(all): Json<Vec<SyncCommitteeMessage>>,
) -> Taken {
    each(node, all, |node, spec, it| {
        node.count.receive_message(&node.world, spec, it)
    })
    .await
}

pub(super) async fn contributions(
    State(node): Shared,
    Json(all): Json<Vec<SignedContributionAndProof<Mainnet>>>,
) -> Taken {
    each(node, all, |node, spec, it| {
        node.count.receive_contribution(spec, it)
    })
    .await
}

/// Takes those that are right, and names the others: curve work, beside the loop that serves the
/// other peers.
async fn each<T: Send + 'static>(
    node: Arc<Node>,
    all: Vec<T>,
    take: fn(&Node, &ChainSpec, &T) -> Result<(), &'static str>,
) -> Taken {
    let checking = tokio::task::spawn_blocking(move || {
        let spec = spec::of(&node.world);
        let refused = all.iter().enumerate().filter_map(|(position, it)| {
            let reason = take(&node, &spec, it).err()?;
            Some(Refused { position, reason })
        });
        refused.collect::<Vec<Refused>>()
    });
    taken_but(&checking.await.unwrap_or_default())
}
