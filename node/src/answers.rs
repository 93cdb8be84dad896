//! The body of an answer over HTTP, never more of it than the caller has room for: who answers may
//! be broken or hostile, and a body without an end would take all memory. And what it is if it is
//! not what was asked for, or why none came.

mod other;
mod reason;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body;

pub use other::{Other, is_at_engine};
pub use reason::reason;

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
mod tests;
