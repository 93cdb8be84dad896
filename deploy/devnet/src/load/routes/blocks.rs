//! Blocks, and the one state that there is.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use proto::{Root, Slot};
use serde_json::{Value, json};

use super::{Answer, Shared, data, refuse};
use crate::load::shown;
use crate::load::world::World;

const SSZ: &str = "application/octet-stream";

type Refusal = (StatusCode, Json<Value>);

fn absent() -> Refusal {
    refuse(StatusCode::NOT_FOUND, "no such block")
}

/// The slot of the block that is called so.
fn slot_of(world: &World, block: &str) -> Result<Slot, Refusal> {
    let head = world.head();
    let slot = match block {
        "head" => Some(head),
        "genesis" => Some(Slot(0)),
        "finalized" | "justified" => Some(world.finalised()),
        text => match text.parse::<Root>() {
            Ok(root) => world.slot_of(root),
            Err(_) => text.parse().ok().map(Slot).filter(|slot| *slot <= head),
        },
    };
    slot.ok_or_else(absent)
}

pub(super) async fn header(State(node): Shared, Path(block): Path<String>) -> Answer {
    let world = &node.world;
    let slot = slot_of(world, &block)?;
    Ok(data(json!({
        "root": world.block_root(slot),
        "canonical": true,
        "header": {
            "message": world.header(slot),
            "signature": format!("0xc0{}", "00".repeat(95)),
        },
    })))
}

pub(super) async fn agreed(State(node): Shared) -> Json<Value> {
    let checkpoint = json!({
        "epoch": "0",
        "root": node.world.block_root(node.world.finalised()),
    });
    data(json!({
        "previous_justified": checkpoint,
        "current_justified": checkpoint,
        "finalized": checkpoint,
    }))
}

pub(super) async fn block(
    State(node): Shared,
    Path(block): Path<String>,
) -> Result<Response, Refusal> {
    let slot = slot_of(&node.world, &block)?;
    let shown = node.world.shown.as_ref().filter(|_| slot == shown::SLOT);
    let ssz = shown.ok_or_else(absent)?.signed_block();
    Ok(([(CONTENT_TYPE, SSZ)], ssz).into_response())
}

pub(super) async fn state(
    State(node): Shared,
    Path(state): Path<String>,
) -> Result<Response, Refusal> {
    let is_it = state == shown::SLOT.to_string() || state == "finalized";
    let shown = node.world.shown.as_ref().filter(|_| is_it);
    let absent = || refuse(StatusCode::NOT_FOUND, "no such state");
    let state = Arc::clone(shown.ok_or_else(absent)?).state();
    Ok(([(CONTENT_TYPE, SSZ)], Body::from_stream(state)).into_response())
}
