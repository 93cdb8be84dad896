//! One request, one answer: the plain part of every call.
//!
//! Bounds the time and the size of every answer and turns every failure into a [`BeaconError`].
//!
//! Never here: the same question a second time, paths of the API, logging.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use hyper::{Method, Request, Response};
use proto::eth::ForkName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use super::address;
use super::call::Call;
use super::contradiction::Contradiction;
use super::error::{BadUrl, BeaconError, Cause, Rejected, found_by_its_word};
use super::items::{Strange, Unread};
use super::pauses::{Pauses, Subject};
use super::transport::Way;
use crate::answers::{self, Other, reason};
use crate::hidden::{Hidden, Shown};

/// The header that names the fork of a posted or answered object.
pub(super) const VERSION_HEADER: &str = "Eth-Consensus-Version";
/// The media type of SSZ.
pub(super) const SSZ: &str = "application/octet-stream";
/// The media type of everything else.
pub(super) const JSON: &str = "application/json";
/// SSZ if the node has it, otherwise JSON.
const SSZ_OR_JSON: &str = "application/octet-stream;q=1,application/json;q=0.9";
/// The most bytes that are read of an answer that is no success.
const FAILURE_LIMIT: usize = 1 << 20;

/// A beacon node. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct BeaconClient {
    way: Arc<Way>,
    hidden: Arc<Hidden>,
    pauses: Arc<Mutex<Pauses>>,
}

/// A successful answer, complete.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// The body of a request. Objects that differ from fork to fork name theirs.
pub(super) struct Body {
    bytes: Vec<u8>,
    media_type: &'static str,
    fork: Option<ForkName>,
}

impl BeaconClient {
    /// The node at `url`, which may have a path, and a user name and password. Connections are
    /// made when they are needed: this asks the node nothing.
    ///
    /// # Errors
    /// If `url` is not that of an HTTP server.
    pub fn connect(url: &str) -> Result<Self, BadUrl> {
        let parsed = address::read(url)?;
        if !parsed.has_host() {
            return Err(BadUrl("expected a host".to_owned()));
        }
        Ok(Self {
            way: Arc::new(Way::to(&parsed)?),
            hidden: Arc::new(Hidden::of(&parsed)),
            pauses: Arc::default(),
        })
    }

    /// The node as it may be shown: scheme, host and port.
    pub fn node(&self) -> &str {
        self.hidden.node()
    }

    /// What a node says, without what is hidden of its address.
    pub(super) fn shown(&self, said: &str) -> Shown {
        self.hidden.shown(said)
    }

    /// What could not be read of a list, without the same.
    pub(super) fn strange(&self, unread: &Unread) -> Strange {
        Strange::of(unread, &self.hidden)
    }

    /// Puts a question, unless it has just failed for a reason that lasts: then it fails again, for
    /// the same reason.
    pub(super) async fn put<T>(
        &self,
        subject: Subject,
        question: impl Future<Output = Result<T, BeaconError>>,
    ) -> Result<T, BeaconError> {
        let pauses = || self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = pauses().why_not(subject, Instant::now()) {
            return Err(why);
        }
        let answer = question.await;
        pauses().learn(subject, Instant::now(), answer.as_ref().err());
        answer
    }

    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        call: Call,
        path: &str,
    ) -> Result<T, BeaconError> {
        let answer = self.get(call, path, JSON).await?;
        self.read_json(call, &answer.body)
    }

    /// Asks for SSZ, which is cheaper to read, or else JSON; for JSON alone where the node does not
    /// understand the choice.
    pub(super) async fn ssz_or_json(&self, call: Call, path: &str) -> Result<Answer, BeaconError> {
        match self.get(call, path, SSZ_OR_JSON).await {
            Err(error) if matches!(error.status(), Some(400 | 406 | 415)) => {
                let answer = self.get(call, path, JSON).await;
                answer.map_err(|other| error.or(other))
            }
            answer => answer,
        }
    }

    /// The same of what a node has or has not. That it has not only the node itself can say: the
    /// 404 of a proxy, or of a path that is none of its own, is a failure.
    pub(super) async fn ssz_or_json_if_any(
        &self,
        call: Call,
        path: &str,
    ) -> Result<Option<Answer>, BeaconError> {
        found_by_its_word(self.ssz_or_json(call, path).await)
    }

    pub(super) async fn post(
        &self,
        call: Call,
        path: &str,
        body: Body,
    ) -> Result<Answer, BeaconError> {
        let mut request = self.way.request(Method::POST, path);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.media_type));
        if let Some(fork) = body.fork {
            headers.insert(VERSION_HEADER, HeaderValue::from_static(fork.as_str()));
        }
        *request.body_mut() = Full::from(body.bytes);
        self.send(call, request).await
    }

    /// Begins an answer that is read as it comes: an event stream, or a state. The call's time is
    /// until it begins, or until the node has refused, with its reason if that came in time.
    pub(super) async fn open(
        &self,
        call: Call,
        path: &str,
        accept: &'static str,
    ) -> Result<Response<Incoming>, BeaconError> {
        let mut request = self.way.request(Method::GET, path);
        let accept = HeaderValue::from_static(accept);
        request.headers_mut().insert(ACCEPT, accept);
        let response = self.begin(call, request, Instant::now() + call.timeout());
        response.await
    }

    /// Reads JSON; a failure shows the place where it went wrong.
    pub(super) fn read_json<'a, T: Deserialize<'a>>(
        &self,
        call: Call,
        body: &'a [u8],
    ) -> Result<T, BeaconError> {
        serde_json::from_slice(body).map_err(|error| {
            let other = Other::of(body).filter(|other| *other != Other::BeaconApi);
            // What advice there is would be about the address of a beacon node.
            if let Some(other) = other.filter(|_| !call.is_of_relay()) {
                return self.error(call, Cause::NoBeaconApi(other));
            }
            let from = error.column().saturating_sub(60).min(body.len());
            let to = error.column().min(body.len());
            let before = match error.line() {
                1 => self.hidden.part(body, from..to),
                _ => String::new(),
            };
            self.undecodable(call, &format!("{error}, after {before:?}"))
        })
    }

    /// The failure of `call` because what came cannot be read, for a reason that may repeat it.
    pub(super) fn undecodable(&self, call: Call, why: &str) -> BeaconError {
        self.error(call, Cause::Undecodable(self.shown(why)))
    }

    pub(super) fn error(&self, call: Call, cause: Cause) -> BeaconError {
        BeaconError {
            node: Arc::clone(self.hidden.node()),
            call,
            cause,
        }
    }

    /// The failure of `call` because its answer is to something else.
    pub(super) fn contradiction(&self, call: Call, what: Contradiction) -> BeaconError {
        self.error(call, Cause::Contradiction(what))
    }

    /// The failure of a connection while something was read from it.
    pub(super) fn broken(&self, call: Call, error: &(dyn Error + 'static)) -> BeaconError {
        self.error(call, Cause::Broken(self.shown(&reason(error))))
    }

    pub(super) async fn get(
        &self,
        call: Call,
        path: &str,
        accept: &'static str,
    ) -> Result<Answer, BeaconError> {
        let mut request = self.way.request(Method::GET, path);
        let accept = HeaderValue::from_static(accept);
        request.headers_mut().insert(ACCEPT, accept);
        self.send(call, request).await
    }

    async fn send(&self, call: Call, request: Request<Full<Bytes>>) -> Result<Answer, BeaconError> {
        let deadline = Instant::now() + call.timeout();
        let (head, body) = self.begin(call, request, deadline).await?.into_parts();
        let body = timeout_at(deadline, self.whole(call, body, call.answer_limit()));
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.await.map_err(|_| self.timed_out(call))??,
        })
    }

    /// Puts a question, and waits for the beginning of a success.
    async fn begin(
        &self,
        call: Call,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Response<Incoming>, BeaconError> {
        let response = timeout_at(deadline, self.way.http.request(request))
            .await
            .map_err(|_| self.timed_out(call))?
            .map_err(|error| match error.is_connect() {
                true => {
                    let reason = self.shown(&reason(&error));
                    self.error(call, Cause::Unreachable(reason))
                }
                false => self.broken(call, &error),
            })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let rejected = timeout_at(deadline, self.rejected(call, status, response)).await;
        // The status says more than that its reason did not come.
        Err(rejected.unwrap_or_else(|_| {
            let rejected = Rejected::read(status, &[], &self.hidden);
            self.error(call, Cause::Rejected(rejected.to(call, self.hidden.node())))
        }))
    }

    /// Reads a body to its end, but never more than `limit` bytes of it.
    async fn whole(
        &self,
        call: Call,
        body: Incoming,
        limit: usize,
    ) -> Result<Vec<u8>, BeaconError> {
        let body = answers::whole(body, limit).await;
        body.map_err(|unread| match unread {
            answers::Unread::TooLarge(limit) => self.error(call, Cause::TooLarge(limit)),
            answers::Unread::Broken(error) => self.broken(call, &error),
        })
    }

    async fn rejected(&self, call: Call, status: u16, response: Response<Incoming>) -> BeaconError {
        if let Some(place) = redirects_to(&response) {
            let place = self.shown(&format!("it leads to {place}"));
            return self.error(call, Cause::Rejected(Rejected::elsewhere(status, place)));
        }
        // A body that cannot be read leaves the status, which says more than why it could not.
        let body = self.whole(call, response.into_body(), FAILURE_LIMIT).await;
        let rejected = Rejected::read(status, &body.unwrap_or_default(), &self.hidden);
        self.error(call, Cause::Rejected(rejected.to(call, self.hidden.node())))
    }

    fn timed_out(&self, call: Call) -> BeaconError {
        let ms = u64::try_from(call.timeout().as_millis()).unwrap_or(u64::MAX);
        self.error(call, Cause::Timeout(ms))
    }
}

impl fmt::Debug for BeaconClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeaconClient({})", self.node())
    }
}

impl Answer {
    /// Whether the body is SSZ.
    pub(super) fn is_ssz(&self) -> bool {
        self.header(CONTENT_TYPE.as_str())
            .and_then(|media_type| media_type.get(..SSZ.len()))
            .is_some_and(|media_type| media_type.eq_ignore_ascii_case(SSZ))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Body {
    pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Self {
        Self {
            bytes: serde_json::to_vec(value).expect("our own types have a JSON form"),
            media_type: JSON,
            fork: None,
        }
    }

    pub(super) fn ssz(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            media_type: SSZ,
            fork: None,
        }
    }

    /// The same body, as an object of `fork`.
    pub(super) fn of(self, fork: ForkName) -> Self {
        Self {
            fork: Some(fork),
            ..self
        }
    }
}

/// Where a redirect leads, if this is one that names a place.
fn redirects_to(response: &Response<Incoming>) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    address::origin_of(response.headers().get(LOCATION)?.to_str().ok()?)
}

#[cfg(test)]
mod tests;
