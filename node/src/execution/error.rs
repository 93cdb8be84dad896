//! What an execution node can do wrong, in words for the operator.
//!
//! No error holds a URL, or any part of one that may be a secret: a user name, a password, a key
//! in the path or the query.

use alloy::rpc::json_rpc::ErrorPayload;
use alloy::transports::{HttpError, RpcError, TransportError, TransportErrorKind};
use proto::Root;
use std::sync::Arc;

use thiserror::Error;

use crate::answers::{Other, is_at_engine, reason};
use crate::hidden::{Hidden, Shown};

/// The address of an execution node cannot be used. Never holds the address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the execution node's address is not a URL such as http://127.0.0.1:8545: {0}")]
pub struct BadRpcUrl(pub String);

/// An answer has more than so many MiB, which are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its answer has more than {0} MiB")]
pub(super) struct TooLarge(pub usize);

/// The answers are not those to the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "what came has other ids than the questions, or not one answer to each: the node is faulty, \
     or a proxy before it mixes answers"
)]
pub(super) struct OtherAnswers;

/// Why the execution node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExecutionError {
    /// The address is malformed.
    #[error(transparent)]
    Url(#[from] BadRpcUrl),
    #[error(
        "the execution node {node} cannot be reached, asked {question} ({cause}): check that it \
         runs and that its address is right"
    )]
    Unreachable {
        /// The node: scheme, host and port.
        node: Arc<str>,
        question: &'static str,
        cause: Shown,
    },
    #[error(
        "the connection to the execution node {node} broke, asked {question} ({cause}): look at \
         the node's log if this repeats"
    )]
    Broken {
        node: Arc<str>,
        question: &'static str,
        cause: Shown,
    },
    #[error("the execution node {node} did not answer {question}: {cause}")]
    Refused {
        node: Arc<str>,
        question: &'static str,
        cause: Shown,
    },
    /// Something else answers.
    #[error(
        "what answers at {node}, asked {question}, is no JSON-RPC of an execution node: {what}"
    )]
    NoJsonRpc {
        node: Arc<str>,
        question: &'static str,
        what: Shown,
    },
    /// The node has stopped in the middle of an answer, or before it.
    #[error(
        "the execution node {node} was asked {question} and sent nothing for {ms} ms: it hangs. \
         Start again when it answers: what is on the chain by then is not sent again"
    )]
    Hangs {
        node: Arc<str>,
        question: &'static str,
        /// How long it was waited for, in milliseconds.
        ms: u128,
    },
    #[error("no connection to an execution node can be made: {0}")]
    Client(String),
    #[error(
        "the execution node is on chain {found}, and the definition names {expected}: give the URL \
         of a node of the right chain"
    )]
    OtherChain {
        /// The node's chain id.
        found: u64,
        /// The definition's.
        expected: u64,
    },
    #[error(
        "there is no deposit contract at {0} on this chain: send nothing, and compare the address \
         in the definition (`gantry lock show`) with that of the chain"
    )]
    NoContract(String),
    #[error(
        "the contract at {0} writes logs that are none of deposits: it is another one. Send \
         nothing, and compare the address in the definition (`gantry lock show`) with that of the \
         chain"
    )]
    BadLog(String),
    #[error("the execution node does not show its newest block with a base fee: is it syncing?")]
    NoBlock,
    #[error("the execution node does not have the block {0}: is it behind?")]
    Lacks(Root),
    #[error(
        "the newest block of the execution node is {0} s old: it is syncing or cut off, and may \
         not show a deposit that is on the chain: start again when it follows"
    )]
    Behind(u64),
    /// The node does not show what is so now.
    #[error(
        "the newest block of the execution node is {0} s old: it is syncing or cut off. Start \
         again when it follows the chain"
    )]
    Stale(u64),
    #[error(
        "the execution node is still syncing: start again when it has done so (eth_syncing says \
         how far it is)"
    )]
    Syncing,
    #[error(
        "the execution node knows no block that is \"finalized\": its beacon node does not tell \
         it, or it is too old to be asked. Check that the two are connected, or give another node"
    )]
    NoFinalised,
    /// The node keeps too little of the past.
    #[error(
        "the execution node has thrown away the state after block {block} ({cause}): the chain has \
         not become final for long, or the node keeps too little. Give one that keeps the state of \
         the last finalised block, or an archive node"
    )]
    Pruned { block: u64, cause: Shown },
    #[error(
        "the log cannot be looked at from block {first} on, because the newest block is {head}: \
         what was deposited before would be paid twice. Give a block of before the ceremony"
    )]
    BeyondHead {
        /// The first block to look at.
        first: u64,
        head: u64,
    },
    /// The answers are not of one chain.
    #[error(
        "the execution node answers about block {block} once so and once otherwise: a new block \
         came too often while it was asked, or several nodes answer at this address. Start again, \
         or give the URL of one single node"
    )]
    Moved { block: u64 },
    #[error(
        "the contract has counted {count} deposits up to block {last}, and {lacking} of them are \
         not in the log that the node shows from block {first} on: whether yours are among them \
         cannot be seen, and they would be paid twice. Give the URL of another node, or, if this \
         one has thrown old blocks away, --from-block with a block of shortly before the ceremony"
    )]
    Lacking {
        /// The first block looked at.
        first: u64,
        last: u64,
        /// How many deposits the contract has counted.
        count: u64,
        /// How many of them the log does not show.
        lacking: u64,
    },
    /// The node shows no log of a block, however few are asked for at once.
    #[error(
        "the execution node shows no deposits of block {block} ({cause}). If it has thrown old \
         blocks away, give --from-block with a block of shortly before the ceremony"
    )]
    NoLog {
        /// The first block of those asked for.
        block: u64,
        cause: Shown,
    },
    /// The node keeps too little of the past.
    #[error(
        "the execution node does not show what was logged in block {block} ({cause}): give one \
         that keeps receipts since the contract was made"
    )]
    NoHistory { block: u64, cause: Shown },
    #[error(
        "the execution node shows more than the {0} entries that such a log may have: compare it \
         with another node"
    )]
    LongLog(usize),
    #[error(
        "the execution node answers on so few blocks at once that {0} questions were not enough: \
         raise its limit of blocks for eth_getLogs, or give another one"
    )]
    SmallParts(u32),
    #[error(
        "the account's key is neither a keystore of version 3 nor 64 hex digits: give one of them"
    )]
    Key,
    #[error("the file is no keystore of version 3 that can be read: {0}")]
    Keystore(String),
    #[error(
        "the keystore does not open: the passphrase is not its own, or the file is damaged. Try \
         again with the one with which the wallet wrote it"
    )]
    KeystorePassphrase,
    #[error("the sender {sender} has {has} ETH and needs {needs} ETH: send the difference first")]
    Funds {
        sender: String,
        has: String,
        /// Deposits and the highest fees.
        needs: String,
    },
    #[error("the transaction could not be signed: {0}")]
    Sign(String),
}

impl ExecutionError {
    /// Whether the same question may be answered a moment later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Moved { .. }
                | Self::Lacking { .. }
                | Self::Refused { .. }
                | Self::NoJsonRpc { .. }
        )
    }

    /// What became of a question that was asked within `ms` of silence.
    pub(super) fn of(
        question: &'static str,
        ms: u128,
        hidden: &Hidden,
        error: TransportError,
    ) -> Self {
        let node = Arc::clone(hidden.node());
        let refused = |cause| {
            let node = Arc::clone(hidden.node());
            Self::Refused {
                node,
                question,
                cause,
            }
        };
        match error {
            RpcError::ErrorResp(payload) => refused(said(&payload, hidden)),
            RpcError::NullResp => refused(Shown::ours("nothing is there")),
            RpcError::DeserError { err, text } => {
                if let Some(what) = Other::of(text.as_bytes()).and_then(in_place_of_json_rpc) {
                    let what = Shown::ours(what);
                    return Self::NoJsonRpc {
                        node,
                        question,
                        what,
                    };
                }
                let why = format!("the answer cannot be read: {err}: {text}");
                refused(hidden.shown(&why))
            }
            RpcError::Transport(TransportErrorKind::HttpError(error))
            | RpcError::Transport(TransportErrorKind::HttpErrorWithRetryAfter { error, .. }) => {
                refused(http(&error, hidden))
            }
            RpcError::Transport(TransportErrorKind::Custom(error)) => {
                let error = match error.downcast::<reqwest::Error>() {
                    Ok(error) => error.without_url(),
                    // What is wrong with an answer that has come.
                    Err(other) => return refused(hidden.shown(&other.to_string())),
                };
                let cause = hidden.shown(&reason(&error));
                if error.is_connect() {
                    Self::Unreachable {
                        node,
                        question,
                        cause,
                    }
                } else if error.is_timeout() {
                    Self::Hangs { node, question, ms }
                } else {
                    Self::Broken {
                        node,
                        question,
                        cause,
                    }
                }
            }
            other @ (RpcError::UnsupportedFeature(_)
            | RpcError::LocalUsageError(_)
            | RpcError::SerError(_)
            | RpcError::Transport(_)) => refused(hidden.shown(&other.to_string())),
        }
    }
}

/// What a node answers in place of a result, in its own words. Its code is ours to show: how it is
/// to be understood hangs on it.
pub(super) fn said(payload: &ErrorPayload, hidden: &Hidden) -> Shown {
    let message = hidden.shown(&payload.message);
    let words = payload.message.to_ascii_lowercase();
    // Some clients refuse a stranger in words of JSON-RPC.
    let is_shut_out = words.contains("unauthori") || words.contains("authenti");
    let advice = match is_shut_out && is_at_engine(hidden.node()) {
        true => ENGINE,
        false => "",
    };
    Shown::ours(format!("{message} (code {}){advice}", payload.code))
}

/// What to do where the Engine API answers.
const ENGINE: &str = ": this is the port of the Engine API, which is for the beacon node alone; \
                      give that of the JSON-RPC, usually 8545";

fn http(error: &HttpError, hidden: &Hidden) -> Shown {
    let advice = match error.status {
        300..=399 => ": the address leads elsewhere; give the one it leads to",
        401 | 403 if is_at_engine(hidden.node()) => ENGINE,
        401 | 403 => ": check user name, password and key in the address",
        429 => ": the node is asked too often",
        404 | 405 => ": no JSON-RPC is there; check the port and the path of the address",
        _ => "",
    };
    let other = Other::of(error.body.as_bytes());
    let said = match other {
        Some(Other::Nothing) => String::new(),
        Some(Other::Page) => ": a web page".to_owned(),
        Some(Other::BeaconApi) => format!(": {}; {SWAPPED}", hidden.shown(&error.body)),
        Some(Other::JsonRpc) | None => format!(": {}", hidden.shown(&error.body)),
    };
    Shown::ours(format!("HTTP status {}{advice}{said}", error.status))
}

/// What to do where a beacon node answers.
const SWAPPED: &str =
    "that is how a beacon node speaks, and the addresses of the two may be swapped";

/// What answers where JSON-RPC was expected, and what to do.
fn in_place_of_json_rpc(other: Other) -> Option<String> {
    let what = match other {
        Other::Nothing => "the answer is empty",
        Other::Page => "the answer is a web page",
        Other::BeaconApi => return Some(SWAPPED.to_owned()),
        Other::JsonRpc => return None,
    };
    Some(format!(
        "{what}. Check the address, with its port and path; that of something else may stand in \
         its place"
    ))
}

#[cfg(test)]
mod tests;
