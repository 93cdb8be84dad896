//! What a command and the running peer of the same operator say to each other, through a socket on
//! their own disk: hellos, one request, one answer.
//!
//! Both sides are one operator's, so nothing is signed. All the same every message is bounded and
//! decoding is total: the two programs may be of different versions.
//!
//! A new request comes with a new [`VERSION`]: the two programs are files of one installation, so
//! only equal versions talk, and the others say which of them to start anew.
//!
//! Never here: the socket, and what becomes of a request.

mod codec;
mod exit;
mod intent;
mod proof;

use thiserror::Error;

use crate::{Root, ValidatorPosition};

pub use exit::{Approval, Exit, Opener, Presigned, Stage};
pub use intent::{IntentRequest, Intents, Shown};
pub use proof::{Made, Proof, ProofStage};

use crate::eth::ValidatorIndex;
use crate::intent::BadIntent;

/// What this program speaks.
pub const VERSION: u32 = 3;
/// The longest hello or request, in bytes.
pub const MAX_REQUEST: usize = 4 << 10;
/// The longest answer, in bytes: exits of all validators, each approved by all operators.
pub const MAX_ANSWER: usize = 4 << 20;
/// The longest name of a program, and the longest text of a stage, in bytes.
pub const MAX_TEXT: usize = 1 << 10;

/// The first message in each direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// What the sender speaks.
    pub version: u32,
    /// Hash of the lock.
    pub cluster: Root,
    /// Name and version of the program.
    pub software: String,
}

/// What a command asks of the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// About exits.
    Exit(ExitRequest),
    /// That a proof of this validator is made and not sent: [`Answer::Proof`], of one under way.
    Prove(Which),
    /// How the proof stands that was asked for last: [`Answer::Proof`].
    LookAtProof,
    /// About intents at Rocket Pool.
    Intent(IntentRequest),
}

/// What a command asks about exits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitRequest {
    /// All exits that are open: [`Answer::Exits`].
    List,
    /// How the exit of this validator stands, or would: [`Answer::Exit`].
    Look(Which),
    /// The operator approves of the exit: [`Answer::Exit`] once that is durable.
    Approve {
        /// Of which validator.
        validator: Which,
        /// For how long, in seconds.
        term: u64,
    },
    /// The operator lets what was signed of it in advance be opened: [`Answer::Exit`] once that is
    /// durable.
    Open {
        /// Of which validator.
        validator: Which,
        /// For how long, in seconds.
        term: u64,
    },
    /// What was signed in advance: [`Answer::Presigned`].
    Presigned,
    /// The operator does not approve any more: [`Answer::Exit`] once that is durable.
    Withdraw(Which),
}

/// A validator of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// By its position in the lock.
    Position(ValidatorPosition),
    /// By its index on the chain.
    Index(ValidatorIndex),
}

/// What the peer says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is not carried out: why, for the operator.
    Refused(String),
    /// All exits that are open.
    Exits(Vec<Exit>),
    /// One exit.
    Exit(Exit),
    /// One proof.
    Proof(Proof),
    /// How intents stand.
    Intents(Box<Intents>),
    /// What was signed in advance, of all validators.
    Presigned(Vec<Presigned>),
}

/// Bytes are not what was to come.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadMessage {
    /// Not protobuf of this schema.
    #[error("it is not written in the schema of this version: {0}")]
    Undecodable(#[from] prost::DecodeError),
    /// A part that must be there is not.
    #[error("it has no {0} that this version knows")]
    Absent(&'static str),
    /// A hash of another length than 32 bytes.
    #[error("a hash of {0} bytes instead of 32")]
    HashLength(usize),
    /// A text is too long.
    #[error("a text of {0} bytes, of at most {MAX_TEXT}")]
    TextLength(usize),
    /// Bytes that are no intent.
    #[error(transparent)]
    Intent(#[from] BadIntent),
    /// A list is too long.
    #[error("a list of {0}, more than a cluster can have")]
    TooMany(usize),
}

#[cfg(test)]
mod tests;
