//! How questions get to the node: connections that are kept, over TLS where the address says so.
//!
//! `reqwest`'s own client is not used here. It reads the address of each request three times and
//! clones what it would send to another place, which costs as much as the request itself; nothing
//! here is ever sent to another place.
//!
//! Never here: time limits of an answer, and what an answer means.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::Url;
use tokio::time::timeout;
use tower_service::Service;

use super::error::BadUrl;

/// How long a connection may take to come about, from the name of the node to TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection unused for this long is closed by us, before the node closes it under a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection on which nothing comes is tried this often, so that one that a router has forgotten
/// is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Makes connections, and gives up those that take too long: of a name that is not resolved, or of
/// TLS to which nobody answers, no timer of TCP knows.
#[derive(Clone)]
pub(super) struct Connecting(Connector);

type Connector = HttpsConnector<HttpConnector>;
type Made = Result<<Connector as Service<Uri>>::Response, Box<dyn Error + Send + Sync>>;

impl Service<Uri> for Connecting {
    type Response = <Connector as Service<Uri>>::Response;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Made> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, place: Uri) -> Self::Future {
        let made = timeout(CONNECT_TIMEOUT, self.0.call(place));
        Box::pin(async { made.await? })
    }
}

/// The way to one node.
pub(super) struct Way {
    pub(super) http: Client<Connecting, Full<Bytes>>,
    /// The address without a slash at its end, and without user and password.
    base: String,
    /// What every request carries: who asks, and user and password.
    headers: HeaderMap,
}

impl Way {
    /// The way to the node at `url`. Connections are made when they are needed.
    pub(super) fn to(url: &Url) -> Result<Self, BadUrl> {
        let refused = |error: &dyn Error| BadUrl(error.to_string());
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_keepalive_interval(Some(KEEP_ALIVE));
        tcp.set_tcp_user_timeout(Some(2 * KEEP_ALIVE));
        let tls = HttpsConnectorBuilder::new()
            .try_with_platform_verifier()
            .map_err(|error| refused(&error))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(8)
            .build(Connecting(tls));
        // It knows how user and password of an address are said. It never connects, and reads no
        // certificates for that.
        let first = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let first = first.build();
        let first = first.and_then(|client| client.get(url.clone()).build());
        let first = first.map_err(|error| refused(&error.without_url()))?;
        let mut headers = HeaderMap::new();
        let agent = HeaderValue::from_static(concat!("gantry/", env!("CARGO_PKG_VERSION")));
        headers.insert(USER_AGENT, agent);
        if let Some(secret) = first.headers().get(AUTHORIZATION) {
            headers.insert(AUTHORIZATION, secret.clone());
        }
        let base = first.url().as_str().trim_end_matches('/');
        base.parse::<Uri>().map_err(|error| refused(&error))?;
        Ok(Self {
            http,
            base: base.to_owned(),
            headers,
        })
    }

    /// A request without a body for `path` of the API, which begins with a slash.
    pub(super) fn request(&self, method: Method, path: &str) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::default());
        *request.method_mut() = method;
        let place = format!("{}{path}", self.base).parse();
        *request.uri_mut() = place.expect("a path of the API can follow every address of a server");
        request.headers_mut().clone_from(&self.headers);
        request
    }
}
