//! Many questions in few requests.
//!
//! A request carries up to [`MOST_QUESTIONS`]. How many a node takes it only says by refusing, each
//! in words of its own, so a request that is refused as a whole is cut into smaller ones, in the
//! end into single questions: a node without batches is asked singly. What was learned is kept.
//! Source: JSON-RPC 2.0, section 6.

use std::collections::BTreeMap;

use alloy::rpc::json_rpc::{
    ErrorPayload, Id, Request, RequestPacket, Response, ResponsePacket, ResponsePayload,
    SerializedRequest,
};
use alloy::transports::{RpcError, TransportError, TransportErrorKind};
use serde_json::Value;
use serde_json::value::RawValue;
use tower_service::Service as _;

use super::error::{ExecutionError, OtherAnswers, TooLarge};
use super::old_state::is_hurried;
use super::rpc::Patience;
use super::transport::Bounded;
use crate::hidden::Hidden;

/// The most questions of one request: half of what go-ethereum takes.
const MOST_QUESTIONS: usize = 500;
/// How many are tried when more are refused: clients and those who run them set such limits.
const FEWER: [usize; 3] = [100, 20, 4];

/// A method with its parameters.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub method: &'static str,
    pub params: Value,
}

/// What one question was answered: a result, or the node's words.
pub(super) type Reply = Result<Box<RawValue>, ErrorPayload>;

/// A node that is asked many things at once.
pub(super) struct Batches {
    way: Bounded,
    pub hidden: Hidden,
    pub patience: Patience,
    most: usize,
}

/// What became of one request.
enum Outcome {
    Answered(Vec<Reply>),
    /// The node does not take so many at once, if they were many.
    TooMany(TransportError),
}

impl Batches {
    pub fn new((way, hidden): (Bounded, Hidden), patience: Patience) -> Self {
        Self {
            way,
            hidden,
            patience,
            most: MOST_QUESTIONS,
        }
    }

    /// The replies to all questions, in their order. `what` says what is asked for.
    pub async fn ask(
        &mut self,
        what: &'static str,
        questions: &[Asked],
    ) -> Result<Vec<Reply>, ExecutionError> {
        let mut replies = Vec::with_capacity(questions.len());
        let mut tries = self.patience.tries;
        while replies.len() < questions.len() {
            let rest = &questions[replies.len()..];
            let part = &rest[..rest.len().min(self.most)];
            let error = match self.request(part).await {
                Ok(Outcome::Answered(answered)) => {
                    // Of a log, such a refusal says that it was asked for too many blocks.
                    let is_log = part.len() == 1 && part[0].method == "eth_getLogs";
                    let cut = answered.iter().position(is_cut_off).filter(|_| !is_log);
                    let whole = cut.unwrap_or(answered.len());
                    replies.extend(answered.into_iter().take(whole));
                    match cut {
                        None => continue,
                        Some(0) if part.len() > 1 => {
                            self.most = fewer(part.len());
                            continue;
                        }
                        Some(1..) => {
                            self.most = whole;
                            continue;
                        }
                        Some(_) => RpcError::NullResp,
                    }
                }
                Ok(Outcome::TooMany(_)) if part.len() > 1 => {
                    self.most = fewer(part.len());
                    continue;
                }
                Ok(Outcome::TooMany(error)) | Err(error) => error,
            };
            let ms = self.patience.silence.as_millis();
            let error = ExecutionError::of(what, ms, &self.hidden, error);
            tries = tries.saturating_sub(1);
            if tries == 0 || !is_passing(&error) {
                return Err(error);
            }
            tokio::time::sleep(self.patience.pause).await;
        }
        Ok(replies)
    }

    async fn request(&mut self, questions: &[Asked]) -> Result<Outcome, TransportError> {
        let mut packet = Vec::with_capacity(questions.len());
        for (id, asked) in (0_u64..).zip(questions) {
            packet.push(serialized(id, asked)?);
        }
        let is_single = packet.len() == 1;
        let packet = match packet.pop() {
            Some(single) if is_single => RequestPacket::Single(single),
            last => packet.into_iter().chain(last).collect(),
        };
        match self.way.call(packet).await {
            Ok(ResponsePacket::Single(response)) if is_single => in_order(vec![response], 1),
            Ok(ResponsePacket::Batch(responses)) if !is_single => {
                in_order(responses, questions.len())
            }
            // An error for the whole instead of a reply to each.
            Ok(packet) => Ok(Outcome::TooMany(match packet.as_error() {
                Some(payload) => RpcError::ErrorResp(payload.clone()),
                None => RpcError::NullResp,
            })),
            Err(RpcError::Transport(TransportErrorKind::HttpError(error)))
                if !is_single && error.status != 429 && (400..500).contains(&error.status) =>
            {
                let error = TransportErrorKind::HttpError(error);
                Ok(Outcome::TooMany(RpcError::Transport(error)))
            }
            // One object where a list was due, or too long an answer.
            Err(error @ RpcError::DeserError { .. }) if !is_single => Ok(Outcome::TooMany(error)),
            Err(error) if !is_single && is_too_large(&error) => Ok(Outcome::TooMany(error)),
            Err(error) => Err(error),
        }
    }
}

/// How many questions to try after so many were too many.
fn fewer(count: usize) -> usize {
    FEWER.into_iter().find(|it| *it < count).unwrap_or(1)
}

fn serialized(id: u64, asked: &Asked) -> Result<SerializedRequest, TransportError> {
    let request = Request::new(asked.method, Id::Number(id), &asked.params);
    request.serialize().map_err(RpcError::SerError)
}

/// The replies in the order of the questions, if each was answered once and nothing else.
fn in_order(responses: Vec<Response>, count: usize) -> Result<Outcome, TransportError> {
    let odd = || TransportErrorKind::custom(OtherAnswers);
    let mut found: BTreeMap<u64, Reply> = BTreeMap::new();
    if responses.len() < count {
        // Some nodes answer what fits, and say why they stopped.
        let mut errors = responses
            .iter()
            .filter_map(|response| match &response.payload {
                ResponsePayload::Failure(payload) => Some(payload.clone()),
                ResponsePayload::Success(_) => None,
            });
        let error = errors
            .next()
            .map_or(RpcError::NullResp, RpcError::ErrorResp);
        return Ok(Outcome::TooMany(error));
    }
    for response in responses {
        let Id::Number(id) = response.id else {
            return Err(odd());
        };
        let reply = match response.payload {
            ResponsePayload::Success(result) => Ok(result),
            ResponsePayload::Failure(payload) => Err(payload),
        };
        if id >= count as u64 || found.insert(id, reply).is_some() {
            return Err(odd());
        }
    }
    Ok(Outcome::Answered(found.into_values().collect()))
}

/// Whether the node has stopped in the middle of a request because the answers got too long
/// (go-ethereum: -32003) or too many (EIP-1474: -32005).
fn is_cut_off(reply: &Reply) -> bool {
    reply.as_ref().is_err_and(|payload| {
        let words = payload.message.to_lowercase();
        payload.code == -32005
            || payload.code == 429
            || payload.code == -32003 && words.contains("large")
            || words.contains("batch")
    })
}

fn is_too_large(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(TransportErrorKind::Custom(error)) => error.is::<TooLarge>(),
        RpcError::Transport(_)
        | RpcError::ErrorResp(_)
        | RpcError::NullResp
        | RpcError::UnsupportedFeature(_)
        | RpcError::LocalUsageError(_)
        | RpcError::SerError(_)
        | RpcError::DeserError { .. } => false,
    }
}

/// Whether the same may be answered a moment later.
fn is_passing(error: &ExecutionError) -> bool {
    let ExecutionError::Refused { cause, .. } = error else {
        return false;
    };
    is_hurried(cause) || cause.starts_with("HTTP status 5") || &**cause == "nothing is there"
}
