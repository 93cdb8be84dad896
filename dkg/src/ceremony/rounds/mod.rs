//! The rounds of an attempt as types: each owns what it has come to, checks one statement of one
//! peer at a time, and is consumed by the next.
//!
//! ```text
//! openings of all    -> Dealing    this peer's bundle, and what each checked bundle dealt to it
//! bundles of all     -> Proving    the keys they make, and the sum of each checked proof
//! confirms of all    -> Outcome    this peer's keys
//! ```
//!
//! Never here: what becomes of the attempt, which is [`super::attempt`]'s, and what is sent.

mod dealing;
mod proving;
mod said;

use proto::ceremony::Spoken;

pub(super) use dealing::{Dealing, Summed};
pub(super) use proving::Proving;
pub(super) use said::Said;

/// What the check of one statement came to.
pub(super) enum Checked {
    /// It is good.
    Good,
    /// Its signer saw another twin of something that a liar said twice. Show it these: it finds
    /// the twin, and its own answer shows it here.
    Differs(Vec<Spoken>),
    /// These statements convict its signer.
    Convicts(Vec<Spoken>),
}
