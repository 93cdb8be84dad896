//! Registrations with builders, as the node is given them.

use proto::eth::SignedValidatorRegistration;

use super::*;

pub(super) const REGISTER: &str = "/eth/v1/validator/register_validator";
pub(super) const REGISTRATION: &str =
    include_str!("../../../../proto/tests/vectors/registration.json");

#[tokio::test]
async fn registrations_are_posted_in_the_words_of_the_api_and_a_refusal_says_why() {
    let signed: SignedValidatorRegistration = serde_json::from_str(REGISTRATION).unwrap();
    let node = Node::recorded().with(REGISTER, (200, JSON, b""));
    let client = node.start().await;
    client.register_validators(&[signed, signed]).await.unwrap();
    let (path, headers, body) = node.last();
    assert_eq!(path, REGISTER);
    assert_eq!(headers["content-type"], "application/json");
    let said: Vec<SignedValidatorRegistration> = serde_json::from_slice(&body).unwrap();
    assert_eq!(said, [signed, signed]);
    let words = std::str::from_utf8(&body).unwrap();
    assert!(
        words.contains(r#""gas_limit":"60000000","timestamp":"1795263776""#),
        "{words}"
    );
    let why = br#"{"code":500,"message":"no builder is configured"}"#;
    let node = Node::recorded().with(REGISTER, (500, JSON, why));
    let client = node.start().await;
    let error = client.register_validators(&[signed]).await.unwrap_err();
    assert!(
        error.to_string().contains("no builder is configured"),
        "{error}"
    );
}
