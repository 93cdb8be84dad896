//! What the node says of validators that leave, and the exit that it is given.

use proto::Epoch;
use proto::eth::operations::SignedVoluntaryExit;
use proto::eth::{ValidatorIndex, VoluntaryExit};

use super::*;

const EXITS: &str = "/eth/v1/beacon/pool/voluntary_exits";
const FAR_FUTURE: Epoch = Epoch(u64::MAX);

fn exit() -> SignedVoluntaryExit {
    SignedVoluntaryExit {
        message: VoluntaryExit {
            epoch: Epoch(9),
            validator_index: ValidatorIndex(77),
        },
        signature: [5; 96].into(),
    }
}

#[tokio::test]
async fn an_exit_is_posted_in_the_words_of_the_api_and_a_refusal_says_why() {
    let node = Node::recorded().with(EXITS, (200, JSON, b""));
    node.start().await.submit_exit(&exit()).await.unwrap();
    let (path, _, body) = node.last();
    assert_eq!(path, EXITS);
    let expected = format!(
        r#"{{"message":{{"epoch":"9","validator_index":"77"}},"signature":"0x{}"}}"#,
        "05".repeat(96)
    );
    assert_eq!(body, expected);
    let why = br#"{"code":400,"message":"exit already known"}"#;
    let node = Node::recorded().with(EXITS, (400, JSON, why));
    let client = node.start().await;
    for _ in 0..2 {
        // Also right after a refusal it is offered again, and looked for.
        let error = client.submit_exit(&exit()).await.unwrap_err().to_string();
        assert!(error.contains("exit already known"), "{error}");
    }
    assert_eq!(node.asked(EXITS), 4);
}

#[tokio::test]
async fn an_exit_that_another_brought_first_is_not_refused() {
    let refused: &[u8] = br#"{"code":500,"message":"VOLUNTARY_EXIT_ERROR_ALREADY_EXISTS"}"#;
    let mut others = exit();
    others.message.validator_index = ValidatorIndex(78);
    for (pooled, is_there) in [(vec![&others, &exit()], true), (vec![&others], false)] {
        let pooled = serde_json::json!({ "data": pooled }).to_string();
        let node = Node::recorded()
            .with(&format!("POST {EXITS}"), (500, JSON, refused))
            .with(&format!("GET {EXITS}"), (200, JSON, pooled.as_bytes()));
        let submitted = node.start().await.submit_exit(&exit()).await;
        assert_eq!(submitted.is_ok(), is_there, "{submitted:?}");
    }
}

#[tokio::test]
async fn epochs_of_a_validator_are_read_and_strange_ones_cost_it_no_duty() {
    let recorded: serde_json::Value =
        serde_json::from_slice(include_bytes!("recorded/validators.json")).unwrap();
    let key = recorded["data"][0]["validator"]["pubkey"].as_str().unwrap();
    let keys = [key.parse().unwrap()];
    let client = Node::recorded().start().await;
    let found = client.known_validators(StateId::Head, &keys).await.unwrap();
    let validator = &found.known[0].validator;
    assert_eq!(validator.activation_epoch, Some(Epoch(0)));
    assert_eq!(validator.exit_epoch, Some(FAR_FUTURE));
    assert_eq!(validator.withdrawable_epoch, Some(FAR_FUTURE));
    for strange in [
        serde_json::json!("soon"),
        serde_json::json!(null),
        serde_json::json!([7]),
    ] {
        let mut answer = recorded.clone();
        answer["data"][0]["validator"]["exit_epoch"] = strange;
        let body = serde_json::to_vec(&answer).unwrap();
        let node = Node::recorded().with(VALIDATORS, (200, JSON, &body));
        let found = node
            .start()
            .await
            .known_validators(StateId::Head, &keys)
            .await;
        let known = found.unwrap().known;
        assert_eq!(known[0].validator.exit_epoch, None);
        assert!(known[0].status.is_active());
    }
}

/// What is not said of one is not as if it were for the group.
#[tokio::test]
async fn a_validator_is_told_with_whom_its_stake_returns_to_or_not_at_all() {
    let recorded: serde_json::Value =
        serde_json::from_slice(include_bytes!("recorded/validators.json")).unwrap();
    let of = |name: &str| recorded["data"][0]["validator"][name].as_str().unwrap();
    let key: proto::PublicKey = of("pubkey").parse().unwrap();
    let credentials: proto::Root = of("withdrawal_credentials").parse().unwrap();
    let client = Node::recorded().start().await;
    let owners = client.owners(StateId::Head, &[key]).await.unwrap();
    assert_eq!(owners, [(key, credentials)]);
    for strange in [serde_json::json!(null), serde_json::json!("0x01")] {
        let mut answer = recorded.clone();
        answer["data"][0]["validator"]["withdrawal_credentials"] = strange;
        let body = serde_json::to_vec(&answer).unwrap();
        let node = Node::recorded().with(VALIDATORS, (200, JSON, &body));
        let client = node.start().await;
        let error = client.owners(StateId::Head, &[key]).await.unwrap_err();
        let words = error.to_string();
        assert!(words.contains("without withdrawal credentials"), "{words}");
        // A duty needs none.
        let known = client.known_validators(StateId::Head, &[key]).await;
        assert_eq!(known.unwrap().known.len(), 1);
    }
}
