//! Nodes and proxies that answer otherwise than the API says, and still can be understood.
//!
//! | who | what |
//! |---|---|
//! | Lighthouse | 400 to a version of a call that it does not have; 202 to a known block |
//! | Prysm before 5, older Teku | 405 or 404 to the POST of validators |
//! | proxies of node providers | 403 or 405 to every POST that is not on their list |
//! | Grandine, Nimbus, Teku before Fulu | 404 to v2 of the proposer duties |
//! | Teku that has just begun | not syncing, and 206 when it is asked for its health |
//! | programs in Go | null for an empty list |
//! | proxies in JavaScript | numbers without their quotes |

use std::time::Duration;

use futures::StreamExt as _;
use proto::eth::{ChainSpec, ForkName, ValidatorIndex};
use proto::{Epoch, PublicKey, Slot};
use serde_json::{Value, json};

use super::*;

const ATTESTERS: &str = "/eth/v1/validator/duties/attester/51";
const PROPOSER_V1: &str = "/eth/v1/validator/duties/proposer/51";
/// The statuses with which a node, or a proxy before it, refuses a form of a question.
const REFUSALS: [u16; 7] = [400, 403, 404, 405, 406, 415, 501];

pub(super) fn key() -> PublicKey {
    "0xa99a76ed7796f7be22d5b7e85deeb7c5677e88e511e0b337618f8c4eb61349b4bf2d153f649f7b\
     53359fe8b94a38e44c"
        .parse()
        .unwrap()
}

fn recorded(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

/// The same JSON with every number taken out of its quotes.
pub(super) fn bare(value: &Value) -> Value {
    match value {
        Value::String(text) => text
            .parse()
            .map_or_else(|_| value.clone(), |number: u64| json!(number)),
        Value::Array(list) => list.iter().map(bare).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), bare(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn with_json(node: Node, path: &str, body: &Value) -> Node {
    node.with(path, (200, JSON, body.to_string().as_bytes()))
}

#[tokio::test]
async fn a_refused_form_of_a_question_is_asked_in_the_other_form() {
    let proposers = include_bytes!("recorded/proposer.json");
    let vote = include_bytes!("recorded/attestation_data.json");
    for status in REFUSALS {
        let refusal = (
            status,
            JSON,
            &br#"{"code":400,"message":"Unsupported"}"#[..],
        );
        let node = Node::recorded()
            .with(&format!("POST {VALIDATORS}"), refusal)
            .with(PROPOSER_V2, refusal)
            .with(PROPOSER_V1, (200, JSON, proposers));
        let client = node.start().await;
        let validators = client.validators(StateId::Head, &[key()]).await.unwrap();
        assert_eq!(validators[0].index, ValidatorIndex(0), "{status}");
        let duties = client.proposer_duties(Epoch(51)).await.unwrap();
        assert_eq!(duties.duties.len(), 8, "{status}");
    }
    for status in [400, 406, 415] {
        let node = Node::recorded()
            .with(&format!("SSZ {VOTE}"), (status, JSON, b""))
            .with(VOTE, (200, JSON, vote));
        let data = node.start().await.attestation_data(Slot(414)).await;
        assert_eq!(data.unwrap().slot, Slot(414), "{status}");
    }
}

#[tokio::test]
async fn where_both_forms_are_refused_the_more_telling_reason_is_told() {
    let why = &br#"{"code":400,"message":"epoch 51 is far away"}"#[..];
    // The second form is no call of this node; the first says what is wrong.
    let node = Node::recorded().with(PROPOSER_V2, (400, JSON, why));
    let error = node.start().await.proposer_duties(Epoch(51)).await;
    assert!(error.unwrap_err().to_string().contains("far away"));
    let node = Node::recorded()
        .without(PROPOSER_V2)
        .with(PROPOSER_V1, (400, JSON, why));
    let error = node.start().await.proposer_duties(Epoch(51)).await;
    assert!(error.unwrap_err().to_string().contains("far away"));
    // A failure that is no refusal is not asked about in another form.
    let node = Node::recorded().with(PROPOSER_V2, (503, JSON, b""));
    let error = node.start().await.proposer_duties(Epoch(51)).await;
    assert_eq!(error.unwrap_err().status(), Some(503));
    assert_eq!(node.asked(PROPOSER_V1), 0);
}

#[tokio::test]
async fn one_strange_or_doubled_duty_costs_no_other() {
    let mut answer = recorded(include_bytes!("recorded/attester.json"));
    let [first, second] = [0, 1].map(|at| answer["data"][at].clone());
    let mut stranger = first.clone();
    stranger["validator_index"] = json!("77");
    let mut nowhere = second.clone();
    nowhere["committee_index"] = nowhere["committees_at_slot"].clone();
    let unreadable = json!({"pubkey": "0x12", "slot": null});
    answer["data"] = json!([unreadable, stranger, first, nowhere, first, second]);
    let node = with_json(Node::recorded(), ATTESTERS, &answer);
    let ours = [ValidatorIndex(0), ValidatorIndex(1)];
    let attesters = node.start().await.attester_duties(Epoch(51), &ours).await;
    let attesters = attesters.unwrap();
    let found: Vec<_> = attesters.duties.iter().map(|d| d.validator_index).collect();
    assert_eq!(found, ours);
    let told = attesters.strange.told().unwrap();
    assert!(told.contains("0x12") && told.contains("77"), "{told}");
    assert!(told.ends_with("; 1 more"), "{told}");

    let mut answer = recorded(include_bytes!("recorded/proposer.json"));
    let doubled = answer["data"][0].clone();
    let duties = answer["data"].as_array_mut().unwrap();
    duties.extend([doubled, json!("strange")]);
    let node = with_json(Node::recorded(), PROPOSER_V2, &answer);
    let proposers = node.start().await.proposer_duties(Epoch(51)).await.unwrap();
    assert_eq!(proposers.duties.len(), 8);
    assert!(proposers.strange.told().unwrap().contains("408"));
}

#[tokio::test]
async fn one_strange_validator_costs_no_other_but_a_deposit_takes_no_half_answer() {
    let mut answer = recorded(include_bytes!("recorded/validators.json"));
    let good = answer["data"][0].clone();
    let mut odd = good.clone();
    odd["status"] = json!("asleep");
    answer["data"] = json!([odd, good]);
    let client = with_json(Node::recorded(), VALIDATORS, &answer)
        .start()
        .await;
    let found = client.known_validators(StateId::Head, &[key()]).await;
    let found = found.unwrap();
    assert_eq!(found.known.len(), 1);
    assert!(found.strange.told().unwrap().contains("asleep"));
    let strict = client.validators(StateId::Head, &[key()]).await;
    let strange = matches!(
        cause(strict),
        Cause::Contradiction(Contradiction::Strange(_))
    );
    assert!(strange);
    // Of one validator no more is needed than who it is and where it stands.
    let least = json!({"data": [{"index": 0, "balance": 32, "status": good["status"],
        "validator": {"pubkey": good["validator"]["pubkey"]}}]});
    let client = with_json(Node::recorded(), VALIDATORS, &least)
        .start()
        .await;
    let found = client.validators(StateId::Head, &[key()]).await.unwrap();
    assert_eq!(found[0].index, ValidatorIndex(0));
}

#[tokio::test]
async fn null_is_an_empty_list_except_where_it_would_cost_an_epoch() {
    let root = recorded(include_bytes!("recorded/attester.json"))["dependent_root"].clone();
    let null = json!({"data": null, "dependent_root": root, "execution_optimistic": null});
    let empty = json!({"data": [], "dependent_root": root});
    let pending = "/eth/v1/beacon/states/head/pending_deposits";
    let mut node = Node::recorded();
    for path in [VALIDATORS, ATTESTERS, PROPOSER_V2, pending] {
        node = with_json(node, path, &null);
    }
    let client = node.start().await;
    assert_eq!(client.validators(StateId::Head, &[key()]).await, Ok(vec![]));
    assert_eq!(client.pending_deposits(StateId::Head).await, Ok(vec![]));
    let ours = [ValidatorIndex(0)];
    let attesters = client.attester_duties(Epoch(51), &ours).await;
    assert_eq!(
        cause(attesters),
        Cause::Contradiction(Contradiction::NoDuties)
    );
    let proposers = client.proposer_duties(Epoch(51)).await;
    assert_eq!(
        cause(proposers),
        Cause::Contradiction(Contradiction::NoDuties)
    );
    let client = with_json(Node::recorded(), ATTESTERS, &empty).start().await;
    let attesters = client.attester_duties(Epoch(51), &ours).await.unwrap();
    assert_eq!((attesters.duties.len(), attesters.optimistic), (0, false));
}

#[tokio::test]
async fn numbers_are_understood_without_their_quotes() {
    async fn answers(client: &BeaconClient) -> (ChainSpec, SyncStatus, String) {
        let ours = [ValidatorIndex(0), ValidatorIndex(1)];
        let attesters = client.attester_duties(Epoch(51), &ours).await.unwrap();
        let proposers = client.proposer_duties(Epoch(51)).await.unwrap();
        let validators = client.validators(StateId::Head, &[key()]).await.unwrap();
        let vote = client.attestation_data(Slot(414)).await.unwrap();
        let head = BlockId::Root(HEAD.parse().unwrap());
        let head = client.known_block(head).await.unwrap();
        (
            client.chain_spec().await.unwrap(),
            client.sync_status().await.unwrap(),
            format!("{attesters:?} {proposers:?} {validators:?} {vote:?} {head:?}"),
        )
    }
    let header = format!("/eth/v1/beacon/headers/{HEAD}");
    let mut node = Node::recorded();
    let vote = &include_bytes!("recorded/attestation_data.json")[..];
    for (path, answer) in [
        (
            "/eth/v1/beacon/genesis",
            &include_bytes!("recorded/genesis.json")[..],
        ),
        ("/eth/v1/config/spec", include_bytes!("recorded/spec.json")),
        (
            "/eth/v1/node/syncing",
            include_bytes!("recorded/syncing.json"),
        ),
        (VALIDATORS, include_bytes!("recorded/validators.json")),
        (ATTESTERS, include_bytes!("recorded/attester.json")),
        (PROPOSER_V2, include_bytes!("recorded/proposer.json")),
        (&header, include_bytes!("recorded/header.json")),
        (VOTE, vote),
    ] {
        node = with_json(node, path, &bare(&recorded(answer)));
    }
    let quoted = answers(&Node::recorded().start().await).await;
    assert_eq!(answers(&node.start().await).await, quoted);
}

#[tokio::test]
async fn a_state_that_is_left_open_with_null_is_the_careful_one() {
    let open = json!({"data": {"head_slot": "414", "sync_distance": "0", "is_syncing": false,
        "is_optimistic": null, "el_offline": null}});
    let client = with_json(Node::recorded(), "/eth/v1/node/syncing", &open)
        .start()
        .await;
    assert!(!client.sync_status().await.unwrap().el_offline);
    let root = HEAD;
    let head = format!(
        r#"{{"slot":414,"block":"{root}","previous_duty_dependent_root":"{root}",
            "current_duty_dependent_root":"{root}","execution_optimistic":null}}"#
    );
    let head: HeadEvent = serde_json::from_str(&head).unwrap();
    assert!(head.execution_optimistic, "nobody said that it was checked");
}

#[tokio::test]
async fn a_node_that_is_not_syncing_and_not_ready_either_is_asked_for_its_health() {
    const HEALTH: &str = "/eth/v1/node/health";
    let in_words: &[u8] = br#"{"code":503,"message":"SYNCING","stacktraces":[]}"#;
    for (status, body, is_unready) in [
        (200, &b""[..], false),
        (206, b"", true),
        (503, b"", true),
        (503, in_words, true),
        (403, b"", false),
        (404, b"", false),
        // What a proxy says is of the proxy.
        (503, b"<html>Service Unavailable</html>", false),
        (503, b"no healthy upstream", false),
        (503, br#"{"message":"no peer"}"#, false),
    ] {
        let node = Node::recorded().with(HEALTH, (status, JSON, body));
        let client = node.start().await;
        assert!(client.sync_status().await.unwrap().may_vote());
        let body = String::from_utf8_lossy(body);
        assert_eq!(client.is_unready().await, is_unready, "{status} {body}");
    }
}

#[tokio::test]
async fn a_node_that_answers_nothing_else_either_is_not_called_unready() {
    // As a proxy says it without a word, whose node is not there.
    let gone = (503, JSON, &b""[..]);
    let node = Node::recorded()
        .with("/eth/v1/node/health", gone)
        .with("/eth/v1/node/syncing", gone);
    assert!(!node.start().await.is_unready().await);
}

#[tokio::test]
async fn a_strange_event_costs_no_other_and_no_connection() {
    let events = include_str!("recorded/head_events.sse");
    // One without the roots that duties depend on: what it would say of them is not known.
    let rootless = format!("{{\"slot\":\"414\",\"block\":\"{HEAD}\"}}");
    let strange = format!("event: head\ndata: {rootless}\n\n{events}");
    let path = "/eth/v1/events";
    let node = Node::recorded().with(path, (200, "text/event-stream", strange.as_bytes()));
    let client = node.start().await;
    let heads = client.head_events(Duration::from_secs(5));
    let heard: Vec<_> = heads.take(5).collect().await;
    let read: Vec<bool> = heard.iter().map(Result::is_ok).collect();
    assert_eq!(
        read,
        [true, false, true, true, true],
        "the first is the connection"
    );
    let told = heard[1].as_ref().unwrap_err().to_string();
    assert!(told.contains("previous_duty_dependent_root"), "{told}");
    assert!(told.contains("GET /eth/v1/events"), "{told}");
    assert_eq!(node.asked(path), 1);
}

#[tokio::test]
async fn a_question_that_is_refused_is_not_put_again_and_again() {
    let refusal = (400, JSON, &br#"{"code":400,"message":"not for you"}"#[..]);
    let prepare = "/eth/v1/validator/prepare_beacon_proposer";
    let node = Node::recorded()
        .with(ATTESTERS, refusal)
        .with(PROPOSER_V2, (200, JSON, b"<html>welcome</html>"))
        .with(prepare, refusal)
        .with(POOL, refusal)
        .with(VOTE, (503, JSON, b""));
    let client = node.start().await;
    let ours = [ValidatorIndex(0)];
    for _ in 0..100 {
        let attesters = client.attester_duties(Epoch(51), &ours).await;
        assert!(attesters.unwrap_err().to_string().contains("not for you"));
        let proposers = client.proposer_duties(Epoch(51)).await;
        assert!(matches!(cause(proposers), Cause::NoBeaconApi(_)));
        assert!(client.prepare_proposers(&[]).await.is_err());
        assert!(client.attestation_data(Slot(414)).await.is_err());
        let signed = client.submit_attestations(ForkName::Electra, &[]).await;
        assert!(signed.is_err());
    }
    // A few times if the machine is slow; the pause doubles.
    for path in [ATTESTERS, PROPOSER_V2, prepare] {
        assert!(node.asked(path) < 20, "{path}: {}", node.asked(path));
    }
    // Another epoch is another question.
    let before = node.asked("/eth/v1/validator/duties/attester/50");
    assert!(client.attester_duties(Epoch(50), &ours).await.is_err());
    assert!(node.asked("/eth/v1/validator/duties/attester/50") > before);
    // What may be over any moment is asked each time, and what is signed is always offered.
    assert_eq!((node.asked(VOTE), node.asked(POOL)), (100, 100));
}
