//! What can go wrong with a beacon node, in words that tell the operator what to do.
//!
//! No error holds a whole URL: user names, passwords and keys in paths stay out of logs.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::call::Call;
use super::contradiction::Contradiction;
use crate::answers::{Other, is_at_engine};
use crate::hidden::{self, Hidden, Shown};

/// The address of a beacon node cannot be used. Never holds the address: it may have a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the beacon node's address is not a URL such as http://127.0.0.1:5052: {0}")]
pub struct BadUrl(pub String);

/// A call to the beacon node failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} {node}, {call}{}: {cause}", .call.of_whom(), route(*.call, .cause))]
pub struct BeaconError {
    /// The node: scheme, host and port.
    pub node: Arc<str>,
    pub call: Call,
    pub cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Cause {
    #[error("cannot connect ({0}): check that the node runs and that its address is right")]
    Unreachable(Shown),
    #[error("the connection broke ({0}): look at the node's log if this repeats")]
    Broken(Shown),
    #[error("no answer within {0} ms: the node or its machine is overloaded or still starting")]
    Timeout(u64),
    #[error("HTTP status {}{}{}", .0.status, said(&.0.message), advice(.0))]
    Rejected(Rejected),
    #[error("the answer is larger than {0} bytes: check that the address is a beacon node's")]
    TooLarge(usize),
    #[error("the answer cannot be read ({0}): upgrade the node or gantry")]
    Undecodable(Shown),
    /// Something else answers.
    #[error("{}", of_another(*.0))]
    NoBeaconApi(Other),
    #[error("the answer is not to what was asked: {0}: the node is faulty, or a proxy mixes nodes")]
    Contradiction(Contradiction),
}

/// The route of a call where the answer to it is of no use: a proxy may have to let it through.
fn route(call: Call, cause: &Cause) -> String {
    match cause {
        Cause::Rejected(_)
        | Cause::TooLarge(_)
        | Cause::Undecodable(_)
        | Cause::NoBeaconApi(_)
        | Cause::Contradiction(_) => format!(" ({})", call.route()),
        Cause::Unreachable(_) | Cause::Broken(_) | Cause::Timeout(_) => String::new(),
    }
}

/// Turns the node's own word that it has no such thing into nothing; the 404 of a proxy is none.
pub(super) fn found_by_its_word<T>(
    answer: Result<T, BeaconError>,
) -> Result<Option<T>, BeaconError> {
    match answer {
        Err(error) if error.is_own_absence() => Ok(None),
        answer => answer.map(Some),
    }
}

/// A status that is no success, with what the node said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub status: u16,
    pub voice: Voice,
    /// The node's own words, cut to [`Rejected::MESSAGE_LIMIT`] characters.
    pub message: Shown,
    /// For calls that post a list: which items failed and why.
    pub failures: Vec<ItemFailure>,
}

/// Who has refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// The node, in the API's language or without a word.
    Own,
    /// It cannot be told: what is said is not in the API's language. A proxy's, or another node's.
    Foreign,
    /// Something that is no beacon node.
    NoBeaconNode,
}

/// One item of a posted list that the node did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFailure {
    /// Its position; beyond the list, if the node names none that can be read.
    pub index: usize,
    /// The node's own words, cut like the whole message.
    pub message: Shown,
}

impl BeaconError {
    /// The HTTP status, if the node answered with one that is no success.
    pub fn status(&self) -> Option<u16> {
        self.rejected().map(|rejected| rejected.status)
    }

    /// Whether nobody was there to ask.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.cause, Cause::Unreachable(_))
    }

    /// Whether the node itself says that it does not have what was asked for.
    fn is_own_absence(&self) -> bool {
        let is_own = |said: &Rejected| said.status == 404 && said.voice == Voice::Own;
        self.rejected().is_some_and(is_own)
    }

    /// What the node said if it answered with a status that is no success.
    pub fn rejected(&self) -> Option<&Rejected> {
        match &self.cause {
            Cause::Rejected(rejected) => Some(rejected),
            Cause::Unreachable(_)
            | Cause::Broken(_)
            | Cause::Timeout(_)
            | Cause::TooLarge(_)
            | Cause::Undecodable(_)
            | Cause::NoBeaconApi(_)
            | Cause::Contradiction(_) => None,
        }
    }

    /// Whether another form of the same question may be answered. A node that does not know a call
    /// says 404, 405 or 501, Lighthouse 400 of a version that it does not have, a proxy that lets
    /// only some calls through 403 or 405; 406 and 415 are about media types.
    pub(super) fn refuses_the_form(&self) -> bool {
        const STATUSES: [u16; 8] = [400, 403, 404, 405, 406, 410, 415, 501];
        self.status()
            .is_some_and(|status| STATUSES.contains(&status))
    }

    /// Of this failure and that of the question in its `other` form, the one that says more: the
    /// first, where the other only says that there is no such call either.
    pub(super) fn or(self, other: Self) -> Self {
        match other.status() {
            Some(404 | 405 | 501) => self,
            Some(_) | None => other,
        }
    }

    /// Whether the same question will fail for the same reason until somebody mends something: the
    /// node understood it and refuses, or answers what cannot be used.
    pub fn lasts(&self) -> bool {
        match &self.cause {
            Cause::Rejected(rejected) => match rejected.status {
                408 | 425 | 429 => false,
                status => (300..500).contains(&status) || status == 501,
            },
            Cause::TooLarge(_)
            | Cause::Undecodable(_)
            | Cause::NoBeaconApi(_)
            | Cause::Contradiction(_) => true,
            Cause::Unreachable(_) | Cause::Broken(_) | Cause::Timeout(_) => false,
        }
    }
}

impl Rejected {
    /// The most characters that are kept of a node's message.
    pub const MESSAGE_LIMIT: usize = hidden::TEXT_LIMIT;

    /// The node says that it is elsewhere.
    pub(super) fn elsewhere(status: u16, message: Shown) -> Self {
        Self {
            status,
            voice: Voice::Foreign,
            message,
            failures: Vec::new(),
        }
    }

    /// Reads the body of an answer that is no success: the API's JSON or any text. What of it is
    /// hidden goes before it is cut to length: a part of a password is not for show either.
    pub(super) fn read(status: u16, body: &[u8], hidden: &Hidden) -> Self {
        #[derive(Deserialize)]
        struct Failure {
            index: Number,
            message: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Number {
            Plain(usize),
            Quoted(String),
        }
        #[derive(Deserialize)]
        struct Body {
            code: Option<IgnoredAny>,
            message: Option<String>,
            failures: Option<Vec<Failure>>,
        }
        let as_text = || match Other::of(body) {
            Some(Other::Page) => Shown::ours("a web page"),
            Some(Other::Nothing | Other::JsonRpc | Other::BeaconApi) | None => {
                hidden.shown(&String::from_utf8_lossy(body))
            }
        };
        let Ok(read) = serde_json::from_slice::<Body>(body) else {
            let voice = match body.trim_ascii() {
                [] => Voice::Own,
                _ => Voice::Foreign,
            };
            return Self {
                status,
                voice,
                message: as_text(),
                failures: Vec::new(),
            };
        };
        let is_own = read.code.is_some() && read.message.is_some();
        let failures = read
            .failures
            .into_iter()
            .flatten()
            .map(|failure| ItemFailure {
                index: match failure.index {
                    Number::Plain(index) => index,
                    Number::Quoted(text) => text.parse().unwrap_or(usize::MAX),
                },
                message: hidden.shown(&failure.message.unwrap_or_default()),
            });
        Self {
            status,
            voice: if is_own { Voice::Own } else { Voice::Foreign },
            // Another language than the API's still says something.
            message: read
                .message
                .map_or_else(as_text, |message| hidden.shown(&message)),
            failures: failures.collect(),
        }
    }
}

impl Rejected {
    /// The same, unless no beacon node refuses `call` like that: every one has it, and one that has
    /// no answer yet says so in words; or the Engine API is what refuses at `node`.
    pub(super) fn to(self, call: Call, node: &str) -> Self {
        let is_engine = matches!(self.status, 401 | 403) && is_at_engine(node);
        let is_unknown = matches!(self.status, 400 | 404 | 405 | 415 | 501);
        let is_wordless = self.voice == Voice::Foreign || self.message.is_empty();
        match is_engine || call.is_basic() && is_unknown && is_wordless {
            true => Self {
                voice: Voice::NoBeaconNode,
                ..self
            },
            false => self,
        }
    }
}

impl ItemFailure {
    /// Whether the node only says that it has the item already: then it is where it belongs.
    pub fn is_already_known(&self) -> bool {
        is_already_known(&self.message)
    }
}

/// Whether a message says that the node has the object already. The API has no code for this, so
/// it is read from the words of the common nodes.
pub(super) fn is_already_known(message: &str) -> bool {
    let letters: String = message
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let words = [
        "alreadyknown",
        "alreadyseen",
        "alreadyexists",
        "alreadyvoted",
        "priorattestationknown",
        "supersetknown",
        "duplicate",
    ];
    words.iter().any(|word| letters.contains(word))
}

fn said(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    format!(" ({message})")
}

/// What to do where no Beacon API is.
const ELSEWHERE: &str = "check the address in `beacon_node` or --beacon-node, with its port and \
                         path; that of the execution node may stand in its place";

fn of_another(other: Other) -> String {
    let what = match other {
        Other::Nothing => "the answer is empty: this is no Beacon API",
        Other::Page => "the answer is a web page: this is no Beacon API",
        Other::JsonRpc => "this is the JSON-RPC of an execution node, and no Beacon API",
        Other::BeaconApi => "this is an error of the Beacon API, and no answer",
    };
    format!("{what}: {ELSEWHERE}")
}

fn advice(rejected: &Rejected) -> String {
    match rejected.voice {
        Voice::NoBeaconNode => format!(": this is no Beacon API: {ELSEWHERE}"),
        Voice::Own | Voice::Foreign => of_status(rejected.status).to_owned(),
    }
}

fn of_status(status: u16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => {
            ": gantry follows no redirect; write the address that it leads to, which often begins \
             with https:// or has a path"
        }
        401 => ": check the user name and password in the node's address",
        403 => {
            ": check the user name and password in the node's address, and that no proxy before it \
             keeps this call back"
        }
        404 | 405 | 501 => ": the node has no such call or object; check its version",
        408 | 429 | 502 | 504 => ": the node or a proxy before it is overloaded",
        400 | 406 | 410 | 415 => {
            ": the node does not take this question or object so; look at its log, and whether it \
             and gantry are new enough for the chain"
        }
        503 => ": the node is syncing or starting; wait for it",
        500.. => ": look at the node's log",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
