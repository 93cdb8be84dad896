//! Why something is not taken or signed.

use proto::{PeerIndex, PublicKey, Root};
use thiserror::Error;

use super::MOST_AHEAD;

/// What no honest peer says of an intent; also why what an operator proposes cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSent {
    /// Of another cluster.
    #[error("the intent is that of the cluster with the lock {0}")]
    OtherCluster(Root),
    /// Numbers begin with 1.
    #[error("the intent has the number 0, and they begin with 1")]
    Zero,
    /// More validators than there are.
    #[error(
        "{wished} validators are wished for, and the lock has keys of {there}: wish for at most as \
         many"
    )]
    Validators {
        /// How many are wished for.
        wished: u64,
        /// How many keys there are.
        there: u64,
    },
    /// Too many exits, or not in their order.
    #[error("the exits of the intent are too many, or not in ascending order")]
    Exits,
    /// A key of nobody's.
    #[error("{0} is to leave, and is no validator of this cluster: name one of its keys")]
    NotOurs(PublicKey),
    /// A number that is not reached by passing over.
    #[error("the intent has the number {0}, more than {MOST_AHEAD} above the one in force")]
    Ahead(u64),
    /// Nobody has this place.
    #[error("a signature is said to be that of operator {0}, and there is none")]
    Stranger(u32),
    /// One operator twice.
    #[error("two signatures of one intent are said to be those of {0}")]
    Twice(PeerIndex),
    /// It is not their signature.
    #[error("what is said to be the signature of {0} is not")]
    Signature(PeerIndex),
}

/// Why this peer does not propose or sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is nothing to stand on.
    #[error(
        "no agreement on Rocket Pool is in force on this peer, on which an intent could stand: \
         agree first (`gantry pool agree`), and start `gantry run` anew if it was running before"
    )]
    NotAgreed,
    /// Something else holds than was looked at.
    #[error(
        "meanwhile something else holds than what you were shown: look again (`gantry pool intent \
         show`), and say it again"
    )]
    Moved,
    /// It would change nothing.
    #[error("this is what holds already: nothing was proposed")]
    Unchanged,
    /// It cannot be.
    #[error(transparent)]
    Bad(#[from] BadSent),
    /// No such intent is open.
    #[error(
        "no such intent is open: it is in force, was overtaken, or this peer has not heard of it \
         (`gantry pool intent show`)"
    )]
    NotOpen,
    /// Another one of the number, or a later one, was signed.
    #[error(
        "this peer has signed intent {signed} with the hash {hash}, so it signs none of number \
         {number}: it signs one intent of each number, and none before one that it has signed. \
         What you want comes after it: `gantry pool intent propose`"
    )]
    Signed {
        /// What is to be signed.
        number: u64,
        /// What was signed.
        signed: u64,
        /// Its hash.
        hash: Root,
    },
    /// It would leave few numbers for any other.
    #[error(
        "the number {number} leaps over all that this peer knows, of which {known} is the \
         highest. No gantry proposes that by itself, and whoever signs it can sign nothing of \
         a lower number any more: call the one who has proposed it, and propose what you want \
         yourself (`gantry pool intent propose`)"
    )]
    Leap {
        /// What is to be signed.
        number: u64,
        /// The highest that is known.
        known: u64,
    },
    /// All numbers within reach are used.
    #[error(
        "{MOST_AHEAD} intents in a row were passed over since the last one came into force: sign \
         one that is open (`gantry pool intent approve`)"
    )]
    NoNumber,
}
