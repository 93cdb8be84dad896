//! Addresses at which something else than an execution node answers: the words name the place, say
//! what is there, and lead on.

use axum::Router;
use axum::http::StatusCode;

use super::*;

/// Where every question is answered with this.
async fn place(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let status = StatusCode::from_u16(status).unwrap();
    let app = Router::new().fallback(move || async move { (status, body) });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What both ways of asking say of what is at `url`.
async fn refusals(url: &str) -> [String; 2] {
    let one = Execution::connect(url, &chain(), HASTE).await;
    let many = States::at(url, HASTE).unwrap().anchors().await;
    [
        one.err().unwrap().to_string(),
        many.err().unwrap().to_string(),
    ]
}

#[tokio::test]
async fn what_is_no_execution_node_is_named_and_told_in_words() {
    let beacon = r#"{"code":404,"message":"NOT_FOUND","stacktraces":[]}"#;
    for (status, body, words) in [
        (200, "<!doctype html><p>Welcome", "the answer is a web page"),
        (200, "", "the answer is empty"),
        (404, beacon, "the addresses of the two may be swapped"),
        (
            404,
            "<html>no</html>",
            "no JSON-RPC is there; check the port",
        ),
        (503, "<html>no</html>", "HTTP status 503: a web page"),
    ] {
        let url = place(status, body).await;
        for said in refusals(&url).await {
            assert!(said.contains(&url) && said.contains(words), "{said}");
            assert!(
                !said.contains('<') && !said.contains("cannot be reached"),
                "{said}"
            );
        }
    }
}

#[tokio::test]
async fn answers_to_other_questions_are_no_node_that_cannot_be_reached() {
    let other = place(200, r#"{"jsonrpc":"2.0","id":77,"result":"0x1"}"#).await;
    let mut states = States::at(&other, HASTE).unwrap();
    let said = states.anchors().await.err().unwrap().to_string();
    assert!(said.contains(&other), "{said}");
    assert!(said.contains("other ids than the questions"), "{said}");
    assert!(!said.contains("cannot be reached"), "{said}");
}

#[tokio::test]
async fn an_address_of_https_where_http_is_spoken_is_told_so() {
    let url = place(200, "{}").await.replace("http", "https");
    for said in refusals(&url).await {
        assert!(said.contains(&format!("{url} cannot be reached")), "{said}");
        assert!(
            said.contains("write http:// in place of https://"),
            "{said}"
        );
    }
}
