//! The client against answers that a real node gave, and against servers that misbehave.
//!
//! How the answers were recorded: `recorded/README.md`.

mod aggregates;
mod answers;
mod blinded;
mod echoes;
mod elsewhere;
mod exits;
mod failures;
mod forms;
mod registrations;
mod strange;
mod sync;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const SSZ: &str = "application/octet-stream";
const JSON: &str = "application/json; charset=utf-8";
const PROPOSER_V2: &str = "/eth/v2/validator/duties/proposer/51";
const VALIDATORS: &str = "/eth/v1/beacon/states/head/validators";
const BLOCK: &str = "/eth/v2/beacon/blocks/414";
const PRODUCE: &str = "/eth/v3/validator/blocks/418";
const VOTE: &str = "/eth/v1/validator/attestation_data";
const POOL: &str = "/eth/v2/beacon/pool/attestations";
const PUBLISH: &str = "/eth/v2/beacon/blocks";
const HEAD: &str = "0x8257baf65f1822b80d4502176e2e39fc369d22e9346ef3de3c65611d43b318a9";

/// One answer: status, media type, body.
type Recorded = (u16, &'static str, Vec<u8>);

/// A server that knows one answer a path, or a method and path, or `SSZ` and path where SSZ is
/// asked for, and remembers what it was sent.
#[derive(Clone, Default)]
struct Node {
    answers: BTreeMap<String, Recorded>,
    received: Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>,
}

impl Node {
    /// Everything that the devnet node was asked.
    fn recorded() -> Self {
        let header = format!("/eth/v1/beacon/headers/{HEAD}");
        let answers: [(&str, &str, &[u8]); 13] = [
            (
                "/eth/v1/beacon/genesis",
                JSON,
                include_bytes!("recorded/genesis.json"),
            ),
            (
                "/eth/v1/config/spec",
                JSON,
                include_bytes!("recorded/spec.json"),
            ),
            (
                "/eth/v1/node/syncing",
                JSON,
                include_bytes!("recorded/syncing.json"),
            ),
            (
                "/eth/v1/node/version",
                JSON,
                include_bytes!("recorded/version.json"),
            ),
            (VALIDATORS, JSON, include_bytes!("recorded/validators.json")),
            (
                "/eth/v1/validator/duties/attester/51",
                JSON,
                include_bytes!("recorded/attester.json"),
            ),
            (PROPOSER_V2, JSON, include_bytes!("recorded/proposer.json")),
            (VOTE, SSZ, include_bytes!("recorded/attestation_data.ssz")),
            (&header, JSON, include_bytes!("recorded/header.json")),
            (BLOCK, SSZ, include_bytes!("recorded/block.ssz")),
            (PRODUCE, SSZ, include_bytes!("recorded/produced.ssz")),
            (POOL, JSON, b""),
            (PUBLISH, JSON, b""),
        ];
        let mut node = Self::default();
        for (path, media_type, body) in answers {
            node = node.with(path, (200, media_type, body));
        }
        node
    }

    fn with(mut self, path: &str, answer: (u16, &'static str, &[u8])) -> Self {
        let (status, media_type, body) = answer;
        let answer = (status, media_type, body.to_vec());
        self.answers.insert(path.to_owned(), answer);
        self
    }

    fn without(mut self, path: &str) -> Self {
        self.answers.remove(path);
        self
    }

    /// Starts it and connects a client to it.
    async fn start(&self) -> BeaconClient {
        BeaconClient::connect(&format!("http://{}/", self.listen().await)).unwrap()
    }

    /// Starts it and gives its address.
    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// How often it was asked for what begins with `path`.
    fn asked(&self, path: &str) -> usize {
        let received = self.received.lock().unwrap();
        received
            .iter()
            .filter(|(uri, ..)| uri.starts_with(path))
            .count()
    }

    /// The last thing it was sent.
    fn last(&self) -> (String, HeaderMap, Bytes) {
        self.received.lock().unwrap().last().cloned().unwrap()
    }
}

async fn answer(State(node): State<Node>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let unknown = (
        404,
        JSON,
        br#"{"code":404,"message":"no such route"}"#.to_vec(),
    );
    let accept = parts.headers.get("accept").and_then(|a| a.to_str().ok());
    let by_method = format!("{} {path}", parts.method);
    let by_form = format!("SSZ {path}");
    let wants_ssz = accept.is_some_and(|accept| accept.contains(SSZ));
    let answer = wants_ssz.then(|| node.answers.get(&by_form)).flatten();
    let answer = answer.or_else(|| node.answers.get(&by_method));
    let answer = answer.or_else(|| node.answers.get(&path));
    let (status, media_type, answer) = answer.cloned().unwrap_or(unknown);
    let asked = (parts.uri.to_string(), parts.headers, body);
    node.received.lock().unwrap().push(asked);
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", media_type)
        .body(Body::from(answer))
        .unwrap()
}

/// A server that answers the first request of every visitor with `first`, then sends `again` for
/// ever, and never ends.
async fn endless(first: &'static [u8], again: &'static [u8]) -> BeaconClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut visitors = Vec::new();
        while let Ok((mut visitor, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let mut open = visitor.read(&mut asked).await.is_ok();
            open = open && visitor.write_all(first).await.is_ok();
            while open && !again.is_empty() {
                open = visitor.write_all(again).await.is_ok();
            }
            // Kept open: the client must be the one that hangs up.
            visitors.push(visitor);
        }
    });
    BeaconClient::connect(&url).unwrap()
}

fn cause<T: std::fmt::Debug>(answer: Result<T, BeaconError>) -> Cause {
    answer.unwrap_err().cause
}
