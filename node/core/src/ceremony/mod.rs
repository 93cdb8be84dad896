//! One peer at the key ceremony, from a signed definition to keystores, lock, signing record and
//! deposits, whatever crashes in between.
//!
//! | module | is |
//! |---|---|
//! | [`participation`] | [`Participation`]: one [`Machine`](proto::Machine), phase after phase |
//! | [`contract`] | what goes into it and what comes out |
//! | `recalling` | before the first word: hears what this peer may have said before |
//! | `silence` | before the first word after a restart: keeps what comes meanwhile |
//! | `making` | while there is no lock: drives `dkg`'s machine |
//! | `sharing` | after it: deposits, completing those who lag, leaving |
//! | `told` | who has told what it remembers of this peer |
//! | `line` | what all phases have at hand |
//! | [`note`] | what the operator is told |
//! | [`place`] | who this peer is, and what goes into the lock |
//! | `example` | for tests: four peers, one of which loses power |
//!
//! ```text
//!  Recalling ── every peer has told ──► Making
//!  Making ── every peer has acknowledged ──► Sharing ── every peer has everything ──► over
//!     └── a peer shows everybody's signatures of a lock whose keys are stored here ──┘
//! ```
//!
//! Every step may be repeated after a crash. Their order is the promise:
//! 1. position and seed are durable before the first word;
//! 2. the content of the lock and keystores of all shares are durable, then this peer acknowledges;
//! 3. everybody has acknowledged: the hashes of other locks that this peer acknowledged in attempts
//!    that were left, if there are any; then the signing record is begun, enrolled with all group
//!    keys. Only here does a record begin by itself, and nothing can have been signed before;
//! 4. the lock with all signatures is durable, without which nothing signs;
//! 5. the seed is removed;
//! 6. signatures of deposits are recorded before they leave.
//!
//! What others have acknowledged, and the openings on which it rests, is durable before anything
//! comes of it, and before 2: whoever has lost its memory hears of it from any of them.
//!
//! So every [`Task`] of the disk is answered, and nothing comes out after one before its answer is
//! there: whoever performs outputs in their order cannot break the promise.
//!
//! An older copy of what was saved is no point to come back to: the others remember what this peer
//! has said since, and it stops with words before it contradicts that. What at most f peers have
//! heard who are all away, or what was heard by peers that never tell (wire version 1), it cannot
//! know: then it may be convicted, though its owner is honest.
//!
//! Never here: the rules of the ceremony (`dkg`), or of signing ([`vault`](crate::vault)); a
//! socket, a file, the words on the screen.

pub mod contract;
#[cfg(any(test, feature = "example"))]
pub mod example;
mod line;
mod making;
pub mod note;
pub mod participation;
pub mod place;
mod recalling;
mod sharing;
mod silence;
mod told;

#[cfg(test)]
mod tests;

pub use contract::{Begun, Finished, Halt, Input, NewShare, Output, Performed, Start, Task};
pub use note::{Alarm, Doing, Fault, Note, Waiting};
pub use participation::Participation;
pub use place::{Made, Place, keystore_salt, share_key, terms};
