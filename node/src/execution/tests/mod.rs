//! What is asked of the execution node, against a server that answers like one, or worse.

mod elsewhere;
pub(crate) mod fake;

use std::collections::BTreeSet;
use std::time::Duration;

use proto::eth::DepositView;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use fake::{Fake, HASTE, KEY, Ledger, chain, deposit, error, number};

/// The view of a log that begins with block `first`, of the deposits for validators 3 and 4.
async fn whole(fake: &Fake, first: u64) -> Result<DepositView, ExecutionError> {
    let execution = fake.connect().await;
    let keys = [3, 4].map(|validator| deposit(validator).pubkey);
    let account = Sender::of_key(KEY).unwrap().address();
    let mut log = execution.log(keys.into(), first);
    log.whole_view(&[account].into(), |_, _| {}).await
}

async fn refusal(fake: &Fake, first: u64) -> ExecutionError {
    whole(fake, first).await.unwrap_err()
}

/// Whether one deposit is not in the log.
fn lacks_one(error: &ExecutionError) -> bool {
    matches!(error, ExecutionError::Lacking { lacking: 1, .. })
}

#[tokio::test]
async fn the_whole_log_up_to_the_newest_block_is_read() {
    let fake = Fake::start(6_000).await;
    fake.ledger().see(deposit(9), 6, [6; 32].into());
    fake.ledger().see(deposit(3), 7, [7; 32].into());
    fake.ledger().see(deposit(4), 6_000, [8; 32].into());
    fake.ledger().nonce = 5;
    let execution = fake.connect().await;
    let keys = BTreeSet::from([deposit(3).pubkey, deposit(4).pubkey]);
    let account = Sender::of_key(KEY).unwrap().address();
    let mut progress = Vec::new();
    let mut log = execution.log(keys, 0);
    let accounts = BTreeSet::from([account]);
    let view = log.whole_view(&accounts, |at, head| progress.push((at, head)));
    let view = view.await.unwrap();
    assert_eq!((view.first, view.last, view.lacking), (0, 6_000, 0));
    let seen: Vec<_> = view
        .seen
        .iter()
        .map(|seen| (seen.deposit, seen.block))
        .collect();
    assert_eq!(seen, [(deposit(3), 7), (deposit(4), 6_000)]);
    assert_eq!(view.seen[0].transaction, [7; 32].into());
    assert_eq!(view.nonces, [(account, 5)].into());
    // The last blocks apart: they are read anew for every view.
    let parts = [2_499, 4_999, 5_936, 6_000];
    assert_eq!(progress, parts.map(|at| (at, 6_000)));
    fake.ledger().see(deposit(3), 6_001, [9; 32].into());
    fake.ledger().head = 6_001;
    let next = log.whole_view(&accounts, |_, _| {}).await.unwrap();
    assert_eq!((next.seen.len(), next.last), (3, 6_001));
}

#[tokio::test]
async fn a_node_that_does_not_follow_is_not_believed() {
    let fake = Fake::scripted(100, |ledger, method, params| {
        let mut answer =
            (method == "eth_getBlockByNumber").then(|| ledger.answer(method, params))?;
        answer["result"]["timestamp"] = json!("0x1");
        Some(answer)
    });
    let error = refusal(&fake.await, 0).await;
    assert!(matches!(error, ExecutionError::Behind(_)), "{error}");
}

#[tokio::test]
async fn a_first_block_that_is_still_to_come_is_refused() {
    let fake = Fake::start(100).await;
    assert_eq!(whole(&fake, 100).await.unwrap().last, 100);
    // It would look at no block, and call every deposit missing.
    let (first, head) = (101, 100);
    let beyond = ExecutionError::BeyondHead { first, head };
    assert_eq!(refusal(&fake, 101).await, beyond);
}

#[tokio::test]
async fn blocks_are_asked_for_in_halves_whatever_the_node_says_against_more() {
    for words in [
        error(-32602, "range 2500 exceeds limit of 1000"),
        error(-32005, "query returned more than 10000 results"),
        error(-32600, "block range too high"),
    ] {
        let fake = Fake::scripted(3_000, move |_, method, params| {
            let blocks = |params: &Value| {
                number(&params[0]["toBlock"]) - number(&params[0]["fromBlock"]) + 1
            };
            (method == "eth_getLogs" && blocks(params) > 1_000).then(|| words.clone())
        });
        let fake = fake.await;
        fake.ledger().see(deposit(3), 2_999, [7; 32].into());
        assert_eq!(whole(&fake, 0).await.unwrap().seen.len(), 1);
    }
}

#[tokio::test]
async fn an_answer_has_a_bound_and_logs_are_asked_for_in_halves_to_keep_to_it() {
    let long = || json!({"result": "x".repeat(transport::ANSWER_LIMIT)});
    let fake = Fake::scripted(3_000, move |_, method, params| {
        let blocks =
            |params: &Value| number(&params[0]["toBlock"]) - number(&params[0]["fromBlock"]) + 1;
        (method == "eth_getLogs" && blocks(params) > 2_000).then(long)
    });
    let fake = fake.await;
    fake.ledger().see(deposit(3), 2_999, [7; 32].into());
    assert_eq!(whole(&fake, 0).await.unwrap().seen.len(), 1);

    let fake = Fake::scripted(100, move |_, method, _| {
        (method == "eth_chainId").then(long)
    });
    let asked = Execution::connect(&fake.await.url, &chain(), HASTE).await;
    let words = asked.err().unwrap().to_string();
    assert!(
        words.contains("chain id: its answer has more than 32 MiB"),
        "{words}"
    );
}

#[tokio::test]
async fn a_node_without_old_blocks_is_told_from_one_that_wants_fewer_at_once() {
    for (words, questions) in [
        (error(4444, "pruned history unavailable"), 1),
        (error(-32000, "failed to get logs for block #0"), 12),
    ] {
        let fake = Fake::scripted(3_000, move |_, method, params| {
            let old = method == "eth_getLogs" && number(&params[0]["fromBlock"]) < 500;
            old.then(|| words.clone())
        });
        let fake = fake.await;
        let error = refusal(&fake, 0).await;
        let is_told = matches!(error, ExecutionError::NoLog { block: 0, .. });
        assert!(is_told, "{error}");
        let is_for_logs = |method: &&String| *method == "eth_getLogs";
        assert_eq!(
            fake.ledger().asked.iter().filter(is_for_logs).count(),
            questions
        );
        assert_eq!(whole(&fake, 500).await.unwrap().first, 500);
    }
}

#[tokio::test]
async fn a_node_that_keeps_silent_about_deposits_is_not_believed() {
    let silent = |_: &mut Ledger, method: &str, _: &Value| {
        (method == "eth_getLogs").then(|| json!({"result": []}))
    };
    let fake = Fake::scripted(100, silent).await;
    fake.ledger().see(deposit(3), 7, [7; 32].into());
    let lacking = ExecutionError::Lacking {
        first: 0,
        last: 100,
        count: 1,
        lacking: 1,
    };
    assert_eq!(refusal(&fake, 0).await, lacking);

    // One whose old blocks are gone begins in the middle.
    let fake = Fake::scripted(100, |ledger, method, params| {
        let asked = &params[0];
        let from = (method == "eth_getLogs").then(|| number(&asked["fromBlock"]).max(50))?;
        let shown = json!([{"fromBlock": format!("0x{from:x}"), "toBlock": asked["toBlock"]}]);
        Some(ledger.answer(method, &shown))
    });
    let fake = fake.await;
    fake.ledger().see(deposit(3), 7, [7; 32].into());
    fake.ledger().see(deposit(9), 60, [8; 32].into());
    let error = refusal(&fake, 0).await;
    assert!(lacks_one(&error), "{error}");
}

#[tokio::test]
async fn deposits_that_are_kept_back_since_the_first_block_are_counted() {
    // It shows the log from block 60 on, whatever it is asked for.
    let late = |ledger: &mut Ledger, params: &Value| {
        let asked = &params[0];
        let from = number(&asked["fromBlock"]).max(60);
        let shown = json!([{"fromBlock": format!("0x{from:x}"), "toBlock": asked["toBlock"]}]);
        ledger.answer("eth_getLogs", &shown)
    };
    let hiding = move |ledger: &mut Ledger, method: &str, params: &Value| {
        (method == "eth_getLogs").then(|| late(ledger, params))
    };
    let fake = Fake::scripted(100, hiding).await;
    fake.ledger().see(deposit(9), 6, [6; 32].into());
    assert_eq!(whole(&fake, 50).await.unwrap().seen, []);
    fake.ledger().see(deposit(3), 55, [7; 32].into());
    for later in [false, true] {
        if later {
            fake.ledger().see(deposit(9), 70, [8; 32].into());
        }
        let error = refusal(&fake, 50).await;
        assert!(lacks_one(&error), "{error}");
    }
    assert!(whole(&fake, 60).await.unwrap().is_counted);
}

#[tokio::test]
async fn what_a_node_without_old_state_cannot_prove_is_told() {
    // It knows the contract only since block 130, and shows no log.
    let fake = Fake::scripted(200, |_, method, params| match method {
        "eth_getLogs" => Some(json!({"result": []})),
        "eth_call" if number(&params[1]) < 130 => {
            Some(error(-32000, "missing trie node, state is not available"))
        }
        _ => None,
    });
    let fake = fake.await;
    fake.ledger().see(deposit(3), 120, [7; 32].into());
    let view = whole(&fake, 50).await.unwrap();
    assert_eq!((view.seen.len(), view.is_counted), (0, false));
    assert!(whole(&fake, 140).await.unwrap().is_counted);
    // What came in the last two epochs has to be there all the same.
    fake.ledger().see(deposit(4), 150, [8; 32].into());
    let error = refusal(&fake, 50).await;
    assert!(lacks_one(&error), "{error}");
}

#[tokio::test]
async fn a_node_that_will_not_answer_now_is_not_taken_for_one_without_old_state() {
    let refusals = [
        (-32005, "limit exceeded", "limit exceeded (code -32005)"),
        (-32000, "header not found", ""),
    ];
    for (code, words, last) in refusals {
        // The first question about an old block, and from then on all of them.
        for refused in [1, usize::MAX] {
            let mut old = 0;
            let fake = Fake::scripted(200, move |_, method, params| {
                let is_old = method == "eth_call" && number(&params[1]) == 49;
                old += usize::from(is_old);
                (is_old && old <= refused).then(|| error(code, words))
            });
            match whole(&fake.await, 50).await {
                Ok(view) => assert_eq!(view.is_counted, refused == 1, "{words}"),
                Err(error) => assert!(
                    refused > 1 && !last.is_empty() && error.to_string().contains(last),
                    "{error}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn answers_of_different_nodes_are_asked_for_again() {
    // A node that is behind answers the first two questions about logs, and knows nothing.
    let mut late = 2;
    let fake = Fake::scripted(100, move |_, method, _| {
        let is_late = method == "eth_getLogs" && late > 0;
        late -= u32::from(is_late);
        is_late.then(|| json!({"result": []}))
    });
    let fake = fake.await;
    fake.ledger().see(deposit(3), 7, [7; 32].into());
    assert_eq!(whole(&fake, 0).await.unwrap().seen.len(), 1);

    // The block is replaced by another one between the log and the nonce: all is asked again.
    let mut replaced = false;
    let fake = Fake::scripted(100, move |ledger, method, _| {
        if method == "eth_getTransactionCount" && !replaced {
            replaced = true;
            ledger.fork = 1;
            // As many deposits as before, and another one.
            ledger.logs[0].deposit = deposit(9);
            ledger.nonce = 4;
        }
        None
    });
    let fake = fake.await;
    fake.ledger().see(deposit(3), 100, [7; 32].into());
    let view = whole(&fake, 0).await.unwrap();
    assert_eq!(view.seen, []);
    assert!(view.nonces.values().all(|nonce| *nonce == 4));

    // One that never agrees with itself is given up.
    let fake = Fake::scripted(100, |ledger, _, _| {
        ledger.fork += 1;
        None
    });
    let error = refusal(&fake.await, 0).await;
    assert!(matches!(error, ExecutionError::Moved { .. }), "{error}");
}

#[tokio::test]
async fn what_was_kept_is_read_anew_when_the_chain_has_lost_it() {
    let fake = Fake::start(200).await;
    fake.ledger().see(deposit(3), 7, [7; 32].into());
    let execution = fake.connect().await;
    let mut log = execution.log([deposit(3).pubkey].into(), 0);
    let before = log.whole_view(&BTreeSet::new(), |_, _| {}).await.unwrap();
    assert_eq!(before.seen.len(), 1);
    fake.ledger().fork = 1;
    fake.ledger().logs.clear();
    let after = log.whole_view(&BTreeSet::new(), |_, _| {}).await.unwrap();
    assert_eq!(after.seen, []);
}

#[tokio::test]
async fn a_transaction_is_the_same_when_it_is_signed_again() {
    let fake = Fake::start(100).await;
    let execution = fake.connect().await;
    let sender = Sender::of_key(KEY).unwrap();
    let fees = execution.fees(1).await.unwrap();
    assert_eq!(
        (fees.max_fee, fees.suggested),
        (3 * WEI_PER_GWEI, Some(WEI_PER_GWEI))
    );
    let transaction = Unsigned {
        nonce: 7,
        deposit: Some(deposit(3)),
        max_fee: fees.max_fee,
        priority_fee: fees.priority_fee,
    };
    let first = execution.sign(&sender, &transaction).await.unwrap();
    let second = execution.sign(&sender, &transaction).await.unwrap();
    assert_eq!(first.hash, second.hash);
    execution.submit(first).await.unwrap();
    let seen = fake.ledger().logs.clone();
    assert_eq!(
        (seen[0].deposit, seen[0].transaction),
        (deposit(3), second.hash)
    );
}

#[tokio::test]
async fn a_node_that_hangs_is_given_up_with_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It takes the question, and no answer comes.
    let hanging = tokio::spawn(async move { listener.accept().await });
    let silence = Duration::from_millis(50);
    let patience = Patience { silence, ..HASTE };
    let chain = chain();
    let asked = Execution::connect(&url, &chain, patience);
    let asked = tokio::time::timeout(Duration::from_secs(60), asked).await;
    let words = asked.expect("it ends").err().unwrap().to_string();
    assert_eq!(
        words,
        format!(
            "the execution node {url} was asked its chain id and sent nothing for 50 ms: it hangs. \
             Start again when it answers: what is on the chain by then is not sent again"
        )
    );
    drop(hanging);
}

#[tokio::test]
async fn no_key_of_the_address_is_shown_whatever_fails() {
    let dead = "http://127.0.0.1:1/v3/0123456789abcdef";
    let wrong = "http://me:s3cret@[0123456789abcdef";
    let socket = "ws://me:s3cret@127.0.0.1:1/0123456789abcdef";
    for url in [dead, wrong, socket] {
        let error = Execution::connect(url, &chain(), HASTE).await;
        let words = error.err().unwrap().to_string();
        assert!(!words.contains("0123456789abcdef"), "{words}");
        assert!(!words.contains("s3cret"), "{words}");
    }
    let fake = Fake::scripted(100, |_, method, _| {
        (method == "eth_chainId").then(|| error(-32600, "no project 0123456789abcdef"))
    });
    let url = format!("{}/?key=0123456789abcdef", fake.await.url);
    let words = Execution::connect(&url, &chain(), HASTE).await;
    let words = words.err().unwrap().to_string();
    assert!(words.contains("its chain id: no project …"), "{words}");
}

#[tokio::test]
async fn a_node_that_takes_no_hash_of_a_block_is_asked_by_number_whatever_is_asked_first() {
    let fake = Fake::scripted(100, |_, method, params| {
        let by_hash = params[1].is_object();
        let reverts = || error(3, "execution reverted: no");
        match (method, by_hash, params[0]["data"].as_str()) {
            ("eth_call", true, _) => Some(error(-32602, "invalid argument 1: no string")),
            ("eth_call", false, Some("0x01")) => Some(reverts()),
            ("eth_call", false, _) => Some(json!({"result": "0x"})),
            _ => None,
        }
    });
    let fake = fake.await;
    let states = || States::at(&fake.url, HASTE).unwrap();
    let head = Anchor {
        number: 100,
        hash: [3; 32].into(),
        time: 0,
    };
    let (from, to) = ([1; 20].into(), [2; 20].into());
    let call = |data: u8| Transaction {
        nonce: 0,
        to,
        value: alloy::primitives::U256::ZERO,
        gas: 21_000,
        max_fee: 1,
        priority_fee: 1,
        data: vec![data],
    };
    let question = StateQuestion::Simulation {
        from,
        to,
        value: [0; 32],
        data: vec![2],
    };
    let passes = StateAnswer::Bytes(Vec::new());
    assert_eq!(states().ask(&[(head, question)]).await, Ok(vec![passes]));
    assert_eq!(states().simulate(&head, &from, &call(2)).await, Ok(Ok(())));
    let no = Err("execution reverted: no".to_owned());
    assert_eq!(states().simulate(&head, &from, &call(1)).await, Ok(no));
}
