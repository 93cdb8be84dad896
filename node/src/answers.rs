//! The body of an answer over HTTP, never more of it than the caller has room for: who answers may
//! be broken or hostile, and a body without an end would take all memory.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body;

/// Why a body was not read to its end.
#[derive(Debug)]
pub enum Unread<E> {
    /// It has more bytes than this.
    TooLarge(usize),
    /// The connection failed.
    Broken(E),
}

/// The next piece of a body, or its end.
///
/// # Errors
/// If the connection fails.
pub async fn piece<B>(body: &mut B) -> Result<Option<Bytes>, B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(frame) = body.frame().await.transpose()? {
        // What follows a body in its trailers is of no interest.
        if let Ok(piece) = frame.into_data() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// Reads a body to its end, but never more than `limit` bytes of it.
///
/// # Errors
/// If it is longer, or its end does not come.
pub async fn whole<B>(mut body: B, limit: usize) -> Result<Vec<u8>, Unread<B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    let promised = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if promised > limit {
        return Err(Unread::TooLarge(limit));
    }
    let mut whole = Vec::with_capacity(promised);
    while let Some(piece) = piece(&mut body).await.map_err(Unread::Broken)? {
        if whole.len() + piece.len() > limit {
            return Err(Unread::TooLarge(limit));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
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
            let body = reqwest::Body::from(response);
            match (whole(body, limit).await, read) {
                (Ok(body), Some(length)) => assert_eq!(body.len(), length),
                (Err(Unread::TooLarge(bytes)), None) => assert_eq!(bytes, limit),
                (other, _) => panic!("{path}: {other:?}"),
            }
        }
    }
}
