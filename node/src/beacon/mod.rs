//! The operator's own beacon node, through the standard Beacon API.
//!
//! | module | asks for |
//! |---|---|
//! | `client` | nothing: one request, one bounded answer, one typed error |
//! | `transport` | nothing: connections that are kept |
//! | `address` | nothing: the address of a node, read or refused |
//! | `call` | every call with its name, its time and the size its answer may have |
//! | `error`, `contradiction` | what can go wrong, in words for the operator |
//! | `chain` | genesis and spec, how the node is, blocks, pending deposits |
//! | `states` | a state as it comes, and what is read with it |
//! | `validators` | which validators a state knows |
//! | `duties` | who attests and proposes when; subscriptions and fee recipients |
//! | `votes` | the head vote, and attestations to post |
//! | `sync` | who sits in the sync committee, its messages and contributions |
//! | `aggregates` | what the node has aggregated, and signed aggregates to post |
//! | `exits` | an exit to post |
//! | `registrations` | registrations with builders to pass on |
//! | `relays` | a bid for a payload, of a relay and not of the node |
//! | `blocks` | a block to sign, and the signed block to post |
//! | `pauses` | nothing: when a question that the node refuses may be put again |
//! | `events`, `sse` | new heads as they come |
//! | `items` | nothing: lists of which a strange item does not cost the others |
//!
//! A call is made once, in a second form where the node refuses the first, and not at all where
//! it was refused a moment ago: nothing is retried behind the caller's back, and a caller that has
//! no more use for an answer drops the future. What a node answers is checked for size and form,
//! and for being the answer to the question; judging it is the core's part. Addresses of nodes may
//! hold passwords: only scheme, host and port ever reach an error or a log.
//!
//! Source: `ethereum/beacon-APIs`, consensus versions Electra and Fulu.

pub mod address;
mod aggregates;
mod blocks;
mod call;
mod chain;
mod client;
mod contradiction;
mod duties;
mod error;
mod events;
mod exits;
mod items;
mod pauses;
mod registrations;
mod relays;
mod sse;
mod states;
mod sync;
mod transport;
mod validators;
mod votes;

#[cfg(test)]
mod tests;

pub use blocks::{BlockRequest, Built, Published, Validation};
pub use call::Call;
pub use chain::{BlockId, KnownBlock, PendingDeposit, StateId, SyncStatus};
pub use client::BeaconClient;
pub use contradiction::Contradiction;
pub use duties::{CommitteeSubscription, Duties};
pub use error::{BadUrl, BeaconError, Cause, ItemFailure, Rejected, Voice};
pub use events::{HeadEvent, Heard};
pub use items::Strange;
pub(crate) use items::told;
pub use states::{Agreed, StateBytes};
pub use sync::SyncSubscription;
pub use validators::{ValidatorState, ValidatorStatus, Validators};
