//! How a peer contradicts what was acknowledged, in words for the operators. Nobody is convicted
//! by one: that it comes from a lost folder is likelier than that it comes from a liar.
//!
//! Never here: how it is found; see [`Heard`](super::Heard).

use std::fmt;

use proto::Root;
use thiserror::Error;

/// What a peer says that does not go with what it, or another, has acknowledged. Attempts are
/// counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Contradiction {
    /// It has acknowledged keys and speaks as if it had not.
    #[error(
        "acknowledged the keys of transcript {} in attempt {}, and now speaks as if it had not. \
         {LOST}. {USELESS}. {RESTORE}", Short(.acked), .attempt + 1
    )]
    Denied {
        /// The attempt in which it has acknowledged.
        attempt: u32,
        /// What it has acknowledged.
        acked: Root,
    },
    /// It acknowledges other keys of the same attempt.
    #[error(
        "acknowledged the keys of transcript {} in attempt {}, and now those of transcript {}. \
         {LOST}. {USELESS}. {RESTORE}", Short(.acked), .attempt + 1, Short(.now)
    )]
    Twice {
        /// The attempt.
        attempt: u32,
        /// What it acknowledged first.
        acked: Root,
        /// What it acknowledges now.
        now: Root,
    },
    /// It begins an attempt anew in which somebody has acknowledged keys that rest on its words.
    #[error(
        "begins attempt {} anew, in which keys of transcript {} were acknowledged that rest on \
         what it said before. {LOST}. {USELESS}. Let its operator end `gantry dkg` there and start \
         it again, with the newest gantry: that hears from the others how far it had come, and \
         says what to do, or opens a new attempt, which the others follow", .attempt + 1,
        Short(.acked)
    )]
    Begun {
        /// The attempt.
        attempt: u32,
        /// What was acknowledged in it.
        acked: Root,
    },
    /// It has acknowledged other keys of an attempt than those that are made here.
    #[error(
        "acknowledged the keys of transcript {} in attempt {}, and those made here are of \
         transcript {}: somebody has dealt anew in between, whose folder `ceremony` was lost or \
         emptied. All end `gantry dkg`; its operator puts the newest copy of the folder back, and \
         then all start again. {GONE}", Short(.acked), .attempt + 1, Short(.here)
    )]
    Dealt {
        /// The attempt.
        attempt: u32,
        /// What it has acknowledged.
        acked: Root,
        /// The keys that are made here.
        here: Root,
    },
}

/// What has happened.
const LOST: &str = "Its folder `ceremony` was lost or emptied since, or is an older copy";
/// What is done about it.
const USELESS: &str = "Nothing of that is used here";
/// What is to be done.
const RESTORE: &str = "Let its operator end `gantry dkg` there, put the newest copy of the folder \
    back and start again: then all go on. If it is gone for good, make a new definition, with new \
    data directories, and pay nothing to keys of this one. Delete no keystore and no signing \
    record";
/// What is to be done if nobody knows who it was, or has a copy.
const GONE: &str = "If it is gone for good, an operator whose peer has not stored keys of this \
    attempt starts again with --retry; if all have, make a new definition, with new data \
    directories, and pay nothing to keys of this one. Delete no keystore and no signing record";

impl Contradiction {
    /// The attempt that it is about.
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Denied { attempt, .. }
            | Self::Twice { attempt, .. }
            | Self::Begun { attempt, .. }
            | Self::Dealt { attempt, .. } => *attempt,
        }
    }
}

/// The beginning of a hash, enough for two people to compare.
struct Short<'a>(&'a Root);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0.as_bytes()[..4]))
    }
}
