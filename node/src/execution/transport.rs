//! How questions get to the node and answers back: one HTTP POST each, as the library's own
//! transport does it, but with a bound on the answer.

use std::task::{Context, Poll};

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut, TransportResult};
use reqwest::{Body, Client, Url};
use thiserror::Error;
use tower_service::Service;

use crate::answers::{Unread, whole};

/// The most bytes of an answer, 32 MiB: some 20,000 logs of deposits. What asks for more blocks
/// than that takes is asked again for fewer.
pub(super) const ANSWER_LIMIT: usize = 32 << 20;

/// An answer has more bytes than are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its answer has more than {} MiB", ANSWER_LIMIT >> 20)]
pub(super) struct TooLarge;

/// The way to one node.
#[derive(Debug, Clone)]
pub(super) struct Bounded {
    pub http: Client,
    pub url: Url,
}

impl Bounded {
    async fn ask(self, question: RequestPacket) -> TransportResult<ResponsePacket> {
        let asked = self.http.post(self.url).json(&question).send().await;
        let response = asked.map_err(TransportErrorKind::custom)?;
        let status = response.status();
        let body = match whole(Body::from(response), ANSWER_LIMIT).await {
            Ok(body) => body,
            Err(Unread::TooLarge(_)) => return Err(TransportErrorKind::custom(TooLarge)),
            Err(Unread::Broken(error)) => return Err(TransportErrorKind::custom(error)),
        };
        let text = || String::from_utf8_lossy(&body).into_owned();
        match serde_json::from_slice::<ResponsePacket>(&body) {
            // A node may say in the API's own words what is wrong, whatever the status of HTTP is.
            Ok(answer) if status.is_success() || answer.is_error() => Ok(answer),
            Err(error) if status.is_success() => Err(TransportError::deser_err(error, text())),
            Ok(_) | Err(_) => Err(TransportErrorKind::http_error(status.as_u16(), text())),
        }
    }
}

impl Service<RequestPacket> for Bounded {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, question: RequestPacket) -> TransportFut<'static> {
        Box::pin(self.clone().ask(question))
    }
}
