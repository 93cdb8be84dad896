//! What a node says of what it does not take is bounded.

use std::sync::Arc;

use proto::SignatureBytes;
use proto::eth::SyncCommitteeMessage;
use serde_json::json;

use super::*;
use crate::beacon::BeaconClient;
use crate::peer::asking::Asking;
use node_core::duties::Request;
use proto::DutyKind;

#[tokio::test]
async fn refusals_without_positions_fill_no_memory() {
    let words = "a".repeat(250);
    let failures: Vec<_> = (0..3500)
        .map(|_| json!({ "index": "x", "message": words }))
        .collect();
    let body = json!({ "code": 400, "message": "some", "failures": failures });
    let body = body.to_string().into_bytes();
    assert!(body.len() < 1 << 20, "{}", body.len());
    let answer = move || async move { (axum::http::StatusCode::BAD_REQUEST, body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let chain = proto::example::chain([7; 32].into(), &[("FULU_FORK_EPOCH", "0")]);
    let client = BeaconClient::connect(&url).unwrap();
    let asking = Asking::new(client, Arc::new(chain), Root::ZERO);
    let message = |index| SyncCommitteeMessage {
        slot: Slot(100),
        beacon_block_root: Root::ZERO,
        validator_index: ValidatorIndex(index),
        signature: SignatureBytes::from([0; 96]),
    };
    let submission = Submission::SyncMessages((0..16).map(message).collect());
    let duty = DutyId {
        slot: Slot(100),
        kind: DutyKind::Head,
    };
    let answer = asking.put(Request::Submit { duty, submission }).await;
    let Response::Submit { refused, .. } = answer.response else {
        panic!("{:?}", answer.response);
    };
    let said: usize = refused.iter().map(|(_, why)| why.len()).sum();
    assert!(said < 16 * 2000, "{said} bytes of words for 16 messages");
}
