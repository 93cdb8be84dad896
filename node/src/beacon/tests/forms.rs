//! Every form in which a node may answer the routes of aggregation, the sync committee and
//! builders: it is understood, or the operator is told node, route, reason and what to do.
//!
//! | form | what is asked for | what is posted |
//! |---|---|---|
//! | members that nobody knows, numbers without quotes, optional members left out | the same | - |
//! | 202, 206, SSZ where the node may choose | the same | taken; of a blinded block 202 is less |
//! | 404 of the node itself | there is no aggregate or contribution, and else told | told |
//! | 400, 403, 404 or 500 of a proxy or the node, 503 while it is syncing, a page | told | told |
//! | null, a list or page in its place, SSZ that is none | told; no seats, no validators | - |
//! | more bytes than it may have | told | told |

mod routes;

use serde_json::{Value, json};

use super::*;
use routes::{Route, asked, posted_block, posted_lists, posted_whole};

/// What comes of a route when it is answered so.
async fn outcome(route: &Route, answer: (u16, &'static str, &[u8])) -> Result<String, String> {
    let node = Node::recorded().with(&route.path, answer);
    let client = node.start().await;
    let url = client.node().to_owned();
    let outcome = (route.put)(client).await;
    outcome.map_err(|error| {
        let words = error.to_string();
        let whom = match route.is_of(&[Call::BuilderHeader]) {
            true => "relay",
            false => "beacon node",
        };
        let begin = format!("{whom} {url}, {} ({}): ", route.call, route.call.route());
        assert!(words.starts_with(&begin), "{words}");
        words
    })
}

async fn outcome_of(route: &Route, status: u16, answer: &Value) -> Result<String, String> {
    outcome(route, (status, JSON, answer.to_string().as_bytes())).await
}

/// The same with a member more in every object.
fn with_more(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(with_more).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let mut more: serde_json::Map<String, Value> = members
                .map(|(name, value)| (name.clone(), with_more(value)))
                .collect();
            more.insert("of_a_later_version".to_owned(), json!({"is": [1, null]}));
            Value::Object(more)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The same without what the API lets a node leave out, or is in headers too.
fn with_less(value: &Value) -> Value {
    let mut less = value.clone();
    let members = less.as_object_mut().unwrap();
    members.retain(|name, _| {
        let is_needed = ["data", "dependent_root", "execution_payload_blinded"];
        is_needed.contains(&name.as_str())
    });
    less
}

#[tokio::test]
async fn what_is_asked_for_is_understood_in_every_form_of_the_api() {
    for route in asked().await {
        let path = &route.path;
        let right = outcome_of(&route, 200, &route.answer).await.unwrap();
        assert!(right.len() > 100, "{path}: {right}");
        for form in [with_more(&route.answer), with_less(&route.answer)] {
            assert_eq!(
                outcome_of(&route, 200, &form).await.as_ref(),
                Ok(&right),
                "{path}"
            );
        }
        for status in [202, 206] {
            let found = outcome_of(&route, status, &route.answer).await;
            assert_eq!(found.as_ref(), Ok(&right), "{path}: {status}");
        }
        // A fee of 256 bits is read in quotes alone.
        let bare = outcome_of(&route, 200, &strange::bare(&route.answer)).await;
        match route.is_of(&[Call::ProduceBlock]) {
            true => assert!(bare.unwrap_err().contains("cannot be read"), "{path}"),
            false => assert_eq!(bare.as_ref(), Ok(&right), "{path}"),
        }
    }
}

#[tokio::test]
async fn what_may_be_ssz_is_the_same_from_ssz() {
    let aggregate = aggregates::aggregate()
        .in_full::<proto::eth::Minimal>()
        .unwrap();
    let contribution = sync::contribution()
        .in_full::<proto::eth::Minimal>()
        .unwrap();
    let ssz = |of: &Route| {
        if of.call == Call::Aggregate {
            return Some(ssz::Encode::as_ssz_bytes(&aggregate));
        }
        if of.call == Call::Contribution {
            return Some(ssz::Encode::as_ssz_bytes(&contribution));
        }
        let produced = || include_bytes!("recorded/produced.ssz").to_vec();
        (of.path == PRODUCE).then(produced)
    };
    for route in asked().await {
        let path = &route.path;
        let Some(ssz) = ssz(&route) else { continue };
        let right = outcome_of(&route, 200, &route.answer).await;
        for media_type in [SSZ, "Application/Octet-Stream; charset=binary"] {
            assert_eq!(
                outcome(&route, (200, media_type, &ssz)).await,
                right,
                "{path}"
            );
        }
        let half = outcome(&route, (200, SSZ, &ssz[..ssz.len() / 2]))
            .await
            .unwrap_err();
        assert!(
            half.contains("upgrade the node or gantry"),
            "{path}: {half}"
        );
    }
}

/// What a proxy says, or the node in a bad moment, and what the operator is to do about it.
const FAILURES: [(u16, &[u8], &str); 8] = [
    (
        400,
        br#"{"code":400,"message":"no such epoch"}"#,
        "(no such epoch): the node does not take",
    ),
    (
        403,
        b"<html>Forbidden</html>",
        "(a web page): check the user name",
    ),
    (
        404,
        b"<html>Not Found</html>",
        "(a web page): the node has no such call",
    ),
    (
        404,
        br#"{"message":"Route not found","statusCode":404}"#,
        "the node has no such call",
    ),
    (
        405,
        b"",
        ": the node has no such call or object; check its version",
    ),
    (
        500,
        br#"{"code":500,"message":"no builder"}"#,
        "(no builder): look at the node's log",
    ),
    (
        502,
        b"Bad Gateway",
        "(Bad Gateway): the node or a proxy before it is overloaded",
    ),
    (
        503,
        br#"{"code":503,"message":"syncing"}"#,
        "(syncing): the node is syncing or starting",
    ),
];

#[tokio::test]
async fn what_is_no_answer_is_told_with_node_route_reason_and_what_to_do() {
    let posted = posted_lists()
        .into_iter()
        .chain(posted_whole())
        .chain([posted_block()]);
    for route in asked().await.into_iter().chain(posted) {
        for (status, body, expected) in FAILURES {
            let words = outcome(&route, (status, JSON, body)).await.unwrap_err();
            assert!(
                words.contains(expected),
                "{}: {status}: {words}",
                route.path
            );
        }
    }
}

#[tokio::test]
async fn only_the_node_itself_says_that_it_has_none() {
    let own: &[u8] = br#"{"code":404,"message":"none"}"#;
    for route in asked().await {
        let path = &route.path;
        for body in [own, b""] {
            let found = outcome(&route, (404, JSON, body)).await;
            match route.is_of(&[Call::Aggregate, Call::Contribution]) {
                true => assert_eq!(found.as_deref(), Ok("None"), "{path}"),
                false => assert!(
                    found.unwrap_err().contains("no such call or object"),
                    "{path}"
                ),
            }
        }
        if route.call == Call::BuilderHeader {
            assert_eq!(
                outcome(&route, (204, JSON, b"")).await.as_deref(),
                Ok("None")
            );
        }
    }
}

#[tokio::test]
async fn what_stands_in_place_of_the_answer_is_told() {
    for route in asked().await {
        let path = &route.path;
        for (body, expected) in [
            (
                "<html>welcome</html>",
                ["is a web page: this is no Beacon API", "cannot be read"],
            ),
            ("[]", ["cannot be read", "cannot be read"]),
            (r#"{"data":7}"#, ["cannot be read", "cannot be read"]),
        ] {
            let words = outcome(&route, (200, JSON, body.as_bytes()))
                .await
                .unwrap_err();
            let expected = expected[usize::from(route.call == Call::BuilderHeader)];
            assert!(words.contains(expected), "{path}: {body}: {words}");
        }
        let null = outcome(&route, (200, JSON, br#"{"data":null}"#)).await;
        // As programs in Go write an empty list.
        match route.is_of(&[Call::SyncDuties, Call::Validators]) {
            true => assert!(null.unwrap().contains("[]"), "{path}"),
            false => assert!(null.unwrap_err().contains("cannot be read"), "{path}"),
        }
    }
}

#[tokio::test]
async fn no_answer_may_have_more_bytes_than_its_call_needs() {
    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
    let posted = posted_lists()
        .into_iter()
        .chain(posted_whole())
        .chain([posted_block()]);
    for route in asked().await.into_iter().chain(posted) {
        let failed = (route.put)(endless(huge, b"").await).await;
        let limit = route.call.answer_limit();
        assert_eq!(cause(failed), Cause::TooLarge(limit), "{}", route.path);
    }
}

#[tokio::test]
async fn what_is_posted_is_taken_with_any_success() {
    let bodies: [&[u8]; 3] = [b"", b"{}", b"<html>ok</html>"];
    for status in [200, 202, 206] {
        for body in bodies {
            for route in posted_lists() {
                let told = outcome(&route, (status, JSON, body)).await;
                assert_eq!(told.as_deref(), Ok("[]"), "{}: {status}", route.path);
            }
            for route in posted_whole() {
                let told = outcome(&route, (status, JSON, body)).await;
                assert_eq!(told.as_deref(), Ok("()"), "{}: {status}", route.path);
            }
            // 202: it went out, and could not be imported.
            let told = outcome(&posted_block(), (status, JSON, body)).await;
            let expected = if status == 202 {
                "OnlySentOn"
            } else {
                "Imported"
            };
            assert_eq!(told.as_deref(), Ok(expected), "{status}");
        }
    }
}

#[tokio::test]
async fn what_is_not_taken_of_a_list_is_known_by_plain_and_quoted_positions() {
    let failures = json!({ "code": 400, "message": "some", "failures": [
        {"index": 0, "message": "already seen"}, {"index": "1", "message": "of the past"},
        {"index": "second", "message": "unnamed"},
    ]});
    for route in posted_lists() {
        let told = outcome_of(&route, 400, &failures).await.unwrap();
        let path = &route.path;
        assert!(!told.contains("already seen"), "{path}: {told}");
        assert!(
            told.contains("index: 1,") && told.contains("of the past"),
            "{path}: {told}"
        );
        // Nobody's: whoever reads it must not take all of them for taken.
        assert!(
            told.contains(&format!("index: {}, ", usize::MAX)),
            "{path}: {told}"
        );
    }
}
