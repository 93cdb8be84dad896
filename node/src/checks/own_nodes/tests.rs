//! Several own nodes of which some are of no use, and one piece of work that is read from one.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use proto::Slot;
use proto::eth::{BeaconBlockHeader, ChainSpec, Genesis, ValidatorIndex};
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

use super::*;
use crate::beacon::{BlockId, SyncStatus};
use crate::checks::chain::UnsureSlot;
use crate::pool::proof::tests::known;

const GENESIS: &str = "/eth/v1/beacon/genesis";
const SPEC: &str = "/eth/v1/config/spec";
const SYNCING: &str = "/eth/v1/node/syncing";

/// What a node that follows the chain says, by path.
type Said = [(&'static str, String); 3];

/// The chain of most nodes here, as a definition has it.
pub fn definition() -> Chain {
    Chain {
        name: "devnet".to_owned(),
        execution_chain_id: 1337,
        genesis_fork_version: [0, 0, 0, 1].into(),
        genesis_validators_root: [7; 32].into(),
        deposit_contract: "0x00000000219ab540356cBB839Cbe05303d7705Fa"
            .parse()
            .unwrap(),
    }
}

fn spec() -> ChainSpec {
    let genesis = Genesis {
        genesis_time: 0,
        genesis_validators_root: [7; 32].into(),
        genesis_fork_version: [0, 0, 0, 1].into(),
    };
    proto::example::chain_since(genesis, &[])
}

/// What a node of this chain says that follows it, where it began at `genesis_time`.
pub fn said_of(chain: &Chain, genesis_time: u64) -> Said {
    let seconds = clock::now().unix_seconds() - genesis_time;
    said_at(chain, genesis_time, Slot(seconds / 12))
}

fn said(genesis_time: u64, head: Slot) -> Said {
    said_at(&definition(), genesis_time, head)
}

fn said_at(chain: &Chain, genesis_time: u64, head: Slot) -> Said {
    let genesis = json!({ "data": {
        "genesis_time": genesis_time.to_string(),
        "genesis_validators_root": chain.genesis_validators_root,
        "genesis_fork_version": chain.genesis_fork_version,
    }});
    let spec = json!({ "data": {
        "SLOT_DURATION_MS": "12000", "SLOTS_PER_EPOCH": "8", "PRESET_BASE": "minimal",
        "DEPOSIT_CONTRACT_ADDRESS": proto::definition::checksummed(&chain.deposit_contract),
        "DEPOSIT_CHAIN_ID": chain.execution_chain_id.to_string(),
        "CAPELLA_FORK_VERSION": "0x03000001",
        "ELECTRA_FORK_VERSION": "0x05000001", "ELECTRA_FORK_EPOCH": "0",
        "FULU_FORK_VERSION": "0x06000001", "FULU_FORK_EPOCH": "0", "BLOB_SCHEDULE": [],
    }});
    let syncing = json!({ "data": {
        "head_slot": head, "sync_distance": "0", "is_syncing": false, "is_optimistic": false,
        "el_offline": false,
    }});
    [
        (GENESIS, genesis.to_string()),
        (SPEC, spec.to_string()),
        (SYNCING, syncing.to_string()),
    ]
}

/// The present slot of a chain since 1970.
fn now() -> Slot {
    spec().slot_at(clock::now()).unwrap()
}

/// A node, and what it was asked.
struct Node {
    said: Vec<(&'static str, String)>,
    asked: watch::Sender<Vec<String>>,
    is_held: bool,
}

impl Node {
    fn well() -> Self {
        Self {
            said: said(0, now()).into(),
            asked: watch::Sender::new(Vec::new()),
            is_held: false,
        }
    }

    /// Says this in place of what is right.
    fn saying(mut self, path: &'static str, body: &str) -> Self {
        self.said.retain(|(other, _)| *other != path);
        self.said.push((path, body.to_owned()));
        self
    }

    fn with_head(self, head: u64, is_syncing: bool) -> Self {
        let body = json!({ "data": {
            "head_slot": head.to_string(), "sync_distance": "0", "is_syncing": is_syncing,
        }});
        self.saying(SYNCING, &body.to_string())
    }

    /// Accepts and never answers.
    fn held(self) -> Self {
        Self {
            is_held: true,
            ..self
        }
    }

    async fn start(self) -> (String, Arc<Self>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = Arc::new(self);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&node));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (url, node)
    }
}

async fn answer(State(node): State<Arc<Node>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    node.asked.send_modify(|asked| asked.push(path.clone()));
    if node.is_held {
        std::future::pending::<()>().await;
    }
    let said = node.said.iter().find(|(other, _)| *other == path);
    let (status, body) = match said {
        Some((_, body)) => (200, body.clone()),
        None => (404, json!({"code": 404, "message": "no"}).to_string()),
    };
    let response = Response::builder().status(status);
    response.body(Body::from(body)).unwrap()
}

fn cluster() -> Expected {
    Expected::Cluster(Box::new(definition()))
}

/// Which node a view is read from, and all that they say.
async fn read_from(urls: &[&str], expected: Expected) -> Result<String, String> {
    let nodes = OwnNodes::connect(urls, expected).unwrap();
    let read = nodes.whole(UnfitNode::may_differ, async |node| {
        Ok(node.node().to_owned())
    });
    read.await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_view_is_read_from_the_first_node_that_follows_the_chain() {
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = format!("http://{}", nobody.local_addr().unwrap());
    let (well, _) = Node::well().start().await;
    let root = proto::Root::from([7; 32]).to_string();
    let genesis = said(0, now())[0]
        .1
        .replace(&root, &proto::Root::from([8; 32]).to_string());
    let (slot, old) = (now().0, now().0 - 20);
    let useless = [
        (
            Node::well().saying(GENESIS, &genesis),
            "is on another chain: its genesis validators",
        ),
        (
            Node::well().saying(SPEC, "<html>welcome</html>"),
            "is no Beacon API",
        ),
        (Node::well().saying(SYNCING, "{}"), "cannot be read"),
        (
            Node::well().with_head(slot, true),
            "does not follow the chain yet",
        ),
        (
            Node::well().with_head(old, false),
            "which says that it is synced, is of slot",
        ),
        (
            Node::well().with_head(slot + 9_000, false),
            "has a block of slot",
        ),
    ];
    let mut urls = vec![nobody];
    let mut reasons = vec!["cannot connect"];
    for (node, why) in useless {
        urls.push(node.start().await.0);
        reasons.push(why);
    }
    let mut all: Vec<&str> = urls.iter().map(String::as_str).collect();
    for (url, why) in all.iter().zip(&reasons) {
        assert_eq!(
            read_from(&[url, &well], cluster()).await,
            Ok(well.clone()),
            "{why}"
        );
    }
    // Where none serves, each is named with what it said.
    let words = read_from(&all, cluster()).await.unwrap_err();
    assert!(
        words.starts_with("none of your beacon nodes serves for this: "),
        "{words}"
    );
    let mut rest = &words[..];
    for (url, why) in urls.iter().zip(&reasons) {
        let at = rest
            .find(url)
            .unwrap_or_else(|| panic!("{url} is not named: {words}"));
        rest = &rest[at..];
        assert!(rest.contains(why), "{why}: {words}");
    }
    all.push(&well);
    assert_eq!(read_from(&all, cluster()).await, Ok(well.clone()));
}

#[tokio::test]
async fn a_node_that_accepts_and_never_answers_costs_its_time_and_no_more() {
    let (stuck, asked) = Node::well().held().start().await;
    let (well, _) = Node::well().start().await;
    assert_eq!(read_from(&[&stuck, &well], cluster()).await, Ok(well));
    assert_eq!(*asked.asked.borrow(), [GENESIS]);
}

/// A header of the slot.
fn header(slot: u64) -> String {
    let header = BeaconBlockHeader {
        slot: Slot(slot),
        proposer_index: ValidatorIndex(1),
        parent_root: [9; 32].into(),
        state_root: [9; 32].into(),
        body_root: [9; 32].into(),
    };
    known(&header).to_string()
}

#[tokio::test]
async fn what_a_node_said_that_fails_half_way_is_read_anew_from_the_next() {
    const HEAD: &str = "/eth/v1/beacon/headers/head";
    const FINALIZED: &str = "/eth/v1/beacon/headers/finalized";
    let (half, _) = Node::well().saying(HEAD, &header(8)).start().await;
    let whole = Node::well()
        .saying(HEAD, &header(9))
        .saying(FINALIZED, &header(3));
    let (whole, _) = whole.start().await;
    let nodes = OwnNodes::connect([&half, &whole], cluster()).unwrap();
    let read = nodes.whole(UnfitNode::may_differ, async |node| {
        let mut slots = Vec::new();
        for block in [BlockId::Head, BlockId::Finalized] {
            let known = node.known_block(block).await?;
            // As a proof does that lacks a block.
            let known = known.ok_or(UnsureSlot::NotSynced(Slot(0)))?;
            slots.push(known.header.slot.0);
        }
        Ok(slots)
    });
    assert_eq!(read.await.unwrap(), [9, 3], "and not [8, 3]");
}

#[tokio::test]
async fn one_node_is_asked_for_nothing_beside_the_work() {
    let (url, node) = Node::well().with_head(1, true).start().await;
    assert_eq!(read_from(&[&url], cluster()).await, Ok(url));
    assert_eq!(*node.asked.borrow(), [""; 0]);
}

#[tokio::test]
async fn what_speaks_against_the_definition_or_the_clock_is_not_asked_away() {
    let contract = said(0, now())[1]
        .1
        .replace("0x00000000219ab5", "0x00000000219ab6");
    let (other_contract, _) = Node::well().saying(SPEC, &contract).start().await;
    let (well, asked) = Node::well().start().await;
    let words = read_from(&[&other_contract, &well], cluster())
        .await
        .unwrap_err();
    assert!(
        words.contains("send no deposit by this definition"),
        "{words}"
    );
    assert!(
        words.starts_with(&format!("beacon node {other_contract}: ")),
        "{words}"
    );
    assert_eq!(*asked.asked.borrow(), [""; 0]);

    // Whom marks are made by: a later slot may be true, a node that is silent says none.
    let (ahead, _) = Node::well().with_head(now().0 + 9_000, false).start().await;
    let (mute, _) = Node::well().saying(SPEC, "").start().await;
    let slot_by = async |urls: [&String; 2]| {
        let nodes = OwnNodes::connect(urls, cluster()).unwrap();
        let read = nodes.first(UnfitNode::leaves_the_clock, async |node| {
            let status: SyncStatus = node.sync_status().await?;
            node.chain_spec().await?;
            Ok::<_, UnfitNode>(slot_by_two(&spec(), &status, clock::now())?)
        });
        read.await
    };
    let refused = slot_by([&ahead, &well]).await.unwrap_err();
    let is_clock =
        |error: &UnfitNode| matches!(error, UnfitNode::Slot(UnsureSlot::ClockBehind { .. }));
    assert!(is_clock(refused.last()), "{refused}");
    assert!(refused.to_string().contains(&ahead), "{refused}");
    assert!(slot_by([&mute, &well]).await.is_ok());
}

#[tokio::test]
async fn a_node_of_another_chain_than_the_execution_nodes_serves_for_no_proof() {
    let (well, _) = Node::well().start().await;
    let hoodi = said(0, now())[1].1.replace("1337", "560048");
    let (other, _) = Node::well().saying(SPEC, &hoodi).start().await;
    let read = read_from(&[&other, &well], Expected::Execution(1337)).await;
    assert_eq!(read, Ok(well.clone()));
    let words = read_from(&[&other, &well], Expected::Execution(1))
        .await
        .unwrap_err();
    assert!(
        words.contains("on execution chain 560048, and the execution node is on chain 1"),
        "{words}"
    );
}

#[test]
fn no_reason_shows_a_password() {
    let url = "http://u:pass4711@127.0.0.1:1/key4711";
    let nodes = OwnNodes::connect([url, "http://127.0.0.1:2"], cluster()).unwrap();
    assert!(!format!("{nodes:?}").contains("4711"), "{nodes:?}");
    let nowhere = OwnNodes::connect(["pass4711"], cluster()).unwrap_err();
    assert!(!nowhere.to_string().contains("4711"), "{nowhere}");
}
