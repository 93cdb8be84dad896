//! Duties whose value the peers agree on before they sign: head votes, blocks, what the sync
//! committee signs, and aggregates of both.
//!
//! | module | is |
//! |---|---|
//! | [`run`], `own`, `judging`, `signing` | one duty from its trigger to its signatures |
//! | `stage` | how far it has come |
//! | [`kind`] | what each kind of duty does in its own way |
//! | `head`, `block`, [`aggregate`], `sync_message`, `contribution` | each of them |
//! | `owning`, `closing` | whose duty it is, and what became of it |
//! | [`blinded`], [`bids`] | blocks around a payload that somebody else has built, and its bids |
//! | `paying` | whom a block pays |
//! | `timing`, `early` | when its rounds end; messages of duties that are not open yet |
//! | [`value`], [`judge`], [`objection`] | what is agreed on, and when this peer would sign it |
//! | [`sums`] | what is aggregated: our signatures, and sums of signatures |
//! | `blobs`, `pull`, `serving` | the blobs of a signed block, from peer to peer |

pub mod aggregate;
pub mod bids;
pub mod blinded;
pub(crate) mod blobs;
pub(crate) mod block;
pub(crate) mod closing;
pub(crate) mod contribution;
pub(crate) mod early;
pub(crate) mod head;
pub mod judge;
pub(crate) mod judging;
pub mod kind;
pub mod objection;
pub(crate) mod own;
pub(crate) mod owning;
pub(crate) mod paying;
pub(crate) mod pull;
pub mod run;
pub(crate) mod serving;
pub(crate) mod signing;
pub(crate) mod stage;
pub mod sums;
pub(crate) mod sync_message;
pub(crate) mod timing;
pub mod value;
