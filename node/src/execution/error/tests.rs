//! What a node does wrong is told with what to do, without its keys.

use super::*;

fn words(error: TransportError) -> String {
    words_at("https://me:password@example.org/v3/0123456789abcdef", error)
}

fn words_at(url: &str, error: TransportError) -> String {
    let hidden = Hidden::of(&url.parse().unwrap());
    ExecutionError::of("for its newest block", 30, &hidden, error).to_string()
}

#[test]
fn what_a_log_does_not_show_is_told_with_what_to_do() {
    let (first, head, block) = (101, 100, 0);
    let lacking = ExecutionError::Lacking {
        first: 0,
        last: 100,
        count: 1,
        lacking: 1,
    };
    let cause = Shown::ours("pruned");
    let no_log = ExecutionError::NoLog { block, cause };
    for (error, words) in [
        (ExecutionError::Behind(700), "it is syncing or cut off"),
        (
            ExecutionError::BeyondHead { first, head },
            "from block 101 on, because the newest block is 100",
        ),
        (
            lacking.clone(),
            "has counted 1 deposits up to block 100, and 1 of them are not in the log",
        ),
        (lacking, "paid twice"),
        (no_log.clone(), "shows no deposits of block 0 (pruned)"),
        (no_log, "give --from-block"),
        (
            ExecutionError::Moved { block },
            "once so and once otherwise",
        ),
    ] {
        let told = error.to_string();
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn what_a_node_refuses_is_told_in_its_own_words_but_for_keys() {
    let error = TransportErrorKind::http_error(401, "no key 0123456789abcdef".to_owned());
    assert_eq!(
        words(error),
        "the execution node https://example.org did not answer for its newest block: HTTP status \
         401: check user name, password and key in the address: no key …"
    );
    let error = TransportErrorKind::custom_str("me:password@example.org refused");
    assert!(!words(error).contains("password@"));
}

#[test]
fn the_port_of_the_engine_api_is_told_with_the_one_to_give() {
    let expected = "this is the port of the Engine API, which is for the beacon node alone; give \
                    that of the JSON-RPC, usually 8545";
    let http = |status, body: &str| TransportErrorKind::http_error(status, body.to_owned());
    let payload = |message: &'static str| {
        RpcError::ErrorResp(ErrorPayload {
            code: 3,
            message: message.into(),
            data: None,
        })
    };
    for said in [
        words_at("http://127.0.0.1:8551", http(401, "")),
        words_at("http://127.0.0.1:8551/", http(403, "Forbidden")),
        words_at("http://127.0.0.1:8551", payload("Unauthorized")),
    ] {
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("password"), "{said}");
    }
    for said in [
        words_at("http://el:9000", http(401, "no such key")),
        words_at("http://127.0.0.1:8551", http(502, "")),
        words_at("http://127.0.0.1:8551", payload("execution reverted")),
    ] {
        assert!(!said.contains("Engine"), "{said}");
    }
}
