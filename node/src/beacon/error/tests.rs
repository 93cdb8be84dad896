//! Errors say who, what, why and what to do.

use proptest::prelude::*;

use super::*;

fn error(cause: Cause) -> BeaconError {
    BeaconError {
        node: "http://127.0.0.1:5052".into(),
        call: Call::AttestationData,
        cause,
    }
}

fn read(status: u16, body: &[u8]) -> Rejected {
    let url = reqwest::Url::parse("https://me:password@h/0123456789abcdef").unwrap();
    Rejected::read(status, body, &Hidden::of(&url))
}

#[test]
fn an_error_names_the_node_the_call_the_reason_and_what_to_do() {
    let body = br#"{"code":503,"message":"Node is\nsyncing"}"#;
    assert_eq!(
        error(Cause::Rejected(read(503, body))).to_string(),
        "beacon node http://127.0.0.1:5052, attestation data (GET \
             /eth/v1/validator/attestation_data): HTTP status 503 (Node is syncing): the node is \
             syncing or starting; wait for it"
    );
    assert_eq!(
        error(Cause::Timeout(4000)).to_string(),
        "beacon node http://127.0.0.1:5052, attestation data: no answer within 4000 ms: the \
             node or its machine is overloaded or still starting"
    );
}

#[test]
fn the_engine_api_in_place_of_a_beacon_node_is_told() {
    let refused = |status, node: &str| {
        let rejected = read(status, b"").to(Call::AttestationData, node);
        error(Cause::Rejected(rejected)).to_string()
    };
    let words = refused(401, "http://127.0.0.1:8551");
    assert!(words.contains("this is no Beacon API"), "{words}");
    assert!(words.contains("that of the execution node may"), "{words}");
    for (status, node) in [
        (401, "http://127.0.0.1:5052"),
        (503, "http://127.0.0.1:8551"),
    ] {
        let words = refused(status, node);
        assert!(!words.contains("no Beacon API"), "{words}");
    }
}

#[test]
fn failures_of_single_items_are_read_with_plain_and_quoted_positions() {
    let body = br#"{"code":400,"message":"some failed","failures":[
            {"index":0,"message":"ATTESTATION_ERROR_ATTESTATION_ALREADY_KNOWN"},
            {"index":"7","message":"ATTESTATION_ERROR_INVALID_SIGNATURE"}]}"#;
    let rejected = read(400, body);
    let known: Vec<(usize, bool)> = rejected
        .failures
        .iter()
        .map(|failure| (failure.index, failure.is_already_known()))
        .collect();
    assert_eq!(known, [(0, true), (7, false)]);
}

#[test]
fn what_a_node_says_is_read_in_other_languages_too() {
    let nimbus = br#"{"code":400,"message":"Some errors happened","failures":[
            {"index":"0","message":"(Ignore, \"Validator has already voted in epoch\")"},
            {"index":1,"message":null}]}"#;
    let failures = read(400, nimbus).failures;
    assert!(failures[0].is_already_known());
    assert_eq!((failures[1].index, &*failures[1].message), (1, ""));
    let null = br#"{"code":500,"message":"broken","failures":null}"#;
    assert_eq!(&*read(500, null).message, "broken");
    let other = br#"{"status":400,"error":"Bad Request"}"#;
    assert!(read(400, other).message.contains("Bad Request"));
}

#[test]
fn what_somebody_must_mend_lasts_and_what_time_mends_does_not() {
    let status = |status| error(Cause::Rejected(read(status, b""))).lasts();
    for lasting in [302, 400, 401, 403, 404, 405, 415, 501] {
        assert!(status(lasting), "{lasting}");
    }
    for passing in [408, 425, 429, 500, 502, 503, 504] {
        assert!(!status(passing), "{passing}");
    }
    assert!(error(Cause::Undecodable(Shown::ours(""))).lasts());
    assert!(!error(Cause::Timeout(1)).lasts());
    assert!(!error(Cause::Unreachable(Shown::ours(""))).lasts());
}

proptest! {
    #[test]
    fn any_body_of_a_failure_gives_one_short_line(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..2000),
            ".{0,400}".prop_map(String::into_bytes),
            ".{0,400}".prop_map(|text| format!("{{\"message\":{text:?}}}").into_bytes()),
        ],
    ) {
        let message = read(500, &body).message;
        prop_assert!(message.chars().count() <= Rejected::MESSAGE_LIMIT + 1);
        prop_assert!(!message.contains('\n'));
    }
}

#[test]
fn no_part_of_a_password_is_shown_where_a_long_text_is_cut() {
    let before = "x".repeat(Rejected::MESSAGE_LIMIT - 4);
    let text = format!("{before}password, 0123456789abcdef");
    let item = format!(r#"{{"message":"{text}","failures":[{{"index":0,"message":"{text}"}}]}}"#);
    for body in [&text, &item] {
        let rejected = read(400, body.as_bytes());
        assert!(rejected.message.contains("xxx…"), "{rejected:?}");
        let said = format!("{rejected:?}");
        assert!(!said.contains("pass") && !said.contains("012"), "{said}");
    }
}
