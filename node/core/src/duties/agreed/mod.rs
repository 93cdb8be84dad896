//! Duties whose value the peers agree on before they sign: head votes and blocks.
//!
//! | module | is |
//! |---|---|
//! | [`run`], `own`, `judging`, `signing` | one duty from its trigger to its signatures |
//! | `owning`, `closing` | whose duty it is, and what became of it |
//! | `timing`, `early` | when its rounds end; messages of duties that are not open yet |
//! | [`value`], [`judge`], [`objection`] | what is agreed on, and when this peer would sign it |
//! | `blobs`, `pull`, `serving` | the blobs of a signed block, from peer to peer |

pub(crate) mod blobs;
pub(crate) mod closing;
pub(crate) mod early;
pub mod judge;
pub(crate) mod judging;
pub mod objection;
pub(crate) mod own;
pub(crate) mod owning;
pub(crate) mod pull;
pub mod run;
pub(crate) mod serving;
pub(crate) mod signing;
pub(crate) mod timing;
pub mod value;
