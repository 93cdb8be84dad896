//! Reading the chain where the preferred node is of no use for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use proto::Root;
use proto::eth::{BeaconBlockHeader, hash_tree_root};
use tokio::net::TcpListener;

use super::*;
use crate::checks::own_nodes::tests::{definition, said_of};
use crate::pool::proof::tests::{Answers, known, serve, spec_at};

const JSON: &str = "application/json";

/// Headers of the slots 950 to 1003, each after the one before.
fn headers() -> Vec<BeaconBlockHeader> {
    let mut parent = Root::ZERO;
    let each = (950..=1003).map(|slot| {
        let header = BeaconBlockHeader {
            slot: Slot(slot),
            proposer_index: ValidatorIndex(1),
            parent_root: parent,
            state_root: Root::ZERO,
            body_root: Root::ZERO,
        };
        parent = hash_tree_root(&header);
        header
    });
    each.collect()
}

/// Says which chain it is on, and its head.
fn with_head(chain: &ChainSpec) -> Answers {
    let mut answers = Answers::new();
    put(&mut answers, "head", headers().last().unwrap());
    for (path, body) in said_of(&definition(), chain.genesis().genesis_time) {
        answers.insert(path.to_owned(), (JSON, body.into()));
    }
    answers
}

fn put(answers: &mut Answers, name: &str, header: &BeaconBlockHeader) {
    let path = format!("/eth/v1/beacon/headers/{name}");
    answers.insert(path, (JSON, known(header).to_string().into()));
}

fn whole(chain: &ChainSpec) -> Answers {
    let mut answers = with_head(chain);
    for header in headers() {
        put(&mut answers, &hash_tree_root(&header).to_string(), &header);
    }
    answers
}

fn reader(urls: &[String], chain: ChainSpec) -> Reader {
    let clients = urls.iter().map(|url| BeaconClient::connect(url).unwrap());
    Reader {
        clients: clients.collect(),
        reading: Reading::new(chain.slots_per_epoch()),
        chain: Arc::new(chain),
        calm: Calm::always(),
        told: channel(8).0,
    }
}

fn owed(slot: u64, work: Work) -> Owed {
    Owed {
        slot: Slot(slot),
        work,
        index: ValidatorIndex(1),
    }
}

#[tokio::test]
async fn a_node_that_gives_nothing_but_its_head_keeps_no_other_from_being_read() {
    let chain = spec_at(clock::now().unix_seconds());
    for order in [[true, false], [false, true]] {
        let mut urls = Vec::new();
        for is_whole in order {
            let node = if is_whole { whole } else { with_head };
            urls.push(serve(node(&chain)).await);
        }
        let mut reader = reader(&urls, chain.clone());
        let block = owed(990, Work::Block);
        reader.reading.owe(block, None);
        reader.look().await.ok();
        assert_eq!(
            reader.reading.settle(),
            [(block, Shown::Proposed)],
            "whole: {order:?}"
        );
    }
}

/// Answers so, and everything else with nonsense, and counts that.
async fn odd(answers: Answers, count: Arc<AtomicUsize>) -> String {
    type Odd = (Answers, Arc<AtomicUsize>);
    async fn answer(
        State((answers, count)): State<Odd>,
        request: Request,
    ) -> (StatusCode, Vec<u8>) {
        let found = answers.get(request.uri().path()).cloned();
        let (_, body) = found.unwrap_or_else(|| {
            count.fetch_add(1, Ordering::SeqCst);
            (JSON, b"nonsense".to_vec())
        });
        (StatusCode::OK, body)
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state((answers, count));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_node_whose_answers_are_of_no_use_is_not_asked_for_every_slot_first() {
    let chain = spec_at(clock::now().unix_seconds());
    let count = Arc::new(AtomicUsize::new(0));
    let mut answers = whole(&chain);
    put(&mut answers, "finalized", &headers()[0]);
    let bad = odd(answers, Arc::clone(&count)).await;
    let good = serve(whole(&chain)).await;
    let mut reader = reader(&[bad, good], chain);
    for slot in 960..1003 {
        reader.reading.owe(owed(slot, Work::Attestation), None);
    }
    reader.look().await.ok();
    // Each may take it as long as its time limit: 12 s for committees.
    let asked = count.load(Ordering::SeqCst);
    assert!(
        asked <= 4,
        "{asked} questions before the next node is asked"
    );
}
