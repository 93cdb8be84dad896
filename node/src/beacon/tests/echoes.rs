//! Nodes that repeat in an answer what stands in their address: none of it is shown.

use proto::PublicKey;
use proto::eth::{ChainSpec, ValidatorIndex};
use proto::{Epoch, Slot};

use super::*;

/// In the address, and as a node may repeat them.
const PASSWORD: &str = "hunter2/";
const ECHOES: [&str; 5] = [
    r"hunter2/",
    r"hunter2\/",
    r"\u0068unter2%2f",
    r"%68unter2&#x2F;",
    r"Basic bWU6aHVudGVyMi8=",
];
/// The same without what hides them.
const PLAIN: [&str; 4] = ["hunter2", "\\u0068unter2", "%68unter2", "bWU6aHVudGVyMi"];

async fn start(node: &Node) -> BeaconClient {
    let address = node.listen().await;
    let mut url = reqwest::Url::parse(&format!("http://{address}")).unwrap();
    url.set_username("me").unwrap();
    url.set_password(Some(PASSWORD)).unwrap();
    BeaconClient::connect(url.as_str()).unwrap()
}

/// Everything that is told of what a node with `answer` at every path answers.
async fn told(status: u16, answer: &str, spec: &ChainSpec) -> Vec<String> {
    let mut node = Node::default();
    let keys = [PublicKey::from([1; 48])];
    let request = BlockRequest {
        slot: Slot(418),
        randao_reveal: [1; 96].into(),
        graffiti: [0; 32].into(),
        boost_factor: 0,
    };
    for path in [
        "/eth/v1/beacon/genesis",
        "/eth/v1/config/spec",
        "/eth/v1/node/version",
        "/eth/v1/node/syncing",
        "/eth/v1/validator/duties/attester/51",
        "/eth/v1/beacon/states/head/pending_deposits",
        "/eth/v1/beacon/headers/head",
        PROPOSER_V2,
        VALIDATORS,
        VOTE,
        POOL,
        PRODUCE,
    ] {
        node = node.with(path, (status, JSON, answer.as_bytes()));
    }
    let client = start(&node).await;
    let client = &client;
    let indices = [ValidatorIndex(0)];
    let attesters = client.attester_duties(Epoch(51), &indices).await;
    let validators = client.known_validators(StateId::Head, &keys).await;
    vec![
        format!("{:?}", client.chain_spec().await),
        format!("{:?}", client.version().await),
        format!("{:?}", client.sync_status().await),
        format!(
            "{attesters:?} {:?}",
            attesters.as_ref().map(|d| d.strange.told())
        ),
        format!("{:?}", client.proposer_duties(Epoch(51)).await),
        format!(
            "{validators:?} {:?}",
            validators.as_ref().map(|v| v.strange.told())
        ),
        format!("{:?}", client.pending_deposits(StateId::Head).await),
        format!("{:?}", client.known_block(BlockId::Head).await),
        format!("{:?}", client.attestation_data(Slot(414)).await),
        format!("{:?}", client.produce_block(spec, &request).await.err()),
        format!(
            "{:?}",
            client
                .submit_attestations(proto::eth::ForkName::Electra, &[])
                .await
        ),
    ]
}

#[tokio::test]
async fn no_answer_shows_what_it_repeats_of_the_address() {
    let spec = Node::recorded().start().await.chain_spec().await.unwrap();
    for echo in ECHOES {
        let root = HEAD;
        let answers = [
            (404, echo.to_owned()),
            (400, format!(r#"{{"code":400,"message":"of {echo}"}}"#)),
            (
                400,
                format!(r#"{{"message":"","failures":[{{"index":0,"message":"{echo}"}}]}}"#),
            ),
            (200, echo.to_owned()),
            (200, format!(r#"{{"data":{{"version":"{echo}"}}}}"#)),
            (200, format!(r#"{{"data":{{"head_slot":"{echo}"}}}}"#)),
            (
                200,
                format!(r#"{{"version":"{echo}","data":{{"SLOTS_PER_EPOCH":"{echo}"}}}}"#),
            ),
            (
                200,
                format!(
                    r#"{{"dependent_root":"{root}",
                        "data":[{{"index":"{echo}"}},{{"slot":"{echo}"}}]}}"#
                ),
            ),
        ];
        for (status, answer) in answers {
            // Behind a backslash that is none of JSON, it is no JSON: what is shown then, too.
            for told in told(status, &answer, &spec).await {
                for plain in PLAIN {
                    assert!(!told.contains(plain), "{status} {answer}: {told}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_strange_item_among_others_and_a_fork_show_nothing_of_the_address() {
    let recorded = include_str!("recorded/attester.json");
    let strange = recorded.replacen("\"data\":[", r#""data":[{"slot":"hunter2\/"},"#, 1);
    assert_ne!(strange, recorded);
    let path = "/eth/v1/validator/duties/attester/51";
    let node = Node::recorded().with(path, (200, JSON, strange.as_bytes()));
    let client = start(&node).await;
    let all: Vec<ValidatorIndex> = (0..64).map(ValidatorIndex).collect();
    let duties = client.attester_duties(Epoch(51), &all).await.unwrap();
    let told = duties.strange.told().unwrap();
    assert!(told.contains('…') && !told.contains("hunter"), "{told}");
}

#[tokio::test]
async fn a_redirect_shows_nothing_of_the_address() {
    let moved = b"HTTP/1.1 302 Found\r\nlocation: https://hunter2.example/\r\n\
        content-length: 0\r\n\r\n";
    let listener = endless(moved, b"").await;
    let mut url = reqwest::Url::parse(listener.node()).unwrap();
    url.set_username("hunter2").unwrap();
    let client = BeaconClient::connect(url.as_str()).unwrap();
    let error = client.sync_status().await.unwrap_err().to_string();
    assert!(error.contains("it leads to https://…"), "{error}");
}
