//! Promises of the whole command, against a node that answers like one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{FromArgMatches as _, Parser as _};
use serde_json::{Value, json};

use super::*;
use crate::checks::own_nodes::tests::said_of;
use crate::cmd::Gantry;
use crate::execution::tests::fake::{Fake, KEY, Ledger, error, number};
use node_core::deposit::example::{deposits, settled};

/// A place with a deposit file, and flags for one start.
struct Place {
    fake: Fake,
    dir: tempfile::TempDir,
}

impl Place {
    async fn scripted(
        script: impl FnMut(&mut Ledger, &str, &Value) -> Option<Value> + Send + 'static,
    ) -> Self {
        Self {
            fake: Fake::scripted(100, script).await,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn arguments(&self, flags: &[&str]) -> Arguments {
        let file = self.dir.path().join("deposit-data.json");
        let file = file.to_str().unwrap();
        let words = ["deposit", file, "--rpc", &self.fake.url, "--yes"];
        let command = Arguments::augment_args(clap::Command::new("deposit"));
        let matches = command.get_matches_from(words.iter().chain(flags));
        Arguments::from_arg_matches(&matches).unwrap()
    }

    /// One start, from the moment at which the files have been read.
    async fn start(&self, flags: &[&str]) -> Result<(), String> {
        let arguments = self.arguments(flags);
        let record = SentFile::open(SentFile::beside(&arguments.file)).unwrap();
        let sender = Sender::of_key(KEY).unwrap();
        let lock = settled();
        let run = arguments.look_and_send(&lock, &DEPOSITS, (&sender, record));
        run.await.map_err(|error| error.to_string())
    }

    fn sent(&self) -> usize {
        let path = SentFile::beside(&self.dir.path().join("deposit-data.json"));
        SentFile::look(&path).unwrap().len()
    }
}

static DEPOSITS: std::sync::LazyLock<Vec<DepositData>> = std::sync::LazyLock::new(deposits);

#[tokio::test]
async fn a_whole_file_is_sent_once() {
    let place = Place::scripted(|_, _, _| None).await;
    place.start(&[]).await.unwrap();
    place.start(&[]).await.unwrap();
    let seen: Vec<_> = place
        .fake
        .ledger()
        .logs
        .iter()
        .map(|seen| seen.deposit)
        .collect();
    assert_eq!(seen, *DEPOSITS);
    assert_eq!(place.sent(), DEPOSITS.len());
}

#[tokio::test]
async fn a_tip_far_above_the_nodes_suggestion_needs_a_flag() {
    let place = Place::scripted(|_, _, _| None).await;
    let words = place.start(&["--priority-fee", "100"]).await.unwrap_err();
    assert!(
        words.contains("would get 100 gwei by unit of gas, far more"),
        "{words}"
    );
    assert!(words.contains("suggests (1 gwei)"), "{words}");
    assert_eq!(place.sent(), 0);
    place
        .start(&["--priority-fee", "100", "--high-fee"])
        .await
        .unwrap();
    assert_eq!(place.sent(), DEPOSITS.len());
}

#[tokio::test]
async fn a_tip_that_replacing_has_raised_far_needs_a_flag_too() {
    let place = Place::scripted(|ledger, _, _| {
        ledger.mines = false;
        None
    });
    let place = place.await;
    let late = ["--priority-fee", "4", "--timeout", "0"];
    let words = place.start(&late).await.unwrap_err();
    assert!(words.contains("are not in a block after 0 s"), "{words}");
    let sent = place.sent();
    // The same again is nothing new, but an eighth more is.
    let words = place.start(&["--timeout", "0"]).await.unwrap_err();
    assert!(words.contains("are not in a block after 0 s"), "{words}");
    let words = place
        .start(&["--replace", "--timeout", "0"])
        .await
        .unwrap_err();
    assert!(
        words.contains("would get 4.5 gwei by unit of gas"),
        "{words}"
    );
    assert_eq!(place.sent(), sent);
}

#[tokio::test]
async fn a_copy_of_the_file_alone_pays_nothing_twice() {
    let place = Place::scripted(|_, _, _| None).await;
    let copy = || Place {
        fake: place.fake.clone(),
        dir: tempfile::tempdir().unwrap(),
    };
    // Under way: what the account has in the node's pool is none of the copy's.
    place.fake.ledger().mines = false;
    place.start(&["--timeout", "0"]).await.unwrap_err();
    let words = copy().start(&["--timeout", "0"]).await.unwrap_err();
    assert!(words.contains("maybe one of these deposits"), "{words}");
    // In blocks: the log tells.
    place.fake.ledger().mine();
    place.fake.ledger().mines = true;
    let there = copy();
    there.start(&[]).await.unwrap();
    assert_eq!(there.sent(), 0);
    assert_eq!(place.fake.ledger().logs.len(), DEPOSITS.len());
}

#[tokio::test]
async fn what_has_failed_waits_for_a_node_that_keeps_state_and_not_for_ever() {
    let keeps = Arc::new(AtomicBool::new(false));
    let kept = keeps.clone();
    let place = Place::scripted(move |ledger, method, params| {
        let is_old = method == "eth_getTransactionCount"
            && params[1] != "pending"
            && number(&params[1]) + 64 <= ledger.head;
        let refused = is_old && !kept.load(Ordering::Relaxed);
        refused.then(|| error(-32002, "No state available for block"))
    });
    let place = place.await;
    place.fake.ledger().mines = false;
    place.start(&["--timeout", "0"]).await.unwrap_err();
    // Something else has used up their nonces, long ago.
    place.fake.ledger().pool.clear();
    for _ in DEPOSITS.iter() {
        place.fake.ledger().spend();
    }
    place.fake.ledger().head += 1_000;
    place.fake.ledger().mines = true;
    let words = place.start(&[]).await.unwrap_err();
    assert!(words.contains("keeps no state of 64 blocks ago"), "{words}");
    assert!(words.contains("start again with --rpc"), "{words}");
    assert_eq!(place.fake.ledger().logs.len(), 0);
    keeps.store(true, Ordering::Relaxed);
    place.start(&[]).await.unwrap();
    assert_eq!(place.fake.ledger().logs.len(), DEPOSITS.len());
}

#[tokio::test]
async fn a_node_that_forgets_while_the_operator_reads_stops_everything() {
    let mut read = false;
    let place = Place::scripted(move |_, method, params| {
        read |= method == "eth_getBalance";
        let is_old = method == "eth_call" && number(&params[1]) < 50;
        (read && is_old).then(|| error(-32000, "missing trie node"))
    });
    let place = place.await;
    let words = place.start(&["--from-block", "50"]).await.unwrap_err();
    assert!(words.contains("has forgotten how many deposits"), "{words}");
    assert_eq!(place.sent(), 0);
}

/// A beacon node that knows the validator of the second deposit, from the second question on.
async fn late_beacon_node() -> String {
    let mut asked = 0;
    let asked = std::sync::Mutex::new(move || {
        asked += 1;
        asked
    });
    let chain = settled().definition.terms().chain.clone();
    let begins = chain.genesis_time().unwrap();
    let answer = move |request: axum::extract::Request| {
        let mut said = said_of(&chain, begins).into_iter();
        if let Some((_, body)) = said.find(|(path, _)| *path == request.uri().path()) {
            let body: Value = serde_json::from_str(&body).unwrap();
            return std::future::ready(axum::Json(body));
        }
        let is_for_validators = !request.uri().path().ends_with("/pending_deposits");
        let data = match is_for_validators && asked.lock().unwrap()() > 1 {
            true => json!([{"index": "5", "balance": "32000000000", "status": "pending_queued",
                "validator": {"pubkey": DEPOSITS[1].pubkey}}]),
            false => json!([]),
        };
        std::future::ready(axum::Json(json!({ "data": data })))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    let router = axum::Router::new().fallback(move |request| answer(request));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn the_beacon_node_is_asked_again_after_yes() {
    let place = Place::scripted(|_, _, _| None).await;
    let beacon = late_beacon_node().await;
    refused_after_yes(&place, &["--beacon-node", &beacon]).await;
}

#[tokio::test]
async fn of_two_beacon_nodes_the_second_is_asked_for_what_the_first_does_not_say() {
    let place = Place::scripted(|_, _, _| None).await;
    let nowhere = "http://127.0.0.1:1";
    let beacon = late_beacon_node().await;
    let flags = ["--beacon-node", nowhere, "--beacon-node", &beacon];
    let arguments = place.arguments(&flags);
    assert!(arguments.connect(&settled()).await.is_ok());
    refused_after_yes(&place, &flags).await;
    let both = [
        "--beacon-node",
        nowhere,
        "--beacon-node",
        "http://127.0.0.1:2",
    ];
    let words = place.start(&both).await.unwrap_err();
    assert!(
        words.starts_with("none of your beacon nodes serves"),
        "{words}"
    );
    assert!(words.contains("http://127.0.0.1:2"), "{words}");
    assert_eq!(place.sent(), 0);
}

/// All is missing at first, and of one a beacon node has learnt once the operator has said yes.
async fn refused_after_yes(place: &Place, beacon: &[&str]) {
    let flags = [&["--from-block", "50"], beacon].concat();
    let arguments = place.arguments(&flags);
    let (lock, execution) = (settled(), place.fake.connect().await);
    let mut log = execution.log(keys_of(&DEPOSITS), 50);
    let nobody = BTreeSet::new();
    let view = log.whole_view(&nobody, |_, _| {}).await.unwrap();
    let looked = arguments.looked(&lock, &DEPOSITS, (&[], view), &execution);
    let looked = looked.await.unwrap();
    assert_eq!(looked.standing.missing, *DEPOSITS);
    let account = Account {
        address: [1; 20].into(),
        next: 0,
        pending: 0,
    };
    let changed = arguments.refuse_change(&mut log, (&account, &nobody, &[]), &looked);
    let words = changed.await.unwrap_err().to_string();
    assert!(words.contains("knows of more ETH"), "{words}");
}

#[test]
fn addresses_with_keys_are_taken_from_variables_and_shown_in_no_help() {
    let command = Arguments::augment_args(clap::Command::new("deposit"));
    for (flag, variable) in [
        ("rpc", "GANTRY_DEPOSIT_RPC"),
        ("beacon_node", "GANTRY_BEACON_NODE"),
    ] {
        let mut flags = command.get_arguments();
        let flag = flags.find(|argument| argument.get_id() == flag).unwrap();
        assert_eq!(flag.get_env(), Some(variable.as_ref()));
        assert!(flag.is_hide_env_values_set());
    }
}

#[tokio::test]
async fn what_happens_while_the_operator_reads_stops_everything() {
    // The balance is the last thing that is asked for before the question.
    type Change = fn(&mut Ledger);
    let by_another: Change = |ledger| ledger.see(DEPOSITS[1], 99, [66; 32].into());
    let by_this_account: Change = |ledger| ledger.nonce += 1;
    for change in [by_another, by_this_account] {
        let place = Place::scripted(move |ledger, method, _| {
            if method == "eth_getBalance" {
                change(ledger);
            }
            None
        });
        let place = place.await;
        let words = place.start(&[]).await.unwrap_err();
        assert!(words.contains("while this was being decided"), "{words}");
        assert_eq!(place.sent(), 0);
    }
    // Another machine has sent with this account, and that is in no block yet.
    let mut read = false;
    let place = Place::scripted(move |_, method, params| {
        read |= method == "eth_getBalance";
        let pending = method == "eth_getTransactionCount" && params[1] == "pending";
        (read && pending).then(|| json!({"result": "0x1"}))
    });
    let place = place.await;
    let words = place.start(&[]).await.unwrap_err();
    assert!(words.contains("while this was being decided"), "{words}");
    assert_eq!(place.sent(), 0);
}

#[tokio::test]
async fn an_account_with_too_little_sends_nothing() {
    let place = Place::scripted(|_, method, _| {
        (method == "eth_getBalance").then(|| json!({"result": "0xde0b6b3a7640000"}))
    });
    let place = place.await;
    let words = place.start(&[]).await.unwrap_err();
    assert!(
        words.contains("has 1.0") && words.contains("needs 64.003"),
        "{words}"
    );
    assert_eq!(place.sent(), 0);
}

#[tokio::test]
async fn only_looking_sends_and_writes_nothing() {
    let place = Place::scripted(|_, _, _| None).await;
    let arguments = place.arguments(&["--dry-run"]);
    arguments
        .only_look(&settled(), &DEPOSITS, &[])
        .await
        .unwrap();
    assert_eq!(place.fake.ledger().logs.len(), 0);
    assert_eq!(std::fs::read_dir(place.dir.path()).unwrap().count(), 0);
}

#[test]
fn a_late_first_block_needs_a_beacon_node() {
    let words = [
        "gantry",
        "deposit",
        "f",
        "--rpc",
        "http://127.0.0.1:1",
        "--from-block",
        "7",
    ];
    let refused = Gantry::try_parse_from(words).unwrap().run().unwrap_err();
    let words = refused.to_string();
    assert!(words.contains("give --beacon-node as well"), "{words}");
}
