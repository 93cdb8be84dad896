//! How questions get to the node and answers back: one HTTP POST each, as the library's own
//! transport does it, but with a bound on the answer.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut, TransportResult};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Url};
use tower_service::Service;

use super::error::{BadRpcUrl, ExecutionError, TooLarge};
use crate::answers::{Other, Unread, whole};
use crate::hidden::Hidden;

/// The most bytes of an answer, 32 MiB: some 20,000 logs of deposits. What asks for more blocks
/// than that takes is asked again for fewer.
pub(super) const ANSWER_LIMIT: usize = 32 << 20;

/// The URL of an execution node's JSON-RPC.
///
/// # Errors
/// If it is none, or of neither http nor https.
pub fn rpc_url(text: &str) -> Result<Url, BadRpcUrl> {
    let url = Url::parse(text.trim()).map_err(|error| BadRpcUrl(error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(BadRpcUrl("expected http or https".to_owned())),
    }
}

/// The way to one node.
#[derive(Debug, Clone)]
pub(super) struct Bounded {
    pub http: Client,
    pub url: Url,
}

impl Bounded {
    /// The way to the node at this URL, which may send nothing for so long, and what of the URL
    /// stays unsaid.
    pub fn to(url: &str, silence: Duration) -> Result<(Self, Hidden), ExecutionError> {
        let url = rpc_url(url)?;
        let http = Client::builder()
            .connect_timeout(silence)
            .read_timeout(silence)
            .redirect(Policy::none())
            .build()
            .map_err(|error| ExecutionError::Client(error.without_url().to_string()))?;
        let hidden = Hidden::of(&url);
        Ok((Self { http, url }, hidden))
    }

    async fn ask(self, question: RequestPacket) -> TransportResult<ResponsePacket> {
        let asked = self.http.post(self.url).json(&question).send().await;
        let response = asked.map_err(TransportErrorKind::custom)?;
        let status = response.status();
        let body = match whole(Body::from(response), ANSWER_LIMIT).await {
            Ok(body) => body,
            Err(Unread::TooLarge(_)) => {
                return Err(TransportErrorKind::custom(TooLarge(ANSWER_LIMIT >> 20)));
            }
            Err(Unread::Broken(error)) => return Err(TransportErrorKind::custom(error)),
        };
        let text = || String::from_utf8_lossy(&body).into_owned();
        match serde_json::from_slice::<ResponsePacket>(&body) {
            // An error of the Beacon API would pass for one of JSON-RPC.
            Ok(_) if Other::of(&body) == Some(Other::BeaconApi) => {
                Err(TransportErrorKind::http_error(status.as_u16(), text()))
            }
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
