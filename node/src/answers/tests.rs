//! An answer is taken whole, and only so much of it.

use axum::Router;
use axum::body::Body;
use futures::stream;

use super::*;

#[tokio::test]
async fn a_body_without_an_end_is_given_up_at_its_bound() {
    let endless = || async {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[7; 999])));
        Body::from_stream(chunks)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/endless", axum::routing::get(endless))
        .route("/long", axum::routing::get(|| async { "seven77" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (path, limit, read) in [
        ("endless", 100_000, None),
        ("long", 6, None),
        ("long", 7, Some(7)),
    ] {
        let response = reqwest::get(format!("{url}{path}")).await.unwrap();
        let body = reqwest::Body::from(response);
        match (whole(body, limit).await, read) {
            (Ok(body), Some(length)) => assert_eq!(body.len(), length),
            (Err(Unread::TooLarge(bytes)), None) => assert_eq!(bytes, limit),
            (other, _) => panic!("{path}: {other:?}"),
        }
    }
}
