//! The body of an answer over HTTP, never more of it than the caller has room for: who answers may
//! be broken or hostile, and a body without an end would take all memory.

use reqwest::Response;

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Unread {
    /// It has more bytes than this.
    TooLarge(usize),
    /// The connection failed.
    Broken(reqwest::Error),
}

/// Reads a body to its end, but never more than `limit` bytes of it.
///
/// # Errors
/// If it is longer, or its end does not come.
pub async fn whole(mut response: Response, limit: usize) -> Result<Vec<u8>, Unread> {
    let promised = response.content_length().unwrap_or(0);
    let promised = usize::try_from(promised).unwrap_or(usize::MAX);
    if promised > limit {
        return Err(Unread::TooLarge(limit));
    }
    let mut body = Vec::with_capacity(promised);
    while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(Unread::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, Bytes};
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_without_an_end_is_given_up_at_its_bound() {
        let endless = || async {
            let chunks =
                stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[7; 999])));
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
            match (whole(response, limit).await, read) {
                (Ok(body), Some(length)) => assert_eq!(body.len(), length),
                (Err(Unread::TooLarge(bytes)), None) => assert_eq!(bytes, limit),
                (other, _) => panic!("{path}: {other:?}"),
            }
        }
    }
}
