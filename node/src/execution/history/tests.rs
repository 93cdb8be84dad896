//! A log is found on nodes that limit what they are asked, and on such as have thrown away the
//! first blocks.

use super::*;
use crate::execution::tests::fake::{Fake, HASTE};

const HEAD: u64 = 1_000_000;
/// The block in which the only entry is.
const WRITTEN: u64 = 777_777;

/// The blocks that a question is about.
fn asked_for(params: &Value) -> (u64, u64) {
    let number = |name: &str| {
        let text = params[0][name].as_str().unwrap();
        u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
    };
    (number("fromBlock"), number("toBlock"))
}

/// What the chain has of these blocks.
fn shown((from, until): (u64, u64)) -> Value {
    let word = |byte: u8| Root::from([byte; 32]).to_string();
    let entry = json!({
        "address": format!("0x{}", "5a".repeat(20)), "topics": [word(1)], "data": "0x",
        "transactionHash": word(2), "blockHash": word(3),
        "blockNumber": format!("0x{WRITTEN:x}"), "logIndex": "0x0",
    });
    let all: Vec<Value> = (from..=until)
        .contains(&WRITTEN)
        .then_some(entry)
        .into_iter()
        .collect();
    json!({ "result": all })
}

/// How many entries are found where `refuses` says what of some blocks is refused, and how many
/// questions that took.
async fn found(
    refuses: impl Fn((u64, u64)) -> Option<Value> + Send + 'static,
) -> (Result<usize, ExecutionError>, usize) {
    let fake = Fake::scripted(HEAD, move |_, method, params| {
        assert_eq!(method, "eth_getLogs");
        let of = asked_for(params);
        Some(refuses(of).unwrap_or_else(|| shown(of)))
    });
    let fake = fake.await;
    let mut states = States::at(&fake.url, HASTE).unwrap();
    let wanted = Wanted {
        contract: [0x5a; 20].into(),
        topics: vec![vec![[1; 32].into()]],
        most: 8,
    };
    let log = states.log_of(&wanted, HEAD).await;
    let count = fake.ledger().asked.len();
    (log.map(|(log, _)| log.len()), count)
}

fn error(code: i64, words: &str) -> Value {
    json!({"error": {"code": code, "message": words}})
}

#[tokio::test]
async fn the_whole_log_is_one_question_to_a_node_that_answers_it() {
    assert_eq!(found(|_| None).await, (Ok(1), 1));
}

#[tokio::test]
async fn a_node_that_limits_blocks_is_asked_in_parts_and_is_not_taken_for_overloaded() {
    for (code, words) in [(-32005, "limit exceeded"), (-32602, "range too large")] {
        let refuses =
            move |(from, until): (u64, u64)| (until - from >= 5_000).then(|| error(code, words));
        let (log, questions) = found(refuses).await;
        assert_eq!(log, Ok(1), "{words}");
        assert!(questions < 500, "{questions} for 200 parts");
    }
}

#[tokio::test]
async fn a_node_without_the_first_blocks_is_asked_from_the_first_that_it_has() {
    let keeps = |first: u64| {
        move |(from, _): (u64, u64)| {
            (from < first).then(|| error(4444, "pruned history unavailable"))
        }
    };
    let (log, questions) = found(keeps(600_000)).await;
    assert_eq!(log, Ok(1));
    assert!(questions < 30, "{questions}");
    // What it has thrown away it does not show, and who reads it has to see that.
    assert_eq!(found(keeps(800_000)).await.0, Ok(0));
}

#[tokio::test]
async fn a_node_that_refuses_every_block_is_named_and_not_asked_for_ever() {
    let (log, questions) = found(|_| Some(error(-32601, "no such method"))).await;
    let words = log.unwrap_err().to_string();
    assert!(words.contains("keeps receipts"), "{words}");
    assert!(questions < 30, "{questions}");
    let one_by_one = |(from, until): (u64, u64)| (until > from).then(|| error(-32005, "one block"));
    let (log, questions) = found(one_by_one).await;
    let words = log.unwrap_err().to_string();
    assert!(words.contains("raise its limit"), "{words}");
    assert_eq!(questions, MOST_QUESTIONS as usize);
}
